"""Findings as Markdown for a comment on a pull request: a table, and what could not be checked.

Text from user files stands in code spans, or with all that means something escaped, so that it cannot become
a link, an image, a mention or HTML. A comment has a size limit; what does not fit is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lrmigrate.model import FileReport, Finding
from lrmigrate.report.summary import summary
from lrmigrate.report.terminal import LEVELS, count, place, printable

_LIMIT = 60_000  # characters; GitHub takes 65,536
_HEAD = "| where | rule | finding | fix |\n|---|---|---|---|\n"
_ACTIVE = re.compile(r"([\\`*_\[\]<>|~&$!])")
_CODE = re.compile(r"`([^`]+)`")
_LIVELY = re.compile(r"[@#]|://|www\.")  # mentions and links, which GitHub makes of escaped text, too


def render(reports: Sequence[FileReport]) -> str:
    """A heading, a table of the findings, and the errors."""
    parts = [f"### lrmigrate\n\n{summary(reports)}\n"]
    rows = [_row(report.path, finding) for report in reports for finding in report.findings]
    if rows:
        parts.append(_HEAD + "".join(_fitting(rows, "| | | … and {} more | |\n")))
    errors = [f"- {_code(printable(report.error))}\n" for report in reports if report.error]
    if errors:
        parts.append("Errors:\n\n" + "".join(_fitting(errors, "- … and {} more\n")))
    return "\n".join(parts)


def _fitting(lines: Sequence[str], rest: str) -> Iterator[str]:
    """As many lines as fit into half a comment, and how many are left out."""
    room = _LIMIT // 2
    for number, line in enumerate(lines):
        room -= len(line)
        if room < 0:
            yield rest.format(count(len(lines) - number, "line"))
            return
        yield line


def _row(path: str, finding: Finding) -> str:
    """One line of the table."""
    level = LEVELS[finding.applicability]
    fix = f"{level}: {_prose(finding.reason)}" if finding.reason else level
    fix += "".join(f"<br>note: {_prose(note)}" for note in finding.notes)
    return f"| {_code(place(path, finding))} | {finding.code} | {_prose(finding.message)} | {fix} |\n"


def _prose(text: str) -> str:
    """A sentence with its code spans, the rest escaped; one code span if prose could be a link or HTML."""
    text = printable(text)
    parts = _CODE.split(text)
    if "``" in text or any(_LIVELY.search(part) for part in parts[::2]):
        return _code(text)
    if text.count("`") % 2:
        return _escaped(text)
    return "".join(_code(part) if odd % 2 else _escaped(part) for odd, part in enumerate(parts))


def _code(text: str) -> str:
    """A code span that holds exactly ``text``, in a table or out of it."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|")


def _escaped(text: str) -> str:
    """Text without any meaning to Markdown."""
    return _ACTIVE.sub(r"\\\1", text)
