"""A case -> the worker's job: values for the holes, steps, both sides as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lrmigrate import catalog
from lrmigrate.catalog.keras2 import DECAYED_CLASS, OPTIMIZERS, SHARED_DOMAIN
from lrmigrate.catalog.schema import Decay, Domain, Integer, Optimizer, Rates
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.verify import steps as step_choice
from lrmigrate.verify.case import DECAY_ROWS, Case
from lrmigrate.verify.compare import Bound
from lrmigrate.verify.draws import DRAWS, Slot, draws, slots, wanted
from lrmigrate.verify.expression import (
    Expression,
    Invocation,
    Items,
    Literal,
    Refused,
    Value,
    evaluate,
    holes,
)

UPDATES = 24  # of the training run of an optimizer
_RATE_OF_OPTIMIZER = Bound(2e-6, 1e-7)
_COUNTER = Integer(0, 10_000)
_FACTOR = Integer(1, 64)  # what a step is multiplied by or moved by


@dataclass(frozen=True)
class Settings:
    """What the user asked of the proof. ``horizon`` is the last step, ``epoch`` the steps of one epoch."""

    pinned: Mapping[str, Value] = field(default_factory=dict)
    horizon: int | None = None
    epoch: int | None = None
    draws: int = DRAWS
    even: int = step_choice.EVEN


@dataclass(frozen=True)
class Draw:
    """One choice of values, the steps looked at, and the landmarks among them."""

    values: Mapping[str, Value]
    steps: step_choice.Steps
    landmarks: tuple[int, ...]
    job: dict[str, Any]

    @property
    def beyond(self) -> bool:
        """Whether a value lies outside of its domain, for which the bound of the API was not measured."""
        return bool(self.job.get("beyond"))


@dataclass(frozen=True)
class Plan:
    """The draws of a case, the job that asks for them, the bound on the rates, and what the draws count."""

    draws: tuple[Draw, ...]
    job: dict[str, Any]
    bound: Bound
    unit: str = "step"


def plan(case: Case, settings: Settings) -> Plan:
    """Choose values and steps; raises Refused when there are none that the old code accepts."""
    counter = _counter(case)
    table = _slots(case, counter)
    is_decay = isinstance(case.row, Decay)
    number = wanted(table, settings.draws) if is_decay else settings.draws
    number = number if set(table) - set(settings.pinned) else 1
    chosen: list[Draw] = []
    for one in draws(table, settings.pinned, _lengths(case), apart=is_decay):
        draw = _draw(case, one.values, counter, settings)
        if draw is not None:
            draw.job["beyond"] = one.beyond
            chosen.append(draw)
        if len(chosen) == number or not table:
            break
    if not chosen:
        raise Refused("no values were found that the old code accepts")
    task = "schedule" if is_decay else "optimizer"
    jobs = [draw.job for draw in chosen]
    job = {"id": 1, "task": task, "draws": jobs, "sources": _sources()}
    if isinstance(case.row, Optimizer):
        ignored = bool(case.row.decay_ignored)
        job |= {"updates": UPDATES, "scales": _scales(case, case.row), "decay_ignored": ignored}
        job["sets_rate"] = isinstance(case.new, Invocation) and case.new.kind == "decayed optimizer"
    bound = Bound(case.row.relative, case.row.absolute) if isinstance(case.row, Decay) else _RATE_OF_OPTIMIZER
    return Plan(tuple(chosen), job, bound)


def _scales(case: Case, row: Optimizer) -> list[float]:
    """The sizes of the gradients: without those that Keras 3's epsilon, below the root, makes smaller."""
    old = dict(case.old.kwargs)
    starts_at_zero = any(old.get(name) == Literal(0.0) for name in row.standalone)
    return [scale for scale in row.gradients if scale >= 1 or not starts_at_zero]


def _slots(case: Case, counter: str) -> dict[str, Slot]:
    """Every hole but the step counter, with what is known of it."""
    domain: dict[str, Domain] = dict(case.row.domain)
    if not isinstance(case.row, Decay):
        domain |= {"lr": domain["learning_rate"], **SHARED_DOMAIN}
    table = slots(case.arguments, domain)
    for text in holes(case.step):
        table.setdefault(text, Slot("step", _FACTOR, True))
    if table.get(counter, Slot("", None, True)).parameter == "step":
        del table[counter]
    return table


def _lengths(case: Case) -> dict[str, int]:
    """The lengths that the lists of the legacy arguments must have, as far as one of them is written out."""
    written = {name: len(value.items) for name, value in case.arguments.items() if isinstance(value, Items)}
    for name, domain in case.row.domain.items():
        if isinstance(domain, Rates) and name in written:
            written.setdefault(domain.after, written[name] - 1)
    return written


def _counter(case: Case) -> str:
    """The hole that counts the steps: the one that sounds like it, else the first."""
    candidates = list(dict.fromkeys(holes(case.step)))
    named = [text for text in candidates if "step" in text.lower() or "iterations" in text]
    return (named or candidates or [""])[0]


def _draw(case: Case, values: dict[str, Value], counter: str, settings: Settings) -> Draw | None:
    """One draw; None when the old code would not accept the values."""
    at_zero = {**values, counter: 0}
    try:
        arguments = {name: _argument(value, at_zero) for name, value in case.arguments.items()}
    except Refused:
        if values:
            return None
        raise
    if isinstance(case.row, Decay):
        if not _accepted(case.row, arguments):
            return None
        return _schedule_draw(case, values, counter, settings, _landmarks(case.row, arguments))
    steps = step_choice.choose([], settings.horizon, settings.epoch, even=settings.even)
    job = {"old": evaluate(case.old, values), "new": evaluate(case.new, values), "steps": list(steps.chosen)}
    return Draw(values, steps, (), job)


def _argument(value: Expression, values: Mapping[str, Value]) -> Any:
    """The value of one legacy argument; None for a schedule inside it, whose step is not known here."""
    if isinstance(value, Invocation):
        return None
    if isinstance(value, Items):
        return [_argument(item, values) for item in value.items]
    return evaluate(value, values)


def _accepted(row: Decay, arguments: Mapping[str, Any]) -> bool:
    """Whether the legacy function gives sensible numbers for these arguments."""
    for name, value in arguments.items():
        if name in row.positive and not (isinstance(value, int | float) and value > 0):
            return False
        if name in row.landmarks and isinstance(value, list):
            if not all(isinstance(v, int | float) for v in value):
                return False
            if sorted(value) != value or len(set(value)) != len(value):
                return False
    return True


def _landmarks(row: Decay, arguments: Mapping[str, Any]) -> list[float]:
    """The steps at which the schedule bends."""
    marks: list[float] = []
    for name in row.landmarks:
        value = arguments.get(name)
        numbers = value if isinstance(value, list) else [value]
        marks += [float(number) for number in numbers if isinstance(number, int | float)]
    return marks


def _schedule_draw(
    case: Case, values: dict[str, Value], counter: str, settings: Settings, marks: list[float]
) -> Draw:
    """One draw of a schedule: both sides with the numbers of every step expression."""
    steps, marks = _counters(case, values, counter, marks, settings)
    points = [{**values, counter: number} for number in steps.chosen]
    old, new = Columns(points), Columns(points, case.step)
    job = {
        "old": old.plain(case.old),
        "new": new.plain(case.new, top=True),
        "old_steps": old.columns,
        "new_steps": new.columns,
    }
    numbers = [number for column in [*old.columns, *new.columns] for number in column]
    whole = all(isinstance(number, int) for number in numbers)
    small = all(abs(number) < 2**31 for number in numbers)
    job["dtypes"] = ["float32"] if not whole else ["int64", "int32"] if small else ["int64"]
    return Draw(values, steps, tuple(int(mark) for mark in marks), job)


def _counters(
    case: Case, values: dict[str, Value], counter: str, marks: list[float], settings: Settings
) -> tuple[step_choice.Steps, list[float]]:
    """Values of the step counter at and around those of the landmarks, and the landmarks so counted."""
    assert case.step is not None
    ends = [evaluate(case.step, {**values, counter: number}) for number in (0, 1)]
    if not all(isinstance(end, int | float) for end in ends):
        raise Refused("the step is not a number")
    first, second = ends
    slope = second - first
    plain = not counter or not slope or (first == 0 and slope == 1)
    if not plain:
        marks = [(mark - first) / slope for mark in marks]
    marks = [mark for mark in marks if mark > 0]
    steps = step_choice.choose(marks, settings.horizon, settings.epoch, far=plain, even=settings.even)
    return steps, marks


class Columns:
    """Turns an expression into plain data; step expressions become columns of numbers, one per point."""

    def __init__(self, points: list[dict[str, Value]], claimed: Expression | None = None) -> None:
        """``claimed``: the step for a schedule that the new code passes on without calling it."""
        self.points = points
        self.claimed = claimed
        self.columns: list[list[Any]] = []

    def column(self, step: Expression) -> dict[str, int]:
        """The place of a step expression among the columns."""
        self.columns.append([evaluate(step, point) for point in self.points])
        return {"column": len(self.columns) - 1}

    def plain(self, part: Expression, top: bool = False) -> Any:
        """One expression as plain data."""
        if isinstance(part, Items):
            return [self.plain(item) for item in part.items]
        if not isinstance(part, Invocation):
            return evaluate(part, self.points[0])
        row = DECAY_ROWS.get(part.name) if part.kind == "legacy" else None
        names = row.signature.names if row else ()
        step = part.step
        if step is None and top and part.kind != "legacy":
            step = self.claimed
        args = [
            self.column(value) if row and names[index] == row.step else self.plain(value)
            for index, value in enumerate(part.args)
        ]
        kwargs = {
            name: self.column(value) if row and name == row.step else self.plain(value)
            for name, value in part.kwargs
        }
        called = {} if step is None else {"step": self.column(step)}
        return {"kind": part.kind, "name": part.name, "args": args, "kwargs": kwargs, **called}


def _sources() -> dict[str, str]:
    """The source of the classes that lrmigrate writes where Keras 3 has none."""
    base = f"tf.keras.{catalog.SCHEDULES}.LearningRateSchedule"
    rows = [(row.new, row.subclass) for row in DECAYS if row.new and row.subclass]
    optimizers = [row.name for row in OPTIMIZERS]
    return {new.name: subclass.format(tf="tf", schedule=base) for new, subclass in rows} | {
        f"Decayed{name}": DECAYED_CLASS.format(optimizer=name, base=f"tf.keras.optimizers.{name}")
        for name in optimizers
    }
