"""One picture per site: both curves on one axis, their difference below. Readable without colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

from lrmigrate.model import Curve, Verdict
from lrmigrate.report.terminal import printable

_WIDTH, _HEIGHT = 8.0, 5.0  # inches


def save(verdicts: Sequence[Verdict], folder: Path, epoch: int | None = None) -> list[Path]:
    """Write a PNG for each site that was run; returns the paths.

    Args:
        verdicts: the sites; one that was refused has no picture.
        folder: made if it does not exist.
        epoch: steps per epoch; the axis is then in epochs, else in steps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, verdict in enumerate(verdicts, 1):
        if verdict.curve is not None:
            stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(verdict.path).stem).strip("-") or "site"
            path = folder / f"{number:03d}-{stem}-{verdict.line}.png"
            _picture(verdict, verdict.curve, path, epoch)
            paths.append(path)
    return paths


def _picture(verdict: Verdict, curve: Curve, path: Path, epoch: int | None) -> None:
    """One site."""
    last = _last_shown(curve)
    shown = [index for index, step in enumerate(curve.steps) if step <= last]
    unit = epoch or 1
    x = [curve.steps[index] / unit for index in shown]
    old = [curve.old[index] for index in shown]
    new = [curve.new[index] for index in shown]
    figure, (above, below) = plt.subplots(
        2, 1, sharex=True, figsize=(_WIDTH, _HEIGHT), height_ratios=[3, 1], layout="constrained"
    )
    above.plot(x, old, color="0.65", linewidth=5, label="old", solid_capstyle="butt")
    above.plot(x, new, color="black", linewidth=1.2, linestyle="--", marker=".", markersize=3, label="new")
    above.set_ylabel("learning rate")
    above.legend(loc="upper right", frameon=False)
    title = f"{printable(verdict.path)}:{verdict.line}  {verdict.outcome.value}"
    above.set_title(
        title if len(title) < 90 else "..." + title[-87:], fontsize=10, loc="left", parse_math=False
    )
    below.axhline(0, color="0.65", linewidth=1)
    difference = [b - a for a, b in zip(old, new, strict=True)]
    below.plot(x, difference, color="black", linewidth=1.2)
    if not any(difference):
        below.set(ylim=(-1, 1), yticks=[0])
    below.set_ylabel("new - old")
    below.set_xlabel("epoch" if epoch else "step")
    for axis in (above, below):
        for mark in curve.landmarks:
            if mark <= last:
                axis.axvline(mark / unit, color="0.5", linewidth=0.8, linestyle=":")
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.01)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _last_shown(curve: Curve) -> int:
    """The last step worth a place on the axis: steps far beyond the landmarks would flatten the rest."""
    horizon = 3 * max(curve.landmarks, default=0)
    return horizon if any(step <= horizon for step in curve.steps[1:]) else _before_the_jump(curve.steps)


def _before_the_jump(steps: Sequence[int]) -> int:
    """The last of the steps that follow each other closely."""
    for before, after in pairwise(steps):
        if after > 20 * (before + 20):
            return before
    return steps[-1]
