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
from lrmigrate.report.shown import worth_showing
from lrmigrate.report.terminal import printable

_WIDTH, _HEIGHT = 8.0, 5.0  # inches
_DASHES = ("-", "--", ":", "-.")
_GREYS = ("black", "0.5")
_LABEL = 70  # characters


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


def curves(
    named: Sequence[tuple[str, Sequence[float]]],
    steps: Sequence[int],
    path: Path,
    epoch: int | None = None,
    log: bool = False,
) -> None:
    """Write one picture of several curves over the same steps, told apart by their dashes.

    The form is that of the file's name. Staircases are drawn as stairs.
    """
    figure, axis = plt.subplots(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    x = [step / (epoch or 1) for step in steps]
    for number, (name, rates) in enumerate(named):
        label = printable(name) if len(name) < _LABEL else printable(name)[: _LABEL - 3] + "..."
        (line,) = axis.plot(
            x, rates, label=label.replace("$", r"\$"), color=_GREYS[number % 2], linestyle=_DASHES[number % 4]
        )
        if _is_staircase(rates):
            line.set_drawstyle("steps-post")
    axis.set(xlabel="epoch" if epoch else "step", ylabel="learning rate", yscale="log" if log else "linear")
    axis.legend(frameon=False, fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.margins(x=0.01)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _is_staircase(rates: Sequence[float]) -> bool:
    """Whether a curve stands still most of the time."""
    return 2 * sum(one != other for one, other in pairwise(rates)) < len(rates)


def _picture(verdict: Verdict, curve: Curve, path: Path, epoch: int | None) -> None:
    """One site."""
    shown = worth_showing(curve)
    unit = epoch or 1
    x = [step / unit for step in shown.steps]
    old, new = shown.old, shown.new
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
        for mark in shown.landmarks:
            axis.axvline(mark / unit, color="0.5", linewidth=0.8, linestyle=":")
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.01)
    figure.savefig(path, dpi=110)
    plt.close(figure)
