"""A TensorFlow 1 schedule function -> a schedule of Keras 3, in one of three forms."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import Enum

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.flow import Use
from lrmigrate.analysis.layout import comments
from lrmigrate.analysis.sites import Mismatch, Site, bind
from lrmigrate.catalog import SCHEDULES, TF_ROOTS, keras_targets
from lrmigrate.catalog.schema import Decay, New
from lrmigrate.model import Applicability, Edit, Span
from lrmigrate.rules.arguments import Arguments, is_ordered, operand
from lrmigrate.rules.proposal import Proposal
from lrmigrate.rules.schedules.refused import goes, refused

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

    @property
    def step(self) -> ast.expr:
        """The step that the legacy function was given."""
        return self.bound[self.row.step]

    @property
    def rate(self) -> ast.expr:
        """What the first parameter of the modern class is made from."""
        return self.bound[self.new.origin(next(iter(self.new.arguments)))]


def propose_decay(context: Context, site: Site, row: Decay) -> Proposal:
    """The proposal for one use of a schedule function."""
    written = ast.unparse(site.reference)
    successor = f"use `{row.new.name}`" if row.new and not row.subclass else "Keras 3 has no such schedule"
    proposal = Proposal(row.rule, f"`{written}` is TensorFlow 1: {successor}")
    if site.call and Use.KERAS_RATE in context.flow.uses(site.call):
        frozen = f"`{written}` leaves the rate of a Keras optimizer at its first value"
        proposal.message = f"{frozen}: {successor}"
    if site.doubt:
        return proposal.manual(site.doubt)
    if guard := context.flow.guard(site.node) or context.flow.import_guard(site.reference, site.path):
        return proposal.manual(f"{guard}: it may be meant for another version of TensorFlow")
    if row.new is None:
        return proposal.manual(row.advice)
    if site.call is None:
        return _adapt(context, site, row, row.new, proposal)
    try:
        bound = bind(row.signature, site.call)
    except Mismatch as mismatch:
        return proposal.manual(str(mismatch))
    if reason := refused(context.flow, row, bound):
        return proposal.manual(reason)
    if is_ordered(site.call):
        return proposal.manual("an argument assigns a name, and the order of evaluation would change")
    if comments(context.source, site.reference) != ():
        return proposal.manual("the comment inside the name would be lost")
    if reference := _reference(context, row, bound):
        return proposal.manual(
            f"Keras 3 takes no reference variable: write tf.identity({reference}) for `{reference}`"
        )
    arguments = Arguments.of(context.source, site.call)
    if arguments is None:
        return proposal.manual("the layout of the call cannot be told for certain")
    return _rewrite(context, Call(site, row, row.new, bound, arguments), proposal)


def _reference(context: Context, row: Decay, bound: dict[str, ast.expr]) -> str:
    """The text of an argument, other than the step, that is a reference variable in sight; "" if none is."""
    if not context.flow.mode.reference_variables:
        return ""
    values = [value for name, value in bound.items() if name != row.step]
    parts = [part for value in values for part in getattr(value, "elts", [value])]
    return next((ast.unparse(part) for part in parts if context.flow.is_variable(part)), "")


def _rewrite(context: Context, call: Call, proposal: Proposal) -> Proposal:
    """Write the modern call, and around it what its form asks for."""
    form = _form(context, call, proposal)
    removed = [call.step, *_name(context, call, proposal)]
    spelled = _spell(context, call.site, call.row, call.new, proposal)
    proposal.edits += _arguments(context, call, removed, proposal)
    if form in (Form.NUMBER, Form.THUNK):
        proposal.edits += _called(context, call, form, proposal)
    cut = call.arguments.remove(removed, moved=[call.step] if form is not Form.SCHEDULE else [])
    if cut is None:
        return proposal.manual("a comment inside a removed argument would be lost")
    if form is None or spelled is None or proposal.applicability is Applicability.MANUAL:
        return proposal.manual(proposal.reasons[-1])
    proposal.edits += [Edit(context.source.span(call.site.reference), spelled), *cut]
    return proposal


def _form(context: Context, call: Call, proposal: Proposal) -> Form | None:
    """Which form the value takes; lowers the proposal where the file leaves it open. None: none fits."""
    mode, uses = context.flow.mode, context.flow.uses(call.site.node)
    if Use.KERAS_RATE in uses:
        return _schedule_form(context, uses, call.step, proposal)
    if Use.CALLED in uses:
        if uses & {Use.NUMBER, Use.UNKNOWN}:
            proposal.manual("its value is called, as in eager code, and not every use of it can be seen")
            return None
        if not _stable(context, call.site):
            proposal.manual("its value is called, and a lambda in its place could see other values later")
            return None
        return Form.THUNK
    if mode.eager and Use.NUMBER not in uses:
        if Use.TF1_RATE not in uses or not _stable(context, call.site):
            proposal.manual("in eager code this is a callable, and where it goes cannot be seen")
            return None
        if uses != {Use.TF1_RATE}:
            proposal.unsafe("not every use of the value can be seen")
        return Form.THUNK
    if call.site.legacy.origin != "plain" and not mode.graph and Use.NUMBER not in uses:
        proposal.unsafe("nothing here shows graph mode; in eager code the old value was a callable")
    return Form.NUMBER


def _schedule_form(context: Context, uses: set[Use], step: ast.expr, proposal: Proposal) -> Form | None:
    """The form for a Keras optimizer, which counts its own steps."""
    if uses != {Use.KERAS_RATE}:
        proposal.manual(
            "a Keras optimizer needs the schedule itself, the other uses of the value need a number"
        )
        return None
    text = ast.unparse(step)
    if not context.flow.is_step_counter(step):
        proposal.manual(f"a Keras optimizer counts its own steps, and `{text}` is not plainly the step")
        return None
    proposal.unsafe(f"the optimizer's own step count takes the place of `{text}`")
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
            return owner is None or (len(owner.bindings[name]) == 1 and not owner.is_class)
        case ast.Attribute():
            parent = context.source.parents[node]
            called = isinstance(parent, ast.Call) and parent.func is node
            return called or None not in context.names.resolve(node)
        case ast.Call():
            return context.flow.is_step_counter(node)
    return not isinstance(node, ast.Subscript | ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr)


def _name(context: Context, call: Call, proposal: Proposal) -> list[ast.expr]:
    """What ``name=`` means for the fix; returns it when it must go."""
    value = call.bound.get("name")
    if value is None:
        return []
    name = context.flow.constant(value)
    if name is None or "name" not in call.new.arguments:
        if not goes(context.flow, value):
            proposal.manual("`name=` goes, and what it is here may do more than give a name")
        return [value]
    if not isinstance(name, str):
        proposal.unsafe("the name is not known here; Keras 3 raises when it is None or contains `/`")
    elif not _SCOPE_NAME.fullmatch(name):
        proposal.manual(f"Keras 3 raises on the name {name!r}")
    elif call.row.names_result:
        proposal.unsafe(f"the tensor is no longer called {name!r}, but something below {name + '/'!r}")
    return []


def _spell(context: Context, site: Site, row: Decay, new: New, proposal: Proposal) -> str | None:
    """The name of the modern class at this place; adds what imports it needs."""
    if row.subclass:
        return _stand_in(context, site, row, new, proposal)
    targets = keras_targets("tensorflow.", f"{SCHEDULES}.{new.name}")
    spelling = context.speller.spell(targets, site.node, site.reference)
    if spelling is None:
        proposal.manual(f"no name is free for `{new.name}` here")
        return None
    proposal.edits += spelling.edits
    return spelling.text


def _stand_in(context: Context, site: Site, row: Decay, new: New, proposal: Proposal) -> str | None:
    """The name of a class that takes the place of a schedule that Keras 3 does not have."""
    root = next((name for name in ("tf", "tensorflow") if _is_tensorflow(context, name)), None)
    if root is None or new.name in context.speller.taken:
        proposal.manual(row.advice)
        return None
    base = f"{root}.keras.{SCHEDULES}.LearningRateSchedule"
    edit = context.speller.definition(row.subclass.format(tf=root, schedule=base), site.node, root)
    if edit is None:
        proposal.manual(row.advice)
        return None
    proposal.unsafe("Keras 3 has no class for it: the fix adds a LearningRateSchedule subclass to the file")
    proposal.edits.append(edit)
    return new.name


def _is_tensorflow(context: Context, name: str) -> bool:
    """Whether ``name`` is TensorFlow at the top of the file."""
    bindings = context.names.module.bindings.get(name, [])
    return bool(bindings) and all(b.path in TF_ROOTS for b in bindings)


def _arguments(context: Context, call: Call, removed: list[ast.expr], proposal: Proposal) -> list[Edit]:
    """Rename and convert the arguments that stay."""
    edits: list[Edit] = []
    order = list(call.new.arguments)
    position = 0
    for legacy, value in call.bound.items():
        if value in removed:
            continue
        modern, before, after = call.new.by_legacy[legacy]
        if value in call.arguments.keywords or order.index(modern) != position:
            edits += call.arguments.rename(value, modern)
        position += 1
        if before or after:
            edits += _converted(context, call.arguments, value, (before, after), proposal)
    return edits + _whole_rate(context, call, proposal)


def _converted(
    context: Context, arguments: Arguments, value: ast.expr, around: tuple[str, str], proposal: Proposal
) -> list[Edit]:
    """Wrap a value by the row's template, which may call a function of a standard module."""
    before, after = around
    module = before.partition(".")[0]
    spelling = context.speller.module(module, value)
    if spelling is None:
        proposal.manual(f"the name `{module}` means something else here")
        return []
    if context.flow.is_tensor(value):
        proposal.manual(f"`{ast.unparse(value)}` is a tensor, which `{before}...{after}` cannot take")
        return []
    text = arguments.text(value)
    if operand(text, value) != text:
        before, after = f"{before}(", f"){after}"
    return [*spelling.edits, *arguments.wrap(value, before, after)]


def _whole_rate(context: Context, call: Call, proposal: Proposal) -> list[Edit]:
    """A whole number as rate: TensorFlow 1 refused it, Keras 3 would truncate with it."""
    constant = context.flow.constant(call.rate)
    if not call.row.truncates or not isinstance(constant, int) or isinstance(constant, bool):
        return []
    proposal.unsafe("TensorFlow 1 refused a whole number as rate, so there are no old numbers to keep")
    literal = call.arguments.whole_as_float(call.rate)
    return [literal] if literal else call.arguments.wrap(call.rate, "float(", ")")


def _called(context: Context, call: Call, form: Form, proposal: Proposal) -> list[Edit]:
    """The call with the step, and for a thunk the lambda around it."""
    node = call.site.node
    needs_parentheses = isinstance(call.step, ast.Yield | ast.YieldFrom)
    step = call.arguments.text(call.step) if needs_parentheses else call.arguments.unwrapped(call.step)
    if call.row.identity_step and context.flow.mode.reference_variables:
        targets = [f"{root}.identity" for root in TF_ROOTS]
        spelling = context.speller.spell(targets, node, call.site.reference)
        if spelling is None:
            proposal.manual("no name is free for `tf.identity`, which a reference variable as step needs")
            return []
        proposal.edits += spelling.edits
        step = f"{spelling.text}({step})"
    span = context.source.span(node)
    depth = len(context.source.ancestors(node))
    after = Edit(Span(span.end, span.end), f"({step})", -depth)
    if form is Form.NUMBER:
        return [after]
    parent = context.source.parents[node]
    at_once = isinstance(parent, ast.Call) and parent.func is node
    opening, closing = ("(lambda: ", ")") if at_once else ("lambda: ", "")
    return [
        Edit(Span(span.start, span.start), opening, depth),
        Edit(after.span, after.text + closing, after.rank),
    ]


def _adapt(context: Context, site: Site, row: Decay, new: New, proposal: Proposal) -> Proposal:
    """A reference to the function itself -> a lambda with the same parameters."""
    if row.subclass:
        return proposal.manual("it is passed on as a function; " + row.advice)
    if Use.KERAS_RATE in context.flow.uses(site.node):
        return proposal.manual("a Keras optimizer calls its rate without arguments: give it the schedule")
    if context.flow.mode.eager:
        return proposal.manual("it is passed on as a function, which gives a callable in eager code")
    if not isinstance(context.source.parents[site.node], _PASSED_ON):
        return proposal.manual("what is done with the function cannot be seen")
    spelled = _spell(context, site, row, new, proposal)
    modules = {b.partition(".")[0] for _, b, _ in new.by_legacy.values() if b}
    spellings = [context.speller.module(module, site.node) for module in modules]
    if spelled is None or None in spellings:
        return proposal.manual("it is passed on as a function, and no name is free for its successor")
    values = [
        f"{before}{legacy}{after}" for legacy, (_, before, after) in new.by_legacy.items() if legacy != "name"
    ]
    text = f"lambda {row.signature.text}: {spelled}({', '.join(values)})({row.step})"
    if isinstance(context.source.parents[site.node], ast.Call | ast.keyword | ast.IfExp):
        text = f"({text})"
    proposal.edits += [edit for spelling in spellings if spelling for edit in spelling.edits]
    proposal.edits.append(Edit(context.source.span(site.reference), text))
    proposal.unsafe("it is passed on as a function: a lambda takes its place and drops `name`")
    return proposal
