"""The command line. Imports click and nothing heavy: `--help` and clean files must be fast."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lrmigrate import __version__
from lrmigrate.report import FORMATS

if TYPE_CHECKING:
    from lrmigrate.cli.output import Output
    from lrmigrate.cli.work import Work
    from lrmigrate.model import FileReport
    from lrmigrate.project.config import Flags, Settings

CLEAN, FINDINGS, ERROR = 0, 1, 2
_EPILOG = "Exit status: 0 nothing found, 1 findings, 2 an error."


class _Program(click.Group):
    """The commands; an interruption, and what the system refuses them, is a sentence and an error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail("interrupted; every file is as it was or as it shall be.")
        except BrokenPipeError:
            raise  # whoever reads has seen enough, which click knows
        except OSError as error:
            if error.filename is None:  # it cannot be said again when the program ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _fail(f"{error.filename or 'standard output'}: {error.strerror or error}")


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, prog_name="lrmigrate")
@click.pass_context
def main(context: click.Context) -> None:
    """Find TensorFlow 1 and Keras 1/2 learning-rate code and move it to Keras 3."""
    if os.environ.get("NO_COLOR"):
        context.color = False


def _configured(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that a configuration file can have, too; they reach the command as `flags`."""

    @wraps(command)
    def with_flags(
        *arguments: Any,
        select: tuple[str, ...],
        extend_select: tuple[str, ...],
        ignore: tuple[str, ...],
        exclude: tuple[str, ...],
        extend_exclude: tuple[str, ...],
        target: str | None,
        config: str | None,
        isolated: bool,
        **options: Any,
    ) -> Any:
        from lrmigrate.model import Target
        from lrmigrate.project.config import Flags
        from lrmigrate.selection import Layer, split

        layer = Layer(split(select) if select else None, split(extend_select), split(ignore))
        goal = Target(target) if target else None
        flags = Flags(layer, exclude or None, extend_exclude, goal, config, isolated)
        return command(*arguments, flags=flags, **options)

    decorated: Callable[..., Any] = with_flags
    for decorate in (  # the help shows the last one first
        click.option("--isolated", is_flag=True, help="Read no configuration."),
        click.option("--config", metavar="FILE", help="Read this configuration, for all files."),
        click.option("--extend-exclude", multiple=True, metavar="PATTERN", help="Skip these paths, too."),
        click.option(
            "--exclude",
            multiple=True,
            metavar="PATTERN",
            help="Skip these paths (as in .gitignore) in place of the default ones.",
        ),
        click.option(
            "--target",
            type=click.Choice(["keras3", "tf2"]),
            help="What fixed code must run on; tf2: Keras 2.4 or later. [default: keras3]",
        ),
        click.option("--ignore", multiple=True, metavar="CODES", help="None of these rules."),
        click.option("--extend-select", multiple=True, metavar="CODES", help="These rules, too."),
        click.option(
            "--select", multiple=True, metavar="CODES", help="Only these rules: codes or prefixes, or ALL."
        ),
    ):
        decorated = decorate(decorated)
    return decorated


def _working(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options on how `check` and `fix` get their work done, which reach them as one `work`."""

    @wraps(command)
    def with_work(
        *arguments: Any, no_cache: bool, cache_dir: str | None, dask: str | None, **options: Any
    ) -> Any:
        from lrmigrate.cli.work import Work

        return command(*arguments, work=Work(not no_cache, cache_dir, dask), **options)

    decorated: Callable[..., Any] = with_work
    for decorate in (
        click.option("--dask", metavar="ADDRESS", help="Work on a Dask cluster that sees the same files."),
        click.option(
            "--cache-dir",
            metavar="FOLDER",
            envvar="LRMIGRATE_CACHE_DIR",
            help="Where to remember clean files. [default: .lrmigrate_cache]",
        ),
        click.option(
            "--no-cache", is_flag=True, envvar="LRMIGRATE_NO_CACHE", help="Look at every file anew."
        ),
    ):
        decorated = decorate(decorated)
    return decorated


def _reporting(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options on how `check` and `fix` report, which reach them as one `output`."""

    @wraps(command)
    def with_output(
        *arguments: Any,
        output_format: str | None,
        output_file: str | None,
        quiet: bool,
        statistics: bool,
        exit_zero: bool,
        **options: Any,
    ) -> Any:
        from lrmigrate.cli.output import Output

        output = Output(output_format or "", output_file, quiet, statistics, exit_zero)
        return command(*arguments, output=output, **options)

    decorated: Callable[..., Any] = with_output
    for decorate in (
        click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found; errors still give 2."),
        click.option(
            "--statistics", is_flag=True, help="Count the findings by rule instead of listing them."
        ),
        click.option("-q", "--quiet", is_flag=True, help="Nothing but findings."),
        click.option("-o", "--output-file", metavar="FILE", help="Write the report to a file."),
        click.option("--output-format", type=click.Choice([*FORMATS]), help="How to report. [default: text]"),
    ):
        decorated = decorate(decorated)
    return decorated


def _or_here(_: click.Context, __: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that were named, or else the working folder."""
    return paths or (".",)


def _sources(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments and options that `check` and `fix` share."""
    for decorate in (
        click.argument("paths", nargs=-1, callback=_or_here, metavar="[PATH]..."),
        _configured,
        click.option(
            "--stdin-filename", metavar="PATH", help="The name of what is read from standard input (`-`)."
        ),
    ):
        command = decorate(command)
    return command


class _Check(click.Command):
    """A command whose `--add-ignore` may stand without a value: the next word is a path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line."""
        return super().parse_args(ctx, ["--add-ignore=" if arg == "--add-ignore" else arg for arg in args])


@main.command(cls=_Check, epilog=_EPILOG, short_help="List legacy learning-rate code.")
@_sources
@_working
@_reporting
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

    from lrmigrate.cli.output import show_check, status
    from lrmigrate.project.config import Settings

    if update_baseline and baseline is None:
        _fail("--update-baseline needs --baseline FILE.")
    with _sentences():
        settings = Settings(flags)
        output = output.settled(settings.output_format)
        if add_ignore is not None:
            reports = _ignored(paths, settings, add_ignore)
        else:
            reports = _run(paths, settings, stdin_filename, work)
        if baseline is not None:
            named = [stdin_filename or "<stdin>" if path == "-" else path for path in paths]
            reports, told = _compared(reports, named, settings, baseline, update_baseline)
            if not output.quiet:
                click.echo(told, err=True, nl=False)
            if not any(report.findings for report in reports):
                output = replace(output, quiet=True)  # the baseline has its own sentence
        show_check(reports, output)
    sys.exit(status(reports, output))


@main.command(
    epilog="Exit status: 0 nothing left to do, 1 findings or unwritten fixes, 2 an error.",
    short_help="Show the fixes as a diff, or write them.",
)
@click.option("--write", is_flag=True, help="Write the fixed files.")
@click.option("--unsafe/--no-unsafe", default=None, help="Apply the unsafe fixes too.")
@click.option("--diff", "show", is_flag=True, help="Show the diff, together with --write too.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if anything was fixed.")
@click.option("-i", "--interactive", is_flag=True, help="Ask for each fix, and write what was chosen.")
@click.option("--verify", is_flag=True, help="Apply only what was verified by running old and new code.")
@click.option("--python", metavar="PATH", help="With --verify: the Python of another environment.")
@_sources
@_working
@_reporting
def fix(
    paths: tuple[str, ...],
    flags: Flags,
    stdin_filename: str | None,
    work: Work,
    output: Output,
    write: bool,
    unsafe: bool | None,
    show: bool,
    exit_non_zero_on_fix: bool,
    interactive: bool,
    verify: bool,
    python: str | None,
) -> None:
    """Show the fixes as a diff; write them with --write.

    `-` is standard input, whose result goes to standard output; without a PATH it is the working folder.
    """
    from dataclasses import replace

    from lrmigrate.cli.output import show_fix, show_fixed_stdin, status
    from lrmigrate.project.config import Settings

    stdin = "-" in paths
    if interactive and (verify or stdin):
        _fail("--interactive works on files, and without --verify.")
    if work.dask and (interactive or verify):
        _fail("--dask works without --verify and --interactive.")
    flags = replace(flags, unsafe=unsafe, fix=True, write=write and not stdin)
    with _sentences():
        settings = Settings(flags)
        output = output.settled(settings.output_format)
        if interactive:
            sys.exit(_fix_interactively(paths, settings, output, exit_non_zero_on_fix))
        if verify:
            reports = _run_verified(paths, settings, python)
        else:
            reports = _run(paths, settings, stdin_filename, work)
        if stdin and not show and output.for_people:
            show_fixed_stdin(reports, output, _stdin())
        else:
            show_fix(reports, output, write, show)
    sys.exit(status(reports, output, exit_non_zero_on_fix or not (write or stdin)))


def _fix_interactively(
    paths: tuple[str, ...], settings: Settings, output: Output, exit_non_zero_on_fix: bool
) -> int:
    """Ask for each fix; the exit code. Raises BadPath, BadConfig and BadOutput."""
    from lrmigrate.cli import interactive
    from lrmigrate.cli.output import show_chosen, status

    try:
        answers = interactive.fix(paths, settings)
        show_chosen(answers.reports, output)
    except interactive.NoTerminal as error:
        _fail(str(error))
    code = status(answers.reports, output, exit_non_zero_on_fix)
    return max(code, FINDINGS) if answers.stopped and not output.exit_zero else code


@main.command(
    epilog="Exit status: 0 nothing differs, 1 a difference, 2 an error.",
    short_help="Prove fixes by running old and new code.",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_configured
@click.option("--unsafe/--no-unsafe", default=None, help="The sites of unsafe fixes too.")
@click.option("--before", metavar="OLD.py", help="Compare two versions of a file of your own: the old one.")
@click.option("--after", metavar="NEW.py", help="Compare two versions of a file of your own: the new one.")
@click.option("--catalog", is_flag=True, help="Every API that lrmigrate knows, independent of any file.")
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
def verify(paths: tuple[str, ...], flags: Flags, **options: Any) -> None:
    """Prove fixes: run old and new code side by side and compare the rates at every step."""
    try:
        import rich  # noqa: F401 - the extra's own sign
    except ImportError as error:
        _fail(
            f"verification needs more packages ({error}): `pip install 'lrmigrate[verify]'`, "
            "or `pip install rich` where --python names an environment with TensorFlow"
        )
    from lrmigrate.cli import verify as cli_verify
    from lrmigrate.verify.client import CannotVerify

    try:
        with _sentences():
            differs = cli_verify.run(paths, flags, options)
    except (CannotVerify, cli_verify.BadRequest) as error:
        _fail(str(error))
    sys.exit(FINDINGS if differs else CLEAN)


@main.command(epilog=_EPILOG, short_help="Write what was found as one HTML page.")
@click.argument("paths", nargs=-1, callback=_or_here, metavar="[PATH]...")
@_configured
@click.option("-o", "--output", required=True, metavar="FILE", help="The page (`-`: standard output).")
@click.option("--verify", is_flag=True, help="Run old and new code; show verdicts and curves.")
@click.option("--python", metavar="PATH", help="With --verify: the Python of another environment.")
@click.option("--exit-zero", is_flag=True, help="End with 0 even when there are findings.")
def report(
    paths: tuple[str, ...], flags: Flags, output: str, verify: bool, python: str | None, exit_zero: bool
) -> None:
    """Write every site with its diff, and its curves if verified, as one self-contained HTML page."""
    try:
        import jinja2  # noqa: F401 - the extra's own sign
    except ImportError as error:
        _fail(f"the report needs Jinja2 ({error}): `pip install 'lrmigrate[report]'`")
    from lrmigrate.cli import report as cli_report
    from lrmigrate.cli.output import Output, status
    from lrmigrate.cli.work import Work
    from lrmigrate.project.config import Settings
    from lrmigrate.report.summary import summary
    from lrmigrate.verify.client import CannotVerify

    try:
        cli_report.check_output(output)
        with _sentences():
            reports = _run(paths, Settings(flags), None, Work())
        proof = cli_report.verified(reports, python) if verify else None
        cli_report.write(reports, proof, output)
    except (CannotVerify, cli_report.CannotReport) as error:
        _fail(str(error))
    click.echo(summary(reports), err=output == "-")
    sys.exit(status(reports, Output(exit_zero=exit_zero)))


@main.command()
def rules() -> None:
    """List the rules."""
    from lrmigrate.catalog import rules as all_rules

    for rule in all_rules().values():
        off = "" if rule.default else " (off by default)"
        click.echo(f"{rule.code}  {rule.title.replace('`', '')}{off}")


@main.command(short_help="Explain a rule.")
@click.argument("code")
def explain(code: str) -> None:
    """Explain a rule: what it finds, why it hurts, before and after."""
    from lrmigrate.docs import explain as page

    text = page(code)
    if text is None:
        from lrmigrate.selection import hint

        _fail(f"there is no rule {code!r}{hint(code)}")
    click.echo(text)


@main.command(epilog="Exit status: 0 after a proper shutdown, 2 an error.", short_help="Serve an editor.")
def server() -> None:
    """Serve an editor over standard input and output: findings, fixes and explanations while one types."""
    try:
        from lrmigrate.lsp.server import create
    except ImportError as error:
        _fail(f"the language server needs more packages ({error}): `pip install 'lrmigrate[lsp]'`")
    create().start_io()


@contextmanager
def _sentences() -> Iterator[None]:
    """Ends the program with a sentence when paths, a configuration, codes or a report cannot be."""
    from lrmigrate.cli.output import BadOutput
    from lrmigrate.cli.work import NoWorkers
    from lrmigrate.project.config_file import BadConfig
    from lrmigrate.project.patterns import BadPath
    from lrmigrate.selection import UnknownCode

    try:
        yield
    except UnknownCode as error:
        _fail(f"--select, --extend-select or --ignore: {error}")
    except (BadPath, BadConfig, BadOutput, NoWorkers) as error:
        _fail(str(error))


def _run(
    paths: tuple[str, ...], settings: Settings, stdin_filename: str | None, work: Work
) -> list[FileReport]:
    """The reports of all paths; raises BadPath, BadConfig and NoWorkers."""
    from lrmigrate.cli import work as cli_work
    from lrmigrate.model import FileReport
    from lrmigrate.project import runner
    from lrmigrate.project.files import discover, is_excluded

    if "-" in paths:
        if len(paths) > 1:
            _fail("Standard input (`-`) cannot be combined with other paths.")
        name = stdin_filename or "<stdin>"
        if stdin_filename and is_excluded(name, settings.exclusion):
            return [FileReport(name)]
        return [runner.process_bytes(name, _stdin(), settings.options(name))]
    return cli_work.run(discover(paths, settings.exclusion), settings.options, work)


def _ignored(paths: tuple[str, ...], settings: Settings, reason: str) -> list[FileReport]:
    """What is left after comments were written; raises BadPath and BadConfig."""
    from lrmigrate.cli.adopt import ignored
    from lrmigrate.project.add_ignore import BadReason

    if "-" in paths:
        _fail("--add-ignore works on files, not on standard input.")
    try:
        return ignored(paths, settings, reason)
    except BadReason as error:
        _fail(str(error))


def _compared(
    reports: list[FileReport], paths: list[str], settings: Settings, baseline: str, update: bool
) -> tuple[list[FileReport], str]:
    """What a baseline does not know, and what is to be said of it; raises BadConfig."""
    from lrmigrate.cli.adopt import compared
    from lrmigrate.project.baseline import BadBaseline

    try:
        return compared(reports, paths, settings, baseline, update)
    except BadBaseline as error:
        _fail(str(error))


@cache
def _stdin() -> bytes:
    """Standard input, which can be read only once."""
    return sys.stdin.buffer.read()


def _run_verified(paths: tuple[str, ...], settings: Settings, python: str | None) -> list[FileReport]:
    """The reports of all paths, fixed by what was verified only; raises BadPath and BadConfig."""
    from lrmigrate.cli.verify import fix_verified
    from lrmigrate.verify.client import CannotVerify

    if "-" in paths:
        _fail("--verify works on files, not on standard input.")
    try:
        return fix_verified(paths, settings, python)
    except CannotVerify as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    """End the program with an error."""
    from lrmigrate.report.terminal import printable

    click.echo(f"Error: {printable(message)}", err=True)
    sys.exit(ERROR)
