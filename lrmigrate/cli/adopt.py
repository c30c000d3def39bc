"""`check --add-ignore` and `check --baseline`: old findings are known, only new ones fail.

What is asked and what is shown; loaded only when it is asked for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import click

from lrmigrate.cli.errors import BadRequest
from lrmigrate.cli.work import found
from lrmigrate.model import FileReport
from lrmigrate.project import baseline
from lrmigrate.project.add_ignore import add_ignores
from lrmigrate.project.config import Settings, narrowed
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
