"""The conversation with the editor, over standard input and output.

The event loop only takes messages and keeps the texts; every analysis runs in a thread, once the texts
have stood still for a moment, and is dropped when they have changed meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from lrmigrate import __version__
from lrmigrate.engine.kinds import Python
from lrmigrate.lsp import messages
from lrmigrate.lsp.document import Document
from lrmigrate.lsp.options import options_of
from lrmigrate.lsp.unit import Unit, broken
from lrmigrate.lsp.workspace import Workspace
from lrmigrate.model import FileReport, UserError
from lrmigrate.options import Options

Result = TypeVar("Result")

_DELAY = 0.15  # seconds without a change before an analysis begins
_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [
        types.NotebookDocumentFilterWithCells(
            cells=[types.NotebookCellLanguage("python")],
            notebook=types.NotebookDocumentFilterNotebookType("jupyter-notebook"),
        )
    ],
    save=True,
)
_ACTIONS = types.CodeActionOptions([types.CodeActionKind.QuickFix, messages.FIX_ALL, messages.FIX_NOTEBOOK])


class Server(LanguageServer):
    """The open documents, and the analyses that are under way.

    pygls keeps texts of its own, but ends lines where the protocol does not (a form feed, for one):
    only its account of which cells a notebook has is used.
    """

    def __init__(self) -> None:
        super().__init__("lrmigrate", __version__, notebook_document_sync=_NOTEBOOKS)
        self.documents: dict[str, Document] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self.programs = Workspace()
        self._changes = 0  # of open texts and of the disk, as far as known: what any file may ask about
        self._reports: dict[str, tuple[Unit, int, asyncio.Future[FileReport]]] = {}
        self._published: dict[str, tuple[Unit, FileReport]] = {}
        self._complaint = ""  # about a configuration, the last one that was shown
        self._good: set[str] = set()  # documents whose shown findings are those of a text that parsed

    def opened(self, item: types.TextDocumentItem) -> None:
        """Take a text that the editor has opened."""
        encoding = str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))
        self.documents[item.uri] = Document(item.uri, item.text, item.version, encoding)
        self.touched()

    def changed(
        self,
        document: types.VersionedTextDocumentIdentifier,
        changes: Sequence[types.TextDocumentContentChangeEvent],
    ) -> None:
        """Take what was typed, if the text is one of ours."""
        if known := self.documents.get(document.uri):
            self.documents[document.uri] = known.changed(changes, document.version)
            self.touched()

    def closed(self, uri: str) -> None:
        """Forget a text or a notebook, and what the editor shows of it."""
        self._reports.pop(uri, None)
        self._published.pop(uri, None)
        self.programs.forget(uri)
        if self.documents.pop(uri, None):
            self.touched()
            self._good.discard(uri)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def touched(self) -> None:
        """A text has changed, and what is found in the others may be something else now."""
        self._changes += 1
        for uri in {unit.uri for unit in self.texts().values()}:
            self.watch(uri)

    def texts(self) -> dict[str, Unit]:
        """The open files by their paths, each as it stands now, without options."""
        units = filter(None, map(self._bare, self.documents))
        return {unit.path: unit for unit in units if unit.path}

    def folders(self) -> list[str]:
        """The folders that the editor works in."""
        named = [folder.uri for folder in self.workspace.folders.values()]
        return [path for uri in named or [self.workspace.root_uri or ""] if (path := to_fs_path(uri))]

    def unit(self, uri: str) -> Unit | None:
        """The unit of a document or a notebook as it stands now; None for what is not open."""
        unit = self._bare(uri)
        return replace(unit, options=self._options(unit.uri)) if unit else None

    def _bare(self, uri: str) -> Unit | None:
        """The unit of a document or a notebook, whatever the configuration says."""
        notebook = self.workspace.get_notebook_document(notebook_uri=uri)
        notebook = notebook or self.workspace.get_notebook_document(cell_uri=uri)
        if notebook:
            cells = [cell for cell in notebook.cells if cell.document in self.documents]
            code = tuple(cell.kind is types.NotebookCellKind.Code for cell in cells)
            documents = tuple(self.documents[cell.document] for cell in cells)
            return Unit(notebook.uri, documents, code) if cells else None
        return Unit(uri, (self.documents[uri],)) if uri in self.documents else None

    def _options(self, uri: str) -> Options | None:
        """The options for a file; the default ones where its configuration cannot be used, which is said."""
        try:
            return options_of(uri)
        except UserError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                params = types.ShowMessageParams(types.MessageType.Error, f"lrmigrate: {error}")
                self.window_show_message(params)
            return Options()

    async def report(self, unit: Unit) -> FileReport:
        """What is found in a unit; asked twice for the same texts, it looks once."""
        known, changes = self._reports.get(unit.uri), self._changes
        if known is None or known[:2] != (unit, changes):
            texts, folders = self.texts(), self.folders()
            look = asyncio.to_thread(
                self.programs.check, unit, texts, folders, lambda: changes == self._changes
            )
            known = unit, changes, asyncio.ensure_future(look)
            self._reports[unit.uri] = known
        return await asyncio.shield(known[2])

    async def within(self, unit: Unit, work: Callable[..., Result], *arguments: Any) -> Result:
        """What a function gives that asks for fixes of a unit: they are made within its program."""
        texts, folders = self.texts(), self.folders()

        def fixed() -> Result:
            with self.programs.around(unit, texts, folders):
                return work(unit, *arguments)

        return await asyncio.to_thread(fixed)

    def watch(self, uri: str) -> None:
        """Publish the findings of a unit once nothing was typed for a moment."""
        if uri not in self._watches:
            self._watches[uri] = asyncio.ensure_future(self._watch(uri))

    async def _watch(self, uri: str) -> None:
        try:
            while self._bare(uri):
                changes = self._changes
                await asyncio.sleep(_DELAY)
                unit = self.unit(uri) if changes == self._changes else None
                report = await self.report(unit) if unit else None
                if unit and report and changes == self._changes:
                    self._publish(unit, report)
                    return
        finally:
            del self._watches[uri]

    def _publish(self, unit: Unit, report: FileReport) -> None:
        """Show the findings; those of the last text that parsed stay while a text is half typed."""
        if self._published.get(unit.uri) == (unit, report):
            return
        self._published[unit.uri] = unit, report
        for document in unit.documents:
            found = [finding for finding in report.findings if unit.document_of(finding) is document]
            if broken(found) and document.uri in self._good:
                continue
            if not broken(found):
                self._good.add(document.uri)
            diagnostics = [messages.diagnostic(document, finding) for finding in found]
            self.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
            )

    def saved(self, uri: str) -> None:
        """Tell where a saved text does not parse; while it is typed in, the findings from before stay."""
        unit = self.unit(uri)
        self._good -= {document.uri for document in unit.documents} if unit else set()
        self._published.pop(uri, None)
        self.programs.look_again()
        self.touched()
        self.watch(uri)


def create() -> Server:
    """A server with all its features, ready to start."""
    server = Server()
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(_did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(_did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(_did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(_did_close)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)(_did_open_notebook)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)(_did_change_notebook)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)(_did_save_notebook)
    server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)(_did_close_notebook)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_did_change_files)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, _ACTIONS)(_code_actions)
    server.feature(types.TEXT_DOCUMENT_HOVER)(_hover)
    return server


def _did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    if item.language_id == "python" or urlsplit(item.uri).path.endswith(Python.suffixes):
        ls.opened(item)
        ls.watch(item.uri)


def _did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    ls.changed(params.text_document, params.content_changes)
    ls.watch(params.text_document.uri)


def _did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    ls.saved(params.text_document.uri)


def _did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    ls.closed(params.text_document.uri)


def _did_open_notebook(ls: Server, params: types.DidOpenNotebookDocumentParams) -> None:
    for item in params.cell_text_documents:
        ls.opened(item)
    ls.watch(params.notebook_document.uri)


def _did_change_notebook(ls: Server, params: types.DidChangeNotebookDocumentParams) -> None:
    cells = params.change.cells
    if cells and cells.structure:
        for item in cells.structure.did_open or []:
            ls.opened(item)
        for gone in cells.structure.did_close or []:
            ls.closed(gone.uri)
    for text in (cells and cells.text_content) or []:
        ls.changed(text.document, text.changes)
    ls.watch(params.notebook_document.uri)


def _did_save_notebook(ls: Server, params: types.DidSaveNotebookDocumentParams) -> None:
    ls.saved(params.notebook_document.uri)


def _did_close_notebook(ls: Server, params: types.DidCloseNotebookDocumentParams) -> None:
    for uri in (*(cell.uri for cell in params.cell_text_documents), params.notebook_document.uri):
        ls.closed(uri)


def _did_change_files(ls: Server, _: types.DidChangeWatchedFilesParams) -> None:
    ls.programs.look_again()
    ls.touched()


async def _code_actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri, only = params.text_document.uri, params.context.only
    unit = ls.unit(uri)
    if unit is None:
        return []
    report = await ls.report(unit)
    edits = ls.client_capabilities.workspace and ls.client_capabilities.workspace.workspace_edit
    versions = bool(edits and edits.document_changes)
    actions: list[types.CodeAction] = []
    if _wanted(types.CodeActionKind.QuickFix.value, only):
        here = messages.at(unit, report.findings, uri, params.range)
        actions += await ls.within(unit, messages.quick_fixes, report, here, versions)
        actions += await ls.within(unit, messages.ignores, report, here, versions)
    kind = messages.FIX_NOTEBOOK if unit.is_notebook else messages.FIX_ALL
    if _wanted(kind, only):
        actions += await ls.within(unit, messages.fix_all, report, kind, versions)
    return actions if unit == ls.unit(uri) else []


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether the editor asks for actions of a kind: for all, for that kind, or for one above it."""
    asked = [str(getattr(wanted, "value", wanted)) for wanted in only or []]
    return not asked or any(f"{kind}.".startswith(f"{wanted}.") for wanted in asked)


async def _hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    uri = params.text_document.uri
    unit = ls.unit(uri)
    if unit is None:
        return None
    report = await ls.report(unit)
    if broken(report.findings):
        return None  # what is shown is that of a former text
    here = messages.at(unit, report.findings, uri, types.Range(params.position, params.position))
    text = ls.client_capabilities.text_document
    formats = (text and text.hover and text.hover.content_format) or [types.MarkupKind.Markdown]
    return await asyncio.to_thread(messages.hover, unit, here, types.MarkupKind.Markdown in formats)
