"""The key under which Keras's rate callbacks log the rate: `logs["lr"]` -> `logs["learning_rate"]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.rate_uses import Access
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.model import Edit
from lrmigrate.rules.proposal import Draft, Proposal
from lrmigrate.rules.runtime import CALLBACKS, LOG_KEY
from lrmigrate.rules.runtime.csv_logs import csv_columns

_FITS = frozenset({"fit", "fit_generator"})


def logged_rates(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every read of a logged rate by its old name, in a history or in a file."""
    yield from log_keys(context)
    yield from csv_columns(context)


def log_keys(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every read of the key that Keras's callbacks write; what the program itself writes is its own."""
    kinds: tuple[type[ast.expr], ...] = (ast.Subscript, ast.Call, ast.Compare)
    nodes = [node for kind in kinds for node in context.source.nodes(kind)]
    found = [(node, key) for node in nodes if (key := _key(context, node))]
    if not found:
        return
    own = any(_is_written(node) for node, _ in found)
    keys = {key for _, key in found}
    others = any(
        node.value == "lr" and node not in keys and _may_write(context, node)
        for node in context.source.nodes(ast.Constant)
    )
    callbacks = {use.attribute for use in context.all_rate_uses() if use.access is Access.CALLBACK}
    for node, key in found:
        assert isinstance(node, ast.expr)
        certain = bool(callbacks & CALLBACKS) and not (others or own or context.key_is_written_elsewhere)
        in_sight = not _is_written(node) and _is_of_keras(context, node)
        if in_sight or not own:
            yield node, _proposal(context, node, key, certain or in_sight)


def _is_of_keras(context: Context, node: ast.expr) -> bool:
    """Whether the history is of a training, in sight, with Keras's callbacks only, which write the key."""
    receiver = node.value if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.Compare):
        receiver = _without_keys(node.comparators[0])
    if not isinstance(receiver, ast.Attribute):
        return False
    fits = _fits(context, receiver.value)
    made = [{_of_keras(context, callback) for callback in _callbacks(context, fit)} for fit in fits]
    return bool(made) and all(names & CALLBACKS and "" not in names for names in made)


def _fits(context: Context, node: ast.expr) -> list[ast.Call]:
    """The calls of `fit` whose history an expression is; none where it may be something else."""
    values = [node]
    if isinstance(node, ast.Name):
        values = [b.value for b in context.names.live(node.id, node) if b.value is not None]
        if len(values) < len(context.names.live(node.id, node)):
            return []
    calls = [value for value in values if isinstance(value, ast.Call) and _is_fit(value)]
    return calls if len(calls) == len(values) else []


def _is_fit(call: ast.Call) -> bool:
    """Whether a method of training is called."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in _FITS


def _callbacks(context: Context, fit: ast.Call) -> list[ast.expr]:
    """The callbacks that a training is given, as far as they are in sight."""
    given = next((keyword.value for keyword in fit.keywords if keyword.arg == "callbacks"), None)
    if isinstance(given, ast.Name):
        given = context.names.single(given.id, given)
    return given.elts if isinstance(given, ast.List | ast.Tuple) else []


def _of_keras(context: Context, callback: ast.expr) -> str:
    """The name of the class of Keras's that a callback certainly is made from; "" for all others."""
    values: list[ast.expr | None] = [callback]
    if isinstance(callback, ast.Name):
        values = [binding.value for binding in context.names.live(callback.id, callback)]
    made = {context.names.certain(v.func) if isinstance(v, ast.Call) else None for v in values}
    path = (made.pop() if len(made) == 1 else None) or ""
    return path.rpartition(".")[2] if "keras" in path.split(".") else ""


def _key(context: Context, node: ast.AST) -> ast.Constant | None:
    """The literal "lr" in `logs["lr"]`, `logs.get("lr")` or `"lr" in logs`."""
    match node:
        case ast.Compare(
            left=ast.Constant(value="lr") as key, ops=[ast.In() | ast.NotIn()], comparators=[receiver]
        ):
            return key if _is_log(context, _without_keys(receiver)) else None
        case ast.Subscript(value=receiver, slice=ast.Constant(value="lr") as key):
            return key if _is_log(context, receiver) else None
        case ast.Call(
            func=ast.Attribute(value=receiver, attr="get"), args=[ast.Constant(value="lr") as key, *_]
        ):
            return key if _is_log(context, receiver) else None
    return None


def _without_keys(node: ast.expr) -> ast.expr:
    """The dictionary of `logs.keys()`, and every other expression as it is."""
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr="keys"), args=[], keywords=[]):
            return receiver
    return node


def _is_log(context: Context, node: ast.expr) -> bool:
    """Whether an expression is what Keras hands out: a History's history, or a callback method's `logs`."""
    match node:
        case ast.Attribute(attr="history", value=ast.Attribute(attr="history")):
            return True
        case ast.Attribute(attr="history", value=ast.Call() | ast.Name() as owner):
            return bool(_fits(context, owner))
        case ast.Name(id="logs"):
            live = context.names.live("logs", node)
            return all(isinstance(b.node, ast.arg) for b in live) and _in_callback(context, node)
    return False


def _in_callback(context: Context, node: ast.expr) -> bool:
    """Whether a node stands in a class that is, by its bases, a Keras callback."""
    classes = [outer for outer in context.source.ancestors(node) if isinstance(outer, ast.ClassDef)]
    return any(ast.unparse(base).endswith("Callback") for outer in classes for base in outer.bases)


def _may_write(context: Context, key: ast.Constant) -> bool:
    """Whether another "lr" of the file could be the program's own key: anything but an attribute's name."""
    match context.source.parents[key]:
        case ast.Call(func=ast.Name(id="hasattr" | "getattr" | "setattr")):
            return False
    return True


def _is_written(node: ast.AST) -> bool:
    """Whether the program puts the key there itself."""
    return isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)


def _trouble(node: ast.expr) -> str:
    """What becomes of a read of the old key."""
    if not isinstance(node, ast.Compare):
        if isinstance(node, ast.Subscript):
            return "raises KeyError"
        return "gives its default" if isinstance(node, ast.Call) and len(node.args) > 1 else "gives None"
    return f"is always {isinstance(node.ops[0], ast.NotIn)}"


def _proposal(context: Context, node: ast.expr, key: ast.Constant, certain: bool) -> Proposal:
    """The proposal for one read."""
    message = f"`{ast.unparse(node)}` {_trouble(node)} in Keras 3"
    return Proposal(LOG_KEY, message, partial(_renamed, context, key, certain))


def _renamed(context: Context, key: ast.Constant, certain: bool, draft: Draft) -> None:
    """The new key."""
    text = context.source.slice(key)
    quote = text[-1]
    if text != f"{quote}lr{quote}":
        raise Refusal("the key is now `learning_rate`")
    draft.edits.append(Edit(context.source.span(key), f"{quote}learning_rate{quote}"))
    if not certain:
        draft.unsafe(
            "assumes that a LearningRateScheduler or ReduceLROnPlateau writes the key, and not the program "
            "itself"
        )
