"""`lrmigrate demo`: the first minute, on a small sample that it writes into a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lrmigrate.cli.grouped import A_FOLDER, Command
from lrmigrate.cli.parameters import coloured


@click.command(cls=Command, epilog="Exit status: 0 shown, 2 an error.")
@click.argument("folder", default="lrmigrate-demo", type=A_FOLDER)
@coloured
def demo(folder: str) -> None:
    """Write a small sample into FOLDER (lrmigrate-demo), and show what `fix` would make of it.

    Called again, it writes the sample anew.
    """
    from lrmigrate.cli import work
    from lrmigrate.cli.output import Output, show_fix
    from lrmigrate.project.config import Flags, Settings
    from lrmigrate.project.fixer import Fixer

    folder = os.path.normpath(folder)
    _write(Path(folder))
    click.echo(f"Wrote a sample to {folder}; this is what `lrmigrate fix {folder}` says of it:\n")
    settings = Settings(Flags(fix=True))
    reports = work.run((folder,), settings, work.Work(cached=False))
    output = Output(brief=True, paths=(folder,))
    show_fix(reports, output, Fixer(settings.options), write=False, show=True)


def _write(folder: Path) -> None:
    """Write the sample; raises BadOutput where that would touch what is not the sample's."""
    from lrmigrate.cli.errors import BadOutput
    from lrmigrate.cli.sample import FILES, MARK, MARKED

    mark = folder / MARK
    try:
        if folder.exists() and (not mark.is_file() or mark.read_text(encoding="utf-8") != MARKED):
            raise BadOutput(f"{folder} is there already, and is not the sample: name another folder")
        folder.mkdir(exist_ok=True)
        for name, text in {MARK: MARKED, **FILES}.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        raise BadOutput(f"{folder}: not written: {getattr(error, 'strerror', None) or error}") from None
