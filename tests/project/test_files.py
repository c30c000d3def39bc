"""Which files are taken, how bytes become text and back, and how a file is replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lrmigrate.engine.decoding import CannotDecode, decode
from lrmigrate.project.files import discover
from lrmigrate.project.patterns import BadPath, Exclusion, Patterns
from lrmigrate.project.source import CannotWrite, write


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def found(root: Path, *exclude: str) -> list[str]:
    exclusion = Exclusion(patterns=(Patterns("", exclude),))
    return [os.path.relpath(path, root) for path in discover([str(root)], lambda _: exclusion)]


def test_walk_skips_what_nobody_wants(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "a.py",
        "b/c.py",
        "b/d.txt",
        ".git/x.py",
        "venv/x.py",
        "env/pyvenv.cfg",
        "env/x.py",
        "build/x.py",
    )
    assert found(tmp_path) == ["a.py", "b/c.py"]


def test_gitignore_nested_and_negated(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "out/b.py", "keep/gen_a.py", "keep/gen_b.py", "keep/deep/gen_c.py", ".git/HEAD")
    (tmp_path / ".gitignore").write_text("out/\ngen_*.py\n")
    (tmp_path / "keep" / ".gitignore").write_text("!gen_b.py\n")
    assert found(tmp_path) == ["a.py", "keep/gen_b.py"]
    assert found(tmp_path / "keep") == ["gen_b.py"]


def test_exclude(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "b/c.py", "b/d.py")
    assert found(tmp_path, "b/d.py") == ["a.py", "b/c.py"]
    assert found(tmp_path, "b") == ["a.py"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    tree(tmp_path, "in/a.py", "outside/b.py")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "b.py").symlink_to(tmp_path / "outside" / "b.py")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert found(tmp_path / "in") == ["a.py"]


def test_special_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.py")
    assert found(tmp_path) == []
    with pytest.raises(BadPath, match="neither a file nor a folder"):
        list(discover([str(tmp_path / "x.py")]))


def test_a_file_named_twice_is_taken_once(tmp_path: Path) -> None:
    tree(tmp_path, "a.py")
    assert len(list(discover([str(tmp_path), str(tmp_path / "a.py")]))) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"\xef\xbb\xbfx = 1\r\ny = 2\rz = 3\n",
        "x = 'ü€𝄞'\x0c\n\ty = 1".encode(),
        b"",
        b"\r\r\n\n",
    ],
)
def test_bytes_come_back(data: bytes) -> None:
    decoded = decode(data)
    assert decoded.encode(decoded.text) == data


@pytest.mark.parametrize("data", [b"x = '\xff'", b"# coding: klingon\n", b"# coding: utf-7\n+AGE-\n"])
def test_undecodable(data: bytes) -> None:
    with pytest.raises(CannotDecode):
        decode(data)


def test_write_through_a_link_keeps_link_and_mode(tmp_path: Path) -> None:
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write(link, b"old", b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_changed_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"somebody else's")
    with pytest.raises(CannotWrite, match="changed since it was read"):
        write(path, b"mine", b"new")
    assert path.read_bytes() == b"somebody else's"
    assert os.listdir(tmp_path) == ["a.py"]
