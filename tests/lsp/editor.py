"""An editor for tests: a client of the protocol, talking to a real `lrmigrate server` over stdio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from lrmigrate.lsp.document import Document

_PATIENCE = 6  # seconds; a broken server must not hang the tests
_QUIET = 1.0  # seconds in which a server that has nothing to say would have said it

NOTEBOOK = "file:///n.ipynb"


class Editor(LanguageClient):
    """Keeps its documents as an editor does, and what the server publishes for them."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.documents: dict[str, Document] = {}
        self.shown: dict[str, list[types.Diagnostic]] = {}
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.versions: list[int | None] = []  # of everything that was published, in order
        self.encoding = "utf-16"
        self.complaints: list[str] = []
        self.notebook = NOTEBOOK
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(self._receive())
        self.feature(types.WINDOW_SHOW_MESSAGE)(self._complain())

    def _receive(self) -> Callable[[types.PublishDiagnosticsParams], None]:
        def receive(params: types.PublishDiagnosticsParams) -> None:
            self.shown[params.uri] = list(params.diagnostics)
            self.versions.append(params.version)
            self.published.put_nowait(params)

        return receive

    def _complain(self) -> Callable[[types.ShowMessageParams], None]:
        return lambda params: self.complaints.append(params.message)

    async def start(
        self, encodings: Sequence[str] = (), versions: bool = True, folder: Path | None = None
    ) -> types.InitializeResult:
        """Start the server, for a folder that is open or for single files."""
        await self.start_io(sys.executable, "-m", "lrmigrate", "server")
        general = types.GeneralClientCapabilities(position_encodings=list(encodings) or None)
        edits = types.WorkspaceEditClientCapabilities(document_changes=versions)
        workspace = types.WorkspaceClientCapabilities(workspace_edit=edits)
        capabilities = types.ClientCapabilities(general=general, workspace=workspace)
        folders = [types.WorkspaceFolder(folder.as_uri(), folder.name)] if folder else None
        params = types.InitializeParams(capabilities, workspace_folders=folders)
        result = await self.initialize_async(params)
        encoding = result.capabilities.position_encoding or "utf-16"
        self.encoding = str(getattr(encoding, "value", encoding))
        self.initialized(types.InitializedParams())
        return result

    @property
    def server(self) -> asyncio.subprocess.Process | None:
        return self._server

    async def quit(self) -> int:
        """Shut the server down as the protocol says; its exit code."""
        await asyncio.wait_for(self.shutdown_async(None), _PATIENCE)
        self.exit(None)
        assert self.server is not None
        return await asyncio.wait_for(self.server.wait(), _PATIENCE)

    def open(self, text: str, uri: str = "file:///train.py") -> str:
        self.documents[uri] = Document(uri, text, 1, self.encoding)
        item = types.TextDocumentItem(uri, "python", 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def open_notebook(self, *cells: str, uri: str = NOTEBOOK) -> list[str]:
        """Open a notebook of code cells; the cells' addresses."""
        self.notebook = uri
        uris = [f"vscode-notebook-cell:/n.ipynb#{number}" for number in range(len(cells))]
        for uri, text in zip(uris, cells, strict=True):
            self.documents[uri] = Document(uri, text, 1, self.encoding)
        book = types.NotebookDocument(
            self.notebook,
            "jupyter-notebook",
            1,
            [types.NotebookCell(types.NotebookCellKind.Code, u) for u in uris],
        )
        items = [
            types.TextDocumentItem(uri, "python", 1, text) for uri, text in zip(uris, cells, strict=True)
        ]
        self.notebook_document_did_open(types.DidOpenNotebookDocumentParams(book, items))
        return uris

    def type_in_cell(self, uri: str, old: str, new: str) -> None:
        """What `type` does, in a cell."""
        change = self._change(uri, old, new)
        version = self.documents[uri].version or 0
        text = types.NotebookDocumentCellContentChanges(
            types.VersionedTextDocumentIdentifier(version, uri), [change]
        )
        self._change_notebook(types.NotebookDocumentCellChanges(text_content=[text]))

    def remove_cell(self, uri: str, index: int) -> None:
        """Delete a cell of the notebook."""
        structure = types.NotebookDocumentCellChangeStructure(
            types.NotebookCellArrayChange(index, 1), did_close=[types.TextDocumentIdentifier(uri)]
        )
        self._change_notebook(types.NotebookDocumentCellChanges(structure=structure))

    def _change_notebook(self, cells: types.NotebookDocumentCellChanges) -> None:
        identifier = types.VersionedNotebookDocumentIdentifier(2, self.notebook)
        event = types.NotebookDocumentChangeEvent(cells=cells)
        self.notebook_document_did_change(types.DidChangeNotebookDocumentParams(identifier, event))

    def close(self, uri: str) -> None:
        """Close a document."""
        self.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def save(self, path: Path) -> None:
        """Write a document to its file, and say so."""
        uri = path.as_uri()
        path.write_text(self.documents[uri].text)
        self.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def type(self, uri: str, old: str, new: str) -> None:
        """Replace the first ``old`` by ``new``, as an incremental change."""
        self.send(uri, self._change(uri, old, new))

    def _change(self, uri: str, old: str, new: str) -> types.TextDocumentContentChangePartial:
        document = self.documents[uri]
        start = document.text.index(old)
        span = types.Range(document.position(start), document.position(start + len(old)))
        change = types.TextDocumentContentChangePartial(span, new)
        self.documents[uri] = document.changed([change], (document.version or 0) + 1)
        return change

    def send(self, uri: str, change: types.TextDocumentContentChangeEvent) -> None:
        identifier = types.VersionedTextDocumentIdentifier(self.documents[uri].version or 0, uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    async def findings(self, uri: str) -> list[types.Diagnostic]:
        """The next diagnostics for the document's present version."""
        while True:
            params = await asyncio.wait_for(self.published.get(), _PATIENCE)
            if params.uri == uri and params.version == self.documents[uri].version:
                return list(params.diagnostics)

    async def silence(self) -> None:
        """Make sure that nothing is published."""
        await asyncio.sleep(_QUIET)
        assert self.published.empty()

    async def silence_about(self, uri: str) -> None:
        """Make sure that nothing is published about one document."""
        await asyncio.sleep(_QUIET)
        while not self.published.empty():
            assert self.published.get_nowait().uri != uri

    def files_changed(self) -> None:
        """Say that files have changed on the disk."""
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([]))

    async def actions(
        self, uri: str, only: Sequence[str] | None = None, span: types.Range | None = None
    ) -> list[types.CodeAction]:
        """The code actions of a range, or of the whole document."""
        document = self.documents[uri]
        whole = types.Range(document.position(0), document.position(len(document.text)))
        context = types.CodeActionContext([], list(only) if only else None)
        found = await self.text_document_code_action_async(
            types.CodeActionParams(types.TextDocumentIdentifier(uri), span or whole, context)
        )
        return [action for action in found or [] if isinstance(action, types.CodeAction)]

    def apply(self, action: types.CodeAction) -> None:
        """Apply the edit of a code action to the editor's documents."""
        assert action.edit is not None
        edits = dict(action.edit.changes or {})
        for change in action.edit.document_changes or []:
            assert isinstance(change, types.TextDocumentEdit)
            assert change.text_document.version == self.documents[change.text_document.uri].version
            edits[change.text_document.uri] = [e for e in change.edits if isinstance(e, types.TextEdit)]
        for uri, found in edits.items():
            document = self.documents[uri]
            for edit in sorted(found, key=lambda edit: document.offset(edit.range.start), reverse=True):
                change = types.TextDocumentContentChangePartial(edit.range, edit.new_text)
                document = document.changed([change], document.version)
            self.documents[uri] = document

    async def page(self, uri: str, at: str) -> str | None:
        """What hovering over the first ``at`` shows."""
        document = self.documents[uri]
        place = document.position(document.text.index(at))
        hover = await self.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), place)
        )
        assert hover is None or isinstance(hover.contents, types.MarkupContent)
        return hover and hover.contents.value


def with_editor(scene: Callable[[Editor], Awaitable[None]]) -> Editor:
    """Play a scene in an editor; a server that fails or does not end in peace fails the test."""

    async def play() -> Editor:
        editor = Editor()
        try:
            await scene(editor)
            assert await editor.quit() == 0
        finally:
            if editor.server and editor.server.returncode is None:
                editor.server.kill()
            await editor.stop()
        assert editor.complaints == []
        return editor

    return asyncio.run(play())
