"""Fixes in passes: what overlaps waits for the next one, until nothing is left to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lrmigrate.edits import compatible
from lrmigrate.engine.kinds import Kind, kind_of
from lrmigrate.engine.policy import by_default, chosen
from lrmigrate.engine.text import at_line
from lrmigrate.model import Applicability, Edit, FileReport, Finding, Target
from lrmigrate.options import Options
from lrmigrate.rules.files import BUG


def fix_text(text: str, path: str = "<text>", level: Applicability = Applicability.SAFE) -> FileReport:
    """Apply every fix up to ``level``; findings are those of ``text``, ``after`` is what became of it."""
    return fix_report(by_default(kind_of(path).check(text, path)), level)


def fix_report(report: FileReport, level: Applicability, target: Target = Target.KERAS3) -> FileReport:
    """Apply the fixes of a report up to ``level``; its findings may have been judged again since.

    A fix that overlaps another one (a schedule in the step of a schedule) waits for the next pass.
    A pass takes nothing but what had to wait: a first fix must not make a second one possible.
    """
    text, path, kind = report.before or "", report.path, kind_of(report.path, target)
    wanted = [f for f in report.findings if f.fixable and f.applicability.rank <= level.rank]
    unwanted = {_mark(kind, text, finding) for finding in report.findings if finding not in wanted}
    after, chosen, applied = text, choose(wanted), []
    while chosen:
        result = kind.apply(after, chosen)
        if result is None:
            return FileReport(path, (*report.findings, _bug(chosen[0])), before=text, after=text)
        done = {_mark(kind, after, finding) for finding in chosen}
        applied += [finding for finding in wanted if _mark(kind, text, finding) in done]
        waiting = {_mark(kind, text, finding) for finding in wanted if finding not in applied}
        after = result
        again = kind.check(after, path).findings if waiting else ()
        chosen = choose(
            f
            for f in again
            if (mark := _mark(kind, after, f)) in waiting
            and (mark not in unwanted or f.applicability.rank <= level.rank)
        )
    remaining = tuple(finding for finding in report.findings if finding not in applied)
    return replace(report, findings=remaining, fixed=tuple(applied), before=text, after=after)


def written(report: FileReport, options: Options) -> FileReport:
    """The report of a file that now holds ``after``: what is left of its findings, where it stands now."""
    if not report.findings:
        return replace(report, written=True)
    kind = kind_of(report.path, options.target)
    now = list(chosen(kind.check(report.after or "", report.path), options).findings)
    findings = []
    for finding in report.findings:
        alike = [f for f in now if f.code == finding.code]
        twin = next((f for f in alike if f.message == finding.message), alike[0] if alike else finding)
        if twin in now:
            now.remove(twin)
        if twin.fixable and not finding.fixable:  # it has been judged since it was found
            twin = replace(twin, applicability=finding.applicability, reason=finding.reason, edits=())
        findings.append(twin)
    return replace(report, findings=tuple(findings), written=True)


def _mark(kind: Kind, text: str, finding: Finding) -> tuple[str, str]:
    """What a finding is known by after the text around it has moved."""
    return finding.code, kind.code_of(text, finding)


def choose(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose fixes can be applied together, first come first served."""
    chosen: list[Finding] = []
    edits: list[Edit] = []
    for finding in findings:
        if finding.fixable and compatible(edits, finding.edits):
            chosen.append(finding)
            edits += finding.edits
    return chosen


def _bug(finding: Finding) -> Finding:
    """The finding that says that a fix of ours was refused."""
    message = (
        f"with its fixes (the first one: {finding.code}) this file is no Python any more, so it was left "
        "alone"
    )
    return at_line(BUG, finding.line, finding.column, message, BUG.why)
