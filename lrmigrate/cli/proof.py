"""What is run to prove fixes, for `verify`, `fix --verify` and `report --verify`, and what `verify` shows.

Loaded when a proof is asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import click

from lrmigrate.analysis.syntax import CannotParse
from lrmigrate.cli.errors import BadRequest
from lrmigrate.cli.output import Output, emit
from lrmigrate.cli.work import found, one_by_one
from lrmigrate.engine.decoding import CannotDecode, decode
from lrmigrate.model import Applicability, FileReport, Outcome, Verdict
from lrmigrate.project.config import Flags, Settings
from lrmigrate.project.runner import candidates, process
from lrmigrate.verify.case import Pair
from lrmigrate.verify.client import Worker, Workers
from lrmigrate.verify.plan import Settings as Sampling
from lrmigrate.verify.session import (
    CATALOGUE,
    catalogue_program,
    judged,
    pairs_of_files,
    pairs_of_report,
    pairs_of_text,
    verify,
)
from lrmigrate.verify.steps import EVEN

PLOT_POINTS = 400


def rich_is_there() -> None:
    """Raise BadRequest where the extra `verify` is not installed."""
    try:
        import rich  # noqa: F401 - the extra's own sign
    except ImportError as error:
        raise BadRequest(
            f"verification needs more packages ({error}): `pip install 'rich>=13'`, "
            "and TensorFlow 2.16, keras 3.5 and tf_keras 2.16 or later, here or where --python points"
        ) from None


def work_of_files(paths: Sequence[str], settings: Settings) -> Iterator[Pair | Verdict]:
    """The sites of files and folders that a fix would rewrite; raises BadPath, BadConfig and BadRequest."""
    for path in one_by_one(candidates(found(paths, settings), settings.options)):
        options = settings.options(path)
        report = process(path, options)
        if report.error:
            raise BadRequest(report.error)
        for finding, pair in pairs_of_report(report, options.target):
            if finding.applicability.rank <= options.level.rank:
                yield pair


def work_of_versions(before: str, after: str) -> Iterator[Pair | Verdict]:
    """The sites of two versions of one file; raises BadRequest."""
    texts = []
    for path in (before, after):
        try:
            texts.append(decode(Path(path).read_bytes()).text)
        except (OSError, CannotDecode) as error:
            raise BadRequest(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        yield from pairs_of_files(texts[0], texts[1], before)
    except CannotParse as error:
        raise BadRequest(
            f"{before} or {after} cannot be parsed: {error.reason} (line {error.line})"
        ) from None


def work_of_catalogue() -> Iterator[Pair | Verdict]:
    """Every row over its whole domain."""
    for number in range(CATALOGUE):
        text = catalogue_program(number)
        for _, pair in pairs_of_text(text, "catalogue", Applicability.UNSAFE):
            yield pair


def prove(work: Sequence[Pair | Verdict], workers: Workers, settings: Sampling) -> list[Verdict]:
    """The verdicts, in order, with a progress bar on a terminal. Raises CannotVerify."""

    def verdict(item: Pair | Verdict) -> Verdict:
        """The verdict on one site."""
        return item if isinstance(item, Verdict) else verify(item, workers, settings)

    hidden = not sys.stderr.isatty() or len(work) < 3
    with ThreadPoolExecutor(len(workers.all)) as threads:
        verdicts = threads.map(verdict, work)
        with click.progressbar(
            verdicts, length=len(work), label="Verifying", file=sys.stderr, hidden=hidden
        ) as bar:
            return list(bar)


def processes(sites: int) -> int:
    """How many workers to start: one imports TensorFlow for as long as 50 sites take."""
    return max(1, min(os.cpu_count() or 1, sites // 50))


def pinned(assignments: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` options as values; raises BadRequest."""
    from ast import literal_eval

    values = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        try:
            values[name.strip()] = literal_eval(text.strip())
        except (ValueError, SyntaxError):
            equals = ""
        if not equals or not name.strip():
            raise BadRequest(f"--set {assignment}: write NAME=VALUE, VALUE a number, a flag or a list")
    return values


def steps_per_epoch(steps: int | None, samples: int | None, batch_size: int | None) -> int | None:
    """The steps of one epoch, however they were given; raises BadRequest."""
    if samples is None and batch_size is None:
        return steps
    if steps is not None or samples is None or batch_size is None:
        raise BadRequest("give either --steps-per-epoch, or --samples and --batch-size together")
    return -(-samples // batch_size)


def save(
    verdicts: Sequence[Verdict], csv: str | None, plot: str | None, epoch: int | None, quiet: bool = False
) -> None:
    """Write what was asked for besides the table, and say so; raises BadRequest."""
    written = []
    from lrmigrate.verify.table import to_csv

    try:
        if csv:
            Path(csv).write_text(to_csv(verdicts, epoch), encoding="utf-8")
            written.append(csv)
        if plot:
            from lrmigrate.verify.plot import save as save_pictures

            written += map(str, save_pictures(verdicts, Path(plot), epoch))
    except OSError as error:
        raise BadRequest(f"{error.filename or plot}: {error.strerror}") from None
    except ImportError as error:
        raise BadRequest(f"--plot needs matplotlib ({error}): `pip install 'matplotlib>=3.8'`") from None
    for path in written if not quiet else ():
        click.echo(f"Wrote {path}.")


def run(paths: Sequence[str], flags: Flags, options: dict[str, Any]) -> bool:
    """Do what the command was asked to; whether anything differs.

    Raises BadPath, BadConfig, BadRequest, CannotVerify, UnknownCode.
    """
    from lrmigrate.verify import table

    epoch = steps_per_epoch(options["steps_per_epoch"], options["samples"], options["batch_size"])
    even = PLOT_POINTS if options["plot"] else EVEN
    settings = Sampling(pinned(options["pins"]), options["steps"], epoch, even=even)
    work = list(_work(paths, flags, options))
    python = options["python"] or sys.executable
    with Workers(processes(len(work)), python, options["time_limit"]) as workers:
        verdicts = prove(work, workers, settings)
        versions = workers.versions
    if options["output_format"] == "json":
        emit(table.to_json(verdicts, versions) + "\n", Output(output_file=options["output_file"]))
    elif options["output_file"]:
        with redirect_stdout(StringIO()) as page:
            table.show(verdicts, table.per_epoch(verdicts, epoch))
        emit(page.getvalue(), Output(output_file=options["output_file"]))
    else:
        table.show(verdicts, table.per_epoch(verdicts, epoch))
    save(verdicts, options["csv"], options["plot"], epoch, options["output_format"] == "json")
    return any(verdict.outcome is Outcome.DIFFERENT for verdict in verdicts)


def fix_verified(paths: Sequence[str], settings: Settings, python: str | None) -> list[FileReport]:
    """Fix files, applying only what was verified. Raises BadPath, BadConfig, BadRequest, CannotVerify."""
    if "-" in paths:
        raise BadRequest("--verify works on files, not on standard input.")
    reports = []
    with Worker(python or sys.executable) as worker:
        for path in one_by_one(candidates(found(paths, settings), settings.options)):
            options = settings.options(path)
            judge = partial(
                judged, level=options.level, worker=worker, settings=Sampling(), target=options.target
            )
            reports.append(process(path, options, judge))
    return reports


def _work(paths: Sequence[str], flags: Flags, options: dict[str, Any]) -> Iterator[Pair | Verdict]:
    """What there is to verify; raises BadRequest."""
    versions = options["before"], options["after"]
    if sum([bool(paths), any(versions), options["catalog"]]) != 1 or bool(versions[0]) != bool(versions[1]):
        raise BadRequest("name either paths, or --before and --after, or --catalog")
    if not options["time_limit"] > 0:
        raise BadRequest("--time-limit takes a number of seconds")
    if options["catalog"]:
        return work_of_catalogue()
    if versions[0]:
        return work_of_versions(*versions)
    return work_of_files(paths, Settings(replace(flags, unsafe=options["unsafe"])))
