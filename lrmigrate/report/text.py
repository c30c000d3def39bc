"""Findings with the lines they stand in, and below them why a fix is not safe, and its notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lrmigrate.model import FileReport
from lrmigrate.report.excerpt import excerpt
from lrmigrate.report.places import Places
from lrmigrate.report.terminal import explained, headline, printable, together, wrapped


def render(reports: Sequence[FileReport], width: int = 0) -> str:
    """All findings, each with its lines and an empty line behind it, for a terminal of some ``width``."""
    return "".join(f"{block}\n\n" for report in reports for block in _blocks(report, width))


def _blocks(report: FileReport, width: int) -> Iterator[str]:
    """The findings of one file."""
    places = Places(report)
    for finding in report.findings:
        lines = [headline(report.path, finding), *excerpt(places.shown(finding), finding)]
        indent = " " * (len(str(finding.end_line)) + 1)
        told = [*explained(finding), *filter(None, [together(report, finding)])]
        for text in told:
            lines += wrapped(printable(text), f"{indent}  ", width, f"{indent}= ")
        yield "\n".join(lines)
