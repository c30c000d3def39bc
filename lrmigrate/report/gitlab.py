"""Findings as GitLab's Code Quality report, which a merge request shows.

An array of {"description", "check_name", "fingerprint", "severity", "location"}. The severity is minor where
one command mends it, major where that assumes something, critical where it is left to people. The
fingerprint, by which GitLab tells a new finding from an old one, does not depend on line numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from lrmigrate.model import Applicability, FileReport
from lrmigrate.report.places import Places, Region, in_words, portable

_SEVERITIES = {
    Applicability.SAFE: "minor",
    Applicability.UNSAFE: "major",
    Applicability.MANUAL: "critical",
}


def render(reports: Sequence[FileReport]) -> str:
    """The JSON text; an empty array where nothing was found."""
    return json.dumps([issue for report in reports for issue in _issues(report)], indent=2) + "\n"


def _issues(report: FileReport) -> Iterator[dict[str, Any]]:
    """The issues of one file."""
    path = portable(report.path)
    if report.error:
        known = sha256(f"error\0{path}".encode("utf-8", "surrogateescape")).hexdigest()
        yield _issue(report.error, "error", known, "critical", path, Region(1, 1, 1, 1))
    places = Places(report)
    for finding, known in zip(report.findings, places.fingerprints(), strict=True):
        notes = (f"note: {note}" for note in finding.notes)
        text = ". ".join(filter(None, [in_words(finding), finding.reason, *notes]))
        yield _issue(
            text, finding.code, known, _SEVERITIES[finding.applicability], path, places.region(finding)
        )


def _issue(
    description: str, check: str, fingerprint: str, severity: str, path: str, region: Region
) -> dict[str, Any]:
    """One issue."""
    return {
        "description": description,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {
            "path": path,
            "positions": {
                "begin": {"line": region.line, "column": region.column},
                "end": {"line": region.end_line, "column": region.end_column},
            },
        },
    }
