"""Parameters and arguments: what a function takes, what a call gives, what is returned."""

from __future__ import annotations

import ast

from lrmigrate.analysis.scopes import FUNCTIONS, Function


def parameters(function: Function) -> list[ast.arg]:
    """The positional parameters of a function."""
    return [*function.args.posonlyargs, *function.args.args]


def default_of(function: Function, name: str) -> ast.expr | None:
    """The default of a parameter."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    for parameter, default in zip(with_default, arguments.defaults, strict=True):
        if parameter.arg == name:
            return default
    for parameter, other in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if parameter.arg == name:
            return other
    return None


def argument_of(function: Function, name: str, call: ast.Call, is_method: bool) -> ast.expr | None:
    """What a call gives a parameter; None where it gives nothing, or hides it in `*args` or `**kwargs`."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
    if is_method:
        positional = positional[1:]
    if name not in positional:
        return None
    before = call.args[: positional.index(name) + 1]
    is_there = len(before) > positional.index(name)
    return before[-1] if is_there and not any(isinstance(a, ast.Starred) for a in before) else None


def is_static(function: Function) -> bool:
    """Whether a method gets no object before its arguments."""
    decorators = getattr(function, "decorator_list", [])
    return any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in decorators)


def hides_arguments(call: ast.Call) -> bool:
    """Whether a call gives arguments that cannot be seen."""
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    return starred or any(keyword.arg is None for keyword in call.keywords)


def returned(function: ast.FunctionDef) -> list[ast.expr]:
    """The values that a function returns; functions inside it have results of their own."""
    found: list[ast.expr] = []
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            found.append(node.value)
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
    return found
