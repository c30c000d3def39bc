"""Argument values that the modern class refuses or reads differently."""

from __future__ import annotations

import ast

from lrmigrate.analysis.flow import Flow
from lrmigrate.catalog.schema import Decay, Rates, Rising


def goes(flow: Flow, value: ast.expr) -> bool:
    """Whether a value can just go: nothing happens when it is worked out, and it is no library's function."""
    doing = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    return not any(
        isinstance(node, doing)
        or (isinstance(node, ast.Name | ast.Attribute) and flow.names.resolve(node) - {None})
        for node in ast.walk(value)
    )


def refused(flow: Flow, row: Decay, bound: dict[str, ast.expr]) -> str:
    """Why the modern class cannot take these arguments; "" when nothing speaks against it."""
    for name in row.positive:
        given = [one for one in flow.values.constants(bound[name]) if isinstance(one, int | float)]
        if given and max(given) <= 0:
            return (
                f"Keras 3 raises ValueError for {name}={max(given)}, for which TensorFlow 1 gave no "
                "sensible rate: choose a number above 0"
            )
        if flow.is_tensor(bound[name]):
            return f"`{ast.unparse(bound[name])}` is a tensor, and Keras 3 needs {name} as a number"
        if isinstance(bound[name], ast.Lambda):
            return f"Keras 3 needs {name} as a number, not as a function"
    rising = next((name for name, domain in row.domain.items() if isinstance(domain, Rising)), None)
    if rising is None:
        return ""
    rates = next(name for name in row.domain if name != rising)
    return _refused_lists(flow, bound[rising], bound[rates], bound[row.step])


def _refused_lists(flow: Flow, boundaries: ast.expr, values: ast.expr, step: ast.expr) -> str:
    """Why boundaries and values do not fit."""
    limits = numbers(flow, boundaries)
    if limits and any(isinstance(limit, float) for limit in limits) and _is_whole_step(flow, step):
        return (
            "some boundaries are floats and the step is a whole number: TensorFlow 1 raised, Keras 3 cuts "
            "fractions off without a word: write whole boundaries"
        )
    if trouble := trouble_with_lists(flow, boundaries, values):
        return f"{trouble} (TensorFlow 1 raised an error)"
    return _no_rates(flow, values)


def _no_rates(flow: Flow, values: ast.expr) -> str:
    """Why the values of a list are none that a sum of products could pick one of."""
    for element in _elements(flow, values) or ():
        constant = flow.constant(element)
        if isinstance(constant, bool | str):
            return f"Keras 3 takes numbers as values, and `{ast.unparse(element)}` is none"
        if _is_infinite(element):
            return f"Keras 3 adds products, and `{ast.unparse(element)}` would make every rate nan"
    return ""


def _is_infinite(element: ast.expr) -> bool:
    """Whether a value is infinite or no number in sight: `float("inf")`, `np.inf`, `math.nan`."""
    match element:
        case ast.UnaryOp(operand=operand):
            return _is_infinite(operand)
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str())]):
            return True
        case ast.Attribute(attr="inf" | "nan" | "Inf" | "NaN" | "NAN" | "infty"):
            return True
    return False


def unproven(flow: Flow, row: Decay, bound: dict[str, ast.expr]) -> str:
    """A value of a list of which it is not in sight that it is a finite number; "" for none."""
    rates = next((name for name, domain in row.domain.items() if isinstance(domain, Rates)), None)
    if rates is None:
        return ""
    elements = _elements(flow, bound[rates])
    if elements is None:
        return ast.unparse(bound[rates])
    return next((ast.unparse(element) for element in elements if not _is_finite(flow, element)), "")


def _is_finite(flow: Flow, node: ast.expr) -> bool:
    """Whether an expression is certainly a finite number: constants, and their sums and products."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult(), left=left, right=right):
            return _is_finite(flow, left) and _is_finite(flow, right)
        case ast.BinOp(op=ast.Div() | ast.Pow(), left=left, right=right):
            divisor = flow.constant(right)
            return _is_finite(flow, left) and isinstance(divisor, int | float) and divisor != 0
        case ast.UnaryOp(operand=operand):
            return _is_finite(flow, operand)
        case ast.Call(func=ast.Name(id="float" | "int"), args=[inner]):
            return _is_finite(flow, inner)
    found = flow.values.of(node)
    return bool(found) and all(isinstance(value.constant, int | float) for value in found)


def trouble_with_lists(flow: Flow, boundaries: ast.expr, values: ast.expr | None) -> str:
    """Why boundaries and values do not fit in Keras 3; "" when nothing speaks against them."""
    limits = numbers(flow, boundaries)
    rates = numbers(flow, values) if values is not None else None
    if limits is not None:
        if not limits:
            return "there are no boundaries"
        if sorted(limits) != limits or len(set(limits)) != len(limits):
            return "the boundaries do not rise, and Keras 3 gives wrong rates silently"
    if rates and len({type(rate) for rate in rates}) > 1:
        return "there are whole numbers among the values, which raise TypeError"
    if values is None:
        return ""
    lengths = _length(flow, boundaries), _length(flow, values)
    if None not in lengths and lengths[1] != lengths[0] + 1:  # type: ignore[operator]
        need = "boundary needs" if lengths[0] == 1 else "boundaries need"
        return f"{lengths[0]} {need} {lengths[0] + 1} values, not {lengths[1]}"  # type: ignore[operator]
    return ""


def _elements(flow: Flow, node: ast.expr) -> list[ast.expr] | None:
    """The elements of a list that is in sight."""
    if isinstance(node, ast.Name):
        value = flow.names.single(node.id, node)
        node = value if isinstance(value, ast.List | ast.Tuple) and not _mutated(flow, node) else node
    if isinstance(node, ast.List | ast.Tuple) and not any(isinstance(e, ast.Starred) for e in node.elts):
        return node.elts
    return None


def _mutated(flow: Flow, name: ast.Name) -> bool:
    """Whether a list that has a name could be changed through it: `name.append(x)`, `name[0] = x`."""
    parents = flow.source.parents
    return any(
        isinstance(parents[load], ast.Attribute | ast.Subscript | ast.AugAssign)
        for load in flow.names.loads
        if load.id == name.id
    )


def numbers(flow: Flow, node: ast.expr) -> list[int | float] | None:
    """The numbers of a list that is in sight as a whole."""
    elements = _elements(flow, node)
    if elements is None:
        return None
    numbers = [flow.constant(element) for element in elements]
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        return None
    return numbers  # type: ignore[return-value]


def _length(flow: Flow, node: ast.expr) -> int | None:
    """The length of a list that is in sight."""
    elements = _elements(flow, node)
    return None if elements is None else len(elements)


def _is_whole_step(flow: Flow, step: ast.expr) -> bool:
    """Whether the step is certainly an integer: TensorFlow's own counter."""
    if isinstance(step, ast.Name):
        value = flow.names.single(step.id, step)
        return value is not None and not isinstance(value, ast.Name) and _is_whole_step(flow, value)
    if isinstance(step, ast.Call):
        return isinstance(step.func, ast.Attribute) and step.func.attr.endswith("_global_step")
    return False
