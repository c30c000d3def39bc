"""What a hand-written schedule computes, and the class of Keras that computes the same step by step.

Texts and numbers; knows neither trees nor edits.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

Number: TypeAlias = "int | float"
_EXP = "math.exp("


@dataclass(frozen=True)
class Term:
    """A constant: its text, and its value where that is in sight."""

    text: str
    value: Number | None


@dataclass(frozen=True)
class Constant:
    """The same rate always."""

    rate: Term


@dataclass(frozen=True)
class Exponential:
    """``rate * base ** (s / length)``, or of ``s // length`` where it is a ``staircase``."""

    rate: Term
    base: Term
    length: Term
    staircase: bool


@dataclass(frozen=True)
class InverseTime:
    """``rate / (1 + decay * s / length)``, or with ``s // length`` where it is a ``staircase``."""

    rate: Term
    decay: Term
    length: Term
    staircase: bool


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from ``rate`` at 0 down to ``alpha * rate`` at ``length``; ``stops``: it stays there."""

    rate: float
    alpha: float
    length: Term
    stops: bool


@dataclass(frozen=True)
class Ladder:
    """``values[i]`` below ``limits[i]``, the last value from the last limit on."""

    limits: tuple[int, ...]
    values: tuple[float, ...]


Shape: TypeAlias = "Constant | Exponential | InverseTime | Cosine | Ladder"


@dataclass(frozen=True)
class Schedule:
    """A class of `keras.optimizers.schedules` and the text of its arguments; no class for a constant.

    ``known``: all of its numbers are in sight. ``late``: Keras begins its stairs a step later than Python.
    ``differs``: where the class gives other rates, if it does.
    """

    name: str
    arguments: str
    known: bool
    late: bool = False
    differs: str = ""

    @property
    def text(self) -> str:
        """The call, by the class's own name."""
        return f"{self.name}({self.arguments})" if self.name else self.arguments


def as_schedule(shape: Shape, factor: int | str, of_step: bool) -> Schedule | None:
    """The schedule of a shape, if there is one; ``factor``: the steps for one unit of its argument.

    Within an epoch a function of the epoch stands still: smooth in the epoch is a staircase in the step.
    """
    match shape:
        case Constant(rate=rate):
            return Schedule("", _as_float(rate), rate.value is not None)
        case Ladder(limits=limits, values=values):
            last = ", ".join(_last_step(limit, factor) for limit in limits)  # the value's own last step
            rates = ", ".join(map(repr, values))
            return Schedule("PiecewiseConstantDecay", f"[{last}], [{rates}]", isinstance(factor, int))
        case InverseTime():
            return _inverse_time(shape, factor, of_step)
        case Cosine():
            return _cosine(shape) if of_step else None
    return _exponential(shape, factor, of_step)


def _inverse_time(shape: InverseTime, factor: int | str, of_step: bool) -> Schedule:
    """InverseTimeDecay; what is smooth in the epoch gets stairs of one epoch."""
    length, decay, staircase = shape.length, shape.decay.text, shape.staircase
    if not of_step and not staircase:
        decay = decay if length.value == 1 else f"{decay} / {length.text}"
        length, staircase = Term("1", 1), True
    steps = _times(length, factor)
    known = None not in (shape.rate.value, shape.decay.value, steps.value)
    ending = ", staircase=True" if staircase else ""
    arguments = f"{_as_float(shape.rate)}, decay_steps={steps.text}, decay_rate={decay}{ending}"
    late = staircase and steps.value is not None and is_late(int(steps.value))
    return Schedule("InverseTimeDecay", arguments, known, late)


def _cosine(shape: Cosine) -> Schedule:
    """CosineDecay, which stays at its end."""
    alpha = f", alpha={shape.alpha!r}" if shape.alpha else ""
    arguments = f"{shape.rate!r}, decay_steps={shape.length.text}{alpha}"
    differs = (
        "" if shape.stops else f"stays at its end from step {shape.length.text} on, where this one rises"
    )
    return Schedule("CosineDecay", arguments, shape.length.value is not None, differs=differs)


def _exponential(shape: Exponential, factor: int | str, of_step: bool) -> Schedule:
    """ExponentialDecay; what is smooth in the epoch gets stairs of one epoch."""
    length, base, staircase = shape.length, shape.base.text, shape.staircase
    if not of_step and not staircase:
        base = base if length.value == 1 else _root(base, length)
        length, staircase = Term("1", 1), True
    steps = _times(length, factor)
    known = None not in (shape.rate.value, shape.base.value, steps.value)
    ending = ", staircase=True" if staircase else ""
    arguments = f"{_as_float(shape.rate)}, decay_steps={steps.text}, decay_rate={base}{ending}"
    late = staircase and steps.value is not None and is_late(int(steps.value))
    return Schedule("ExponentialDecay", arguments, known, late)


def _root(base: str, length: Term) -> str:
    """What ``base`` is for one unit of ``length``."""
    return f"{base[:-1]} / {length.text})" if base.startswith(_EXP) else f"{base} ** (1 / {length.text})"


def _times(length: Term, factor: int | str) -> Term:
    """A length in steps."""
    if isinstance(factor, int):
        if isinstance(length.value, int):
            return Term(str(length.value * factor), length.value * factor)
        return length if factor == 1 else Term(f"{length.text} * {factor}", None)
    return Term(factor if length.value == 1 else f"{length.text} * {factor}", None)


def _last_step(limit: int, factor: int | str) -> str:
    """The last step below a limit: that of which PiecewiseConstantDecay is the boundary."""
    return str(limit * factor - 1) if isinstance(factor, int) else f"{limit} * {factor} - 1"


def _as_float(term: Term) -> str:
    """A rate as a float, which the schedule needs."""
    return repr(float(term.value)) if term.value is not None else f"float({term.text})"


def is_late(length: int) -> bool:
    """Whether a staircase of ``length`` steps has stairs that begin a step late in Keras.

    TensorFlow multiplies by the reciprocal in float32: 41 * (1 / 41) is less than 1.
    """
    reciprocal = _float32(1 / length)
    last = min(1000, 2**24 // length)
    return any(_float32(length * stair * reciprocal) < stair for stair in range(1, last + 1))


def _float32(value: float) -> float:
    """The float32 number nearest to a value."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])
