"""Schedules that do not fit the training in sight: a rate that is set as well, a boundary never reached."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.rate_uses import Access
from lrmigrate.analysis.sites import optimizer_of
from lrmigrate.catalog import SCHEDULES
from lrmigrate.rules.proposal import Proposal, by_hand
from lrmigrate.rules.runtime import CALLBACKS
from lrmigrate.rules.schedules import UNREACHED, UNSETTABLE
from lrmigrate.rules.schedules.refused import numbers

_RATES = frozenset({"lr", "learning_rate"})
_FITS = frozenset({"fit", "fit_generator"})


def misfits(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such place with its proposal."""
    rates = _rates(context)
    schedules = [schedule for rate in rates if (schedule := _schedule(context, rate)) is not None]
    if schedules and len(schedules) == len(rates):
        yield from _set_although_schedules(context, schedules[0])
    steps = _steps(context)
    for schedule in schedules if steps else ():
        yield from _unreached(context, schedule, steps)


def _rates(context: Context) -> list[ast.expr | None]:
    """The rate of every Keras optimizer that the file builds; None where it gives none."""
    found: list[ast.expr | None] = []
    for call in context.source.nodes(ast.Call):
        if optimizer_of(context.names, call):
            given = [keyword.value for keyword in call.keywords if keyword.arg in _RATES] + call.args[:1]
            found.append(given[0] if given else None)
    return found


def _schedule(context: Context, rate: ast.expr | None) -> ast.Call | None:
    """The call of a class of `keras.optimizers.schedules` that a rate certainly is."""
    if isinstance(rate, ast.Name):
        rate = context.names.single(rate.id, rate)
    if not isinstance(rate, ast.Call):
        return None
    module = (context.names.certain(rate.func) or "").rpartition(".")[0]
    return rate if module.endswith(f"keras.{SCHEDULES}") else None


def _set_although_schedules(context: Context, schedule: ast.Call) -> Iterator[tuple[ast.expr, Proposal]]:
    """What sets the rate, in a file whose optimizers all have a schedule."""
    for use in context.rate_uses:
        by_line = use.access in (Access.SET, Access.WRITE) and use.attribute == "learning_rate"
        by_callback = use.access is Access.CALLBACK and use.attribute in CALLBACKS
        if not (by_callback or (by_line and use.is_certain)):
            continue
        written = ast.unparse(use.node) + (" = ..." if use.access is Access.WRITE else "")
        advice = by_hand(
            f"line {schedule.lineno} makes the schedule: give the optimizer a float and let one callback "
            "compute the rate, or take out what sets it"
        )
        yield use.node, Proposal(UNSETTABLE, f"`{written}` raises TypeError: the rate is a schedule", advice)


def _steps(context: Context) -> int:
    """The number of training steps, where one `fit` says it in numbers; 0 where it cannot be known."""
    fits = [
        node
        for node in context.source.nodes(ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _FITS
    ]
    if len(fits) != 1 or any(isinstance(n, ast.For | ast.While) for n in context.source.ancestors(fits[0])):
        return 0
    given = {keyword.arg: keyword.value for keyword in fits[0].keywords}
    if None in given or "initial_epoch" in given or not {"epochs", "steps_per_epoch"} <= set(given):
        return 0
    epochs, steps = (context.flow.constant(given[name]) for name in ("epochs", "steps_per_epoch"))
    return epochs * steps if isinstance(epochs, int) and isinstance(steps, int) else 0


def _unreached(context: Context, schedule: ast.Call, steps: int) -> Iterator[tuple[ast.expr, Proposal]]:
    """Boundaries of a schedule that training is over before."""
    boundaries = next((k.value for k in schedule.keywords if k.arg == "boundaries"), None)
    if not (context.names.certain(schedule.func) or "").endswith(".PiecewiseConstantDecay"):
        return
    if boundaries is None and schedule.args:
        boundaries = schedule.args[0]
    limits = numbers(context.flow, boundaries) if boundaries is not None else None
    beyond = [limit for limit in limits or () if limit >= steps - 1]
    if beyond:
        message = f"the boundary {beyond[0]} is never reached: training ends after {steps} steps"
        advice = by_hand("count boundaries in batches: epochs times steps_per_epoch")
        yield schedule, Proposal(UNREACHED, message, advice)
