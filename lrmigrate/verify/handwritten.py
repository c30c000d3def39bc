"""A function given as a rate, against what replaces it: a scheduler in `fit`, a schedule, a number.

Reads both texts on its own: the function's body, the optimizer, the training. The old side is what the
function gives for every epoch or step; the new side is what Keras does with the new text.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrmigrate.analysis.flow import counts_steps
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.verify import steps as step_choice
from lrmigrate.verify.compare import Bound
from lrmigrate.verify.draws import SEED
from lrmigrate.verify.expression import (
    Expression,
    Invocation,
    Literal,
    Refused,
    Value,
    Wrong,
    evaluate,
    holes,
)
from lrmigrate.verify.function import Defined, Evaluator, function_of
from lrmigrate.verify.plan import Draw, Plan, Settings
from lrmigrate.verify.program import Reader

_SCHEDULER = "LearningRateScheduler"
_STAIRS = range(1, 25)  # the multiples of a number that are looked at
_LARGE = 2**20
_HALF_ULP = 2.0**-24


@dataclass(frozen=True)
class Side:
    """An optimizer in one text, its rate, and the calls of `fit` on the model that it is compiled into."""

    reader: Reader
    optimizer: ast.Call
    rate: ast.expr
    fits: tuple[ast.Call, ...]

    def argument(self, name: str) -> ast.expr | None:
        """An argument of the one call of `fit`; raises Refused where there is not exactly one."""
        if len(self.fits) != 1:
            raise Refused(f"the model is trained {len(self.fits)} times in sight, and not once")
        if any(keyword.arg is None for keyword in self.fits[0].keywords):
            raise Refused("`**` hides which arguments `fit` gets")
        return next((k.value for k in self.fits[0].keywords if k.arg == name), None)


@dataclass(frozen=True)
class HandWritten:
    """A function of the epoch or the step, and what replaces it: ``scheduler`` where `fit` has one."""

    old: Side
    new: Side
    function: Defined
    scheduler: Defined | None
    unit: str  # "epoch" or "step": what is counted by the points of comparison
    per_epoch: int  # steps, where a function of the epoch is compared step by step; else 1


class Drawn(dict[str, Value]):
    """Values of holes, drawn when first asked for; none once ``closed``, when the old side is done."""

    def __init__(self, pinned: Mapping[str, Value], draw: int) -> None:
        super().__init__(pinned)
        self.draw = draw
        self.closed = False

    def __missing__(self, text: str) -> Value:
        if self.closed:
            raise Refused(f"`{text}` stands in the new text only")
        self[text] = round(random.Random(f"{SEED} {self.draw} {text}").uniform(0.1, 1.0), 3)
        return self[text]


def read(old: tuple[Reader, ast.expr], new: tuple[Reader, ast.expr], epoch: int | None) -> HandWritten | None:
    """Both sides; None when the old rate is no function with a parameter. Raises Refused and Wrong."""
    before = _side(*old)
    function = function_of(before.reader, before.rate) if before else None
    if before is None or function is None or not _parameter(function):
        return None
    after = _side(*new)
    if after is None:
        raise Wrong("the new text gives the optimizer no rate")
    if ast.dump(before.rate) == ast.dump(after.rate):
        raise Refused("the rate still is a function that needs an argument, which an optimizer does not give")
    if _others(before) != _others(after):
        raise Refused("other arguments of the optimizer differ as well")
    schedulers = _schedulers(after)
    counted = _parameter(function)
    of_step = counts_steps(counted) and "epoch" not in counted.lower()
    if schedulers:
        if of_step:
            raise Wrong(f"`{counted}` counts steps, and the new text gives the function epochs")
        return HandWritten(before, after, function, _scheduler(before, after, schedulers), "epoch", 1)
    rate = after.reader.read(after.rate)
    is_schedule = isinstance(rate, Invocation) and rate.kind in {"schedule", "stand-in"} and rate.step is None
    if of_step or not is_schedule:
        return HandWritten(before, after, function, None, "step", 1)
    return HandWritten(before, after, function, None, "step", epoch or _steps_per_epoch(before))


def _side(reader: Reader, node: ast.expr) -> Side | None:
    """An optimizer as it stands in one text."""
    if not isinstance(node, ast.Call) or reader.kind(node) != "optimizer":
        return None
    rates = [k.value for k in node.keywords if k.arg in {"lr", "learning_rate"}] + node.args[:1]
    return Side(reader, node, rates[0], _fits(reader, node)) if rates else None


def _parameter(function: Defined) -> str:
    """The name of a function's first parameter, if it has one that must be given."""
    names = [*function.args.posonlyargs, *function.args.args]
    return names[0].arg if len(names) > len(function.args.defaults) else ""


def _others(side: Side) -> tuple[str, list[str], list[str]]:
    """The optimizer without its rate, to be compared."""
    args = [ast.dump(value) for value in side.optimizer.args if value is not side.rate]
    kwargs = [ast.dump(keyword) for keyword in side.optimizer.keywords if keyword.value is not side.rate]
    return ast.dump(side.optimizer.func), args, kwargs


def _fits(reader: Reader, optimizer: ast.Call) -> tuple[ast.Call, ...]:
    """The calls of `fit` on the model that is compiled with an optimizer."""
    uses: list[ast.AST] = [optimizer]
    match reader.source.parents[optimizer]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            uses = [load for load in reader.names.loads if load.id == name]
    models = {model for use in uses if (model := _compiled(reader, use))}
    scope = reader.names.scope_of[optimizer]
    return tuple(
        node
        for node in ast.walk(reader.source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"fit", "fit_generator"}
        and ast.unparse(node.func.value) in models
        and reader.names.scope_of[node] is scope
    )


def _compiled(reader: Reader, use: ast.AST) -> str:
    """The text of the model that `compile` is called on with an optimizer."""
    call = reader.source.parents[use]
    call = reader.source.parents[call] if isinstance(call, ast.keyword) else call
    match call:
        case ast.Call(func=ast.Attribute(attr="compile", value=model)):
            return ast.unparse(model)
    return ""


def _schedulers(side: Side) -> list[ast.Call]:
    """The LearningRateSchedulers among the callbacks of the calls of `fit`."""
    return [callback for fit in side.fits for callback in _callbacks(fit) if _is_scheduler(side, callback)]


def _callbacks(fit: ast.Call) -> list[ast.Call]:
    """The callbacks that are made where `fit` is called."""
    nodes = [k.value for k in fit.keywords if k.arg == "callbacks"]
    elements = [element for node in nodes if isinstance(node, ast.List) for element in node.elts]
    return [element for element in elements if isinstance(element, ast.Call)]


def _is_scheduler(side: Side, call: ast.Call) -> bool:
    """Whether a call makes Keras's LearningRateScheduler."""
    path = side.reader.names.certain(call.func) or ""
    return path.endswith(f"keras.callbacks.{_SCHEDULER}") and path.startswith(("keras", "tensorflow"))


def _scheduler(before: Side, after: Side, schedulers: list[ast.Call]) -> Defined:
    """The function of the one scheduler of the one `fit`, all else being as it was; raises Refused, Wrong."""
    olds, news = before.argument("callbacks"), after.argument("callbacks")
    _check_start(before)
    _check_start(after)
    kept = [ast.dump(element) for element in olds.elts] if isinstance(olds, ast.List) else []
    found = [ast.dump(element) for element in news.elts] if isinstance(news, ast.List) else []
    if (olds is not None and not isinstance(olds, ast.List)) or found[: len(kept)] != kept:
        raise Wrong("a callback of `fit` is lost")
    if _schedulers(before) or len(schedulers) != 1 or len(schedulers[0].args) != 1:
        raise Refused("there is more than one LearningRateScheduler")
    function = function_of(after.reader, schedulers[0].args[0])
    if function is None:
        raise Refused("what the LearningRateScheduler calls is not in sight")
    return function


def _check_start(side: Side) -> None:
    """Whether training begins at epoch 0; raises Refused."""
    start = side.argument("initial_epoch")
    if start is not None and side.reader.read(start) != Literal(0):
        raise Refused("training does not begin at epoch 0")


def _steps_per_epoch(side: Side) -> int:
    """How many steps an epoch of the one `fit` has; raises Refused."""
    node = side.argument("steps_per_epoch") if len(side.fits) == 1 else None
    if side.fits:
        _check_start(side)
    value = side.reader.read(node) if node is not None else None
    if isinstance(value, Literal) and isinstance(value.value, int) and value.value > 0:
        return value.value
    raise Refused("the number of steps in an epoch is not in sight (--steps-per-epoch gives it)")


def plan(case: HandWritten, settings: Settings) -> Plan:
    """The epochs or steps to look at, the old rates there, and the job for the new ones; raises Refused."""
    points = _points(case, settings)
    first = _draw(case, Drawn(settings.pinned, 0), points)
    open_holes = set(first.values) - set(settings.pinned)
    more = range(1, settings.draws) if open_holes else ()
    chosen = [first, *(_draw(case, Drawn(settings.pinned, number), points) for number in more)]
    job = {"id": 1, "task": "function", "draws": [draw.job for draw in chosen], "sources": {}}
    return Plan(tuple(chosen), job, _bound(case, points), case.unit)


def _points(case: HandWritten, settings: Settings) -> step_choice.Steps:
    """Around every number of the function and its multiples; of an epoch, the first step and the last one.

    Around every number of the new text, too: what changes there and not in the function is a mistake.
    """
    size = case.per_epoch
    horizon = None if settings.horizon is None else settings.horizon // size
    marks = [number * stair for number in _numbers(case) for stair in _STAIRS]
    units = step_choice.choose(marks, horizon, None, far=False, even=settings.even)
    last = (units.horizon + 1) * size - 1
    around = {number * stair + d for number in _new_numbers(case) for stair in _STAIRS for d in (-1, 0, 1)}
    ends = {unit * size + within for unit in units.chosen for within in (0, size - 1)}
    return step_choice.Steps(tuple(sorted(ends | {step for step in around if 0 <= step <= last})), last)


def _numbers(case: HandWritten) -> list[int]:
    """The whole numbers of the functions on both sides and of the constants they read."""
    nodes = list(ast.walk(case.function))
    names = case.old.reader.names
    for load in [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]:
        nodes += [value] if (value := names.single(load.id, load)) is not None else []
    nodes += ast.walk(case.scheduler) if case.scheduler is not None else ()
    values = {node.value for node in nodes if isinstance(node, ast.Constant) and type(node.value) is int}
    return sorted(value for value in values if 1 < value < _LARGE)


def _new_numbers(case: HandWritten) -> list[int]:
    """The whole numbers among the arguments of the new schedule."""
    rate = case.new.reader.read(case.new.rate)
    if case.scheduler is not None or not isinstance(rate, Invocation) or any(holes(rate)):
        return []
    made = evaluate(rate, {})
    parts = [*made["args"], *made["kwargs"].values()]
    numbers = [number for part in parts for number in (part if isinstance(part, list) else [part])]
    return sorted({number for number in numbers if type(number) is int and 0 < number < _LARGE})


def _draw(case: HandWritten, values: Drawn, points: step_choice.Steps) -> Draw:
    """The rates of both sides for one choice of values."""
    old = Evaluator(case.old.reader, values)
    rates = [old.call(case.function, [point // case.per_epoch]) for point in points.chosen]
    values.closed = True
    new = Evaluator(case.new.reader, values)
    job: dict[str, Any] = {
        "old": rates,
        "rate": new.value(case.new.rate, {}),
        "optimizer": case.new.reader.new_optimizer(case.new.optimizer).name,
        "points": list(points.chosen),
    }
    if case.scheduler is not None:
        job["scheduler"] = [new.call(case.scheduler, [point]) for point in points.chosen]
    return Draw(dict(values), points, (), job)


def _bound(case: HandWritten, points: step_choice.Steps) -> Bound:
    """None for numbers that Python computes; for ExponentialDecay rounding grows with the exponent."""
    rate = case.new.reader.read(case.new.rate)
    if case.scheduler is not None or not isinstance(rate, Invocation):
        return Bound()
    row = next((row for row in DECAYS if row.new and row.new.name == rate.name), None)
    if row is None:
        return Bound()
    length = _length(rate)
    exponent = points.horizon / length if length else 0.0
    return Bound(row.relative + exponent * _HALF_ULP, row.absolute)


def _length(rate: Invocation) -> float:
    """decay_steps, where it is a number."""
    given: Mapping[str, Expression] = dict(rate.kwargs)
    node = given.get("decay_steps", rate.args[1] if len(rate.args) > 1 else None)
    if node is None or any(holes(node)):
        return 0.0
    value = evaluate(node, {})
    return float(value) if isinstance(value, int | float) else 0.0
