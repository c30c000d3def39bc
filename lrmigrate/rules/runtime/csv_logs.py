"""The column of the rate in a file that Keras's CSVLogger wrote: `frame["lr"]` -> `frame["learning_rate"]`.

Only where the same program writes the file, lets a callback of Keras set the rate, and reads it back.
"""

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

_READERS = frozenset({"pandas.read_csv", "csv.DictReader"})


def csv_columns(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every read of the column, unless the program knows the new name too."""
    setters = {use.attribute for use in context.rate_uses if use.access is Access.CALLBACK}
    if not setters & CALLBACKS:
        return
    calls = context.source.nodes(ast.Call)
    written = {path for call in calls if (path := _written(context, call))}
    reads = [*context.source.nodes(ast.Subscript), *calls]
    if not written or any(_key(node, "learning_rate") for node in reads):
        return
    for node in reads:
        if (key := _key(node, "lr")) and _file(context, key[0]) in written:
            yield node, _proposal(context, node, key[1])


def _written(context: Context, node: ast.Call) -> str:
    """The text of the path that a CSVLogger is built with; "" for everything else."""
    path = context.names.certain(node.func) or ""
    is_logger = path.endswith(".callbacks.CSVLogger") and path.partition(".")[0] in {"keras", "tensorflow"}
    named = [keyword.value for keyword in node.keywords if keyword.arg == "filename"]
    files = [*node.args[:1], *named] if is_logger else []
    return _text(context, files[0]) if files else ""


def _key(node: ast.AST, name: str) -> tuple[ast.expr, ast.Constant] | None:
    """The receiver and the literal of `row[name]` and `row.get(name)`."""
    match node:
        case ast.Subscript(value=receiver, slice=ast.Constant(value=value) as key, ctx=ast.Load()):
            return (receiver, key) if value == name else None
        case ast.Call(
            func=ast.Attribute(value=receiver, attr="get"), args=[ast.Constant(value=value) as key, *_]
        ):
            return (receiver, key) if value == name else None
    return None


def _file(context: Context, node: ast.AST | None) -> str:
    """The text of the path of the file that a table, a reader or a row of one comes from."""
    match node:
        case ast.Call(func=ast.Name(id="list" | "open"), args=[inner, *_]):
            return _file(context, inner) if ast.unparse(node.func) == "list" else _text(context, inner)
        case ast.Call(args=[path, *_]) if context.names.certain(node.func) in _READERS:
            return _file(context, path) or _text(context, path)
        case ast.Subscript(value=rows):
            return _file(context, rows)
        case ast.Name():
            return _file_of_name(context, node)
    return ""


def _file_of_name(context: Context, name: ast.Name) -> str:
    """What a name was bound to: by an assignment, a `with`, or a loop over rows."""
    live = context.names.live(name.id, name)
    if len(live) != 1:
        return ""
    binding = live[0]
    if binding.value is not None:
        return _file(context, binding.value)
    match context.source.parents.get(binding.node):
        case ast.withitem(context_expr=opened) if isinstance(opened, ast.Call):
            return _file(context, opened)
        case ast.For(iter=rows) | ast.comprehension(iter=rows):
            return _file(context, rows)
    return ""


def _text(context: Context, path: ast.expr) -> str:
    """What two spellings of one path have in common: the literal behind a name, or else the text."""
    value = context.flow.constant(path)
    return repr(value) if isinstance(value, str) else ast.unparse(path)


def _proposal(context: Context, node: ast.expr, key: ast.Constant) -> Proposal:
    """The proposal for one read."""
    message = f"`{ast.unparse(node)}`: CSVLogger calls the column `learning_rate` in Keras 3"
    return Proposal(LOG_KEY, message, partial(_renamed, context, key))


def _renamed(context: Context, key: ast.Constant, draft: Draft) -> None:
    """The new name of the column."""
    text = context.source.slice(key)
    quote = text[-1]
    if text != f"{quote}lr{quote}":
        raise Refusal("the column is now `learning_rate`")
    draft.edits.append(Edit(context.source.span(key), f"{quote}learning_rate{quote}"))
    draft.unsafe(
        "assumes that the file is written anew by Keras 3: one that Keras 2 wrote, or that is appended to, "
        "still has the column `lr`"
    )
