"""Which part of a curve is worth showing: steps far beyond the landmarks would flatten all the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lrmigrate.model import Curve

_VISIBLE = 0.02  # relative: less looks like a level line


def worth_showing(curve: Curve) -> Curve:
    """``curve`` up to the last step that is worth a place on an axis."""
    last = _last(curve)
    count = sum(step <= last for step in curve.steps)
    landmarks = tuple(mark for mark in curve.landmarks if mark <= last)
    return Curve(curve.steps[:count], curve.old[:count], curve.new[:count], landmarks)


def _last(curve: Curve) -> int:
    """The last step worth a place on the axis."""
    horizon = 3 * max(curve.landmarks, default=0)
    last = horizon if any(step <= horizon for step in curve.steps[1:]) else _before_the_jump(curve.steps)
    return last if _moves(curve, last) else _where_it_moves(curve)


def _moves(curve: Curve, last: int) -> bool:
    """Whether a rate changes visibly up to a step."""
    rates = [rate for step, rate in zip(curve.steps, curve.old, strict=True) if step <= last]
    return max(rates) - min(rates) > _VISIBLE * max(map(abs, rates))


def _where_it_moves(curve: Curve) -> int:
    """The step at which the rate has changed by half, or the last one: a slow decay must be seen to decay."""
    first = curve.old[0]
    for step, rate in zip(curve.steps, curve.old, strict=True):
        if abs(rate - first) >= abs(first) / 2 > 0:
            return step
    return curve.steps[-1]


def _before_the_jump(steps: Sequence[int]) -> int:
    """The last of the steps that follow each other closely."""
    for before, after in pairwise(steps):
        if after > 20 * (before + 20):
            return before
    return steps[-1]
