"""What is found in one file while others of its program are edited: a real client, a real server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, with_editor
from tests.project.test_program import MAKE, NOT_CALLED, TRAIN

pytestmark = pytest.mark.processes

FITS, SETS = "model.fit(x", "model.optimizer.lr = rate\nmodel.fit(x"
SET = "train.py line 4 sets the rate (`model.optimizer.lr = ...`), which Keras 3 does not notice"


def reasons(diagnostics: list[types.Diagnostic]) -> str:
    """The reason of the one finding; nothing where it is safe."""
    (diagnostic,) = diagnostics
    return diagnostic.message.partition("\n")[2]


@pytest.fixture
def make(tmp_path: Path) -> Path:
    """A file that makes an optimizer, which the one beside it trains with."""
    (tmp_path / "lrmigrate.toml").touch()
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "make.py").write_text(MAKE)
    return tmp_path / "make.py"


def test_what_is_typed_into_another_file_counts(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(MAKE, make.as_uri())
        assert reasons(await editor.findings(uri)) == ""
        helper = editor.open(TRAIN, (make.parent / "train.py").as_uri())
        assert await editor.findings(helper) == []
        editor.type(helper, FITS, SETS)
        assert f"unsafe: {SET}" in reasons(await editor.findings(uri))
        editor.type(helper, SETS, FITS)
        assert reasons(await editor.findings(uri)) == ""

    with_editor(scene)


def test_fixes_are_those_of_the_present_program(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(MAKE, make.as_uri())
        helper = editor.open(TRAIN, (make.parent / "train.py").as_uri())
        editor.type(helper, FITS, SETS)
        assert await editor.actions(uri, ["source.fixAll"]) == []
        fix, _ = await editor.actions(uri, ["quickfix"])
        assert fix.title.startswith("Fix LR202 (unsafe)")
        editor.type(helper, SETS, FITS)
        (fix,) = await editor.actions(uri, ["source.fixAll"])
        editor.apply(fix)
        assert "InverseTimeDecay" in editor.documents[uri].text

    with_editor(scene)


def test_an_import_that_another_open_file_takes_is_kept(make: Path) -> None:
    """It is of no use in this file any more, and may only go where nobody takes it from there."""
    taken = "from tensorflow.train import cosine_decay\n"
    text = f"import tensorflow as tf\n{taken}lr = cosine_decay(0.1, step, 100)\n"

    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(text, make.as_uri())
        helper = editor.open("import make\n", (make.parent / "train.py").as_uri())
        (fix,) = await editor.actions(uri, ["source.fixAll"])
        editor.type(helper, "import make", "from make import cosine_decay")
        (other,) = await editor.actions(uri, ["source.fixAll"])
        editor.apply(other)
        assert taken in editor.documents[uri].text
        editor.send(uri, types.TextDocumentContentChangeWholeDocument(text))
        editor.documents[uri] = editor.documents[uri].changed(
            [types.TextDocumentContentChangeWholeDocument(text)], 1
        )
        editor.apply(fix)
        assert taken not in editor.documents[uri].text

    with_editor(scene)


def test_a_half_typed_file_counts_as_it_was(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        helper = editor.open(TRAIN.replace(FITS, SETS), (make.parent / "train.py").as_uri())
        uri = editor.open(MAKE, make.as_uri())  # behind it, or it is looked at twice
        assert SET in reasons(await editor.findings(uri))
        editor.type(helper, "model.optimizer.lr = rate", "model.optimizer.lr =")
        await editor.silence_about(uri)
        editor.type(helper, "model.optimizer.lr =\n", "")
        assert reasons(await editor.findings(uri)) == ""

    with_editor(scene)


def test_a_closed_file_counts_as_it_is_on_the_disk(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        path = make.parent / "train.py"
        helper = editor.open(TRAIN.replace(FITS, SETS), path.as_uri())
        uri = editor.open(MAKE, make.as_uri())
        assert SET in reasons(await editor.findings(uri))
        editor.close(helper)
        assert reasons(await editor.findings(uri)) == ""
        editor.open(TRAIN.replace(FITS, SETS), path.as_uri())
        assert SET in reasons(await editor.findings(uri))
        editor.save(path)
        editor.close(helper)
        await editor.silence_about(uri)
        path.unlink()
        editor.files_changed()
        assert NOT_CALLED in reasons(await editor.findings(uri))

    with_editor(scene)


def test_a_new_file_counts_before_it_is_saved(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(MAKE, make.as_uri())
        assert reasons(await editor.findings(uri)) == ""
        new = editor.open("from make import build\n", (make.parent / "new.py").as_uri())
        editor.type(new, "build\n", "build\nbuild().optimizer.lr = 1.0\n")
        assert "new.py line 2 sets the rate" in reasons(await editor.findings(uri))

    with_editor(scene)


def test_what_happens_on_the_disk_counts(make: Path) -> None:
    """Another program has changed files, and the editor, which watches them, says so."""

    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(MAKE, make.as_uri())
        assert reasons(await editor.findings(uri)) == ""
        (make.parent / "train.py").write_text(TRAIN.replace(FITS, SETS))
        editor.files_changed()
        assert SET in reasons(await editor.findings(uri))

    with_editor(scene)


def test_a_file_that_has_nothing_to_do_with_it_changes_nothing(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        uri = editor.open(MAKE, make.as_uri())
        await editor.findings(uri)
        other = editor.open("x = 1\n", (make.parent / "other.py").as_uri())
        editor.type(other, "x = 1", "x.optimizer.lr = 1")
        await editor.findings(other)
        await editor.silence_about(uri)

    with_editor(scene)


def test_the_configuration_says_what_the_program_is(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        for name in ("src", "old"):
            (make.parent / name).mkdir()
        shutil.move(make, make.parent / "src" / "make.py")
        (make.parent / "old" / "sets.py").write_text(TRAIN.replace(FITS, SETS))
        (make.parent / "src" / "train.py").write_text(TRAIN)
        (make.parent / "train.py").unlink()
        uri = editor.open(MAKE, (make.parent / "src" / "make.py").as_uri())
        assert "sets.py line 4 sets the rate" in reasons(await editor.findings(uri))
        (make.parent / "lrmigrate.toml").write_text('program = ["src"]\n')
        editor.files_changed()
        assert reasons(await editor.findings(uri)) == ""
        text = editor.documents[uri].text.replace("import keras", "import keras\nimport sets")
        beside = editor.open(text, (make.parent / "old" / "make.py").as_uri())
        editor.open(TRAIN.replace(FITS, SETS), (make.parent / "old" / "sets.py").as_uri())
        assert NOT_CALLED in reasons(await editor.findings(beside))

    with_editor(scene)


def test_without_a_root_the_program_is_the_folder_that_is_open(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "train.py").write_text(f"from a.{TRAIN[5:]}")
    uri_of = tmp_path / "a" / "make.py"

    async def alone(editor: Editor) -> None:
        await editor.start()
        assert NOT_CALLED in reasons(await editor.findings(editor.open(MAKE, uri_of.as_uri())))
        assert NOT_CALLED in reasons(await editor.findings(editor.open(MAKE, "untitled:1")))

    async def in_folder(editor: Editor) -> None:
        await editor.start(folder=tmp_path)
        assert reasons(await editor.findings(editor.open(MAKE, uri_of.as_uri()))) == ""

    with_editor(alone)
    with_editor(in_folder)


def test_a_notebook_and_a_file_know_each_other(make: Path) -> None:
    async def scene(editor: Editor) -> None:
        await editor.start()
        (make.parent / "train.py").unlink()
        uri = editor.open(MAKE, make.as_uri())
        assert NOT_CALLED in reasons(await editor.findings(uri))
        *_, cell = editor.open_notebook(*TRAIN.split("\n\n"), uri=(make.parent / "n.ipynb").as_uri())
        assert reasons(await editor.findings(uri)) == ""
        editor.type_in_cell(cell, FITS, SETS)
        assert "n.ipynb" in reasons(await editor.findings(uri))

    with_editor(scene)
