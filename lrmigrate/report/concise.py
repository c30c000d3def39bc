"""Findings as one line each: `path:line:column CODE [*] message`, and its notes behind it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from lrmigrate.model import FileReport, Finding
from lrmigrate.report.terminal import headline, printable


def render(reports: Sequence[FileReport]) -> str:
    """A line per finding, for a terminal."""
    return "".join(f"{_line(report.path, finding)}\n" for report in reports for finding in report.findings)


def _line(path: str, finding: Finding) -> str:
    """One finding."""
    notes = "".join(f" (note: {printable(note)})" for note in finding.notes)
    return headline(path, finding) + click.style(notes, dim=True) if notes else headline(path, finding)
