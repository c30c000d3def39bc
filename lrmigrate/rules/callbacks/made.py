"""Calls that make one of Keras's rate callbacks, directly or for a subclass, and whether that is certain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lrmigrate.analysis.built import PARTIAL
from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import is_keras
from lrmigrate.analysis.values import Value, Values


@dataclass(frozen=True)
class Made:
    """A call that gives the class of a callback its arguments.

    ``skipped`` counts the first positional ones that are none of the callback's: `self`, or the class itself.
    """

    call: ast.Call
    is_certain: bool
    skipped: int = 0

    def argument(self, name: str, position: int) -> ast.expr | None:
        """An argument by its keyword or its position; None where it is not given, or out of sight."""
        named = next((k.value for k in self.call.keywords if k.arg == name), None)
        before = self.call.args[: self.skipped + position + 1]
        is_there = len(before) > self.skipped + position
        if named is not None or not is_there or any(isinstance(a, ast.Starred) for a in before):
            return named
        return before[-1]


def made(context: Context, name: str) -> Iterator[Made]:
    """Every call in the file that makes the callback ``name`` of Keras's."""
    for call in context.source.nodes(ast.Call):
        class_, skipped = _class_called(context, call)
        if class_ is not None:
            if (is_certain := is_callback(context.values, class_, name)) is not None:
                yield Made(call, is_certain, skipped)


def _class_called(context: Context, call: ast.Call) -> tuple[ast.expr | None, int]:
    """The class that a call gives its arguments to, and how many of them are not for the class."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            owner = context.values.class_of(call)
            return (owner.bases[0], 0) if owner is not None and len(owner.bases) == 1 else (None, 0)
        case ast.Attribute(value=class_, attr="__init__"):
            return class_, 1
    if call.args and context.names.certain(call.func) == PARTIAL:
        return call.args[0], 1
    return call.func, 0


def is_callback(
    values: Values, node: ast.expr, name: str, asked: frozenset[ast.AST] = frozenset()
) -> bool | None:
    """Whether ``node`` is certainly the class ``name`` of Keras's callbacks; None where it is not at all.

    ``asked``: the classes whose bases are being looked at; modules that import each other lead back to them.
    """
    if isinstance(node, ast.Call) or _cannot_be(values, node, name):
        return None
    found = values.of(node)
    hits = [value for value in found if _is_of_class(value, name, asked)]
    return len(hits) == len(found) if hits else None


def _cannot_be(values: Values, node: ast.expr, name: str) -> bool:
    """Whether a look at the name alone shows that it leads elsewhere: most calls end here."""
    if isinstance(node, ast.Attribute):
        return node.attr != name and values.names.certain(node) is not None
    return not isinstance(node, ast.Name)


def _is_of_class(value: Value, name: str, asked: frozenset[ast.AST]) -> bool:
    """Whether a value is the class, or one of the program that has its constructor from it."""
    if value.path:
        return value.path.endswith(f".callbacks.{name}") and is_keras(value.path)
    node, home = value.way.node, value.way.home
    if not isinstance(node, ast.ClassDef) or value.way.is_instance or len(node.bases) != 1 or node in asked:
        return False
    if any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body):
        return False
    return bool(is_callback(home, node.bases[0], name, asked | {node}))
