"""The options on reports: what goes where, and how `check` and `fix` end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.test_cli import FIXED, LEGACY, UNSAFE, on_a_terminal
from tests.conftest import run_cli


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_bytes(LEGACY)
    (tmp_path / "wide.py").write_bytes(UNSAFE)
    return tmp_path


def test_statistics(project: Path) -> None:
    (project / "compat.py").write_bytes(LEGACY.replace(b"tf.train", b"tf.compat.v1.train"))
    done = run_cli("check", "--statistics", ".", cwd=project)
    assert done.returncode == 1
    *lines, summary = done.stdout.decode().splitlines()
    assert lines == [
        "3  LR106  [~] tf.train.cosine_decay (2 safe, 1 unsafe)",
        "1  LR108  [~] tf.train.linear_cosine_decay",
    ]
    assert summary.startswith("Found 4 findings in 3 files: 2 fixable")
    done = run_cli("check", "--statistics", "--output-format", "json", ".", cwd=project)
    assert json.loads(done.stdout)[0] == {
        "code": "LR106",
        "title": "tf.train.cosine_decay",
        "count": 3,
        "safe": 2,
        "unsafe": 1,
        "manual": 0,
    }
    done = run_cli("check", "--statistics", "--output-format", "sarif", ".", cwd=project)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--statistics comes as text or json, not as sarif" in done.stderr


def test_quiet_is_nothing_but_findings(project: Path) -> None:
    done = run_cli("check", "-q", "--output-format", "concise", ".", cwd=project)
    assert [line.split()[1] for line in done.stdout.splitlines()] == [b"LR106", b"LR106", b"LR108"]
    (project / "wide.py").unlink()
    assert run_cli("fix", "-q", "--write", ".", cwd=project).stdout == b""
    assert (project / "train.py").read_bytes() == FIXED
    done = run_cli("check", "-q", ".", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_how_to_fix_what_no_safe_fix_is_for(project: Path) -> None:
    done = run_cli("check", "--select", "LR108", "wide.py", cwd=project)
    wanted = b"Found 1 finding in 1 file: 1 fixable with `lrmigrate fix --unsafe --write` [~].\n"
    assert done.stdout.endswith(wanted)


def test_exit_codes(project: Path) -> None:
    assert run_cli("check", "--exit-zero", project).returncode == 0
    assert run_cli("fix", "--exit-zero", project).returncode == 0
    assert run_cli("check", "--exit-zero", project / "nowhere").returncode == 2
    (project / "wide.py").unlink()
    assert run_cli("fix", "--write", "--exit-non-zero-on-fix", project).returncode == 1
    assert run_cli("fix", "--write", "--exit-non-zero-on-fix", project).returncode == 0
    (project / "train.py").write_bytes(LEGACY)
    assert run_cli("fix", "--write", "--exit-non-zero-on-fix", "--exit-zero", project).returncode == 0
    assert run_cli("fix", "-", "--exit-non-zero-on-fix", stdin=LEGACY).returncode == 1
    assert run_cli("fix", "-", "--exit-non-zero-on-fix", stdin=FIXED).returncode == 0


def test_output_file(project: Path) -> None:
    done = run_cli("check", "-o", "report.txt", ".", cwd=project)
    assert (done.returncode, done.stdout) == (1, b"")
    text = (project / "report.txt").read_bytes()
    assert text == run_cli("check", ".", cwd=project).stdout
    assert b"\x1b" not in text
    done = run_cli("check", "--output-file", "no/where.txt", ".", cwd=project)
    assert done.returncode == 2
    assert b"Error: no/where.txt: not written: No such file or directory" in done.stderr


def test_the_output_file_of_a_fix_has_what_is_left(project: Path) -> None:
    done = run_cli("fix", "--output-file", "left.sarif", "--output-format", "sarif", ".", cwd=project)
    assert done.stdout == b""
    results = json.loads((project / "left.sarif").read_text())["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["LR108"]
    done = run_cli("fix", "-o", "left.txt", ".", cwd=project)
    assert done.stdout.startswith(b"--- a/")
    assert b"Left as they are: 1 unsafe" in (project / "left.txt").read_bytes()


@pytest.mark.parametrize("name", ["github", "gitlab", "sarif"])
def test_absolute_paths_are_those_of_the_repository(name: str, project: Path) -> None:
    relative, absolute = (
        run_cli("check", "--output-format", name, path, cwd=project).stdout
        for path in ("wide.py", project / "wide.py")
    )
    assert relative == absolute


@pytest.mark.parametrize("name", ["github", "gitlab", "sarif"])
def test_paths_are_those_of_the_repository_whatever_the_working_folder(name: str, project: Path) -> None:
    (project / ".git").mkdir()
    (project / "src" / "deep").mkdir(parents=True)
    (project / "wide.py").rename(project / "src" / "wide.py")
    outer, inner = (
        run_cli("check", "--output-format", name, path, cwd=project / folder).stdout
        for path, folder in (("src/wide.py", ""), ("../wide.py", "src/deep"))
    )
    assert b"src/wide.py" in outer
    assert inner == outer


def test_nothing_that_steers_a_terminal_reaches_it(tmp_path: Path) -> None:
    source = b"import tensorflow as tf\nn = '\x1b[31m\x07'; lr = tf.train.cosine_decay(0.1, step, 100)\n"
    bad = tmp_path / "a\x1b[2J\x07.py"
    bad.write_bytes(source)
    for arguments in (
        ["check", str(bad)],
        ["check", "--output-format", "github", str(bad)],
        ["fix", str(bad)],
        ["check", str(tmp_path / "no\x1b[2J\x07where.py")],
    ):
        printed = on_a_terminal(*arguments)
        assert b"\\x1b[2J\\x07" in printed
        assert b"\x1b[2J" not in printed
        assert b"\x1b[31m\x07" not in printed
    os.chmod(bad, 0o444)
    assert b"\x07" not in on_a_terminal("fix", "--write", str(bad))
    printed = on_a_terminal("fix", "-", stdin=source)
    assert b"n = '\\x1b[31m\\x07'; lr = tf.keras" in printed
