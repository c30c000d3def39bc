"""Verdicts -> a table for people, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lrmigrate import __version__
from lrmigrate.model import Curve, Outcome, Verdict
from lrmigrate.report.terminal import printable

_STYLES = {
    Outcome.IDENTICAL: "green",
    Outcome.CLOSE: "green",
    Outcome.DIFFERENT: "bold red",
    Outcome.REFUSED: "yellow",
}
_PIPE_WIDTH = 200
_EPOCHS = 10
Epochs: TypeAlias = "Sequence[tuple[int, int]]"  # each epoch with its first step


def show(verdicts: Sequence[Verdict], epochs: Sequence[Epochs] = ()) -> None:
    """Print each site, its rates per epoch where the ``epochs`` of each are given, and a summary."""
    console = terminal()
    for number, verdict in enumerate(verdicts):
        console.print(_site(verdict), soft_wrap=True)
        if epochs and verdict.curve is not None:
            console.print(_epochs(verdict.curve, epochs[number]))
    console.print(summary(verdicts))


def _site(verdict: Verdict) -> Text:
    """One site: where it is and how it ended; below, the code of both sides and what was looked at."""
    text = Text(f"{printable(verdict.path)}:{verdict.line}  ").append_text(_outcome(verdict))
    for arrow, code in (("", verdict.old), ("-> ", verdict.new)):
        if code:
            text.append(f"\n    {arrow}{printable(code)}".replace("\\n", "\n    "))
    if verdict.steps:
        apart = f", at most {verdict.relative:.1e} of the rate apart" if verdict.ulps else ""
        text.append(f"\n    steps: {verdict.steps}{apart}")
    return text


def _outcome(verdict: Verdict) -> Text:
    """The verdict and what there is to say of it."""
    text = Text(verdict.outcome.value, style=_STYLES[verdict.outcome])
    return text.append(f": {printable(verdict.detail)}", style="default") if verdict.detail else text


def _epochs(curve: Curve, epochs: Epochs) -> Table | str:
    """Old and new rate at the first step of each epoch."""
    at = {step: rates for step, *rates in zip(curve.steps, curve.old, curve.new, strict=True)}
    rows = [(epoch, step, *at[step]) for epoch, step in epochs if step in at]
    return rates_table(("epoch", "step", "old", "new"), rows) if rows else ""


def rates_table(names: Sequence[str], rows: Sequence[Sequence[int | float]], digits: int = 7) -> Table:
    """Numbers in columns: epochs, steps and rates."""
    table = Table()
    for name in names:
        table.add_column(Text(printable(name)), justify="right")
    for row in rows:
        table.add_row(*(f"{cell:.{digits}g}" if type(cell) is float else str(cell) for cell in row))
    return table


def per_epoch(verdicts: Sequence[Verdict], epoch: int | None) -> list[Epochs]:
    """The first ten epochs of each site, by the ``epoch``'s steps; none where that is not known."""
    if not epoch:
        return []
    return [[(number, number * epoch) for number in range(_EPOCHS)] for _ in verdicts]


def terminal() -> Console:
    """Standard output; of another width than a terminal's where it is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many sites there are of each outcome."""
    if not verdicts:
        return "Nothing to verify."
    counts = Counter(verdict.outcome for verdict in verdicts)
    parts = [f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome]]
    return f"Verified {len(verdicts)} site{'s' * (len(verdicts) != 1)}: {', '.join(parts)}."


def to_csv(verdicts: Sequence[Verdict], epoch: int | None = None) -> str:
    """One line per site and step: path, line, verdict, step, epoch, old rate, new rate.

    The rates are those of the site's first draw, or of the one that differs.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["path", "line", "verdict", "step", "epoch", "old", "new"])
    for verdict in verdicts:
        where = [verdict.path, verdict.line, verdict.outcome.value]
        if verdict.curve is None:
            writer.writerow([*where, "", "", "", ""])
            continue
        for step, old, new in zip(verdict.curve.steps, verdict.curve.old, verdict.curve.new, strict=True):
            writer.writerow([*where, step, f"{step / epoch:.6g}" if epoch else "", repr(old), repr(new)])
    return text.getvalue()


def to_json(verdicts: Sequence[Verdict], versions: dict[str, str]) -> str:
    """All verdicts; the shape is versioned like that of `check`."""
    counts = Counter(verdict.outcome.value for verdict in verdicts)
    data: dict[str, Any] = {
        "version": 1,
        "tool": f"lrmigrate {__version__}",
        "libraries": versions,
        "verdicts": [
            {
                "path": verdict.path,
                "line": verdict.line,
                "old": verdict.old,
                "new": verdict.new,
                "verdict": verdict.outcome.value,
                "steps": verdict.steps,
                "draws": verdict.draws,
                "ulps": verdict.ulps,
                "relative": verdict.relative,
                "detail": verdict.detail,
            }
            for verdict in verdicts
        ],
        "summary": {outcome.value: counts[outcome.value] for outcome in Outcome},
    }
    return json.dumps(data, indent=2)
