"""How `check` and `fix` get their work done: with or without a cache, here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from lrmigrate.project import runner

if TYPE_CHECKING:
    from lrmigrate.model import FileReport
    from lrmigrate.options import Options

_CACHE_FROM = 64  # files; to look at fewer takes no longer than to ask the cache


class NoWorkers(Exception):
    """The work cannot be done where the user wants it done. A sentence."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the user wants it."""

    cached: bool = True
    cache_folder: str | None = None
    dask: str | None = None  # the address of a scheduler


def run(paths: Iterable[str], options_of: Callable[[str], Options], work: Work) -> list[FileReport]:
    """The reports on files, which may still be looked for; raises NoWorkers, and what ``paths`` does."""
    waiting = iter(paths)
    first = list(islice(waiting, _CACHE_FROM))
    if not first:
        _warn("there are no Python files or notebooks, or all are excluded")
    files = chain(first, waiting)
    cache = None
    if work.cached and len(first) == _CACHE_FROM:
        from lrmigrate.project.cache import opened

        cache = opened(work.cache_folder)
    if work.dask is None:
        return list(runner.run(files, options_of, None, cache, _warn))
    from lrmigrate.project.cluster import NoCluster, executor

    named = list(files)
    try:
        with executor(work.dask, named) as cluster:
            return list(runner.run(named, options_of, cluster, cache, _warn))
    except NoCluster as error:
        raise NoWorkers(str(error)) from None


def _warn(sentence: str) -> None:
    """Tell the user on standard error, beside the report."""
    click.echo(f"Warning: {sentence}", err=True)
