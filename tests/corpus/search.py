"""What a person with `grep` would find: plain regular expressions over the text, nothing of lrmigrate's.

It knows neither imports nor scopes, so it is wrong in both directions, but not where lrmigrate is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.corpus.sources import Piece

_OPTIMIZER = (
    r"(?<!\boptim\.)\b(?:SGD|RMS[Pp]rop|Adagrad|Adadelta|Adamax|N?Adam|Ftrl|"
    r"sgd|rmsprop|adagrad|adadelta|adamax|n?adam)"
)
_DECAY = (
    r"(?:exponential_decay|natural_exp_decay|inverse_time_decay|polynomial_decay|piecewise_constant(?:_decay)?|"
    r"cosine_decay(?:_restarts)?|(?:noisy_)?linear_cosine_decay)\b"
)
_MODERN = r"\b(?:Exponential|PiecewiseConstant|Polynomial|InverseTime|Cosine)Decay(?:Restarts)?\("
_LONGEST = 4000  # characters between parentheses


class Pattern(NamedTuple):
    """A regular expression, and the beginnings of the codes that may answer to it.

    ``inside`` must match between the parentheses of the call that the expression ends at. A pattern
    that is not ``sure`` excuses a finding, but lets nobody expect one.
    """

    families: tuple[str, ...]
    regex: re.Pattern[str]
    inside: re.Pattern[str] | None = None
    sure: bool = True


class Hit(NamedTuple):
    """A place that the text search takes for legacy code; lines count from 1, in cells of their own."""

    families: tuple[str, ...]
    cell: int
    line: int
    end_line: int
    text: str  # its first line
    sure: bool


def _pattern(families: str, regex: str, inside: str = "", sure: bool = True) -> Pattern:
    return Pattern(
        tuple(families.split()), re.compile(regex), re.compile(inside, re.DOTALL) if inside else None, sure
    )


PATTERNS = (
    _pattern("LR1", rf"\b(?:train|learning_rate_decay|legacy_learning_rate_decay)\.{_DECAY}"),
    _pattern("LR1", rf"(?<![\w.'\"]){_DECAY}\("),
    _pattern("LR2", rf"{_OPTIMIZER}\(", r"\b(?:lr|decay|schedule_decay)\s*=(?!=)|epsilon\s*=\s*None"),
    _pattern("LR2", rf"\boptimizers?(?:\.\w+)*\.(?:legacy|experimental|optimizer_v2\.\w+)\.{_OPTIMIZER}\b"),
    _pattern("LR2", rf"{_OPTIMIZER}\(", sure=False),
    _pattern("LR3 LR4", r"(?i)\b(?:\w*_)?opt(?:im\w*)?(?:\(\))?\.lr\b"),
    _pattern("LR3 LR4", r"\b(?:[gs]et_value|update)\((?=[^\n]*\.(?:lr|learning_rate)\b)"),
    _pattern("LR3", r"""(?i)\bopt\w*,\s*["']lr["']"""),
    _pattern("LR3", r"""\b(?:history|logs|hist)(?:\[|\.get\()\s*["']lr["']"""),
    _pattern("LR4", _MODERN, r"^\s*(?:initial_learning_rate\s*=\s*)?\d+\s*(?:,|$)"),
    _pattern(
        "LR4", rf"{_MODERN}|(?:LearningRateScheduler|ReduceLROnPlateau)\(|\.learning_rate\b", sure=False
    ),
    _pattern("LR4", r"""["']config["']\s*:\s*\{[^{}]*["'](?:lr|decay)["']"""),
)
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_DEFINITION = re.compile(r"(?:\bdef|\bclass|\bimport)\s[^\n]*$")


def hits(piece: Piece) -> Iterator[Hit]:
    """Every place that some pattern matches, comments and definitions apart."""
    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), piece.text)
    lines = piece.text.split("\n")
    for pattern in PATTERNS:
        for match in pattern.regex.finditer(text):
            start, end = match.span()
            if text[end - 1] == "(":
                end = _closing(text, end)
            if pattern.inside and not pattern.inside.search(text, match.end(), max(match.end(), end - 1)):
                continue
            if _DEFINITION.search(text, text.rfind("\n", 0, start) + 1, start):
                continue
            first, last = text.count("\n", 0, start), text.count("\n", 0, end)
            shown = lines[first].strip()
            yield Hit(pattern.families, piece.cell, first + 1, last + 1, shown, pattern.sure)


def _closing(text: str, start: int) -> int:
    """The offset behind the parenthesis that closes the one before ``start``."""
    depth = 1
    for offset in range(start, min(len(text), start + _LONGEST)):
        depth += {"(": 1, ")": -1}.get(text[offset], 0)
        if not depth:
            return offset + 1
    return start
