"""`--add-ignore`, `--baseline` and `--since`: old findings are known, only new ones fail or are fixed.

What is asked and what is shown; loaded only when it is asked for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence

import click

from lrmigrate.cli.errors import BadRequest
from lrmigrate.cli.work import found, one_by_one
from lrmigrate.engine.policy import without
from lrmigrate.model import FileReport
from lrmigrate.project import baseline
from lrmigrate.project.add_ignore import add_ignores
from lrmigrate.project.changes import Changes
from lrmigrate.project.config import Settings, narrowed
from lrmigrate.project.runner import candidates, process
from lrmigrate.report.places import Places
from lrmigrate.report.terminal import count


def ignored(paths: Sequence[str], settings: Settings, reason: str) -> list[FileReport]:
    """Write a comment for every finding, say how many, and give back what is left.

    Raises BadPath, BadConfig, BadReason, BadRequest.
    """
    if "-" in paths:
        raise BadRequest("--add-ignore works on files, not on standard input.")
    files = list(found(paths, settings))
    results = add_ignores([(path, settings.options(path)) for path in files], reason)
    total = sum(result.ignored for result in results)
    changed = sum(result.ignored > 0 for result in results)
    click.echo(f"Ignored {count(total, 'finding')} in {count(changed, 'file')}.", err=True)
    return [result.report for result in results]


def compared(
    reports: Sequence[FileReport], paths: Sequence[str], settings: Settings, file: str, update: bool
) -> tuple[list[FileReport], str]:
    """The reports without what the baseline knows, and sentences; with ``update`` it is written, and
    knows everything. Raises BadBaseline.
    """
    roots = [os.path.abspath(path) for path in paths]
    broken = {os.path.abspath(report.path) for report in reports if report.error}

    def is_judged(path: str, code: str) -> bool:
        """Whether this run looked for a code in a file."""
        path = os.path.abspath(path)
        is_below = any(path == root or path.startswith(os.path.join(root, "")) for root in roots)
        return is_below and path not in broken and code in narrowed(settings.options(path), path).codes

    is_new = update and not os.path.exists(file)
    entries = Counter() if is_new else baseline.read(file)
    result = baseline.compare(file, entries, reports, is_judged)
    new = sum(len(report.findings) for report in result.reports)
    if update:
        if result.now != entries or is_new:
            baseline.save(file, result.now)
        total = count(result.now.total(), "finding")
        told = f"Baseline {file}: {total}, {new} added, {result.fixed} pruned.\n"
        return [FileReport(report.path, error=report.error) for report in reports], told
    nothing = "" if new else ", nothing new"
    told = f"Baseline {file}: {count(result.known, 'known finding')} not shown{nothing}.\n"
    if result.fixed:
        prune = f"--update-baseline prunes {'it' if result.fixed == 1 else 'them'}"
        told += f"Baseline {file}: {count(result.fixed, 'known finding')} fixed; {prune}.\n"
    return result.reports, told


def changes_since(revision: str, paths: Sequence[str]) -> Changes:
    """What has changed since a revision; raises NoChanges, BadRequest."""
    if "-" in paths:
        raise BadRequest("--since works on files, not on standard input.")
    missing = next((path for path in paths if not os.path.exists(path)), None)
    if missing is not None:
        raise BadRequest(f"{missing}: No such file or directory")
    return Changes(revision, paths)


def on_changed_lines(report: FileReport, changes: Changes) -> FileReport:
    """A report with those findings alone that stand on a line that has changed."""
    lines = changes.lines(report.path) if report.findings else None
    if lines is None:
        return report
    places = Places(report)
    regions = [(finding, places.region(finding)) for finding in report.findings]
    left = [f for f, r in regions if not any(r.line <= last and first <= r.end_line for first, last in lines)]
    return without(report, left)


def fix_new(
    paths: Sequence[str], settings: Settings, known: str | None, changes: Changes | None
) -> tuple[list[FileReport], str]:
    """Fix files, except what a baseline knows and what stands on lines that have not changed; and a
    sentence. Raises BadPath, BadConfig, BadBaseline, NoChanges, BadRequest.
    """
    if "-" in paths:
        raise BadRequest("--baseline works on files, not on standard input.")
    entries = baseline.read(known) if known else None
    passed_over = 0

    def new(report: FileReport) -> FileReport:
        """A report without what is to be left alone."""
        nonlocal passed_over
        if known and entries is not None:
            result = baseline.compare(known, entries, [report], lambda _, __: False)
            (shown,) = result.reports
            left = [finding for finding in report.findings if finding not in shown.findings]
            passed_over += len(left)
            report = without(report, left)
        return on_changed_lines(report, changes) if changes else report

    files = (path for path in found(paths, settings) if changes is None or changes.touches(path))
    reports = [_fixed(path, settings, new) for path in one_by_one(candidates(files, settings.options))]
    told = f"Baseline {known}: {count(passed_over, 'known finding')} left alone.\n" if known else ""
    return reports, told


def _fixed(path: str, settings: Settings, new: Callable[[FileReport], FileReport]) -> FileReport:
    """One file with its new findings fixed."""
    report = process(path, settings.options(path), new)
    return new(report) if report.written else report
