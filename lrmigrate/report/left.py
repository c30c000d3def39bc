"""What a fix leaves, in short: a line per site, and below those of one training why, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from lrmigrate.model import FileReport, Finding
from lrmigrate.report.terminal import count, explained, headline, printable, wrapped

_MOST = 10  # sites: what a screen holds
_INDENT = "    "


def render(reports: Sequence[FileReport], width: int, how: str) -> str:
    """The sites that are left, for a terminal of some ``width``; ``how`` lists those that do not fit."""
    room, lines = _MOST, []
    for report in reports:
        for group in _groups(report.findings):
            if len(group) <= room:
                lines += [*_block(report.path, group, width), ""]
            room -= len(group)
    total = sum(len(report.findings) for report in reports)
    hidden = total - sum(line.startswith(_SITE) for line in lines)
    if hidden:
        lines += [f"... and {count(hidden, 'more site', 's')}: {click.style(how, fg='cyan')}", ""]
    return "".join(f"{line.removeprefix(_SITE)}\n" for line in lines)


_SITE = "\0"


def _groups(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings that must be mended together, or of which the same is said, in groups."""
    groups: list[list[Finding]] = []
    for finding in findings:
        for group in groups:
            if any(_go_together(finding, other) for other in group):
                group.append(finding)
                break
        else:
            groups.append([finding])
    return groups


def _go_together(one: Finding, other: Finding) -> bool:
    """Whether two findings are shown as one."""
    return one.belongs_to(other) or bool(one.reason and explained(one) == explained(other))


def _block(path: str, group: Sequence[Finding], width: int) -> Iterator[str]:
    """The lines on findings that go together."""
    for finding in group:
        yield _SITE + headline(path, finding)
    for text in dict.fromkeys(text for finding in group for text in explained(finding)):
        level, _, reason = printable(text).partition(": ")
        first, *more = wrapped(reason, _INDENT, width, f"{_INDENT}{level}: ")
        yield first.replace(f"{level}:", click.style(f"{level}:", bold=True), 1)
        yield from more
