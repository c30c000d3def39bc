"""Expressions with holes: what of a user's code may be evaluated, and its bounded evaluation.

Literals, arithmetic, a few pure functions, lists. Everything else is a hole, named by its text and
filled with a sampled value. No user code runs, sizes and exponents are bounded. Knows no TensorFlow.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

MAX_LENGTH = 10_000
MAX_NUMBER = 2**63
MAX_EXPONENT = 1024

Value: TypeAlias = "int | float | bool | str | list[Value] | None"


class Refused(Exception):
    """The expression cannot be evaluated, or not within bounds. A clause."""


@dataclass(frozen=True)
class Literal:
    """A constant."""

    value: int | float | bool | str | None


@dataclass(frozen=True)
class Hole:
    """A sub-expression that cannot be evaluated, by its text."""

    text: str


@dataclass(frozen=True)
class Operation:
    """A whitelisted operator or function."""

    name: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True)
class Items:
    """A list or tuple."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Invocation:
    """A call of one of the two worlds, arguments as they are written.

    ``kind`` is "legacy" (a function of tf.train), "schedule" (a class of keras.optimizers.schedules),
    "stand-in" (a class of the catalogue), "old optimizer" or "new optimizer". A schedule that is
    called has its ``step``.
    """

    kind: str
    name: str
    args: tuple[Expression, ...]
    kwargs: tuple[tuple[str, Expression], ...]
    step: Expression | None = None


Expression: TypeAlias = "Literal | Hole | Operation | Items | Invocation"


def _power(base: Any, exponent: Any) -> Any:
    """A power, refused before it becomes large."""
    if abs(exponent) > MAX_EXPONENT or (isinstance(base, int) and abs(base) > 2**32 and abs(exponent) > 2):
        raise Refused("a power is too large")
    return base**exponent


def _times(left: Any, right: Any) -> Any:
    """A product of numbers, or a list repeated a bounded number of times."""
    for items, count in ((left, right), (right, left)):
        if isinstance(items, list) and isinstance(count, int) and len(items) * count > MAX_LENGTH:
            raise Refused("a list is too long")
    return left * right


def _range(*bounds: Any) -> Any:
    """`range` as a list of bounded length."""
    numbers = range(*bounds)
    if len(numbers) > MAX_LENGTH:
        raise Refused("a range is too long")
    return list(numbers)


def _cast_float(value: Any, *_: Any) -> float:
    """A number as TensorFlow's floating-point step."""
    return float(value)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": _times,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
    "neg": operator.neg,
    "pos": operator.pos,
    "float": _cast_float,
    "int": int,
    "round": round,
    "abs": abs,
    "min": min,
    "max": max,
    "len": len,
    "range": _range,
    "list": list,
    "tuple": list,
    "sorted": sorted,
    "sum": sum,
    "same": lambda value, *_: value,
    "math.exp": math.exp,
    "math.log": math.log,
    "math.sqrt": math.sqrt,
    "math.pow": _power,
    "math.floor": math.floor,
    "math.ceil": math.ceil,
    "math.cos": math.cos,
}


def evaluate(expression: Expression, values: Mapping[str, Value]) -> Any:
    """The value of an expression; raises Refused. An Invocation gives plain data for the worker."""
    match expression:
        case Literal(value=value):
            return value
        case Hole(text=text):
            return values[text]
        case Items(items=items):
            return [evaluate(item, values) for item in items]
        case Operation(name=name, operands=operands):
            return _bounded(OPERATIONS[name], [evaluate(operand, values) for operand in operands])
    return {
        "kind": expression.kind,
        "name": expression.name,
        "args": [evaluate(argument, values) for argument in expression.args],
        "kwargs": {name: evaluate(argument, values) for name, argument in expression.kwargs},
        **({} if expression.step is None else {"step": evaluate(expression.step, values)}),
    }


def _bounded(function: Callable[..., Any], operands: list[Any]) -> Any:
    """Apply a function; whatever goes wrong or grows too large is refused."""
    if any(isinstance(operand, dict) for operand in operands):
        raise Refused("arithmetic on a schedule")
    try:
        value = function(*operands)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise Refused(f"it cannot be evaluated: {error}") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("a number is not finite")
    if isinstance(value, complex) or (isinstance(value, int) and abs(value) > MAX_NUMBER):
        raise Refused("a number is out of bounds")
    if isinstance(value, list) and len(value) > MAX_LENGTH:
        raise Refused("a list is too long")
    return value


def holes(expression: Expression | None) -> Iterator[str]:
    """The texts of the holes, in the order of appearance, with repetitions."""
    match expression:
        case Hole(text=text):
            yield text
        case Operation(operands=parts) | Items(items=parts):
            for part in parts:
                yield from holes(part)
        case Invocation(args=args, kwargs=kwargs, step=step):
            for part in (*args, *(value for _, value in kwargs)):
                yield from holes(part)
            yield from holes(step)
