"""Findings as JSON, one per line: for `grep`, `jq` and logs.

A line is a finding in the shape that report/json.py describes, with two keys more: "path", and "fixed",
which says whether a fix has been applied. A file that could not be read or written is a line with
"path" and "error".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from lrmigrate.model import FileReport
from lrmigrate.report.json import as_data


def render(reports: Sequence[FileReport]) -> str:
    """One line per finding."""
    return "".join(f"{json.dumps(line)}\n" for report in reports for line in _lines(report))


def _lines(report: FileReport) -> Iterator[dict[str, Any]]:
    """The lines of one file."""
    if report.error:
        yield {"path": report.path, "error": report.error}
    for findings, fixed in ((report.findings, False), (report.fixed, True)):
        for finding in findings:
            yield {"path": report.path, "fixed": fixed, **as_data(finding, findings)}
