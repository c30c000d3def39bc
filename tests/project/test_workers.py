"""Work in other processes: what happens when they are killed, and any executor will do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lrmigrate.model import FileReport
from lrmigrate.options import Options
from lrmigrate.project import workers
from lrmigrate.project.runner import run
from tests.conftest import ROOT, interruptible, run_cli

pytestmark = pytest.mark.processes

LEGACY = "import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, {})\n"
FIXED = "import tensorflow as tf\nlr = tf.keras.optimizers.schedules.CosineDecay(0.1, {})(step)\n"
PARENT = os.getpid()


def double(batch: Sequence[int]) -> list[int]:
    """Work that kills its process, every time, at 13, and the first process that it is tried in at 7."""
    for number in batch:
        if number == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 7 and not os.path.exists(mark := os.environ["MARK"]):
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [2 * number for number in batch]


def test_killed_processes_cost_nothing_but_what_kills_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    batches = [list(range(start, start + 5)) for start in range(0, 40, 5)]
    said: list[str] = []
    with workers.pool(2) as pool:
        found = list(workers.results(double, batches, pool, lambda task: -task, said.append))
    flat = [result for _, results in found for result in results]
    assert flat == [2 * n if n != 13 else -13 for n in range(40)]
    assert said == ["a worker was lost (BrokenProcessPool); what it had is done again here"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Many legacy files, some clean ones, and one that cannot be parsed."""
    for number in range(120):
        (tmp_path / f"m{number}.py").write_text(LEGACY.format(number + 1))
        (tmp_path / f"n{number}.py").write_text("x = 1\n")
    (tmp_path / "m7.py").write_text(LEGACY.format(1) + "print 'python 2'\n")
    return tmp_path


def reports(tree: Path, options: Options, executor: ThreadPoolExecutor | None = None) -> list[FileReport]:
    paths = sorted(os.path.relpath(path) for path in tree.rglob("*.py"))
    return list(run(paths, lambda _: options, executor))


def test_any_executor_gives_the_same(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    ours = reports(tree, Options())
    assert len(ours) == 120
    with ThreadPoolExecutor(3) as threads:
        assert reports(tree, Options(), threads) == ours


def test_any_executor_fixes_the_same(tree: Path) -> None:
    with ThreadPoolExecutor(3) as threads:
        found = reports(tree, Options(fix=True, write=True), threads)
    assert sum(len(report.fixed) for report in found) == 119
    assert (tree / "m5.py").read_text() == FIXED.format(6)


def test_a_file_that_changed_meanwhile_is_not_written(tree: Path) -> None:
    """What a worker has computed is of a text that is no longer there."""

    class Slow(ThreadPoolExecutor):
        """Somebody saves a file after a worker has read it."""

        def submit(self, *arguments, **keywords):  # type: ignore[no-untyped-def]
            future = super().submit(*arguments, **keywords)
            if "m5.py" in {os.path.basename(task.path) for task in arguments[1]}:
                future.result()
                (tree / "m5.py").write_text("mine = 1\n")
            return future

    with Slow(1) as slow:
        found = {report.path: report for report in reports(tree, Options(fix=True, write=True), slow)}
    (changed,) = [report for path, report in found.items() if path.endswith("m5.py")]
    assert changed.error.endswith("m5.py: not written: the file has changed since it was read")
    assert (tree / "m5.py").read_text() == "mine = 1\n"


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, thread.read_text().split())
    return found


def test_a_killed_worker_of_the_command_line_is_made_good(tree: Path) -> None:
    """One of the pool's processes is killed while `fix --write` is at work: every file is fixed."""
    wanted = {path: path.read_text() for path in tree.glob("*.py")}
    wanted |= {tree / f"m{n}.py": FIXED.format(n + 1) for n in range(120) if n != 7}
    command = [sys.executable, "-m", "lrmigrate", "fix", "--write", str(tree)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = 0
    while not killed:
        for path in tree.glob("m*.py"):
            if path.name != "m7.py":
                path.write_text(LEGACY.format(int(path.stem[1:]) + 1))
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
        )
        while process.poll() is None and not killed:
            for worker in children(process.pid):
                os.kill(worker, signal.SIGKILL)
                killed += 1
                break
            time.sleep(0.001)
        output, errors = process.communicate()
    assert {path: path.read_text() for path in tree.iterdir()} == wanted
    assert "Fixed 119 findings in 119 files" in output
    assert "a worker was lost" in errors
    assert process.returncode == 1


def test_twenty_thousand_files_by_any_executor(tmp_path: Path) -> None:
    for folder in range(100):
        (tmp_path / str(folder)).mkdir()
        for number in range(200):
            (tmp_path / str(folder) / f"m{number}.py").write_text("x = 1\n")
    (tmp_path / "50" / "m50.py").write_text(LEGACY.format(1))
    with ThreadPoolExecutor(2) as threads:
        (report,) = reports(tmp_path, Options(), threads)
    assert report.path.endswith("50/m50.py")
    assert run_cli("check", tmp_path, "--no-cache").stdout.count(b"LR106") == 1


def test_an_interrupt_is_for_the_parent_to_answer() -> None:
    """A worker that Ctrl-C ends while it holds the lock of the queue leaves the others waiting for ever."""
    with workers.pool(1) as pool:
        worker = pool.submit(os.getpid).result(timeout=60)
        os.kill(worker, signal.SIGINT)
        time.sleep(0.2)
        assert pool.submit(os.getpid).result(timeout=60) == worker


@pytest.mark.parametrize("delay", [0.3, 0.5, 0.7, 0.9])
def test_two_interrupts_end_the_run(tmp_path: Path, delay: float) -> None:
    """The terminal sends them to the workers, too."""
    for number in range(600):
        (tmp_path / f"m{number}.py").write_text(LEGACY.format(number) + "x = [1, 2, 3]\n" * 3000)
    command = [sys.executable, "-m", "lrmigrate", "check", "--no-cache", str(tmp_path)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=interruptible,  # noqa: PLW1509 (it allocates nothing)
    )
    time.sleep(delay)
    try:
        for _ in range(2):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.02)
        process.wait(timeout=20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
