"""Whether an expression can be evaluated earlier, later, again or not at all, and nobody would notice."""

from __future__ import annotations

import ast

from lrmigrate.analysis.library import is_tensorflow
from lrmigrate.analysis.scopes import FUNCTIONS
from lrmigrate.analysis.values import Values

_BUILTINS = frozenset(
    [
        *(
            "float",
            "int",
            "str",
            "bool",
            "abs",
            "min",
            "max",
            "round",
            "len",
            "pow",
            "sum",
            "divmod",
            "range",
        ),
        *("tuple", "list", "dict", "set", "sorted", "isinstance", "type", "repr", "format", "complex"),
    ]
)
_READERS = frozenset({"os.getenv", "os.environ.get"})  # of what nothing changes between two arguments
_DOING = ("random", "assign", "Variable", "get_variable", "placeholder")
_STATEMENTS = (ast.Return, ast.Assign, ast.AnnAssign, ast.If, ast.Expr, ast.Pass)
_ATTRIBUTES = ("__getattr__", "__getattribute__")
_ELEMENTS = ("__getitem__", "__missing__")
_DEEPEST = 4  # functions that call functions


def is_pure(values: Values, node: ast.AST, depth: int = 0) -> bool:
    """Whether evaluating ``node`` changes nothing but names, and gives the same now and a moment later."""
    if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom):
        return False
    if isinstance(node, FUNCTIONS):
        return True  # to make a function does nothing
    if isinstance(node, ast.Call) and not _is_pure_call(values, node, depth):
        return False
    if isinstance(node, ast.Attribute) and not _is_pure_method(
        values, node, (node.attr, *_ATTRIBUTES), depth
    ):
        return False
    if isinstance(node, ast.Subscript) and not _is_pure_method(values, node, _ELEMENTS, depth):
        return False
    return all(is_pure(values, child, depth) for child in ast.iter_child_nodes(node))


def _is_pure_call(values: Values, call: ast.Call, depth: int) -> bool:
    """Whether what is called does nothing but give a value."""
    callees = values.of(call.func)
    return bool(callees) and all(
        _is_pure_function(value.way.home, value.way.node, depth) or _is_pure_name(value.path)
        for value in callees
    )


def _is_pure_method(
    values: Values, node: ast.Attribute | ast.Subscript, names: tuple[str, ...], depth: int
) -> bool:
    """Whether the methods of a class of the program that an attribute or an element may call do no more.

    A method that is not decorated is only named here; what it does, it does where it is called.
    """
    for home, owner in values.classes_of(node.value):
        for name in names:
            for other, kept in home.kept_by_class(owner, name):
                is_run = name in (*_ATTRIBUTES, *_ELEMENTS)
                if isinstance(kept, ast.FunctionDef) and (is_run or kept.decorator_list):
                    if not _is_pure_body(other, kept, depth):
                        return False
    return True


def _is_pure_name(path: str) -> bool:
    """Whether a function or class of a library does nothing but give a value."""
    if not path or any(word in path for word in _DOING):
        return False
    root = path.partition(".")[0]
    return path in _BUILTINS or path in _READERS or root in ("math", "numpy") or is_tensorflow(path)


def _is_pure_function(home: Values, node: ast.AST | None, depth: int) -> bool:
    """Whether a function of the program works on its own names alone."""
    if depth > _DEEPEST:
        return False
    if isinstance(node, ast.Lambda):
        return is_pure(home, node.body, depth + 1)
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return False
    return _is_pure_body(home, node, depth)


def _is_pure_body(home: Values, node: ast.FunctionDef, depth: int) -> bool:
    """Whether the statements of a function set its own names alone."""
    return depth <= _DEEPEST and all(
        _is_pure_statement(home, statement, depth + 1) for statement in node.body
    )


def _is_pure_statement(home: Values, statement: ast.stmt, depth: int) -> bool:
    """Whether a statement sets local names alone, from what is pure."""
    if not isinstance(statement, _STATEMENTS):
        return False
    targets = getattr(statement, "targets", [])
    if not all(isinstance(target, ast.Name) for target in targets):
        return False
    inner = [part for part in ast.iter_child_nodes(statement) if isinstance(part, ast.stmt)]
    others = [part for part in ast.iter_child_nodes(statement) if not isinstance(part, ast.stmt)]
    return all(_is_pure_statement(home, part, depth) for part in inner) and all(
        is_pure(home, part, depth) for part in others
    )


def _is_fixed(values: Values, node: ast.expr) -> bool:
    """Whether an expression is a name that is bound once, which no call can bind anew."""
    if not isinstance(node, ast.Name):
        return False
    owner = values.names.scope_of[node].owner(node.id)
    if owner is values.names.module and any(values.outside.global_stores(node.id, values)):
        return False  # another file assigns to it: `module.name = value`
    return owner is None or len(owner.bindings[node.id]) == 1


def _is_written_out(node: ast.expr) -> bool:
    """Whether an expression is made of constants alone: `468 * 10`, `[1, -2]`."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return _is_written_out(operand)
        case ast.BinOp(left=left, right=right):
            return _is_written_out(left) and _is_written_out(right)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return all(map(_is_written_out, elements))
    return False


def may_change_places(values: Values, moved: ast.expr, crossed: list[ast.expr]) -> bool:
    """Whether ``moved`` can be evaluated on the other side of some expressions, and nobody would notice."""
    if _is_written_out(moved) or _is_fixed(values, moved):
        return True
    others = [node for node in crossed if not (_is_written_out(node) or _is_fixed(values, node))]
    return not others or (is_pure(values, moved) and all(is_pure(values, node) for node in others))
