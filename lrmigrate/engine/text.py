"""One Python text: its findings, and what it becomes by their fixes."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable
from functools import lru_cache, partial

from lrmigrate import catalog
from lrmigrate.analysis.context import Context
from lrmigrate.analysis.imports import orphans
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.syntax import CannotParse, Source, compiles, parses
from lrmigrate.edits import compatible, splice
from lrmigrate.engine.around import outside_of
from lrmigrate.engine.garbage import collection_paused
from lrmigrate.engine.hints import hints
from lrmigrate.engine.policy import beside
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.quick_look import Words, finders
from lrmigrate.engine.suppress import Comments
from lrmigrate.engine.wrapping import wrapped
from lrmigrate.model import Applicability, Edit, FileReport, Finding, Span, Target
from lrmigrate.rules import finder
from lrmigrate.rules.files import SYNTAX
from lrmigrate.rules.proposal import Draft, Proposal
from lrmigrate.rules.rule import Rule
from lrmigrate.rules.runtime.rate import REPLACED

_OF_MODULE = re.compile(r"[\r\n]*from \S+ import \w+[\r\n]*")  # without indentation


@collection_paused()
def check_text(
    text: str,
    path: str = "<text>",
    target: Target = Target.KERAS3,
    cells: tuple[tuple[int, int], ...] = (),
) -> FileReport:
    """All findings of one text that no comment suppresses, those of rules that are off by default too.

    A text that does not parse gives one LR901 if it could have had others. ``cells`` are those of the
    notebook that it is, each by its first line and its number.
    """
    comments = Comments(text)
    if comments.skip_file:
        return FileReport(path, before=text)
    try:
        found = look(path, target, Source(text, cells))
    except CannotParse as error:
        is_suspect = is_candidate(text.encode("utf-8", "surrogatepass"))
        found = [unparsable(error, text)] if is_suspect else []
        found += hints(text, cells, partial(look, path, target)) if found else []
    split = comments.split(found)
    kept = [beside(finding, split.suppressed) for finding in split.kept]
    if not any(finding.code == SYNTAX.code for finding in found):
        kept += split.unused
    return FileReport(path, in_order(kept), before=text)


def unless_it_parses(text: str, path: str) -> FileReport:
    """The one finding of a text that does not parse, unless it is to be left alone."""
    try:
        Source(text)
    except CannotParse as error:
        if not Comments(text).skip_file:
            return FileReport(path, (unparsable(error, text),), before=text)
    return FileReport(path, before=text)


def apply(text: str, findings: Iterable[Finding], path: str = "<text>") -> str | None:
    """``text`` with the fixes of ``findings`` and without the imports they orphan.

    None when the result would not parse, which would be a bug of ours.
    """
    result = splice(text, all_edits(text, findings, path=path))
    return result if compiles(result) or (parses(result) and not compiles(text)) else None


def all_edits(
    text: str, findings: Iterable[Finding], hidden: Collection[str] = (), path: str = "<text>"
) -> list[Edit]:
    """The edits of ``findings`` and those that remove the imports they orphan.

    ``hidden`` are names that are read where nothing can be seen.
    """
    edits = _each_import_once(edit for finding in findings for edit in finding.edits)
    context, legacy = _context(text)
    taken = outside_of(path).names_taken(path)
    if taken is None:
        return edits  # other files may take whatever this one imports
    for removal in orphans(context.source, context.names, edits, legacy, {*hidden, *taken}):
        edits += removal if compatible(edits, removal) else []
    return edits


def _each_import_once(edits: Iterable[Edit]) -> list[Edit]:
    """The edits without the imports that another one has added to the module before."""
    kept: dict[Edit, None] = {}
    written: set[str] = set()
    for edit in sorted(edits, key=lambda edit: edit.key):
        is_import = edit.span.start == edit.span.end and _OF_MODULE.fullmatch(edit.text) is not None
        text = edit.text.strip()
        if not is_import or text not in written or edit in kept:
            kept[edit] = None
        if is_import:
            written.add(text)
    return list(kept)


@lru_cache(maxsize=2)
def _context(text: str) -> tuple[Context, frozenset[str]]:
    """A text whose fixes are looked at one by one, read once, and the legacy names in it."""
    context = Context(Source(text))
    former = {*catalog.former_schedules(), *catalog.former_optimizers()}
    return context, REPLACED | former | {path for site in context.sites for path in site.paths}


def look(path: str, target: Target, source: Source) -> list[Finding]:
    """The findings of a tree by all rules whose words it holds."""
    looking = finders(Words(source))
    return _findings_of(source, path, target, looking) if looking else []


def _findings_of(source: Source, path: str, target: Target, looking: Iterable[str]) -> list[Finding]:
    """The findings of a tree, and the memory for finding them given back at once."""
    outside = outside_of(path)
    values = outside.enter(path, source)
    try:
        return findings(Context(values.source, target, values), looking)
    finally:
        outside.leave(values)


def findings(context: Context, looking: Iterable[str]) -> list[Finding]:
    """What finders, by their names, find in a source."""
    found = (one for name in looking for one in finder(name)(context))
    made = [finding for node, proposal in found if (finding := _finding(context, node, proposal))]
    return wrapped(context.source, made)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of the text."""
    return tuple(sorted(findings, key=lambda finding: (finding.span, finding.code)))


def _finding(context: Context, node: ast.expr, proposal: Proposal) -> Finding | None:
    """A proposal as plain data; None where there is nothing to say with the target that was asked for."""
    rule, source = proposal.rule, context.source
    if not rule.is_found_on(context.target):
        return None
    fix = proposal.fix(partial(_fit_target, context, rule), partial(_check_place, source, node))
    span = source.span(node)
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return Finding(
        code=rule.code,
        message=proposal.message,
        span=span,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        applicability=fix.applicability,
        reason="; ".join(fix.reasons),
        edits=tuple(sorted(set(fix.edits), key=lambda edit: edit.key)),
        notes=fix.notes,
        unit=proposal.unit,
        also=proposal.also,
    )


def _fit_target(context: Context, rule: Rule, draft: Draft) -> None:
    """What the target has instead of what a rule writes; raises Refusal."""
    elsewhere = rule.targets.get(context.target)
    if elsewhere is None:
        return
    if elsewhere.level is Applicability.MANUAL:
        raise Refusal(elsewhere.why)
    draft.unsafe(elsewhere.why)


def _check_place(source: Source, node: ast.expr, draft: Draft) -> None:
    """Whether a fix can stand where a node does; raises Refusal."""
    strings = [outer for outer in source.ancestors(node) if isinstance(outer, ast.JoinedStr)]
    if not all(source.fields.fits(source, string, draft.edits) for string in strings):
        raise Refusal("it stands inside an f-string: take it out, or rewrite it by hand")


def unparsable(error: CannotParse, text: str) -> Finding:
    """The one finding of a text that does not parse."""
    from lrmigrate.engine.python2 import looks_like_python2

    reason = SYNTAX.why if looks_like_python2(text, error.line) else "Nothing in it could be checked."
    return at_line(SYNTAX, error.line, error.column, f"cannot parse: {error.reason}", reason)


def at_line(rule: Rule, line: int, column: int, message: str, reason: str) -> Finding:
    """A manual finding at a position, for files without a tree."""
    return Finding(rule.code, message, Span(0, 0), line, column, line, column, Applicability.MANUAL, reason)
