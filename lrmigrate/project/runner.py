"""Checks or fixes files: here, in a pool, or by any executor; reports come in the order of the paths.

Workers only compute: what is written, this process writes, so that a worker can be killed at any moment.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from lrmigrate.catalog.taught import knowing
from lrmigrate.engine.garbage import collection_paused
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.model import FileReport

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from lrmigrate.options import Options
    from lrmigrate.project.cache import Cache, Marker

_POOL_FROM = 24  # files to parse; a pool costs more than it saves below that
_MANY = 512  # files to read: from here on, reading alone is worth a pool
_BATCH = 64  # files at most; small enough that no worker is left with much when the others are done
_MOST_PROCESSES = 4  # each takes some 60 MB


@dataclass(frozen=True, slots=True)
class Task:
    """A file, and what is to be done with it."""

    path: str
    options: Options
    named: bool = False  # by the user, who wants to know of a file that does not parse, whatever is in it


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a file: a report, or nothing, and then the mark of its content if one was made.

    ``depends``: that nothing was found may change with other files of the program.
    """

    report: FileReport | None
    content: bytes = b""
    depends: bool = False


def run(
    paths: Iterable[str],
    options_of: Callable[[str], Options],
    executor: Executor | None = None,
    cache: Cache | None = None,
    say: Callable[[str], None] = lambda _: None,
    named: Container[str] = (),
    tick: Callable[[], None] = lambda: None,
) -> Iterator[FileReport]:
    """A report for every file that there is something to say about, in the order of ``paths``.

    Of files that were ``named`` it is said if they do not parse.

    The work is done by ``executor``, which may be on other machines that see the same files, or else
    by processes of our own if it is worth it. ``say`` is told when workers were lost, ``tick`` is called for
    every file that is done.
    """
    tasks: Iterator[Task] = (Task(path, options_of(path), path in named) for path in paths)
    if cache is not None:
        tasks = _touched(tasks, cache, tick)
    for task, result in _results(tasks, executor, cache, say, tick):
        tick()
        if result.report is not None:
            yield _finished(task, result.report)
        elif cache is not None and not result.depends:
            cache.add(task.path, result.content)
    if cache is not None:
        cache.save()


def _touched(tasks: Iterable[Task], cache: Cache, tick: Callable[[], None]) -> Iterator[Task]:
    """The tasks that the cache does not know to give nothing."""
    for task in tasks:
        if task.named or not cache.is_untouched(task.path, task.options):
            yield task
        else:
            tick()


def _results(
    tasks: Iterator[Task],
    executor: Executor | None,
    cache: Cache | None,
    say: Callable[[str], None],
    tick: Callable[[], None],
) -> Iterator[tuple[Task, Result]]:
    """What becomes of each task, by whoever is to do the work.

    All tasks are handed out before the first result comes back: what is wrong with the paths shows first.
    """
    if executor is not None:
        yield from _done_elsewhere(list(tasks), executor, say)
        return
    work = partial(look, marker=cache.marker, known=cache.contents) if cache else look
    some = list(islice(tasks, _MANY))
    is_all = len(some) < _MANY
    if is_all:
        some = list(_candidates(some, cache, tick))
    if len(some) < _POOL_FROM:
        yield from ((task, result) for task in some for result in work([task]))
        return
    import lrmigrate.engine.passes  # noqa: F401 - here once, and not in every process
    from lrmigrate.project import workers

    processes = min(workers.processors(), _MOST_PROCESSES)
    batches = _batches(chain(some, tasks), _BATCH if not is_all else max(1, len(some) // 16))
    if processes == 1:
        yield from (pair for batch in batches for pair in zip(batch, work(batch), strict=True))
        return
    with workers.pool(processes) as pool:
        for batch, results in workers.results(work, batches, pool, _given_up, say):
            yield from zip(batch, results, strict=True)


def _done_elsewhere(
    tasks: list[Task], executor: Executor, say: Callable[[str], None]
) -> Iterator[tuple[Task, Result]]:
    """What becomes of tasks, perhaps on another machine, which has another working folder and no secrets."""
    from lrmigrate.project import workers

    away = (replace(task, path=os.path.abspath(task.path)) for task in tasks)
    batches = _batches(away, max(1, min(_BATCH, len(tasks) // 16)))
    found = workers.results(look, batches, executor, _given_up, say)
    yield from zip(tasks, (result for _, results in found for result in results), strict=True)


def _batches(tasks: Iterable[Task], size: int) -> Iterator[list[Task]]:
    """The tasks in lists of a size."""
    waiting = iter(tasks)
    while batch := list(islice(waiting, size)):
        yield batch


def _candidates(tasks: Iterable[Task], cache: Cache | None, tick: Callable[[], None]) -> Iterator[Task]:
    """The tasks that may give something."""
    for task in tasks:
        if may_have_findings(task.path, task.options) or (task.named and not reads_well(task.path)):
            yield task
            continue
        tick()
        if cache is not None:
            cache.add(task.path)


def candidates(paths: Iterable[str], options_of: Callable[[str], Options]) -> Iterator[str]:
    """The files that may have a finding; one that cannot be read is among them, so that it is said."""
    return (path for path in paths if may_have_findings(path, options_of(path)))


def may_have_findings(path: str, options: Options) -> bool:
    """Whether a file must be looked at; one that cannot be read must, to say so."""
    try:
        with open(path, "rb") as stream, knowing(options.names):
            return is_candidate(stream.read())
    except OSError:
        return True


def has_nothing(path: str, options: Options) -> bool:
    """Whether there is nothing to say of a file that was named."""
    return not may_have_findings(path, options) and reads_well(path)


def reads_well(path: str) -> bool:
    """Whether a file seems to be what its name says; also one that cannot be read."""
    from lrmigrate.engine.kinds import kind_of

    try:
        with open(path, "rb") as stream:
            return kind_of(path).reads_well(stream.read())
    except OSError:
        return True


def unreadable(path: str, data: bytes, options: Options) -> FileReport | None:
    """What is said of a file without any word of ours if it does not parse; None where it does."""
    from lrmigrate.engine.kinds import kind_of

    if kind_of(path).reads_well(data):
        return None
    from lrmigrate.engine.decoding import CannotDecode, decode
    from lrmigrate.engine.policy import chosen
    from lrmigrate.engine.text import at_line, unless_it_parses
    from lrmigrate.project.config import narrowed
    from lrmigrate.rules.files import DECODING

    try:
        report = unless_it_parses(decode(data).text, path)
    except CannotDecode as error:
        finding = at_line(DECODING, 1, 1, f"cannot decode: {error}", DECODING.why)
        report = FileReport(path, (finding,))
    report = chosen(report, narrowed(options, path))
    return report if report.findings else None


def look(
    tasks: Sequence[Task], marker: Marker | None = None, known: frozenset[bytes] = frozenset()
) -> list[Result]:
    """Check or fix files without writing any; those whose content has a ``known`` mark are passed over."""
    with collection_paused():
        results = [_look(task, marker, known) for task in tasks]
        gc.freeze()  # the parsed files that are kept are no garbage: to search them again takes long
        return results


def _look(task: Task, marker: Marker | None, known: frozenset[bytes]) -> Result:
    """Check or fix one file."""
    try:
        with open(task.path, "rb", buffering=0) as stream:
            data = stream.read()
    except OSError as error:
        return Result(_unread(task.path, error))
    with knowing(task.options.names):
        is_idle = not is_candidate(data)
    if is_idle:
        return Result(unreadable(task.path, data, task.options) if task.named else None)
    content = marker.of_content(task.path, task.options, data) if marker else b""
    if content in known:
        return Result(None, content)
    report = process_bytes(task.path, data, replace(task.options, write=False))
    is_empty = not (report.findings or report.fixed or report.changed or report.error or report.note)
    return Result(None, content, _depends(task)) if is_empty else Result(report)


def _depends(task: Task) -> bool:
    """Whether what is found in a file may change with other files of its program."""
    if task.options.around is None:
        return False
    from lrmigrate.project.world import worlds_of

    return worlds_of(task.options.around).depends(task.path)


def _unread(path: str, error: OSError) -> FileReport:
    """The report of a file that cannot be read."""
    return FileReport(path, error=f"{path}: cannot be read: {error.strerror}")


def _given_up(task: Task) -> Result:
    """The result of a file that kills whoever looks at it."""
    return Result(
        FileReport(task.path, error=f"{task.path}: not checked: the process that worked on it was killed")
    )


def _finished(task: Task, report: FileReport) -> FileReport:
    """A worker's report as one of this process, and the file written if that was asked for."""
    report = replace(report, path=task.path)
    if not (task.options.write and report.changed):
        return report
    try:
        data = Path(task.path).read_bytes()
    except OSError as error:
        return _unread(task.path, error)
    return written(report, data, task.options)


def process(
    path: str, options: Options, judge: Callable[[FileReport], FileReport] | None = None
) -> FileReport:
    """Check or fix one file, as `process_bytes` does; whatever goes wrong is said in its report."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return _unread(path, error)
    return process_bytes(path, data, options, judge)


def process_bytes(
    path: str, data: bytes, options: Options, judge: Callable[[FileReport], FileReport] | None = None
) -> FileReport:
    """Check or fix the bytes of one file, and write them back if asked.

    ``judge`` may look at the findings once more before anything is fixed; what it raises is for the caller.
    """
    with in_program(options):
        report = _guarded(path, partial(_checked, path, data, options))
        if not options.fix or report.before is None:
            return report
        judged = judge(report) if judge else report
        return _guarded(path, partial(_fixed, judged, data, options))


@contextmanager
def in_program(options: Options) -> Iterator[None]:
    """Let the files that are looked at be part of the program around them."""
    with knowing(options.names):
        if options.around is None:
            yield
            return
        from lrmigrate.engine.around import within
        from lrmigrate.project.world import worlds_of

        with within(worlds_of(options.around)):
            yield


def _guarded(path: str, work: Callable[[], FileReport]) -> FileReport:
    """The report of one file; an error of ours becomes its LR903, and the other files go on."""
    from lrmigrate.engine.text import at_line
    from lrmigrate.rules.files import BUG

    try:
        return work()
    except Exception as error:
        message = f"lrmigrate fails on this file with {type(error).__name__}: {error}"
        return FileReport(path, (at_line(BUG, 1, 1, message, BUG.why),))


def _checked(path: str, data: bytes, options: Options) -> FileReport:
    """The findings in the bytes of one file."""
    from lrmigrate.engine.decoding import CannotDecode
    from lrmigrate.engine.kinds import kind_of
    from lrmigrate.engine.policy import chosen
    from lrmigrate.engine.text import at_line
    from lrmigrate.project.config import narrowed
    from lrmigrate.rules.files import DECODING, LARGE

    kind = kind_of(path, options.target)
    if len(data) > kind.largest:
        message = f"not checked: the file has {len(data) // 2**20} MB"
        return FileReport(path, (at_line(LARGE, 1, 1, message, LARGE.why),))
    try:
        text = kind.decode(data).text
    except CannotDecode as error:
        finding = at_line(DECODING, 1, 1, f"cannot decode: {error}", DECODING.why)
        return chosen(FileReport(path, (finding,)), narrowed(options, path))
    report = kind.check(text, path)
    return chosen(report, narrowed(options, path)) if report.findings else report


def _fixed(report: FileReport, data: bytes, options: Options) -> FileReport:
    """The report with its fixes applied, and written if that was asked for."""
    from lrmigrate.engine.passes import fix_report

    report = fix_report(report, options.level, options.target)
    return written(report, data, options) if options.write and report.changed else report


def written(report: FileReport, data: bytes, options: Options) -> FileReport:
    """Write what a fix has made of a file that held ``data``; the report of what became of it."""
    from lrmigrate.engine import passes
    from lrmigrate.engine.decoding import CannotDecode, CannotEncode
    from lrmigrate.engine.kinds import kind_of
    from lrmigrate.project.config import narrowed
    from lrmigrate.project.source import CannotWrite, write

    try:
        decoded = kind_of(report.path).decode(data)
        if decoded.text != report.before:
            raise CannotWrite("the file has changed since it was read")
        write(Path(report.path), data, decoded.encode(report.after or ""))
    except (CannotWrite, CannotDecode, CannotEncode) as error:
        sentence = f"{report.path}: not written: {error}"
        return FileReport(report.path, report.findings, before=report.before, error=sentence)
    with in_program(options):
        return passes.written(report, narrowed(options, report.path))
