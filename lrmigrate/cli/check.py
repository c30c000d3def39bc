"""`lrmigrate check`: the findings of files and folders, with a baseline or comments if that is asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lrmigrate.cli.exits import EPILOG
from lrmigrate.cli.parameters import reporting, sources, working

if TYPE_CHECKING:
    from lrmigrate.cli.output import Output
    from lrmigrate.cli.work import Work
    from lrmigrate.project.config import Flags


class _Check(click.Command):
    """A command whose `--add-ignore` may stand without a value: the next word is a path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        return super().parse_args(ctx, ["--add-ignore=" if arg == "--add-ignore" else arg for arg in args])


@click.command(cls=_Check, epilog=EPILOG)
@sources
@working
@reporting
@click.option(
    "--add-ignore", metavar="[=REASON]", help="Write a comment for every finding that suppresses it."
)
@click.option("--baseline", metavar="FILE", help="Report only what is not in this baseline.")
@click.option("--update-baseline", is_flag=True, help="Write the baseline anew, with everything found.")
def check(
    paths: tuple[str, ...],
    flags: Flags,
    stdin_filename: str | None,
    work: Work,
    output: Output,
    add_ignore: str | None,
    baseline: str | None,
    update_baseline: bool,
) -> None:
    """List the legacy learning-rate code in files and folders.

    `-` is standard input; without a PATH it is the working folder.
    """
    from dataclasses import replace

    from lrmigrate.cli import work as cli_work
    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.cli.output import show_check, status
    from lrmigrate.project.config import Settings
    from lrmigrate.project.fixer import Fixer

    if update_baseline and baseline is None:
        raise BadRequest("--update-baseline needs --baseline FILE.")
    settings = Settings(flags)
    output = output.settled(settings.output_format)
    if add_ignore is not None:
        from lrmigrate.cli.adopt import ignored

        reports = ignored(paths, settings, add_ignore)
    else:
        reports = cli_work.run(paths, settings, work, stdin_filename)
    if baseline is not None:
        from lrmigrate.cli.adopt import compared

        named = [stdin_filename or "<stdin>" if path == "-" else path for path in paths]
        reports, told = compared(reports, named, settings, baseline, update_baseline)
        if not output.quiet:
            click.echo(told, err=True, nl=False)
        if not any(report.findings for report in reports):
            output = replace(output, quiet=True)  # the baseline has its own sentence
    show_check(reports, output, Fixer(settings.options))
    sys.exit(status(reports, output))
