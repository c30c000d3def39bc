"""`lrmigrate fix`: the fixes of files and folders, shown or written: all, those chosen, or those proved."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lrmigrate.cli.exits import FINDINGS
from lrmigrate.cli.grouped import A_FILE, DOING, OUTPUT, Command, option
from lrmigrate.cli.parameters import reporting, since, sources, working

if TYPE_CHECKING:
    from lrmigrate.cli.output import Output
    from lrmigrate.cli.work import Work
    from lrmigrate.project.config import Flags, Settings
    from lrmigrate.report.fixer import Fixer


@click.command(
    cls=Command, epilog="Exit status: 0 nothing left to do, 1 findings or unwritten fixes, 2 an error."
)
@option(DOING)("--write", is_flag=True, help="Write the fixed files.")
@option(DOING)("--unsafe/--no-unsafe", default=None, help="Apply the unsafe fixes too.")
@option(DOING)("--diff", "show", is_flag=True, help="Show the diff, together with --write too.")
@option(DOING)("-i", "--interactive", is_flag=True, help="Ask for each fix, and write what was chosen.")
@option(DOING)("--baseline", metavar="FILE", type=A_FILE, help="Leave alone what is in this baseline.")
@option(DOING)("--verify", is_flag=True, help="Apply only what was verified by running old and new code.")
@option(DOING)(
    "--python", metavar="PATH", type=A_FILE, help="With --verify: the Python of another environment."
)
@sources
@since
@working
@reporting
@option(OUTPUT)("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if anything was fixed.")
def fix(
    paths: tuple[str, ...],
    flags: Flags,
    stdin_filename: str | None,
    since: str | None,
    work: Work,
    output: Output,
    write: bool,
    unsafe: bool | None,
    show: bool,
    exit_non_zero_on_fix: bool,
    interactive: bool,
    baseline: str | None,
    verify: bool,
    python: str | None,
) -> None:
    """Show the fixes as a diff; write them with --write.

    `-` is standard input, whose result goes to standard output; without a PATH it is the working folder.
    """
    from dataclasses import replace

    from lrmigrate.cli import work as cli_work
    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.cli.output import show_fix, show_fixed_stdin, status
    from lrmigrate.project.config import Settings
    from lrmigrate.project.fixer import Fixer

    stdin = "-" in paths
    if interactive and (verify or stdin):
        raise BadRequest("--interactive works on files, and without --verify.")
    if work.dask and (interactive or verify or baseline or since):
        raise BadRequest("--dask works without --verify and --interactive, without --baseline and --since.")
    if (baseline or since) and (interactive or verify):
        raise BadRequest("--baseline and --since work without --verify and --interactive.")
    settings = Settings(replace(flags, unsafe=unsafe, fix=True, write=write and not stdin))
    output = replace(output.settled(settings.output_format), paths=paths)
    fixer = Fixer(settings.options)
    if interactive:
        sys.exit(_fix_interactively(paths, settings, output, fixer, exit_non_zero_on_fix))
    if verify:
        from lrmigrate.cli.proof import fix_verified

        reports = fix_verified(paths, settings, python)
    elif baseline or since:
        from lrmigrate.cli.adopt import changes_since, fix_new

        changes = changes_since(since, paths) if since else None
        reports, told = fix_new(paths, settings, baseline, changes)
        if not output.quiet:
            click.echo(told, err=True, nl=False)
    else:
        reports = cli_work.run(paths, settings, work, stdin_filename)
    if stdin and not show and output.for_people:
        show_fixed_stdin(reports, output, fixer, cli_work.standard_input())
    else:
        show_fix(reports, output, fixer, write, show)
    sys.exit(status(reports, output, exit_non_zero_on_fix or not (write or stdin)))


def _fix_interactively(
    paths: tuple[str, ...], settings: Settings, output: Output, fixer: Fixer, exit_non_zero_on_fix: bool
) -> int:
    """Ask for each fix; the exit code. Raises BadPath, BadConfig, BadOutput and NoTerminal."""
    from lrmigrate.cli import interactive
    from lrmigrate.cli.output import show_chosen, status

    answers = interactive.fix(paths, settings, fixer)
    show_chosen(answers.reports, output, fixer)
    code = status(answers.reports, output, exit_non_zero_on_fix)
    return max(code, FINDINGS) if answers.stopped and not output.exit_zero else code
