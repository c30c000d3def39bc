"""What a fix did: the diff of a file, what is left, how much was fixed, and its notes."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence

import click

from lrmigrate.model import Applicability, FileReport
from lrmigrate.report.terminal import count, place, printable

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_MOST_PLACES = 3  # of a note
_MOST_CODES = 3


def remaining(reports: Sequence[FileReport]) -> str:
    """How many findings of each level a fix left behind; empty when none."""
    levels = Counter(finding.applicability for report in reports for finding in report.findings)
    parts = []
    if levels[Applicability.SAFE]:
        parts.append(f"{levels[Applicability.SAFE]} safe")
    if levels[Applicability.UNSAFE]:
        parts.append(f"{levels[Applicability.UNSAFE]} unsafe (add `--unsafe` to apply)")
    if levels[Applicability.MANUAL]:
        parts.append(f"{levels[Applicability.MANUAL]} manual")
    return f"Left as they are: {', '.join(parts)}." if parts else ""


def notes(reports: Sequence[FileReport]) -> str:
    """The notes of what was fixed, a line each, with the places that they are about."""
    places: dict[str, list[str]] = {}
    for report in reports:
        for finding in report.fixed:
            for note in finding.notes:
                places.setdefault(note, []).append(place(report.path, finding))
    return "\n".join(f"Note: {printable(note)} ({_listed(found)})." for note, found in places.items())


def _listed(places: Sequence[str]) -> str:
    """Some places, and how many more there are."""
    rest = len(places) - _MOST_PLACES
    return ", ".join(places[:_MOST_PLACES]) + (f" and {rest} more" if rest > 0 else "")


def fixed(reports: Sequence[FileReport], written: bool) -> str:
    """How many findings were fixed in how many files."""
    findings = sum(len(report.fixed) for report in reports)
    if not findings:
        return "Nothing to fix."
    what = f"{count(findings, 'finding')} in {count(sum(report.changed for report in reports), 'file')}"
    return f"Fixed {what}." if written else f"Would fix {what}; add `--write` to write."


def diff(report: FileReport, raw: bool = False) -> str:
    """The unified diff of one file.

    ``raw`` keeps every character, so that `patch` and `git apply` take it; otherwise it is made for
    a terminal, with colours and without control characters.
    """
    path = report.path.lstrip("/")
    before, after = (_lines(text or "") for text in (report.before, report.after))
    lines = difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
    whole = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]
    return "".join(whole) if raw else "".join(map(coloured, whole))


def coloured(line: str) -> str:
    """A line of a diff for a terminal."""
    text, colour = printable(line.rstrip("\r\n")), _COLOURS.get(line[:1])
    is_name = line.startswith(("--- ", "+++ "))
    return (click.style(text, fg=colour, bold=is_name or None) if colour else text) + "\n"


def _lines(text: str) -> list[str]:
    """The lines of a text as diff tools count them: only a line feed ends one."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def closing(reports: Sequence[FileReport], written: bool, paths: str) -> str:
    """What was fixed, what is left and why, and what to type next: six lines at most.

    ``paths`` are the words that name what the run was about, with a space before them.
    """
    left = [finding for report in reports for finding in report.findings]
    done = sum(len(report.fixed) for report in reports)
    files = sum(bool(report.fixed or report.findings) for report in reports)
    if not (left or done):
        return "No legacy learning-rate code found."
    rows = [(f"{done} {'fixed' if written else 'would be fixed'}", "" if written else f"fix --write{paths}")]
    how = {
        Applicability.SAFE: ("safe", f"fix --write{paths}"),
        Applicability.UNSAFE: ("unsafe, for an assumption", f"fix --unsafe{paths}"),
        Applicability.MANUAL: ("by hand", "explain"),
    }
    for level, (word, command) in how.items():
        found = [finding.code for finding in left if finding.applicability is level]
        if found:
            codes = [*Counter(found)]
            shown = ", ".join(codes[:_MOST_CODES]) + (", ..." if len(codes) > _MOST_CODES else "")
            rows.append(
                (
                    f"{len(found)} {word} ({shown})",
                    f"{command} {codes[0]}" if command == "explain" else command,
                )
            )
    width = max(len(text) for text, _ in rows)
    lines = [
        f"  {text:<{width}}  {click.style(f'lrmigrate {how}', fg='cyan') if how else ''}"
        for text, how in rows
    ]
    head = f"{count(done + len(left), 'finding')} in {count(files, 'file')}:"
    return "\n".join([click.style(head, bold=True), *(line.rstrip() for line in lines)])
