"""Verdicts -> a table for people, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lrmigrate import __version__
from lrmigrate.model import Outcome, Verdict
from lrmigrate.report.terminal import printable

_STYLES = {
    Outcome.IDENTICAL: "green",
    Outcome.CLOSE: "green",
    Outcome.DIFFERENT: "bold red",
    Outcome.REFUSED: "yellow",
}
_PIPE_WIDTH = 200


def show(verdicts: Sequence[Verdict], epoch: int | None = None) -> None:
    """Print the table, the rates per epoch where they were asked for, and a summary, to standard output."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPE_WIDTH)
    if verdicts:
        console.print(_table(verdicts))
    for verdict in verdicts if epoch else ():
        console.print(_epochs(verdict, epoch or 1))
    console.print(summary(verdicts))


def _table(verdicts: Sequence[Verdict]) -> Table:
    """One row per site."""
    table = Table(show_lines=True)
    for name, options in (
        ("site", {"overflow": "fold", "min_width": 12}),
        ("old -> new", {"overflow": "fold", "ratio": 3}),
        ("steps", {"overflow": "fold", "min_width": 9}),
        ("ULPs", {"justify": "right"}),
        ("relative", {"justify": "right"}),
        ("verdict", {"overflow": "fold", "ratio": 2}),
    ):
        table.add_column(name, **options)
    for verdict in verdicts:
        ran = verdict.steps != ""
        table.add_row(
            Text(printable(f"{verdict.path}:{verdict.line}")),
            Text(printable(f"{verdict.old}\n-> {verdict.new}").replace("\\n", "\n")),
            Text(verdict.steps),
            Text(str(verdict.ulps) if ran else ""),
            Text(f"{verdict.relative:.1e}" if ran else ""),
            _outcome(verdict),
        )
    return table


def _outcome(verdict: Verdict) -> Text:
    """The verdict and what there is to say of it."""
    text = Text(verdict.outcome.value, style=_STYLES[verdict.outcome])
    return text.append(f": {printable(verdict.detail)}", style="default") if verdict.detail else text


def _epochs(verdict: Verdict, epoch: int) -> Table | str:
    """Old and new rate at the first step of each epoch."""
    if verdict.curve is None:
        return ""
    table = Table(title=printable(f"{verdict.path}:{verdict.line}"), title_justify="left")
    for name in ("epoch", "step", "old", "new"):
        table.add_column(name, justify="right")
    for step, old, new in zip(verdict.curve.steps, verdict.curve.old, verdict.curve.new, strict=True):
        if step % epoch == 0 and step // epoch < 10:
            table.add_row(str(step // epoch), str(step), f"{old:.7g}", f"{new:.7g}")
    return table


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
