"""Findings as lines, fixes as a unified diff."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence

import click

from lrmigrate.model import Applicability, FileReport, Finding

_MARKS = {Applicability.SAFE: "[*]", Applicability.UNSAFE: "[~]", Applicability.MANUAL: ""}
_LEVELS = {Applicability.SAFE: "safe", Applicability.UNSAFE: "unsafe", Applicability.MANUAL: "by hand"}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def printable(text: str) -> str:
    """``text`` without control characters, which a file name or a source could smuggle in."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def finding_lines(path: str, finding: Finding) -> list[str]:
    """`path:line:col CODE [*] message`, and below it why the fix is not safe."""
    cell = f"cell {finding.cell}:" if finding.cell else ""
    place = click.style(f"{printable(path)}:{cell}{finding.line}:{finding.column}", bold=True)
    mark = _MARKS[finding.applicability]
    words = [place, click.style(finding.code, fg="red"), *([click.style(mark, fg="cyan")] if mark else [])]
    lines = [" ".join([*words, printable(finding.message)])]
    if finding.reason:
        lines.append(
            click.style(f"    {_LEVELS[finding.applicability]}: {printable(finding.reason)}", dim=True)
        )
    return lines


def findings(reports: Iterable[FileReport]) -> list[str]:
    """The lines of all findings."""
    return [line for r in reports for finding in r.findings for line in finding_lines(r.path, finding)]


def summary(reports: Sequence[FileReport]) -> str:
    """How many findings there are, and what can be done about them."""
    levels = Counter(finding.applicability for report in reports for finding in report.findings)
    total = sum(levels.values())
    if not total:
        return "No legacy learning-rate code found."
    files = sum(bool(report.findings) for report in reports)
    parts = []
    if levels[Applicability.SAFE]:
        parts.append(f"{levels[Applicability.SAFE]} fixable with `lrmigrate fix --write` [*]")
    if levels[Applicability.UNSAFE]:
        parts.append(f"{levels[Applicability.UNSAFE]} more with `--unsafe` [~]")
    if levels[Applicability.MANUAL]:
        parts.append(f"{levels[Applicability.MANUAL]} by hand")
    return f"Found {_count(total, 'finding')} in {_count(files, 'file')}: {', '.join(parts)}."


def remaining(reports: Sequence[FileReport]) -> list[str]:
    """What a fix left behind: every finding with its reason, and how many there are of each level."""
    left = [(report.path, finding) for report in reports for finding in report.findings]
    if not left:
        return []
    levels = Counter(finding.applicability for _, finding in left)
    parts = []
    if levels[Applicability.SAFE]:
        parts.append(f"{levels[Applicability.SAFE]} safe")
    if levels[Applicability.UNSAFE]:
        parts.append(f"{levels[Applicability.UNSAFE]} unsafe (add `--unsafe` to apply)")
    if levels[Applicability.MANUAL]:
        parts.append(f"{levels[Applicability.MANUAL]} manual")
    lines = [line for path, finding in left for line in finding_lines(path, finding)]
    return [*lines, f"Left as they are: {', '.join(parts)}."]


def diff(report: FileReport, raw: bool = False) -> str:
    """The unified diff of one file.

    ``raw`` keeps every character, so that `patch` and `git apply` take it; otherwise it is made for
    a terminal, with colours and without control characters.
    """
    path = report.path.lstrip("/")
    before, after = (_lines(text or "") for text in (report.before, report.after))
    lines = list(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"))
    whole = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    if raw:
        return "".join(whole)
    shown = [line.rstrip("\r\n") for line in whole]
    return "".join(click.style(printable(line), fg=_COLOURS.get(line[:1])) + "\n" for line in shown)


def _lines(text: str) -> list[str]:
    """The lines of a text as diff tools count them: only a line feed ends one."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def fixed_summary(reports: Sequence[FileReport], written: bool) -> str:
    """How many findings were fixed in how many files."""
    fixed = sum(len(report.fixed) for report in reports)
    files = sum(report.changed for report in reports)
    if not fixed:
        return "Nothing to fix."
    if written:
        return f"Fixed {_count(fixed, 'finding')} in {_count(files, 'file')}."
    return f"Would fix {_count(fixed, 'finding')} in {_count(files, 'file')}; add `--write` to write."


def _count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
