"""One notebook: its findings, and its raw text with their fixes. The code itself is checked as one text."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache, partial

from lrmigrate.analysis.notebook import NotANotebook, Notebook, tidied
from lrmigrate.analysis.syntax import CannotParse, Source, line_starts
from lrmigrate.edits import compatible, splice
from lrmigrate.engine.hints import hints, names_in
from lrmigrate.engine.prefilter import is_candidate, speaks_of_rates
from lrmigrate.engine.suppress import Comments, ignoring, is_same_program
from lrmigrate.engine.text import all_edits, at_line, check_text, in_order, look, unparsable
from lrmigrate.model import Applicability, Edit, FileReport, Finding, Span, Target
from lrmigrate.rules.files import SYNTAX

_LINE = re.compile(r"(\.\w+ (?:cell \d+ )?)?\bline (\d+)\b")  # of this file, or of one that is named


def check_notebook(raw: str, path: str = "<notebook>", target: Target = Target.KERAS3) -> FileReport:
    """All findings of a notebook; their spans and edits refer to its raw text."""
    try:
        notebook = Notebook.read(raw)
    except NotANotebook as error:
        reason = "Nothing in it could be checked."
        finding = at_line(SYNTAX, 1, 1, f"cannot read the notebook: {error}", reason)
        probable = names_in(raw) if is_candidate(_bytes(raw)) else ()
        return FileReport(path, in_order([finding, *probable]), before=raw)
    if notebook.language:
        return FileReport(path, before=raw, note=f"not checked: its language is {notebook.language}")
    code = _bytes(notebook.code)
    is_one = is_candidate(code)  # the file may have been one for its prose or its outputs
    if not (is_one or speaks_of_rates(code)):
        return FileReport(path, before=raw)
    findings = []
    if is_one:
        if Comments(notebook.text).skip_file:
            return FileReport(path, before=raw)
        findings = [shown for _, shown in notebook_findings(notebook, path, target)]
    troubles = list(_troubles(notebook))
    if troubles:
        troubles += _hints(notebook, path, target)
    return FileReport(path, in_order([*findings, *troubles]), before=raw)


def _troubles(notebook: Notebook) -> Iterable[Finding]:
    """A finding for every cell that cannot be read as Python and could have had others."""
    for cell in notebook.cells:
        if cell.trouble and speaks_of_rates(_bytes(cell.source)):
            start = Span(cell.place(0), cell.place(0))
            reason = "Nothing in this cell could be checked; the others were."
            yield replace(unparsable(cell.trouble, ""), cell=cell.number, span=start, reason=reason)


def _hints(notebook: Notebook, path: str, target: Target) -> Iterable[Finding]:
    """What the cells that cannot be read probably hold, read together with the others."""
    text = notebook.text
    for cell in notebook.cells:
        if cell.trouble:
            text = text[: cell.start] + cell.plain + text[cell.start + len(cell.plain) :]
    starts = line_starts(text)
    found = hints(text, notebook.first_lines, partial(look, path, target))
    for finding in Comments(text).split(found).kept:
        if notebook.cell_at(finding.span.start).trouble:
            yield _in_cell(notebook, starts, finding)


def _bytes(code: str) -> bytes:
    """Code as the prefilter wants it."""
    return code.encode("utf-8", "replace")


def notebook_findings(
    notebook: Notebook, path: str = "<notebook>", target: Target = Target.KERAS3
) -> list[tuple[Finding, Finding]]:
    """The findings of a notebook twice: in its joined text, and in its raw text."""
    report = check_text(notebook.text, path, target, notebook.first_lines)
    starts = line_starts(notebook.text)
    return [(finding, _in_cell(notebook, starts, finding)) for finding in report.findings]


def _in_cell(notebook: Notebook, starts: list[int], finding: Finding) -> Finding:
    """A finding of the joined text, whose lines begin at ``starts``, as one of its cell."""
    cell = notebook.cell_at(finding.span.start)
    first = bisect_right(starts, cell.start) - 1
    edits = notebook.raw_edits(finding.edits)

    def in_its_cell(match: re.Match[str]) -> str:
        """`line 12` of the joined text as a line of a cell; that of another file as it is."""
        if match[1] or not 0 < int(match[2]) <= len(starts):
            return match[0]
        other = notebook.cell_at(starts[int(match[2]) - 1])
        return f"cell {other.number} line {int(match[2]) - bisect_right(starts, other.start) + 1}"

    shown = replace(
        finding,
        reason=_LINE.sub(in_its_cell, finding.reason),
        notes=tuple(_LINE.sub(in_its_cell, note) for note in finding.notes),
        span=Span(cell.place(finding.span.start - cell.start), cell.place(finding.span.end - cell.start)),
        line=finding.line - first,
        end_line=finding.end_line - first,
        cell=cell.number,
        edits=tuple(edits or ()),
    )
    if edits is None:
        reason = (
            "the fix needs a line of its own (an import or a class), and no cell of the notebook has a place "
            "for it"
        )
        return replace(shown, applicability=Applicability.MANUAL, reason=reason)
    return shown


@lru_cache(maxsize=2)
def _read(raw: str, path: str, target: Target) -> tuple[Notebook, list[tuple[Finding, Finding]]]:
    """A notebook whose fixes are looked at one by one, read once, with its findings."""
    notebook = Notebook.read(raw)
    return notebook, notebook_findings(notebook, path, target)


def joined(
    raw: str, findings: Iterable[Finding], path: str, target: Target
) -> tuple[str, list[tuple[Finding, Finding]]]:
    """The joined text of a notebook, and findings of the notebook each with what it is in that text.

    One that speaks of something else than the joined text, such as a cell that cannot be read, is left out.
    """
    notebook, known = _read(raw, path, target)
    twins = {_key(shown): found for found, shown in known}
    return notebook.text, [(f, twins[_key(f)]) for f in findings if _key(f) in twins]


def whole_source(raw: str) -> Source:
    """The joined text of a notebook, empty for another language; raises CannotParse if a part is missing."""
    try:
        notebook = Notebook.read(raw)
    except NotANotebook as error:
        raise CannotParse(str(error), 1, 1) from None
    for cell in notebook.cells:
        if cell.trouble:
            raise cell.trouble
    return Source(notebook.text, notebook.first_lines)


def _key(finding: Finding) -> tuple[Span, str, str]:
    """What stays of a finding, however it has been judged since."""
    return finding.span, finding.code, finding.message


def apply_notebook(
    raw: str, findings: Iterable[Finding], path: str = "<notebook>", target: Target = Target.KERAS3
) -> str | None:
    """What `apply` does, for the raw text of a notebook."""
    notebook, _ = _read(raw, path, target)
    result = splice(raw, notebook_edits(raw, findings, path, target))
    try:
        after = Notebook.read(result)
    except NotANotebook:
        return None
    troubles = [[bool(cell.trouble) for cell in book.cells] for book in (notebook, after)]
    return tidied(notebook, after) if troubles[0] == troubles[1] else None


def notebook_edits(
    raw: str, findings: Iterable[Finding], path: str = "<notebook>", target: Target = Target.KERAS3
) -> list[Edit]:
    """What `all_edits` does, for the raw text of a notebook."""
    wanted = list(findings)
    notebook, _ = _read(raw, path, target)
    text, pairs = joined(raw, wanted, path, target)
    edits = [edit for finding in wanted for edit in finding.edits]
    for removal in all_edits(text, [found for _, found in pairs], notebook.hidden_names(), path):
        more = notebook.raw_edits([removal]) or []
        edits += more if compatible(edits, more) else []
    return edits


def notebook_with_comments(
    raw: str, findings: Iterable[Finding], reason: str, path: str, target: Target
) -> str:
    """What `with_comments` does, for the raw text of a notebook."""
    notebook, _ = _read(raw, path, target)
    text, pairs = joined(raw, findings, path, target)
    placed = [notebook.raw_edits([edit]) or [] for edit in ignoring(text, [f for _, f in pairs], reason)]
    after = splice(raw, [edit for edits in placed for edit in edits])
    return after if is_same_program(text, Notebook.read(after).text) else raw


def code_of_notebook(raw: str, span: Span) -> str:
    """The code that stands in a span of the raw text, whose lines are strings of JSON."""
    return "".join(json.loads(f'["{raw[span.start : span.end]}"]', strict=False))


def cell_sources(raw: str) -> dict[int, str]:
    """The sources of a notebook's code cells by their numbers; none of what cannot be read."""
    try:
        return {cell.number: cell.source for cell in Notebook.read(raw).cells}
    except NotANotebook:
        return {}
