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
MAX_DIGITS = 40  # of a number that is written as a text
MAX_PARTS = 20_000  # of one expression, and operations of one evaluation

Value: TypeAlias = "int | float | bool | str | list[Value] | None"


class Refused(Exception):
    """The expression cannot be evaluated, or not within bounds. A clause."""


class Wrong(Exception):
    """The new code cannot give the old rates, whatever its numbers are. A clause."""


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
    "stand-in" (a class of the catalogue), "old optimizer", "new optimizer" or "decayed optimizer" (a
    subclass of the catalogue). A schedule that is called has its ``step``.
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


def checked(value: Any) -> Any:
    """A number within bounds, as it is; raises Refused for others."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise Refused("a number is not finite")
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise Refused("a number is out of bounds")
    return value


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
    "math.pow": math.pow,
    "math.floor": math.floor,
    "math.ceil": math.ceil,
    "math.cos": math.cos,
}


def evaluate(expression: Expression, values: Mapping[str, Value]) -> Any:
    """The value of an expression; raises Refused. An Invocation gives plain data for the worker."""
    return _Evaluation(values).value(expression)


class _Evaluation:
    """One evaluation, with an account of how much it has made so far."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values = values
        self.parts = 0

    def value(self, expression: Expression) -> Any:
        """The value of one part."""
        self.spend(1)
        match expression:
            case Literal(value=value):
                return checked(value)
            case Hole(text=text):
                return self.values[text]
            case Items(items=items):
                return [self.value(item) for item in items]
            case Operation(name=name, operands=operands):
                return self.applied(OPERATIONS[name], [self.value(operand) for operand in operands])
        return {
            "kind": expression.kind,
            "name": expression.name,
            "args": [self.value(argument) for argument in expression.args],
            "kwargs": {name: self.value(argument) for name, argument in expression.kwargs},
            **({} if expression.step is None else {"step": self.value(expression.step)}),
        }

    def applied(self, function: Callable[..., Any], operands: list[Any]) -> Any:
        """The result of a function; whatever goes wrong or grows too large is refused."""
        if any(isinstance(operand, dict) for operand in operands):
            raise Refused("arithmetic on a schedule")
        texts = [operand for operand in operands if isinstance(operand, str)]
        if any(len(text) > MAX_DIGITS for text in texts) or (texts and function not in (int, _cast_float)):
            raise Refused("arithmetic on a text")
        try:
            value = function(*operands)
        except (ArithmeticError, TypeError, ValueError) as error:
            raise Refused(f"it cannot be evaluated: {error}") from None
        if isinstance(value, list):
            self.spend(_size(value))
        return checked(value)

    def spend(self, parts: int) -> None:
        """Account for parts that were made; raises Refused when they become too many."""
        self.parts += parts
        if self.parts > MAX_PARTS:
            raise Refused("it is too large")


def _size(value: Any) -> int:
    """How many numbers a list of lists holds, counted no further than it matters."""
    if not isinstance(value, list):
        return 1
    total = 0
    for item in value:
        total += _size(item)
        if total > MAX_PARTS:
            break
    return total


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
