"""`optimizer.iterations` by the backend: `K.set_value` -> `.assign(...)`, `K.get_value` -> `int(...)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.layout import loses_comment
from lrmigrate.analysis.mode import Mode, mode_of
from lrmigrate.analysis.rate_uses import Receiver, backend_function, receiver_of
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.syntax import on_one_line
from lrmigrate.model import Edit, Span
from lrmigrate.rules.counter import ITERATIONS
from lrmigrate.rules.proposal import Draft, Proposal, Step, by_hand

_ASSIGN = "set it by optimizer.iterations.assign(value)"
_READ = "read it by int(optimizer.iterations)"
_READERS = frozenset({"get_value", "eval"})
_MISSING_IN_TENSORFLOW = frozenset({"set_value", "batch_set_value", "update", "update_add", "update_sub"})


def counters(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such access."""
    for node in context.source.nodes(ast.Attribute):
        if node.attr != "iterations" or (receiver := receiver_of(context.values, node.value)) is None:
            continue
        if isinstance(node.ctx, ast.Store):
            if not isinstance(node.value, ast.Name) or node.value.id != "self":
                message = f"`{ast.unparse(node)} = ...` raises AttributeError in Keras 3"
                yield node, Proposal(ITERATIONS, message, by_hand(_ASSIGN))
        elif call := _backend_call(context, node):
            yield from _through_backend(context, node, receiver, call)


def _backend_call(context: Context, node: ast.Attribute) -> ast.Call | None:
    """The call of a function of the backend around the counter, as its first argument or in a list there."""
    for outer in context.source.ancestors(node)[:4]:
        if isinstance(outer, ast.Call):
            return outer if outer.args and backend_function(context.names, outer) else None
        if not isinstance(outer, ast.List | ast.Tuple):
            return None
    return None


def _through_backend(
    context: Context, node: ast.Attribute, receiver: Receiver, call: ast.Call
) -> Iterator[tuple[ast.expr, Proposal]]:
    """`K.get_value(x.iterations)`, `K.set_value(x.iterations, v)` and the like."""
    name = backend_function(context.names, call)
    of_tensorflow = all((path or "").startswith("tensorflow.") for path in context.names.resolve(call.func))
    if of_tensorflow and name not in _MISSING_IN_TENSORFLOW:
        return
    step: Step = by_hand(f"{_ASSIGN}, or {_READ}")
    is_first = node is call.args[0] and not call.keywords
    if name == "set_value" and is_first and len(call.args) == 2:
        step = partial(_assign, context, node, call)
    elif name in _READERS and is_first and len(call.args) == 1:
        step = partial(_read, context, node, call)
    doubt = partial(_doubt, context, node, receiver)
    message = f"`{ast.unparse(call)}` raises AttributeError in Keras 3"
    yield call, Proposal(ITERATIONS, message, lambda draft: draft.take(doubt, step))


def _doubt(context: Context, node: ast.Attribute, receiver: Receiver, draft: Draft) -> None:
    """What may be otherwise than it seems."""
    if receiver is not Receiver.OPTIMIZER:
        draft.unsafe(
            f"assumes that `{ast.unparse(node.value)}` is a Keras optimizer, which nothing here shows for "
            "certain"
        )
    if guard := context.flow.guard(node):
        draft.unsafe(f"{guard}, which may be meant for another version of Keras")


def _assign(context: Context, node: ast.Attribute, call: ast.Call, draft: Draft) -> None:
    """`K.set_value(x.iterations, v)` -> `x.iterations.assign(v)`."""
    value = call.args[1]
    is_discarded = isinstance(context.source.parents[call], ast.Expr | ast.Lambda)
    if isinstance(value, ast.NamedExpr | ast.Starred) or not is_discarded or not on_one_line(node):
        raise Refusal(_ASSIGN)
    _check_mode(context, call)
    whole, target, given = (context.source.span(part) for part in (call, node, value))
    edits = [
        Edit(Span(whole.start, target.start), ""),
        Edit(Span(target.end, given.start), ".assign("),
        Edit(Span(given.end, whole.end), ")"),
    ]
    if loses_comment(context.source, call, edits):
        raise Refusal(_ASSIGN)
    draft.edits += edits


def _read(context: Context, node: ast.Attribute, call: ast.Call, draft: Draft) -> None:
    """`K.get_value(x.iterations)` -> `int(x.iterations)`."""
    if isinstance(context.source.parents[call], ast.Attribute | ast.Subscript):
        raise Refusal(f"{_READ}: a number, without an array's methods")
    if context.values.binds_at("int", call):
        raise Refusal(f"{_READ}; `int` means something else in this file")
    _check_mode(context, call)
    edits = [Edit(context.source.span(call.func), "int")]
    match context.source.parents[call]:
        case ast.Call(func=ast.Name(id="int" | "float"), args=[_], keywords=[]):
            whole, inner = context.source.span(call), context.source.span(node)
            edits = [Edit(Span(whole.start, inner.start), ""), Edit(Span(inner.end, whole.end), "")]
    if loses_comment(context.source, call, edits):
        raise Refusal(_READ)
    draft.edits += edits


def _check_mode(context: Context, call: ast.Call) -> None:
    """Whether the call runs eagerly, as Keras 3 does; raises Refusal."""
    if mode_of(context.values, call, is_tf1=False) is Mode.GRAPH:
        raise Refusal("Keras 3 runs eagerly: read or set it outside of the graph")
