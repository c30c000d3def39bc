"""The worker's answer -> a verdict: the worst difference over all draws, with its counterexample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lrmigrate.catalog.schema import Decay, Optimizer
from lrmigrate.model import Curve, Outcome, Verdict
from lrmigrate.verify.compare import Bound, compare
from lrmigrate.verify.expression import Value
from lrmigrate.verify.plan import UPDATES, Draw, Plan

_FAR = Bound(1e-4, 1e-6)  # beyond the domain, where a clamp or a cut shows in the first digits


def judge(blank: Verdict, row: Decay | Optimizer | None, plan: Plan, answer: dict[str, Any]) -> Verdict:
    """``blank`` with the outcome filled in. There is no ``row`` for what users wrote by hand."""
    if "excuse" in answer:
        return replace(blank, outcome=Outcome.REFUSED, detail=answer["excuse"])
    if answer.get("failed") == "old":
        return replace(blank, outcome=Outcome.REFUSED, detail=f"the old code fails: {answer['error']}")
    if answer.get("failed") == "new":
        return replace(blank, outcome=Outcome.DIFFERENT, detail=f"the new code fails: {answer['error']}")
    results = answer["draws"]
    verdict = replace(blank, outcome=Outcome.IDENTICAL, steps=_steps(plan), draws=len(plan.draws))
    shown = results[0]
    for result in results:
        verdict = _add(verdict, row, plan, result)
        if verdict.outcome in (Outcome.DIFFERENT, Outcome.REFUSED):
            shown = result  # a counterexample must be seen in the curves, too
            break
    return replace(verdict, curve=_curve(plan.draws[shown["draw"]], shown))


def _curve(draw: Draw, result: dict[str, Any]) -> Curve:
    """The rates of one draw."""
    steps = tuple(draw.steps.chosen[index] for index in result["indices"])
    return Curve(steps, tuple(result["old"]), tuple(result["new"]), draw.landmarks)


def _steps(plan: Plan) -> str:
    """How many steps, or epochs, of what range were looked at."""
    counts = [len(draw.steps.chosen) for draw in plan.draws]
    text = f"{sum(counts)} in {len(counts)} draws, 0..{max(draw.steps.horizon for draw in plan.draws)}"
    text = plan.draws[0].steps.text if len(counts) == 1 else text
    return text if plan.unit == "step" else f"{text} ({plan.unit}s)"


def _add(verdict: Verdict, row: Decay | Optimizer | None, plan: Plan, result: dict[str, Any]) -> Verdict:
    """The verdict with one more result taken into account."""
    draw = plan.draws[result["draw"]]
    bound = _FAR if draw.beyond else plan.bound
    found = compare(result["old"], result["new"], bound)
    if draw.beyond and found.first is None:
        return verdict  # how near they are is told of the domain alone
    verdict = replace(
        verdict, ulps=max(verdict.ulps, found.ulps), relative=max(verdict.relative, found.relative)
    )
    if found.first is not None:
        at = draw.steps.chosen[result["indices"][found.first]]
        old, new = result["old"][found.first], result["new"][found.first]
        detail = f"at {plan.unit} {at} the old rate is {old:.9g}, the new one {new:.9g}{_given(draw.values)}"
        return replace(verdict, outcome=Outcome.DIFFERENT, detail=detail)
    if found.outcome is Outcome.CLOSE:
        detail = f"within {bound.relative:g} of the rate"
        detail += f", or {bound.absolute:g} of the largest one: the bounds of this API"
        verdict = replace(verdict, outcome=Outcome.CLOSE, detail=detail)
    if isinstance(row, Optimizer):
        return _add_weights(verdict, row, draw, result)
    return verdict


def _add_weights(verdict: Verdict, row: Optimizer, draw: Draw, result: dict[str, Any]) -> Verdict:
    """The verdict with the weights of one pair of training runs taken into account."""
    largest = 0.0
    for update, (olds, news) in enumerate(zip(result["old_weights"], result["new_weights"], strict=True), 1):
        for old, new in zip(olds, news, strict=True):
            apart = _apart(old, new)
            largest = max(largest, apart)
            if apart > row.relative and row.differs:
                return replace(verdict, outcome=Outcome.REFUSED, detail=f"the rates agree, but {row.differs}")
            if apart > row.relative:
                given = _given(draw.values)
                detail = f"after update {update} the old weight is {old:.9g}, the new one {new:.9g}{given}"
                return replace(verdict, outcome=Outcome.DIFFERENT, detail=detail)
    if largest and verdict.outcome is Outcome.IDENTICAL:
        detail = f"weights within {row.relative:g} over {UPDATES} updates, the bound of this API"
        return replace(verdict, outcome=Outcome.CLOSE, detail=detail)
    return verdict


def _apart(old: float, new: float) -> float:
    """How far apart two weights are, relative to their size."""
    if math.isnan(old) and math.isnan(new):
        return 0.0
    if not (math.isfinite(old) and math.isfinite(new)):
        return 0.0 if old == new else math.inf
    return abs(old - new) / abs(old) if old else float(new != 0)


def _given(values: Mapping[str, Value]) -> str:
    """The values of a draw, for a counterexample."""
    given = ", ".join(f"{text} = {value!r}" for text, value in values.items())
    return f", for {given}" if given else ""
