"""Which findings count, and how far their fixes are trusted: the user's options applied to a report."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from lrmigrate.model import Applicability, FileReport, Finding
from lrmigrate.options import Options
from lrmigrate.rules import table
from lrmigrate.selection import default_codes


def chosen(report: FileReport, options: Options) -> FileReport:
    """A report with the findings whose rules are in force, their fixes as far as the user trusts them."""
    if not report.findings:
        return report
    kept = [_trusted(finding, options) for finding in _in_force(report, options.codes)]
    unfixed = [finding for finding in kept if finding.code in options.unfixed]
    return replace(report, findings=united(beside(finding, unfixed) for finding in kept))


def restricted(report: FileReport, codes: Collection[str]) -> FileReport:
    """A report without the findings whose codes are not in force.

    Where two findings must be mended together and one of them stays behind, the other one's fix is unsafe.
    """
    return replace(report, findings=united(_in_force(report, codes)))


def without(report: FileReport, left: Collection[Finding]) -> FileReport:
    """A report without findings that are left as they are, the others as safe as they are beside these."""
    idle = [
        replace(f, applicability=Applicability.MANUAL, edits=()) if f in left else f for f in report.findings
    ]
    kept = united(beside(finding, left) for finding in idle)
    shown = tuple(now for now, was in zip(kept, report.findings, strict=True) if was not in left)
    return replace(report, findings=shown)


def _in_force(report: FileReport, codes: Collection[str]) -> list[Finding]:
    """The findings whose codes are in force, as safe as they are without the others."""
    kept = [shown for finding in report.findings if (shown := _as_selected(finding, codes))]
    left = [finding for finding in report.findings if finding.code not in codes]
    return [beside(finding, left) for finding in kept]


def _as_selected(finding: Finding, codes: Collection[str]) -> Finding | None:
    """A finding if its rule is in force, or by another rule that its site breaks; None where none is.

    One fix mends all of a site, so there is none where its worst trouble is to be left alone.
    """
    if finding.code in codes:
        return finding
    code = next((code for code in finding.also if code in codes), None)
    if code is None:
        return None
    reason = f"one fix mends all of this call, and it is that of {finding.code}: select that, too"
    return replace(finding, code=code, applicability=Applicability.MANUAL, reason=reason, edits=())


def united(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of which none is safer than one of its training whose omission would go unnoticed."""
    found = list(findings)
    changed = True
    while changed:
        changed = False
        for index, finding in enumerate(found):
            if finding.unit is not None and finding.applicability is Applicability.SAFE:
                behind = next((other for other in found if _holds_back(other, finding)), None)
                if behind is not None:
                    reason = _together(behind)
                    found[index] = replace(finding, applicability=Applicability.UNSAFE, reason=reason)
                    changed = True
    return tuple(found)


def _holds_back(other: Finding, finding: Finding) -> bool:
    """Whether a finding that stays behind unnoticed makes the fix of another one unsafe."""
    is_left = other.applicability is not Applicability.SAFE
    return is_left and other.unit is not None and other.unit.unnoticed and other.belongs_to(finding)


def _together(behind: Finding) -> str:
    """The reason of a fix that needs another one."""
    where = f"cell {behind.cell} line {behind.line}" if behind.cell else f"line {behind.line}"
    level = "is not safe" if behind.fixable else "is left to you"
    advice = "fix both together" if behind.fixable else "mend that first"
    return f"{behind.code} at {where} {level}, and where it stays it is wrong without a word: {advice}"


def _trusted(finding: Finding, options: Options) -> Finding:
    """A finding whose fix is trusted as far as the user does, and not offered where it is not wanted."""
    if finding.code in options.unfixed and finding.fixable:
        reason = f"fixes of {finding.code} are not wanted here: --fixable, --unfixable, or the configuration"
        return replace(finding, applicability=Applicability.MANUAL, reason=reason, edits=())
    if finding.applicability is Applicability.UNSAFE and finding.code in options.trusted:
        return replace(finding, applicability=Applicability.SAFE, reason="")
    if finding.applicability is Applicability.SAFE and finding.code in options.distrusted:
        reason = f"the configuration has {finding.code} among extend-unsafe-fixes"
        return replace(finding, applicability=Applicability.UNSAFE, reason=reason)
    return finding


def by_default(report: FileReport) -> FileReport:
    """A report without the findings of rules that are off unless they are selected."""
    return restricted(report, default_codes())


def beside(finding: Finding, left: Iterable[Finding]) -> Finding:
    """A finding whose fix is unsafe if what must be fixed with it is left as it is."""
    together = table()[finding.code].together
    behind = next((other for other in left if other.code in together), None)
    if behind is None or finding.applicability is not Applicability.SAFE:
        return finding
    where = f"cell {behind.cell} line {behind.line}" if behind.cell else f"line {behind.line}"
    reason = f"{behind.code} at {where} is left as it is: fix both together"
    return replace(finding, applicability=Applicability.UNSAFE, reason=reason)
