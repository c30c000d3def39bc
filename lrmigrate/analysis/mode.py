"""In which of TensorFlow's modes an expression runs: in a graph, eagerly, or as nobody can tell.

What counts is what the whole program calls, from wherever it begins, and what stands around the expression.
That a file names a session or a variable scope shows nothing: those work in eager programs, too.
"""

from __future__ import annotations

import ast
from enum import Enum

from lrmigrate.analysis.scopes import FUNCTIONS
from lrmigrate.analysis.values import Values

_TO_EAGER = frozenset({"enable_eager_execution", "enable_v2_behavior"})
_TO_GRAPH = frozenset({"disable_eager_execution", "disable_v2_behavior"})
_TO_REFERENCES = frozenset({"disable_v2_behavior", "disable_resource_variables"})
_SPECIFICATIONS = frozenset({"EstimatorSpec", "TPUEstimatorSpec"})


class Mode(Enum):
    """How an expression runs."""

    GRAPH = "in a graph"
    EAGER = "eagerly"
    UNKNOWN = "in a graph or eagerly"


def mode_of(home: Values, node: ast.expr, is_tf1: bool) -> Mode:
    """How ``node`` runs.

    ``is_tf1``: it names what TensorFlow 1 alone has, where graphs are the default.
    """
    if _is_in_graph(home, node, frozenset()):
        return Mode.GRAPH
    modes = {_mode_of_process(switches, is_tf1) for switches in home.outside.processes(home)}
    return modes.pop() if len(modes) == 1 else Mode.UNKNOWN


def _mode_of_process(switches: frozenset[str], is_tf1: bool) -> Mode:
    """The mode of a process that calls some switches."""
    to_eager, to_graph = switches & _TO_EAGER, switches & _TO_GRAPH
    if to_eager and to_graph:
        return Mode.UNKNOWN
    if is_tf1:
        return Mode.EAGER if to_eager else Mode.GRAPH
    return Mode.GRAPH if to_graph else Mode.EAGER


def has_references(home: Values) -> bool:
    """Whether variables may be reference variables, which only some functions take."""
    return any(switches & _TO_REFERENCES for switches in home.outside.processes(home))


def _is_in_graph(home: Values, node: ast.expr, asked: frozenset[ast.AST]) -> bool:
    """Whether what stands around an expression makes it part of a graph; ``asked``: functions that wait."""
    for outer in home.source.ancestors(node):
        match outer:
            case ast.With(items=items):
                if any(_enters_graph(home, item.context_expr) for item in items):
                    return True
            case ast.FunctionDef():
                if _is_traced(home, outer) or _is_model_function(home, outer):
                    return True
                if outer not in asked and _is_called_in_graph(home, outer, asked | {outer}):
                    return True
    return False


def _is_called_in_graph(home: Values, function: ast.FunctionDef, asked: frozenset[ast.AST]) -> bool:
    """Whether all calls of a function are in sight, and each is part of a graph."""
    callers = home.outside.callers(function, home)
    return callers.closed and all(_is_in_graph(other, call, asked) for call, other in callers.calls)


def _enters_graph(home: Values, context: ast.expr) -> bool:
    """Whether a `with` is that of a graph: `tf.Graph().as_default()`, or a name for such a graph."""
    match context:
        case ast.Call(func=ast.Attribute(value=graph, attr="as_default")):
            return all(value.path.endswith(".Graph") for value in home.of(graph))
    return False


def _is_traced(home: Values, function: ast.FunctionDef) -> bool:
    """Whether a function is decorated by `tf.function`."""
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (home.names.certain(called) or "") in ("tensorflow.function", "tensorflow.compat.v2.function"):
            return True
    return False


def _is_model_function(home: Values, function: ast.FunctionDef) -> bool:
    """Whether a function makes the specification of an Estimator's model, which is built in a graph."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if name in _SPECIFICATIONS and not isinstance(_function_of(home, node), ast.Lambda):
                return True
    return False


def _function_of(home: Values, node: ast.AST) -> ast.AST | None:
    """The innermost function around a node."""
    return next((outer for outer in home.source.ancestors(node) if isinstance(outer, FUNCTIONS)), None)


def is_placeholder(home: Values, node: ast.expr) -> bool:
    """Whether an expression is a placeholder, which exists in graphs alone."""
    return all(value.path.endswith(".placeholder") for value in home.of(node))
