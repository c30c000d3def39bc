"""What an expression is: the one answer, for every rule.

`of` says what each of the ends is from which a value may come (`ways`). What cannot be followed is a value,
too: `Kind.UNKNOWN`. Knows no rule and no text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from lrmigrate import catalog
from lrmigrate.analysis.library import (
    SCHEDULE_BASE,
    TENSORS,
    Kind,
    given_by,
    is_schedule_function,
    stands_for,
)
from lrmigrate.analysis.outside import ALONE, Callers, Outside, References, Way
from lrmigrate.analysis.parameters import parameters
from lrmigrate.analysis.places import is_super
from lrmigrate.analysis.scopes import Function, Names
from lrmigrate.analysis.sites import known
from lrmigrate.analysis.syntax import Source
from lrmigrate.analysis.ways import Ways

_PLAIN = frozenset({Kind.UNKNOWN, Kind.OBJECT, Kind.FOREIGN})
_CLASSES = {Kind.SCHEDULE: Kind.SCHEDULE_CLASS, Kind.OPTIMIZER: Kind.OPTIMIZER_CLASS}
_ADDS = frozenset({"append", "insert", "extend"})


class Origin(Enum):
    """What a rate is."""

    SCHEDULE = "a schedule itself"
    VALUE = "a schedule's value at a step"
    COMPUTED = "computed from a schedule's value"
    OTHER = "anything else"


@dataclass(frozen=True)
class Value:
    """What an expression may be on one way.

    ``path`` is the qualified name of the class or function that made it, where a library's did;
    ``constant`` the number, string, flag or None of a constant, and ``...`` for everything else; ``makes``
    is what a call of a class or a function gives. ``origin`` is what it has to do with
    a schedule.
    """

    kind: Kind
    way: Way
    path: str = ""
    constant: object = ...
    makes: Kind = Kind.UNKNOWN
    origin: Origin = Origin.OTHER

    @property
    def is_own(self) -> bool:
        """Whether a class or a function of the program made it, or it is one itself."""
        return not self.path and self.kind is not Kind.UNKNOWN

    @property
    def legacy(self) -> catalog.Legacy | None:
        """The row of an optimizer or its class."""
        return catalog.legacy_names().get(self.path)


class Values(Ways):
    """The values of one file."""

    def __init__(self, source: Source, names: Names, outside: Outside = ALONE, path: str = "") -> None:
        super().__init__(source, names, outside, path)
        self._known: dict[ast.expr, frozenset[Value]] = {}
        self._busy: set[ast.expr] = set()  # what is being found out

    def forget(self) -> None:
        """Forget what was found out: the next file's questions must not depend on those of the last one."""
        super().forget()
        self._known.clear()

    def of(self, node: ast.expr) -> frozenset[Value]:
        """Everything that ``node`` may be; `Kind.UNKNOWN` is among it where not all ways are in sight."""
        if node in self._known:
            return self._known[node]
        if node in self._busy:
            self.outside.asked.gaps += 1
            return frozenset()  # a value that is made from itself: the other ways say what it is
        gaps = self.outside.asked.gaps
        self._busy.add(node)
        try:
            found = frozenset(value for way in self.ways(node) for value in way.home.ends(way))
        finally:
            self._busy.discard(node)
        if self.outside.asked.may_keep(gaps):  # else it may be half of the truth
            self._known[node] = found
        return found

    def kinds(self, node: ast.expr) -> frozenset[Kind]:
        """The kinds of everything that ``node`` may be."""
        return frozenset(value.kind for value in self.of(node))

    def is_certainly(self, node: ast.expr, *kinds: Kind) -> bool:
        """Whether ``node`` is one of ``kinds`` on every way."""
        return self.kinds(node) <= set(kinds)

    def may_be(self, node: ast.expr, *kinds: Kind) -> bool:
        """Whether ``node`` is, in sight, one of ``kinds`` on one way at least."""
        return not self.kinds(node).isdisjoint(kinds)

    def may_be_tensor(self, node: ast.expr) -> bool:
        """Whether ``node`` may, in sight, be a tensor or a variable."""
        return self.may_be(node, *TENSORS)

    def ends(self, way: Way) -> Iterator[Value]:
        """What the end of a way in this file may be."""
        node = way.node
        if way.path:
            yield _of_library(way.path, way)
            return
        match node:
            case ast.Constant(value=value):
                yield self._constant(way, value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                yield self._constant(way, -value)
            case ast.UnaryOp(operand=operand):
                yield self._computed(way, operand)
            case ast.BinOp(left=left, right=right):
                yield self._computed(way, left, right)
            case ast.Call():
                yield from self._called(way, node)
            case ast.Name() | ast.Attribute():
                yield from self._named(way, node)
            case ast.Subscript(value=box) if self.is_certainly(box, Kind.FOREIGN):
                yield Value(Kind.FOREIGN, way)
            case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield Value(Kind.FUNCTION, way)
            case ast.ClassDef():
                yield from self._class(way, node)
            case ast.List() | ast.Tuple() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp():
                yield Value(Kind.COLLECTION, way)
            case _:
                yield Value(Kind.UNKNOWN, way)

    def _constant(self, way: Way, value: object) -> Value:
        """A constant; a number that arithmetic was done on is one no more."""
        return Value(Kind.NUMBER, way) if way.altered else Value(Kind.CONSTANT, way, constant=value)

    def _computed(self, way: Way, *operands: ast.expr) -> Value:
        """What arithmetic gives: a tensor where one takes part, a float where a float does."""
        found = [self.of(operand) for operand in operands]
        kinds = {value.kind for values in found for value in values}
        origin = self._computed_from(operands)
        if kinds & TENSORS or origin is Origin.COMPUTED:
            return Value(Kind.TENSOR, way, origin=origin)
        if operands and all(any(map(is_whole, values)) for values in found) and self._keeps_whole(way.node):
            return Value(Kind.WHOLE, way)
        if Kind.UNKNOWN in kinds:
            return Value(Kind.UNKNOWN, way)
        return Value(Kind.FLOAT if any(map(self.is_float, operands)) else Kind.NUMBER, way)

    def _keeps_whole(self, node: ast.AST | None) -> bool:
        """Whether arithmetic may make a whole number of whole ones."""
        match node:
            case ast.BinOp(op=ast.Pow(), right=power):
                return any(not isinstance(p.constant, int) or p.constant >= 0 for p in self.of(power))
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv() | ast.Mod()):
                return True
        return isinstance(node, ast.UnaryOp)

    def _computed_from(self, parts: Iterable[ast.expr]) -> Origin:
        """The origin of what is made from several values."""
        scheduled = any(self.origins(part) - {Origin.OTHER} for part in parts)
        return Origin.COMPUTED if scheduled else Origin.OTHER

    def _called(self, way: Way, call: ast.Call) -> Iterator[Value]:
        """What a call gives that goes into no function of the program."""
        for callee in self.of(call.func):
            if callee.kind is Kind.SCHEDULE or is_schedule_function(callee.path):
                yield Value(Kind.TENSOR, way, callee.path, origin=Origin.VALUE)
            elif callee.path.startswith("tensorflow.") and callee.makes is Kind.TENSOR:
                given = (*call.args, *(keyword.value for keyword in call.keywords))
                yield Value(Kind.TENSOR, way, callee.path, origin=self._computed_from(given))
            else:
                yield _made(callee.makes, way, callee.path)

    def _named(self, way: Way, node: ast.Name | ast.Attribute) -> Iterator[Value]:
        """What a name is that leads out of the program, into a library; each of several spellings."""
        candidates = self.names.resolve(node)
        if candidates and None not in candidates:
            yield from (_of_library(path, way) for path in candidates if path)
            return
        yield self._unfollowed(way, node)

    def _unfollowed(self, way: Way, node: ast.Name | ast.Attribute) -> Value:
        """What a name is that no import leads to, by the object that it belongs to."""
        path = None
        if isinstance(node, ast.Name) and not self.names.live(node.id, node):
            path = self._builtin_or_starred(node.id)
        if path is not None:
            return _of_library(path, way)
        if isinstance(node, ast.Attribute):
            if self.is_certainly(node.value, Kind.FOREIGN):
                return Value(Kind.FOREIGN, way, makes=Kind.FOREIGN)
            if node.attr == "optimizer" and (
                self.may_be(node.value, Kind.MODEL) or self._is_compiled(node.value)
            ):
                return Value(Kind.OPTIMIZER, way)
            if node.attr == "model" and self.may_be(node.value, Kind.CALLBACK):
                return Value(Kind.MODEL, way)
        return Value(Kind.UNKNOWN, way)

    def _builtin_or_starred(self, name: str) -> str | None:
        """The qualified name of what nothing in the file binds: of Keras, where a star can only mean that."""
        starred = [f"{module}.{name}" for module in self.stars_with(name)]
        if not starred:
            return name
        known = [path for path in starred if given_by(path) is not Kind.UNKNOWN]
        return known[0] if len(known) == 1 else None

    def _is_compiled(self, model: ast.expr) -> bool:
        """Whether an object is compiled with a Keras optimizer wherever this file compiles it: a model."""
        return self._compiled.get((self._scope_of(model), ast.unparse(model)), False)

    @cached_property
    def _compiled(self) -> dict[tuple[object, str], bool]:
        """The objects that are compiled, by scope and text, and whether it is with Keras optimizers only."""
        found: dict[tuple[object, str], bool] = {}
        for call in self.source.nodes(ast.Call):
            match call:
                case ast.Call(func=ast.Attribute(value=model, attr="compile")):
                    given = [k.value for k in call.keywords if k.arg == "optimizer"] + call.args[:1]
                    is_keras = bool(given) and self.is_certainly(given[0], Kind.OPTIMIZER)
                    key = (self._scope_of(model), ast.unparse(model))
                    found[key] = found.get(key, True) and is_keras
        return found

    def _scope_of(self, node: ast.expr) -> object:
        """Within what an expression's text means the same: the scope of a name, else the class around it."""
        if isinstance(node, ast.Name):
            return self.names.scope_of[node].owner(node.id)
        return self.class_of(node) or self.names.scope_of[node]

    def _class(self, way: Way, node: ast.ClassDef) -> Iterator[Value]:
        """What a class of the program is, by its bases, or an object of it."""
        bases = [value for base in node.bases for value in self.of(base)]
        makes = next((base.makes for base in bases if base.makes not in _PLAIN), Kind.OBJECT)
        if any(ast.unparse(base).endswith(SCHEDULE_BASE) for base in node.bases):
            makes = Kind.SCHEDULE
        if way.is_instance:
            yield _made(makes, way)
        else:
            yield Value(_CLASSES.get(makes, Kind.CLASS), way, makes=makes)

    def origins(self, rate: ast.expr) -> frozenset[Origin]:
        """Where a rate may come from; a function without parameters stands for what it gives."""
        found: set[Origin] = set()
        for value in self.of(rate):
            node = value.way.node
            if isinstance(node, ast.Lambda) and not parameters(node):
                found |= value.way.home.origins(node.body)
            else:
                found.add(value.origin)
        return frozenset(found)

    def constant(self, node: ast.expr) -> object:
        """The number, string, flag or None that ``node`` certainly is; else ``...``."""
        return constant(self.names, node)

    def constants(self, node: ast.expr) -> frozenset[object]:
        """The numbers, strings, flags and None that ``node`` may be; none where it may be anything else."""
        found = frozenset(value.constant for value in self.of(node))
        return frozenset() if ... in found else found

    def is_float(self, node: ast.expr) -> bool:
        """Whether ``node`` is certainly a Python float."""
        match node:
            case ast.Constant(value=value):
                return isinstance(value, float)
            case ast.UnaryOp(operand=operand):
                return self.is_float(operand)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), left=left, right=right):
                return self.is_float(left) or self.is_float(right)
            case ast.Call(func=ast.Name(id="float")):
                return not self.binds_at("float", node)
            case ast.Name(id=name):
                assigned = self.names.single(name, node)
                return isinstance(assigned, ast.Constant) and self.is_float(assigned)
        return False

    def numbers(self, node: ast.expr) -> list[int | float] | None:
        """The numbers of a list that is in sight as a whole."""
        elements = self.elements(node)
        if elements is None:
            return None
        found = [self.constant(element) for element in elements]
        numbers = [value for value in found if isinstance(value, int | float) and not isinstance(value, bool)]
        return numbers if len(numbers) == len(found) else None

    def elements(self, node: ast.expr) -> list[ast.expr] | None:
        """The elements of a list that is in sight as a whole, and that nothing changes."""
        if isinstance(node, ast.Name):
            value = self.names.single(node.id, node)
            node = value if isinstance(value, ast.List | ast.Tuple) and not self.is_changed(node) else node
        if isinstance(node, ast.List | ast.Tuple) and not any(isinstance(e, ast.Starred) for e in node.elts):
            return node.elts
        return None

    def each(self, node: ast.expr) -> frozenset[Value]:
        """What the elements of a list may be, those that are added to it included."""
        found: set[Value] = set()
        for way in self.ways(node):
            match way.node:
                case ast.List(elts=elements) | ast.Tuple(elts=elements):
                    for element in elements:
                        spread = element.value if isinstance(element, ast.Starred) else None
                        found |= way.home.of(element) if spread is None else way.home.each(spread)
                case ast.BinOp(op=ast.Add(), left=left, right=right):
                    found |= way.home.each(left) | way.home.each(right)
                case _:
                    found |= set(way.home.ends(way))
        for added in self._added_to(node):
            found |= self.each(added) if isinstance(added, ast.List | ast.Tuple) else self.of(added)
        return frozenset(found)

    def _added_to(self, node: ast.expr) -> Iterator[ast.expr]:
        """What a list that has a name is given by `append`, `insert` and `extend`."""
        for load in self.loads_of(node.id) if isinstance(node, ast.Name) else ():
            method = self.source.parents[load]
            call = self.source.parents[method] if isinstance(method, ast.Attribute) else None
            match call:
                case ast.Call(func=ast.Attribute(attr=added) as func, args=args) if (
                    added in _ADDS and func is method
                ):
                    yield from args[-1:]

    def local_callers(self, function: Function) -> Callers:
        """The calls of a function of this file in this file."""
        found = self.references(function, self)
        calls = tuple((call, self) for call in found.calls)
        return Callers(calls, found.is_called and not found.escapes)

    def references(self, function: Function, home: Values) -> References:
        """Where this file names a function that is defined in ``home``."""
        name = getattr(function, "name", "")
        if not name:
            return References(escapes=True)
        owner = home.source.parents.get(function)
        if name == "__init__" and isinstance(owner, ast.ClassDef):
            return self._constructions(owner, function, home)
        is_called = False
        calls, escapes = [], bool(self.by_text.get(name)) or bool(getattr(function, "decorator_list", []))
        for node in self.named_like(name):
            if not self._may_mean(node, function, home):
                continue
            parent = self.source.parents[node]
            if isinstance(parent, ast.Call) and parent.func is node:
                calls.append(parent)
                is_called = is_called or self._may_mean(node, function, home, unseen=False)
            elif not isinstance(parent, ast.Expr):
                escapes = True
        return References(tuple(calls), escapes, is_called)

    def _constructions(self, made: ast.ClassDef, function: Function, home: Values) -> References:
        """Where this file makes objects of a class of ``home``, whose constructor is ``function``."""
        calls: list[ast.Call] = []
        escapes = bool(self.by_text.get(made.name) or made.decorator_list or made.keywords)
        escapes = escapes or (home is self and _makes_itself(made))
        for node in self.named_like(made.name):
            if not any(way.node is made for way in self.ways(node)):
                continue
            match self.source.parents[node]:
                case ast.Call(func=func) as call if func is node:
                    calls.append(call)
                case ast.ClassDef() as derived:
                    escapes = escapes or not _defines(derived, "__init__") or len(derived.bases) > 1
                case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "super")) | ast.Expr():
                    pass
                case ast.Attribute(attr=attribute):
                    escapes = escapes or attribute == "__init__"
                case _:
                    escapes = True
        for node in self.attributes_called("__init__"):
            called, around = self.source.parents[node], self.class_of(node)
            of_itself = around is made and is_super(node.value)  # which is the constructor of a base
            if isinstance(called, ast.Call) and not of_itself and self._may_mean(node, function, home):
                calls.append(called)
        return References(tuple(calls), escapes, bool(calls))

    def _may_mean(
        self, node: ast.Name | ast.Attribute, function: Function, home: Values, unseen: bool = True
    ) -> bool:
        """Whether a name or an attribute is a function, or could be a method with its name.

        ``unseen``: also that of an object that is out of sight.
        """
        if any(way.node is function for way in self.ways(node)):
            return True
        owner = home.source.parents.get(function)
        if not isinstance(node, ast.Attribute) or not isinstance(owner, ast.ClassDef):
            return False
        return any(self._may_have(way, owner, home, unseen) for way in self._receivers(node.value))

    def _receivers(self, node: ast.expr) -> tuple[Way, ...]:
        """The classes whose object may be the receiver of a method; `super()` is one of the class around."""
        owner = self.class_of(node) if is_super(node) else None
        return (Way(owner, self, is_instance=True),) if owner is not None else self.ways(node)

    def _may_have(self, receiver: Way, owner: ast.ClassDef, home: Values, unseen: bool) -> bool:
        """Whether an object may have a method of the class ``owner``: one of its family, or out of sight."""
        node, at = receiver.node, receiver.home
        if isinstance(node, ast.ClassDef):
            return owner in at.family_of(node) or node in home.family_of(owner)
        if isinstance(node, ast.Call):
            made = [way for way in at.ways(node.func) if isinstance(way.node, ast.ClassDef)]
            if made:
                return any(self._may_have(way, owner, home, unseen) for way in made)
        return unseen and any(value.kind is Kind.UNKNOWN for value in at.ends(receiver))


def _defines(made: ast.ClassDef, name: str) -> bool:
    """Whether a class has a method of its own."""
    return any(isinstance(part, ast.FunctionDef) and part.name == name for part in made.body)


def _makes_itself(made: ast.ClassDef) -> bool:
    """Whether a class may make objects of itself: by a class method, or by what its object is of."""
    for node in ast.walk(made):
        match node:
            case ast.Attribute(attr="__class__") | ast.Name(id="type" | "classmethod"):
                return True
    return False


def _of_library(path: str, way: Way) -> Value:
    """What a qualified name of a library is."""
    return Value(stands_for(path), way, path, makes=given_by(path))


def is_whole(value: Value) -> bool:
    """Whether a value is a whole number in sight."""
    number = value.constant
    return value.kind is Kind.WHOLE or (isinstance(number, int) and not isinstance(number, bool))


def comes_from_schedule(values: Iterable[Value]) -> bool:
    """Whether one of several values is a schedule, or made from the value of one."""
    return any(value.origin is not Origin.OTHER for value in values)


def _made(kind: Kind, way: Way, path: str = "") -> Value:
    """An object that a class or a function has made."""
    origin = Origin.SCHEDULE if kind is Kind.SCHEDULE else Origin.OTHER
    return Value(kind, way, path, origin=origin)


def constant(names: Names, node: ast.expr) -> object:
    """The number, string, flag or None that ``node`` is, through names bound once; else ``...``."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Name(id=name):
            assigned = names.single(name, node)
            return ... if assigned is None or isinstance(assigned, ast.Name) else constant(names, assigned)
    return ...


def names_of(source: Source) -> Names:
    """The names of a file that stands alone."""
    return Names(source, known)
