"""The worker process seen from outside: a job goes in, an answer or an excuse comes out.

Knows nothing of what the jobs mean. A worker that crashes, hangs or prints rubbish costs the job it was
at; the next job gets a fresh one.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import LifoQueue
from typing import Any

from lrmigrate.model import UserError

WORKER = Path(__file__).with_name("worker.py")
START_LIMIT = 180.0  # seconds that TensorFlow may take to be imported


class CannotVerify(UserError):
    """No worker can be had at all. A sentence that says what to do."""


class Worker:
    """One worker process."""

    def __init__(self, python: str = sys.executable, limit: float = 60.0) -> None:
        """``limit``: seconds per job; raises CannotVerify when TensorFlow cannot be imported."""
        self.python, self.limit = python, limit
        self.process: subprocess.Popen[bytes] | None = None
        self.stream = -1
        self.buffer = b""
        self.versions: dict[str, str] = {}
        self.known: dict[str, dict[str, Any]] = {}  # equal sites are evaluated once

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it has imported TensorFlow; raises CannotVerify."""
        read, write = os.pipe()
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115 - not a pipe, which would fill up
        try:
            self.process = subprocess.Popen(
                [self.python, "-I", str(WORKER), str(write)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self.complaints,
                pass_fds=[write],
            )
        except OSError as error:
            os.close(read)
            self.complaints.close()
            raise CannotVerify(f"{self.python} cannot be started: {error.strerror}") from None
        finally:
            os.close(write)
        self.stream, self.buffer = read, b""
        hello = self._line(START_LIMIT)
        if hello is None or "versions" not in hello:
            complaint = self._last_words()
            self.stop()
            raise CannotVerify(_advice(self.python, complaint))
        self.versions = hello["versions"]

    def _last_words(self) -> str:
        """The last line that a worker that did not start has printed."""
        if self.process is None or self.process.poll() is None:
            return "it does not answer"
        self.complaints.seek(0)
        lines = self.complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with status {self.process.returncode}"

    def stop(self) -> None:
        """End the process, if there is one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.complaints):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            os.close(self.stream)
        self.process = None

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer to one job; ``{"excuse": ...}`` when there is none. Raises CannotVerify."""
        key = json.dumps(job)
        if key not in self.known:
            answer = self._ask(job)
            if "excuse" in answer:
                return answer
            self.known[key] = answer
        return self.known[key]

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer to one job, from the process."""
        if self.process is None:
            self.start()
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            sent = self._send(json.dumps(job).encode() + b"\n", self.process.stdin.fileno())
            answer = self._line(self.limit) if sent else None
        except (OSError, ValueError) as error:
            answer = {"id": job["id"], "excuse": f"the worker broke down ({error})"}
            self.stop()
            return answer
        if answer is None or answer.get("id") != job["id"]:
            ended = self.process.poll()
            self.stop()
            why = f"took longer than {self.limit:g} s" if ended is None else f"ended with status {ended}"
            return {
                "id": job["id"],
                "excuse": f"the worker {why}" if answer is None else "the worker answered rubbish",
            }
        return answer

    def _send(self, data: bytes, descriptor: int) -> bool:
        """Write a job; whether the worker has taken all of it in time."""
        os.set_blocking(descriptor, False)
        deadline = time.monotonic() + self.limit
        while data:
            _, ready, _ = select.select([], [descriptor], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return False
            data = data[os.write(descriptor, data) :]
        return True

    def _line(self, limit: float) -> dict[str, Any] | None:
        """The next answer; None when none comes in time, ``{}`` for rubbish."""
        deadline = time.monotonic() + limit
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.stream], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self.stream, 1 << 16) if ready else b""
            if not chunk:
                if self.process is not None and ready:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self.process.wait(5)
                return None
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}

    def answers(self, jobs: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The answer to each job, in order."""
        return (self.ask(job) for job in jobs)


class Workers:
    """Several workers that take turns; a second one is started only when two jobs are asked at once.

    One process is one core's worth of TensorFlow here: graphs are built in Python.
    """

    def __init__(self, size: int, python: str = sys.executable, limit: float = 60.0) -> None:
        self.all = [Worker(python, limit) for _ in range(size)]
        self.idle: LifoQueue[Worker] = LifoQueue()
        for worker in self.all:
            worker.known = self.all[0].known
            self.idle.put(worker)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.all:
            worker.stop()

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the libraries, once a job was asked."""
        return next((worker.versions for worker in self.all if worker.versions), {})

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """The answer to one job from whichever worker is idle. Raises CannotVerify."""
        worker = self.idle.get()
        try:
            return worker.ask(job)
        finally:
            self.idle.put(worker)


def _advice(python: str, complaint: str) -> str:
    """What to do when the worker does not start."""
    if "No module named" in complaint:
        return (
            f"verification needs TensorFlow and tf_keras ({complaint}): install them with "
            "`pip install 'lrmigrate[verify]'`, or name an environment that has them with --python"
        )
    return f"the worker of {python} did not start: {complaint}"
