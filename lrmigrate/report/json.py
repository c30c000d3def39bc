"""Reports as JSON: one documented shape, version 1.

```
{"version": 1, "tool": "lrmigrate 0.1.0",
 "files": [{"path": str, "error": str, "findings": [finding], "fixed": [finding]}],
 "summary": {"findings": int, "safe": int, "unsafe": int, "manual": int, "fixed": int, "files": int}}
finding: {"code", "message", "applicability", "reason",
          "notes": [str],                                what Keras 3 does otherwise, however it is spelled
          "together": [int],                             starts of findings that must be fixed in the same run
          "cell",                                        in notebooks: its number, from 1; lines count in it
          "line", "column", "end_line", "end_column",    1-based, columns in characters
          "start", "end",                                offsets in characters into the decoded text
          "edits": [{"start", "end", "text"}]}           in the order of application, against one text
```

Offsets count the characters of the text without its byte order mark, newlines as they stand in it:
of the text that the file holds now for "findings", of that before the fix for "fixed".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lrmigrate import __version__
from lrmigrate.model import FileReport, Finding

VERSION = 1


def render(reports: Sequence[FileReport]) -> str:
    """The JSON text of the reports."""
    findings = [finding for report in reports for finding in report.findings]
    levels = Counter(finding.applicability.value for finding in findings)
    data = {
        "version": VERSION,
        "tool": f"lrmigrate {__version__}",
        "files": [
            {
                "path": report.path,
                "error": report.error,
                "findings": [as_data(finding, report.findings) for finding in report.findings],
                "fixed": [as_data(finding, report.fixed) for finding in report.fixed],
            }
            for report in reports
            if report.findings or report.fixed or report.error
        ],
        "summary": {
            "findings": len(findings),
            **{level: levels[level] for level in ("safe", "unsafe", "manual")},
            "fixed": sum(len(report.fixed) for report in reports),
            "files": sum(bool(report.findings or report.fixed) for report in reports),
        },
    }
    return json.dumps(data, indent=2) + "\n"


def as_data(finding: Finding, others: Sequence[Finding]) -> dict[str, Any]:
    """One finding as plain data, in the shape above; ``others`` are all that stand in the same text."""
    return {
        "code": finding.code,
        "message": finding.message,
        "applicability": finding.applicability.value,
        "reason": finding.reason,
        "notes": list(finding.notes),
        "together": [other.span.start for other in others if other.belongs_to(finding)],
        **({"cell": finding.cell} if finding.cell else {}),
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "start": finding.span.start,
        "end": finding.span.end,
        "edits": [{"start": e.span.start, "end": e.span.end, "text": e.text} for e in finding.edits],
    }
