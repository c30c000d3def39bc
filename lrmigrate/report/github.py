"""Findings as workflow commands of GitHub Actions, which become annotations of a pull request.

`::error title=...,file=...,line=...::message`: a notice is what one command mends, a warning what it mends
with an assumption, an error what is left to people, or could not be checked. `%`, newlines and, in
properties, `:` and `,` are escaped, or else a file's name or text could end a command and begin another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lrmigrate.model import Applicability, FileReport
from lrmigrate.report.places import Places, Region, in_words, portable
from lrmigrate.report.terminal import explained, printable

_LEVELS = {Applicability.SAFE: "notice", Applicability.UNSAFE: "warning", Applicability.MANUAL: "error"}


def render(reports: Sequence[FileReport]) -> str:
    """One command per finding, and one per file that could not be read or written."""
    return "".join(f"{command}\n" for report in reports for command in _commands(report))


def _commands(report: FileReport) -> Iterator[str]:
    """The commands of one file."""
    file = portable(report.path)
    if report.error:
        yield _command("error", report.error, title="lrmigrate", file=file)
    places = Places(report)
    for finding in report.findings:
        message = "\n".join([in_words(finding), *explained(finding)])
        title = f"lrmigrate ({finding.code})"
        where = _properties(places.region(finding))
        yield _command(_LEVELS[finding.applicability], message, title=title, file=file, **where)


def _properties(region: Region) -> dict[str, str]:
    """Where an annotation goes; columns are for annotations of one line only."""
    lines = {"line": region.line, "endLine": region.end_line}
    if region.line == region.end_line:
        lines |= {"col": region.column, "endColumn": max(region.end_column, region.column)}
    return {name: str(value) for name, value in lines.items()}


def _command(level: str, message: str, **properties: str) -> str:
    """One command."""
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {listed}::{_data(message)}"


def _data(text: str) -> str:
    """A message, escaped; control characters are shown, not sent."""
    lines = text.replace("%", "%25").split("\n")
    return "%0A".join(printable(line) for line in lines)


def _property(text: str) -> str:
    """The value of a property, escaped."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
