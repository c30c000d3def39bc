"""One Python text: its findings, and what it becomes by their fixes."""

from __future__ import annotations

import ast
import gc
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.imports import orphans
from lrmigrate.analysis.sites import Site, mentions, sites
from lrmigrate.analysis.syntax import CannotParse, Source, compiles, parses
from lrmigrate.catalog import hazards
from lrmigrate.catalog.schema import Rule, Target
from lrmigrate.edits import compatible, splice
from lrmigrate.engine.policy import beside
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.suppress import Comments
from lrmigrate.model import Applicability, Edit, FileReport, Finding, Span
from lrmigrate.rules import propose
from lrmigrate.rules.other_places import other_places
from lrmigrate.rules.proposal import Proposal, for_target
from lrmigrate.rules.runtime.rate import REPLACED


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
        findings = [unparsable(error)] if is_candidate(text.encode("utf-8", "surrogatepass")) else []
    split = comments.split(findings)
    kept = [beside(finding, split.suppressed) for finding in split.kept]
    if not any(finding.code == hazards.SYNTAX.code for finding in findings):
        kept += split.unused
    return FileReport(path, in_order(kept), before=text)


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
        edits += removal if compatible(edits, removal) else []
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


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
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


def unparsable(error: CannotParse) -> Finding:
    """The one finding of a text that does not parse."""
    return at_line(
        hazards.SYNTAX, error.line, error.column, f"cannot parse: {error.reason}", hazards.SYNTAX.why
    )


def at_line(rule: Rule, line: int, column: int, message: str, reason: str) -> Finding:
    """A manual finding at a position, for files without a tree."""
    return Finding(rule.code, message, Span(0, 0), line, column, line, column, Applicability.MANUAL, reason)
