"""Real faults: killed processes, full disks, missing permissions, odd files. Nothing is ever lost."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lrmigrate.engine.passes import fix_text

pytestmark = pytest.mark.processes

LEGACY = """import tensorflow as tf

# a comment that stays
rate = tf.train.exponential_decay(0.1, tf.train.get_or_create_global_step(), {steps}, 0.96)
"""
FILES = 200
KILLS = int(os.environ.get("LRMIGRATE_KILLS", "12"))  # 100 and more on a quiet machine


def old_text(number: int) -> str:
    """A legacy program; large ones take long to write."""
    return LEGACY.format(steps=100 + number) + "x = 1\n" * (number * 4)


def lrmigrate(*arguments: str, prepare: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own."""
    command = [sys.executable, "-m", "lrmigrate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=prepare)


def without_privilege() -> None:
    """Give up root's right to read and write everything: then the mode of a file counts for it as well."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; without effect for other users


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Every file is either old or new, whenever the run was killed, and a rerun finishes the job."""
    olds = {tmp_path / f"module_{number}.py": old_text(number) for number in range(FILES)}
    news = {path: fix_text(text).after or "" for path, text in olds.items()}

    def reset() -> None:
        for path, text in olds.items():
            path.write_text(text)

    reset()
    began = time.monotonic()
    assert lrmigrate("fix", "--write", str(tmp_path)).returncode == 0
    duration = time.monotonic() - began
    reset()
    chance = random.Random(7)
    interrupted = partly = 0
    for _ in range(KILLS):
        command = [sys.executable, "-m", "lrmigrate", "fix", "--write", str(tmp_path)]
        run = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0.1, 1.0) * duration)
        interrupted += run.poll() is None
        os.killpg(run.pid, signal.SIGKILL) if run.poll() is None else None
        run.wait()
        states = {path: path.read_text() for path in olds}
        assert all(text in (olds[path], news[path]) for path, text in states.items())
        done = sum(states[path] == news[path] for path in olds)
        partly += 0 < done < FILES
        if done == FILES:
            reset()
    assert interrupted > KILLS // 2
    assert partly > 0
    assert {path.suffix for path in tmp_path.iterdir()} <= {".py", ".lrmigrate-tmp"}
    assert lrmigrate("fix", "--write", str(tmp_path)).returncode == 0
    assert {path: path.read_text() for path in olds} == news


def test_disk_full(tmp_path: Path) -> None:
    """A file that the disk has no room for stays as it was; the others are written."""
    large, small = tmp_path / "large.py", tmp_path / "small.py"
    large.write_text(old_text(900))
    small.write_text(old_text(0))
    before = large.read_bytes()
    limit = 10_000

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    result = lrmigrate("fix", "--write", str(tmp_path), prepare=prepare)
    assert result.returncode == 2
    assert f"{large}: not written: File too large" in result.stderr
    assert large.read_bytes() == before
    assert "ExponentialDecay" in small.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.py", "small.py"]


@pytest.mark.parametrize("mode", [0o444, 0o000])
def test_file_without_permission(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "locked.py"
    path.write_text(old_text(0))
    path.chmod(mode)
    result = lrmigrate("fix", "--write", str(path), prepare=without_privilege)
    assert result.returncode == 2
    wanted = "cannot be read: Permission denied" if mode == 0 else "not written: the file is read-only"
    assert f"{path}: {wanted}" in result.stderr
    result = lrmigrate("check", str(path), prepare=without_privilege)
    assert mode or result.stdout == "No legacy learning-rate code found in what could be read.\n"
    path.chmod(0o644)
    assert path.read_text() == old_text(0)


def test_folder_without_permission(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    path = folder / "module.py"
    path.write_text(old_text(0))
    path.chmod(0o666)
    folder.chmod(0o555)
    result = lrmigrate("fix", "--write", str(path), prepare=without_privilege)
    assert result.returncode == 2
    assert f"{path}: not written: Permission denied" in result.stderr
    folder.chmod(0o000)
    result = lrmigrate("check", str(folder), prepare=without_privilege)
    assert (result.returncode, result.stderr) == (2, f"Error: {folder}: Permission denied\n")
    (tmp_path / "open.py").write_text(old_text(0))
    result = lrmigrate("check", str(tmp_path), prepare=without_privilege)
    assert (result.returncode, result.stderr) == (2, f"Error: {folder}: cannot be read: Permission denied\n")
    assert "open.py:4:8 LR101" in result.stdout
    page = folder / "report.html"
    result = lrmigrate("report", __file__, "-o", str(page), prepare=without_privilege)
    assert (result.returncode, result.stderr) == (2, f"Error: {page}: not written: Permission denied\n")
    folder.chmod(0o755)
    assert path.read_text() == old_text(0)


def test_special_files_and_loops(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "device.py").symlink_to("/dev/zero")
    (tmp_path / "module.py").write_text(old_text(0))
    result = lrmigrate("check", str(tmp_path))
    assert result.returncode == 1
    assert result.stdout.count("LR101") == 1
    for name in ("pipe.py", "device.py", "self.py", "missing.py"):
        result = lrmigrate("check", str(tmp_path / name))
        assert result.returncode == 2
        assert name in result.stderr


def test_path_of_strange_bytes(tmp_path: Path) -> None:
    """Names with newlines, escapes and bytes that are no text are shown harmlessly, and written."""
    names = [b"new\nline.py", b"esc\x1b[31m.py", b"latin\xe9.py", "bidi\u202e.py".encode()]
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text(old_text(0))
    shown = lrmigrate("check", str(tmp_path))
    assert shown.returncode == 1
    assert shown.stdout.count("LR101") == len(names)
    assert not {"\x1b", "\u202e"} & set(shown.stdout)
    assert lrmigrate("fix", "--write", str(tmp_path)).returncode == 0
    assert lrmigrate("check", str(tmp_path)).returncode == 0


def test_many_lines_and_deep_nesting(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(old_text(0) + "y = [1, 2, 3]\n" * 100_000)
    (tmp_path / "deep.py").write_text(old_text(0) + "z = " + "(" * 2000 + "1" + ")" * 2000 + "\n")
    (tmp_path / "chain.py").write_text(old_text(0) + "z = " + "+".join("1" * 20_000) + "\n")
    result = lrmigrate("check", str(tmp_path))
    assert result.returncode == 1
    assert "long.py:4:8 LR101" in result.stdout
    for name in ("deep.py", "chain.py"):
        assert f"{name}:" in result.stdout
    assert "LR903" not in result.stdout


def test_huge_file_is_reported(tmp_path: Path) -> None:
    """A file of 200 MB that would have to be parsed is not: it is said so, at once and with little memory."""
    path = tmp_path / "huge.py"
    with path.open("w") as stream:
        stream.write(old_text(0))
        for _ in range(200):
            stream.write("x = 1\n" * (2**20 // 6))
    limit = 2 * 2**30

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    result = lrmigrate("check", str(path), prepare=prepare)
    assert result.returncode == 1
    assert "LR904" in result.stdout


def test_twenty_thousand_files(tmp_path: Path) -> None:
    for folder in range(200):
        (tmp_path / str(folder)).mkdir()
        for number in range(100):
            (tmp_path / str(folder) / f"m{number}.py").write_text("x = 1\n")
    (tmp_path / "150" / "m50.py").write_text(old_text(0))
    result = lrmigrate("check", str(tmp_path))
    assert result.returncode == 1
    assert result.stdout.count("LR101") == 1


@pytest.mark.parametrize("change", ["touched", "gone", "folder"])
def test_file_changed_between_read_and_write(tmp_path: Path, change: str) -> None:
    """What another program does to a file meanwhile is kept."""
    from lrmigrate.model import FileReport
    from lrmigrate.options import Options
    from lrmigrate.project.runner import process_bytes

    path = tmp_path / "module.py"
    path.write_text(old_text(0))
    data = path.read_bytes()

    def meanwhile(report: FileReport) -> FileReport:
        if change == "touched":
            path.write_text("mine\n")
        else:
            path.unlink()
            path.mkdir() if change == "folder" else None
        return report

    report = process_bytes(str(path), data, Options(fix=True, write=True), meanwhile)
    assert "not written" in report.error
    assert not report.fixed
    assert [entry.name for entry in tmp_path.iterdir()] == ([] if change == "gone" else ["module.py"])
    if change == "touched":
        assert path.read_text() == "mine\n"


@pytest.mark.parametrize("arguments", [["check"], ["fix"], ["check", "--output-format", "json"]])
def test_output_that_cannot_be_written(tmp_path: Path, arguments: list[str]) -> None:
    """A full disk behind standard output is an error, and not "findings"."""
    (tmp_path / "module.py").write_text(old_text(0))
    command = [sys.executable, "-m", "lrmigrate", *arguments, str(tmp_path)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "Error: standard output: No space left on device\n")
