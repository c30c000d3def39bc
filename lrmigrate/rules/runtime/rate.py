"""The rate at run time: `optimizer.lr` read, set, asked for, through the backend or not -> `learning_rate`.

What the surrounding code does with the attribute decides what is written; how sure it is that the
receiver is a Keras optimizer decides how far that may be trusted.
"""

from __future__ import annotations

import ast

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.layout import loses_comment
from lrmigrate.analysis.rate_uses import BACKENDS, Access, RateUse, backend_function
from lrmigrate.analysis.syntax import on_one_line
from lrmigrate.catalog import hazards
from lrmigrate.catalog.schema import Rule
from lrmigrate.model import Edit, Span
from lrmigrate.rules.proposal import Proposal

_READERS = frozenset({"get_value", "eval"})
#: Qualified names of the functions that fixes no longer call: an import that only served them can go.
REPLACED = frozenset(f"{backend}.{name}" for backend in BACKENDS for name in (*_READERS, "set_value"))
_METHODS = frozenset({"assign", "assign_add", "assign_sub", "numpy"})  # that both kinds of variable have
_TYPES = frozenset({"isinstance", "callable", "type"})
_FORMATTING = frozenset({"format", "round", "float", "str"})


def propose_rate_use(context: Context, use: RateUse) -> tuple[ast.expr, Proposal] | None:
    """What to say of one access to a rate, and of which node; None when Keras 3 takes it as it is."""
    node = use.node
    if isinstance(node, ast.Call):
        return (node, _by_name(context, use, node)) if use.attribute == "lr" else None
    call = _backend_call(context, node)
    if call is not None:
        return _through_backend(context, use, call)
    run = _session_run(context, node)
    if run is not None:
        return run, _assigned_in_session(context, use, run)
    parent = context.source.parents[node]
    if isinstance(parent, ast.Call) and parent.func is node:
        return node, _called(node)
    if use.attribute != "lr":
        return None
    assert isinstance(node, ast.Attribute)
    rule = hazards.READ if use.access is Access.READ else hazards.WRITE
    proposal = _proposal(context, use, rule)
    if isinstance(node.ctx, ast.Del) or (isinstance(parent, ast.Attribute) and parent.attr not in _METHODS):
        return node, proposal.manual("the attribute is `learning_rate` now, and its type another one")
    proposal.edits.append(_renamed(context, node))
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _TYPES:
        proposal.unsafe(f"`{parent.func.id}` gives something else for the variable of Keras 3")
    if use.access is Access.READ and _is_formatted(context, node):
        proposal.edits += _wrapped(context, node)
    return node, proposal


def _proposal(context: Context, use: RateUse, rule: Rule) -> Proposal:
    """A proposal for an access, with the doubts that its receiver leaves."""
    text = ast.unparse(use.node)
    message = {
        Access.READ: f"`{text}` raises AttributeError in Keras 3",
        Access.GUARD: f"`{text}` is always False in Keras 3",
        Access.WRITE: f"`{text} = ...` sets nothing in Keras 3, silently",
    }.get(use.access, f"`{text}` cannot be set in Keras 3")
    if isinstance(use.node, ast.Call) and use.access is Access.READ and len(use.node.args) > 2:
        message = f"`{text}` always gives its default in Keras 3"
    proposal = Proposal(rule, message)
    if use.receiver != "optimizer" and use.access is Access.GUARD:
        proposal.unsafe("what it guards must change with it")
    elif use.receiver != "optimizer":
        proposal.unsafe("it is a Keras optimizer by its name only")
    if not context.imports_keras:
        proposal.unsafe("Keras is not imported here by name")
    if guard := context.flow.guard(use.node):
        proposal.unsafe(f"{guard}, which may be meant for another version of Keras")
    if rule is hazards.READ and use.access is Access.READ and context.decays:
        proposal.unsafe("an optimizer here has `decay=`: the old read gave the rate before decay")
    if rule is hazards.WRITE and context.scheduled:
        proposal.unsafe("an optimizer here has a schedule as rate, and that cannot be set")
    if rule is hazards.WRITE and context.decays:
        proposal.unsafe("an optimizer here has `decay=`, which Keras 3 ignores: mend both together")
    return proposal


def _called(node: ast.expr) -> Proposal:
    """`x.learning_rate(step)`: what used to be the schedule is its value now."""
    proposal = Proposal(hazards.READ, f"`{ast.unparse(node)}(...)` raises TypeError in Keras 3")
    return proposal.manual(
        "the attribute is the rate now in force: call the schedule that the optimizer was given"
    )


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
    rule = hazards.WRITE if use.access is Access.WRITE else hazards.READ
    proposal = _proposal(context, use, rule)
    literal = call.args[1]
    text = context.source.slice(literal)
    quote = text[-1]
    if text != f"{quote}lr{quote}":
        return proposal.manual("ask for `learning_rate` instead")
    proposal.edits.append(Edit(context.source.span(literal), f"{quote}learning_rate{quote}"))
    return proposal


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
    path = context.names.certain(call.func) or ""
    certain = backend_function(context.names, call)
    name = certain or _looks_like_backend(context, call)
    if use.attribute == "learning_rate" and not certain:
        return None
    if name in _READERS:
        if use.attribute == "learning_rate" and path.startswith("tensorflow."):
            return None
        proposal = _proposal(context, use, hazards.READ)
        proposal.edits += _call_replaced(context, call, use.node, "float")
        if call.keywords or len(call.args) != 1:
            proposal.manual("read float(optimizer.learning_rate)")
        elif isinstance(context.source.parents[call], ast.Attribute | ast.Subscript):
            proposal.manual("read float(optimizer.learning_rate), which has no methods of an array")
        elif context.names.live("float", call):
            proposal.manual("read float(optimizer.learning_rate); `float` means something else here")
    elif name == "set_value" and len(call.args) == 2 and not call.keywords:
        proposal = _proposal(context, use, hazards.WRITE)
        proposal.edits += _set(context, call, use.node)
        if not _can_be_set(context, call, use.node):
            proposal.manual("assign to `learning_rate` instead: optimizer.learning_rate = value")
    else:
        return call, _proposal(context, use, hazards.WRITE).manual(
            "assign to `learning_rate` instead: optimizer.learning_rate = value"
        )
    if not certain:
        proposal.unsafe(f"`{ast.unparse(call.func)}` is Keras's by its name only")
    if loses_comment(context.source, call, proposal.edits):
        proposal.manual("a comment inside the call would be lost")
    return call, proposal


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


def _assigned_in_session(context: Context, use: RateUse, run: ast.Call) -> Proposal:
    """`sess.run(x.lr.assign(v))` -> `x.learning_rate = v`: Keras 3 assigns at once, a session cannot."""
    proposal = _proposal(context, use, hazards.WRITE)
    match run:
        case ast.Call(
            args=[ast.Call(func=ast.Attribute(attr="assign", value=rate), args=[value], keywords=[])]
        ) if rate is use.node and not run.keywords and isinstance(context.source.parents[run], ast.Expr):
            pass
        case _:
            return proposal.manual("assign outside of the session: optimizer.learning_rate = value")
    if context.flow.is_tensor(value):
        return proposal.manual(f"`{ast.unparse(value)}` is a tensor of the session: assign a number")
    if context.flow.mode.reference_variables or _runs_more(context, run):
        proposal.unsafe(
            "the rate is set at once, outside of the session: what that trains must move to Keras 3 too"
        )
    target, whole = context.source.span(use.node), context.source.span(run)
    span = context.source.span(value)
    proposal.edits += [
        Edit(Span(whole.start, target.start), ""),
        Edit(Span(target.end, span.start), " = "),
        Edit(Span(span.end, whole.end), ""),
    ]
    if isinstance(use.node, ast.Attribute) and use.attribute == "lr":
        proposal.edits.append(_renamed(context, use.node))
    is_plain = not isinstance(value, ast.NamedExpr | ast.Starred)
    is_short = on_one_line(use.node) and on_one_line(value)
    if not (is_plain and is_short) or loses_comment(context.source, run, proposal.edits):
        return proposal.manual("assign to `learning_rate` instead: optimizer.learning_rate = value")
    return proposal


def _runs_more(context: Context, run: ast.Call) -> bool:
    """Whether the session of ``run`` runs anything besides assignments."""
    session = ast.unparse(run.func)
    others = [call for call in context.source.nodes(ast.Call) if ast.unparse(call.func) == session]
    return any(".assign(" not in ast.unparse(other) for other in others)


def _call_replaced(context: Context, call: ast.Call, node: ast.expr, function: str) -> list[Edit]:
    """`K.get_value(x.lr)` -> `float(x.learning_rate)`."""
    edits = [Edit(context.source.span(call.func), function)]
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
