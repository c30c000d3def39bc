"""A curve -> the geometry of a small picture: paths and ticks in the units of an SVG's view box.

What is drawn how is the template's business.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lrmigrate.model import Curve
from lrmigrate.report.shown import worth_showing

WIDTH, HEIGHT = 460, 170
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 10, 24  # margins
_FLAT = 1e-3  # relative
_SAME = 1e-6  # relative: what float32 makes of one number
_TICKS = 4  # at most this many intervals on an axis


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and the number that stands there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Both curves as path data, the ticks of both axes, and where the schedule bends."""

    old: str
    new: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    landmarks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """A range of numbers laid over a range of the picture."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a number stands."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def ticks(self, whole: bool) -> tuple[Tick, ...]:
        """Round numbers within the range."""
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        width = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * (1 - 1e-9))
        width = max(1.0, width) if whole else width
        first, last = math.ceil(self.low / width - 1e-9), math.floor(self.high / width + 1e-9)
        places = [k * width for k in range(first, last + 1)]
        return tuple(
            Tick(round(self.at(place), 1), _count(place) if whole else f"{place:.6g}") for place in places
        )


def chart(curve: Curve) -> Chart | None:
    """The picture of a curve; None when no rate is a finite number."""
    seen = worth_showing(curve)
    rates = [rate for rate in (*seen.old, *seen.new) if math.isfinite(rate)]
    if not rates:
        return None
    x = _Axis(seen.steps[0], max(seen.steps[-1], seen.steps[0] + 1), LEFT, WIDTH - RIGHT)
    low, high = min(rates), max(rates)
    largest = max(abs(low), abs(high)) or 1.0
    flat = high - low < _FLAT * largest  # a difference in the last digits must not fill the picture
    room = 0.06 * (largest if flat else high - low)
    y = _Axis(low - room, high + room, HEIGHT - BOTTOM, TOP)
    return Chart(
        old=_path(seen.steps, seen.old, x, y),
        new=_path(seen.steps, seen.new, x, y),
        x_ticks=x.ticks(whole=True),
        y_ticks=y.ticks(whole=False),
        landmarks=tuple(round(x.at(mark), 1) for mark in seen.landmarks if x.low < mark < x.high),
    )


def constant_rate(curve: Curve) -> str:
    """The rate, where it is one and the same at all steps on both sides; "" where it is not."""
    rates = (*curve.old, *curve.new)
    if not rates or not all(map(math.isfinite, rates)):
        return ""
    low, high = min(rates), max(rates)
    same = high - low <= _SAME * max(abs(low), abs(high))
    return f"{rates[0]:.6g}" if same else ""


def _count(steps: float) -> str:
    """A number of steps, short enough for an axis."""
    return f"{steps / 1e6:,.6g}M" if steps >= 1e6 else f"{steps:,.0f}"


def _path(steps: Sequence[int], rates: Sequence[float], x: _Axis, y: _Axis) -> str:
    """Path data through all points; a rate that is no finite number leaves a gap."""
    parts: list[str] = []
    points: list[tuple[float, float]] = []
    for step, rate in zip(steps, rates, strict=True):
        if math.isfinite(rate):
            points.append((round(x.at(step), 1), round(y.at(rate), 1)))
        else:
            parts, points = [*parts, _run(points)], []
    return "".join([*parts, _run(points)])


def _run(points: Sequence[tuple[float, float]]) -> str:
    """Path data of one unbroken run, without points in the middle of a level stretch."""
    bends = [
        point
        for index, point in enumerate(points)
        if not (0 < index < len(points) - 1 and points[index - 1][1] == point[1] == points[index + 1][1])
    ]
    return "".join(f"{'L' if index else 'M'}{px:g} {py:g}" for index, (px, py) in enumerate(bends))
