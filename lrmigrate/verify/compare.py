"""Numbers of both sides -> an outcome. Works on float32, which is what both sides compute in."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from lrmigrate.model import Outcome


@dataclass(frozen=True)
class Bound:
    """How far apart two rates may be: relative to the rate, or absolute, times the largest rate."""

    relative: float = 0.0
    absolute: float = 0.0


@dataclass(frozen=True)
class Difference:
    """The largest differences of two sequences, and where they first exceed the bound (an index)."""

    outcome: Outcome
    ulps: int = 0
    relative: float = 0.0
    first: int | None = None


def compare(old: Sequence[float], new: Sequence[float], bound: Bound) -> Difference:
    """Compare number by number."""
    scale = max((abs(value) for value in old if math.isfinite(value)), default=0.0)
    ulps, relative, first = 0, 0.0, None
    for index, (left, right) in enumerate(zip(old, new, strict=True)):
        if left == right or (math.isnan(left) and math.isnan(right)):
            continue
        distance = abs(left - right)
        ulps = max(ulps, ulps_between(left, right))
        apart = distance / abs(left) if left else math.inf
        within = apart <= bound.relative or distance <= bound.absolute * scale
        relative = max(relative, apart)
        if not within and first is None:
            first = index
    if first is not None:
        return Difference(Outcome.DIFFERENT, ulps, relative, first)
    return Difference(Outcome.CLOSE if ulps else Outcome.IDENTICAL, ulps, relative)


def ulps_between(left: float, right: float) -> int:
    """How many float32 numbers lie between two numbers."""
    if not (math.isfinite(left) and math.isfinite(right)):
        return 2**32
    return abs(_rank(left) - _rank(right))


def _rank(value: float) -> int:
    """The position of a number among all float32 numbers."""
    try:
        (bits,) = struct.unpack("<i", struct.pack("<f", value))
    except OverflowError:
        return 2**31
    return int(bits) if bits >= 0 else -(bits & 0x7FFFFFFF)
