"""Records and tables of rates, read: what `lrmigrate record` wrote, or a CSV with step and rate.

A record that ends in the middle of a line, as that of a killed run may, is read up to there.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrmigrate.model import UserError

_STEPS = ("step", "global_step", "iteration", "update")
_RATES = ("rate", "learning_rate", "lr", "value")


class BadRecord(UserError):
    """A file is neither a record nor a table of rates. A sentence."""


@dataclass
class Recorded:
    """The updates of one optimizer: their numbers, rates and, where they are known, epochs."""

    kind: str = ""  # the class, such as `keras.src.optimizers.sgd.SGD`
    file: str = ""  # "" for the program itself
    line: int = 0
    function: str = ""
    steps: list[int] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    epochs: list[int | None] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The name of the class."""
        return self.kind.rpartition(".")[2]

    def add(self, step: int, rate: float, epoch: int | None = None) -> None:
        """Take in one update."""
        self.steps.append(step)
        self.rates.append(rate)
        self.epochs.append(epoch)


@dataclass
class Run:
    """One run of a program, or the one curve of a table."""

    path: str
    program: str = ""
    libraries: dict[str, str] = field(default_factory=dict)
    optimizers: list[Recorded] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    whole: bool = False  # whether the program came to its end
    sampled: bool = False  # a table may leave out steps


def read(path: str) -> Run:
    """A record or a table; raises BadRecord."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRecord(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    run = _record(path, text) if text.lstrip().startswith("{") else _table(path, text)
    run.optimizers = [one for one in run.optimizers if one.steps]
    if not run.optimizers:
        said = f" ({'; '.join(run.notes)})" if run.notes else ""
        raise BadRecord(f"{path}: no update of an optimizer was recorded{said}")
    return run


def _record(path: str, text: str) -> Run:
    """What `record` wrote."""
    run = Run(path)
    known: dict[str, Recorded] = {}
    entries = list(_entries(path, text))
    if "record" not in entries[0]:
        raise BadRecord(f"{path}: not a record: `lrmigrate record` writes one")
    run.program = str(entries[0].get("program", ""))
    for entry in entries:
        if "r" in entry:
            known[entry["o"]].add(entry["u"], float(entry["r"]), entry.get("e"))
        elif "optimizer" in entry:
            known[entry["optimizer"]] = _optimizer(entry, run.program)
        elif "library" in entry:
            run.libraries[entry["library"]] = entry["version"]
        elif "note" in entry:
            run.notes.append(entry["note"])
        elif "end" in entry:
            run.whole = entry["end"] == "whole"
    run.optimizers = list(known.values())
    return run


def _optimizer(entry: Mapping[str, Any], program: str) -> Recorded:
    """An optimizer, its place as the two programs can share it."""
    file = str(entry.get("file", ""))
    own = Path(file).name == Path(program).name
    return Recorded(entry["class"], "" if own else Path(file).name, entry["line"], entry["function"])


def _entries(path: str, text: str) -> Iterator[dict[str, Any]]:
    """The lines of a record, up to one that was cut off."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            if number == len(lines) > 1:
                return
            raise BadRecord(f"{path}: line {number} is no JSON") from None
        if not isinstance(entry, dict):
            raise BadRecord(f"{path}: line {number} is no line of a record")
        yield entry


def _table(path: str, text: str) -> Run:
    """A CSV with a column of steps and one of rates, such as TensorBoard's."""
    rows = csv.DictReader(text.splitlines())
    columns = {name.strip().lower(): name for name in rows.fieldnames or ()}
    step = next((columns[name] for name in _STEPS if name in columns), None)
    rate = next((columns[name] for name in _RATES if name in columns), None)
    if step is None or rate is None:
        raise BadRecord(
            f"{path}: neither a record nor a CSV with the columns `step` and `rate` (or `value`, or `lr`)"
        )
    curve = Recorded("learning rate")
    for number, row in enumerate(rows, 2):
        try:
            curve.add(int(float(row[step])), float(row[rate]))
        except (TypeError, ValueError):
            raise BadRecord(f"{path}: line {number} has no step and rate") from None
    return Run(path, optimizers=[curve], whole=True, sampled=True)
