"""`check --show-files` and `--show-settings`: what a run would look at, and what would hold there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from textwrap import wrap

import click

from lrmigrate.cli.work import found
from lrmigrate.model import Applicability
from lrmigrate.project.config import Settings, narrowed
from lrmigrate.project.program import root_of
from lrmigrate.report.terminal import printable

_WIDTH = 90


def show(paths: tuple[str, ...], settings: Settings, show_settings: bool) -> None:
    """List the files that paths stand for, or else what holds for the first; raises BadPath, BadConfig."""
    files = found([path for path in paths if path != "-"], settings)
    if not show_settings:
        for path in files:
            click.echo(printable(path))
        return
    click.echo("\n".join(_lines(next(files, os.path.join(paths[0], "")), settings)))


def _lines(path: str, settings: Settings) -> Iterator[str]:
    """The settings of one file, as TOML."""
    config, options = settings.config(path), settings.options(path)
    found_none = "none is read" if settings.flags.isolated else "none was found, the defaults hold"
    yield f"# File: {printable(path)}"
    yield f"# Configuration: {printable(config.file or found_none)}"
    yield f"select = {_list(sorted(narrowed(options, path).codes))}"
    yield f"unfixable = {_list(sorted(options.unfixed))}"
    yield f"unsafe-fixes = {str(options.level is Applicability.UNSAFE).lower()}"
    yield f"extend-safe-fixes = {_list(sorted(options.trusted))}"
    yield f"extend-unsafe-fixes = {_list(sorted(options.distrusted))}"
    yield f'target = "{options.target.value}"'
    yield f'output-format = "{settings.output_format or "text"}"'
    exclusion = settings.exclusion(os.path.dirname(path) or ".")
    patterns = [line for some in exclusion.patterns for line in some.lines]
    yield f"exclude = {_list([*sorted(exclusion.names), *patterns])}"
    yield f"force-exclude = {str(settings.forces(path)).lower()}"
    folder = os.path.dirname(os.path.abspath(path))
    yield f"program = {_list(config.program or [root_of(folder) or folder])}"


def _list(words: Iterable[str]) -> str:
    """A list of TOML, on lines of its own where it is long."""
    quoted = ['"' + printable(word).replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words]
    line = f"[{', '.join(quoted)}]"
    if len(line) <= _WIDTH:
        return line
    lines = wrap(
        line[1:-1],
        _WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(["[", *lines, "]"])
