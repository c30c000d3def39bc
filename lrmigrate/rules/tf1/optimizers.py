"""TensorFlow 1 optimizers fed by a schedule: which Keras optimizer each would be, and how equal.

Reports only: a Keras 3 optimizer has no minimize() and does not run in a session, so that a rewritten
constructor alone is no program that runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lrmigrate import catalog
from lrmigrate.analysis.context import Context
from lrmigrate.analysis.sites import Mismatch, bind
from lrmigrate.analysis.values import Origin
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Signature, TF1Optimizer
from lrmigrate.rules import table
from lrmigrate.rules.proposal import Proposal, by_hand

_LOOP = (
    "Keras 3 optimizers count their own steps and have no minimize(): "
    "train by fit(), or by GradientTape and apply_gradients(...)"
)


@dataclass(frozen=True, eq=False)
class Built:
    """A call that builds a TensorFlow 1 optimizer whose rate comes from a schedule."""

    row: TF1Optimizer
    call: ast.Call
    arguments: dict[str, ast.expr]  # by parameter; what `*args` and `**kwargs` hold is not in it
    hidden: bool
    rate: ast.expr
    origins: frozenset[Origin]


def scheduled_optimizers(context: Context) -> Iterator[Built]:
    """Every such call in the file."""
    for node in context.source.nodes(ast.Call):
        if row := row_of(context, node):
            arguments, hidden = arguments_of(row.signature, node)
            rate = arguments.get("learning_rate")
            found = context.flow.values.origins(rate) if rate is not None else frozenset()
            if rate is not None and found != {Origin.OTHER}:
                yield Built(row, node, arguments, hidden, rate, found)


def row_of(context: Context, call: ast.Call) -> TF1Optimizer | None:
    """The row of what is built, whichever way the name was imported."""
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return None
    rows = {catalog.tf1_optimizers().get(path or "") for path in context.names.resolve(call.func)}
    return rows.pop() if len(rows) == 1 else None


def arguments_of(signature: Signature, call: ast.Call) -> tuple[dict[str, ast.expr], bool]:
    """The arguments by parameter, and whether some cannot be seen."""
    try:
        return bind(signature, call), False
    except Mismatch:
        plain = [argument for argument in call.args[:1] if not isinstance(argument, ast.Starred)]
        named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        return {**dict(zip(signature.names, plain, strict=False)), **named}, True


def successor(context: Context, built: Built) -> Proposal:
    """What to say of one optimizer."""
    row = built.row
    rule, written = table()[row.code], ast.unparse(built.call.func)
    if not row.twin:
        message = f"`{written}` is fed by a schedule, and Keras 3 has no such optimizer"
        return Proposal(rule, message, by_hand("choose another optimizer: the weights will not be the same"))
    message = (
        f"`{written}` with a schedule as rate would be `{_twin(context, built)}` in Keras 3: {_equality(row)}"
    )
    return Proposal(rule, message, by_hand(*_what_to_know(built), _LOOP))


def _what_to_know(built: Built) -> Iterator[str]:
    """What moving the optimizer would change."""
    if built.row.differs:
        yield gap(built.row)
    if Origin.COMPUTED in built.origins:
        yield "the rate is computed from a schedule: write a LearningRateSchedule that computes all of it"


def gap(row: TF1Optimizer) -> str:
    """Why the weights differ, and by how much: a clause."""
    return f"{row.differs} (by {row.apart:g} within 300 updates of a test problem that moves them by 3)"


def _equality(row: TF1Optimizer) -> str:
    """Whether the weights stay equal."""
    if row.differs:
        return "its weights will differ"
    return f"its weights stay equal within {row.apart:g}" if row.apart else "its weights stay the same"


def _twin(context: Context, built: Built) -> str:
    """The call of the Keras optimizer that takes the schedule."""
    return twin(context, built.row, "schedule", built.arguments, built.hidden)


def twin(
    context: Context, row: TF1Optimizer, rate: str, arguments: Mapping[str, ast.expr], hidden: bool
) -> str:
    """The call of the Keras optimizer; arguments that are its defaults are left out."""
    modern = next(other for other in OPTIMIZERS if other.name == row.twin).keras3
    parts = [rate]
    for name, template in row.arguments.items():
        given = arguments.get(template[1:-1])
        default = row.signature.default(template[1:-1]) if template.startswith("{") else template
        value = context.flow.constant(given) if given is not None else ast.literal_eval(default or "None")
        if value is not None and value != ast.literal_eval(modern.default(name) or "None"):
            parts.append(f"{name}={ast.unparse(given) if given is not None else default}")
    return f"keras.optimizers.{row.twin}({', '.join(parts + ['...'] * hidden)})"
