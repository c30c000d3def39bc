"""Which steps to look at, and the numbers that step expressions have there.

Every step of a short horizon; of a long one the first, every landmark and its multiples with their
neighbours, evenly spaced ones, and the steps at which 32-bit numbers run out of digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHORT = 200
EVEN = 24
LEAST = 10
EPOCHS = 10
MULTIPLES = (1, 2, 3, 5)
FAR = (2**24 - 1, 2**24, 2**24 + 1, 10**6, 2**31 - 2, 2**31 - 1)


@dataclass(frozen=True)
class Steps:
    """The chosen steps, rising, and the last one of the range that they stand for."""

    chosen: tuple[int, ...]
    horizon: int

    @property
    def text(self) -> str:
        """`all of 0..95`, or `61 of 0..3000 and 6 far beyond`."""
        near = sum(step <= self.horizon for step in self.chosen)
        far = len(self.chosen) - near
        whole = near == self.horizon + 1
        return f"{'all' if whole else near} of 0..{self.horizon}" + (f", {far} beyond" if far else "")


def choose(
    landmarks: Iterable[float],
    horizon: int | None = None,
    epoch: int | None = None,
    far: bool = True,
    even: int = EVEN,
) -> Steps:
    """Steps for a schedule whose landmarks (in steps) are known.

    Args:
        landmarks: decay_steps, boundaries and the like, in steps.
        horizon: the last step to look at; three times the largest landmark if None, and at least 30.
        epoch: steps of one epoch; the first step of the first ten epochs is looked at too.
        far: whether to look beyond the horizon, too.
        even: how many evenly spaced steps to look at where the horizon is long.
    """
    marks = [int(mark) for mark in landmarks if 0 < mark < 2**31]
    last = horizon if horizon is not None else min(3 * max([*marks, LEAST]) if marks else SHORT, 2**31 - 1)
    last = max(last, (EPOCHS - 1) * epoch) if epoch else last
    if last <= max(SHORT, even):
        near = set(range(last + 1))
    else:
        around = {mark * k + d for mark in marks for k in MULTIPLES for d in (-1, 0, 1)}
        spaced = {last * k // even for k in range(even + 1)}
        near = {step for step in around | spaced | {0, 1, 2, 3} if 0 <= step <= last}
    near |= {epoch * k for k in range(EPOCHS)} if epoch else set()
    beyond = {step for step in FAR if step > last} if far and horizon is None else set()
    return Steps(tuple(sorted(near | beyond)), last)
