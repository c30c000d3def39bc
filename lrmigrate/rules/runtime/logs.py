"""The key under which Keras's rate callbacks log the rate: `logs["lr"]` -> `logs["learning_rate"]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.rate_uses import Access
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.model import Edit
from lrmigrate.rules.proposal import Draft, Proposal
from lrmigrate.rules.runtime import CALLBACKS, LOG_KEY
from lrmigrate.rules.runtime.csv_logs import csv_columns
from lrmigrate.rules.runtime.histories import Log, log_of


def logged_rates(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every read of a logged rate by its old name, in a history or in a file."""
    yield from log_keys(context)
    yield from csv_columns(context)


def log_keys(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every read of the key that Keras's callbacks write; what the program itself writes is its own."""
    kinds: tuple[type[ast.expr], ...] = (ast.Subscript, ast.Call, ast.Compare)
    nodes = [node for kind in kinds for node in context.source.nodes(kind)]
    found = [read for node in nodes for read in _reads(context, node)]
    if not found:
        return
    own = any(_is_written(read.node) for read in found) or _logs_itself(context)
    keys = {key for read in found for key in read.keys}
    others = any(
        node.value == "lr" and node not in keys and _may_write(context, node)
        for node in context.source.nodes(ast.Constant)
    )
    callbacks = {use.attribute for use in context.all_rate_uses() if use.access is Access.CALLBACK}
    replaced = any(_is_written(read.node) and read.log.fits for read in found) or _trains_itself(context)
    for read in found:
        certain = bool(callbacks & CALLBACKS) and not (others or own or context.key_is_written_elsewhere)
        in_sight = not (_is_written(read.node) or replaced) and _is_of_keras(read.log)
        if in_sight or not own:
            yield read.node, _proposal(context, read, (certain and read.log.is_seen) or in_sight)


@dataclass(frozen=True)
class Read:
    """A read of the key "lr" of a log: the literals that must change, and whether others may read these."""

    node: ast.expr
    log: Log
    keys: tuple[ast.Constant, ...]
    is_shared: bool = False


def _is_of_keras(log: Log) -> bool:
    """Whether the log is of trainings, in sight, with Keras's callbacks only, which write the key."""
    made = list(log.callbacks()) if log.is_whole else []
    return bool(made) and all(names & CALLBACKS and "" not in names for names in made)


def _logs_itself(context: Context) -> bool:
    """Whether the program has a value called `lr` logged: a metric, or what its own training step gives."""
    functions = context.source.nodes(ast.FunctionDef)
    is_metric = any(function.name == "lr" and len(function.args.args) == 2 for function in functions)
    return is_metric or _trains_itself(context)


def _trains_itself(context: Context) -> bool:
    """Whether a training step of the program's own gives a value called `lr`."""
    for text in _texts(context):
        around = context.source.function_around(text)
        if isinstance(around, ast.FunctionDef) and around.name in ("train_step", "test_step"):
            match context.source.parents[text]:
                case ast.Dict() | ast.Subscript(ctx=ast.Store()) | ast.keyword() | ast.Call():
                    return True
    return False


def _reads(context: Context, node: ast.expr) -> Iterator[Read]:
    """The read of a log that a node is: `logs["lr"]`, `logs.get("lr")`, `logs[key]`, `"lr" in logs`."""
    found = _asked(context, node)
    if found is not None and found[1] and (log := log_of(context, found[0])) is not None:
        yield Read(node, log, found[1], found[2])


def _asked(context: Context, node: ast.expr) -> tuple[ast.expr, tuple[ast.Constant, ...], bool] | None:
    """What a node reads, the literals "lr" by which it does, and whether these may serve others, too."""
    match node:
        case ast.Compare(
            left=ast.Constant(value="lr") as key, ops=[ast.In() | ast.NotIn()], comparators=[receiver]
        ):
            return _without_keys(receiver), (key,), False
        case ast.Compare(
            left=ast.Name() as name,
            ops=[ast.Eq() | ast.NotEq()],
            comparators=[ast.Constant(value="lr") as key],
        ):
            rows = _rows(context, name)
            return None if rows is None else (_without_keys(rows), (key,), False)
        case ast.Subscript(value=receiver, slice=key):
            return (receiver, *_literals(context, key))
        case ast.Call(func=ast.Attribute(value=receiver, attr="get" | "pop"), args=[key, *_]):
            return (receiver, *_literals(context, key))
    return None


def _rows(context: Context, name: ast.Name) -> ast.expr | None:
    """What a loop goes over that binds a name to keys: `for key in log`, `for key, value in log.items()`."""
    live = context.names.live(name.id, name)
    if len(live) != 1:
        return None
    target: ast.AST = live[0].node
    parent = context.source.parents.get(target)
    if isinstance(parent, ast.Tuple):
        is_first = parent.elts[0] is target
        target, parent = parent, context.source.parents.get(parent)
        if not is_first:
            return None
    match parent:
        case ast.For(iter=rows) | ast.comprehension(iter=rows) if parent.target is target:
            return rows
    return None


def _literals(context: Context, key: ast.expr) -> tuple[tuple[ast.Constant, ...], bool]:
    """The literals "lr" that a key may be, and whether they stand elsewhere, where others may read them."""
    if isinstance(key, ast.Constant):
        return ((key,), False) if key.value == "lr" else ((), False)
    if isinstance(key, ast.List):
        found = tuple(e for e in key.elts if isinstance(e, ast.Constant) and e.value == "lr")
        return found, False
    if not isinstance(key, ast.Name) or not any(map(partial(_is_kept, context), _texts(context))):
        return (), False
    nodes = [value.way.node for value in context.values.of(key) if value.constant == "lr"]
    here = tuple(node for node in nodes if isinstance(node, ast.Constant) and node in context.source.parents)
    return here, True


def _texts(context: Context) -> list[ast.Constant]:
    """The literals "lr" of the file."""
    return context.values.by_text.get("lr", [])


def _is_kept(context: Context, text: ast.Constant) -> bool:
    """Whether a literal stands where a name may take it from: in a list, or behind `=`."""
    return isinstance(context.source.parents[text], ast.List | ast.Tuple | ast.Set | ast.Assign | ast.IfExp)


def _without_keys(node: ast.expr) -> ast.expr:
    """The dictionary of `logs.keys()` or `logs.items()`, and every other expression as it is."""
    match node:
        case ast.Call(func=ast.Attribute(value=receiver, attr="keys" | "items"), args=[], keywords=[]):
            return receiver
    return node


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
    match node:
        case ast.Compare(ops=[op, *_]):
            return f"is always {isinstance(op, ast.NotIn | ast.NotEq)}"
        case ast.Call(args=[_, _, *_]):
            return "gives its default"
        case ast.Call(func=ast.Attribute(attr="get")):
            return "gives None"
    return "raises KeyError"


def _proposal(context: Context, read: Read, certain: bool) -> Proposal:
    """The proposal for one read."""
    message = f"`{ast.unparse(read.node)}` {_trouble(read.node)} in Keras 3"
    if read.is_shared:
        key = read.node.slice if isinstance(read.node, ast.Subscript) else read.keys[0]
        message = f'`{ast.unparse(read.node)}` raises KeyError in Keras 3 where `{ast.unparse(key)}` is "lr"'
    return Proposal(LOG_KEY, message, partial(_renamed, context, read, certain))


def _renamed(context: Context, read: Read, certain: bool, draft: Draft) -> None:
    """The new key."""
    for key in read.keys:
        text = context.source.slice(key)
        quote = text[-1]
        if text != f"{quote}lr{quote}":
            raise Refusal("the key is now `learning_rate`")
        draft.edits.append(Edit(context.source.span(key), f"{quote}learning_rate{quote}"))
    if read.is_shared:
        draft.unsafe(f'assumes that the "lr" of line {read.keys[0].lineno} is for nothing but this key')
    if not certain:
        draft.unsafe(
            "assumes that a LearningRateScheduler or ReduceLROnPlateau writes the key, and not the program "
            "itself"
        )
