"""The command line. Imports click and nothing heavy: `--help` and clean files must be fast."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lrmigrate import __version__

if TYPE_CHECKING:
    from lrmigrate.config import Options
    from lrmigrate.model import FileReport

CLEAN, FINDINGS, ERROR = 0, 1, 2
_EPILOG = "Exit status: 0 nothing found, 1 findings, 2 an error."


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, prog_name="lrmigrate")
@click.pass_context
def main(context: click.Context) -> None:
    """Find TensorFlow 1 and Keras 1/2 learning-rate code and move it to Keras 3."""
    if os.environ.get("NO_COLOR"):
        context.color = False


def _sources(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options that `check` and `fix` share."""
    for decorate in (
        click.argument("paths", nargs=-1, required=True, metavar="PATH..."),
        click.option(
            "--exclude", multiple=True, metavar="PATTERN", help="Skip paths, in the language of .gitignore."
        ),
        click.option(
            "--stdin-filename", metavar="PATH", help="The name of what is read from standard input (`-`)."
        ),
        click.option(
            "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
        ),
    ):
        command = decorate(command)
    return command


@main.command(epilog=_EPILOG, short_help="List legacy learning-rate code.")
@_sources
def check(
    paths: tuple[str, ...], exclude: tuple[str, ...], stdin_filename: str | None, output_format: str
) -> None:
    """List the legacy learning-rate code in files and folders (`-`: standard input)."""
    from lrmigrate.config import Options

    reports = _run(paths, Options(exclude=exclude), stdin_filename)
    if output_format == "json":
        from lrmigrate.report import json

        click.echo(json.render(reports))
    else:
        from lrmigrate.report import text

        for line in [*text.findings(reports), text.summary(reports)]:
            click.echo(line)
    _finish(reports)


@main.command(
    epilog="Exit status: 0 nothing left to do, 1 findings or unwritten fixes, 2 an error.",
    short_help="Show the fixes as a diff, or write them.",
)
@_sources
@click.option("--write", is_flag=True, help="Write the fixed files.")
@click.option("--unsafe", is_flag=True, help="Apply the unsafe fixes too.")
@click.option("--diff", "show", is_flag=True, help="Show the diff, together with --write too.")
@click.option("--verify", is_flag=True, help="Apply only what was verified by running old and new code.")
@click.option("--python", metavar="PATH", help="With --verify: the Python of another environment.")
def fix(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    stdin_filename: str | None,
    output_format: str,
    write: bool,
    unsafe: bool,
    show: bool,
    verify: bool,
    python: str | None,
) -> None:
    """Show the fixes as a diff; write them with --write (`-`: the result goes to standard output)."""
    from lrmigrate.config import Options
    from lrmigrate.model import Applicability

    level = Applicability.UNSAFE if unsafe else Applicability.SAFE
    stdin = "-" in paths
    options = Options(level, fix=True, write=write and not stdin, exclude=exclude)
    reports = _run_verified(paths, options, python) if verify else _run(paths, options, stdin_filename)
    if output_format == "json":
        from lrmigrate.report import json

        click.echo(json.render(reports))
    elif stdin and not show:
        _echo_fixed(reports, _stdin())
    else:
        _echo_fix(reports, write, show)
    _finish(reports, fixes_count=not write and not stdin)


def _echo_fixed(reports: list[FileReport], data: bytes) -> None:
    """What came from standard input, fixed, on standard output, byte for byte where nothing was to be
    done; what is left on standard error.
    """
    from lrmigrate.report import text
    from lrmigrate.source import encoded_like

    for report in reports:
        click.echo(encoded_like(data, report.after) if report.changed and report.after else data, nl=False)
    for line in text.remaining(reports):
        click.echo(line, err=True)


def _echo_fix(reports: list[FileReport], write: bool, show: bool) -> None:
    """Diffs, what is left, and how much was fixed."""
    from lrmigrate.report import text

    for report in reports:
        if report.changed and (show or not write):
            raw = not sys.stdout.isatty()
            patch = text.diff(report, raw)
            click.echo(patch.encode("utf-8", "surrogateescape") if raw else patch, nl=False)
    for line in [*text.remaining(reports), text.fixed_summary(reports, write)]:
        click.echo(line, err=not write)


@main.command(
    epilog="Exit status: 0 nothing differs, 1 a difference, 2 an error.",
    short_help="Prove fixes by running old and new code.",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--unsafe", is_flag=True, help="The sites of unsafe fixes too.")
@click.option("--before", metavar="OLD.py", help="Compare two versions of a file of your own: the old one.")
@click.option("--after", metavar="NEW.py", help="Compare two versions of a file of your own: the new one.")
@click.option("--catalog", is_flag=True, help="Every API that lrmigrate knows, independent of any file.")
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Skip paths, in the language of .gitignore."
)
@click.option(
    "--set", "pins", multiple=True, metavar="NAME=VALUE", help="Pin a value that the text leaves open."
)
@click.option("--steps", type=click.IntRange(1, 2**31 - 1), metavar="N", help="The last step to look at.")
@click.option("--steps-per-epoch", type=click.IntRange(1), metavar="N", help="Show the rates per epoch.")
@click.option(
    "--samples", type=click.IntRange(1), metavar="N", help="With --batch-size, for --steps-per-epoch."
)
@click.option("--batch-size", type=click.IntRange(1), metavar="N", help="With --samples.")
@click.option("--csv", metavar="FILE", help="Write every step's rates.")
@click.option("--plot", metavar="FOLDER", help="Write a picture for each site (extra `plot`).")
@click.option("--python", metavar="PATH", help="The Python of another environment that has TensorFlow.")
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 86400.0),
    default=60.0,
    show_default=True,
    help="Seconds for one site.",
)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(paths: tuple[str, ...], **options: Any) -> None:
    """Prove fixes: run old and new code side by side and compare the rates at every step."""
    try:
        import rich  # noqa: F401 - the extra's own sign
    except ImportError as error:
        _fail(f"verification needs more packages ({error}): `pip install 'lrmigrate[verify]'`")
    from lrmigrate import cli_verify
    from lrmigrate.files import BadPath
    from lrmigrate.verify.client import CannotVerify

    try:
        differs = cli_verify.run(paths, options)
    except (BadPath, CannotVerify, cli_verify.BadRequest) as error:
        _fail(str(error))
    sys.exit(FINDINGS if differs else CLEAN)


@main.command(epilog=_EPILOG, short_help="Write what was found as one HTML page.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", required=True, metavar="FILE", help="The page (`-`: standard output).")
@click.option("--verify", is_flag=True, help="Run old and new code; show verdicts and curves.")
@click.option("--python", metavar="PATH", help="With --verify: the Python of another environment.")
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Skip paths, in the language of .gitignore."
)
@click.option("--exit-zero", is_flag=True, help="End with 0 even when there are findings.")
def report(
    paths: tuple[str, ...],
    output: str,
    verify: bool,
    python: str | None,
    exclude: tuple[str, ...],
    exit_zero: bool,
) -> None:
    """Write every site with its diff, and its curves if verified, as one self-contained HTML page."""
    try:
        import jinja2  # noqa: F401 - the extra's own sign
    except ImportError as error:
        _fail(f"the report needs Jinja2 ({error}): `pip install 'lrmigrate[report]'`")
    from lrmigrate import cli_report
    from lrmigrate.config import Options
    from lrmigrate.report import text
    from lrmigrate.verify.client import CannotVerify

    try:
        cli_report.check_output(output)
        reports = _run(paths, Options(exclude=exclude), None)
        proof = cli_report.verified(reports, python) if verify else None
        cli_report.write(reports, proof, output)
    except (CannotVerify, cli_report.CannotReport) as error:
        _fail(str(error))
    click.echo(text.summary(reports), err=output == "-")
    _finish([] if exit_zero and not any(report.error for report in reports) else reports)


@main.command()
def rules() -> None:
    """List the rules."""
    from lrmigrate.catalog import rules as all_rules

    for rule in all_rules().values():
        click.echo(f"{rule.code}  {rule.title.replace('`', '')}")


@main.command(short_help="Explain a rule.")
@click.argument("code")
def explain(code: str) -> None:
    """Explain a rule: what it finds, why it hurts, before and after."""
    from lrmigrate.docs import explain as page

    text = page(code)
    if text is None:
        from difflib import get_close_matches

        from lrmigrate.catalog import rules as all_rules

        near = get_close_matches(code.upper(), all_rules(), n=1)
        hint = f" Did you mean {near[0]}?" if near else " `lrmigrate rules` lists them."
        _fail(f"There is no rule {code!r}.{hint}")
    click.echo(text)


def _run(paths: tuple[str, ...], options: Options, stdin_filename: str | None) -> list[FileReport]:
    """The reports of all paths; ends the program when a path cannot be read."""
    from lrmigrate import runner
    from lrmigrate.files import BadPath, discover

    if "-" in paths:
        if len(paths) > 1:
            _fail("Standard input (`-`) cannot be combined with other paths.")
        return [runner.process_bytes(stdin_filename or "<stdin>", _stdin(), options)]
    try:
        return list(runner.run(list(discover(paths, options.exclude)), options))
    except BadPath as error:
        _fail(str(error))


@cache
def _stdin() -> bytes:
    """Standard input, which can be read only once."""
    return sys.stdin.buffer.read()


def _run_verified(paths: tuple[str, ...], options: Options, python: str | None) -> list[FileReport]:
    """The reports of all paths, fixed by what was verified only."""
    from lrmigrate.cli_verify import fix_verified
    from lrmigrate.files import BadPath
    from lrmigrate.verify.client import CannotVerify

    if "-" in paths:
        _fail("--verify works on files, not on standard input.")
    try:
        return fix_verified(paths, options, python)
    except (BadPath, CannotVerify) as error:
        _fail(str(error))


def _finish(reports: list[FileReport], fixes_count: bool = False) -> None:
    """Say what went wrong and end with the exit code."""
    errors = [report.error for report in reports if report.error]
    for error in errors:
        click.echo(f"Error: {error}", err=True)
    if errors:
        sys.exit(ERROR)
    found = any(report.findings or (fixes_count and report.changed) for report in reports)
    sys.exit(FINDINGS if found else CLEAN)


def _fail(message: str) -> NoReturn:
    """End the program with an error."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(ERROR)
