"""What Keras logs of a training: the dictionary of a History, a table of it, what a callback is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import FIT_METHODS, Kind, is_keras
from lrmigrate.analysis.parameters import parameters
from lrmigrate.analysis.scopes import FUNCTIONS
from lrmigrate.analysis.values import Values

_TABLES = frozenset({"pandas.DataFrame", "pandas.DataFrame.from_dict", "dict", "copy.copy", "copy.deepcopy"})
_KEEPING = frozenset({"copy", "reset_index", "dropna", "rename", "items", "keys"})  # methods


@dataclass(frozen=True)
class Log:
    """A log of trainings: the calls of `fit` that it is of, and whether it can be of no others.

    ``is_seen``: something else than its name says that it is one.
    """

    fits: tuple[tuple[Values, ast.Call], ...] = ()
    is_whole: bool = False
    is_seen: bool = True

    def callbacks(self) -> Iterator[set[str]]:
        """For each training the names of its callbacks' classes; "" for those that are not Keras's."""
        for home, fit in self.fits:
            given = next((keyword.value for keyword in fit.keywords if keyword.arg == "callbacks"), None)
            found = home.each(given) if given is not None else ()
            yield {
                value.path.rpartition(".")[2] if is_keras(value.path) and ".callbacks." in value.path else ""
                for value in found
            }


def log_of(context: Context, node: ast.expr) -> Log | None:
    """The log that an expression is or may be; None where nothing says that it is one."""
    match node:
        case ast.Attribute(attr="history", value=ast.Attribute(attr="history")):
            return _of_trainings(context.values, node) or Log()
        case ast.Attribute(attr="history", value=ast.Name() as owner) if _is_handed_in(context, owner):
            return _of_trainings(context.values, node) or Log(is_seen=False)
        case ast.Name() if _is_of_callback(context, node):
            return Log()
    return _of_trainings(context.values, node)


def _is_handed_in(context: Context, name: ast.Name) -> bool:
    """Whether a name is a parameter whose callers nobody sees, in a file that knows the old key alone."""
    if context.values.by_text.get("learning_rate"):
        return False
    live = context.names.live(name.id, name)
    is_parameter = bool(live) and all(isinstance(binding.node, ast.arg) for binding in live)
    return is_parameter and context.values.is_certainly(name, Kind.UNKNOWN)


def _of_trainings(home: Values, node: ast.expr, asked: frozenset[ast.AST] = frozenset()) -> Log | None:
    """The log of calls of `fit` from which an expression comes; ``asked``: expressions that wait for it."""
    if node in asked:
        return None
    asked |= {node}
    found: list[tuple[Values, ast.Call]] = []
    is_whole = True
    for way in home.ways(node):
        log = None
        match way.node:
            case ast.Attribute(attr="history", value=owner):
                ends = way.home.ways(owner)
                fits = [(end.home, end.node) for end in ends if isinstance(end.node, ast.Call)]
                fits = [(other, call) for other, call in fits if is_fit(call)]
                log = Log(tuple(fits), len(fits) == len(ends)) if fits else None
            case ast.Call(func=func, args=[inner, *_]) if way.home.names.certain(func) in _TABLES or (
                isinstance(func, ast.Name) and func.id == "dict"
            ):
                log = _of_trainings(way.home, inner, asked)
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _KEEPING:
                log = _of_trainings(way.home, inner, asked)
        found += log.fits if log is not None else ()
        is_whole = is_whole and log is not None and log.is_whole
    return Log(tuple(found), is_whole) if found else None


def is_fit(call: ast.Call) -> bool:
    """Whether a method of training is called."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in FIT_METHODS


def _is_of_callback(context: Context, name: ast.Name, depth: int = 0) -> bool:
    """Whether a name is the `logs` that a method of a callback is given: `logs = logs or {}`, too."""
    live = context.names.live(name.id, name)
    return bool(live) and all(
        _is_given(context, binding.node)
        or (binding.value is not None and depth < 3 and _holds(context, binding.value, depth + 1))
        for binding in live
    )


def _holds(context: Context, value: ast.expr, depth: int) -> bool:
    """Whether a value is the log, or what stands for one that is None: `logs or {}`."""
    match value:
        case ast.Name():
            return _is_of_callback(context, value, depth)
        case ast.BoolOp(values=[ast.Name() as first, *_]):
            return _is_of_callback(context, first, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return _holds(context, body, depth) or _holds(context, orelse, depth)
        case ast.Call(func=ast.Name(id="dict"), args=[ast.Name() as inner]):
            return _is_of_callback(context, inner, depth)
        case ast.Call(func=ast.Attribute(value=ast.Name() as inner, attr="copy"), args=[]):
            return _is_of_callback(context, inner, depth)
        case ast.Dict(keys=[]):
            return True
    return False


def _is_given(context: Context, node: ast.AST) -> bool:
    """Whether a parameter is the last one of a callback's method, or of a LambdaCallback's lambda."""
    arguments = context.source.parents.get(node)
    function = context.source.parents.get(arguments) if arguments is not None else None
    if not isinstance(node, ast.arg) or not isinstance(function, FUNCTIONS):
        return False
    given = parameters(function)
    if not given or given[-1] is not node:
        return False
    outer = context.source.parents[function]
    if isinstance(function, ast.FunctionDef) and isinstance(outer, ast.ClassDef):
        is_hook = function.name.startswith("on_") or node.arg == "logs"
        return is_hook and any(ast.unparse(base).endswith("Callback") for base in outer.bases)
    call = context.source.parents[outer] if isinstance(outer, ast.keyword) else None
    if not isinstance(outer, ast.keyword) or not isinstance(call, ast.Call):
        return False
    is_hook = (outer.arg or "").startswith("on_")
    return is_hook and (context.names.certain(call.func) or "").endswith(".callbacks.LambdaCallback")
