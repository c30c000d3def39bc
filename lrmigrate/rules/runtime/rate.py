"""The rate at run time: `optimizer.lr` read, set, asked for, through the backend or not -> `learning_rate`.

What the surrounding code does with the attribute decides what is written; how sure it is that the
receiver is a Keras optimizer decides how far that may be trusted.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.layout import loses_comment
from lrmigrate.analysis.library import BACKENDS, Kind
from lrmigrate.analysis.mode import has_references
from lrmigrate.analysis.rate_uses import Access, RateUse, Receiver, backend_function, takes_lr
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.syntax import on_one_line
from lrmigrate.model import Edit, Span, Unit
from lrmigrate.rules.proposal import Draft, Proposal, Step, by_hand
from lrmigrate.rules.rule import Rule
from lrmigrate.rules.runtime import READ, WRITE

_READERS = frozenset({"get_value", "eval"})
#: Qualified names of the functions that fixes no longer call: an import that only served them can go.
REPLACED = frozenset(f"{backend}.{name}" for backend in BACKENDS for name in (*_READERS, "set_value"))
_METHODS = frozenset({"assign", "assign_add", "assign_sub", "numpy"})  # that both kinds of variable have
_TYPES = frozenset({"isinstance", "callable", "type"})
_FORMATTING = frozenset({"format", "round", "float", "str"})
_ASSIGN = "assign to `learning_rate` instead: optimizer.learning_rate = value"


def rate_accesses(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every access to a rate that Keras 3 does not take as it is."""
    is_here = context.imports_keras or context.trains_unseen
    for use in context.rate_uses:
        seen = (Receiver.OPTIMIZER, Receiver.NAMED) if is_here else (Receiver.OPTIMIZER,)
        is_seen = use.is_of_rate and use.receiver in seen
        if is_seen and (found := rate_access(context, use)):
            yield found


def rate_access(context: Context, use: RateUse) -> tuple[ast.expr, Proposal] | None:
    """What to say of one access to a rate, and of which node; None when Keras 3 takes it as it is."""
    node = use.node
    if isinstance(node, ast.Call):
        return (node, _by_name(context, use, node)) if use.attribute == "lr" else None
    call = _backend_call(context, node)
    if call is not None:
        return _through_backend(context, use, call)
    run = _session_run(context, node)
    if run is not None:
        return run, _proposal(context, use, WRITE, partial(_assign_outside, context, use, run))
    parent = context.source.parents[node]
    if isinstance(parent, ast.Call) and parent.func is node:
        return node, _called(node)
    if use.attribute != "lr":
        return None
    assert isinstance(node, ast.Attribute)
    rule = READ if use.access is Access.READ else WRITE
    return node, _proposal(context, use, rule, partial(_rename, context, use, node))


def _rename(context: Context, use: RateUse, node: ast.Attribute, draft: Draft) -> None:
    """`x.lr` -> `x.learning_rate`."""
    parent = context.source.parents[node]
    if isinstance(node.ctx, ast.Del) or (isinstance(parent, ast.Attribute) and parent.attr not in _METHODS):
        raise Refusal(
            "`learning_rate` takes its place, and is a variable of Keras: rewrite what is done with its "
            "attributes, or with `del`, by hand"
        )
    draft.edits.append(_renamed(context, node))
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _TYPES:
        draft.unsafe(
            f"`{parent.func.id}(...)` looks at a variable of Keras 3 now, and may give something else"
        )
    if use.access is Access.READ and _is_formatted(context, node):
        draft.edits += _wrapped(context, node)


def _proposal(context: Context, use: RateUse, rule: Rule, *steps: Step) -> Proposal:
    """A proposal for an access: the doubts that its receiver leaves, and further steps."""
    doubt = partial(_doubt, context, use, rule)
    unit = Unit(_optimizers(context, use), use.is_quiet)
    return Proposal(rule, _message(use), lambda draft: draft.take(doubt, *steps), unit)


def _optimizers(context: Context, use: RateUse) -> tuple[int, ...]:
    """Where the optimizers are built whose rate it may be; nothing where one of them is out of sight."""
    match use.node:
        case ast.Attribute(value=owner) | ast.Call(args=[owner, *_]):
            values = [value for value in context.values.of(owner) if value.constant is not None]
            built = [value.way.node for value in values if value.way.home is context.values]
            calls = [node for node in built if isinstance(node, ast.Call)]
            is_sure = len(calls) == len(values) and all(v.kind is Kind.OPTIMIZER for v in values)
            return tuple(sorted({context.source.span(call).start for call in calls})) if is_sure else ()
    return ()


def _made_elsewhere(context: Context, use: RateUse) -> str:
    """Where another file builds the optimizer with `lr=`, or may have built it; "" for nowhere."""
    match use.node:
        case ast.Attribute(value=owner) | ast.Call(args=[owner, *_]):
            values = [value for value in context.values.of(owner) if value.constant is not None]
        case _:
            return ""
    built = [(value.way.home, value.way.node) for value in values]
    calls = [(home, call) for home, call in built if isinstance(call, ast.Call)]
    if len(calls) < len(built):
        return context.made_elsewhere()
    others = [(home, call) for home, call in calls if home is not context.values and takes_lr(home, call)]
    places = sorted((home.shown, call.lineno) for home, call in others)  # values come in any order
    return f"{places[0][0]} line {places[0][1]}" if places else ""


def _stays_behind(use: RateUse) -> bool:
    """Whether an access goes on unnoticed that no finding of this file is about."""
    return use.is_quiet and (use.attribute == "?" or (use.attribute == "lr" and use.where != ""))


def _message(use: RateUse) -> str:
    """What Keras 3 makes of an access."""
    text = ast.unparse(use.node)
    if isinstance(use.node, ast.Call) and use.access is Access.READ and len(use.node.args) > 2:
        return f"`{text}` always gives its default in Keras 3"
    assigned = "" if isinstance(use.node, ast.Call) else " = ..."
    trouble = "raises AttributeError" if use.attribute == "lr" else "cannot be set this way"
    return {
        Access.READ: f"`{text}` raises AttributeError in Keras 3",
        Access.GUARD: f"`{text}` is always False in Keras 3",
        Access.WRITE: f"`{text}{assigned}` does not change the rate in Keras 3, without a word",
    }.get(use.access, f"`{text}` {trouble} in Keras 3")


def _doubt(context: Context, use: RateUse, rule: Rule, draft: Draft) -> None:
    """What may be otherwise than it seems, and what else must change."""
    if not use.is_certain and use.access is Access.GUARD:
        draft.unsafe(
            "assumes that the code it guards works with Keras 3: after the fix the test is true again"
        )
    elif not use.is_certain:
        draft.unsafe(
            f"assumes that `{_owner(use)}` is a Keras optimizer, which nothing here shows for certain"
        )
    if not context.imports_keras and context.names.module.stars:
        draft.unsafe("assumes that a star import brings Keras, which this file does not import by name")
    if guard := context.flow.guard(use.node):
        draft.unsafe(f"{guard}, which may be meant for another version of Keras")
    if rule is WRITE and context.scheduled:
        draft.unsafe(
            "assumes that this is not the optimizer of this program whose rate is a schedule: setting that "
            "raises TypeError"
        )
    if other := next(filter(_stays_behind, context.all_rate_uses()), None):
        draft.unsafe(f"{other.clause}, which Keras 3 does not notice: fix both together")
    if context.decays_elsewhere:  # one of this file is a finding of its own, and of the same unit
        draft.unsafe("this program has an optimizer with `decay=`, which Keras 3 ignores: fix both together")
    if use.is_quiet and (place := _made_elsewhere(context, use)):
        draft.unsafe(f"{place} builds an optimizer with `lr=`: apply the fixes of both files together")


def _owner(use: RateUse) -> str:
    """The text of the object whose rate is read or set."""
    match use.node:
        case ast.Attribute(value=owner) | ast.Call(args=[owner, *_]):
            return ast.unparse(owner)
    return ast.unparse(use.node)


def _called(node: ast.expr) -> Proposal:
    """`x.learning_rate(step)`: what used to be the schedule is its value now."""
    advice = by_hand(
        "`learning_rate` is the rate in force, not the schedule: "
        "call the schedule that the optimizer was given"
    )
    return Proposal(READ, f"`{ast.unparse(node)}(...)` raises TypeError in Keras 3", advice)


def _renamed(context: Context, node: ast.Attribute) -> Edit:
    """`x.lr` -> `x.learning_rate`: only the attribute's name."""
    end = context.source.span(node).end
    return Edit(Span(end - len(node.attr), end), "learning_rate")


def _wrapped(context: Context, node: ast.expr) -> list[Edit]:
    """`float(...)` around a node."""
    span = context.source.span(node)
    depth = len(context.source.ancestors(node))
    return [Edit(Span(span.start, span.start), "float(", depth), Edit(Span(span.end, span.end), ")", -depth)]


def _is_formatted(context: Context, node: ast.expr) -> bool:
    """Whether the program puts the value into a text, where a variable would not do for a number."""
    parent = context.source.parents[node]
    match parent:
        case ast.FormattedValue():
            return True
        case ast.IfExp(test=test) if test is not node:
            return _is_formatted(context, parent)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _FORMATTING and name != "float"
        case ast.BinOp(op=ast.Mod(), right=right):
            return right is node
        case ast.Tuple():
            outer = context.source.parents[parent]
            return isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Mod) and outer.right is parent
    return False


def _by_name(context: Context, use: RateUse, call: ast.Call) -> Proposal:
    """`hasattr(x, "lr")`, `getattr(x, "lr")`, `setattr(x, "lr", v)`."""
    rule = WRITE if use.access is Access.WRITE else READ
    return _proposal(context, use, rule, partial(_ask_by_new_name, context, call.args[1]))


def _ask_by_new_name(context: Context, literal: ast.expr, draft: Draft) -> None:
    """`"lr"` -> `"learning_rate"`."""
    text = context.source.slice(literal)
    quote = text[-1]
    if text != f"{quote}lr{quote}":
        raise Refusal('ask for "learning_rate" instead (the string is spelled in an unusual way)')
    draft.edits.append(Edit(context.source.span(literal), f"{quote}learning_rate{quote}"))


def _backend_call(context: Context, node: ast.expr) -> ast.Call | None:
    """The call of a backend function that has ``node`` as its first argument."""
    outer = context.source.parents[node]
    call = context.source.parents[outer] if isinstance(outer, ast.keyword) and outer.arg == "x" else outer
    if not isinstance(call, ast.Call) or node not in [*call.args[:1], getattr(outer, "value", None)]:
        return None
    return call if backend_function(context.names, call) or _looks_like_backend(context, call) else None


def _looks_like_backend(context: Context, call: ast.Call) -> str:
    """The name of a function that is Keras's by its use: `self.backend.set_value(x.lr, v)`."""
    match call.func:
        case ast.Attribute(attr="get_value" | "set_value" as name, value=module):
            is_own = isinstance(module, ast.Name) and module.id == "self"
            return "" if is_own or context.names.certain(call.func) else name
    return ""


def _through_backend(context: Context, use: RateUse, call: ast.Call) -> tuple[ast.expr, Proposal] | None:
    """`K.get_value(x.lr)`, `K.set_value(x.lr, v)` and the like."""
    paths = context.names.resolve(call.func)
    certain = backend_function(context.names, call)
    name = certain or _looks_like_backend(context, call)
    if use.attribute == "learning_rate" and not certain:
        return None
    if name in _READERS:
        if use.attribute == "learning_rate" and all((p or "").startswith("tensorflow.") for p in paths):
            return None
        rule, step = READ, partial(_read_as_float, context, use, call)
    elif name == "set_value" and len(call.args) == 2 and not call.keywords:
        rule, step = WRITE, partial(_assign, context, use, call)
    else:
        return call, _proposal(context, use, WRITE, by_hand(_ASSIGN))
    doubt = partial(_doubt_backend, call, bool(certain))
    return call, _proposal(context, use, rule, step, doubt, partial(_check_comments, context, call))


def _read_as_float(context: Context, use: RateUse, call: ast.Call, draft: Draft) -> None:
    """`K.get_value(x.lr)` -> `float(x.learning_rate)`."""
    draft.edits += _call_replaced(context, call, use.node, "float")
    if call.keywords or len(call.args) != 1:
        raise Refusal("read float(optimizer.learning_rate)")
    if isinstance(context.source.parents[call], ast.Attribute | ast.Subscript):
        raise Refusal("read float(optimizer.learning_rate): a number, without an array's methods")
    if context.values.binds_at("float", call):
        raise Refusal(
            "read float(optimizer.learning_rate): `float` means something else in this file, so rename that "
            "first"
        )


def _assign(context: Context, use: RateUse, call: ast.Call, draft: Draft) -> None:
    """`K.set_value(x.lr, v)` -> `x.learning_rate = v`."""
    draft.edits += _set(context, call, use.node)
    if not _can_be_set(context, call, use.node):
        raise Refusal(_ASSIGN)


def _doubt_backend(call: ast.Call, certain: bool, draft: Draft) -> None:
    """A function of something that is only called as Keras's backend is."""
    if not certain:
        draft.unsafe(f"assumes that `{ast.unparse(call.func)}` is Keras's: only its name says so")


def _check_comments(context: Context, call: ast.Call, draft: Draft) -> None:
    """Whether a call can be taken apart without losing a comment; raises Refusal."""
    if loses_comment(context.source, call, draft.edits):
        raise Refusal("there is a comment inside the call, which the fix would lose: move it")


def _session_run(context: Context, node: ast.expr) -> ast.Call | None:
    """The call of a session's `run` around `x.lr.assign(v)`, with ``node`` as `x.lr`."""
    method = context.source.parents[node]
    if not isinstance(method, ast.Attribute) or method.attr not in _METHODS:
        return None
    for outer in context.source.ancestors(method):
        match outer:
            case ast.Call(func=ast.Attribute(attr="run", value=session)) if (
                "sess" in ast.unparse(session).lower()
            ):
                return outer
            case ast.stmt() | ast.Lambda():
                return None
    return None


def _assign_outside(context: Context, use: RateUse, run: ast.Call, draft: Draft) -> None:
    """`sess.run(x.lr.assign(v))` -> `x.learning_rate = v`: Keras 3 assigns at once, a session cannot."""
    match run:
        case ast.Call(
            args=[ast.Call(func=ast.Attribute(attr="assign", value=rate), args=[value], keywords=[])]
        ) if rate is use.node and not run.keywords and isinstance(context.source.parents[run], ast.Expr):
            pass
        case _:
            raise Refusal("assign outside of the session: optimizer.learning_rate = value")
    if context.flow.is_tensor(value):
        raise Refusal(f"`{ast.unparse(value)}` is a tensor of the session: assign a number")
    if has_references(context.values) or _runs_more(context, run):
        draft.unsafe(
            "assumes that what the session trains moves to Keras 3, too: the rate is set at once, outside of "
            "the session"
        )
    edits = _assignment(context, use, run, value)
    is_short = on_one_line(use.node) and on_one_line(value)
    if isinstance(value, ast.NamedExpr | ast.Starred) or not is_short:
        raise Refusal(_ASSIGN)
    if loses_comment(context.source, run, edits):
        raise Refusal(_ASSIGN)
    draft.edits += edits


def _assignment(context: Context, use: RateUse, run: ast.Call, value: ast.expr) -> list[Edit]:
    """The edits that leave `x.learning_rate = v` of a call around both."""
    target, whole, span = (context.source.span(node) for node in (use.node, run, value))
    edits = [
        Edit(Span(whole.start, target.start), ""),
        Edit(Span(target.end, span.start), " = "),
        Edit(Span(span.end, whole.end), ""),
    ]
    if isinstance(use.node, ast.Attribute) and use.attribute == "lr":
        edits.append(_renamed(context, use.node))
    return edits


def _runs_more(context: Context, run: ast.Call) -> bool:
    """Whether the session of ``run`` runs anything besides assignments."""
    session = ast.unparse(run.func)
    others = [call for call in context.source.nodes(ast.Call) if ast.unparse(call.func) == session]
    return any(".assign(" not in ast.unparse(other) for other in others)


def _call_replaced(context: Context, call: ast.Call, node: ast.expr, function: str) -> list[Edit]:
    """`K.get_value(x.lr)` -> `float(x.learning_rate)`, in `float(...)` without another one."""
    edits = [Edit(context.source.span(call.func), function)]
    match context.source.parents[call]:
        case ast.Call(func=ast.Name(id=outer), args=[_], keywords=[]) if outer == function:
            whole, inner = context.source.span(call), context.source.span(node)
            edits = [Edit(Span(whole.start, inner.start), ""), Edit(Span(inner.end, whole.end), "")]
    if isinstance(node, ast.Attribute) and node.attr == "lr":
        edits.append(_renamed(context, node))
    return edits


def _set(context: Context, call: ast.Call, node: ast.expr) -> list[Edit]:
    """`K.set_value(x.lr, v)` -> `x.learning_rate = v`, or `.assign(v)` where an expression is needed."""
    source = context.source
    whole, target, value = source.span(call), source.span(node), source.span(call.args[1])
    statement = source.parents[call]
    is_statement = isinstance(statement, ast.Expr) and source.span(statement) == whole
    between, closing = (" = ", "") if is_statement else (".assign(", ")")
    if is_statement and not on_one_line(call.args[1]):
        between, closing = " = (", ")"
    edits = [
        Edit(Span(whole.start, target.start), ""),
        Edit(Span(target.end, value.start), between),
        Edit(Span(value.end, whole.end), closing),
    ]
    if isinstance(node, ast.Attribute) and node.attr == "lr":
        edits.append(_renamed(context, node))
    return edits


def _can_be_set(context: Context, call: ast.Call, target: ast.expr) -> bool:
    """Whether an assignment, or the tensor that `.assign` gives, can stand where None was given."""
    value = call.args[1]
    if isinstance(value, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Starred):
        return False
    is_discarded = isinstance(context.source.parents[call], ast.Expr | ast.Lambda)
    return is_discarded and on_one_line(target)
