"""Notes on an optimizer call: what Keras 3 does otherwise, however the call is spelled."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.context import Context
from lrmigrate.catalog.keras2 import CLIPS_WHEN_APPLIED, EPSILON_TELLS, MOVES_ALL_ROWS, STARTS_AT_ZERO
from lrmigrate.rules.optimizers.call import Call

_CLIPS = ("clipnorm", "clipvalue")


def notes(context: Context, call: Call) -> Iterator[str]:
    """The notes (clauses) on one call."""
    if rule := call.row.notes.get(context.target):
        yield rule
    if _starts_at_zero(context, call):
        yield STARTS_AT_ZERO
    elif telling := _epsilon_tells(context, call):
        yield EPSILON_TELLS.format(optimizer=call.row.name, argument=telling)
    if call.site.legacy.origin == "keras":
        return  # Keras before 2.4 made gradients dense, and clipped wherever it applied them
    note = MOVES_ALL_ROWS.get(context.target)
    if note and (how := _sparse(context, call)):
        yield note.format(how=how)
    note, line = CLIPS_WHEN_APPLIED.get(context.target), _line_of_apply_gradients(context)
    clipped = clips(context, call)
    if note and clipped and line and call.site.legacy.origin == "tf.keras":
        yield note.format(line=line, argument=min(clipped))


def clips(context: Context, call: Call) -> set[str]:
    """The arguments that have the gradients clipped."""
    return {
        name for name in _CLIPS if name in call.bound and context.flow.constant(call.bound[name]) is not None
    }


def _epsilon_tells(context: Context, call: Call) -> str:
    """The argument that makes it tell where epsilon is added; "" for none."""
    for name in call.row.epsilon_tells:
        if name in call.bound:
            default, given = call.row.keras3.default(name), context.flow.constant(call.bound[name])
            if given is not None and given != 0 and (default is None or given != float(default)):
                return name
    return ""


def _starts_at_zero(context: Context, call: Call) -> bool:
    """Whether accumulators start at 0, as those of Keras before 2.4 did."""
    name = "initial_accumulator_value"
    if name not in call.row.standalone:
        return False
    if name in call.bound:
        return context.flow.constant(call.bound[name]) == 0
    return call.site.legacy.origin == "keras"


def _sparse(context: Context, call: Call) -> str:
    """How much sparse gradients do otherwise; "" where they do not, or where there are none in sight."""
    for name, how in call.row.sparse.items():
        if not name or (name in call.bound and context.flow.constant(call.bound[name]) != 0):
            return how if context.values.outside.is_sparse(context.values) else ""
    return ""


def _line_of_apply_gradients(context: Context) -> int:
    """Where the file calls `apply_gradients`; 0 for nowhere."""
    for node in context.source.nodes(ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "apply_gradients":
            return node.lineno
    return 0
