"""Where a file reads or sets the rate of an optimizer at run time: what a rewritten argument meets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lrmigrate.match import optimizer_of
from lrmigrate.scopes import Names
from lrmigrate.syntax import Source

RATE_CALLBACKS = frozenset({"LearningRateScheduler", "ReduceLROnPlateau"})


class Access(Enum):
    """What is done to the rate."""

    READ = "reads"
    WRITE = "assigns"
    SET = "sets"
    GUARD = "asks for"
    CALLBACK = "sets the rate by"


@dataclass(frozen=True)
class RateUse:
    """One access to a rate: `optimizer.lr`, a guard, or a callback that sets it."""

    access: Access
    node: ast.expr
    attribute: str  # "lr", "learning_rate", or the callback's name
    line: int

    @property
    def clause(self) -> str:
        """A clause for a reason."""
        return f"line {self.line} {self.access.value} `{ast.unparse(self.node)}`"


def rate_uses(source: Source, names: Names) -> tuple[RateUse, ...]:
    """Every access to an optimizer's rate in the file, in the order of the text."""
    found = sorted(_uses(source, names), key=lambda use: (use.line, use.node.col_offset))
    return tuple(found)


def _uses(source: Source, names: Names) -> Iterator[RateUse]:
    """Walk the file once."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Attribute(attr="lr" | "learning_rate" as attribute, value=receiver):
                if is_optimizer(names, receiver):
                    yield RateUse(_access(source, node), node, attribute, node.lineno)
            case ast.Call(func=ast.Name(id="hasattr"), args=[receiver, ast.Constant(value="lr")]):
                if is_optimizer(names, receiver):
                    yield RateUse(Access.GUARD, node, "lr", node.lineno)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in RATE_CALLBACKS:
                yield RateUse(Access.CALLBACK, node.func, name, node.lineno)


def is_optimizer(names: Names, node: ast.expr) -> bool:
    """Whether ``node`` is a Keras optimizer in sight or by its name: `model.optimizer`, `x = SGD(...)`."""
    match node:
        case ast.Attribute(attr=attr):
            return attr in {"optimizer", "opt"}
        case ast.Name(id=name):
            value = names.single(name, node)
            if value is not None and optimizer_of(names, value):
                return True
            return name in {"optimizer", "opt"} or name.endswith("_optimizer")
    return False


def _access(source: Source, node: ast.Attribute) -> Access:
    """What the surrounding code does with `optimizer.lr`."""
    if not isinstance(node.ctx, ast.Load):
        return Access.WRITE
    match source.parents[node]:
        case ast.Attribute(attr="assign" | "assign_add" | "assign_sub"):
            return Access.SET
        case ast.Call(func=ast.Attribute(attr="set_value") | ast.Name(id="set_value"), args=[first, *_]):
            return Access.SET if first is node else Access.READ
    return Access.READ
