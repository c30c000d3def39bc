"""Summaries that are kept from one run to the next: they save reading, and never hide what has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lrmigrate.project import cache
from lrmigrate.project.program import Program, read_program
from lrmigrate.project.summaries import Summaries

FILES = 250


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program whose files have not been touched for long, and a secret of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    folder = tmp_path / "tree"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"m{number}.py").write_text(f"import m{number + 1}\n")
    monkeypatch.setattr(cache, "RECENT", -(10**18))
    return folder


def looked_at(tree: Path, kept: Path) -> tuple[Program, list[str]]:
    """The program, and the files that were read for it."""
    read: list[str] = []

    def from_disk(path: str) -> bytes:
        read.append(os.path.basename(path))
        return Path(path).read_bytes()

    summaries = Summaries(kept, str(tree))
    found = read_program(str(tree), kept=summaries, read=from_disk)
    summaries.save()
    return found, read


def test_what_was_not_touched_is_not_read(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, read = looked_at(tree, tmp_path / "kept")
    assert len(read) == FILES
    again, read = looked_at(tree, tmp_path / "kept")
    assert read == []
    assert again.files == first.files


def test_what_has_changed_is_read(tree: Path, tmp_path: Path) -> None:
    looked_at(tree, tmp_path / "kept")
    (tree / "m7.py").write_text("import m9\n")  # as long as before
    (tree / "new.py").write_text("import m7\n")
    (tree / "m3.py").unlink()
    found, read = looked_at(tree, tmp_path / "kept")
    assert sorted(read) == ["m7.py", "new.py"]
    assert str(tree / "m3.py") not in found.files
    assert found.importers(str(tree / "m9.py")) == {str(tree / "m7.py"), str(tree / "m8.py")}


def test_a_small_program_leaves_no_trace(tree: Path, tmp_path: Path) -> None:
    for number in range(100, FILES):
        (tree / f"m{number}.py").unlink()
    looked_at(tree, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
    assert not (tmp_path / "user").exists()


def test_what_somebody_else_wrote_counts_for_nothing(tree: Path, tmp_path: Path) -> None:
    looked_at(tree, tmp_path / "kept")
    [path] = (tmp_path / "kept").glob("summaries-*")
    data = path.read_bytes()
    for forged in (data.replace(b"m8", b"m9", 1), data[:20], b"", os.urandom(100)):
        assert forged != data
        path.write_bytes(forged)
        found, read = looked_at(tree, tmp_path / "kept")
        assert len(read) == FILES
        assert found.importers(str(tree / "m8.py")) == {str(tree / "m7.py")}


def test_what_was_just_written_is_not_trusted(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "RECENT", 10**18)
    looked_at(tree, tmp_path / "kept")
    _, read = looked_at(tree, tmp_path / "kept")
    assert len(read) == FILES
