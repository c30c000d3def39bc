"""Findings as what the protocol sends: diagnostics, code actions, hovers."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol.types import (
    CodeAction,
    CodeActionKind,
    CodeDescription,
    Diagnostic,
    DiagnosticSeverity,
    Hover,
    MarkupContent,
    MarkupKind,
    OptionalVersionedTextDocumentIdentifier,
    Position,
    Range,
    TextDocumentEdit,
    WorkspaceEdit,
)

from lrmigrate import docs
from lrmigrate.lsp.document import Document
from lrmigrate.lsp.unit import Unit
from lrmigrate.model import Applicability, FileReport, Finding
from lrmigrate.rules import table
from lrmigrate.rules.files import UNUSED

FIX_ALL = f"{CodeActionKind.SourceFixAll.value}.lrmigrate"
FIX_NOTEBOOK = f"notebook.{FIX_ALL}"  # asked for once per notebook, not once per cell
_LEVELS = {Applicability.UNSAFE: "unsafe", Applicability.MANUAL: "by hand"}


def severity(finding: Finding) -> DiagnosticSeverity:
    """A finding is a warning, an unchecked file an error, an unused comment an information."""
    if finding.code == UNUSED.code:
        return DiagnosticSeverity.Information
    return DiagnosticSeverity.Error if table()[finding.code].always else DiagnosticSeverity.Warning


def place(document: Document, finding: Finding) -> Range:
    """Where a finding stands in its document."""
    return Range(
        document.position_in_body(finding.line, finding.column),
        document.position_in_body(finding.end_line, finding.end_column),
    )


def diagnostic(document: Document, finding: Finding) -> Diagnostic:
    """A finding as a diagnostic."""
    reason = f"\n{_LEVELS[finding.applicability]}: {finding.reason}" if finding.reason else ""
    reference = table()[finding.code].reference
    return Diagnostic(
        range=place(document, finding),
        message=finding.message + reason + "".join(f"\nnote: {note}" for note in finding.notes),
        severity=severity(finding),
        code=finding.code,
        code_description=CodeDescription(reference) if reference.startswith("https://") else None,
        source="lrmigrate",
    )


def at(unit: Unit, findings: Sequence[Finding], uri: str, span: Range) -> list[Finding]:
    """The findings of one document that touch a range."""
    here = [finding for finding in findings if unit.document_of(finding).uri == uri]
    ranges = [(place(unit.document_of(finding), finding), finding) for finding in here]
    return [f for r, f in ranges if _key(r.start) <= _key(span.end) and _key(span.start) <= _key(r.end)]


def _key(position: Position) -> tuple[int, int]:
    return position.line, position.character


def quick_fixes(
    unit: Unit, report: FileReport, findings: Sequence[Finding], versions: bool
) -> list[CodeAction]:
    """An action for each fix, the safe ones first and preferred."""
    actions = []
    for finding in sorted(findings, key=lambda finding: finding.applicability.rank):
        after = unit.fixed(report, finding) if finding.fixable else None
        if after is None:
            continue
        safe = finding.applicability is Applicability.SAFE
        actions.append(
            CodeAction(
                title=f"Fix {finding.code}{'' if safe else ' (unsafe)'}: {finding.message.replace('`', '')}",
                kind=CodeActionKind.QuickFix,
                diagnostics=[diagnostic(unit.document_of(finding), finding)],
                is_preferred=safe,
                edit=_edit(unit, after, versions),
            )
        )
    return actions


def ignores(unit: Unit, report: FileReport, findings: Sequence[Finding], versions: bool) -> list[CodeAction]:
    """An action for each finding that a comment on its line can suppress."""
    offers = [(f, unit.ignored(report, f)) for f in findings if f.code != UNUSED.code]
    return [
        CodeAction(
            title=f"Ignore {finding.code} on this line",
            kind=CodeActionKind.QuickFix,
            diagnostics=[diagnostic(unit.document_of(finding), finding)],
            is_preferred=False,
            edit=_edit(unit, after, versions),
        )
        for finding, after in offers
        if after is not None and after != [document.body for document in unit.documents]
    ]


def fix_all(unit: Unit, report: FileReport, kind: str, versions: bool) -> list[CodeAction]:
    """One action for all safe fixes, if there are any."""
    after = unit.all_fixed(report)
    if after is None or after == [document.body for document in unit.documents]:
        return []
    title = "Fix all safe lrmigrate findings"
    return [CodeAction(title=title, kind=kind, edit=_edit(unit, after, versions))]


def _edit(unit: Unit, after: Sequence[str], versions: bool) -> WorkspaceEdit:
    """The edit that gives every document its new body; with their versions where the client takes that."""
    edits = {document: document.edits(body) for document, body in zip(unit.documents, after, strict=True)}
    changed = {document: found for document, found in edits.items() if found}
    if not versions:
        return WorkspaceEdit(changes={document.uri: found for document, found in changed.items()})
    return WorkspaceEdit(
        document_changes=[
            TextDocumentEdit(OptionalVersionedTextDocumentIdentifier(document.uri, document.version), found)
            for document, found in changed.items()
        ]
    )


def hover(unit: Unit, findings: Sequence[Finding], markdown: bool) -> Hover | None:
    """The pages of the rules of ``findings``, each once; None without findings."""
    codes = list(dict.fromkeys(finding.code for finding in findings))
    pages = [page for code in codes if (page := docs.explain(code, markdown))]
    if not pages:
        return None
    kind = MarkupKind.Markdown if markdown else MarkupKind.PlainText
    text = ("\n\n---\n\n" if markdown else "\n\n").join(pages)
    return Hover(MarkupContent(kind, text), place(unit.document_of(findings[0]), findings[0]))
