"""Backwards from a rate to the schedule that it comes from, where there is one in sight.

Follows local names, choices, arithmetic, TensorFlow's functions and functions of the same file.
Decides nothing about texts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import Enum
from typing import TypeAlias

from lrmigrate import catalog
from lrmigrate.analysis.context import Context
from lrmigrate.analysis.scopes import FUNCTIONS
from lrmigrate.catalog.schema import Decay


class Origin(Enum):
    """What a rate is."""

    SCHEDULE = "a schedule itself"
    VALUE = "a schedule's value at a step"
    COMPUTED = "computed from a schedule's value"
    OTHER = "anything else"


Origins: TypeAlias = "frozenset[Origin]"
_OTHER: Origins = frozenset({Origin.OTHER})


def origins(context: Context, node: ast.expr, seen: frozenset[ast.AST] = frozenset()) -> Origins:
    """What ``node`` may be; ``seen`` are the statements and functions that were followed already."""
    match node:
        case ast.Name():
            return _of_name(context, node, seen)
        case ast.Lambda(args=ast.arguments(posonlyargs=[], args=[]), body=body):
            return origins(context, body, seen)
        case ast.IfExp(body=body, orelse=orelse):
            return origins(context, body, seen) | origins(context, orelse, seen)
        case ast.BinOp(left=left, right=right):
            return _computed(context, (left, right), seen)
        case ast.UnaryOp(operand=operand):
            return _computed(context, (operand,), seen)
        case ast.Call():
            return _of_call(context, node, seen)
    return _OTHER


def is_scheduled(found: Origins) -> bool:
    """Whether a rate comes from a schedule on one way at least."""
    return found != _OTHER


def _of_name(context: Context, name: ast.Name, seen: frozenset[ast.AST]) -> Origins:
    """What a name may be bound to where it is read."""
    found: set[Origin] = set()
    for binding in context.names.live(name.id, name):
        if binding.node in seen:
            continue
        statement = context.source.parents.get(binding.node)
        if isinstance(statement, ast.AugAssign):
            before = [b.value for b in binding.scope.bindings[name.id] if b.value is not None]
            found |= _computed(context, (*before, statement.value), seen | {binding.node})
        elif binding.value is not None:
            found |= origins(context, binding.value, seen | {binding.node})
        else:
            found.add(Origin.OTHER)
    return frozenset(found) or _OTHER


def _of_call(context: Context, call: ast.Call, seen: frozenset[ast.AST]) -> Origins:
    """What a call gives: a schedule, its value, or something made from one."""
    path = context.names.certain(call.func) or ""
    legacy = catalog.legacy_names().get(path)
    if legacy and isinstance(legacy.row, Decay):
        return frozenset({Origin.VALUE})
    if _is_schedule_class(context, call.func, path):
        return frozenset({Origin.SCHEDULE})
    if path.startswith("tensorflow."):
        return _computed(context, (*call.args, *(keyword.value for keyword in call.keywords)), seen)
    if functions := _local_functions(context, call.func):
        found = [
            origins(context, value, seen | {function})
            for function in functions
            if function not in seen
            for value in _returned(function)
        ]
        return frozenset().union(*found) or _OTHER
    called = origins(context, call.func, seen) if isinstance(call.func, ast.Name | ast.Call) else _OTHER
    return frozenset({Origin.VALUE}) if called == {Origin.SCHEDULE} else called


def _computed(context: Context, parts: Iterable[ast.expr], seen: frozenset[ast.AST]) -> Origins:
    """What is made from several values."""
    scheduled = any(is_scheduled(origins(context, part, seen)) for part in parts)
    return frozenset({Origin.COMPUTED}) if scheduled else _OTHER


def _is_schedule_class(context: Context, function: ast.expr, path: str) -> bool:
    """Whether a function is a class of Keras's schedules, or a subclass in this file."""
    module, _, name = path.rpartition(".")
    if module.endswith(f"keras.{catalog.SCHEDULES}"):
        return name in catalog.modern_names()
    live = context.names.live(function.id, function) if isinstance(function, ast.Name) else []
    return bool(live) and all(
        isinstance(binding.node, ast.ClassDef)
        and any(ast.unparse(base).endswith("LearningRateSchedule") for base in binding.node.bases)
        for binding in live
    )


def _local_functions(context: Context, function: ast.expr) -> list[ast.FunctionDef]:
    """The functions of this file that a name can be, where it can be nothing else."""
    live = context.names.live(function.id, function) if isinstance(function, ast.Name) else []
    found = [binding.node for binding in live if isinstance(binding.node, ast.FunctionDef)]
    return found if len(found) == len(live) else []


def _returned(function: ast.FunctionDef) -> list[ast.expr]:
    """The values that a function returns, those of functions inside it left out."""
    found: list[ast.expr] = []
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            found.append(node.value)
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
    return found
