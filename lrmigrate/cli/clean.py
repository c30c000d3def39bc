"""`lrmigrate clean`: the caches that runs have left behind, removed."""

from __future__ import annotations

import os
import shutil

import click

from lrmigrate.cli.grouped import Command
from lrmigrate.cli.parameters import cache_folder, or_here


@click.command(cls=Command, epilog="Exit status: 0 done, 2 an error.")
@or_here
@cache_folder
def clean(paths: tuple[str, ...], cache_dir: str | None) -> None:
    """Remove the caches of the project around each PATH, and those in folders below it."""
    from pathlib import Path

    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.project.cache import FOLDER, is_cache, place_of
    from lrmigrate.report.terminal import printable

    missing = next((path for path in paths if not os.path.exists(path)), None)
    if missing is not None:
        raise BadRequest(f"{missing}: No such file or directory")
    places = {place_of(cache_dir).absolute()}
    for path in paths:
        for folder, names, _ in os.walk(path):
            places |= {Path(folder, name).absolute() for name in names if name == FOLDER}
            names[:] = [name for name in names if name not in (FOLDER, ".git", "node_modules")]
    there = [place for place in sorted(places) if is_cache(place)]
    for place in there:
        shutil.rmtree(place)
        click.echo(f"Removed {printable(os.path.relpath(place))}.")
    if not there:
        click.echo("There is no cache to remove.")
