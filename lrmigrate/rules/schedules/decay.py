"""A TensorFlow 1 schedule function -> a schedule of Keras 3, in one of three forms."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.flow import Use
from lrmigrate.analysis.layout import comments
from lrmigrate.analysis.library import is_schedule_function
from lrmigrate.analysis.mode import Mode, has_references, is_placeholder, mode_of
from lrmigrate.analysis.purity import may_change_places
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.scopes import attribute_by_name
from lrmigrate.analysis.sites import Site, bind
from lrmigrate.analysis.tensor_names import use_of_name
from lrmigrate.catalog import SCHEDULES, TF_ROOTS, keras_targets
from lrmigrate.catalog.schema import Decay, New
from lrmigrate.catalog.tf1 import EXPONENTIAL
from lrmigrate.model import Edit, Span
from lrmigrate.rules import table
from lrmigrate.rules.arguments import Arguments, is_ordered, operand
from lrmigrate.rules.proposal import Draft, Proposal, by_hand
from lrmigrate.rules.schedules.refused import goes, refused, unproven

_PASSED_ON = (
    ast.Assign,
    ast.AnnAssign,
    ast.Return,
    ast.keyword,
    ast.Call,
    ast.Dict,
    ast.List,
    ast.Tuple,
    ast.IfExp,
)
_BY_NAME = (
    "choose a class of tf.keras.optimizers.schedules by that name instead, and call its object with the step "
    "where a number is needed"
)
_SCOPE_NAME = re.compile(r"[^/]+")


class Form(Enum):
    """What stands in the place of the call."""

    NUMBER = "Schedule(...)(step)"
    SCHEDULE = "Schedule(...)"
    THUNK = "lambda: Schedule(...)(step)"


@dataclass
class Call:
    """A call under repair: its row, its arguments by name, and as they are written."""

    site: Site
    row: Decay
    new: New
    bound: dict[str, ast.expr]
    arguments: Arguments
    form: Form | None = None  # None: none fits
    removed: list[ast.expr] = field(default_factory=list)
    kept_name: str = ""  # the argument that gives the tensor its old name

    @property
    def step(self) -> ast.expr:
        """The step that the legacy function was given."""
        return self.bound[self.row.step]

    @property
    def rate(self) -> ast.expr:
        """What the first parameter of the modern class is made from."""
        return self.bound[self.new.origin(next(iter(self.new.arguments)))]


def schedule_functions(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every use of a schedule function."""
    for site in context.own_sites:
        if isinstance(site.legacy.row, Decay):
            yield site.node, propose_decay(context, site, site.legacy.row)
    for call in context.source.nodes(ast.Call):
        if name := _asked_by_name(context, call):
            message = f"`{ast.unparse(call.func)}` is a schedule of TensorFlow 1, whichever `{name}` says"
            yield call, Proposal(table()[EXPONENTIAL.code], message, by_hand(_BY_NAME))


def _asked_by_name(context: Context, call: ast.Call) -> str:
    """What says which schedule function is called: `name` in `getattr(tf.train, name)(...)`."""
    asked = attribute_by_name(call.func)
    if asked is None or isinstance(asked[2], ast.Constant):
        return ""
    homes = {path for path in context.names.resolve(asked[1]) if path}
    is_home = homes <= {f"{root}.train" for root in TF_ROOTS} and bool(homes)
    takes = {keyword.arg for keyword in call.keywords} & {"global_step", "decay_steps"}
    named = {f"{home}.{name}" for home in homes for name in context.values.constants(asked[2])}
    return ast.unparse(asked[2]) if is_home and (takes or any(map(is_schedule_function, named))) else ""


def propose_decay(context: Context, site: Site, row: Decay) -> Proposal:
    """The proposal for one use of a schedule function."""
    written = ast.unparse(site.reference)
    successor = f"use `{row.new.name}`" if row.new and not row.subclass else "Keras 3 has no such schedule"
    is_alias = written.rpartition(".")[2] not in row.names
    origin = f"TensorFlow 1's `{site.path.rpartition('.')[2]}`" if is_alias else "TensorFlow 1"
    message = f"`{written}` is {origin}: {successor}"
    if site.call and Use.KERAS_RATE in context.flow.uses(site.call):
        message = f"`{written}` as rate of a Keras optimizer stays at its first value: {successor}"
    return Proposal(table()[row.code], message, partial(_write, context, site, row))


def _write(context: Context, site: Site, row: Decay, draft: Draft) -> None:
    """A schedule of Keras 3 in the place of a schedule function; raises Refusal."""
    if site.doubt:
        raise Refusal(site.doubt)
    if guard := context.flow.guard(site.node) or _import_guard(context, site):
        raise Refusal(f"{guard}: it may be meant for another version of TensorFlow")
    if row.new is None:
        raise Refusal(row.advice)
    if site.call is None:
        _adapt(context, site, row, row.new, draft)
    else:
        _rewrite(context, _read(context, site, site.call, row, row.new), draft)


def _import_guard(context: Context, site: Site) -> str:
    """Why the import of the function may be meant for another version; not where all versions import it."""
    return "" if site.others else context.flow.import_guard(site.reference, site.path)


def _read(context: Context, site: Site, call: ast.Call, row: Decay, new: New) -> Call:
    """The call with its arguments, which a schedule of Keras 3 can take; raises Refusal."""
    bound = bind(row.signature, call)
    if reason := refused(context.flow, row, bound):
        raise Refusal(reason)
    if is_ordered(call):
        raise Refusal(
            "an argument assigns a name (`:=`), and the fix would change the order of evaluation: "
            "assign it in a line of its own"
        )
    if not may_change_places(context.values, bound[row.step], _behind(context, call, bound[row.step])):
        raise Refusal("an argument does more than give a value, and the order of evaluation would change")
    if comments(context.source, site.reference) != ():
        raise Refusal("there is a comment inside the dotted name, which the fix would lose: move it")
    if reference := _reference(context, row, bound):
        raise Refusal(
            f"`{reference}` may be a reference variable, which Keras 3 does not take: "
            f"write tf.identity({reference})"
        )
    arguments = Arguments.of(context.source, call)
    if arguments is None:
        raise Refusal("lrmigrate cannot tell how this call is laid out: rewrite it by hand")
    return Call(site, row, new, bound, arguments)


def _behind(context: Context, call: ast.Call, step: ast.expr) -> list[ast.expr]:
    """The arguments that stand behind the step, and will be evaluated before it."""
    nodes = [*call.args, *(keyword.value for keyword in call.keywords)]
    start = context.source.span(step).start
    return [node for node in nodes if context.source.span(node).start > start]


def _reference(context: Context, row: Decay, bound: dict[str, ast.expr]) -> str:
    """The text of an argument, other than the step, that is a reference variable in sight; "" if none is."""
    if not has_references(context.values):
        return ""
    values = [value for name, value in bound.items() if name != row.step]
    parts = [part for value in values for part in getattr(value, "elts", [value])]
    return next((ast.unparse(part) for part in parts if context.flow.is_variable(part)), "")


def _rewrite(context: Context, call: Call, draft: Draft) -> None:
    """Write the modern call, and around it what its form asks for; raises Refusal."""
    steps = (_choose_form, _remove_name, _spell_callee, _convert, _whole_rate, _call, _cut)
    draft.take(*(partial(step, context, call) for step in steps))


def _choose_form(context: Context, call: Call, draft: Draft) -> None:
    """Which form the value takes; notes a doubt where the file leaves it open."""
    call.removed.append(call.step)
    call.form = _form(context, call, draft)
    if value := unproven(context.flow, call.row, call.bound):
        draft.unsafe(f"`{value}` is no finite number in sight: if it is infinite or nan, so is every rate")


def _form(context: Context, call: Call, draft: Draft) -> Form:
    """The form that fits all uses of the value; raises Refusal where none does."""
    uses, name = context.flow.uses(call.site.node), call.new.name
    if Use.KERAS_RATE in uses:
        return _schedule_form(context, uses, call, draft)
    if Use.CALLED in uses:
        if uses & {Use.NUMBER, Use.UNKNOWN}:
            raise Refusal(
                "the value is called, as in eager mode, and another use needs a number or is out of sight: "
                f"write `lambda: {name}(...)(step)` or `{name}(...)(step)`, use by use"
            )
        if not _stable(context, call.site):
            raise Refusal(
                "the value is called later, when its arguments may have changed: bind them to names that do "
                f"not change, then write `lambda: {name}(...)(step)`"
            )
        return Form.THUNK
    mode = _mode(context, call)
    if mode is Mode.GRAPH or (Use.NUMBER in uses and mode is Mode.UNKNOWN):
        return Form.NUMBER
    if Use.TF1_RATE in uses and Use.NUMBER not in uses and _stable(context, call.site):
        if uses != {Use.TF1_RATE}:
            draft.unsafe("assumes that all uses out of sight take a function without arguments, too")
        return Form.THUNK  # which these optimizers call, in a graph and in eager code
    if mode is Mode.EAGER and Use.NUMBER not in uses:
        if "plain" in call.site.origins:
            raise Refusal(
                "in eager mode this is a function without arguments, and where it goes is out of sight: "
                f"write `lambda: {name}(...)(step)` where it is called, `{name}(...)(step)` where a number "
                "is needed"
            )
        draft.unsafe(
            "assumes graph mode, though nothing that was read turns eager execution off: in eager mode the "
            "old value was a function without arguments, and the new one would stay at its first value"
        )
    elif mode is Mode.UNKNOWN:
        draft.unsafe(
            "assumes graph mode, but the program may run in eager mode, too: there the old value was a "
            "function without arguments"
        )
    return Form.NUMBER


def _mode(context: Context, call: Call) -> Mode:
    """How the call runs; a placeholder as its step exists in graphs alone."""
    if is_placeholder(context.values, call.step):
        return Mode.GRAPH
    return _mode_of_site(context, call.site)


def _mode_of_site(context: Context, site: Site) -> Mode:
    """How the code at a site runs, whichever spelling of the function its name stands for."""
    modes = {mode_of(context.values, site.node, is_tf1=origin == "plain") for origin in site.origins}
    return modes.pop() if len(modes) == 1 else Mode.UNKNOWN


def _schedule_form(context: Context, uses: set[Use], call: Call, draft: Draft) -> Form:
    """The form for a Keras optimizer, which counts its own steps; raises Refusal."""
    if uses != {Use.KERAS_RATE}:
        raise Refusal(
            "a Keras optimizer needs the schedule itself, other uses of the value need a number or are out "
            f"of sight: bind `schedule = {call.new.name}(...)`, give it to the optimizer, write "
            "`schedule(step)` for a number"
        )
    text = ast.unparse(call.step)
    if not context.flow.is_step_counter(call.step):
        raise Refusal(
            f"a Keras optimizer counts its own updates, and `{text}` may count something else: convert the "
            "steps of the schedule to updates by hand"
        )
    draft.unsafe(
        f"assumes that `{text}` grew by 1 with each update of this optimizer, which counts for itself now"
    )
    return Form.SCHEDULE


def _stable(context: Context, site: Site) -> bool:
    """Whether what a lambda would evaluate later, again and again, is what is evaluated now."""
    assert site.call
    arguments = [*site.call.args, *(keyword.value for keyword in site.call.keywords)]
    if not all(_constant(context, node) for argument in arguments for node in ast.walk(argument)):
        return False
    loops = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
    return not any(isinstance(outer, loops) for outer in context.source.ancestors(site.node))


def _constant(context: Context, node: ast.AST) -> bool:
    """Whether a part of an expression has the same value whenever it is evaluated."""
    match node:
        case ast.Name(id=name):
            owner = context.names.scope_of[node].owner(name)
            is_fixed = owner is None or (len(owner.bindings[name]) == 1 and not owner.is_class)
            return is_fixed and not context.values.is_changed(node)
        case ast.Attribute():
            parent = context.source.parents[node]
            called = isinstance(parent, ast.Call) and parent.func is node
            return called or None not in context.names.resolve(node)
        case ast.Call():
            return context.flow.is_step_counter(node)
    return not isinstance(node, ast.Subscript | ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr)


def _remove_name(context: Context, call: Call, draft: Draft) -> None:
    """What ``name=`` means for the fix; it goes where the class does not take it."""
    value = call.bound.get("name")
    if value is None:
        return
    name = context.flow.constant(value)
    if name is None or "name" not in call.new.arguments:
        call.removed.append(value)
        if not goes(context.flow, value):
            raise Refusal(
                "`name=` goes, and its value is computed here: compute it in a line of its own if that does "
                "anything else"
            )
    elif not isinstance(name, str):
        draft.unsafe(
            "assumes that `name=` is neither None nor contains `/`: Keras 3 raises ValueError for these"
        )
    elif not _SCOPE_NAME.fullmatch(name):
        raise Refusal(f"Keras 3 refuses the name {name!r}: choose one that is not empty and has no `/`")
    elif call.row.names_result and (use := use_of_name(context.values, call.site.node, name)):
        if call.form is Form.NUMBER:
            call.removed.append(value)
            call.kept_name = f", name={call.arguments.text(value)}"
        else:
            draft.unsafe(f"the tensor is no longer called {name!r}, and {use}")


def _spell_callee(context: Context, call: Call, draft: Draft) -> None:
    """The modern class in the place of the function."""
    spelled = _spell(context, call.site, call.row, call.new, draft)
    draft.edits.append(Edit(context.source.span(call.site.reference), spelled))


def _spell(context: Context, site: Site, row: Decay, new: New, draft: Draft) -> str:
    """The name of the modern class at this place; adds what imports it needs; raises Refusal."""
    if row.subclass:
        return stand_in(context, row, new, draft)
    targets = keras_targets("tensorflow.", f"{SCHEDULES}.{new.name}")
    spelling = context.speller.spell(targets, site.node, site.reference)
    if spelling is None:
        raise Refusal(
            f"no name for `{new.name}` is free in this file: import `{targets[0]}` under another one"
        )
    draft.edits += spelling.edits
    return spelling.text


def stand_in(context: Context, row: Decay, new: New, draft: Draft, others: Collection[ast.expr] = ()) -> str:
    """The name of a class that takes the place of a schedule that Keras 3 does not have; raises Refusal."""
    root = next((name for name in ("tf", "tensorflow") if _is_tensorflow(context, name)), None)
    if root is None or new.name in context.speller.taken:
        raise Refusal(row.advice)
    base = f"{root}.keras.{SCHEDULES}.LearningRateSchedule"
    text = row.subclass.format(tf=root, schedule=base)
    uses = [*others, *(other.node for other in context.sites if other.legacy.row is row)]
    edit = context.speller.insertion.definition(text, root, uses)
    if edit is None:
        raise Refusal(row.advice)
    draft.unsafe("Keras 3 has no class for it: the fix adds a LearningRateSchedule subclass to the file")
    draft.edits.append(edit)
    return new.name


def _is_tensorflow(context: Context, name: str) -> bool:
    """Whether ``name`` is TensorFlow at the top of the file."""
    bindings = context.names.module.bindings.get(name, [])
    return bool(bindings) and all(b.path in TF_ROOTS for b in bindings)


def _convert(context: Context, call: Call, draft: Draft) -> None:
    """Rename and convert the arguments that stay."""
    order = list(call.new.arguments)
    staying = {legacy: value for legacy, value in call.bound.items() if value not in call.removed}
    for position, (legacy, value) in enumerate(staying.items()):
        modern, before, after = call.new.by_legacy[legacy]
        if value in call.arguments.keywords or order.index(modern) != position:
            draft.edits += call.arguments.rename(value, modern)
        if before or after:
            draft.edits += _converted(context, call.arguments, value, before, after)


def _converted(
    context: Context, arguments: Arguments, value: ast.expr, before: str, after: str
) -> list[Edit]:
    """Wrap a value by the row's template, which may call a function of a standard module."""
    module = before.partition(".")[0]
    spelling = context.speller.module(module, value)
    if spelling is None:
        raise Refusal(
            f"`{module}` means something else in this file, and the fix needs the module: rename it"
        )
    if context.flow.is_tensor(value):
        text = ast.unparse(value)
        raise Refusal(f"`{text}` is a tensor, and the fix would need a number for `{before}{text}{after}`")
    text = arguments.text(value)
    if operand(text, value) != text:
        before, after = f"{before}(", f"){after}"
    return [*spelling.edits, *arguments.wrap(value, before, after)]


def _whole_rate(context: Context, call: Call, draft: Draft) -> None:
    """A whole number as rate: TensorFlow 1 refused it, Keras 3 would truncate with it."""
    constant = context.flow.constant(call.rate)
    if not call.row.truncates or not isinstance(constant, int) or isinstance(constant, bool):
        return
    draft.unsafe(
        "TensorFlow 1 refused a whole number as rate: this call never ran there, so there are no old rates "
        "to compare with"
    )
    literal = call.arguments.whole_as_float(call.rate)
    draft.edits += [literal] if literal else call.arguments.wrap(call.rate, "float(", ")")


def _call(context: Context, call: Call, draft: Draft) -> None:
    """The call with the step, and for a thunk the lambda around it."""
    if call.form not in (Form.NUMBER, Form.THUNK):
        return
    step = _step(context, call, draft)
    span, depth = context.source.span(call.site.node), len(context.source.ancestors(call.site.node))
    opening, closing = ("", "") if call.form is Form.NUMBER else _lambda_around(context, call.site.node)
    if call.kept_name:
        opening, closing = f"{_identity(context, call, draft)}({opening}", f"{closing}{call.kept_name})"
    if opening:
        draft.edits.append(Edit(Span(span.start, span.start), opening, depth))
    draft.edits.append(Edit(Span(span.end, span.end), f"({step}){closing}", -depth))


def _lambda_around(context: Context, node: ast.expr) -> tuple[str, str]:
    """What stands before and behind a node that becomes a lambda."""
    parent = context.source.parents[node]
    is_called_at_once = isinstance(parent, ast.Call) and parent.func is node
    return ("(lambda: ", ")") if is_called_at_once else ("lambda: ", "")


def _step(context: Context, call: Call, draft: Draft) -> str:
    """The text of the step that the schedule is called with; raises Refusal."""
    needs_parentheses = isinstance(call.step, ast.Yield | ast.YieldFrom)
    step = call.arguments.text(call.step) if needs_parentheses else call.arguments.unwrapped(call.step)
    if not call.row.identity_step or not has_references(context.values):
        return step
    return f"{_identity(context, call, draft)}({step})"


def _identity(context: Context, call: Call, draft: Draft) -> str:
    """The name of `tf.identity` at this place; raises Refusal."""
    targets = [f"{root}.identity" for root in TF_ROOTS]
    spelling = context.speller.spell(targets, call.site.node, call.site.reference)
    if spelling is None:
        raise Refusal(
            "no name for `tf.identity`, which the fix needs here, is free in this file: "
            "import it under another one"
        )
    draft.edits += spelling.edits
    return spelling.text


def _cut(_: Context, call: Call, draft: Draft) -> None:
    """Take out the arguments that go; the step is written anew, unless the schedule itself is wanted."""
    cut = call.arguments.remove(call.removed, moved=[call.step] if call.form is not Form.SCHEDULE else [])
    if cut is None:
        raise Refusal("there is a comment inside an argument that goes, which the fix would lose: move it")
    draft.edits += cut


def _adapt(context: Context, site: Site, row: Decay, new: New, draft: Draft) -> None:
    """A reference to the function itself -> a lambda with the same parameters; raises Refusal."""
    if row.subclass:
        raise Refusal(f"it is passed on without being called: {row.advice}")
    if Use.KERAS_RATE in context.flow.uses(site.node):
        raise Refusal("a Keras optimizer calls its rate without arguments: give it the schedule")
    if _mode_of_site(context, site) is Mode.EAGER:
        raise Refusal(
            "it is passed on without being called, and in eager mode it gave a function without arguments, "
            "not a number"
        )
    if not isinstance(context.source.parents[site.node], _PASSED_ON):
        raise Refusal("it is passed on without being called, and who calls it is out of sight")
    if not draft.takes(partial(_lambda, context, site, row, new)):
        raise Refusal(
            f"it is passed on without being called, and no name for `{new.name}`, or for a module that the "
            "fix needs, is free in this file"
        )
    draft.unsafe("it is passed on without being called: the fix writes a lambda that makes no use of `name=`")


def _lambda(context: Context, site: Site, row: Decay, new: New, draft: Draft) -> None:
    """The lambda in the place of the function; raises Refusal."""
    spelled = _spell(context, site, row, new, draft)
    modules = {b.partition(".")[0] for _, b, _ in new.by_legacy.values() if b}
    spellings = [context.speller.module(module, site.node) for module in modules]
    if None in spellings:
        raise Refusal("a module that the fix needs cannot be imported")
    values = [
        f"{before}{legacy}{after}" for legacy, (_, before, after) in new.by_legacy.items() if legacy != "name"
    ]
    text = f"lambda {row.signature.text}: {spelled}({', '.join(values)})({row.step})"
    if isinstance(context.source.parents[site.node], ast.Call | ast.keyword | ast.IfExp):
        text = f"({text})"
    draft.edits += [edit for spelling in spellings if spelling for edit in spelling.edits]
    draft.edits.append(Edit(context.source.span(site.reference), text))
