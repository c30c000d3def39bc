"""Findings as one line each: `path:line:column CODE [*] message`; what it goes with and its notes follow."""

from __future__ import annotations

from collections.abc import Sequence

import click

from lrmigrate.model import FileReport, Finding
from lrmigrate.report.terminal import headline, printable, together


def render(reports: Sequence[FileReport]) -> str:
    """A line per finding, for a terminal."""
    return "".join(f"{_line(report, finding)}\n" for report in reports for finding in report.findings)


def _line(report: FileReport, finding: Finding) -> str:
    """One finding."""
    told = [together(report, finding), *(f"note: {note}" for note in finding.notes)]
    said = "".join(f" ({printable(text)})" for text in told if text)
    return headline(report.path, finding) + (click.style(said, dim=True) if said else "")
