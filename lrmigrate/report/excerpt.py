"""The lines of a site with carets below it, as compilers show them. Knows neither files nor formats.

Columns are those of a terminal: tabs are expanded, wide characters count twice, and what is not
printable is shown escaped.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from lrmigrate.model import Finding
from lrmigrate.report.places import Lines
from lrmigrate.report.terminal import printable

_TAB = 4
_MOST_COLUMNS = 160  # of a line; longer ones are cut around the site
_BEFORE_CUT = 40
_MOST_LINES, _HEAD, _TAIL = 7, 4, 2


def excerpt(lines: Lines, finding: Finding) -> list[str]:
    """The lines of ``finding`` with a gutter and carets; none where there is no text."""
    if not lines.text:
        return []
    margin = len(str(finding.end_line))
    body = _one_line if finding.line == finding.end_line else _many_lines
    return [_gutter("", margin), *body(lines, finding, margin)]


def _one_line(lines: Lines, finding: Finding, margin: int) -> Iterator[str]:
    """A line, and a caret below each of its columns that belongs to the site."""
    pieces = _pieces(lines[finding.line])
    start = min(finding.column - 1, len(pieces))
    end = max(finding.end_column - 1, start + 1)
    first = max(0, start - _BEFORE_CUT) if len(pieces) > _MOST_COLUMNS else 0
    last = first + _MOST_COLUMNS
    cut = "…" if first else ""
    before, site = cut + "".join(pieces[first:start]), "".join(pieces[start : min(end, last)])
    yield _gutter(finding.line, margin, _cut(pieces, first, last))
    yield _gutter("", margin, " " * _width(before) + _red("^" * max(1, _width(site))))


def _many_lines(lines: Lines, finding: Finding, margin: int) -> Iterator[str]:
    """The lines of a site with a line along them, from its first character to its last."""
    numbers = list(range(finding.line, finding.end_line + 1))
    skipped = numbers[_HEAD:-_TAIL] if len(numbers) > _MOST_LINES else []
    for number in numbers:
        pieces = _pieces(lines[number])
        text = _cut(pieces, 0, _MOST_COLUMNS)
        if number == finding.line:
            before = pieces[: min(finding.column - 1, _MOST_COLUMNS)]
            begins = not "".join(before).strip()
            yield _gutter(number, margin, f"{_red('/') if begins else ' '} {text}")
            if not begins:
                yield _gutter("", margin, " " + _red("_" * (1 + _width("".join(before))) + "^"))
        elif number not in skipped:
            yield _gutter(number, margin, f"{_red('|')} {text}")
        elif number == skipped[0]:
            yield click.style("...".ljust(margin + 2), fg="blue") + " " + _red("|")
    site = pieces[: min(finding.end_column - 1, _MOST_COLUMNS)]
    yield _gutter("", margin, _red("|" + "_" * _width("".join(site)) + "^"))


def _gutter(number: int | str, margin: int, text: str = "") -> str:
    """`12 | text`."""
    return click.style(f"{number:>{margin}} |", fg="blue", bold=True) + (f" {text}" if text else "")


def _red(text: str) -> str:
    """The colour of what marks a site."""
    return click.style(text, fg="red", bold=True)


def _pieces(line: str) -> list[str]:
    """What each character of a line is shown as."""
    pieces: list[str] = []
    for character in line:
        if character == "\t":
            pieces.append(" " * (_TAB - _width("".join(pieces)) % _TAB))
        else:
            pieces.append(printable(character))
    return pieces


def _cut(pieces: list[str], first: int, last: int) -> str:
    """A part of a line, with an ellipsis where something is left out."""
    return ("…" if first else "") + "".join(pieces[first:last]) + ("…" if last < len(pieces) else "")


def _width(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(0, int(wcswidth(text)))
