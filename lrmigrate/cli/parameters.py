"""The options and arguments that commands share.

A group of options reaches its command as one value, made by the decorator: `flags`, `work`, `output`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from lrmigrate.cli.grouped import (
    A_FILE,
    A_FOLDER,
    FILES,
    OUTPUT,
    RULES,
    SETTINGS,
    WORK,
    codes,
    option,
)
from lrmigrate.model import FORMATS

if TYPE_CHECKING:
    from lrmigrate.project.config import Flags

Command: TypeAlias = "Callable[..., Any]"


def _with(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    """A command with parameters, which its help shows in the order in which they stand here."""
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def configured(command: Command) -> Command:
    """The options that a configuration file can have, too; they reach the command as `flags`."""

    @wraps(command)
    def with_flags(*arguments: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in _CONFIGURED}
        return command(*arguments, flags=_flags(**given), **options)

    return _with(with_flags, *_RULES, *_FILES, *_SETTINGS)


def _flags(
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    fixable: tuple[str, ...],
    unfixable: tuple[str, ...],
    target: str | None,
    exclude: tuple[str, ...],
    extend_exclude: tuple[str, ...],
    force_exclude: bool | None,
    config: tuple[str, ...],
    isolated: bool,
) -> Flags:
    """What the command line says, as one value."""
    from lrmigrate.cli.errors import BadRequest
    from lrmigrate.model import Target
    from lrmigrate.project.config import Flags
    from lrmigrate.selection import Layer, split

    files = [text for text in config if "=" not in text or os.path.exists(text)]
    if len(files) > 1:
        raise BadRequest(f"--config names two files, {files[0]} and {files[1]}: give one, and KEY=VALUE")
    return Flags(
        Layer(split(select) if select else None, split(extend_select), split(ignore)),
        exclude or None,
        extend_exclude,
        Target(target) if target else None,
        files[0] if files else None,
        isolated,
        force_exclude=force_exclude,
        fixable=split(fixable) if fixable else None,
        unfixable=split(unfixable),
        assignments=tuple(text for text in config if text not in files),
    )


def _of_codes(name: str, text: str) -> Callable[[Command], Command]:
    """An option that takes codes, may be repeated, and is completed."""
    return option(RULES)(name, multiple=True, metavar="CODES", shell_complete=codes, help=text)


_RULES = (
    _of_codes("--select", "Only these rules: codes, prefixes or names, or ALL."),
    _of_codes("--extend-select", "These rules, too."),
    _of_codes("--ignore", "None of these rules."),
    _of_codes("--fixable", "Offer fixes of these rules only."),
    _of_codes("--unfixable", "Offer no fixes of these rules."),
    option(RULES)(
        "--target",
        type=click.Choice(["keras3", "tf2"]),
        help="What fixed code must run on; tf2: Keras 2.4 or later. [default: keras3]",
    ),
)
_FILES = (
    option(FILES)(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        type=A_FILE,
        help="Skip these paths (as in .gitignore) in place of the default ones.",
    ),
    option(FILES)(
        "--extend-exclude", multiple=True, metavar="PATTERN", type=A_FILE, help="Skip these paths, too."
    ),
    option(FILES)(
        "--force-exclude/--no-force-exclude",
        default=None,
        help="Skip them even if they are named here, as a hook does it.",
    ),
)
_SETTINGS = (
    option(SETTINGS)(
        "--config",
        multiple=True,
        metavar="FILE|KEY=VALUE",
        type=A_FILE,
        help="Read this configuration, for all files; or set one key, over every configuration.",
    ),
    option(SETTINGS)("--isolated", is_flag=True, help="Read no configuration."),
)
_CONFIGURED = (
    *("select", "extend_select", "ignore", "fixable", "unfixable", "target"),
    *("exclude", "extend_exclude", "force_exclude", "config", "isolated"),
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
        option(WORK)(
            "--no-cache",
            is_flag=True,
            envvar="LRMIGRATE_NO_CACHE",
            show_envvar=True,
            help="Look at every file anew.",
        ),
        cache_folder,
        option(WORK)("--dask", metavar="ADDRESS", help="Work on a Dask cluster that sees the same files."),
    )


def cache_folder(command: Command) -> Command:
    """The option that names the folder of the cache."""
    decorate = option(WORK)(
        "--cache-dir",
        metavar="FOLDER",
        type=A_FOLDER,
        envvar="LRMIGRATE_CACHE_DIR",
        show_envvar=True,
        help="Where to remember clean files. [default: .lrmigrate_cache]",
    )
    return decorate(command)


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
        option(OUTPUT)(
            "--output-format", type=click.Choice([*FORMATS]), help="How to report. [default: text]"
        ),
        option(OUTPUT)(
            "-o", "--output-file", metavar="FILE", type=A_FILE, help="Write the report to a file."
        ),
        option(OUTPUT)("-q", "--quiet", is_flag=True, help="Nothing but findings."),
        option(OUTPUT)(
            "--statistics", is_flag=True, help="Count the findings by rule instead of listing them."
        ),
        coloured,
        exit_zero,
    )


def coloured(command: Command) -> Command:
    """The option that says whether output has colours."""
    decorate = option(OUTPUT)(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        expose_value=False,
        callback=_choose_colour,
        help="Colours; auto: on terminals, unless NO_COLOR, FORCE_COLOR or TERM say otherwise.",
    )
    return decorate(command)


def _choose_colour(context: click.Context, _: click.Parameter, choice: str | None) -> None:
    if choice is not None:
        from lrmigrate.cli.colour import choose

        choose(context, choice)


def exit_zero(command: Command) -> Command:
    """The option that takes findings for no failure."""
    decorate = option(OUTPUT)(
        "--exit-zero", is_flag=True, help="Exit with 0 whatever is found; errors still give 2."
    )
    return decorate(command)


def sources(command: Command) -> Command:
    """The arguments and options that say what `check` and `fix` look at."""
    return _with(
        command,
        configured,
        option(FILES)(
            "--stdin-filename",
            metavar="PATH",
            type=A_FILE,
            help="The name of what is read from standard input (`-`).",
        ),
        or_here,
    )


def since(command: Command) -> Command:
    """The option that leaves alone what has not changed."""
    decorate = option(FILES)(
        "--since",
        metavar="REV",
        help="Only what stands on lines that were changed since this revision of git's, or are new.",
    )
    return decorate(command)


def or_here(command: Command) -> Command:
    """The paths that were named, or else the working folder."""

    def paths_or_here(_: click.Context, __: click.Parameter, paths: tuple[str, ...]) -> tuple[str, ...]:
        return paths or (".",)

    return click.argument("paths", nargs=-1, callback=paths_or_here, metavar="[PATH]...", type=A_FILE)(
        command
    )
