"""`lrmigrate check`: the findings of files and folders, with a baseline or comments if that is asked for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lrmigrate.cli.exits import EPILOG
from lrmigrate.cli.grouped import A_FILE, DOING, FILES, SETTINGS, Command, option
from lrmigrate.cli.parameters import reporting, since, sources, working

if TYPE_CHECKING:
    from lrmigrate.cli.output import Output
    from lrmigrate.cli.work import Work
    from lrmigrate.model import FileReport
    from lrmigrate.project.config import Flags, Settings


class _Check(Command):
    """A command whose `--add-ignore` may stand without a value: the next word is a path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        return super().parse_args(ctx, ["--add-ignore=" if arg == "--add-ignore" else arg for arg in args])


def _not_here(_: click.Context, __: click.Parameter, wanted: bool) -> None:
    """Tell those who know another linter where fixes are made; raises BadRequest."""
    if wanted:
        from lrmigrate.cli.errors import BadRequest

        raise BadRequest(
            "fixes are made by a command of their own: `lrmigrate fix` shows them, `fix --write` writes the "
            "safe ones, `fix --unsafe --write` the others, too"
        )


@click.command(cls=_Check, epilog=EPILOG)
@sources
@since
@working
@reporting
@option(DOING)("--diff", is_flag=True, help="Show what `fix` would change, and write nothing.")
@option(DOING)(
    "--add-ignore", metavar="[=REASON]", help="Write a comment for every finding that suppresses it."
)
@option(DOING)("--baseline", metavar="FILE", type=A_FILE, help="Report only what is not in this baseline.")
@option(DOING)("--update-baseline", is_flag=True, help="Write the baseline anew, with everything found.")
@click.option("--fix", "--unsafe-fixes", is_flag=True, hidden=True, expose_value=False, callback=_not_here)
@option(DOING)("--watch", is_flag=True, help="Check again whenever a file has changed, until Ctrl-C.")
@option(FILES)("--show-files", is_flag=True, help="List the files that would be looked at, and no more.")
@option(SETTINGS)("--show-settings", is_flag=True, help="Show what holds for the first file, and no more.")
def check(
    paths: tuple[str, ...],
    flags: Flags,
    stdin_filename: str | None,
    since: str | None,
    work: Work,
    output: Output,
    diff: bool,
    add_ignore: str | None,
    baseline: str | None,
    update_baseline: bool,
    watch: bool,
    show_files: bool,
    show_settings: bool,
) -> None:
    """List the legacy learning-rate code in files and folders.

    `-` is standard input; without a PATH it is the working folder.
    """
    from dataclasses import replace

    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.cli.output import show_check, show_fix, status
    from lrmigrate.project.config import Settings
    from lrmigrate.project.fixer import Fixer

    if update_baseline and baseline is None:
        raise BadRequest("--update-baseline needs --baseline FILE.")
    if diff and (baseline or add_ignore is not None):
        raise BadRequest("--diff shows fixes: `lrmigrate fix --baseline FILE` shows those of what is new.")
    if watch:
        _watch(paths, flags, work, output, alone=not (diff or baseline or since or add_ignore is not None))
        return
    settings = Settings(replace(flags, fix=diff))
    if show_files or show_settings:
        from lrmigrate.cli import listing

        listing.show(paths, settings, show_settings)
        return
    output = output.settled(settings.output_format)
    reports = _found(paths, settings, work, stdin_filename, since, add_ignore)
    if diff:
        show_fix(reports, output, Fixer(settings.options), write=False, show=True)
        sys.exit(status(reports, output, fixes_count=True))
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


def _watch(paths: tuple[str, ...], flags: Flags, work: Work, output: Output, alone: bool) -> None:
    """Check whenever a file has changed; raises BadRequest."""
    from lrmigrate.cli import work as cli_work
    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.cli.output import show_check, status
    from lrmigrate.cli.watch import watch
    from lrmigrate.project.config import Settings
    from lrmigrate.project.fixer import Fixer

    if not alone or "-" in paths:
        raise BadRequest("--watch checks files, and goes with no other thing to do.")

    def check(settings: Settings) -> None:
        """Check, and show what was found."""
        settled = output.settled(settings.output_format)
        reports = cli_work.run(paths, settings, work)
        show_check(reports, settled, Fixer(settings.options))
        status(reports, settled)

    watch(paths, lambda: Settings(flags), check)


def _found(
    paths: tuple[str, ...],
    settings: Settings,
    work: Work,
    stdin_filename: str | None,
    since: str | None,
    add_ignore: str | None,
) -> list[FileReport]:
    """The reports on what was named; those of changed lines alone, or what no comment can suppress."""
    from lrmigrate.cli import work as cli_work

    if add_ignore is not None:
        from lrmigrate.cli.adopt import ignored

        return ignored(paths, settings, add_ignore)
    if since is None:
        return cli_work.run(paths, settings, work, stdin_filename)
    from lrmigrate.cli.adopt import changes_since, fix_new, on_changed_lines

    changes = changes_since(since, paths)
    if settings.flags.fix:
        return fix_new(paths, settings, None, changes)[0]
    reports = cli_work.run(paths, settings, work, only=changes.touches)
    return [on_changed_lines(report, changes) for report in reports]
