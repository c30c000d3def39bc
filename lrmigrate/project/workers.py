"""Runs batches of work on an executor; results come in order, also when a worker is killed.

A batch whose worker was killed is done again, in a process of its own on this machine; a task that kills
that one too is given up. Knows nothing of what the work is.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def pool(processes: int) -> ProcessPoolExecutor:
    """A pool of processes; forked where nothing else runs in this one, which starts them at once."""
    forks = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if forks else None)
    return _Pool(processes, context, _leave_interrupts_alone)


class _Pool(ProcessPoolExecutor):
    """A pool that ends when Ctrl-C is pressed twice; the standard one would wait for ever."""

    def __exit__(self, kind: type[BaseException] | None, *details: Any) -> None:
        """Wait for what is being done; end it if this is an interruption."""
        if kind is None or not issubclass(kind, KeyboardInterrupt):
            self.shutdown()
            return
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in [*(self._processes or {}).values()]:
            process.terminate()
        self.shutdown(cancel_futures=True)
        signal.signal(signal.SIGINT, before)


def _leave_interrupts_alone() -> None:
    """Let this process be ended by its parent: Ctrl-C reaches both, and may cost it a lock of their queue."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def results(
    work: Callable[[Sequence[Task]], list[Result]],
    batches: Iterable[Sequence[Task]],
    executor: Executor,
    given_up: Callable[[Task], Result],
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[Sequence[Task], list[Result]]]:
    """Each batch with what ``work`` gives for it; ``given_up`` for a task that kills its process.

    All batches are handed in before the first one comes back. ``say`` is told once, by a sentence, when
    something had to be done again.
    """
    again = _Again(work, given_up)
    futures = []
    said = False
    try:
        for batch in batches:
            futures.append((batch, _submitted(executor, work, batch)))
        for batch, future in futures:
            try:
                found = future.result()
            except Exception as error:  # an executor may fail in ways of its own
                if not said:
                    say(f"a worker was lost ({type(error).__name__}); what it had is done again here")
                    said = True
                found = again(batch)
            yield batch, found
    finally:
        again.close()
        for _, future in futures:
            future.cancel()


def _submitted(
    executor: Executor, work: Callable[[Sequence[Task]], list[Result]], batch: Sequence[Task]
) -> Future[list[Result]]:
    """A batch handed in; a broken executor, which takes no more, makes a future that has failed."""
    try:
        return executor.submit(work, batch)
    except Exception as error:
        failed: Future[list[Result]] = Future()
        failed.set_exception(error)
        return failed


class _Again(Generic[Task, Result]):
    """Does batches once more, one after the other, in a process that may be killed."""

    def __init__(
        self, work: Callable[[Sequence[Task]], list[Result]], given_up: Callable[[Task], Result]
    ) -> None:
        self.work = work
        self.given_up = given_up
        self.pool: ProcessPoolExecutor | None = None

    def __call__(self, batch: Sequence[Task]) -> list[Result]:
        """The results of a batch; task by task if its process is killed."""
        self.pool = self.pool or pool(1)
        try:
            return self.pool.submit(self.work, batch).result()
        except BrokenExecutor:
            self.close()
            if len(batch) == 1:
                return [self.given_up(batch[0])]
            return [result for task in batch for result in self([task])]

    def close(self) -> None:
        """End the process."""
        if self.pool is not None:
            self.pool.shutdown()
            self.pool = None
