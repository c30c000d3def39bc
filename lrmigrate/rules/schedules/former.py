"""Schedules that were in `keras.experimental` or in private modules -> where Keras 3 has them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate import catalog
from lrmigrate.analysis.context import Context
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import keras_names
from lrmigrate.analysis.values import is_whole
from lrmigrate.catalog import SCHEDULES, modern_names
from lrmigrate.catalog.tf1 import DECAYS, NOISY_LINEAR_COSINE
from lrmigrate.model import Edit
from lrmigrate.rules.proposal import Draft, Proposal, by_hand
from lrmigrate.rules.schedules import FORMER
from lrmigrate.rules.schedules.decay import stand_in

_STAND_INS = {row.new.name: row for row in DECAYS if row.new and row.subclass}


def former_schedules(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every use of such a class."""
    table = catalog.former_schedules()
    found = list(_named(context))
    for node, path in found:
        same = [other for other, its in found if table[its] == table[path]]
        yield _whole(context, node), _proposal(context, node, path, same)


def _named(context: Context) -> Iterator[tuple[ast.expr, str]]:
    """Where the file names such a class, with what is named."""
    table = catalog.former_schedules()
    names = frozenset(table.values())
    nodes: list[ast.Name | ast.Attribute] = list(context.source.nodes(ast.Name))
    nodes += [node for node in context.source.nodes(ast.Attribute) if node.attr in names]
    for node in nodes:
        path = context.names.certain(node) if isinstance(node.ctx, ast.Load) else None
        if path and path in table and not _names_an_alias(context, node):
            yield node, path


def _names_an_alias(context: Context, node: ast.expr) -> bool:
    """Whether a name stands for what an assignment made of it: that is where the class is named."""
    values = [b.value for b in context.names.live(node.id, node)] if isinstance(node, ast.Name) else []
    return any(value is not None for value in values)


def _whole(context: Context, node: ast.expr) -> ast.expr:
    """The call of a class, or the bare name."""
    parent = context.source.parents[node]
    return parent if isinstance(parent, ast.Call) and parent.func is node else node


def _proposal(context: Context, node: ast.expr, path: str, same: list[ast.expr]) -> Proposal:
    """What to say of one use; ``same`` are all uses of that class."""
    name = catalog.former_schedules()[path]
    successor = f"it is `{SCHEDULES}.{name}`" if name in modern_names() else "it has no such schedule"
    if name in _STAND_INS:
        successor = "it has no such schedule"
    message = f"`{ast.unparse(node)}` is gone in Keras 3: {successor}"
    if name not in modern_names():
        return Proposal(FORMER, message, by_hand(NOISY_LINEAR_COSINE.advice))
    return Proposal(FORMER, message, partial(_move, context, node, path, same))


def _move(context: Context, node: ast.expr, path: str, same: list[ast.expr], draft: Draft) -> None:
    """The class where Keras 3 has it, or one that takes its place; raises Refusal."""
    name = catalog.former_schedules()[path]
    if guard := context.flow.guard(node):
        raise Refusal(f"{guard}: it may be meant for another version of Keras")
    whole = _whole(context, node)
    if isinstance(whole, ast.Call):
        _check(context, whole, name, draft)
    else:
        draft.unsafe("it is not called here: assumes that it gets what Keras 3's class takes")
    if path.startswith("tensorflow.python."):
        draft.unsafe(
            "tensorflow.python.keras is Keras 2: its optimizers do not work with a Keras 3 schedule, so move "
            "them together"
        )
    if name in _STAND_INS:
        row = _STAND_INS[name]
        assert row.new is not None
        draft.edits.append(Edit(context.source.span(node), stand_in(context, row, row.new, draft, same)))
        return
    targets = keras_names([path], f"{SCHEDULES}.{name}")
    if reason := context.lacks(targets[0]):
        raise Refusal(reason)
    spelling = context.speller.spell(targets, whole, node)
    if spelling is None:
        raise Refusal(f"no name for `{name}` is free in this file: import `{targets[0]}` under another one")
    draft.edits += [*spelling.edits, Edit(context.source.span(node), spelling.text)]


def _check(context: Context, call: ast.Call, name: str, draft: Draft) -> None:
    """Whether Keras 3's class takes the arguments; raises Refusal."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    rate = given.get("initial_learning_rate", call.args[0] if call.args else None)
    if rate is not None and any(map(is_whole, context.values.of(rate))):
        raise Refusal("Keras 3 computes with whole numbers where the rate is one: write it as a float")
    if None in given or any(isinstance(argument, ast.Starred) for argument in call.args):
        draft.unsafe("assumes that the arguments which cannot be seen are those of Keras 3's class, too")
    if "name" in given and name in _STAND_INS:
        raise Refusal("the class that the fix would add takes no `name=`: take it out")
    if "name" in given and context.flow.constant(given["name"]) is None:
        raise Refusal("Keras 3 raises ValueError for `name=None`: take it out")
    if "name" in given and not isinstance(context.flow.constant(given["name"]), str):
        draft.unsafe("assumes that `name=` is not None: Keras 3 raises ValueError for that")
