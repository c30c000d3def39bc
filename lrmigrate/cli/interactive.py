"""`fix --interactive`: shows the fix of every site, and applies it if the user says yes.

Asks on the terminal and chooses; how fixes are made, applied and written is the engine's and the
runner's. A file is written once, when the last of its sites has been answered.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import click

from lrmigrate.cli.errors import NoTerminal
from lrmigrate.cli.work import found
from lrmigrate.docs import explain
from lrmigrate.engine.kinds import kind_of
from lrmigrate.model import Applicability, FileReport, Finding
from lrmigrate.options import Options
from lrmigrate.project.config import Settings
from lrmigrate.project.runner import candidates, process
from lrmigrate.report.fixer import Fixer
from lrmigrate.report.fixes import coloured
from lrmigrate.report.terminal import LEVELS, count, headline, printable

_CONTEXT = 2  # lines around a change
_SAFE = "the numbers are equal, every use accepts the new form, no comment is lost"
_HELP = """\
y  apply this fix
n  leave this site as it is
a  apply this fix and all that follow, in this file and the others, unless they are less safe
f  the same for the rest of this file only
e  explain the rule
v  verify this fix now: run old and new code, and compare the rates at every step
q  stop; what was chosen is written
?  this help
Ctrl-C stops, too, and leaves the file at hand as it was."""


@dataclass
class Answers:
    """What was said so far that reaches beyond one site."""

    everywhere: int = -1  # fixes up to this rank of level are applied unasked
    in_file: int = -1
    stopped: bool = False
    file: str = ""  # the one that is asked about
    reports: list[FileReport] = field(default_factory=list)  # of the files that are finished


def fix(paths: Sequence[str], settings: Settings, fixer: Fixer) -> Answers:
    """Ask for every fix in files and folders, and write those that were chosen.

    Raises BadPath and BadConfig, and NoTerminal before anything is touched.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminal("--interactive asks on a terminal, and there is none: `fix --write` does not ask.")
    answers = Answers()
    try:
        for path in candidates(found(paths, settings), settings.options):
            answers.reports.append(_fix_file(path, settings.options(path), fixer, answers))
            if answers.stopped:
                break
    except KeyboardInterrupt:
        answers.stopped = True
        click.echo()
        if answers.file:
            click.echo(f"{printable(answers.file)} is left as it was.")
    if answers.stopped:
        click.echo("Stopped: what comes behind this file was not looked at.")
    return answers


def _fix_file(path: str, options: Options, fixer: Fixer, answers: Answers) -> FileReport:
    """Ask for every fix in a file, and write it with those that were chosen."""

    def ask_for_all(report: FileReport) -> FileReport:
        """The report with nothing left in it but what was chosen."""
        wanted = tuple(_chosen(report, fixer, answers))
        answers.file = ""
        return replace(report, findings=wanted)

    answers.file, answers.in_file = path, -1
    asked = replace(options, level=Applicability.UNSAFE, fix=True, write=True)
    report = process(path, asked, ask_for_all)
    if report.error or report.before is None:
        return report
    if report.written:
        click.echo(
            click.style(f"Wrote {printable(path)}: {count(len(report.fixed), 'fix', 'es')}.", bold=True)
        )
        click.echo()
    trouble = tuple(finding for finding in report.findings if not finding.fixable)
    left = process(path, replace(options, fix=False, write=False))
    return replace(report, findings=(*left.findings, *trouble))


def _chosen(report: FileReport, fixer: Fixer, answers: Answers) -> Iterator[Finding]:
    """The findings of a file whose fixes are wanted."""
    offers = [(finding, after) for finding in report.findings if (after := fixer.after(report, finding))]
    for number, (finding, after) in enumerate(offers, start=1):
        if answers.stopped:
            return
        if finding.applicability.rank > max(answers.everywhere, answers.in_file):
            _show(report, finding, after)
            place = f"{number} of {len(offers)} in {printable(report.path)}"
            if not _agrees(place, report, finding, answers):
                continue
        yield finding


def _show(report: FileReport, finding: Finding, after: str) -> None:
    """What is found, what the fix would change, why it has its level, and its notes."""
    click.echo(headline(report.path, finding))
    before, now = (_lines(report.path, text) for text in (report.before or "", after))
    lines = [*difflib.unified_diff(before, now, n=_CONTEXT, lineterm="")]
    for line in lines[2:]:  # without the names
        click.echo(coloured(line), nl=False)
    level = click.style(LEVELS[finding.applicability], bold=True)
    click.echo(f"{level}: {printable(finding.reason) or _SAFE}")
    for note in finding.notes:
        click.echo(f"{click.style('note', bold=True)}: {printable(note)}")


def _lines(path: str, text: str) -> list[str]:
    """The lines of a file; of a notebook those of its code cells, without the JSON around them."""
    return "\n".join(kind_of(path).sources(text).values()).split("\n")


def _agrees(place: str, report: FileReport, finding: Finding, answers: Answers) -> bool:
    """Ask for one fix until there is an answer; what it says of others is noted in ``answers``."""
    rank = finding.applicability.rank
    while True:
        click.echo(
            click.style(f"Apply this fix ({place})? [y,n,a,f,e,v,q,?] ", fg="blue", bold=True), nl=False
        )
        key = _key()
        click.echo(f"{key if key.isprintable() else ''}\n")
        match key:
            case "y":
                return True
            case "n":
                return False
            case "a":
                answers.everywhere = max(answers.everywhere, rank)
                return True
            case "f":
                answers.in_file = max(answers.in_file, rank)
                return True
            case "q":
                answers.stopped = True
                return False
            case "e":
                click.echo(f"{explain(finding.code)}\n")
            case "v":
                click.echo(f"{_verdict(report, finding)}\n")
            case _:
                click.echo(f"{_HELP}\n")


def _verdict(report: FileReport, finding: Finding) -> str:
    """What running old and new code of one site says, or why that cannot be done: a line."""
    from lrmigrate.verify.client import CannotVerify, Worker
    from lrmigrate.verify.plan import Settings as Sampling
    from lrmigrate.verify.session import pairs_of_report, verify

    pair = next((pair for found, pair in pairs_of_report(report) if found is finding), None)
    if pair is None:
        return "This fix changes no rate: there is nothing to compare."
    click.echo("Running old and new code; TensorFlow takes some seconds to start.")
    try:
        with Worker(sys.executable) as worker:
            verdict = verify(pair, worker, Sampling())
    except CannotVerify as error:
        return f"Not verified: {printable(str(error))}"
    word = click.style(verdict.outcome.value, bold=True)
    steps = f" at the steps {verdict.steps}" if verdict.steps else ""
    return f"{word}{steps}{f': {printable(verdict.detail)}' if verdict.detail else ''}"


def _key() -> str:
    """The key that was pressed, in lower case; the end of the input is a `q`. Raises KeyboardInterrupt."""
    try:
        return click.getchar().lower()
    except EOFError:
        return "q"
