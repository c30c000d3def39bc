"""A user's function of one number, worked out by whitelisted operations: nothing of it is executed.

Statements that choose, assign and return; expressions as the Reader reads them. Everything else is refused.
"""

from __future__ import annotations

import ast
import operator
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lrmigrate.verify.expression import Literal, Operation, Refused, Value, evaluate, holes
from lrmigrate.verify.program import BINARY, Reader

Defined: TypeAlias = "ast.FunctionDef | ast.Lambda"
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
}
_CALLS = 5  # of functions within functions


def function_of(reader: Reader, node: ast.expr) -> Defined | None:
    """The one function that an expression is, a lambda or a name; None for anything else."""
    if isinstance(node, ast.Lambda):
        return node
    owner = reader.names.scope_of[node].owner(node.id) if isinstance(node, ast.Name) else None
    if owner is None or not isinstance(node, ast.Name) or len(owner.bindings[node.id]) != 1:
        return None
    binding = owner.bindings[node.id][0]
    if isinstance(binding.node, ast.FunctionDef) and not binding.node.decorator_list:
        return binding.node
    return binding.value if isinstance(binding.value, ast.Lambda) else None


class Evaluator:
    """Works out functions of one text. ``holes`` has the value of whatever cannot be seen."""

    def __init__(self, reader: Reader, holes: Mapping[str, Value]) -> None:
        self.reader, self.holes = reader, holes
        self.calls = 0

    def call(self, function: Defined, arguments: list[Any]) -> Any:
        """What a function returns: a number, or plain data for the worker; raises Refused."""
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        several = function.args.kwonlyargs or function.args.vararg or function.args.kwarg
        missing = len(names) - len(arguments)
        if several or not 0 <= missing <= len(function.args.defaults):
            raise Refused("a function is called with other arguments than it has")
        defaults = function.args.defaults[len(function.args.defaults) - missing :]
        values = arguments + [self.value(default, {}) for default in defaults]
        self.calls += 1
        if self.calls > _CALLS:
            raise Refused("functions call each other too deeply")
        local = dict(zip(names, values, strict=True))
        if isinstance(function, ast.Lambda):
            result = self.value(function.body, local)
        else:
            result = self.run(function.body, local)
        self.calls -= 1
        if result is None:
            raise Refused("a function returns nothing")
        return result

    def run(self, statements: list[ast.stmt], local: dict[str, Any]) -> Any:
        """What some statements return; None when they do not."""
        for statement in statements:
            match statement:
                case ast.Return(value=ast.expr() as value):
                    return self.value(value, local)
                case ast.If(test=test, body=body, orelse=orelse):
                    result = self.run(body if self.holds(test, local) else orelse, local)
                    if result is not None:
                        return result
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    local[name] = self.value(value, local)
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value) if type(op) in BINARY:
                    local[name] = self.operation(BINARY[type(op)], local.get(name), self.value(value, local))
                case ast.Expr(value=ast.Constant()) | ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                    continue
                case _:
                    raise Refused(f"line {statement.lineno} is no statement that could be worked out")
        return None

    def value(self, node: ast.expr, local: dict[str, Any]) -> Any:
        """The value of an expression."""
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.holds(test, local) else orelse, local)
            case ast.BinOp(op=op, left=left, right=right) if type(op) in BINARY:
                return self.operation(BINARY[type(op)], self.value(left, local), self.value(right, local))
            case ast.Call(func=ast.Name(id="float") as name, args=[inner], keywords=[]) if (
                self.reader.is_builtin(name)
            ):
                value = self.value(inner, local)
                return {"float": value} if isinstance(value, dict) else self.operation("float", value)
            case ast.Call(func=func, args=args, keywords=[]) if function := function_of(self.reader, func):
                return self.call(function, [self.value(argument, local) for argument in args])
        self.reader.parts = 0
        expression = self.reader.read(node)
        own = self.own_names(node) | set(local)
        for text in holes(expression):
            if text not in local and own & {
                n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)
            }:
                raise Refused(f"`{text}` cannot be worked out")
        return evaluate(expression, ChainMap(local, self.holes))  # type: ignore[arg-type]

    def own_names(self, node: ast.expr) -> set[str]:
        """The names of the function that an expression stands in."""
        scope = self.reader.names.scope_of[node]
        return set() if scope.parent is None else set(scope.bindings)

    def operation(self, name: str, *operands: Any) -> Any:
        """A whitelisted operation on values."""
        if any(isinstance(operand, dict | None) for operand in operands):
            raise Refused("arithmetic on a schedule")
        return evaluate(Operation(name, tuple(map(_literal, operands))), {})

    def holds(self, test: ast.expr, local: dict[str, Any]) -> bool:
        """Whether a test is true."""
        match test:
            case ast.BoolOp(op=op, values=values):
                results = (self.holds(value, local) for value in values)
                return all(results) if isinstance(op, ast.And) else any(results)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return not self.holds(inner, local)
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                type(op) in _COMPARISONS for op in ops
            ):
                values = [self.value(node, local) for node in (left, *others)]
                pairs = zip(ops, values, values[1:], strict=False)
                try:
                    return all(_COMPARISONS[type(op)](one, other) for op, one, other in pairs)
                except TypeError:
                    raise Refused("a comparison that cannot be worked out") from None
        raise Refused(f"`{ast.unparse(test)}` is no test that could be worked out")


def _literal(value: Any) -> Literal:
    """A value as an expression."""
    if isinstance(value, list):
        raise Refused("arithmetic on a list")
    return Literal(value)
