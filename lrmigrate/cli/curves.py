"""What `show` prints, draws and writes. Loaded when the command is called."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from lrmigrate import __version__
from lrmigrate.analysis.notebook import NotANotebook
from lrmigrate.analysis.syntax import CannotParse
from lrmigrate.cli.errors import BadRequest
from lrmigrate.cli.proof import rich_is_there
from lrmigrate.engine.decoding import CannotDecode, decode
from lrmigrate.model import NOTEBOOKS, SOURCES
from lrmigrate.verify.client import Worker
from lrmigrate.verify.expression import Refused, Value
from lrmigrate.verify.shown import Rates, Shown, landmarks, of_expression, of_file, rates_of

_ROWS = 10  # of a table without epochs
_POINTS = 1000  # of a picture
_LEAST = 10  # steps, where a schedule has no landmarks


@dataclass(frozen=True)
class Wish:
    """What the user asked for."""

    epoch: int | None  # its steps
    epochs: int
    last: int | None
    pinned: Mapping[str, Value]
    plot: str | None
    log: bool
    python: str
    json: bool


def run(words: Sequence[str], wish: Wish) -> bool:
    """Show all schedules; whether none was refused. Raises BadRequest and CannotVerify."""
    if not wish.json:
        rich_is_there()
    found = [item for word in words for item in _schedules(word)]
    if not found:
        raise BadRequest(f"{', '.join(words)}: no schedule is made there")
    shown = [item for item in found if isinstance(item, Shown)]
    refused = [item for item in found if not isinstance(item, Shown)]
    steps, curves = _steps(shown, wish), []
    with Worker(wish.python) as worker:
        for item in shown:
            try:
                curves.append(rates_of(item, steps, wish.pinned, worker))
            except Refused as refusal:
                refused.append((item.place, item.text, str(refusal)))
        _print(curves, refused, steps, wish)
        if wish.plot and curves:
            _draw([curve.shown for curve in curves], steps[-1], wish, worker)
    return not refused


def _schedules(word: str) -> Iterator[Shown | tuple[str, str, str]]:
    """The schedules of a file or an expression; raises BadRequest."""
    path = Path(word)
    try:
        if word.endswith((*SOURCES, *NOTEBOOKS)) or os.path.isfile(path):
            yield from of_file(decode(path.read_bytes()).text, word)
        else:
            yield of_expression(word)
    except (Refused, CannotParse, NotANotebook) as error:
        raise BadRequest(f"{word}: {getattr(error, 'reason', None) or error}") from None
    except (OSError, CannotDecode) as error:
        raise BadRequest(f"{word}: {getattr(error, 'strerror', None) or error}") from None


def _steps(shown: Sequence[Shown], wish: Wish) -> list[int]:
    """The steps of the table: the first of each epoch, else some up to three times the last landmark."""
    if wish.epoch:
        return [wish.epoch * epoch for epoch in range(wish.epochs)]
    last = wish.last or 0
    for item in shown if not last else ():
        try:
            last = max([last, *(int(3 * mark) for mark in landmarks(item, wish.pinned))])
        except Refused:
            continue  # it will say so itself
    last = max(last, _LEAST)
    return sorted({last * row // _ROWS for row in range(_ROWS + 1)})


def _print(
    curves: Sequence[Rates], refused: Sequence[tuple[str, str, str]], steps: Sequence[int], wish: Wish
) -> None:
    """The table, or JSON."""
    if wish.json:
        click.echo(_json(curves, refused, steps, wish))
        return
    from lrmigrate.verify.table import rates_table, terminal

    console = terminal()
    for number, curve in enumerate(curves, 1):
        name = f"{number}  " if len(curves) > 1 else ""
        place = f"{curve.shown.place}  " if curve.shown.place else ""
        console.print(f"{name}{place}{curve.shown.text}  ({curve.by})", markup=False, soft_wrap=True)
    if curves:
        heads = ["rate"] if len(curves) == 1 else [str(number) for number in range(1, len(curves) + 1)]
        rows = [
            [*([step // wish.epoch] if wish.epoch else []), step, *(curve.rates[row] for curve in curves)]
            for row, step in enumerate(steps)
        ]
        console.print(rates_table([*(["epoch"] if wish.epoch else []), "step", *heads], rows, digits=6))
    for place, text, reason in refused:
        where = f"{place}  " if place else ""
        console.print(f"{where}{text}  not shown: {reason}", markup=False, soft_wrap=True)


def _json(
    curves: Sequence[Rates], refused: Sequence[tuple[str, str, str]], steps: Sequence[int], wish: Wish
) -> str:
    """All of it for programs."""
    data = {
        "version": 1,
        "tool": f"lrmigrate {__version__}",
        "steps_per_epoch": wish.epoch,
        "steps": list(steps),
        "schedules": [
            {"place": c.shown.place, "text": c.shown.text, "by": c.by, "rates": list(c.rates)} for c in curves
        ],
        "refused": [{"place": p, "text": t, "reason": reason} for p, t, reason in refused],
    }
    return json.dumps(data, indent=2)


def _draw(shown: Sequence[Shown], last: int, wish: Wish, worker: Worker) -> None:
    """All curves in one picture; raises BadRequest."""
    assert wish.plot is not None
    last += (wish.epoch or 1) - 1
    steps = sorted({last * point // _POINTS for point in range(_POINTS + 1)})
    curves = [rates_of(item, steps, wish.pinned, worker) for item in shown]
    try:
        from lrmigrate.verify.plot import curves as picture

        picture([(c.shown.text, c.rates) for c in curves], steps, Path(wish.plot), wish.epoch, wish.log)
    except OSError as error:
        raise BadRequest(f"{error.filename or wish.plot}: {error.strerror}") from None
    except ValueError as error:
        raise BadRequest(f"{wish.plot}: {error}") from None
    except ImportError as error:
        raise BadRequest(f"--plot needs matplotlib ({error}): `pip install 'matplotlib>=3.8'`") from None
    click.echo(f"Wrote {wish.plot}.", err=wish.json)
