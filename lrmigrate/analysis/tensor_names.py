"""Whether a program takes a tensor by its name, or shows the name: `get_tensor_by_name("lr:0")`."""

from __future__ import annotations

import ast

from lrmigrate.analysis.values import Values

_BY_NAME = ("get_tensor_by_name", "get_operation_by_name", "as_graph_element")


def use_of_name(home: Values, tensor: ast.expr, name: str) -> str:
    """A clause that says where a program uses the name of a tensor; "" where it does not."""
    return _fetch(home, name) or _written(home, name) or _shown(home, tensor)


def _fetch(home: Values, name: str) -> str:
    """Where a function takes a tensor by that name, or by one that is not in sight."""
    for function in _BY_NAME:
        for other, node in home.outside.attribute_reads(function, home):
            call = other.source.parents[node]
            given = [*call.args, *(k.value for k in call.keywords)][:1] if isinstance(call, ast.Call) else []
            constants = [other.constant(value) for value in given] or [...]
            if any(constant is ... or _means(constant, name) for constant in constants):
                return f"{_place(home, other, node)} takes a tensor by its name (`{ast.unparse(node)}`)"
    return ""


def _written(home: Values, name: str) -> str:
    """Where a text names the tensor, as in `session.run("lr:0")`."""
    for other in home.outside.holding(f"{name}:", home):
        for node in other.source.nodes(ast.Constant):
            if isinstance(node.value, str) and ":" in node.value and _means(node.value, name):
                return f"{_place(home, other, node)} names it ({ast.unparse(node)})"
    return ""


def _shown(home: Values, tensor: ast.expr) -> str:
    """Where the name is read from the tensor itself: `lr.name`, `lr.op.name`."""
    for node in home.attributes_called("name"):
        owner = node.value
        if isinstance(owner, ast.Attribute) and owner.attr == "op":
            owner = owner.value
        if any(way.node is tensor for way in home.ways(owner)):
            return f"line {node.lineno} reads it (`{ast.unparse(node)}`)"
    return ""


def _means(text: object, name: str) -> bool:
    """Whether a text is the name of a tensor or of its operation, in whatever scope."""
    return isinstance(text, str) and text.partition(":")[0].rpartition("/")[2] == name.rpartition("/")[2]


def _place(home: Values, other: Values, node: ast.AST) -> str:
    """`line 12`, with the file's name where it is another one."""
    line = f"line {getattr(node, 'lineno', 0)}"
    return line if other is home else f"{other.shown} {line}"
