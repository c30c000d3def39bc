"""Functions of the epoch or the step that an optimizer gets as its rate: which they are, and what they need.

Says nothing of what to write instead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.flow import counts_steps
from lrmigrate.analysis.library import Kind, rate_argument
from lrmigrate.analysis.scopes import Binding
from lrmigrate.analysis.sites import optimizer_of
from lrmigrate.analysis.values import Values

Defined: TypeAlias = "ast.FunctionDef | ast.Lambda"


@dataclass(frozen=True)
class RateFunction:
    """A function with a required parameter that stands where an optimizer takes its rate.

    ``name`` is empty for a lambda that stands there itself.
    """

    optimizer: ast.Call
    rate: ast.expr
    node: Defined
    name: str

    @property
    def parameters(self) -> list[ast.arg]:
        """The positional parameters."""
        return [*self.node.args.posonlyargs, *self.node.args.args]

    @property
    def parameter(self) -> str:
        """The name of the first parameter."""
        return self.parameters[0].arg

    @property
    def required(self) -> int:
        """How many arguments it needs."""
        named = sum(default is None for default in self.node.args.kw_defaults)
        return len(self.parameters) - len(self.node.args.defaults) + named

    @property
    def of_step(self) -> bool:
        """Whether the parameter plainly counts steps."""
        return counts_steps(self.parameter) and "epoch" not in self.parameter.lower()

    @property
    def of_epoch(self) -> bool:
        """Whether nothing in the function says that its parameter counts steps."""
        if "epoch" in self.parameter.lower():
            return not counts_steps(self.parameter)
        return not any(counts_steps(getattr(part, "id", "")) for part in ast.walk(self.node))

    def keyword(self) -> ast.keyword | None:
        """The keyword that the rate is given by, if it is."""
        return next((k for k in self.optimizer.keywords if k.value is self.rate), None)


@dataclass(frozen=True)
class Reached:
    """An optimizer whose rate may be one of several functions, by a loop, a table or a parameter.

    ``is_certain``: it can be nothing else.
    """

    optimizer: ast.Call
    rate: ast.expr
    functions: tuple[tuple[Values, Defined], ...]
    is_certain: bool


def rate_functions(context: Context) -> Iterator[RateFunction | Reached]:
    """Every such function, by optimizer."""
    for node in context.source.nodes(ast.Call):
        if optimizer_of(context.names, node) and (rate := rate_argument(node)) is not None:
            name = rate.id if isinstance(rate, ast.Name) else ""
            defined = function_of(context, rate)
            if defined is not None and _required(defined.args):
                yield RateFunction(node, rate, defined, name)
            elif defined is None and (reached := _reached(context, node, rate)):
                yield reached


def _reached(context: Context, optimizer: ast.Call, rate: ast.expr) -> Reached | None:
    """The functions that a rate may be in a roundabout way, in the order of their places."""
    values = context.values.of(rate)
    functions = [(value.way.home, value.way.node) for value in values if value.kind is Kind.FUNCTION]
    found = [
        (home, node)
        for home, node in functions
        if isinstance(node, ast.FunctionDef | ast.Lambda) and _needs_argument(home, node)
    ]
    if not found:
        return None
    found.sort(key=lambda place: (place[0] is not context.values, place[0].shown, place[1].lineno))
    return Reached(optimizer, rate, tuple(found), len(found) == len(values))


def _needs_argument(home: Values, function: Defined) -> bool:
    """Whether a function, or a method of an object, cannot be called without an argument."""
    if isinstance(function, ast.FunctionDef) and function.decorator_list:
        return False
    given = len(function.args.posonlyargs) + len(function.args.args) - home.is_method(function)
    return given > len(function.args.defaults)


def function_of(context: Context, rate: ast.expr) -> Defined | None:
    """The function that an expression is; the last one of several that a name may stand for."""
    if isinstance(rate, ast.Lambda):
        return rate
    if not isinstance(rate, ast.Name):
        return None
    live = context.names.live(rate.id, rate)
    functions = [function for binding in live if (function := _function(binding))]
    return functions[-1] if functions and len(functions) == len(live) else None


def _function(binding: Binding) -> Defined | None:
    """The function that a binding gives a name."""
    if isinstance(binding.node, ast.FunctionDef) and not binding.node.decorator_list:
        return binding.node
    return binding.value if isinstance(binding.value, ast.Lambda) else None


def _required(arguments: ast.arguments) -> bool:
    """Whether a function needs an argument by position."""
    return len(arguments.posonlyargs) + len(arguments.args) > len(arguments.defaults)


def trouble(context: Context, function: RateFunction) -> str:
    """Why the function cannot be called with nothing but a number, once more and at once; "" if it can."""
    node = function.node
    if function.required != 1:
        return "the function needs more than one argument"
    if function.name and len(_bindings(context, function.name, function.rate)) != 1:
        return f"`{function.name}` is defined more than once"
    if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node)):
        return "the function returns no number"
    if any(_keeps_state(part) for part in ast.walk(node)):
        return "the function changes something outside of itself, and the fix would call it once more"
    late = next((name for name in _free(context, function) if not _is_bound(context, name, function)), None)
    if late is None:
        return ""
    return f"the function reads `{late.id}`, which may have no value yet where the optimizer is made"


def _keeps_state(part: ast.AST) -> bool:
    """Whether a part of a function changes what is not its own."""
    if isinstance(part, ast.Global | ast.Nonlocal):
        return True
    return isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load)


def _bindings(context: Context, name: str, at: ast.expr) -> list[Binding]:
    """All bindings that a name has where ``at`` stands."""
    owner = context.names.scope_of[at].owner(name)
    return owner.bindings[name] if owner else []


def _free(context: Context, function: RateFunction) -> Iterator[ast.Name]:
    """The names that a function reads from the scope that its optimizer is built in."""
    scope = context.names.scope_of[function.optimizer]
    for part in ast.walk(function.node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            if context.names.scope_of[part].owner(part.id) is scope:
                yield part


def _is_bound(context: Context, name: ast.Name, function: RateFunction) -> bool:
    """Whether every binding of a name stands before the optimizer."""
    start = context.source.span(function.optimizer).start
    nodes = (binding.node for binding in _bindings(context, name.id, name))
    return all(
        isinstance(node, ast.arg) or context.source.span(node).start < start  # type: ignore[arg-type]
        for node in nodes
    )
