"""A text that does not parse -> one of the same length that does: lines that Python stumbles over are gone.

For hints alone. What is lost with these lines is not looked at, and nothing of the result is ever written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lrmigrate.analysis.syntax import CannotParse, line_starts, parse

_MOST = 120  # lines that are taken out, each with a look at the whole text
_LONGEST = 400_000  # characters
_BEHIND = re.compile(r"\bon line (\d+)")  # "expected an indented block after 'if' statement on line 3"
_PRINT = re.compile(
    r"(?m)^(\s*(?:.*[:;]\s*)?)(?:print|exec)(?=\s+[^\s=.,)\]+*/|&<>(-]|\s*>>|\s*[\"'`])[^\n;]*"
)
_CAUGHT = re.compile(r"(?m)^(\s*except\s+[\w.]+|\s*except\s*\([^()\n]*\))\s*,(\s*\w+)(?=\s*:)")
_COMPOUND = re.compile(r"\s*(?:if|while|for|with|def|class|try|else|elif|except|finally)\b.*:\s*(?:#.*)?$")


@dataclass(frozen=True)
class Mended:
    """What is left of a text, None where that is nothing, and the numbers of the lines that are gone."""

    text: str | None
    gone: frozenset[int]


def mended(text: str) -> Mended:
    """The text without what keeps it from being parsed, position by position."""
    nothing = Mended(None, frozenset(range(1, len(line_starts(text)) + 1)))
    if len(text) > _LONGEST:
        return nothing
    text = _PRINT.sub(_as_number, _CAUGHT.sub(_named, text))
    gone: set[int] = set()
    for _ in range(_MOST):
        try:
            parse(text)
        except CannotParse as error:
            behind = _BEHIND.search(error.reason)
            line = int(behind[1]) if behind and _is_empty(text, int(behind[1])) else error.line
            start, end = _line(text, line)
            repaired = _repaired(text[start:end], keeps=line not in gone and line == error.line)
            if repaired == text[start:end]:
                return nothing
            text = text[:start] + repaired + text[end:]
            gone.add(line)
        else:
            return Mended(text, frozenset(gone))
    return nothing


def _is_empty(text: str, number: int) -> bool:
    """Whether a line is still there that has no block behind it."""
    start, end = _line(text, number)
    return bool(text[start:end].strip())


def _line(text: str, number: int) -> tuple[int, int]:
    """Where a line begins and ends, without its newline."""
    starts = line_starts(text)
    number = min(number, len(starts))
    start = starts[number - 1]
    end = starts[number] if number < len(starts) else len(text)
    return start, start + len(text[start:end].rstrip("\r\n"))


def _repaired(line: str, keeps: bool) -> str:
    """A line that keeps the block behind it, if it can begin one, and else says nothing."""
    indent = line[: len(line) - len(line.lstrip())]
    if keeps and _COMPOUND.match(line) and len(line) >= len(indent) + len("if 1:") and "if 1:" not in line:
        return f"{indent}if 1:".ljust(len(line))
    return " " * len(line)


def _as_number(found: re.Match[str]) -> str:
    """A statement of Python 2 as one that does nothing."""
    return found[1] + "0".ljust(len(found[0]) - len(found[1]))


def _named(found: re.Match[str]) -> str:
    """`except Error, e:` as one without the name."""
    return found[1].ljust(len(found[0]))
