"""What fuzzing tries: everything from a file's bytes to its report, and back to bytes."""

from __future__ import annotations

from lrmigrate.analysis.syntax import compiles
from lrmigrate.engine.kinds import kind_of
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.model import Applicability
from lrmigrate.options import Options
from lrmigrate.project.runner import process_bytes
from lrmigrate.rules.files import BUG

NAMES = {"sources": "fuzz.py", "notebooks": "fuzz.ipynb"}
_FIX = Options(Applicability.UNSAFE, fix=True)


def examine(name: str, data: bytes) -> None:
    """Check and fix some bytes; AssertionError where a promise is broken."""
    report = process_bytes(name, data, _FIX)
    codes = [finding.code for finding in report.findings]
    assert BUG.code not in codes, report.findings
    assert is_candidate(data) or not report.changed, "the prefilter turns away what has a fix"
    if not report.changed or report.after is None or report.before is None:
        return
    if name.endswith(".py"):
        assert compiles(report.after) or not compiles(report.before), report.after
    again = process_bytes(name, kind_of(name).decode(data).encode(report.after), _FIX)
    assert not again.changed, (report.after, again.after)
