"""What a command says of its files: which report, on which stream or in which file, with which exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from lrmigrate.cli.errors import BadOutput
from lrmigrate.cli.exits import CLEAN, ERROR, FINDINGS
from lrmigrate.model import FileReport
from lrmigrate.report import FOR_PEOPLE, FOR_REPOSITORIES, render
from lrmigrate.report.summary import statistics, statistics_json, summary

if TYPE_CHECKING:
    from lrmigrate.report.fixer import Fixer


@dataclass(frozen=True, slots=True)
class Output:
    """How the user wants to be told."""

    output_format: str = "text"  # "" until it is settled
    output_file: str | None = None
    quiet: bool = False
    statistics: bool = False
    exit_zero: bool = False
    brief: bool = False  # what a fix leaves in short, and what to type next; else on terminals only
    paths: tuple[str, ...] = ()  # that were named

    def settled(self, configured: str | None) -> Output:
        """The output in the format that was asked for, or else configured, or else in sentences."""
        return replace(self, output_format=self.output_format or configured or "text")

    @property
    def for_people(self) -> bool:
        """Whether sentences and diffs may stand around the report."""
        return self.output_format in FOR_PEOPLE


def show_check(reports: Sequence[FileReport], output: Output, fixer: Fixer) -> None:
    """The findings, and for people a summary; raises BadOutput."""
    tail = f"{summary(reports)}\n" if output.for_people and not output.quiet else ""
    emit(report_text(reports, output, fixer) + tail, output)


def show_fix(reports: Sequence[FileReport], output: Output, fixer: Fixer, write: bool, show: bool) -> None:
    """Diffs on standard output, what is left, and how much was fixed; raises BadOutput."""
    from lrmigrate.cli.colour import is_coloured
    from lrmigrate.report import fixes

    if not output.for_people:
        emit(report_text(reports, output, fixer), output)
        return
    for report in reports:
        if report.changed and (show or not write):
            raw = not is_coloured() and not sys.stdout.isatty()
            patch = fixes.diff(report, raw)
            click.echo(patch.encode("utf-8", "surrogateescape") if raw else patch, nl=False)
    if _is_brief(output, sys.stdout if write else sys.stderr):
        _show_briefly(reports, output, write)
        return
    said = _sentence(fixes.notes(reports), output) + _sentence(fixes.fixed(reports, write), output)
    emit(_left(reports, output, fixer) + said, output, err=not write)


def _is_brief(output: Output, stream: IO[str]) -> bool:
    """Whether what is left is told in short: to somebody who sees it, and wants the usual."""
    usual = output.output_format == "text" and not output.statistics and not output.quiet
    return usual and output.output_file is None and (output.brief or stream.isatty())


def _show_briefly(reports: Sequence[FileReport], output: Output, write: bool) -> None:
    """What a fix leaves, the notes, and what to type next, with a line between diffs and these."""
    from lrmigrate.report import fixes, left

    words = paths_in_words(output.paths)
    width = terminal_width(sys.stdout if write else sys.stderr)
    if any(report.changed for report in reports) and not write:
        click.echo(click.style("─" * min(width or 60, 100), dim=True), err=True)
    sites = left.render(reports, width, f"lrmigrate check{words}")
    notes = fixes.notes(reports)
    told = sites + (f"{notes}\n\n" if notes else "") + fixes.closing(reports, write, words) + "\n"
    click.echo(told, nl=False, err=not write)


def paths_in_words(paths: Sequence[str]) -> str:
    """The paths that were named as a shell takes them, after a space; nothing for the working folder."""
    if tuple(paths) in ((), (".",)):
        return ""
    from shlex import join

    from lrmigrate.report.terminal import printable

    return f" {printable(join(paths[:2]))}" + (" ..." if len(paths) > 2 else "")


def terminal_width(stream: IO[str]) -> int:
    """The columns of the terminal that a stream goes to; 0 where it goes elsewhere."""
    if not stream.isatty():
        return 0
    from shutil import get_terminal_size

    return get_terminal_size().columns


def show_fixed_stdin(reports: Sequence[FileReport], output: Output, fixer: Fixer, data: bytes) -> None:
    """What came from standard input, fixed, on standard output, byte for byte where nothing was to be
    done; what is left on standard error. Raises BadOutput.
    """
    from lrmigrate.engine.kinds import kind_of
    from lrmigrate.report import fixes

    for report in reports:
        fixed = data
        if report.changed and report.after:
            fixed = kind_of(report.path).decode(data).encode(report.after)
        click.echo(_harmless(fixed) if sys.stdout.isatty() else fixed, nl=False)
    emit(_left(reports, output, fixer) + _sentence(fixes.notes(reports), output), output, err=True)


def show_chosen(reports: Sequence[FileReport], output: Output, fixer: Fixer) -> None:
    """How much was fixed and what is left of files whose findings have been shown; raises BadOutput."""
    from lrmigrate.report import fixes

    if output.output_file is not None or not output.for_people:
        emit(report_text(reports, output, fixer), output)
    for text in (fixes.remaining(reports), fixes.fixed(reports, written=True)):
        click.echo(_sentence(text, output), nl=False)


def report_text(reports: Sequence[FileReport], output: Output, fixer: Fixer) -> str:
    """The report, or the statistics if they were asked for; raises BadOutput."""
    if output.statistics:
        if output.for_people:
            return statistics(reports)
        if output.output_format == "json":
            return statistics_json(reports)
        raise BadOutput(f"--statistics comes as text or json, not as {output.output_format}")
    if output.for_people and not any(report.findings for report in reports):
        return ""  # spares a clean file the loading of what shows code
    if output.output_format in FOR_REPOSITORIES:
        reports = [replace(report, path=_in_repository(report.path)) for report in reports]
    width = terminal_width(sys.stdout) if output.output_file is None else 0
    return render(output.output_format, reports, fixer, width)


def emit(text: str, output: Output, err: bool = False) -> None:
    """Write text to the file that was asked for, or else to a standard stream; raises BadOutput."""
    if output.output_file is None:
        click.echo(text, nl=False, err=err)
        return
    try:
        Path(output.output_file).write_text(click.unstyle(text), encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadOutput(f"{output.output_file}: not written: {reason}") from None


def status(reports: Sequence[FileReport], output: Output, fixes_count: bool = False) -> int:
    """Say what went wrong on standard error; the exit code. ``fixes_count``: a fix is worth a 1, too."""
    from lrmigrate.report.terminal import printable

    found = any(report.findings or (fixes_count and report.changed) for report in reports)
    if not output.quiet and (output.for_people or found):
        for report in reports:
            if report.note:
                click.echo(f"Warning: {printable(f'{report.path}: {report.note}')}", err=True)
    errors = [report.error for report in reports if report.error]
    for error in errors:
        click.echo(f"Error: {printable(error)}", err=True)
    if errors:
        return ERROR
    return FINDINGS if found and not output.exit_zero else CLEAN


def _left(reports: Sequence[FileReport], output: Output, fixer: Fixer) -> str:
    """What a fix has left behind."""
    from lrmigrate.report import fixes

    return report_text(reports, output, fixer) + _sentence(fixes.remaining(reports), output)


def _sentence(text: str, output: Output) -> str:
    """A line that goes where the user wants no more than the report."""
    return f"{text}\n" if text and not output.quiet else ""


def _in_repository(path: str) -> str:
    """A path as its repository knows it; relative to the working folder where it lies in none."""
    absolute = os.path.abspath(path)
    inner = os.path.relpath(absolute, _repository(os.path.dirname(absolute)) or os.getcwd())
    return path if inner.startswith(os.pardir) else inner


@cache
def _repository(folder: str) -> str:
    """The nearest folder upwards that is a repository of git's; "" where there is none."""
    above = os.path.dirname(folder)
    if os.path.exists(os.path.join(folder, ".git")):
        return folder
    return _repository(above) if above != folder else ""


def _harmless(data: bytes) -> str:
    """A source for a terminal, without control characters."""
    from lrmigrate.report.terminal import printable

    lines = data.decode("utf-8", "replace").splitlines(keepends=True)
    return "".join(printable(line.rstrip("\r\n")) + "\n" for line in lines)
