"""Findings against the text search: which hits they explain, and what is left for a person to look at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tests.corpus.search import Hit, hits
from tests.corpus.sources import files, pieces
from tests.corpus.tool import Finding, place

_KERAS = re.compile(r"\b(?:keras|tensorflow|tf)\b|\bimport \*")
_OTHERS = re.compile(r"^\s*(?:import|from)\s+(?:torch|mxnet|jax|flax|optax|paddle|chainer)\b", re.MULTILINE)
_NOT_READ = "LR9"


class Suspect(NamedTuple):
    """A place to look at."""

    path: Path
    cell: int
    line: int
    families: str
    text: str

    def __str__(self) -> str:
        return f"{place(self.path, self.cell, self.line)} {self.families}: {self.text}"


class Comparison(NamedTuple):
    """The outcome for one tree."""

    expected: int  # places where the text search expects a finding
    explained: int  # of these, with a finding
    unread: int  # of these, in files that lrmigrate says it cannot read
    misses: tuple[Suspect, ...]
    false_alarms: tuple[Suspect, ...]


def compare(tree: Path, findings: tuple[Finding, ...]) -> Comparison:
    """Search the tree and hold the findings against it."""
    of_file: dict[Path, list[Finding]] = {}
    for finding in findings:
        of_file.setdefault(finding.path, []).append(finding)
    counts, misses, alarms = [0, 0, 0], [], []
    for full in files(tree):
        path = full.relative_to(tree)
        found = of_file.get(path, [])
        code = pieces(full)
        if not _KERAS.search("\n".join(piece.text for piece in code)):
            alarms += [_suspect(finding) for finding in found]
            continue
        in_file = [hit for piece in code for hit in hits(piece)]
        foreign = any(_OTHERS.search(piece.text) for piece in code)
        for hit in _expected(in_file):
            counts[0] += 1
            if any(_meet(hit, finding) for finding in found):
                counts[1] += 1
            elif any(f.code.startswith(_NOT_READ) and f.cell in (0, hit.cell) for f in found):
                counts[2] += 1
            else:
                misses.append(Suspect(path, hit.cell, hit.line, "/".join(hit.families), hit.text))
        known = [f for f in found if not f.code.startswith(_NOT_READ)]
        alarms += [_suspect(f) for f in known if foreign or not any(_meet(hit, f) for hit in in_file)]
    return Comparison(*counts, tuple(misses), tuple(alarms))


def _expected(found: list[Hit]) -> list[Hit]:
    """The hits that should have a finding, one for each first line and family."""
    return list({(hit.families, hit.cell, hit.line): hit for hit in found if hit.sure}.values())


def _meet(hit: Hit, finding: Finding) -> bool:
    """Whether a finding answers to a hit: same cell, common lines, fitting code."""
    return (
        finding.cell == hit.cell
        and finding.line <= hit.end_line
        and hit.line <= finding.end_line
        and finding.code.startswith(hit.families)
    )


def _suspect(finding: Finding) -> Suspect:
    return Suspect(finding.path, finding.cell, finding.line, finding.code, finding.message)
