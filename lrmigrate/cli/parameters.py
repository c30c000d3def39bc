"""The options and arguments that commands share.

A group of options reaches its command as one value, made by the decorator: `flags`, `work`, `output`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

import click

from lrmigrate.model import FORMATS

Command: TypeAlias = "Callable[..., Any]"


def _with(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    """A command with parameters, which its help shows in the order in which they stand here."""
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def configured(command: Command) -> Command:
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

    return _with(
        with_flags,
        click.option(
            "--select", multiple=True, metavar="CODES", help="Only these rules: codes or prefixes, or ALL."
        ),
        click.option("--extend-select", multiple=True, metavar="CODES", help="These rules, too."),
        click.option("--ignore", multiple=True, metavar="CODES", help="None of these rules."),
        click.option(
            "--target",
            type=click.Choice(["keras3", "tf2"]),
            help="What fixed code must run on; tf2: Keras 2.4 or later. [default: keras3]",
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="PATTERN",
            help="Skip these paths (as in .gitignore) in place of the default ones.",
        ),
        click.option("--extend-exclude", multiple=True, metavar="PATTERN", help="Skip these paths, too."),
        click.option("--config", metavar="FILE", help="Read this configuration, for all files."),
        click.option("--isolated", is_flag=True, help="Read no configuration."),
    )


def working(command: Command) -> Command:
    """The options on how `check` and `fix` get their work done, which reach them as one `work`."""

    @wraps(command)
    def with_work(
        *arguments: Any, no_cache: bool, cache_dir: str | None, dask: str | None, **options: Any
    ) -> Any:
        from lrmigrate.cli.work import Work

        return command(*arguments, work=Work(not no_cache, cache_dir, dask), **options)

    return _with(
        with_work,
        click.option(
            "--no-cache", is_flag=True, envvar="LRMIGRATE_NO_CACHE", help="Look at every file anew."
        ),
        click.option(
            "--cache-dir",
            metavar="FOLDER",
            envvar="LRMIGRATE_CACHE_DIR",
            help="Where to remember clean files. [default: .lrmigrate_cache]",
        ),
        click.option("--dask", metavar="ADDRESS", help="Work on a Dask cluster that sees the same files."),
    )


def reporting(command: Command) -> Command:
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

    return _with(
        with_output,
        click.option("--output-format", type=click.Choice([*FORMATS]), help="How to report. [default: text]"),
        click.option("-o", "--output-file", metavar="FILE", help="Write the report to a file."),
        click.option("-q", "--quiet", is_flag=True, help="Nothing but findings."),
        click.option(
            "--statistics", is_flag=True, help="Count the findings by rule instead of listing them."
        ),
        click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found; errors still give 2."),
    )


def sources(command: Command) -> Command:
    """The arguments and options that say what `check` and `fix` look at."""
    return _with(
        command,
        click.option(
            "--stdin-filename", metavar="PATH", help="The name of what is read from standard input (`-`)."
        ),
        configured,
        or_here,
    )


def or_here(command: Command) -> Command:
    """The paths that were named, or else the working folder."""

    def paths_or_here(_: click.Context, __: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
        return paths or (".",)

    return click.argument("paths", nargs=-1, callback=paths_or_here, metavar="[PATH]...")(command)
