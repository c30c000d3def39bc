"""A function of one number -> the schedule class that it is written out by hand.

Recognition proposes; whether both are equal is for the verifier to find out. Knows no edits.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Iterator

from lrmigrate.analysis.functions import RateFunction
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.scopes import COMPREHENSIONS, FUNCTIONS, Names
from lrmigrate.analysis.sites import Mismatch, bind, constant
from lrmigrate.catalog import SCHEDULES
from lrmigrate.catalog.schema import Signature
from lrmigrate.rules.arguments import operand
from lrmigrate.rules.epoch.shapes import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    Ladder,
    Number,
    Shape,
    Term,
)

_LARGE = 2**53
_EXP = frozenset(["exp", "math.exp"])
_COS = frozenset(["cos", "math.cos"])
_PI = frozenset(["math.pi", "numpy.pi"])
_POW = frozenset(["pow", "power", "math.pow"])
_FLOOR = frozenset(["floor", "math.floor"])
_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGNATURES = {
    "ExponentialDecay": Signature("initial_learning_rate, decay_steps, decay_rate, staircase=False"),
    "PiecewiseConstantDecay": Signature("boundaries, values"),
}
_COMPARISONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_BINDING = (*FUNCTIONS, *COMPREHENSIONS, ast.NamedExpr)
_LIBRARIES = ("math.", "numpy.", "tensorflow.", "keras.backend.")


class Unknown(Refusal):
    """The function is none of those that are recognised."""


def recognised(names: Names, function: RateFunction) -> Shape | None:
    """What a function computes; None when it is none of the known shapes."""
    try:
        return _Recogniser(names, function).shape()
    except (Unknown, OverflowError):
        return None


class _Recogniser:
    """Recognises one function."""

    def __init__(self, names: Names, function: RateFunction) -> None:
        if len(function.parameters) != 1 or function.node.args.kwonlyargs:
            raise Unknown
        if any(isinstance(part, _BINDING) for part in ast.walk(function.node) if part is not function.node):
            raise Unknown
        self.names = names
        self.parameter = function.parameter
        node = function.node
        self.body: list[ast.stmt] = [ast.Return(node.body)] if isinstance(node, ast.Lambda) else node.body
        match self.body:
            case [ast.Expr(value=ast.Constant(value=str())), *rest]:
                self.body = rest

    def shape(self) -> Shape:
        """What the function computes; raises Unknown."""
        match self.body:
            case [ast.Return(value=ast.expr() as value)] if not isinstance(value, ast.IfExp):
                return self.formula(value)
        return self.ladder()

    def ladder(self) -> Ladder:
        """Constants that depend on comparisons of the parameter with whole numbers, however nested."""
        compared = {number for statement in self.body for number in self.compared(statement)}
        limits = sorted({number + more for number in compared for more in (0, 1) if number + more > 0})
        steps = [rate for at in (0, *limits) if (rate := self.leaf(self.body, at)) is not None]
        if len(steps) <= len(limits):
            raise Unknown
        changes = [i for i in range(1, len(steps)) if steps[i] != steps[i - 1]]
        if not changes:
            raise Unknown
        return Ladder(tuple(limits[i - 1] for i in changes), (steps[0], *(steps[i] for i in changes)))

    def compared(self, statement: ast.stmt) -> Iterator[int]:
        """The whole numbers that the parameter is compared with; raises Unknown for others."""
        for test in ast.walk(statement):
            for node in [test.left, *test.comparators] if isinstance(test, ast.Compare) else ():
                number = 0 if self.is_parameter(node) else self.number(node)
                if not isinstance(number, int):
                    raise Unknown
                yield number

    def leaf(self, statements: list[ast.stmt], at: int) -> float | None:
        """The constant that is returned for a value of the parameter; None where nothing is."""
        for statement in statements:
            match statement:
                case ast.Return(value=ast.expr() as value):
                    return self.chosen(value, at)
                case ast.If(test=test, body=body, orelse=orelse):
                    result = self.leaf(body if self.holds(test, at) else orelse, at)
                    if result is not None:
                        return result
                case _:
                    raise Unknown
        return None

    def chosen(self, value: ast.expr, at: int) -> float:
        """The constant that a conditional expression gives."""
        while isinstance(value, ast.IfExp):
            value = value.body if self.holds(value.test, at) else value.orelse
        number = self.number(value)
        if number is None:
            raise Unknown
        return float(number)

    def holds(self, test: ast.expr, at: int) -> bool:
        """Whether a test is true for a value of the parameter."""
        match test:
            case ast.BoolOp(op=op, values=values):
                results = [self.holds(value, at) for value in values]
                return all(results) if isinstance(op, ast.And) else any(results)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return not self.holds(inner, at)
            case ast.Compare(left=left, ops=ops, comparators=others):
                nodes = (left, *others)
                numbers = [at if self.is_parameter(node) else self.number(node) or 0 for node in nodes]
                pairs = zip(ops, numbers, numbers[1:], strict=False)
                if not all(type(op) in _COMPARISONS for op in ops):
                    raise Unknown
                return all(_COMPARISONS[type(op)](one, other) for op, one, other in pairs)
        raise Unknown

    def formula(self, value: ast.expr) -> Shape:
        """A constant, or a product of constants and one power, one cosine or one divisor."""
        if not self.varies(value):
            return Constant(self.term(value))
        match value:
            case ast.BinOp(op=ast.Add(), left=left, right=right) if self.varies(left) != self.varies(right):
                least, product = (right, left) if self.varies(left) else (left, right)
                return self.cosine(product, self.number(least))
        sign, above, below = _factors(value)
        varying = [node for node in above if self.varies(node)]
        divisors = [node for node in below if self.varies(node)]
        if sign < 0 or len(varying) + len(divisors) != 1:
            raise Unknown
        if divisors:
            return self.inverse_time(
                divisors[0], self.product(above, [n for n in below if n not in divisors])
            )
        constants = [node for node in above if node is not varying[0]]
        if isinstance(varying[0], ast.BinOp) and isinstance(varying[0].op, ast.Add):
            return self.cosine(value, 0)
        return self.power(varying[0], self.product(constants, below))

    def inverse_time(self, divisor: ast.expr, rate: Term) -> InverseTime:
        """`1 + k * s / n` or `1 + k * (s // n)` below a fraction."""
        varying = self.one_more(divisor)
        sign, decay, length, staircase = self.ratio(varying)
        if sign < 0:
            raise Unknown
        return InverseTime(rate, decay, length, staircase)

    def one_more(self, node: ast.expr) -> ast.expr:
        """What varies in `1 + x` or `x + 1`."""
        match node:
            case ast.BinOp(op=ast.Add(), left=left, right=right) if self.varies(left) != self.varies(right):
                constant_part, varying = (right, left) if self.varies(left) else (left, right)
                if self.number(constant_part) == 1:
                    return varying
        raise Unknown

    def cosine(self, product: ast.expr, least: Number | None) -> Cosine:
        """`a / 2 * (1 + cos(pi * s / n))`, of which ``least`` is what is added to it."""
        sign, above, below = _factors(product)
        varying = [node for node in above if self.varies(node)]
        if sign < 0 or len(varying) != 1 or any(map(self.varies, below)) or least is None:
            raise Unknown
        half = self.product([node for node in above if node is not varying[0]], below).value
        match self.one_more(varying[0]):
            case ast.Call(args=[angle], keywords=[]) as call if self.library(call) in _COS and half:
                length, stops = self.half_turn(angle)
                rate = least + 2 * half
                return Cosine(_rounded(rate), _rounded(least / rate), length, stops)
        raise Unknown

    def half_turn(self, angle: ast.expr) -> tuple[Term, bool]:
        """The length in `pi * s / n`, and whether it ends there: `pi * min(s, n) / n`."""
        _, above, below = _factors(angle)
        turns = [node for node in above if self.path(node) in _PI]
        others = [node for node in above if node not in turns]
        if len(turns) != 1 or len(others) != 1 or any(map(self.varies, below)):
            raise Unknown
        length = self.length(self.product(below, []))
        match others[0]:
            case ast.Name() as name if self.is_parameter(name):
                return length, False
            case ast.Call(func=ast.Name(id="min") as function, args=[one, other], keywords=[]):
                limit = other if self.is_parameter(one) else one
                is_step = self.is_parameter(one) or self.is_parameter(other)
                if is_step and not self.names.live(function.id, function) and length.value is not None:
                    if self.number(limit) == length.value:
                        return length, True
        raise Unknown

    def path(self, node: ast.expr) -> str:
        """The qualified name that a node is; "" for everything else."""
        return self.names.certain(node) or "" if isinstance(node, ast.Name | ast.Attribute) else ""

    def power(self, node: ast.expr, rate: Term) -> Exponential | Ladder:
        """`r ** (s // n)`, `exp(-k * s / n)` and the like, or a class of Keras called with the parameter."""
        match node:
            case ast.BinOp(op=ast.Pow(), left=base, right=exponent):
                return self.with_base(base, exponent, rate)
            case ast.Call(func=ast.Call() as made, args=[argument], keywords=[]) if self.is_parameter(
                argument
            ):
                return self.written_out(made, rate)
            case ast.Call(args=[base, exponent], keywords=[]) if self.library(node) in _POW:
                return self.with_base(base, exponent, rate)
            case ast.Call(args=[exponent], keywords=[]) if self.library(node) in _EXP:
                sign, numerator, length, staircase = self.ratio(exponent)
                inner = operand(numerator.text, ast.parse(numerator.text, mode="eval").body)
                text = f"math.exp({'-' if sign < 0 else ''}{inner})"
                known = None if numerator.value is None else math.exp(sign * numerator.value)
                return Exponential(rate, Term(text, known), length, staircase)
        raise Unknown

    def with_base(self, base: ast.expr, exponent: ast.expr, rate: Term) -> Exponential:
        """`base ** exponent`."""
        sign, numerator, length, staircase = self.ratio(exponent)
        if self.varies(base) or sign < 0 or numerator.value != 1:
            raise Unknown
        term = self.term(base)
        if term.value is not None and term.value <= 0:
            raise Unknown
        text = operand(term.text, ast.parse(term.text, mode="eval").body)
        return Exponential(rate, Term(text, term.value), length, staircase)

    def written_out(self, made: ast.Call, rate: Term) -> Exponential | Ladder:
        """`ExponentialDecay(a, n, r, staircase)(s)`, `PiecewiseConstantDecay(boundaries, values)(s)`."""
        module, _, name = (self.names.certain(made.func) or "").rpartition(".")
        signature = _SIGNATURES.get(name)
        if rate.value != 1 or signature is None or not module.endswith(f"keras.{SCHEDULES}"):
            raise Unknown
        try:
            bound = bind(signature, made)
        except Mismatch:
            raise Unknown from None
        if any(map(self.varies, bound.values())):
            raise Unknown
        return self.boundaries(**bound) if name == "PiecewiseConstantDecay" else self.exponential(**bound)

    def exponential(
        self,
        initial_learning_rate: ast.expr,
        decay_steps: ast.expr,
        decay_rate: ast.expr,
        staircase: ast.expr | None = None,
    ) -> Exponential:
        """The arguments of ExponentialDecay. It computes in whole numbers if its first one is whole."""
        flag = constant(self.names, staircase) if staircase is not None else False
        rate = self.term(initial_learning_rate)
        if not isinstance(flag, bool) or not isinstance(rate.value, float):
            raise Unknown
        return Exponential(rate, self.term(decay_rate), self.length(self.term(decay_steps)), flag)

    def boundaries(self, boundaries: ast.expr, values: ast.expr) -> Ladder:
        """The arguments of PiecewiseConstantDecay, where a boundary still has the value before it."""
        limits, rates = self.numbers(boundaries), self.numbers(values)
        whole = [limit + 1 for limit in limits if isinstance(limit, int) and limit >= 0]
        if len(whole) < len(limits) or len(rates) != len(limits) + 1 or sorted(set(whole)) != whole:
            raise Unknown
        return Ladder(tuple(whole), tuple(map(float, rates)))

    def numbers(self, node: ast.expr) -> list[Number]:
        """The numbers of a list that is written out."""
        elements = node.elts if isinstance(node, ast.List | ast.Tuple) else []
        found = [self.number(element) for element in elements]
        numbers = [number for number in found if number is not None]
        if not numbers or len(numbers) < len(found):
            raise Unknown
        return numbers

    def ratio(self, exponent: ast.expr) -> tuple[int, Term, Term, bool]:
        """`k * s / n` or `k * (s // n)` as sign, k, n, and whether it is a staircase."""
        sign, above, below = _factors(exponent)
        varying = [node for node in above if self.varies(node)]
        if len(varying) != 1 or any(map(self.varies, below)):
            raise Unknown
        numerator = self.product([node for node in above if node is not varying[0]], [])
        if self.is_parameter(varying[0]):
            return sign, numerator, self.length(self.product(below, [])), False
        if below:
            raise Unknown
        return sign, numerator, self.length(self.term(self.stair(varying[0]))), True

    def stair(self, node: ast.expr) -> ast.expr:
        """The length in `s // n`, `math.floor(s / n)` and `int(s / n)`."""
        match node:
            case ast.BinOp(op=ast.FloorDiv(), left=left, right=right) if self.is_parameter(left):
                return right
            case ast.Call(args=[ast.BinOp(op=ast.Div(), left=left, right=right)], keywords=[]):
                is_int = isinstance(node.func, ast.Name) and node.func.id == "int"
                is_int = is_int and not self.names.live("int", node)
                if self.is_parameter(left) and (is_int or self.library(node) in _FLOOR):
                    return right
        raise Unknown

    def length(self, term: Term) -> Term:
        """A length, which must be a whole number of epochs or steps."""
        value = int(term.value) if isinstance(term.value, float) and term.value.is_integer() else term.value
        if isinstance(value, float) or (value is not None and value < 1):
            raise Unknown
        return Term(term.text if value is None else str(value), value)

    def library(self, call: ast.Call) -> str:
        """The function that is called, where it is one of a library for numbers: `exp`, `math.exp`."""
        path = self.names.certain(call.func) or ""
        if path.startswith("math."):
            return path
        return path.rpartition(".")[2] if path.startswith(_LIBRARIES) else ""

    def is_parameter(self, node: ast.expr) -> bool:
        """Whether a node is the function's parameter."""
        return isinstance(node, ast.Name) and node.id == self.parameter

    def varies(self, node: ast.expr) -> bool:
        """Whether a node depends on the function's parameter."""
        return any(isinstance(part, ast.expr) and self.is_parameter(part) for part in ast.walk(node))

    def product(self, above: list[ast.expr], below: list[ast.expr]) -> Term:
        """The product of constants."""
        terms, divisors = [self.term(node) for node in above], [self.term(node) for node in below]
        if all(term.value is not None for term in (*terms, *divisors)):
            value: Number = 1
            for term in terms:
                value *= term.value or 0
            for term in divisors:
                if not term.value:
                    raise Unknown
                value /= term.value
            return Term(repr(value), value)
        text = " * ".join(operand(t.text, n) for t, n in zip(terms, above, strict=True)) or "1"
        return Term(
            "".join([text, *(f" / {operand(t.text, n)}" for t, n in zip(divisors, below, strict=True))]), None
        )

    def term(self, node: ast.expr) -> Term:
        """A constant: folded where all of it is in sight."""
        value = self.number(node)
        return Term(ast.unparse(node) if value is None else repr(value), value)

    def number(self, node: ast.expr) -> Number | None:
        """The number that a node is, through names bound once and arithmetic."""
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            left, right = self.number(node.left), self.number(node.right)
            if left is None or right is None or (isinstance(node.op, ast.Div) and not right):
                return None
            value: object = _ARITHMETIC[type(node.op)](left, right)
        else:
            value = constant(self.names, node)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number and abs(value) < _LARGE else None  # type: ignore[return-value, arg-type]


def _rounded(value: float) -> float:
    """A number without the rounding of 64 bits: the rate is one of 32 bits."""
    return float(f"{value:.12g}")


def _factors(node: ast.expr) -> tuple[int, list[ast.expr], list[ast.expr]]:
    """The sign of a product, its factors, and what it is divided by."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            sign, above, below = _factors(inner)
            return -sign, above, below
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            (one, above, below), (other, more, under) = _factors(left), _factors(right)
            return one * other, above + more, below + under
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            (one, above, below), (other, more, under) = _factors(left), _factors(right)
            return one * other, above + under, below + more
    return 1, [node], []
