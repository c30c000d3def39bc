"""The worker from outside, with workers that misbehave: real processes, no mocks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from lrmigrate.verify import worker
from lrmigrate.verify.client import CannotVerify, Worker
from tests.conftest import ROOT

pytestmark = pytest.mark.processes

Fake: TypeAlias = "Callable[[str], str]"

HELLO = """\
import json, os, signal, sys, time
answers = os.fdopen(int(sys.argv[-1]), "w", closefd=False)
def say(text):
    print(text, file=answers, flush=True)
def hello():
    say(json.dumps({"id": -1, "versions": {"tensorflow": "9.9"}}))
def jobs():
    for line in sys.stdin:
        yield json.loads(line)
def agree(job):
    say(json.dumps({"id": job["id"], "pid": os.getpid()}))
"""


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """Makes an executable that stands in for a Python, and does what its body says."""

    def make(body: str) -> str:
        path = tmp_path / "python"
        path.write_text(f"#!{sys.executable}\n{HELLO}{body}\n")
        path.chmod(0o755)
        return str(path)

    return make


def descriptors() -> set[str]:
    return {f"{fd} {os.readlink(f'/proc/self/fd/{fd}')}" for fd in os.listdir("/proc/self/fd") if _open(fd)}


def _open(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}") and not os.readlink(f"/proc/self/fd/{fd}").endswith("/fd")


def children() -> set[str]:
    """Every child process, zombies included."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    before = descriptors(), children()
    yield
    assert (descriptors(), children()) == before


def refusal(python: str) -> str:
    """What is said when there is no worker to be had."""
    with Worker(python) as worker, pytest.raises(CannotVerify) as raised:
        worker.ask({"id": 1})
    return str(raised.value)


def test_dies_at_once(fake: Fake) -> None:
    assert refusal(fake("sys.exit('no disk left')")).endswith("did not start: no disk left")


def test_dies_without_a_word(fake: Fake) -> None:
    assert refusal(fake("os._exit(7)")).endswith("did not start: it ended with status 7")


@pytest.mark.parametrize("line", ["rubbish", "{}", "[]", "null", "3", '{"versions', "\\0\\0"])
def test_greets_with_rubbish(fake: Fake, line: str) -> None:
    assert "did not start: it does not answer" in refusal(fake(f"say({line!r})\ntime.sleep(60)"))


def test_greets_with_bytes_that_are_no_text(fake: Fake) -> None:
    body = r"answers.buffer.write(b'\xff\xfe\n'); answers.flush(); time.sleep(60)"
    assert "did not start" in refusal(fake(body))


def test_without_tensorflow(fake: Fake) -> None:
    body = (
        "import runpy\nsys.modules['tensorflow'] = None\ndel sys.modules['tensorflow']\n"
        "class Block:\n    def find_spec(self, name, *_):\n"
        "        if name == 'tensorflow': raise ModuleNotFoundError(\"No module named 'tensorflow'\")\n"
        "sys.meta_path.insert(0, Block())\nsys.argv = sys.argv[-2:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    said = refusal(fake(body))
    assert "needs TensorFlow and tf_keras (ModuleNotFoundError: No module named 'tensorflow')" in said
    assert "`pip install 'lrmigrate[verify]'`" in said
    assert "--python" in said


def test_keras_that_is_too_old(fake: Fake) -> None:
    body = (
        "import runpy, types\nsys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
        "keras = sys.modules['keras'] = types.ModuleType('keras')\n"
        "keras.backend = types.SimpleNamespace(set_floatx=repr, set_epsilon=repr)\n"
        "keras.__version__ = '3.4.1'\nsys.argv = sys.argv[-2:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    assert "Keras 3.4.1 is too old, 3.5 is the oldest one" in refusal(fake(body))


def test_the_oldest_keras_is_the_one_that_is_installed() -> None:
    wanted = ".".join(map(str, worker.OLDEST_KERAS))
    assert f'"keras>={wanted}"' in (ROOT / "pyproject.toml").read_text()
    assert f'"keras=={wanted}.0"' in (ROOT / "noxfile.py").read_text()


def test_no_such_python(tmp_path: Path) -> None:
    assert refusal(str(tmp_path / "nowhere")).endswith("nowhere cannot be started: No such file or directory")


def test_not_executable(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("")
    assert refusal(str(tmp_path / "python")).endswith("cannot be started: Permission denied")
    assert "cannot be started" in refusal(str(tmp_path))


MISHAPS = {
    "hangs": ("time.sleep(60)", "the worker took longer than 1 s"),
    "says half a line and hangs": ("answers.write('{'); answers.flush(); time.sleep(60)", "longer than 1 s"),
    "ends": ("os._exit(3)", "the worker ended with status 3"),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", "the worker ended with status -9"),
    "crashes": ("1 / 0", "the worker ended with status 1"),
    "closes its output": ("answers.close(); time.sleep(60)", "the worker"),
    "prints rubbish": ("say('rubbish')", "the worker answered rubbish"),
    "prints a list": ("say('[]')", "the worker answered rubbish"),
    "answers another job": ("say('{\"id\": 99}')", "the worker answered rubbish"),
}


@pytest.mark.parametrize("name", MISHAPS)
def test_a_mishap_costs_one_job(fake: Fake, name: str) -> None:
    """The second job goes wrong; the third gets a process of its own."""
    body, excuse = MISHAPS[name]
    loop = (
        f"hello()\nfor job in jobs():\n    if job['id'] == 2:\n        {body}\n    else:\n        agree(job)"
    )
    with Worker(fake(loop), limit=1) as worker:
        first, second, third = worker.answers([{"id": 1}, {"id": 2}, {"id": 3}])
        assert worker.versions == {"tensorflow": "9.9"}
    assert first.keys() == third.keys() == {"id", "pid"}
    assert first["pid"] != third["pid"]
    assert second["id"] == 2
    assert excuse in second["excuse"]


def test_dies_between_two_jobs(fake: Fake) -> None:
    loop = "hello()\nfor job in jobs():\n    agree(job)\n    os._exit(0)"
    with Worker(fake(loop), limit=5) as worker:
        answers = [worker.ask({"id": number}) for number in range(4)]
    assert [("pid" in answer) or ("excuse" in answer) for answer in answers] == [True] * 4
    assert "pid" in answers[0]


def test_a_flood_of_complaints_does_not_block(fake: Fake) -> None:
    """TensorFlow writes warnings; a pipe that nobody reads is full after 64 KiB."""
    loop = "hello()\nfor job in jobs():\n    sys.stderr.write('x' * 300000)\n    agree(job)"
    with Worker(fake(loop), limit=3) as worker:
        assert "pid" in worker.ask({"id": 1})


def test_a_large_job_and_a_large_answer(fake: Fake) -> None:
    loop = "hello()\nfor job in jobs():\n    say(json.dumps(job))"
    job = {"id": 1, "steps": list(range(300_000))}
    with Worker(fake(loop), limit=20) as worker:
        assert worker.ask(job) == job


def test_a_worker_that_does_not_read(fake: Fake) -> None:
    """A job larger than a pipe must not wait for ever."""
    job = {"id": 1, "steps": list(range(300_000))}
    with Worker(fake("hello()\ntime.sleep(20)"), limit=1) as worker:
        assert "longer than 1 s" in worker.ask(job)["excuse"]


def test_stop_twice(fake: Fake) -> None:
    worker = Worker(fake("hello()\nfor job in jobs(): agree(job)"))
    worker.stop()
    assert worker.ask({"id": 1})["id"] == 1
    worker.stop()
    worker.stop()
