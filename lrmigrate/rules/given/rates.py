"""What is no float as the rate of a Keras optimizer -> its number, or a function that reads a variable."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import TENSORS, Kind, is_schedule_function, rate_argument
from lrmigrate.analysis.mode import Mode, mode_of
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import optimizer_of, optimizer_order
from lrmigrate.analysis.syntax import on_one_line
from lrmigrate.analysis.values import Origin, Value, is_whole
from lrmigrate.catalog import Legacy
from lrmigrate.model import Edit, Span
from lrmigrate.rules.given import GIVEN
from lrmigrate.rules.proposal import Draft, Proposal

_OLD = frozenset({"lr", "decay", "schedule_decay"})
_SCALARS = frozenset(f"numpy.{name}" for name in ("float16", "float32", "int8", "int16", "int32", "int64"))
_SUBCLASS = (
    "give the optimizer the schedule itself; where it is computed with, write a subclass of "
    "keras.optimizers.schedules.LearningRateSchedule that does so in its __call__"
)


def given_rates(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every Keras optimizer whose rate is, in sight, a variable, a tensor, or no float.

    Calls that other rules speak of are mended by these.
    """
    for call in context.source.nodes(ast.Call):
        legacy = optimizer_of(context.names, call)
        if legacy is None or _has_other_troubles(context, call, legacy):
            continue
        rate = rate_argument(call)
        if rate is not None and (found := _refused(context, rate)):
            message = (
                f"`{ast.unparse(rate)}` is {found[0]}, which Keras 3 does not take as a rate: ValueError"
            )
            yield call, Proposal(GIVEN, message, partial(_mend, context, call, rate, found[1]))


def _has_other_troubles(context: Context, call: ast.Call, legacy: Legacy) -> bool:
    """Whether a call has old arguments, or an old order: a crash must not become wrong numbers."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if not _OLD.isdisjoint(given) or legacy.alias or legacy.origin not in ("keras", "tf.keras"):
        return True
    if "epsilon" in given and context.flow.constant(given["epsilon"]) is None:
        return True
    _, doubt, is_old = optimizer_order(context.names, legacy, call)
    return bool(doubt) or is_old


def _refused(context: Context, rate: ast.expr) -> tuple[str, list[Value]] | None:
    """What a rate is instead of a float, and the values that are; None where it may be one."""
    values = context.values.of(rate)
    tensors = [value for value in values if _is_tensor(value)]
    if tensors:
        is_variable = any(value.kind is Kind.VARIABLE for value in tensors)
        return "a variable" if is_variable else "a tensor", tensors
    for is_other, what in ((is_whole, "a whole number"), (_is_of_numpy, "a scalar of NumPy")):
        others = [value for value in values if is_other(value)]
        if len(others) == len(values) or (others and isinstance(rate, ast.Name | ast.IfExp)):
            return what, others  # what else an attribute has been given may have come later
    return None


def _is_tensor(value: Value) -> bool:
    """Whether a value is a tensor; what TensorFlow 1's schedule functions give is for their own rules."""
    return value.kind in TENSORS and not (value.origin is Origin.VALUE and is_schedule_function(value.path))


def _is_of_numpy(value: Value) -> bool:
    """Whether a value is made by a type of NumPy that Keras 3 does not take: by others than float64."""
    return value.path in _SCALARS and isinstance(value.way.node, ast.Call)


def _mend(context: Context, call: ast.Call, rate: ast.expr, found: list[Value], draft: Draft) -> None:
    """The number of what is given, or a function that reads a variable; raises Refusal."""
    if any(value.origin is not Origin.OTHER for value in found):
        raise Refusal(f"the rate would stay what it is when the optimizer is built: {_SUBCLASS}")
    if context.values.may_be(rate, Kind.SCHEDULE, Kind.FUNCTION):
        raise Refusal("it may be a schedule or a function, too: make it a float where it is none")
    if any(value.kind is Kind.UNKNOWN for value in context.values.of(rate)):
        draft.unsafe(f"assumes that `{ast.unparse(rate)}` is a number, and no schedule")
    if guard := context.flow.guard(call):
        draft.unsafe(f"{guard}, which may be meant for another version of Keras")
    if not any(map(_is_tensor, found)):
        _number(context, rate, draft)
        return
    is_placeholder = any(value.path.endswith(".placeholder") for value in found)
    if is_placeholder or mode_of(context.values, call, is_tf1=False) is not Mode.EAGER:
        raise Refusal(
            "give it a float, and assign to optimizer.learning_rate where the rate changes; in a graph, a "
            "tensor has no number yet"
        )
    if any(value.kind is not Kind.TENSOR for value in found) and not _is_made_here(rate):
        _variable(context, rate, draft)
    else:
        _number(context, rate, draft)
        draft.unsafe("the rate is the number that it has when the optimizer is built")


def _is_made_here(rate: ast.expr) -> bool:
    """Whether a variable is made in the argument itself: nothing else can reach it."""
    return isinstance(rate, ast.Call)


def _variable(context: Context, rate: ast.expr, draft: Draft) -> None:
    """`learning_rate=rate` with a variable that has a name; raises Refusal."""
    other = _other_use(context, rate)
    if other is None:
        _number(context, rate, draft)
        draft.unsafe("assumes that nothing assigns to the variable later")
        return
    if setter := next((use for use in context.all_rate_uses() if use.sets), None):
        raise Refusal(
            f"{setter.clause}: give the optimizer a float, and set that rate in line {other.lineno}, too"
        )
    if not isinstance(rate, ast.Name) or context.names.single(rate.id, rate) is None:
        raise Refusal(
            "give it a float, and assign to optimizer.learning_rate where the variable is assigned to"
        )
    span = context.source.span(rate)
    draft.edits.append(Edit(Span(span.start, span.start), "lambda: "))
    draft.unsafe(
        f"line {other.lineno} uses the variable, too: the optimizer reads it at every update, as those of "
        "TensorFlow before 2.11 did, and its rate cannot be set"
    )


def _other_use(context: Context, rate: ast.expr) -> ast.expr | None:
    """Another place that reads the variable, and may assign to it."""
    if isinstance(rate, ast.Name):
        owner = context.names.scope_of[rate].owner(rate.id)
        loads = (load for load in context.names.loads if load.id == rate.id and load is not rate)
        return next((n for n in loads if context.names.scope_of[n].owner(n.id) is owner), None)
    if isinstance(rate, ast.Attribute):
        nodes = context.source.nodes(ast.Attribute)
        return next((n for n in nodes if n.attr == rate.attr and n is not rate and _is_read(n)), None)
    return rate


def _is_read(node: ast.Attribute) -> bool:
    """Whether an attribute is read."""
    return isinstance(node.ctx, ast.Load)


def _number(context: Context, rate: ast.expr, draft: Draft) -> None:
    """`float(rate)`, or the float that a variable or a constant is made from; raises Refusal."""
    span = context.source.span(rate)
    if isinstance(rate, ast.Constant) and context.source.slice(rate).isdecimal():
        draft.edits.append(Edit(Span(span.end, span.end), ".0"))
        return
    if isinstance(rate, ast.Call):
        given = [k.value for k in rate.keywords if k.arg in ("initial_value", "value")] + rate.args[:1]
        is_float = bool(given) and context.values.is_float(given[0]) and on_one_line(given[0])
        if is_float and len(rate.args) + len(rate.keywords) >= 1 and _copies(context, rate):
            draft.edits.append(Edit(span, context.source.slice(given[0])))
            return
    if context.values.binds_at("float", rate):
        raise Refusal("give it a float; `float` means something else in this file")
    draft.edits += [Edit(Span(span.start, span.start), "float("), Edit(Span(span.end, span.end), ")")]


def _copies(context: Context, call: ast.Call) -> bool:
    """Whether a function gives a variable or a constant with the value of its first argument."""
    path = context.names.certain(call.func) or ""
    return path.rpartition(".")[2] in ("Variable", "variable", "constant", "convert_to_tensor")
