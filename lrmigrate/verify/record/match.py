"""Two runs -> verdicts: optimizers matched by place and order, their rates compared update by update."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lrmigrate.model import Curve, Outcome, Verdict
from lrmigrate.verify.compare import Bound, compare
from lrmigrate.verify.record.read import Recorded, Run

TOLERANCE = 2e-6  # of the rate: what float32 makes of two right spellings, see the bounds of the catalogue
_SMALL = 0.1  # of that, times the largest rate, where a rate is close to zero


def verdicts(old: Run, new: Run, tolerance: float = TOLERANCE, first: int | None = None) -> list[Verdict]:
    """One verdict for each optimizer of either run. ``first``: compare that many updates alone."""
    bound = Bound(tolerance, tolerance * _SMALL)
    pairs = partners(old.optimizers, new.optimizers)
    return [_verdict(one, other, old, new, bound, first) for one, other in pairs]


def partners(
    old: Sequence[Recorded], new: Sequence[Recorded]
) -> list[tuple[Recorded | None, Recorded | None]]:
    """Each optimizer with its counterpart: of the same file and function, else the next that is left."""
    left = list(new)
    found: dict[int, Recorded] = {}
    for same in (_place, lambda _: None):
        for number, one in enumerate(old):
            if number not in found:
                other = next((other for other in left if same(other) == same(one)), None)
                if other is not None:
                    found[number] = other
                    left.remove(other)
    return [(one, found.get(number)) for number, one in enumerate(old)] + [(None, other) for other in left]


def _place(one: Recorded) -> tuple[str, str]:
    """What the old and the new program can share of a place: lines move."""
    return one.file, one.function


def _verdict(
    one: Recorded | None, other: Recorded | None, old: Run, new: Run, bound: Bound, first: int | None
) -> Verdict:
    """The verdict on one pair."""
    shown = one or other
    assert shown is not None
    path = shown.file or (old if one else new).program or (old if one else new).path
    blank = Verdict(path, shown.line, _text(one, old), _text(other, new), Outcome.DIFFERENT)
    if one is None or other is None:
        run = new if other is None else old
        return replace(blank, detail=f"{run.path} has no optimizer for it")
    steps, olds, news = _common(one, other, first)
    if not steps:
        return replace(blank, outcome=Outcome.REFUSED, detail="the two have no step in common")
    found = compare(olds, news, bound)
    curve = Curve(tuple(steps), tuple(olds), tuple(news), ())
    verdict = replace(
        blank,
        outcome=found.outcome,
        steps=f"{len(steps)} in 0..{steps[-1]}",
        draws=1,
        ulps=found.ulps,
        relative=found.relative,
        curve=curve,
    )
    if found.first is not None:
        at = found.first
        detail = f"at step {steps[at]} the old rate is {olds[at]:.9g}, the new one {news[at]:.9g}"
        return replace(verdict, detail=detail)
    return _length(verdict, one, other, old, new, bound, first)


def _length(
    verdict: Verdict, one: Recorded, other: Recorded, old: Run, new: Run, bound: Bound, first: int | None
) -> Verdict:
    """The verdict with the number of updates taken into account: whole runs must make as many."""
    counts = len(one.steps), len(other.steps)
    cut = first is not None and min(counts) >= first
    if counts[0] != counts[1] and not cut and not (old.sampled or new.sampled):
        detail = f"the old run made {counts[0]} updates, the new one {counts[1]}"
        if old.whole and new.whole:
            return replace(verdict, outcome=Outcome.DIFFERENT, detail=detail)
        return replace(verdict, detail=f"{detail}, and one of them was cut short: compared as far as both go")
    if verdict.outcome is Outcome.CLOSE:
        return replace(verdict, detail=f"within {bound.relative:g} of the rate")
    return verdict


def _common(one: Recorded, other: Recorded, first: int | None) -> tuple[list[int], list[float], list[float]]:
    """The steps that both have, and both rates there."""
    table = dict(zip(other.steps, other.rates, strict=True))
    rows = [(s, r, table[s]) for s, r in zip(one.steps, one.rates, strict=True) if s in table][:first]
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _text(one: Recorded | None, run: Run) -> str:
    """How an optimizer is named in a table."""
    if one is None:
        return "(none)"
    return f"{one.text} ({one.file or run.program}:{one.line})" if one.line else f"{one.text} of {run.path}"


def epochs(old: Run, new: Run, steps_per_epoch: int | None) -> Iterator[list[tuple[int, int]]]:
    """For each pair the epochs with their first steps, in the order of the verdicts."""
    for one, other in partners(old.optimizers, new.optimizers):
        yield _epochs([side for side in (one, other) if side is not None], steps_per_epoch)


def _epochs(sides: Sequence[Recorded], steps_per_epoch: int | None) -> list[tuple[int, int]]:
    """The epochs with their first steps: those that were asked for, else those that a record has."""
    if steps_per_epoch:
        last = max(side.steps[-1] for side in sides)
        return [(step // steps_per_epoch, step) for step in range(0, last + 1, steps_per_epoch)]
    for side in sides:
        found: dict[int, int] = {}
        for step, epoch in zip(side.steps, side.epochs, strict=True):
            if epoch is not None:
                found.setdefault(epoch, step)
        if found:
            return list(found.items())
    return []
