"""LearningRateScheduler: what its function gives must be a float, and no tensor or whole number."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import TENSORS, Kind
from lrmigrate.analysis.mode import Mode, mode_of
from lrmigrate.analysis.parameters import parameters, returned
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.syntax import on_one_line
from lrmigrate.analysis.values import Value, Values, is_whole
from lrmigrate.model import Edit, Span
from lrmigrate.rules.callbacks import SCHEDULER
from lrmigrate.rules.callbacks.made import Made, made
from lrmigrate.rules.proposal import Draft, Proposal

_CLASS = "LearningRateScheduler"
_TENSOR, _WHOLE = "a tensor", "a whole number"
_OWN_CALLS = frozenset({"float", "round", "int", "max", "min"})  # of Python, which decide themselves
_RAISES = ": a LearningRateScheduler raises ValueError in Keras 3"

Defined: TypeAlias = "ast.FunctionDef | ast.Lambda"


@dataclass(frozen=True)
class Result:
    """A value that a function returns, and what it is instead of a float."""

    node: ast.expr
    what: str


def scheduled_functions(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every function or schedule of a LearningRateScheduler that gives something else than a float."""
    for callback in made(context, _CLASS):
        rate = callback.argument("schedule", 0)
        if rate is not None and (proposal := _proposal(context, callback, rate)):
            yield rate, proposal


def _proposal(context: Context, callback: Made, rate: ast.expr) -> Proposal | None:
    """What to say of what a callback is given; None where nothing is wrong with that in sight."""
    for value in sorted(context.values.of(rate), key=_place):
        node, home = value.way.node, value.way.home
        if value.kind is Kind.SCHEDULE and _gives_tensor(context, rate, value):
            message = f"`{ast.unparse(rate)}` gives a tensor{_RAISES}"
            return Proposal(SCHEDULER, message, partial(_call_schedule, context, callback, rate))
        if isinstance(node, ast.FunctionDef | ast.Lambda) and (bad := _bad_results(home, node)):
            message = f"{_named(rate)} gives {bad[0].what}{_RAISES}"
            step = partial(_make_floats, context, callback, rate, value, bad)
            return Proposal(SCHEDULER, message, step)
    return None


def _place(value: Value) -> tuple[int, int]:
    """The order of values: that of the text."""
    node = value.way.node
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _named(rate: ast.expr) -> str:
    """What a message calls a function."""
    return "the lambda" if isinstance(rate, ast.Lambda) else f"`{ast.unparse(rate)}`"


def _gives_tensor(context: Context, rate: ast.expr, schedule: Value) -> bool:
    """Whether a schedule gives tensors: a class of Keras's does, one of the program may give floats."""
    if schedule.path:
        return True
    found = [
        (home, node)
        for owner_home, owner in context.values.classes_of(rate)
        for home, node in owner_home.kept_by_class(owner, "__call__")
        if isinstance(node, ast.FunctionDef | ast.Lambda)
    ]
    return any(_bad_results(home, node) for home, node in found)


def _bad_results(home: Values, function: Defined) -> list[Result]:
    """What a function returns that is no float, in sight, in the order of the text."""
    if isinstance(function, ast.Lambda):
        values = [function.body]
    else:
        if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(function)):
            return []
        values = sorted(returned(function), key=lambda node: (node.lineno, node.col_offset))
    given = {parameter.arg for parameter in parameters(function)[-2:]}  # `epoch`, and the rate in force
    parts = [part for value in values for part in _choices(value)]
    return [Result(part, what) for part in parts if (what := _trouble(home, part, given))]


def _trouble(home: Values, part: ast.expr, given: set[str]) -> str:
    """What a returned value is instead of a float; "" where it may be one."""
    if _is_tensor(home, part):
        return _TENSOR
    return _WHOLE if _is_whole(home, part, given) else ""


def _choices(value: ast.expr) -> Iterator[ast.expr]:
    """The values that a conditional expression chooses from."""
    if isinstance(value, ast.IfExp):
        yield from _choices(value.body)
        yield from _choices(value.orelse)
    else:
        yield value


def _is_tensor(home: Values, part: ast.expr) -> bool:
    """Whether a value is, in sight, a tensor, or computed from the variable that an optimizer's rate is."""
    if home.may_be(part, *TENSORS):
        return True
    match part:
        case ast.BinOp(left=left, right=right):
            return _is_rate(home, left) or _is_rate(home, right)
        case ast.UnaryOp(operand=operand):
            return _is_rate(home, operand)
    return _is_rate(home, part)


def _is_rate(home: Values, part: ast.expr) -> bool:
    """Whether a value is `optimizer.learning_rate` itself, or arithmetic with it."""
    match part:
        case ast.Attribute(value=owner, attr="learning_rate" | "lr"):
            return home.is_certainly(owner, Kind.OPTIMIZER)
        case ast.BinOp(left=left, right=right):
            return _is_rate(home, left) or _is_rate(home, right)
    return False


def _is_whole(home: Values, part: ast.expr, given: set[str]) -> bool:
    """Whether a value may be a whole number that is written out where the function has it from.

    What its parameters are depends on who calls it: Keras gives the epoch and a float.
    """
    if (
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id in _OWN_CALLS - {"int"}
    ):
        return False
    if isinstance(part, ast.Name) and part.id in given:
        live = home.names.live(part.id, part)
        if any(isinstance(binding.node, ast.arg) for binding in live):
            return False
    values = home.of(part)
    return any(is_whole(value) and not _is_argument(value) for value in values)


def _is_argument(value: Value) -> bool:
    """Whether a value comes out of a call, such as `max(rate, 0)`, or is a default."""
    node = value.way.node
    parent = value.way.home.source.parents.get(node) if node is not None else None
    if isinstance(parent, ast.UnaryOp):
        parent = value.way.home.source.parents.get(parent)
    return isinstance(parent, ast.Call | ast.keyword | ast.arguments)


def _check(context: Context, callback: Made, rate: ast.expr, draft: Draft) -> None:
    """What speaks against a fix; raises Refusal."""
    if mode_of(context.values, callback.call, is_tf1=False) is not Mode.EAGER:
        raise Refusal("compute the rate with math or NumPy: in a graph, a tensor cannot be made a float")
    if context.values.binds_at("float", rate):
        raise Refusal("let the function give a float; `float` means something else in this file")
    if not callback.is_certain:
        draft.unsafe(f"assumes that `{ast.unparse(callback.call.func)}` is Keras's {_CLASS}")
    if guard := context.flow.guard(callback.call):
        draft.unsafe(f"{guard}, which may be meant for another version of Keras")


def _call_schedule(context: Context, callback: Made, rate: ast.expr, draft: Draft) -> None:
    """`LearningRateScheduler(schedule)` -> `LearningRateScheduler(lambda epoch: float(schedule(epoch)))`."""
    _check(context, callback, rate, draft)
    is_named = isinstance(rate, ast.Name) and context.names.single(rate.id, rate) is not None
    if not on_one_line(rate) or not (is_named or isinstance(rate, ast.Call)) or _reads(rate, "epoch"):
        raise Refusal(f"write {_CLASS}(lambda epoch: float(schedule(epoch))), with a name for the schedule")
    if len(context.values.of(rate)) > 1:
        draft.unsafe(f"assumes that `{ast.unparse(rate)}` is a schedule")
    span = context.source.span(rate)
    draft.edits += [
        Edit(Span(span.start, span.start), "lambda epoch: float("),
        Edit(Span(span.end, span.end), "(epoch))"),
    ]


def _reads(node: ast.expr, name: str) -> bool:
    """Whether an expression reads a name."""
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def _make_floats(
    context: Context, callback: Made, rate: ast.expr, function: Value, bad: list[Result], draft: Draft
) -> None:
    """`return tensor` -> `return float(tensor)`, and `return 1` -> `return 1.0`."""
    _check(context, callback, rate, draft)
    node, home = function.way.node, function.way.home
    assert isinstance(node, ast.FunctionDef | ast.Lambda)
    if home is not context.values:
        raise Refusal(f"write {_CLASS}(lambda epoch: float({ast.unparse(rate)}(epoch)))")
    if isinstance(node, ast.FunctionDef) and node.decorator_list:
        raise Refusal(
            f"write {_CLASS}(lambda epoch: float({ast.unparse(rate)}(epoch))): the function has a decorator"
        )
    if len(context.values.of(rate)) > 1:
        draft.unsafe(f"assumes that `{ast.unparse(rate)}` is the function of line {node.lineno}")
    if other := _other_use(context, node, rate):
        draft.unsafe(f"line {other.lineno} uses the function, too, and gets a float now")
    for result in bad:
        draft.edits += _as_float(context, result)


def _other_use(context: Context, function: Defined, rate: ast.expr) -> ast.expr | None:
    """Another place that names the function."""
    loads: list[ast.Name | ast.Attribute] = [*context.names.loads, *context.source.nodes(ast.Attribute)]
    names = {getattr(function, "name", "")}
    if isinstance(rate, ast.Name):
        names.add(rate.id)
    for load in loads:
        name = load.id if isinstance(load, ast.Name) else load.attr
        if load is not rate and name in names and any(w.node is function for w in context.values.ways(load)):
            return load
    return None


def _as_float(context: Context, result: Result) -> list[Edit]:
    """The edits that make one result a float."""
    span = context.source.span(result.node)
    if isinstance(result.node, ast.Constant) and context.source.slice(result.node).isdecimal():
        return [Edit(Span(span.end, span.end), ".0")]
    depth = len(context.source.ancestors(result.node))
    return [Edit(Span(span.start, span.start), "float(", depth), Edit(Span(span.end, span.end), ")", -depth)]
