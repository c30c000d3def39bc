"""Many files: each read, checked or fixed, and written on its own; reports in a stable order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

from lrmigrate.catalog import hazards
from lrmigrate.config import Options
from lrmigrate.model import FileReport
from lrmigrate.prefilter import is_candidate
from lrmigrate.source import CannotDecode, CannotWrite, decode, decode_notebook, write

_POOL_FROM = 24  # candidates; a pool costs more than it saves below that
_CHUNK = 4
_LARGEST = 16 * 2**20  # bytes of a source; its tree takes a hundred times as much
_LARGEST_NOTEBOOK = 256 * 2**20  # most of a large one is pictures, of which no tree is made


def run(
    paths: Iterable[str], options_of: Callable[[str], Options], executor: Executor | None = None
) -> Iterator[FileReport]:
    """One report per file, in the order of ``paths``; candidates are worked on in parallel if many."""
    everything = list(paths)
    candidates = [path for path in everything if _may_have_findings(path)]
    if executor is not None:
        yield from executor.map(process, candidates, map(options_of, candidates))
    elif len(candidates) < _POOL_FROM or (os.cpu_count() or 1) == 1:
        yield from (process(path, options_of(path)) for path in candidates)
    else:
        with ProcessPoolExecutor() as pool:
            yield from pool.map(process, candidates, map(options_of, candidates), chunksize=_CHUNK)


def _may_have_findings(path: str) -> bool:
    """Whether a file must be looked at; one that cannot be read must, to say so."""
    try:
        with open(path, "rb") as stream:
            return is_candidate(stream.read())
    except OSError:
        return True


def process(
    path: str, options: Options, judge: Callable[[FileReport], FileReport] | None = None
) -> FileReport:
    """Check or fix one file, as `process_bytes` does; whatever goes wrong is said in its report."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return FileReport(path, error=f"{path}: cannot be read: {error.strerror}")
    return process_bytes(path, data, options, judge)


def process_bytes(
    path: str, data: bytes, options: Options, judge: Callable[[FileReport], FileReport] | None = None
) -> FileReport:
    """Check or fix the bytes of one file, and write them back if asked.

    ``judge`` may look at the findings once more before anything is fixed.
    """
    from lrmigrate import engine

    try:
        return _process_bytes(path, data, options, judge)
    except Exception as error:  # one file that we cannot cope with must not cost the others
        message = f"lrmigrate fails on this file with {type(error).__name__}: {error}"
        return FileReport(path, (engine.at_line(hazards.BUG, 1, 1, message, hazards.BUG.why),))


def _process_bytes(
    path: str, data: bytes, options: Options, judge: Callable[[FileReport], FileReport] | None
) -> FileReport:
    """What process_bytes does, bugs of ours apart."""
    from lrmigrate import engine

    is_notebook = path.endswith(".ipynb")
    if len(data) > (_LARGEST_NOTEBOOK if is_notebook else _LARGEST):
        message = f"not checked: the file has {len(data) // 2**20} MB"
        return FileReport(path, (engine.at_line(hazards.LARGE, 1, 1, message, hazards.LARGE.why),))
    try:
        decoded = decode_notebook(data) if is_notebook else decode(data)
    except CannotDecode as error:
        finding = engine.at_line(hazards.DECODING, 1, 1, f"cannot decode: {error}", hazards.DECODING.why)
        return engine.chosen(FileReport(path, (finding,)), options)
    report = engine.chosen(engine.kind_of(path, options.target).check(decoded.text, path), options)
    if not options.fix:
        return report
    report = engine.fix_report(judge(report) if judge else report, options.level, options.target)
    if options.write and report.changed:
        try:
            write(Path(path), data, decoded.encode(report.after or ""))
        except CannotWrite as error:
            return FileReport(
                path, report.findings, before=report.before, error=f"{path}: not written: {error}"
            )
        return engine.written(report, options)
    return report
