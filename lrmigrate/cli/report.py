"""`lrmigrate report`: what was found, and the proof of it if that is asked for, as one HTML page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lrmigrate.cli.exits import EPILOG
from lrmigrate.cli.grouped import A_FILE, DOING, OUTPUT, Command, option
from lrmigrate.cli.parameters import coloured, configured, exit_zero, or_here

if TYPE_CHECKING:
    from lrmigrate.project.config import Flags


@click.command(cls=Command, epilog=EPILOG)
@or_here
@configured
@option(DOING)("--verify", is_flag=True, help="Run old and new code; show verdicts and curves.")
@option(DOING)(
    "--python", metavar="PATH", type=A_FILE, help="With --verify: the Python of another environment."
)
@option(OUTPUT)(
    "-o",
    "--output-file",
    "--output",
    "output",
    required=True,
    metavar="FILE",
    type=A_FILE,
    help="The page (`-`: standard output).",
)
@coloured
@exit_zero
def report(
    paths: tuple[str, ...], flags: Flags, output: str, verify: bool, python: str | None, exit_zero: bool
) -> None:
    """Write every site with its diff, and its curves if verified, as one self-contained HTML page."""
    try:
        import jinja2  # noqa: F401 - the extra's own sign
    except ImportError as error:
        from lrmigrate.cli.errors import BadRequest

        raise BadRequest(f"the report needs Jinja2 ({error}): `pip install 'jinja2>=3.1'`") from None
    from lrmigrate.cli import page, work
    from lrmigrate.cli.output import Output, status
    from lrmigrate.project.config import Settings
    from lrmigrate.project.fixer import Fixer
    from lrmigrate.report.summary import summary

    page.check_output(output)
    settings = Settings(flags)
    reports = work.run(paths, settings, work.Work())
    proof = page.verified(reports, python) if verify else None
    page.write(reports, Fixer(settings.options), proof, output)
    click.echo(summary(reports), err=output == "-")
    sys.exit(status(reports, Output(exit_zero=exit_zero)))
