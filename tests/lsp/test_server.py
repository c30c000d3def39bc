"""The language server, as an editor meets it: a real client, a real process, standard input and output."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.policy import by_default
from lrmigrate.engine.text import apply, check_text
from lrmigrate.model import Applicability
from tests.conftest import FIXTURES, run_cli
from tests.lsp.editor import Editor, with_editor

pytestmark = pytest.mark.processes

HEAD = "import tensorflow as tf\n"
RATE = "lr = tf.train.cosine_decay(0.1, step, 100)\n"
LEGACY = HEAD + RATE
FIXED = HEAD + "lr = tf.keras.optimizers.schedules.CosineDecay(0.1, 100)(step)\n"
MIXED = (
    LEGACY
    + "r = tf.train.linear_cosine_decay(0.1, step, 100)\nq = tf.train.noisy_linear_cosine_decay(r, 1, 2)\n"
)
FIX_ALL = "source.fixAll.lrmigrate"


def codes(diagnostics: list[types.Diagnostic]) -> list[object]:
    return [diagnostic.code for diagnostic in diagnostics]


def test_a_finding_says_what_where_and_why() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        idle = "x = 1  # lrmigrate: ignore\n"
        safe, unsafe, manual, unused = await editor.findings(editor.open(MIXED + idle))
        assert safe.range == types.Range(types.Position(1, 5), types.Position(1, 42))
        assert (safe.code, safe.source) == ("LR106", "lrmigrate")
        assert safe.message == "`tf.train.cosine_decay` is TensorFlow 1: use `CosineDecay`"
        assert safe.code_description == types.CodeDescription(
            "https://keras.io/api/optimizers/learning_rate_schedules/"
        )
        assert "\nunsafe: " in unsafe.message
        assert "\nby hand: " in manual.message
        levels = types.DiagnosticSeverity
        assert {d.severity for d in (safe, unsafe, manual)} == {levels.Warning}
        assert (unused.code, unused.severity) == ("LR910", levels.Information)

    with_editor(scene)


def test_half_typed_code_keeps_the_last_good_findings_until_it_is_saved() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(LEGACY)
        before = await editor.findings(uri)
        editor.type(uri, "step, 100)", "step, ")
        await editor.silence()
        assert editor.shown[uri] == before
        assert await editor.actions(uri) == []
        assert await editor.page(uri, "cosine_decay") is None
        editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
        error, hint = await editor.findings(uri)
        assert (error.code, error.severity) == ("LR901", types.DiagnosticSeverity.Error)
        assert (hint.code, hint.severity) == ("LR905", types.DiagnosticSeverity.Warning)
        editor.type(uri, "step, ", "step, 100)")
        assert await editor.findings(uri) == before

    with_editor(scene)


def test_every_prefix_of_a_program_is_survived() -> None:
    text = (FIXTURES / "tf1" / "exp_comments_between_lines.in.py").read_text()

    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open("")
        for end in range(0, len(text), 7):
            editor.send(uri, types.TextDocumentContentChangeWholeDocument(text[:end]))
            await editor.actions(uri)
        editor.documents[uri] = editor.documents[uri].changed(
            [types.TextDocumentContentChangeWholeDocument(text)], 99
        )
        editor.send(uri, types.TextDocumentContentChangeWholeDocument(text))
        assert codes(await editor.findings(uri)) == [f.code for f in by_default(check_text(text)).findings]

    with_editor(scene)


def test_results_of_texts_that_have_changed_meanwhile_are_dropped() -> None:
    slow = HEAD + "".join(f"x{i} = tf.train.cosine_decay(0.1, step, {i + 1})\n" for i in range(1500))

    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(slow)
        await asyncio.sleep(0.5)  # the analysis has begun, and is far from its end
        editor.type(uri, slow, LEGACY)
        assert codes(await editor.findings(uri)) == ["LR106"]
        assert editor.versions == [2]
        await editor.silence()

    with_editor(scene)


@pytest.mark.parametrize("versions", [True, False], ids=["versioned", "plain"])
def test_a_fix_writes_what_the_command_line_writes(versions: bool) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start(versions=versions)
        uri = editor.open(MIXED)
        safe, unsafe, *_ = await editor.actions(uri, ["quickfix"])
        assert (safe.title, safe.is_preferred) == (
            "Fix LR106: tf.train.cosine_decay is TensorFlow 1: use CosineDecay",
            True,
        )
        assert (unsafe.title[:19], unsafe.is_preferred) == ("Fix LR108 (unsafe):", False)
        assert codes(list(unsafe.diagnostics or [])) == ["LR108"]
        editor.apply(safe)
        assert editor.documents[uri].text == FIXED + MIXED.removeprefix(LEGACY)

    with_editor(scene)


def test_a_finding_can_be_ignored_where_it_stands() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(MIXED)
        actions = await editor.actions(uri, ["quickfix"])
        ignores = [action for action in actions if action.title.startswith("Ignore")]
        titles = [f"Ignore {code} on this line" for code in ("LR106", "LR108", "LR109")]
        assert [action.title for action in ignores] == titles[: len(ignores)]
        assert not any(action.is_preferred for action in ignores)
        editor.apply(ignores[0])
        ignored = LEGACY.rstrip() + "  # lrmigrate: ignore[LR106]\n"
        assert editor.documents[uri].text == ignored + MIXED.removeprefix(LEGACY)
        cells = editor.open_notebook(*CELLS)
        _, ignore = await editor.actions(cells[2], ["quickfix"])
        editor.apply(ignore)
        assert "# lrmigrate: ignore[LR104]" in editor.documents[cells[2]].text

    with_editor(scene)


def test_actions_are_those_of_the_place_and_of_the_kind() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(MIXED)
        second_line = types.Range(types.Position(2, 0), types.Position(2, 9))
        found = await editor.actions(uri, ["quickfix"], second_line)
        assert [action.title[:12] for action in found] == ["Fix LR108 (u", "Ignore LR108"]
        for only in ("source", "source.fixAll", FIX_ALL):
            assert [action.kind for action in await editor.actions(uri, [only])] == [FIX_ALL]
        assert await editor.actions(uri, ["refactor", "source.organizeImports", "quick"]) == []
        assert len(await editor.actions(uri)) == 6

    with_editor(scene)


GOLDEN = [
    path
    for path in sorted((FIXTURES / "tf1").glob("*.in.py"))
    if path.name.startswith(("layout_", "import_", "natural", "exp_nested", "piecewise"))
]


def test_fix_all_and_single_fixes_give_what_the_engine_gives(tmp_path: Path) -> None:
    """Golden programs of every layout, with LF and CRLF, with and without a byte order mark."""
    (tmp_path / "lrmigrate.toml").touch()  # each is a program of its own
    place = (tmp_path / "train.py").as_uri()

    async def scene(editor: Editor) -> None:
        await editor.start()
        for path in GOLDEN:
            plain = path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
            for text in (plain, plain.replace("\r\n", "\n").replace("\n", "\r\n")):
                for mark in ("", "\ufeff"):
                    await both(editor, text, mark)

    async def both(editor: Editor, text: str, mark: str) -> None:
        uri = editor.open(mark + text, place)
        for action in await editor.actions(uri, [FIX_ALL]):
            editor.apply(action)
        assert editor.documents[uri].text == mark + (fix_text(text).after or "")
        levels = (Applicability.SAFE, Applicability.UNSAFE)
        findings = [
            f for level in levels for f in by_default(check_text(text)).findings if f.applicability is level
        ]
        editor.open(mark + text, place)
        actions = [a for a in await editor.actions(uri, ["quickfix"]) if a.title.startswith("Fix")]
        assert len(actions) == len(findings)
        for action, finding in zip(actions, findings, strict=True):
            editor.open(mark + text, place)
            editor.apply(action)
            assert editor.documents[uri].text == mark + (apply(text, [finding]) or "")

    with_editor(scene)


ASTRAL = HEAD + "s = '𝛼𝛽é\x0c😀'; " + RATE


@pytest.mark.parametrize(
    ("encodings", "column"),
    [((), 21), (("utf-16",), 21), (("utf-8", "utf-16"), 28), (("utf-32",), 18), (("utf-7",), 21)],
    ids=str,
)
def test_columns_are_counted_as_agreed(encodings: tuple[str, ...], column: int) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start(encodings)
        uri = editor.open(ASTRAL)
        (finding,) = await editor.findings(uri)
        assert finding.range == types.Range(types.Position(1, column), types.Position(1, column + 37))
        editor.type(uri, "𝛽", "𝛽𝛾")
        (moved,) = await editor.findings(uri)
        assert moved.range.start.character == column + {"utf-8": 4, "utf-32": 1}.get(editor.encoding, 2)
        (action,) = await editor.actions(uri, [FIX_ALL])
        editor.apply(action)
        assert editor.documents[uri].text == fix_text(ASTRAL.replace("𝛽", "𝛽𝛾")).after

    with_editor(scene)


def test_hover_explains_the_rule_in_markdown() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(LEGACY)
        page = await editor.page(uri, "cosine_decay") or ""
        assert page.startswith("**LR106**: `tf.train.cosine_decay` (`tf1-cosine-decay`)\n\n")
        assert "Before:\n\n```python\nimport tensorflow as tf\n" in page
        assert await editor.page(uri, "import") is None

    with_editor(scene)


CELLS = (
    "%matplotlib inline\nimport tensorflow as tf",
    "# 𝛼\n" + RATE,
    "!ls\nr = tf.train.natural_exp_decay(0.1, s, 10, k)",
)
ALL_FIXED = (
    "%matplotlib inline\nimport math\nimport tensorflow as tf",
    "# 𝛼\n" + FIXED.removeprefix(HEAD),
    "!ls\nr = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 10, math.exp(-k))(s)",
)


def test_the_cells_of_a_notebook_share_their_names() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        first, second, third = editor.open_notebook(*CELLS)
        assert await editor.findings(first) == []
        (finding,) = await editor.findings(second)
        assert (finding.code, finding.range.start) == ("LR106", types.Position(1, 5))
        (other,) = await editor.findings(third)
        assert (other.code, other.range.start) == ("LR104", types.Position(1, 4))
        assert "natural_exp_decay" in (await editor.page(third, "natural") or "")
        editor.type_in_cell(second, "100)\n", "100\n")
        await editor.findings(third)  # which comes behind the second
        assert editor.shown[second] == [finding]
        editor.type_in_cell(second, "100\n", "100)  # back\n")
        assert await editor.findings(second) == [finding]

    with_editor(scene)


def test_a_fix_in_a_notebook_may_add_an_import_to_another_cell() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        cells = editor.open_notebook(*CELLS)
        action, _ = await editor.actions(cells[2], ["quickfix"])
        editor.apply(action)
        texts = [editor.documents[cell].text for cell in cells]
        assert texts == [ALL_FIXED[0], CELLS[1], ALL_FIXED[2]]

    with_editor(scene)


def test_fix_all_of_a_notebook_is_offered_once_for_all_cells() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        cells = editor.open_notebook(*CELLS)
        assert await editor.actions(cells[0], ["source.fixAll"]) == []
        (action,) = await editor.actions(cells[0], ["notebook.source.fixAll"])
        editor.apply(action)
        assert [editor.documents[cell].text for cell in cells] == list(ALL_FIXED)

    with_editor(scene)


def test_a_deleted_cell_takes_its_imports_and_findings_with_it() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        cells = editor.open_notebook("from tensorflow.train import cosine_decay", "cosine_decay(0.1, s, 9)")
        assert codes(await editor.findings(cells[1])) == ["LR106"]
        editor.remove_cell(cells[0], 0)
        assert await editor.findings(cells[1]) == []
        assert editor.shown[cells[0]] == []

    with_editor(scene)


def test_a_closed_document_shows_nothing() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(LEGACY)
        await editor.findings(uri)
        editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        await editor.published.get()
        assert editor.shown[uri] == []
        await editor.silence()
        assert await editor.actions(uri) == []

    with_editor(scene)


def test_what_is_no_python_is_left_alone() -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        item = types.TextDocumentItem("file:///a.txt", "plaintext", 1, LEGACY)
        editor.text_document_did_open(types.DidOpenTextDocumentParams(item))
        await editor.silence()

    with_editor(scene)


def test_configuration_and_comments_count(tmp_path: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        (tmp_path / "pyproject.toml").write_text('[tool.lrmigrate]\nignore = ["LR106"]\n')
        assert codes(await editor.findings(editor.open(MIXED, (tmp_path / "a.py").as_uri()))) == [
            "LR108",
            "LR109",
        ]
        ignored = LEGACY.replace("100)", "100)  # lrmigrate: ignore[LR106]")
        assert await editor.findings(editor.open(ignored, (tmp_path.parent / "b.py").as_uri())) == []
        (tmp_path / "pyproject.toml").write_text('[tool.lrmigrate]\nexclude = ["c.py"]\n')
        assert await editor.findings(editor.open(MIXED, (tmp_path / "c.py").as_uri())) == []

    with_editor(scene)


def test_a_bad_configuration_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        (tmp_path / "pyproject.toml").write_text('[tool.lrmigrate]\nselekt = ["LR1"]\n')
        assert len(await editor.findings(editor.open(MIXED, (tmp_path / "a.py").as_uri()))) == 3
        assert any("selekt" in message and "select" in message for message in editor.complaints)
        editor.complaints.clear()

    with_editor(scene)


def test_without_the_extra_a_sentence_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pygls'] = None; from lrmigrate.cli import main; main(['server'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"pip install 'pygls>=2.1'" in done.stderr


def test_an_editor_that_vanishes_ends_the_server() -> None:
    done = run_cli("server", stdin=b"")
    assert (done.returncode, done.stdout) == (0, b"")
