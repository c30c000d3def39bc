"""Classes of optimizers that are written for Keras 2: which they are, and what Keras 3 wants of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import Kind, is_keras
from lrmigrate.analysis.values import Values
from lrmigrate.model import Unit
from lrmigrate.rules.internals import CLASS
from lrmigrate.rules.proposal import Proposal, by_hand

_BASES = frozenset({"Optimizer", "OptimizerV2"})
#: Methods that Keras 2 called, and Keras 3 does not.
UNCALLED = (
    "get_updates",
    "_resource_apply_dense",
    "_resource_apply_sparse",
    "_prepare_local",
    "_create_slots",
)
_GONE = frozenset({"_set_hyper", "_get_hyper", "_decayed_lr", "_serialize_hyperparameter"})
_TELLING = frozenset({"get_updates", "_resource_apply_dense", "_resource_apply_sparse", "_set_hyper"})
_MODERN = "update_step"


def old_classes(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such class, by the base that makes it an optimizer."""
    for made in context.source.nodes(ast.ClassDef):
        base = _base(context.values, made)
        if base is not None and (signs := _signs(made)):
            message = f"`{made.name}` is an optimizer of Keras 2: {', '.join(signs)}"
            yield base, Proposal(CLASS, message, by_hand(*_advice(made)), _unit(context, made, base))


def _unit(context: Context, made: ast.ClassDef, base: ast.expr) -> Unit:
    """The objects of a class; where it inherits an update, nothing tells that this one is used."""
    values = context.values
    calls = (
        call for call in context.source.nodes(ast.Call) if isinstance(call.func, ast.Name | ast.Attribute)
    )
    built = [call for call in calls if any(way.node is made for way in values.ways(call.func))]
    starts = sorted(context.source.span(call).start for call in built)
    has_update = values.may_be(base, Kind.OPTIMIZER_CLASS)
    return Unit(tuple(starts) or (context.source.span(base).start,), unnoticed=has_update)


def old_class_around(context: Context, node: ast.AST) -> bool:
    """Whether a node stands in such a class."""
    made = context.values.class_of(node)
    return made is not None and _base(context.values, made) is not None and bool(_signs(made))


def _base(values: Values, made: ast.ClassDef) -> ast.expr | None:
    """The base of a class that is an optimizer of Keras's, or a class of them."""
    for base in made.bases:
        for value in values.of(base):
            name = value.path.rpartition(".")[2]
            if value.kind is Kind.OPTIMIZER_CLASS or (name in _BASES and is_keras(value.path)):
                return base
    return None


def _signs(made: ast.ClassDef) -> list[str]:
    """What shows that a class is written for Keras 2; nothing where it has what Keras 3 wants."""
    methods = {part.name: part for part in made.body if isinstance(part, ast.FunctionDef)}
    attributes = {node.attr for node in ast.walk(made) if isinstance(node, ast.Attribute)}
    if _MODERN in methods or _TELLING.isdisjoint({*methods, *attributes}):
        return []
    signs = [f"Keras 3 never calls `{name}`" for name in UNCALLED if name in methods]
    signs += [f"`{name}` is gone" for name in sorted(_GONE & attributes)]
    if signs and any(_is_own_rate(node) for node in ast.walk(made)):
        signs.append("nothing reads `self.lr`")
    return signs


def _is_own_rate(node: ast.AST) -> bool:
    """Whether a node sets `self.lr`."""
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr="lr", ctx=ast.Store()):
            return True
    return False


def _advice(made: ast.ClassDef) -> Iterator[str]:
    """What Keras 3 wants instead."""
    yield (
        "give the rate to `super().__init__(learning_rate=..., name=...)`, make slots in `build(self, "
        "variables)`, and write what is done to one variable as `update_step(self, gradient, "
        "variable, learning_rate)`"
    )
    if any(isinstance(part, ast.FunctionDef) and part.name == "get_config" for part in made.body):
        yield "`get_config` of the base holds `learning_rate` already"
