"""Modern schedules that run and are wrong: whole-number rates, boundaries that do not rise or fit.

Reads calls of `keras.optimizers.schedules` classes; the facts about their arguments are those of the
legacy rows that have them as successors.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.flow import Use
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import Mismatch, bind
from lrmigrate.catalog import SCHEDULES
from lrmigrate.catalog.schema import Decay, Rising, Signature
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.model import Edit, Span
from lrmigrate.rules.proposal import Draft, Proposal, by_hand
from lrmigrate.rules.schedules import ARRAY, BAD_BOUNDARIES, WHOLE_RATE
from lrmigrate.rules.schedules.refused import numbers, trouble_with_lists

_NUMPY_ARRAYS = frozenset(
    {"numpy.array", "numpy.asarray", "numpy.arange", "numpy.linspace", "numpy.logspace"}
)
_ROWS: dict[str, Decay] = {row.new.name: row for row in reversed(DECAYS) if row.new and not row.subclass}


def wrong_schedules(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such call with its proposal."""
    for node in context.source.nodes(ast.Call):
        if row := _row(context, node):
            yield from ((node, proposal) for proposal in _troubles(context, node, row))


def _row(context: Context, call: ast.Call) -> Decay | None:
    """The row whose modern class is called."""
    if isinstance(call.func, ast.Attribute) and call.func.attr not in _ROWS:
        return None
    module, _, name = (context.names.certain(call.func) or "").rpartition(".")
    return _ROWS.get(name) if module.endswith(f"keras.{SCHEDULES}") else None


def _troubles(context: Context, call: ast.Call, row: Decay) -> Iterator[Proposal]:
    """What is wrong with one call."""
    assert row.new
    names = list(row.new.arguments)
    try:
        bound = bind(Signature(", ".join(f"{name}=None" for name in names)), call)
    except Mismatch:
        return
    written = ast.unparse(call.func)
    rate = bound.get(names[0])
    if row.truncates and rate is not None and _is_whole(context, rate):
        message = f"`{written}` with a whole number as rate computes in whole numbers"
        yield Proposal(WHOLE_RATE, message, partial(_as_float, context, rate))
    for legacy in row.positive:
        yield from _not_positive(context, written, bound, row.new.by_legacy[legacy][0])
    rising = next((name for name, domain in row.domain.items() if isinstance(domain, Rising)), "")
    if rising in bound:
        yield from _lists(context, call, bound[rising], bound.get("values"))


def _is_whole(context: Context, node: ast.expr) -> bool:
    """Whether a rate is a whole number in sight."""
    value = context.flow.constant(node)
    return isinstance(value, int) and not isinstance(value, bool)


def _as_float(context: Context, rate: ast.expr, draft: Draft) -> None:
    """`ExponentialDecay(1, ...)`, where every other argument is cut to a whole number, with `1.0`."""
    draft.unsafe("the fix changes the rates: to those that the arguments ask for")
    span = context.source.span(rate)
    if isinstance(rate, ast.Constant) and context.source.slice(rate).isdecimal():
        draft.edits.append(Edit(Span(span.end, span.end), ".0"))
        return
    if context.values.binds_at("float", rate):
        raise Refusal("write the rate as a float")
    draft.edits += [Edit(Span(span.start, span.start), "float("), Edit(Span(span.end, span.end), ")")]


def _not_positive(
    context: Context, written: str, bound: dict[str, ast.expr], name: str
) -> Iterator[Proposal]:
    """`decay_steps=0`: Keras 3 raises ValueError."""
    value = context.flow.constant(bound[name]) if name in bound else 1
    if isinstance(value, int | float) and value <= 0:
        message = f"`{written}` raises ValueError: {name} is {value}"
        yield Proposal(BAD_BOUNDARIES, message, by_hand(f"{name} counts steps and must be at least 1"))


def _lists(
    context: Context, call: ast.Call, boundaries: ast.expr, values: ast.expr | None
) -> Iterator[Proposal]:
    """Boundaries and values that do not fit, or are arrays."""
    written = ast.unparse(call.func)
    trouble = trouble_with_lists(context.flow, boundaries, values)
    limits = numbers(context.flow, boundaries) or []
    fractions = [limit for limit in limits if not float(limit).is_integer()]
    if fractions and context.flow.uses(call) == {Use.KERAS_RATE}:
        trouble = f"the boundary {fractions[0]} is cut to a whole step, silently"
    if trouble:
        advice = by_hand(
            "write whole boundaries that rise, and one more value than boundaries, all of them floats"
        )
        yield Proposal(BAD_BOUNDARIES, f"`{written}`: {trouble}", advice)
    for node in (boundaries, values):
        path = context.names.certain(node.func) if isinstance(node, ast.Call) else ""
        if node is not None and path in _NUMPY_ARRAYS:
            message = f"`{written}` with a NumPy array trains and saves, but cannot be loaded"
            yield Proposal(ARRAY, message, partial(_as_list, context, node))


def _as_list(context: Context, node: ast.expr, draft: Draft) -> None:
    """`np.array(...)` -> `np.array(...).tolist()`."""
    draft.unsafe("`get_config()` of the schedule gives a list where it gave an array")
    end = context.source.span(node).end
    draft.edits.append(Edit(Span(end, end), ".tolist()", -len(context.source.ancestors(node))))
