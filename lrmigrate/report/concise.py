"""Findings as one line each: `path:line:column CODE [*] message`."""

from __future__ import annotations

from collections.abc import Sequence

from lrmigrate.model import FileReport
from lrmigrate.report.terminal import headline


def render(reports: Sequence[FileReport]) -> str:
    """A line per finding, for a terminal."""
    return "".join(f"{headline(r.path, finding)}\n" for r in reports for finding in r.findings)
