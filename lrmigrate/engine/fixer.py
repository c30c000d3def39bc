"""What fixes would make of a file, for those who show it: one fix alone, or all of them.

Loads the rest of the engine at the first question: most reports have none.
"""

from __future__ import annotations

from lrmigrate.model import Applicability, Edit, FileReport, Finding


class Fixer:
    """Asks the engine about the fixes of reports; nothing is changed or written."""

    def edits(self, report: FileReport, finding: Finding) -> list[Edit]:
        """The edits of one fix alone, with those that remove the imports it leaves without use."""
        from lrmigrate.engine.kinds import kind_of

        return kind_of(report.path).edits(report.before or "", [finding])

    def after(self, report: FileReport, finding: Finding) -> str | None:
        """The text after one fix alone; None where there is no fix, or where it cannot be applied."""
        from lrmigrate.engine.kinds import kind_of

        return kind_of(report.path).apply(report.before or "", [finding]) if finding.fixable else None

    def all_fixed(self, report: FileReport) -> str | None:
        """The text after all fixes, the unsafe ones too; None where they change nothing."""
        from lrmigrate.engine.passes import fix_report

        fixed = fix_report(report, Applicability.UNSAFE)
        return fixed.after if fixed.changed else None
