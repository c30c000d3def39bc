"""Baselines: what is known stays known when it moves, what is new fails, what is fixed goes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import run_cli

HEAD = "import tensorflow as tf\n"
FIRST = "a = tf.train.exponential_decay(0.1, s, 100, 0.5)\n"
SECOND = "b = tf.train.natural_exp_decay(0.1, s, 100, 0.5)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(HEAD + FIRST + SECOND)
    (tmp_path / "src" / "b.py").write_text(HEAD + FIRST + FIRST)
    done = check(tmp_path, "--update-baseline")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b"Baseline base.json: 4 findings, 4 added, 0 pruned.\n"
    return tmp_path


def check(
    project: Path, *arguments: str, paths: tuple[str, ...] = ("src",), cwd: str = "."
) -> subprocess.CompletedProcess[bytes]:
    return run_cli("check", "--baseline", "base.json", *arguments, *paths, cwd=project / cwd)


def entries(project: Path) -> list[tuple[str, str, int]]:
    data = json.loads((project / "base.json").read_text())
    return [(entry["path"], entry["code"], entry["count"]) for entry in data["findings"]]


def test_what_is_known_passes_and_the_file_is_stable(project: Path) -> None:
    assert entries(project) == [("src/a.py", "LR101", 1), ("src/a.py", "LR104", 1), ("src/b.py", "LR101", 2)]
    before = (project / "base.json").read_bytes()
    assert before.count(b"\n") == 5, "one line for each entry"
    done = check(project)
    assert (done.returncode, done.stderr) == (
        0,
        b"Baseline base.json: 4 known findings not shown, nothing new.\n",
    )
    assert check(project, "--update-baseline").returncode == 0
    assert (project / "base.json").read_bytes() == before


def test_moved_and_reformatted_code_is_known(project: Path) -> None:
    moved = "a = tf.train.exponential_decay(\n    0.1,  # rate\n    s,\n    100,\n    .50,\n)\n"
    (project / "src" / "a.py").write_text("'''Docstring.'''\n\n" + HEAD + "\n" + SECOND + "\n" + moved)
    assert check(project).returncode == 0


def test_only_what_is_new_fails(project: Path) -> None:
    (project / "src" / "b.py").write_text(HEAD + FIRST * 3)
    (project / "src" / "a.py").write_text(HEAD + FIRST + SECOND + FIRST.replace("100", "200"))
    done = check(project)
    assert done.returncode == 1
    lines = [line for line in done.stdout.decode().splitlines() if " LR" in line]
    assert [line.split(" ")[0] for line in lines] == ["src/a.py:4:5", "src/b.py:4:5"]
    assert b"Found 2 findings in 2 files" in done.stdout
    done = check(project, "--output-format", "json")
    assert json.loads(done.stdout)["summary"]["findings"] == 2


def test_what_is_fixed_is_told_and_pruned(project: Path) -> None:
    (project / "src" / "a.py").write_text(HEAD + FIRST)
    (project / "src" / "b.py").unlink()
    done = check(project)
    assert done.returncode == 0
    assert b"3 known findings fixed; --update-baseline prunes them." in done.stderr
    assert len(entries(project)) == 3
    done = check(project, "--update-baseline")
    assert done.stderr == b"Baseline base.json: 1 finding, 0 added, 3 pruned.\n"
    assert entries(project) == [("src/a.py", "LR101", 1)]


def test_quiet_has_no_sentences(project: Path) -> None:
    (project / "src" / "a.py").write_text(HEAD + FIRST + SECOND)
    (project / "src" / "b.py").unlink()
    assert check(project).stderr != b""
    for arguments in ((), ("--update-baseline",)):
        done = check(project, "--quiet", *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_a_run_does_not_look_at_is_kept(project: Path) -> None:
    """A hook gets the files that have changed, and a run may select rules."""
    (project / "src" / "a.py").write_text(HEAD)
    done = check(project, "--update-baseline", paths=("src/a.py",))
    assert b"2 findings, 0 added, 2 pruned" in done.stderr
    assert entries(project) == [("src/b.py", "LR101", 2)]
    (project / "src" / "b.py").write_text(HEAD)
    assert b"fixed" not in check(project, "--select", "LR2").stderr
    assert b"0 findings, 0 added, 2 pruned" in check(project, "--update-baseline").stderr


def test_paths_are_relative_to_the_baseline(project: Path) -> None:
    done = run_cli("check", "--baseline", "../base.json", "a.py", cwd=project / "src")
    assert done.returncode == 0
    done = run_cli("check", "--baseline", "base.json", str(project / "src"), cwd=project)
    assert done.returncode == 0
    data = (project / "src" / "a.py").read_bytes()
    done = run_cli(
        "check", "--baseline", "base.json", "-", "--stdin-filename", "src/a.py", cwd=project, stdin=data
    )
    assert done.returncode == 0


def test_notebooks_and_files_that_cannot_be_checked(project: Path) -> None:
    source = [HEAD, "a = tf.train.exponential_decay(0.1, s,\n", "    100, '\\n')"]
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}
    (project / "src" / "n.ipynb").write_text(json.dumps(book))
    (project / "src" / "old.py").write_text(HEAD + "print 'lr'\n")
    (project / "src" / "comment.py").write_text("x = 1  # lrmigrate: ignore[LR101]\n")
    assert check(project).returncode == 1
    assert check(project, "--update-baseline").returncode == 0
    assert "ignore[LR101]" in (project / "base.json").read_text()
    book["cells"] = [{"cell_type": "code", "source": text} for text in ("x = 1", "".join(source))]
    (project / "src" / "n.ipynb").write_text(json.dumps(book, indent=1))
    assert check(project).returncode == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", 'it has no "version": 1'),
        ('{"version": 2}', 'it has no "version": 1'),
        ('{"version": 1, "findings": [{"path": "a"}]}', "entry 1 has not the form of one"),
        ('{"version": 1, "findings": 5}', "its findings are no list"),
        ('[tool.ruff]\nselect = ["E"]\n', "it is not JSON"),
    ],
)
def test_what_is_no_baseline_is_an_error_and_is_kept(project: Path, text: str, sentence: str) -> None:
    (project / "base.json").write_text(text)
    for more in ((), ("--update-baseline",)):
        done = check(project, *more)
        assert done.returncode == 2
        assert done.stderr.startswith(b"Error: base.json: this is no baseline of lrmigrate: ")
        assert sentence.encode() in done.stderr
        assert (project / "base.json").read_text() == text


def test_a_missing_baseline_is_an_error(project: Path) -> None:
    (project / "base.json").unlink()
    done = check(project)
    assert (done.returncode, b"--update-baseline writes one" in done.stderr) == (2, True)
    assert run_cli("check", "--update-baseline", "src", cwd=project).returncode == 2


def test_a_baseline_that_cannot_be_written_is_an_error(project: Path) -> None:
    done = run_cli("check", "--baseline", "no/base.json", "--update-baseline", "src", cwd=project)
    assert done.returncode == 2
    assert b"no/base.json: not written: No such file or directory" in done.stderr
