"""`check --watch`: checks again whenever a file has changed, until Ctrl-C."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

import click

from lrmigrate.cli.work import found
from lrmigrate.model import UserError
from lrmigrate.project.config import Settings
from lrmigrate.report.terminal import count

_PAUSE = 0.4  # seconds between looks
_SHARE = 10  # times as long as a look takes is waited besides, so that a large tree costs little


def watch(
    paths: Sequence[str], settings_of: Callable[[], Settings], check: Callable[[Settings], None]
) -> None:
    """Check at once, and after each change; returns when it is interrupted.

    What is wrong with a configuration is said, and its next version waited for.
    """
    last: dict[str, tuple[int, int]] | None = None
    looking = 0.0
    try:
        while True:
            began = time.monotonic()
            try:
                settings = settings_of()
                now = _states(paths, settings)
                looking = _SHARE * (time.monotonic() - began)
                if now != last:
                    last = now
                    _begin()
                    check(settings)
                    click.echo(f"\nWatching {count(len(now), 'file')}; Ctrl-C ends.", err=True)
            except UserError as error:
                if last != {}:
                    last = {}
                    _begin()
                    click.echo(f"Error: {error}", err=True)
            time.sleep(_PAUSE + looking)
    except KeyboardInterrupt:
        click.echo(err=True)


def _states(paths: Sequence[str], settings: Settings) -> dict[str, tuple[int, int]]:
    """The files and their configurations, each with what tells that it has changed."""
    states = {}
    files = list(found(paths, settings))
    for path in [*files, *{settings.config(file).file for file in files}]:
        try:
            status = os.stat(path)
            states[path] = status.st_mtime_ns, status.st_size
        except OSError:
            continue
    return states


def _begin() -> None:
    """A screen of its own for each check, where there is one."""
    if sys.stdout.isatty():
        click.clear()
