"""Where a finding stands: in the lines that a reader sees, and in the file as other programs count it.

A notebook's reader sees the lines of a cell; a program that opens the file sees lines of JSON.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from lrmigrate.model import FileReport, Finding, Span

NEWLINES = ("\r\n", "\r", "\n")  # what ends a line, as Python has it
_NEWLINE = re.compile("|".join(NEWLINES))


class Lines:
    """A text by its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def __getitem__(self, number: int) -> str:
        """The line of a 1-based number, without its newline; empty where there is none."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column, in characters, of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


@dataclass(frozen=True, slots=True)
class Region:
    """A range of a file: 1-based lines and columns, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Places:
    """The places of the findings of one file."""

    def __init__(self, report: FileReport) -> None:
        self.report = report

    @cached_property
    def file(self) -> Lines:
        """The file's own lines; none where it could not be decoded."""
        return Lines(self.report.text)

    @cached_property
    def _cells(self) -> dict[int, Lines]:
        """The lines of each code cell of a notebook."""
        from lrmigrate.analysis.notebook import Notebook

        return {cell.number: Lines(cell.source) for cell in Notebook.read(self.file.text).cells}

    def shown(self, finding: Finding) -> Lines:
        """The lines that ``finding.line`` counts."""
        return self._cells[finding.cell] if finding.cell and self.file.text else self.file

    def region(self, finding: Finding) -> Region:
        """Where a finding stands in the file as it is on disk, columns in characters."""
        if finding.cell and self.file.text:
            return self.of(finding.span)
        return Region(finding.line, finding.column, finding.end_line, finding.end_column)

    def of(self, span: Span) -> Region:
        """A span as a region, columns in characters."""
        return Region(*self.file.position(span.start), *self.file.position(span.end))

    def fingerprints(self) -> list[str]:
        """What each finding is known by, in order, however far its lines move: 64 hexadecimal digits.

        Made of the path, the code, the site's text, and its number among those that are alike in all.
        """
        from hashlib import sha256

        seen: Counter[tuple[str, str]] = Counter()
        prints = []
        for finding in self.report.findings:
            known = (finding.code, self.file.text[finding.span.start : finding.span.end])
            parts = (portable(self.report.path), *known, str(seen[known]))
            seen[known] += 1
            prints.append(sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest())
        return prints


def portable(path: str) -> str:
    """A path with forward slashes, and without `./` before it."""
    return path.replace(os.sep, "/").removeprefix("./")


def in_words(finding: Finding) -> str:
    """`CODE message`, with the cell and its line before it in a notebook, whose file has other lines."""
    cell = f"cell {finding.cell}, line {finding.line}: " if finding.cell else ""
    return f"{cell}{finding.code} {finding.message}"
