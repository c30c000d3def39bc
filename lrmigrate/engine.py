"""The pipeline for one source, a Python file or a notebook; reads as its table of contents.

Text in, report out: no files, no output. What a site is and what it becomes is said elsewhere.
"""

from __future__ import annotations

import ast
import gc
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from lrmigrate.catalog import hazards, rules
from lrmigrate.catalog.schema import Rule, Target
from lrmigrate.config import Options
from lrmigrate.edits import Overlap, compatible, splice
from lrmigrate.imports import orphans
from lrmigrate.match import Site, mentions, sites
from lrmigrate.model import Applicability, Edit, FileReport, Finding, Span
from lrmigrate.notebook import NotANotebook, Notebook, tidied
from lrmigrate.prefilter import is_candidate, speaks_of_rates
from lrmigrate.rewrite import Context, Proposal, propose
from lrmigrate.rewrite.context import for_target
from lrmigrate.rewrite.other_places import other_places
from lrmigrate.rewrite.runtime import REPLACED
from lrmigrate.selection import default_codes
from lrmigrate.suppress import Comments
from lrmigrate.syntax import CannotParse, Source, compiles, parses


@contextmanager
def _collection_paused() -> Iterator[None]:
    """No search for garbage: in the million live objects of a tree it takes longer than parsing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_collection_paused()
def check_text(text: str, path: str = "<text>", target: Target = Target.KERAS3) -> FileReport:
    """All findings of one text that no comment suppresses, those of rules that are off by default too.

    A text that does not parse gives one LR901 if it could have had others.
    """
    comments = Comments(text)
    if comments.skip_file:
        return FileReport(path, before=text)
    try:
        source = Source(text)
        findings = _findings_of(source, target) if mentions(source) else []
    except CannotParse as error:
        findings = [_unparsable(error)] if is_candidate(text.encode("utf-8", "surrogatepass")) else []
    split = comments.split(findings)
    kept = [_beside(finding, split.suppressed) for finding in split.kept]
    if not any(finding.code == hazards.SYNTAX.code for finding in findings):
        kept += split.unused
    return FileReport(path, _in_order(kept), before=text)


def check_notebook(raw: str, path: str = "<notebook>", target: Target = Target.KERAS3) -> FileReport:
    """All findings of a notebook; their spans and edits refer to its raw text."""
    try:
        notebook = Notebook.read(raw)
    except NotANotebook as error:
        reason = "Nothing in it could be checked."
        finding = at_line(hazards.SYNTAX, 1, 1, f"cannot read the notebook: {error}", reason)
        return FileReport(path, (finding,), before=raw)
    if Comments(notebook.text).skip_file:
        return FileReport(path, before=raw)
    findings = [shown for _, shown in notebook_findings(notebook, target)]
    for cell in notebook.cells:
        if cell.trouble and speaks_of_rates(cell.source.encode("utf-8", "replace")):
            start = Span(cell.raw[0], cell.raw[0])
            reason = "Nothing in this cell could be checked; the others were."
            trouble = replace(_unparsable(cell.trouble), cell=cell.number, span=start, reason=reason)
            findings.append(trouble)
    return FileReport(path, _in_order(findings), before=raw)


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


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is checked, which edits fixes are, and how they are applied to its text."""

    check: Callable[[str, str], FileReport]
    edits: Callable[[str, Iterable[Finding]], list[Edit]]
    apply: Callable[[str, Iterable[Finding]], str | None]


def kind_of(path: str, target: Target = Target.KERAS3) -> Kind:
    """The kind of a file, by its name."""
    if path.endswith(".ipynb"):
        return Kind(partial(check_notebook, target=target), notebook_edits, apply_notebook)
    return Kind(partial(check_text, target=target), all_edits, apply)


def chosen(report: FileReport, options: Options) -> FileReport:
    """A report with the findings whose rules are in force, their fixes as far as the user trusts them."""
    if not report.findings:
        return report
    report = restricted(report, options.in_force(report.path))
    return replace(report, findings=tuple(_trusted(finding, options) for finding in report.findings))


def restricted(report: FileReport, codes: Collection[str]) -> FileReport:
    """A report without the findings whose codes are not in force.

    Where two rules must be mended together and one of them stays behind, the other one's fix is unsafe.
    """
    kept = [finding for finding in report.findings if finding.code in codes]
    left = [finding for finding in report.findings if finding.code not in codes]
    return replace(report, findings=tuple(_beside(finding, left) for finding in kept))


def _trusted(finding: Finding, options: Options) -> Finding:
    """A finding whose fix is trusted as far as the user does."""
    if finding.applicability is Applicability.UNSAFE and finding.code in options.trusted:
        return replace(finding, applicability=Applicability.SAFE, reason="")
    if finding.applicability is Applicability.SAFE and finding.code in options.distrusted:
        reason = f"the configuration has {finding.code} among extend-unsafe-fixes"
        return replace(finding, applicability=Applicability.UNSAFE, reason=reason)
    return finding


def by_default(report: FileReport) -> FileReport:
    """A report without the findings of rules that are off unless they are selected."""
    return restricted(report, default_codes())


def _beside(finding: Finding, left: Iterable[Finding]) -> Finding:
    """A finding whose fix is unsafe if what must be fixed with it is left as it is."""
    together = rules()[finding.code].together
    behind = next((other for other in left if other.code in together), None)
    if behind is None or finding.applicability is not Applicability.SAFE:
        return finding
    where = f"cell {behind.cell} line {behind.line}" if behind.cell else f"line {behind.line}"
    reason = f"{behind.code} at {where} is left as it is, and must be mended together with this"
    return replace(finding, applicability=Applicability.UNSAFE, reason=reason)


def fix_text(text: str, path: str = "<text>", level: Applicability = Applicability.SAFE) -> FileReport:
    """Apply every fix up to ``level``; findings are those of ``text``, ``after`` is what became of it."""
    return fix_report(by_default(kind_of(path).check(text, path)), level)


def fix_report(report: FileReport, level: Applicability, target: Target = Target.KERAS3) -> FileReport:
    """Apply the fixes of a report up to ``level``; its findings may have been judged again since.

    A fix that overlaps another one (a schedule in the step of a schedule) waits for the next pass.
    A pass takes nothing but what had to wait: a first fix must not make a second one possible.
    """
    text, path, kind = report.before or "", report.path, kind_of(report.path, target)
    wanted = [f for f in report.findings if f.fixable and f.applicability.rank <= level.rank]
    unwanted = {_mark(text, finding) for finding in report.findings if finding not in wanted}
    after, chosen, applied = text, choose(wanted), []
    while chosen:
        result = kind.apply(after, chosen)
        if result is None:
            return FileReport(path, (*report.findings, _bug(chosen[0])), before=text, after=text)
        done = {_mark(after, finding) for finding in chosen}
        applied += [finding for finding in wanted if _mark(text, finding) in done]
        waiting = {_mark(text, finding) for finding in wanted if finding not in applied}
        after = result
        again = kind.check(after, path).findings if waiting else ()
        chosen = choose(
            f
            for f in again
            if (mark := _mark(after, f)) in waiting
            and (mark not in unwanted or f.applicability.rank <= level.rank)
        )
    remaining = tuple(finding for finding in report.findings if finding not in applied)
    return FileReport(path, remaining, tuple(applied), before=text, after=after)


def written(report: FileReport, options: Options) -> FileReport:
    """The report of a file that now holds ``after``: what is left of its findings, where it stands now."""
    if not report.findings:
        return replace(report, written=True)
    kind = kind_of(report.path, options.target)
    now = list(chosen(kind.check(report.after or "", report.path), options).findings)
    findings = []
    for finding in report.findings:
        alike = [f for f in now if f.code == finding.code]
        twin = next((f for f in alike if f.message == finding.message), alike[0] if alike else finding)
        if twin in now:
            now.remove(twin)
        if twin.fixable and not finding.fixable:  # it has been judged since it was found
            twin = replace(twin, applicability=finding.applicability, reason=finding.reason, edits=())
        findings.append(twin)
    return replace(report, findings=tuple(findings), written=True)


def _mark(text: str, finding: Finding) -> tuple[str, str]:
    """What a finding is known by after the text around it has moved."""
    written = text[finding.span.start : finding.span.end]
    if finding.cell:  # its lines are strings of JSON, which may be cut elsewhere now
        written = "".join(json.loads(f'["{written}"]', strict=False))
    return finding.code, written


def choose(findings: Iterable[Finding]) -> list[Finding]:
    """The findings whose fixes can be applied together, first come first served."""
    chosen: list[Finding] = []
    edits: list[Edit] = []
    for finding in findings:
        if finding.fixable and compatible(edits, finding.edits):
            chosen.append(finding)
            edits += finding.edits
    return chosen


def apply(text: str, findings: Iterable[Finding]) -> str | None:
    """``text`` with the fixes of ``findings`` and without the imports they orphan.

    None when the result would not parse, which would be a bug of ours.
    """
    result = splice(text, all_edits(text, findings))
    return result if compiles(result) or (parses(result) and not compiles(text)) else None


def all_edits(text: str, findings: Iterable[Finding], hidden: Collection[str] = ()) -> list[Edit]:
    """The edits of ``findings`` and those that remove the imports they orphan.

    ``hidden`` are names that are read where nothing can be seen.
    """
    edits = [edit for finding in findings for edit in finding.edits]
    context, legacy = _context(text)
    for removal in orphans(context.source, context.names, edits, legacy, hidden):
        edits += [removal] if compatible(edits, [removal]) else []
    return edits


@lru_cache(maxsize=2)
def _context(text: str) -> tuple[Context, frozenset[str]]:
    """A text whose fixes are looked at one by one, read once, and the legacy names in it."""
    context = Context(Source(text))
    return context, REPLACED | {site.path for site in sites(context.source, context.names)}


def _findings_of(source: Source, target: Target) -> list[Finding]:
    """The findings of a tree, and the memory for finding them given back at once."""
    context = Context(source, target)
    try:
        return _findings(context)
    finally:
        context.names.close()


def _findings(context: Context) -> list[Finding]:
    """Match, propose, and turn every proposal into a finding."""
    found: list[tuple[ast.expr, Proposal]] = []
    for site in sites(context.source, context.names):
        known = _is_followed_alias(context, site) or _names_an_alias(context, site)
        proposal = None if known else propose(context, site)
        if proposal:
            found.append((site.node, proposal))
    found += other_places(context)
    fitting = [(node, for_target(proposal, context.target)) for node, proposal in found]
    return [_finding(context.source, node, proposal) for node, proposal in fitting if proposal]


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of the text."""
    return tuple(sorted(findings, key=lambda finding: (finding.span, finding.code)))


def _names_an_alias(context: Context, site: Site) -> bool:
    """Whether a bare reference only names an alias, which is reported where it is made."""
    reference = site.reference
    if site.call or not isinstance(reference, ast.Name):
        return False
    values = (binding.value for binding in context.names.live(reference.id, reference))
    return any(value is not None and context.names.certain(value) == site.path for value in values)


def _is_followed_alias(context: Context, site: Site) -> bool:
    """Whether a bare reference is `name = tf.train.x` whose every use is a site of its own."""
    target = context.names.alias_target(site.reference)
    if site.call or target is None:
        return False
    name = target.id
    loads = [load for load in context.names.loads if load.id == name]
    called = [
        load
        for load in loads
        if isinstance(call := context.source.parents[load], ast.Call) and call.func is load
    ]
    return (
        bool(loads)
        and len(called) == len(loads)
        and all(context.names.certain(n) == site.path for n in loads)
    )


def _finding(source: Source, node: ast.expr, proposal: Proposal) -> Finding:
    """A proposal as plain data."""
    span = source.span(node)
    if _in_format_string(source, node):
        proposal.manual("it stands inside an f-string")
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return Finding(
        code=proposal.rule.code,
        message=proposal.message,
        span=span,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        applicability=proposal.applicability,
        reason="; ".join(proposal.reasons),
        edits=tuple(sorted(set(proposal.edits), key=lambda edit: edit.key)),
    )


def _in_format_string(source: Source, node: ast.expr) -> bool:
    """Whether a node stands in an f-string, where positions are not reliable before Python 3.12."""
    return any(isinstance(outer, ast.JoinedStr) for outer in source.ancestors(node))


def _unparsable(error: CannotParse) -> Finding:
    """The one finding of a text that does not parse."""
    return at_line(
        hazards.SYNTAX, error.line, error.column, f"cannot parse: {error.reason}", hazards.SYNTAX.why
    )


def _bug(finding: Finding) -> Finding:
    """The finding that says that a fix of ours was refused."""
    message = f"the fixes of this file, the first of them {finding.code}, do not give a Python file"
    return at_line(hazards.BUG, finding.line, finding.column, message, hazards.BUG.why)


def at_line(rule: Rule, line: int, column: int, message: str, reason: str) -> Finding:
    """A manual finding at a position, for files without a tree."""
    return Finding(rule.code, message, Span(0, 0), line, column, line, column, Applicability.MANUAL, reason)
