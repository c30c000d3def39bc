"""What an expression in a schedule's `__call__` is, as TensorFlow's types go, and where these do not fit.

The step is what Keras 3 hands in: a variable of Keras, which computes with floats. What is computed from it
is a tensor of int64, which does not. Measured; what is not known for certain is `Type.UNKNOWN`, and no
trouble.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from lrmigrate.analysis.library import TENSORS, Kind
from lrmigrate.analysis.scopes import FUNCTIONS
from lrmigrate.analysis.values import Value, Values


class Type(Enum):
    """The type of a value."""

    COUNTER = "the counter of updates, a variable of Keras"
    WHOLE = "an int64 tensor"
    FLOAT = "a float32 tensor"
    DOUBLE = "a float64 tensor"
    INT = "a whole number of Python"
    REAL = "a float of Python"
    NUMPY = "a float of NumPy"
    MIXED = "a float, of Python or in a tensor"
    UNKNOWN = "out of sight"


_SCALARS = frozenset({Type.INT, Type.REAL, Type.NUMPY})
_FLOATS = frozenset({Type.REAL, Type.NUMPY, Type.FLOAT, Type.DOUBLE, Type.MIXED})
_FLOAT_FUNCTIONS = frozenset(
    [
        *("sqrt", "rsqrt", "exp", "expm1", "log", "log1p", "cos", "sin", "tan", "cosh", "sinh", "tanh"),
        *("acos", "asin", "atan", "sigmoid", "softplus", "floor", "ceil", "erf", "reciprocal"),
    ]
)
_STRICT = frozenset(
    [
        "minimum",
        "maximum",
        "add",
        "subtract",
        "multiply",
        "pow",
        "floordiv",
        "floormod",
        "mod",
        "less",
        "greater",
    ]
)
_CASTS = frozenset({"cast", "to_float", "saturate_cast"})
_TYPES = {"float32": Type.FLOAT, "float64": Type.DOUBLE, "double": Type.DOUBLE, "int64": Type.WHOLE}
_DEEPEST = 3
_SILENT = "computes in whole numbers in Keras 3, without a word"
_RAISES = "raises TypeError in Keras 3"


@dataclass(frozen=True)
class Trouble:
    """An expression whose types do not fit, and what becomes of it."""

    node: ast.expr
    text: str


@dataclass
class Reading:
    """One reading of a method: what its names are, and the troubles so far."""

    values: Values
    env: dict[str, Type]
    troubles: list[Trouble] = field(default_factory=list)
    depth: int = 0  # of values that are made from others, and so perhaps from themselves

    def read(self, statements: Iterable[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        """Read one statement."""
        match statement:
            case ast.Assign(targets=targets, value=value):
                type_ = self.type_of(value)
                for target in targets:
                    self._bind(target, type_)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, self.type_of(value))
            case ast.AugAssign(target=target, op=op, value=value):
                left, right = self.type_of(target), self.type_of(value)
                self._bind(target, self._arithmetic(value, op, left, right))
            case ast.Return(value=ast.expr() as value) | ast.Expr(value=value):
                self.type_of(value)
            case ast.If(test=test, body=body, orelse=orelse):
                self.type_of(test)
                self._branches(body, orelse)
            case ast.With(body=body):
                self.read(body)
            case ast.FunctionDef(body=body) as function:
                inner = Reading(self.values, {**self.env, **_unknown(function)}, self.troubles, self.depth)
                inner.read(body)
            case ast.Try(body=body, orelse=orelse):
                self.read([*body, *orelse])

    def _branches(self, *bodies: list[ast.stmt]) -> None:
        """Read statements of which one branch is taken."""
        ends = []
        for body in bodies:
            inner = Reading(self.values, dict(self.env), self.troubles, self.depth)
            inner.read(body)
            if not body or not isinstance(body[-1], ast.Return | ast.Raise):
                ends.append(inner.env)
        for name in {name for env in ends for name in env}:
            self.env[name] = _either(env.get(name, Type.UNKNOWN) for env in ends)

    def _bind(self, target: ast.expr, type_: Type) -> None:
        """Give a name or an attribute its type; an unpacked one is out of sight."""
        if isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self._bind(element, Type.UNKNOWN)
        else:
            self.env[ast.unparse(target)] = type_

    def type_of(self, node: ast.expr) -> Type:
        """The type of an expression; notes what does not fit inside of it."""
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(node, op, self.type_of(left), self.type_of(right))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                type_ = self.type_of(operand)
                return Type.WHOLE if type_ is Type.COUNTER else type_
            case ast.Compare(left=left, comparators=others):
                types = [self.type_of(part) for part in (left, *others)]
                if Type.WHOLE in types and Type.COUNTER not in types:
                    self._check(node, types)
                return Type.UNKNOWN
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.type_of(test)
                return _either((self.type_of(body), self.type_of(orelse)))
            case ast.Call():
                return self._call(node)
            case ast.Lambda(body=body):
                inner = Reading(self.values, {**self.env, **_unknown(node)}, self.troubles, self.depth)
                return inner.type_of(body)
            case ast.Name() | ast.Attribute():
                known = self.env.get(ast.unparse(node))
                return self._seen(node) if known is None else known
            case ast.Constant(value=value):
                return _of_constant(value)
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.type_of(part)
        return Type.UNKNOWN

    def _seen(self, node: ast.expr) -> Type:
        """The type of what a name or an attribute is given somewhere else; that of a float wins."""
        types = {self._of_value(value) for value in self.values.of(node)}
        floats = types & _FLOATS
        if len(floats) == 1:
            return floats.pop()
        return types.pop() if len(types) == 1 else Type.UNKNOWN

    def _of_value(self, value: Value) -> Type:
        """The type of one value."""
        if value.constant is not ...:
            return _of_constant(value.constant)
        if value.kind is Kind.FLOAT:
            return Type.REAL
        if value.kind is Kind.WHOLE:
            return Type.INT
        node = value.way.node
        if value.kind in TENSORS and isinstance(node, ast.Call) and self.depth < _DEEPEST:
            return Reading(value.way.home, {}, depth=self.depth + 1).type_of(node)
        return Type.REAL if value.path in ("math.pi", "numpy.pi", "math.e", "numpy.e") else Type.UNKNOWN

    def _call(self, call: ast.Call) -> Type:
        """The type of what a call gives."""
        types = [self.type_of(argument) for argument in call.args]
        types += [self.type_of(keyword.value) for keyword in call.keywords]
        path = self.values.names.certain(call.func) or ""
        root, _, name = path.partition(".")[0], "", path.rpartition(".")[2]
        if isinstance(call.func, ast.Name) and call.func.id == "float":
            return Type.REAL
        if root == "math":
            return Type.REAL
        if root == "numpy":
            return Type.NUMPY if types and set(types) <= _SCALARS else Type.UNKNOWN
        if name in _CASTS and root in ("tensorflow", "keras"):
            return _of_cast(call)
        if root == "tensorflow" and ".keras." not in path:
            return self._of_tensorflow(call, name, types)
        return Type.FLOAT if self.values.is_certainly(call.func, Kind.SCHEDULE) else Type.UNKNOWN

    def _of_tensorflow(self, call: ast.Call, name: str, types: list[Type]) -> Type:
        """The type of what a function of TensorFlow gives."""
        types = [Type.WHOLE if type_ is Type.COUNTER else type_ for type_ in types]
        if name in _FLOAT_FUNCTIONS and types:
            if types[0] is Type.WHOLE:
                self.troubles.append(Trouble(call, _RAISES))
            return types[0] if types[0] is Type.DOUBLE else Type.FLOAT
        if name in _STRICT and len(call.args) > 1:
            return self._check(call, types[:2])
        if name == "where" and len(call.args) == 3:
            return self._check(call, types[1:3])
        if name in ("divide", "truediv") and len(call.args) > 1:
            counter = self.env.get(ast.unparse(call.args[0]))
            left = counter if name == "divide" and counter is Type.COUNTER else types[0]
            return self._arithmetic(call, ast.Div(), left, types[1])
        if name == "cond" and len(types) > 2:
            return _either(types[1:3])
        if name == "constant" and types[:1] == [Type.REAL] and len(types) == 1:
            return Type.FLOAT
        return Type.UNKNOWN

    def _check(self, node: ast.expr, types: list[Type]) -> Type:
        """What TensorFlow gives for operands that must have one type."""
        found = set(types)
        if Type.WHOLE in found and found & _FLOATS:
            self.troubles.append(Trouble(node, _RAISES))
            return Type.MIXED
        if {Type.FLOAT, Type.DOUBLE} <= found:
            self.troubles.append(Trouble(node, _RAISES))
        if Type.UNKNOWN in found and found & _FLOATS:
            return Type.MIXED
        return _joined(found)

    def _arithmetic(self, node: ast.expr, op: ast.operator, left: Type, right: Type) -> Type:
        """What an operator gives."""
        types = {left, right}
        divides = isinstance(op, ast.Div)
        if Type.COUNTER in types:
            return _with_counter(divides, left, right)
        if Type.WHOLE in types and types & _FLOATS:
            silent = Type.NUMPY in types and not divides
            self.troubles.append(Trouble(node, _SILENT if silent else _RAISES))
            return Type.MIXED
        if {Type.FLOAT, Type.DOUBLE} <= types:
            self.troubles.append(Trouble(node, _RAISES))
        if divides and types <= {Type.WHOLE, Type.INT}:
            return Type.DOUBLE if Type.WHOLE in types else Type.REAL
        if isinstance(op, ast.Pow) and types == {Type.INT}:
            return Type.UNKNOWN
        if Type.UNKNOWN in types and (types & _FLOATS or (divides and right in _SCALARS)):
            return Type.MIXED
        return _joined(types)


def _with_counter(divides: bool, left: Type, right: Type) -> Type:
    """What a variable of Keras gives together with something else."""
    other = right if left is Type.COUNTER else left
    if divides:
        if other is Type.WHOLE and right is Type.COUNTER:
            return Type.DOUBLE
        return other if other in (Type.DOUBLE, Type.UNKNOWN) else Type.FLOAT
    if other in (Type.COUNTER, Type.WHOLE, Type.INT):
        return Type.WHOLE
    return Type.FLOAT if other is Type.REAL else other if other in _FLOATS - _SCALARS else Type.UNKNOWN


def _joined(types: set[Type]) -> Type:
    """The type of what is computed from values of types that fit each other."""
    if Type.UNKNOWN in types:
        return Type.UNKNOWN
    for type_ in (Type.MIXED, Type.DOUBLE, Type.FLOAT, Type.WHOLE, Type.NUMPY, Type.REAL):
        if type_ in types:
            return type_
    return Type.INT if types == {Type.INT} else Type.UNKNOWN


def _either(types: Iterable[Type]) -> Type:
    """The type of what may be one of several."""
    found = set(types)
    if len(found) == 1:
        return found.pop()
    return Type.MIXED if found and found <= _FLOATS else Type.UNKNOWN


def _of_constant(value: object) -> Type:
    """The type of a constant."""
    if isinstance(value, float):
        return Type.REAL
    return Type.INT if isinstance(value, int) and not isinstance(value, bool) else Type.UNKNOWN


def _of_cast(call: ast.Call) -> Type:
    """The type that a cast gives."""
    given = [k.value for k in call.keywords if k.arg == "dtype"] + call.args[1:2]
    match given[:1]:
        case [ast.Constant(value=str(name)) | ast.Attribute(attr=name)]:
            return _TYPES.get(name, Type.UNKNOWN)
    return Type.FLOAT if ast.unparse(call.func).endswith("to_float") else Type.UNKNOWN


def _unknown(function: ast.FunctionDef | ast.Lambda) -> dict[str, Type]:
    """The parameters of a function inside the method."""
    assert isinstance(function, FUNCTIONS)
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {argument.arg: Type.UNKNOWN for argument in every}
