"""How a command finds its files and looks at them: with or without a cache, here or on a cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from lrmigrate.cli.progress import current
from lrmigrate.project import runner

if TYPE_CHECKING:
    from lrmigrate.model import FileReport
    from lrmigrate.project.config import Settings

_CACHE_FROM = 64  # files; to look at fewer takes no longer than to ask the cache


@dataclass(frozen=True, slots=True)
class Work:
    """How the user wants it done."""

    cached: bool = True
    cache_folder: str | None = None
    dask: str | None = None  # the address of a scheduler


def run(
    paths: tuple[str, ...],
    settings: Settings,
    work: Work,
    stdin_filename: str | None = None,
    only: Callable[[str], bool] | None = None,
) -> list[FileReport]:
    """The reports on files and folders, or on standard input (`-`), which may be told its name.

    ``only`` says of each file whether it is wanted.
    Raises BadPath, BadConfig, BadRequest and NoCluster.
    """
    if work.cached and work.dask is None:
        settings.keep(work.cache_folder or "")
    if "-" not in paths:
        files = found(paths, settings)
        return _run(filter(only, files) if only else files, settings, work, frozenset(paths))
    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.model import FileReport
    from lrmigrate.project.files import is_excluded

    if len(paths) > 1:
        raise BadRequest("Standard input (`-`) cannot be combined with other paths.")
    settings.look_around(paths)
    name = stdin_filename or "<stdin>"
    if stdin_filename and settings.forces(name) and is_excluded(name, settings.exclusion):
        return [FileReport(name)]
    options, data = settings.options(name), standard_input()
    report = runner.process_bytes(name, data, options)
    if not report.findings:
        report = runner.unreadable(name, data, options) or report
    return [report]


def found(paths: Sequence[str], settings: Settings) -> Iterator[str]:
    """The files that paths stand for, which the run is about; raises BadPath and BadConfig."""
    from lrmigrate.project.files import discover

    settings.look_around(paths)

    def is_idle(path: str) -> bool:
        """Whether there is nothing to say of a file, excluded or not."""
        return runner.has_nothing(path, settings.options(path))

    return discover(paths, settings.exclusion, settings.forces, is_idle)


def _run(paths: Iterable[str], settings: Settings, work: Work, named: frozenset[str]) -> list[FileReport]:
    """The reports on files, which may still be looked for; raises NoCluster, and what ``paths`` does."""
    waiting = iter(paths)
    first = list(islice(waiting, _CACHE_FROM))
    if not first:
        _warn("there are no Python files or notebooks, or all are excluded")
    files = current.finding(chain(first, waiting))
    marks = None
    if work.cached and len(first) == _CACHE_FROM:
        from lrmigrate.project.cache import opened

        marks = opened(work.cache_folder)
    if work.dask is None:
        return _reports(runner.run(files, settings.options, None, marks, _warn, named, current.looked))
    from lrmigrate.project.cluster import executor

    every = list(files)
    around = {settings.options(path).around for path in every}
    folders = sorted({folder for program in around if program for folder in program.folders})
    with executor(work.dask, every, folders) as cluster:
        found = runner.run(every, settings.options, cluster, marks, _warn, named, current.looked)
        return _reports(found)


def _reports(found: Iterable[FileReport]) -> list[FileReport]:
    """The reports, while it is shown how far the run is."""
    try:
        return [current.finished(report) for report in found]
    finally:
        current.clear()


def one_by_one(paths: Iterable[str]) -> Iterator[str]:
    """The paths for work that is done here, one after the other, while it is shown how far the run is."""
    for path in current.finding(paths):
        yield path
        current.looked()
    current.clear()


@cache
def standard_input() -> bytes:
    """What came from standard input, which can be read only once."""
    return sys.stdin.buffer.read()


def _warn(sentence: str) -> None:
    """Tell the user on standard error, beside the report."""
    current.clear()
    click.echo(f"Warning: {sentence}", err=True)
