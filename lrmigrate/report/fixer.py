"""What a report asks about fixes; whoever renders it hands in the one who answers."""

from __future__ import annotations

from typing import Protocol

from lrmigrate.model import Edit, FileReport, Finding


class Fixer(Protocol):
    """Answers what fixes would make of a file, as it stands in ``before`` of its report."""

    def edits(self, report: FileReport, finding: Finding) -> list[Edit]:
        """The edits of one fix alone, with those that remove the imports it leaves without use."""

    def after(self, report: FileReport, finding: Finding) -> str | None:
        """The text after one fix alone; None where there is no fix, or where it cannot be applied."""

    def all_fixed(self, report: FileReport) -> str | None:
        """The text after all fixes; None where they change nothing, or cannot be applied."""
