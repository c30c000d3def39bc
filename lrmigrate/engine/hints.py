"""What stands in a text that does not parse, probably: findings without fixes, each with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache

from lrmigrate.analysis.syntax import CannotParse, Source, line_starts
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.engine.mending import mended
from lrmigrate.model import Applicability, Finding, Span
from lrmigrate.rules.files import PROBABLE

_READ = re.compile(r"\b(?:optimizer|optim|opt)\.lr\b")
_FIRST = "make it Python 3 that parses, and check it again"


def hints(
    text: str, cells: tuple[tuple[int, int], ...], look: Callable[[Source], list[Finding]]
) -> list[Finding]:
    """What a text probably holds: what ``look`` finds in the lines that parse, and names in the others."""
    rest = mended(text)
    found: list[Finding] = []
    if rest.text is not None:
        try:
            found = as_hints(look(Source(rest.text, cells)))
        except (CannotParse, RecursionError):
            found = []
    return [*found, *names_in(text, rest.gone)]


def names_in(text: str, lines: Collection[int] | None = None) -> Iterator[Finding]:
    """The old names in lines that do not parse; in all of them, where nobody can say which these are."""
    starts = [*line_starts(text), len(text)]
    for number in sorted(lines if lines is not None else range(1, len(starts))):
        start, end = starts[number - 1], starts[number]
        code = text[start:end].partition("#")[0]
        for pattern, group in ((_schedules(), 0), (_arguments(), 1), (_READ, 0)):
            if match := pattern.search(code):
                span = Span(start + match.start(group), start + match.end(group))
                column = match.start(group) + 1
                message = f"line {number} probably has `{match[group].strip()}`"
                last = column + span.end - span.start
                level = Applicability.MANUAL
                yield Finding(PROBABLE.code, message, span, number, column, number, last, level, _FIRST)
                break


@cache
def _schedules() -> re.Pattern[str]:
    """The call of a schedule function of TensorFlow 1."""
    names = "|".join(name for row in DECAYS for name in row.names)
    return re.compile(rf"\b(?:{names})(?=\s*\()")


@cache
def _arguments() -> re.Pattern[str]:
    """`lr=` or `decay=` of a Keras optimizer."""
    names = "|".join(name for row in OPTIMIZERS for name in (row.name, row.alias) if name)
    return re.compile(rf"\b(?:{names})\s*\(.*?\b((?:lr|decay)\s*=)(?!=)")


def as_hints(findings: Iterable[Finding]) -> list[Finding]:
    """Findings as hints: what they say, and no fix."""
    return [
        replace(
            finding,
            code=PROBABLE.code,
            message=f"probably {finding.code}: {finding.message}",
            applicability=Applicability.MANUAL,
            reason="; ".join(filter(None, [_FIRST, finding.reason if not finding.edits else ""])),
            edits=(),
            notes=(),
            unit=None,
            also=(),
        )
        for finding in findings
    ]
