"""One notebook: its findings, and its raw text with their fixes. The code itself is checked as one text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from lrmigrate.analysis.notebook import NotANotebook, Notebook, tidied
from lrmigrate.analysis.syntax import Source
from lrmigrate.catalog.schema import Target
from lrmigrate.edits import Overlap, compatible, splice
from lrmigrate.engine.prefilter import speaks_of_rates
from lrmigrate.engine.suppress import Comments
from lrmigrate.engine.text import all_edits, at_line, check_text, in_order, unparsable
from lrmigrate.model import Applicability, Edit, FileReport, Finding, Span
from lrmigrate.rules.files import SYNTAX


def check_notebook(raw: str, path: str = "<notebook>", target: Target = Target.KERAS3) -> FileReport:
    """All findings of a notebook; their spans and edits refer to its raw text."""
    try:
        notebook = Notebook.read(raw)
    except NotANotebook as error:
        reason = "Nothing in it could be checked."
        finding = at_line(SYNTAX, 1, 1, f"cannot read the notebook: {error}", reason)
        return FileReport(path, (finding,), before=raw)
    if Comments(notebook.text).skip_file:
        return FileReport(path, before=raw)
    findings = [shown for _, shown in notebook_findings(notebook, target)]
    for cell in notebook.cells:
        if cell.trouble and speaks_of_rates(cell.source.encode("utf-8", "replace")):
            start = Span(cell.raw[0], cell.raw[0])
            reason = "Nothing in this cell could be checked; the others were."
            trouble = replace(unparsable(cell.trouble), cell=cell.number, span=start, reason=reason)
            findings.append(trouble)
    return FileReport(path, in_order(findings), before=raw)


def notebook_findings(notebook: Notebook, target: Target = Target.KERAS3) -> list[tuple[Finding, Finding]]:
    """The findings of a notebook twice: in its joined text, and in its raw text."""
    report = check_text(notebook.text, target=target)
    lines = Source(notebook.text)
    return [(finding, _in_cell(notebook, lines, finding)) for finding in report.findings]


def _in_cell(notebook: Notebook, lines: Source, finding: Finding) -> Finding:
    """A finding of the joined text as one of its cell."""
    cell = notebook.cell_at(finding.span.start)
    first = lines.position(cell.start)[0] - 1
    edits = notebook.raw_edits(finding.edits)

    def in_its_cell(match: re.Match[str]) -> str:
        """`line 12` of the joined text as a line of a cell."""
        other = notebook.cell_at(lines.line_starts[int(match[1]) - 1])
        return f"cell {other.number} line {int(match[1]) - lines.position(other.start)[0] + 1}"

    shown = replace(
        finding,
        reason=re.sub(r"\bline (\d+)\b", in_its_cell, finding.reason),
        span=Span(cell.raw[finding.span.start - cell.start], cell.raw[finding.span.end - cell.start]),
        line=finding.line - first,
        end_line=finding.end_line - first,
        cell=cell.number,
        edits=tuple(edits or ()),
    )
    if edits is None:
        reason = "the fix needs a line where the notebook has no fit place for it"
        return replace(shown, applicability=Applicability.MANUAL, reason=reason)
    return shown


def apply_notebook(raw: str, findings: Iterable[Finding]) -> str | None:
    """What `apply` does, for the raw text of a notebook."""
    notebook = Notebook.read(raw)
    result = splice(raw, notebook_edits(raw, findings))
    try:
        after = Notebook.read(result)
        result = tidied(raw, result)
    except (NotANotebook, Overlap):
        return None
    troubles = [[bool(cell.trouble) for cell in book.cells] for book in (notebook, after)]
    return result if troubles[0] == troubles[1] else None


def notebook_edits(raw: str, findings: Iterable[Finding]) -> list[Edit]:
    """What `all_edits` does, for the raw text of a notebook."""
    notebook = Notebook.read(raw)
    wanted = list(findings)
    fixes = {(finding.span, finding.edits) for finding in wanted}
    joined = [found for found, shown in notebook_findings(notebook) if (shown.span, shown.edits) in fixes]
    edits = [edit for finding in wanted for edit in finding.edits]
    for removal in all_edits(notebook.text, joined, notebook.hidden_names()):
        more = notebook.raw_edits([removal]) or []
        edits += more if compatible(edits, more) else []
    return edits
