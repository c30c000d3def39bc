"""The key under which Keras's rate callbacks log the rate: `logs["lr"]` -> `logs["learning_rate"]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.catalog import hazards
from lrmigrate.model import Edit
from lrmigrate.rewrite.context import Context, Proposal
from lrmigrate.rewrite.rate import Access

WRITERS = frozenset({"LearningRateScheduler", "ReduceLROnPlateau"})
_FITS = frozenset({"fit", "fit_generator"})


def log_keys(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every read of the key, unless the program itself writes it."""
    nodes = [*context.source.nodes(ast.Subscript), *context.source.nodes(ast.Call)]
    found = [(node, key) for node in nodes if (key := _key(context, node))]
    if any(_is_written(node) for node, _ in found):
        return
    keys = {key for _, key in found}
    others = any(
        node.value == "lr" and node not in keys and _may_write(context, node)
        for node in context.source.nodes(ast.Constant)
    )
    callbacks = {use.attribute for use in context.rate_uses if use.access is Access.CALLBACK}
    for node, key in found:
        assert isinstance(node, ast.expr)
        yield node, _proposal(context, node, key, certain=bool(callbacks & WRITERS) and not others)


def _key(context: Context, node: ast.AST) -> ast.Constant | None:
    """The literal "lr" in `logs["lr"]` or `logs.get("lr")`."""
    match node:
        case ast.Subscript(value=receiver, slice=ast.Constant(value="lr") as key):
            return key if _is_log(context, receiver) else None
        case ast.Call(
            func=ast.Attribute(value=receiver, attr="get"), args=[ast.Constant(value="lr") as key, *_]
        ):
            return key if _is_log(context, receiver) else None
    return None


def _is_log(context: Context, node: ast.expr) -> bool:
    """Whether an expression is what Keras hands out: a History's history, or a callback method's `logs`."""
    match node:
        case ast.Attribute(attr="history", value=ast.Call(func=ast.Attribute(attr=attr))):
            return attr in _FITS
        case ast.Attribute(attr="history", value=ast.Attribute(attr="history")):
            return True
        case ast.Attribute(attr="history", value=ast.Name(id=name) as owner):
            value = context.names.single(name, owner)
            made = value.func if isinstance(value, ast.Call) else None
            return isinstance(made, ast.Attribute) and made.attr in _FITS
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


def _proposal(context: Context, node: ast.expr, key: ast.Constant, certain: bool) -> Proposal:
    """The proposal for one read."""
    proposal = Proposal(hazards.LOG_KEY, f"`{ast.unparse(node)}` raises KeyError or gives None in Keras 3")
    text = context.source.slice(key)
    quote = text[-1]
    if text != f"{quote}lr{quote}":
        return proposal.manual("the key is now `learning_rate`")
    proposal.edits.append(Edit(context.source.span(key), f"{quote}learning_rate{quote}"))
    if not certain:
        proposal.unsafe("whether Keras's own callbacks write the key cannot be seen here")
    return proposal
