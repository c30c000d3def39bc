"""What every text for people shares: safe characters, marks, counts. Knows no format."""

from __future__ import annotations

import click

from lrmigrate.model import Applicability, FileReport, Finding

LEVELS = {Applicability.SAFE: "safe", Applicability.UNSAFE: "unsafe", Applicability.MANUAL: "by hand"}
_MOST = 3  # findings that another one is shown to belong to
_GLUE = "\ue000"  # stands for a space at which a line must not be broken
_NARROWEST = 40
_MARKS = {Applicability.SAFE: "[*]", Applicability.UNSAFE: "[~]", Applicability.MANUAL: ""}


def printable(text: str) -> str:
    """``text`` without control characters, which a file name or a source could smuggle in."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def place(path: str, finding: Finding) -> str:
    """`path:line:column`, in a notebook `path:cell N:line:column`."""
    cell = f"cell {finding.cell}:" if finding.cell else ""
    return f"{printable(path)}:{cell}{finding.line}:{finding.column}"


def mark(level: Applicability) -> str:
    """The coloured mark of a level, with a space behind it; nothing where nothing can be applied."""
    return f"{click.style(_MARKS[level], fg='cyan')} " if _MARKS[level] else ""


def headline(path: str, finding: Finding) -> str:
    """`path:line:column CODE [*] message`."""
    code = click.style(finding.code, fg="red")
    where = click.style(place(path, finding), bold=True)
    return f"{where} {code} {mark(finding.applicability)}{printable(finding.message)}"


def wrapped(text: str, indent: str, width: int, head: str = "") -> list[str]:
    """``head`` and text in lines of at most ``width`` columns (0: one line), the later ones indented.

    Code, in backticks or in brackets behind a name or a sign, is never broken, so that it can be copied.
    """
    if not width:
        return [head + text]
    from textwrap import wrap

    whole = _glued(text)
    lines = wrap(
        whole,
        max(width, _NARROWEST),
        initial_indent=head,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in lines] or [head]


def _glued(text: str) -> str:
    """Text with other characters for the spaces that stand in code."""
    glued, depth, is_quoted, previous = "", 0, False, " "
    for character in text:
        if character == "`":
            is_quoted = not is_quoted
        elif character in "([" and (depth or previous not in " ("):
            depth += 1
        elif character in ")]" and depth:
            depth -= 1
        glued += _GLUE if character == " " and (depth or is_quoted) else character
        previous = character
    return text if depth or is_quoted else glued


def explained(finding: Finding) -> list[str]:
    """What stands below a finding: `unsafe: why`, and `note: what` for each of its notes."""
    reason = [f"{LEVELS[finding.applicability]}: {finding.reason}"] if finding.reason else []
    return [*reason, *(f"note: {note}" for note in finding.notes)]


def together(report: FileReport, finding: Finding) -> str:
    """`together with line 12`: the findings that must be fixed in the same run; "" where there are none."""
    lines = [
        f"cell {other.cell} line {other.line}" if other.cell else f"line {other.line}"
        for other in report.findings
        if other.belongs_to(finding) and other.line != finding.line
    ]
    shown = list(dict.fromkeys(lines))
    more = f" and {len(shown) - _MOST} more" if len(shown) > _MOST else ""
    return f"together with {', '.join(shown[:_MOST])}{more}" if shown else ""


def count(number: int, noun: str, plural: str = "s") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else plural}"
