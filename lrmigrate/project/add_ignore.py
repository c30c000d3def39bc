"""`check --add-ignore`: a comment for every finding of a file, so that only new ones are reported.

Nothing but comments is written, and a file whose program would not stay the same is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lrmigrate.catalog.taught import knowing
from lrmigrate.engine.decoding import CannotEncode
from lrmigrate.engine.kinds import kind_of
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.model import Applicability, FileReport, Finding, UserError
from lrmigrate.options import Options
from lrmigrate.project.runner import process_bytes
from lrmigrate.project.source import CannotWrite, write
from lrmigrate.rules.files import UNUSED

_NO_PLACE = "no comment can be put here; `extend-exclude` in the configuration leaves a file out"


class BadReason(UserError):
    """The reason cannot stand in a comment. A sentence."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one file: how many findings are ignored now, and those that are left."""

    ignored: int
    report: FileReport


def add_ignores(paths: Iterable[tuple[str, Options]], reason: str) -> list[Added]:
    """Write comments into files, each with its options; raises BadReason."""
    if not reason.isprintable() or " # " in reason:
        raise BadReason(f"--add-ignore={reason!r}: a reason is one line of text without ` # ` in it")
    return [_add(path, options, reason.strip()) for path, options in paths]


def _add(path: str, options: Options, reason: str) -> Added:
    """Write comments into one file."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return Added(0, FileReport(path, error=f"{path}: cannot be read: {error.strerror}"))
    with knowing(options.names):
        is_idle = not is_candidate(data)
    if is_idle:
        return Added(0, FileReport(path))
    report = process_bytes(path, data, replace(options, fix=False))
    wanted = [finding for finding in report.findings if finding.code != UNUSED.code]
    if not wanted or report.before is None:
        return Added(0, _without_place(report, wanted))
    kind = kind_of(path, options.target)
    decoded, after = kind.decode(data), kind.with_comments(report.before, wanted, reason)
    try:
        if after != report.before:
            write(Path(path), data, decoded.encode(after))
    except (CannotWrite, CannotEncode) as error:
        return Added(0, replace(report, error=f"{path}: not written: {error}"))
    left = process_bytes(path, decoded.encode(after), replace(options, fix=False))
    still = [finding for finding in left.findings if finding.code != UNUSED.code]
    return Added(len(wanted) - len(still), _without_place(left, still))


def _without_place(report: FileReport, findings: Sequence[Finding]) -> FileReport:
    """The report with the reason why some findings have got no comment."""
    told = tuple(
        replace(f, applicability=Applicability.MANUAL, reason=_NO_PLACE, edits=()) if f in findings else f
        for f in report.findings
    )
    return replace(report, findings=told)
