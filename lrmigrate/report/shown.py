"""Which part of a curve is worth showing: steps far beyond the landmarks would flatten all the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lrmigrate.model import Curve


def worth_showing(curve: Curve) -> Curve:
    """``curve`` up to the last step that is worth a place on an axis."""
    last = _last(curve)
    count = sum(step <= last for step in curve.steps)
    landmarks = tuple(mark for mark in curve.landmarks if mark <= last)
    return Curve(curve.steps[:count], curve.old[:count], curve.new[:count], landmarks)


def _last(curve: Curve) -> int:
    """The last step worth a place on the axis."""
    horizon = 3 * max(curve.landmarks, default=0)
    return horizon if any(step <= horizon for step in curve.steps[1:]) else _before_the_jump(curve.steps)


def _before_the_jump(steps: Sequence[int]) -> int:
    """The last of the steps that follow each other closely."""
    for before, after in pairwise(steps):
        if after > 20 * (before + 20):
            return before
    return steps[-1]
