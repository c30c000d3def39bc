"""TensorFlow 1 optimizers that are given to Keras's `compile`: which Keras optimizer each would be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import Kind
from lrmigrate.analysis.values import Value
from lrmigrate.catalog import tf1_optimizers
from lrmigrate.rules.proposal import Proposal, by_hand
from lrmigrate.rules.tf1 import COMPILED
from lrmigrate.rules.tf1.optimizers import arguments_of, gap, twin


def compiled_optimizers(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such call of `compile`."""
    for call in context.source.nodes(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "compile":
            given = [keyword.value for keyword in call.keywords if keyword.arg == "optimizer"] + call.args[:1]
            values = context.values.of(given[0]) if given else frozenset()
            found = [value for value in values if value.kind is Kind.TF1_OPTIMIZER]
            if found:
                yield given[0], _proposal(context, given[0], sorted(found, key=lambda value: value.path)[0])


def _proposal(context: Context, given: ast.expr, value: Value) -> Proposal:
    """What to say of one."""
    name = value.path.rpartition(".")[2]
    what = f"TensorFlow 1's `{name}`" if name else "an optimizer of TensorFlow 1"
    message = f"`{ast.unparse(given)}` is {what}, which Keras 3's `compile` refuses"
    return Proposal(COMPILED, message, by_hand(*_advice(context, value)))


def _advice(context: Context, value: Value) -> Iterator[str]:
    """What to give instead."""
    row, made = tf1_optimizers().get(value.path), value.way.node
    if row is None or not row.twin:
        yield "give one of keras.optimizers: the weights will not be the same"
        return
    arguments, hidden = arguments_of(row.signature, made) if isinstance(made, ast.Call) else ({}, True)
    rate = arguments.get("learning_rate")
    text = ast.unparse(rate) if rate is not None else row.signature.default("learning_rate") or "..."
    yield f"give `{twin(context, row, text, arguments, hidden)}`"
    if row.differs:
        yield gap(row)
