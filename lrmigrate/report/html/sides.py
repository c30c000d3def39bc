"""Two texts -> hunks for a side-by-side view, with the changed words marked.

Knows nothing of findings, of HTML or of Python: lines in, rows of pieces out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import Enum
from functools import cache
from typing import TypeAlias

CONTEXT = 3  # lines around a change
_NEWLINE = re.compile(r"\r\n|\r|\n")  # what ends a line in Python
_WORD = re.compile(r"\d[\d_.]*(?:[eE][+-]?\d+)?|\w+|\s+|[^\w\s]")
_ALIKE = 0.4  # lines less alike than this are not shown as one line that has changed
_LARGEST_BLOCK = 1_600  # pairs of lines that are worth comparing, and
_LARGEST_PAIR = 250_000  # pairs of words
_LONGEST = 400  # characters of one piece; a longer one is cut in its middle
_MOST_LINES = 30  # of one excerpt

_Pairs: TypeAlias = "tuple[tuple[int | None, int | None], ...]"


class Kind(Enum):
    """What a piece of a line is."""

    SAME = "same"
    CHANGED = "changed"
    CUT = "cut"  # stands for text that is left out, and says how much


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters of one line."""

    text: str
    kind: Kind = Kind.SAME


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number, from 1."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side; None where a side has no counterpart."""

    old: Line | None
    new: Line | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """Rows that follow each other; ``cell`` is the number of a notebook's cell, or 0."""

    rows: tuple[Row, ...]
    cell: int = 0
    omitted: int = 0  # lines left out at its end


def hunks(before: str, after: str, cell: int = 0) -> Iterator[Hunk]:
    """The changes from ``before`` to ``after``, each with a few lines around it."""
    old, new = _NEWLINE.split(before), _NEWLINE.split(after)
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        rows: list[Row] = []
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                pairs: _Pairs = tuple(zip(range(i, i_end), range(j, j_end), strict=True))
            else:
                aligned = _aligned(old[i:i_end], new[j:j_end])
                pairs = tuple((_plus(i, left), _plus(j, right)) for left, right in aligned)
            rows += [_row(old, new, *pair, tag != "equal") for pair in pairs]
        yield Hunk(tuple(rows), cell)


def excerpt(text: str, start: tuple[int, int], end: tuple[int, int], cell: int = 0) -> Hunk:
    """The lines from ``start`` to ``end`` (line and column, from 1) with a few around them.

    What lies between both positions is marked as changed.
    """
    lines = _NEWLINE.split(text)
    first, last = min(start[0], len(lines)), min(end[0], len(lines))
    shown = range(max(1, first - CONTEXT), min(len(lines), last + CONTEXT) + 1)
    rows = []
    for number in shown[:_MOST_LINES]:
        line = lines[number - 1]
        left = start[1] - 1 if number == first else 0 if first < number <= last else len(line)
        right = end[1] - 1 if number == last else len(line)
        left += len(line[left:right]) - len(line[left:right].lstrip())  # indentation is not worth a mark
        marked = Piece(line[left:right], Kind.CHANGED)
        rows.append(Row(_line(number, [Piece(line[:left]), marked, Piece(line[max(left, right) :])])))
    return Hunk(tuple(rows), cell, len(shown) - len(rows))


def _plus(offset: int, index: int | None) -> int | None:
    """An index into a part as one into the whole."""
    return None if index is None else offset + index


def _row(old: Sequence[str], new: Sequence[str], i: int | None, j: int | None, changed: bool) -> Row:
    """Line ``i`` of ``old`` beside line ``j`` of ``new``."""
    left, right = [Piece(old[i])] if i is not None else [], [Piece(new[j])] if j is not None else []
    if changed and i is not None and j is not None:
        left, right = _words(old[i], new[j])
    return Row(
        _line(i + 1, left) if i is not None else None, _line(j + 1, right) if j is not None else None, changed
    )


def _line(number: int, pieces: list[Piece]) -> Line:
    """A line of ``pieces``, long ones cut."""
    return Line(number, tuple(part for piece in pieces if piece.text for part in _cut(piece)))


def _cut(piece: Piece) -> Iterator[Piece]:
    """A piece, without its middle if it is long."""
    if len(piece.text) <= _LONGEST:
        yield piece
        return
    half = _LONGEST // 2
    yield replace(piece, text=piece.text[:half])
    yield Piece(f"{len(piece.text) - 2 * half:,} characters", Kind.CUT)
    yield replace(piece, text=piece.text[-half:])


def _aligned(old: Sequence[str], new: Sequence[str]) -> _Pairs:
    """Pairs of lines, in order, such that those are side by side that resemble each other most."""
    if len(old) * len(new) > _LARGEST_BLOCK:
        return (*((i, None) for i in range(len(old))), *((None, j) for j in range(len(new))))

    @cache
    def best(i: int, j: int) -> tuple[float, _Pairs]:
        """The best pairs of what begins at ``i`` and ``j``, and how alike they are in sum."""
        if i == len(old) or j == len(new):
            return 0.0, (*((k, None) for k in range(i, len(old))), *((None, k) for k in range(j, len(new))))
        alike = _likeness(_WORD.findall(old[i]), _WORD.findall(new[j]))
        choices = [(0.0, (i, None), best(i + 1, j)), (0.0, (None, j), best(i, j + 1))]
        if alike >= _ALIKE:
            choices.append((alike, (i, j), best(i + 1, j + 1)))
        gain, pair, (score, pairs) = max(choices, key=lambda choice: choice[0] + choice[2][0])
        return gain + score, (pair, *pairs)

    return best(0, 0)[1]


def _likeness(left: list[str], right: list[str]) -> float:
    """How alike two lines are, from 0 to 1; of long ones only which words they have in common counts."""
    matcher = SequenceMatcher(None, left, right, False)
    return matcher.quick_ratio() if len(left) * len(right) > _LARGEST_PAIR else matcher.ratio()


def _words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Both versions of a line with the words marked that are not in the other one."""
    left, right = _WORD.findall(old), _WORD.findall(new)
    if len(left) * len(right) > _LARGEST_PAIR:
        return [Piece(old, Kind.CHANGED)], [Piece(new, Kind.CHANGED)]
    olds, news = [], []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, left, right, False).get_opcodes():
        kind = Kind.SAME if tag == "equal" else Kind.CHANGED
        olds.append(Piece("".join(left[i:i_end]), kind))
        news.append(Piece("".join(right[j:j_end]), kind))
    return olds, news
