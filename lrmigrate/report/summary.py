"""Findings counted: in a sentence, and by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import click

from lrmigrate.model import Applicability, FileReport, Finding
from lrmigrate.report.terminal import LEVELS, count, mark


def summary(reports: Sequence[FileReport]) -> str:
    """How many findings there are, and what can be done about them."""
    levels = Counter(finding.applicability for report in reports for finding in report.findings)
    total = sum(levels.values())
    if not total:
        unread = any(report.error for report in reports)
        return f"No legacy learning-rate code found{' in what could be read' if unread else ''}."
    files = sum(bool(report.findings) for report in reports)
    parts = []
    if levels[Applicability.SAFE]:
        parts.append(f"{levels[Applicability.SAFE]} fixable with `lrmigrate fix --write` [*]")
    if levels[Applicability.UNSAFE]:
        how = "more with `--unsafe`" if parts else "fixable with `lrmigrate fix --unsafe --write`"
        parts.append(f"{levels[Applicability.UNSAFE]} {how} [~]")
    if levels[Applicability.MANUAL]:
        parts.append(f"{levels[Applicability.MANUAL]} by hand")
    return f"Found {count(total, 'finding')} in {count(files, 'file')}: {', '.join(parts)}."


def statistics(reports: Sequence[FileReport]) -> str:
    """A line per rule, the most frequent first: count, code, mark, what it finds, and its levels.

    The mark is that of the worst level that occurs.
    """
    rows = _by_code(finding for report in reports for finding in report.findings)
    width = max((len(str(row.total())) for _, row in rows), default=0)
    return "".join(f"{_line(code, levels, width)}\n" for code, levels in rows)


def statistics_json(reports: Sequence[FileReport]) -> str:
    """The same as JSON: [{"code", "title", "count", "safe", "unsafe", "manual"}]."""
    import json

    data = [
        {
            "code": code,
            "title": _title(code),
            "count": levels.total(),
            **{level.value: levels[level] for level in Applicability},
        }
        for code, levels in _by_code(finding for report in reports for finding in report.findings)
    ]
    return json.dumps(data, indent=2) + "\n"


def _by_code(findings: Iterable[Finding]) -> list[tuple[str, Counter[Applicability]]]:
    """The levels of each code's findings, the most frequent code first, equal ones by code."""
    codes: dict[str, Counter[Applicability]] = {}
    for finding in findings:
        codes.setdefault(finding.code, Counter())[finding.applicability] += 1
    return sorted(codes.items(), key=lambda item: (-item[1].total(), item[0]))


def _line(code: str, levels: Counter[Applicability], width: int) -> str:
    """One line of the statistics."""
    number = click.style(f"{levels.total():>{width}}", bold=True)
    worst = max(levels, key=lambda level: level.rank)
    several = ", ".join(f"{levels[level]} {LEVELS[level]}" for level in Applicability if levels[level])
    counts = f" ({several})" if len(levels) > 1 else ""
    return f"{number}  {click.style(code, fg='red')}  {mark(worst) or '    '}{_title(code)}{counts}"


def _title(code: str) -> str:
    """What a rule finds."""
    from lrmigrate.rules import table

    return table()[code].title.replace("`", "")
