"""The proof from the outside: a file's fixes, two files of the user's own, or the whole catalogue.

Reads as the table of contents of a verification: find the pairs, read them, plan, ask the worker, judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lrmigrate.analysis.syntax import CannotParse
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Decay, Optimizer
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.edits import splice
from lrmigrate.engine.kinds import kind_of
from lrmigrate.engine.text import all_edits
from lrmigrate.model import Applicability, Edit, FileReport, Finding, Outcome, Target, Verdict
from lrmigrate.rules import table
from lrmigrate.rules.rule import Proof
from lrmigrate.verify import handwritten
from lrmigrate.verify.case import Pair, Sides, read, shown, sides
from lrmigrate.verify.client import Worker, Workers
from lrmigrate.verify.expression import Refused, Wrong
from lrmigrate.verify.judge import judge
from lrmigrate.verify.plan import Plan, Settings, plan
from lrmigrate.verify.program import Place, Reader

_NO_COMPARISON = Verdict("", 0, "", "", Outcome.REFUSED, detail="no old rate is right, to compare with")
_OLD_KINDS = frozenset({"legacy", "optimizer"})
_NEW_KINDS = frozenset({"schedule", "stand-in", "legacy", "optimizer", "decayed optimizer"})


def verify(pair: Pair, worker: Worker | Workers, settings: Settings) -> Verdict:
    """The verdict on one site; whatever stands in the way becomes a refusal. Raises CannotVerify."""
    blank = Verdict(pair.path, 0, "", "", Outcome.REFUSED)
    try:
        both = sides(pair)
        blank = Verdict(pair.path, both.line, both.old_text, both.new_text, Outcome.REFUSED)
        planned, row = _planned(both, settings)
    except Refused as refusal:
        if not blank.line:
            line, old, new = shown(pair)
            blank = replace(blank, line=line, old=old, new=new)
        return replace(blank, detail=str(refusal))
    except Wrong as wrong:
        return replace(blank, outcome=Outcome.DIFFERENT, detail=str(wrong))
    except CannotParse as error:
        return Verdict(pair.path, error.line, "", "", Outcome.REFUSED, detail=f"cannot parse: {error.reason}")
    return judge(blank, row, planned, worker.ask(planned.job))


def _planned(both: Sides, settings: Settings) -> tuple[Plan, Decay | Optimizer | None]:
    """What to compare, and the row that the old call belongs to, if any; raises Refused and Wrong."""
    written = handwritten.read(both.old, both.new, settings.epoch)
    if written is not None:
        return handwritten.plan(written, settings), None
    case = read(both)
    return plan(case, settings), case.row


def judged(
    report: FileReport,
    level: Applicability,
    worker: Worker,
    settings: Settings,
    target: Target = Target.KERAS3,
) -> FileReport:
    """The report with every fix up to ``level`` that could not be verified taken away, and why."""
    verdicts = {
        finding: verify(pair, worker, settings)
        for finding, pair in pairs_of_report(report, target)
        if finding.applicability.rank <= level.rank
    }
    findings = (_judged(finding, verdicts.get(finding)) for finding in report.findings)
    return replace(report, findings=tuple(findings))


def _judged(finding: Finding, verdict: Verdict | None) -> Finding:
    """One finding, without its fix if that was not verified; a fix that changes names alone keeps it."""
    if verdict is None:
        if not finding.fixable or table()[finding.code].proof is not Proof.WRONG:
            return finding
        verdict = _NO_COMPARISON
    if verdict.outcome in (Outcome.IDENTICAL, Outcome.CLOSE):
        return finding
    reason = f"not verified: {verdict.detail}"
    if verdict.outcome is Outcome.DIFFERENT:
        reason = f"the fix would change the numbers: {verdict.detail}"
    return replace(finding, applicability=Applicability.MANUAL, reason=reason, edits=())


def pairs_of_report(report: FileReport, target: Target = Target.KERAS3) -> Iterator[tuple[Finding, Pair]]:
    """Every finding that changes a rate, with its site before and after its fix alone."""
    fixable = [finding for finding in report.findings if finding.fixable]
    if not fixable:
        return  # it may not even be a notebook
    text, places = kind_of(report.path, target).joined(report.before or "", fixable)
    for finding, place in places:
        if _is_comparable(finding):
            path = f"{report.path}:cell {finding.cell}" if finding.cell else report.path
            yield finding, replace(_pair(path, text, place), first_line=place.line - finding.line)


def _is_comparable(finding: Finding) -> bool:
    """Whether a fix must keep the old rates, so that they can be compared with the new ones."""
    return finding.fixable and table()[finding.code].proof is Proof.RATES


def _pair(path: str, before: str, finding: Finding) -> Pair:
    """A finding's site before and after its fix alone."""
    start = finding.span.start
    edits = all_edits(before, [finding])
    behind = [edit for edit in edits if edit.span.end <= start and not _opens(edit, start)]
    moved = sum(len(edit.text) - (edit.span.end - edit.span.start) for edit in behind)
    return Pair(path, before, splice(before, edits), start, start + moved)


def _opens(edit: Edit, start: int) -> bool:
    """Whether an insertion at the beginning of a site is part of it, and no line or break before it."""
    is_whole_line = edit.text.endswith(("\n", "\r"))
    return edit.span.start == start and bool(edit.text.strip()) and not is_whole_line


def pairs_of_text(text: str, path: str, level: Applicability) -> Iterator[tuple[Finding, Pair]]:
    """Every site of a text that a fix up to ``level`` would rewrite."""
    for finding, pair in pairs_of_report(kind_of(path).check(text, path)):
        if finding.applicability.rank <= level.rank:
            yield finding, pair


def pairs_of_files(before: str, after: str, path: str) -> Iterator[Pair | Verdict]:
    """The sites of two versions of a file, matched by the name they are assigned to, then by their order.

    A site without a counterpart gives a refusal.
    """
    old, new = Reader(before), Reader(after)
    places = old.places(_OLD_KINDS)
    partners = _partners(places, new.places(_NEW_KINDS))
    for place, partner in zip(places, partners, strict=True):
        if partner is None:
            detail = "there is no counterpart in the new file"
            yield Verdict(path, place.line, place.text, "", Outcome.REFUSED, detail=detail)
        else:
            offsets = old.source.span(place.node).start, new.source.span(partner.node).start
            yield Pair(path, before, after, *offsets)


def _partners(places: list[Place], others: list[Place]) -> list[Place | None]:
    """For each place of the old file the one of the new file that stands for it, each at most once.

    First by equal names; then, in order, what is left, but never a place with the name of another site.
    """
    left = list(others)
    partners: list[Place | None] = []
    for place in places:
        named = [other for other in left if place.target and other.target == place.target]
        partner = next((other for other in named if _fits(place, other)), None)
        partners.append(partner)
        if partner is not None:
            left.remove(partner)
    names = {place.target for place in places if place.target}
    for index, place in enumerate(places):
        if partners[index] is None:
            fitting = [other for other in left if _fits(place, other) and other.target not in names]
            if fitting:
                partners[index] = fitting[0]
                left.remove(fitting[0])
    return partners


def _fits(place: Place, other: Place) -> bool:
    """Whether both are optimizers, or both schedules."""
    return (place.kind == "optimizer") == (other.kind == "optimizer")


def catalogue_program(number: int) -> str:
    """A program that uses the row at ``number`` of the whole catalogue with nothing but holes."""
    if number < len(DECAYS):
        row = DECAYS[number]
        given = ", ".join(f"{name}={name}" for name in row.signature.names if name != "name")
        return f"import tensorflow as tf\n\nrate = tf.train.{row.names[-1]}({given})\n"
    optimizer = OPTIMIZERS[number - len(DECAYS)]
    rate = "learning_rate" if optimizer.rate_ignored else "lr"
    names = [rate if name == "learning_rate" else name for name in optimizer.domain]
    given = ", ".join(f"{name}={name}" for name in names)
    return f"import tensorflow as tf\n\noptimizer = tf.keras.optimizers.{optimizer.name}({given})\n"


CATALOGUE = len(DECAYS) + len(OPTIMIZERS)
