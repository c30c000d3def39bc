"""What fixes would make of a file, for those who show it: one fix alone, or all of them.

Loads the engine at the first question: most reports have none.
"""

from __future__ import annotations

from collections.abc import Callable

from lrmigrate.model import Applicability, Edit, FileReport, Finding
from lrmigrate.options import Options
from lrmigrate.project.runner import in_program


class Fixer:
    """Asks the engine about the fixes of reports, each with the options of its file; nothing is written."""

    def __init__(self, options_of: Callable[[str], Options] = lambda _: Options()) -> None:
        self.options_of = options_of

    def edits(self, report: FileReport, finding: Finding) -> list[Edit]:
        """The edits of one fix alone, with those that remove the imports it leaves without use."""
        from lrmigrate.engine.kinds import kind_of

        options = self.options_of(report.path)
        with in_program(options):
            return kind_of(report.path, options.target).edits(report.before or "", [finding])

    def after(self, report: FileReport, finding: Finding) -> str | None:
        """The text after one fix alone; None where there is no fix, or where it cannot be applied."""
        from lrmigrate.engine.kinds import kind_of

        if not finding.fixable:
            return None
        options = self.options_of(report.path)
        with in_program(options):
            return kind_of(report.path, options.target).apply(report.before or "", [finding])

    def all_fixed(self, report: FileReport) -> str | None:
        """The text after all fixes, the unsafe ones too; None where they change nothing."""
        from lrmigrate.engine.passes import fix_report

        options = self.options_of(report.path)
        with in_program(options):
            fixed = fix_report(report, Applicability.UNSAFE, options.target)
        return fixed.after if fixed.changed else None
