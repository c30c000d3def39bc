"""What an expression is, and the ways it may have come: the one answer, for every rule.

`ways` follows names, attributes, elements, choices, defaults, arguments and results back to the expressions
that a value comes from; `of` says what each of these is. What cannot be followed is a value, too:
`Kind.UNKNOWN`. Asks `Outside` about other files; knows no rule and no text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from lrmigrate import catalog
from lrmigrate.analysis.library import (
    SCHEDULE_BASE,
    TENSORS,
    Kind,
    given_by,
    is_schedule_function,
    stands_for,
)
from lrmigrate.analysis.scopes import FUNCTIONS, Binding, Function, Names
from lrmigrate.analysis.sites import known
from lrmigrate.analysis.summary import SWITCHES
from lrmigrate.analysis.syntax import Source

if TYPE_CHECKING:
    from lrmigrate.analysis.rate_uses import RateFacts

Defined: TypeAlias = "ast.FunctionDef | ast.Lambda"
_FARTHEST = 2000  # steps back; a value that has come farther is as good as unknown
_NESTED = 10  # questions that were asked to answer the first one
_BROADEST = 64  # ways; a value that has more is as good as unknown
_READS = frozenset({"get", "pop", "setdefault"})  # methods of a dictionary that give an element
_PLAIN = frozenset({Kind.UNKNOWN, Kind.OBJECT, Kind.FOREIGN})
_CLASSES = {Kind.SCHEDULE: Kind.SCHEDULE_CLASS, Kind.OPTIMIZER: Kind.OPTIMIZER_CLASS}
_ADDS = frozenset({"append", "insert", "extend"})
_CHANGES = frozenset(
    [
        "append",
        "extend",
        "insert",
        "update",
        "setdefault",
        "pop",
        "popitem",
        "remove",
        "clear",
        "sort",
        "reverse",
    ]
)


class Origin(Enum):
    """What a rate is."""

    SCHEDULE = "a schedule itself"
    VALUE = "a schedule's value at a step"
    COMPUTED = "computed from a schedule's value"
    OTHER = "anything else"


@dataclass(frozen=True, eq=False)
class Way:
    """One expression, class or function that a value may come from, and the file that it stands in.

    ``node`` is None where the way is lost from sight. ``altered``: arithmetic was done on the way.
    ``path`` is the qualified name where the way ends in an import of a library. ``is_instance``: the way ends
    in a class, and the value is an object of it, such as `self`.
    """

    node: ast.AST | None
    home: Values
    altered: bool = False
    path: str = ""
    is_instance: bool = False


@dataclass(frozen=True, eq=False)
class Step:
    """One step back: an expression that another one takes its value from, and the file that it stands in."""

    home: Values
    node: ast.AST
    altered: bool = False


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


@dataclass(frozen=True, eq=False)
class Callers:
    """The calls of a function, each with its file, and whether they are all there are."""

    calls: tuple[tuple[ast.Call, Values], ...] = ()
    closed: bool = False


@dataclass(frozen=True, eq=False)
class References:
    """Where a file names a function: the calls, and whether it also goes where it may be called unseen."""

    calls: tuple[ast.Call, ...] = ()
    escapes: bool = False


class Outside:
    """What a file can ask of the rest of its program. This one has no other files.

    ``nesting`` counts the questions that wait for the answers to others, ``steps`` what the outermost one has
    taken so far, ``circles`` how often one led back to itself.
    """

    nesting = 0
    steps = 0
    circles = 0

    def module(self, path: str, home: Values) -> Values | None:  # noqa: ARG002 - what others look up
        """The module of the program that a qualified name is, as an import in ``home`` spells it."""
        return None

    def callers(self, function: Function, home: Values) -> Callers:
        """The calls of a function that is defined in ``home``."""
        return home.local_callers(function)

    def enter(self, path: str, source: Source) -> Values:
        """The values of a file as it is just now, which the next questions are about."""
        return Values(source, Names(source, known), self, path)

    def leave(self, home: Values) -> None:
        """The questions about a file are over."""
        home.close()

    def rates_elsewhere(self, home: Values) -> tuple[RateFacts, ...]:  # noqa: ARG002
        """What the files do with rates that may run in one process with ``home``."""
        return ()

    def names_taken(self, path: str) -> frozenset[str] | None:  # noqa: ARG002
        """The names that other files take from the one at ``path``; None where that may be any."""
        return frozenset()

    def processes(self, home: Values) -> tuple[frozenset[str], ...]:
        """The functions that switch a mode, for each way to start a program that runs ``home``."""
        return (home.switches(is_main=True),)

    def attribute_reads(self, name: str, home: Values) -> Iterator[tuple[Values, ast.Attribute]]:
        """Where the program reads an attribute of that name, of whatever object, and in which file."""
        for node in home.attributes_called(name):
            yield home, node

    def takes_of_global(self, name: str, home: Values) -> list[tuple[Values, ast.expr]] | None:  # noqa: ARG002
        """Where other files read a name of the module ``home``; None where not all files can be known."""
        return []


class Open(Outside):
    """Around a file that nobody knows the place of: anybody may import it, and call what it defines."""

    def callers(self, function: Function, home: Values) -> Callers:
        """The calls in the file itself, which may not be all."""
        return replace(home.local_callers(function), closed=False)

    def takes_of_global(self, name: str, home: Values) -> None:
        """Nobody knows."""

    def names_taken(self, path: str) -> None:
        """Nobody knows."""


ALONE = Outside()
OPEN = Open()


class Values:
    """The values of one file."""

    def __init__(self, source: Source, names: Names, outside: Outside = ALONE, path: str = "") -> None:
        self.source = source
        self.names = names
        self.outside = outside
        self.path = path
        self._known: dict[ast.expr, frozenset[Value]] = {}
        self._busy: set[ast.expr] = set()  # what is being found out
        self._ended: dict[ast.AST, tuple[Way, ...]] = {}
        self._following: set[ast.AST] = set()
        self._results: dict[ast.FunctionDef, list[ast.expr]] = {}

    # What an expression is.

    def of(self, node: ast.expr) -> frozenset[Value]:
        """Everything that ``node`` may be; `Kind.UNKNOWN` is among it where not all ways are in sight."""
        if node in self._known:
            return self._known[node]
        if node in self._busy:
            self.outside.circles += 1
            return frozenset()  # a value that is made from itself: the other ways say what it is
        circles = self.outside.circles
        self._busy.add(node)
        try:
            found = frozenset(value for way in self.ways(node) for value in way.home.ends(way))
        finally:
            self._busy.discard(node)
        if not self._busy or circles == self.outside.circles:  # else it may be half of the truth
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

    # The ways by which it may have come.

    def ways(self, node: ast.AST) -> tuple[Way, ...]:
        """The expressions that a value comes from in the end, each once."""
        if node in self._ended:
            return self._ended[node]
        if node in self._following:
            self.outside.circles += 1
            return ()
        if self.outside.nesting > _NESTED:
            return (Way(None, self),)
        if not self.outside.nesting:
            self.outside.steps = 0
        circles = self.outside.circles
        self._following.add(node)
        self.outside.nesting += 1
        try:
            found = self._followed(node)
        finally:
            self.outside.nesting -= 1
            self._following.discard(node)
        if circles == self.outside.circles or not self.outside.nesting:  # else it may be half of the truth
            self._ended[node] = found
        return found

    def _followed(self, node: ast.AST) -> tuple[Way, ...]:
        """What `ways` gives, found out."""
        waiting: list[Step] = [Step(self, node)]
        seen: set[tuple[ast.AST, bool]] = set()
        found: dict[tuple[ast.AST | None, str, bool], Way] = {}
        while waiting:
            step = waiting.pop()
            if (step.node, step.altered) in seen:
                continue
            seen.add((step.node, step.altered))
            self.outside.steps += 1
            if self.outside.steps > _FARTHEST or len(found) > _BROADEST:
                return (*found.values(), Way(None, self))
            for end in step.home._back(step.node):
                altered = step.altered or end.altered
                if isinstance(end, Step):
                    waiting.append(Step(end.home, end.node, altered))
                else:
                    found.setdefault((end.node, end.path, altered), replace(end, altered=altered))
        return tuple(found.values()) or (Way(None, self),)

    def _back(self, node: ast.AST) -> Iterator[Step | Way]:
        """One step back from an expression: to others, or to the end of a way."""
        match node:
            case ast.Name():
                yield from self._back_from_name(node)
            case ast.Attribute():
                yield from self._back_from_attribute(node)
            case ast.Subscript():
                yield from self._back_from_element(node.value, _constant_index(node.slice), node)
            case ast.IfExp(body=body, orelse=orelse):
                yield from (Step(self, body), Step(self, orelse))
            case ast.BoolOp(values=values):
                yield from (Step(self, value) for value in values)
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                yield Step(self, value)
            case ast.Call():
                yield from self._back_from_call(node)
            case _:
                yield Way(node, self)

    def _back_from_name(self, name: ast.Name) -> Iterator[Step | Way]:
        """Back along the bindings that a name may have where it is read."""
        bindings = self.names.live(name.id, name)
        if not bindings:
            yield from self._back_from_star(name.id, name)
        for binding in bindings:
            yield from self._back_from_binding(binding)

    def _back_from_star(self, name: str, node: ast.AST) -> Iterator[Step | Way]:
        """Back into the module of the program that a star import has brought a name from; else an end."""
        for module, _ in reversed(self.names.module.stars):
            home = self.outside.module(module, self)
            if home is not None and home.binds(name):
                yield from home.back_from_global(name)
                return
        yield Way(node, self)

    def binds(self, name: str) -> bool:
        """Whether the module has a name of its own, or one that a star may have brought."""
        return name in self.names.module.bindings or bool(self.names.of_module(name))

    def _back_from_binding(self, binding: Binding) -> Iterator[Step | Way]:
        """Back along one binding."""
        node = binding.node
        statement = self.source.parents.get(node)
        if isinstance(statement, ast.AugAssign):
            operands = [b.value for b in binding.scope.bindings[binding.name] if b.value is not None]
            yield from (Step(self, operand, True) for operand in (*operands, statement.value))
        elif binding.value is not None:
            yield Step(self, binding.value)
        elif binding.path is not None:
            yield from self._back_from_import(binding.path, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Way(node, self)
        elif isinstance(node, ast.arg):
            yield from self._back_from_parameter(node)
        elif isinstance(node, ast.NamedExpr):
            yield Step(self, node.value)
        else:
            yield from self._back_from_target(node)

    def _back_from_target(self, node: ast.AST) -> Iterator[Step | Way]:
        """Back from a name that a loop or an unpacking binds to the elements of what it goes over."""
        parent = self.source.parents.get(node)
        index: object = ...
        if isinstance(parent, ast.Tuple | ast.List):
            index, parent = parent.elts.index(node), self.source.parents.get(parent)  # type: ignore[arg-type]
        match parent:
            case ast.For(iter=rows) | ast.AsyncFor(iter=rows) | ast.comprehension(iter=rows):
                for step in self._back_from_element(rows, ..., rows):
                    if index is ... or isinstance(step, Way):
                        yield step
                    else:
                        yield from step.home._back_from_element(step.node, index, step.node)
            case ast.Assign(value=value) if index is not ...:
                yield from self._back_from_element(value, index, value)
            case _:
                yield Way(None, self)

    def _back_from_import(self, path: str, node: ast.AST) -> Iterator[Step | Way]:
        """Back into the module of the program that a name was imported from; a library's name is an end."""
        module, _, name = path.rpartition(".")
        if path.startswith(".") and not module.strip("."):
            module += "."  # `from . import name`: the package itself
        home = self.outside.module(module, self) if module else None
        if home is None or self.outside.module(path, self) is not None:
            yield Way(node, self, path=path)
        else:
            yield from home.back_from_global(name)

    def back_from_global(self, name: str) -> Iterator[Step | Way]:
        """Back along everything that a name of the module may be bound to when it has run."""
        bindings = self.names.module.bindings.get(name, [])
        if not bindings:
            yield from self._back_from_star(name, self.source.tree)
        for binding in bindings:
            yield from self._back_from_binding(binding)

    def _back_from_parameter(self, parameter: ast.arg) -> Iterator[Step | Way]:
        """Back to the default of a parameter, and to what the callers give."""
        arguments = self.source.parents.get(parameter)
        function = self.source.parents.get(arguments) if arguments is not None else None
        if not isinstance(function, FUNCTIONS):
            yield Way(None, self)
            return
        if (owner := self._class_of_self(function, parameter)) is not None:
            yield Way(owner, self, is_instance=True)
            return
        default = default_of(function, parameter.arg)
        if default is not None:
            yield Step(self, default)
        callers = self.outside.callers(function, self)
        for call, home in callers.calls:
            given = argument_of(function, parameter.arg, call, self.is_method(function))
            if given is not None:
                yield Step(home, given)
            elif default is None or _hides_arguments(call):
                yield Way(None, self)
        if not callers.closed:
            yield Way(None, self)

    def _back_from_attribute(self, node: ast.Attribute) -> Iterator[Step | Way]:
        """Back to what is assigned to an attribute: of a module, a class or an object of the program."""
        path = self.names.certain(node)
        if path is not None:
            yield from self._back_from_import(path, node)
            return
        assigned = self._attributes.get((self.class_of(node), ast.unparse(node)), [])
        yield from (Step(self, value) for value in assigned)
        if assigned:
            return
        known = False
        for owner in self.ways(node.value):
            home = self.outside.module(owner.path, owner.home) if owner.path else None
            if home is not None:
                known = True
                yield from home.back_from_global(node.attr)
            for other, kept in _kept_by(owner, node.attr):
                known = True
                yield Step(other, kept)
        if not known:
            yield Way(node, self)

    def kept_by_class(self, owner: ast.ClassDef, attribute: str) -> list[tuple[Values, ast.AST]]:
        """What a class of this file, or its objects, are in sight given as an attribute; bases come last."""
        own = self._in_classes.get((owner, attribute), [])
        own = [*own, *self._attributes.get((owner, f"self.{attribute}"), [])]
        if own:
            return [(self, value) for value in own]
        bases = [way for base in owner.bases for way in self.ways(base)]
        return [
            found
            for way in bases
            if isinstance(way.node, ast.ClassDef) and way.node is not owner
            for found in way.home.kept_by_class(way.node, attribute)
        ]

    def _back_from_element(self, base: ast.AST, index: object, node: ast.AST) -> Iterator[Step | Way]:
        """Back to one element of a collection, or to all of them where the index is not in sight (`...`)."""
        for way in self.ways(base):
            elements = _elements(way.node, index)
            if elements is None:
                yield Way(None if node is base else node, self)
                continue
            yield from (Step(way.home, element) for element in elements)
            if self.is_changed(base):
                yield Way(None, self)

    def _back_from_call(self, call: ast.Call) -> Iterator[Step | Way]:
        """Back into the functions of the program that are called, to what they return."""
        match call.func:
            case ast.Attribute(value=table, attr=method) if method in _READS and call.args:
                elements = list(self._back_from_element(table, _constant_index(call.args[0]), call))
                if all(isinstance(element, Step) for element in elements):
                    yield from elements
                    yield from (Step(self, default) for default in call.args[1:2])
                    return
        for callee in self.ways(call.func):
            function = callee.node
            if isinstance(function, ast.Lambda):
                yield Step(callee.home, function.body)
            elif isinstance(function, ast.FunctionDef) and not function.decorator_list:
                yield from callee.home._back_from_result(function)
            else:
                yield Way(call, self)

    def _back_from_result(self, function: ast.FunctionDef) -> Iterator[Step | Way]:
        """Back to what a function returns; nothing for a `return` without a value."""
        if function not in self._results:
            gives = not any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(function))
            self._results[function] = returned(function) if gives else []
        values = self._results[function]
        yield from (Step(self, value) for value in values)
        if not values:
            yield Way(None, self)

    # What a way's end is.

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
                yield self._named(way, node)
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
        if Kind.UNKNOWN in kinds:
            return Value(Kind.UNKNOWN, way)
        return Value(Kind.FLOAT if any(map(self.is_float, operands)) else Kind.NUMBER, way)

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

    def _named(self, way: Way, node: ast.Name | ast.Attribute) -> Value:
        """What a name is that leads out of the program, into a library."""
        path = self.names.certain(node)
        if path is None and isinstance(node, ast.Name) and not self.names.live(node.id, node):
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
        starred = [f"{module}.{name}" for module, _ in self.names.module.stars]
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

    # Questions that several rules have.

    def origins(self, rate: ast.expr) -> frozenset[Origin]:
        """Where a rate may come from; a function without parameters stands for what it gives."""
        found: set[Origin] = set()
        for value in self.of(rate):
            node = value.way.node
            if isinstance(node, ast.Lambda) and not _parameters(node):
                found |= value.way.home.origins(node.body)
            else:
                found.add(value.origin)
        return frozenset(found)

    def constant(self, node: ast.expr) -> object:
        """The number, string, flag or None that ``node`` certainly is; else ``...``."""
        return constant(self.names, node)

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
                return not self.names.live("float", node)
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

    def is_changed(self, node: ast.AST) -> bool:
        """Whether a collection that has a name is changed through it: `name.append(x)`, `name[0] = x`."""
        if not isinstance(node, ast.Name):
            return False
        return any(self._changes(load) for load in self.names.loads if load.id == node.id)

    def _changes(self, load: ast.Name) -> bool:
        """Whether a collection is changed where its name is read."""
        match self.source.parents[load]:
            case ast.Attribute(attr=method, ctx=ast.Load()):
                return method in _CHANGES
            case ast.Attribute() | ast.AugAssign():
                return True
            case ast.Subscript(ctx=context):
                return not isinstance(context, ast.Load)
        return False

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

    def switches(self, is_main: bool) -> frozenset[str]:
        """The functions called here that switch what the whole program computes with.

        What stands behind `if __name__ == "__main__"` counts where the file is the one that is started.
        """
        return self._main_switches if is_main else self._own_switches

    @cached_property
    def _main_switches(self) -> frozenset[str]:
        """All switches that are called."""
        return frozenset(name for name, _ in self._switch_calls())

    @cached_property
    def _own_switches(self) -> frozenset[str]:
        """The switches that are called when the file is imported, or by its functions."""
        return frozenset(name for name, call in self._switch_calls() if not self._is_of_main(call))

    def _switch_calls(self) -> Iterator[tuple[str, ast.Call]]:
        """The calls of functions that switch a mode, by their last names."""
        for name in SWITCHES:
            for node in self._by_name.get(name, []):
                parent = self.source.parents[node]
                if isinstance(parent, ast.Call) and parent.func is node:
                    yield name, parent

    def _is_of_main(self, node: ast.AST) -> bool:
        """Whether a node stands behind `if __name__ == "__main__"`."""
        return any(
            isinstance(outer, ast.If) and "__name__" in ast.unparse(outer.test)
            for outer in self.source.ancestors(node)
        )

    # Where things stand.

    @property
    def shown(self) -> str:
        """What the file is called in a sentence."""
        return self.path.replace("\\", "/").rpartition("/")[2]

    @property
    def attribute_names(self) -> set[str]:
        """What all attributes of the file are called."""
        return {node.attr for node in self.source.nodes(ast.Attribute)}

    def loads_of(self, name: str) -> list[ast.Name]:
        """Where a name is read, in whatever scope."""
        found = (node for node in self._by_name.get(name, []) if isinstance(node, ast.Name))
        return [node for node in found if isinstance(node.ctx, ast.Load)]

    def attributes_called(self, name: str) -> list[ast.Attribute]:
        """Where an attribute of that name is read, of whatever object."""
        found = (node for node in self._by_name.get(name, []) if isinstance(node, ast.Attribute))
        return [node for node in found if isinstance(node.ctx, ast.Load)]

    def _class_of_self(self, function: Function, parameter: ast.arg) -> ast.ClassDef | None:
        """The class whose object a parameter is: the first one of a method that is no static one."""
        owner = self.source.parents.get(function)
        if not isinstance(owner, ast.ClassDef) or isinstance(function, ast.Lambda) or function.decorator_list:
            return None
        return owner if _parameters(function)[:1] == [parameter] else None

    def family_of(self, made: ast.ClassDef) -> set[ast.AST]:
        """A class of this file and the classes of the program that it inherits from."""
        found: set[ast.AST] = set()
        waiting: list[tuple[Values, ast.ClassDef]] = [(self, made)]
        while waiting:
            home, node = waiting.pop()
            if node not in found:
                found.add(node)
                ways = (way for base in node.bases for way in home.ways(base))
                waiting += [(way.home, way.node) for way in ways if isinstance(way.node, ast.ClassDef)]
        return found

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class that a node stands in."""
        return next((outer for outer in self.source.ancestors(node) if isinstance(outer, ast.ClassDef)), None)

    def is_method(self, function: Function) -> bool:
        """Whether a function is called with an object before its arguments."""
        return isinstance(self.source.parents.get(function), ast.ClassDef)

    def local_callers(self, function: Function) -> Callers:
        """The calls of a function of this file in this file."""
        found = self.references(function, self)
        calls = tuple((call, self) for call in found.calls)
        return Callers(calls, bool(calls) and not found.escapes)

    def references(self, function: Function, home: Values) -> References:
        """Where this file names a function that is defined in ``home``."""
        name = getattr(function, "name", "")
        if not name:
            return References(escapes=True)
        calls, escapes = [], bool(self._by_text.get(name)) or bool(getattr(function, "decorator_list", []))
        for node in self.named_like(name):
            if not self._may_mean(node, function, home):
                continue
            parent = self.source.parents[node]
            if isinstance(parent, ast.Call) and parent.func is node:
                calls.append(parent)
            elif not isinstance(parent, ast.Expr):
                escapes = True
        return References(tuple(calls), escapes)

    def named_like(self, name: str) -> list[ast.Name | ast.Attribute]:
        """The reads of a name, of attributes called like it, and of what imports have made of it."""
        aliases = {
            alias.asname for alias in self.source.nodes(ast.alias) if alias.name == name and alias.asname
        }
        found = [node for alias in (name, *sorted(aliases)) for node in self._by_name.get(alias, [])]
        return [node for node in found if isinstance(node.ctx, ast.Load)]

    def _may_mean(self, node: ast.Name | ast.Attribute, function: Function, home: Values) -> bool:
        """Whether a name or an attribute is a function, or could be a method with its name."""
        if any(way.node is function for way in self.ways(node)):
            return True
        owner = home.source.parents.get(function)
        if not isinstance(node, ast.Attribute) or not isinstance(owner, ast.ClassDef):
            return False
        return any(self._may_have(way, owner, home) for way in self._receivers(node.value))

    def _receivers(self, node: ast.expr) -> tuple[Way, ...]:
        """The classes whose object may be the receiver of a method; `super()` is one of the class around."""
        match node:
            case ast.Call(func=ast.Name(id="super")) if (owner := self.class_of(node)) is not None:
                return (Way(owner, self, is_instance=True),)
        return self.ways(node)

    def _may_have(self, receiver: Way, owner: ast.ClassDef, home: Values) -> bool:
        """Whether an object may have a method of the class ``owner``: one of its family, or out of sight."""
        node, at = receiver.node, receiver.home
        if isinstance(node, ast.ClassDef):
            return owner in at.family_of(node) or node in home.family_of(owner)
        if isinstance(node, ast.Call):
            made = [way for way in at.ways(node.func) if isinstance(way.node, ast.ClassDef)]
            if made:
                return any(self._may_have(way, owner, home) for way in made)
        return any(value.kind is Kind.UNKNOWN for value in at.ends(receiver))

    @cached_property
    def _by_name(self) -> dict[str, list[ast.Name | ast.Attribute]]:
        """The names and attributes of the file by what they are called."""
        found: dict[str, list[ast.Name | ast.Attribute]] = {}
        for name in self.source.nodes(ast.Name):
            found.setdefault(name.id, []).append(name)
        for attribute in self.source.nodes(ast.Attribute):
            found.setdefault(attribute.attr, []).append(attribute)
        return found

    @cached_property
    def _by_text(self) -> dict[str, list[ast.Constant]]:
        """The strings of the file that could be names."""
        found: dict[str, list[ast.Constant]] = {}
        for node in self.source.nodes(ast.Constant):
            if isinstance(node.value, str) and node.value.isidentifier():
                found.setdefault(node.value, []).append(node)
        return found

    def forget(self) -> None:
        """Forget what was found out: the next file's questions must not depend on those of the last one."""
        self._known.clear()
        self._ended.clear()

    def close(self) -> None:
        """Forget everything; scopes and values know each other, and would keep the tree in memory."""
        self.forget()
        self._results.clear()
        self.names.close()

    @cached_property
    def _attributes(self) -> dict[tuple[ast.AST | None, str], list[ast.expr]]:
        """The values that the file assigns to attributes, by the class around it and their text."""
        found: dict[tuple[ast.AST | None, str], list[ast.expr]] = {}
        for target, value in self.source.assignments():
            if isinstance(target, ast.Attribute):
                found.setdefault((self.class_of(target), ast.unparse(target)), []).append(value)
        return found

    @cached_property
    def _in_classes(self) -> dict[tuple[ast.AST, str], list[ast.AST]]:
        """The values and the methods that the bodies of classes give to names."""
        found: dict[tuple[ast.AST, str], list[ast.AST]] = {}
        for scope in self.names.scopes:
            if scope.is_class:
                for name, bindings in scope.bindings.items():
                    methods = [b.node for b in bindings if isinstance(b.node, ast.FunctionDef)]
                    values = [b.value for b in bindings if b.value is not None]
                    found[scope.node, name] = [*values, *methods]
        return found


def _kept_by(owner: Way, attribute: str) -> list[tuple[Values, ast.AST]]:
    """What a class of the program, or an object of it, is in sight given as an attribute."""
    node, home = owner.node, owner.home
    classes = home.ways(node.func) if isinstance(node, ast.Call) else (owner,)
    return [
        found
        for made in classes
        if isinstance(made.node, ast.ClassDef)
        for found in made.home.kept_by_class(made.node, attribute)
    ]


def _of_library(path: str, way: Way) -> Value:
    """What a qualified name of a library is."""
    return Value(stands_for(path), way, path, makes=given_by(path))


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


def _parameters(function: Function) -> list[ast.arg]:
    """The positional parameters of a function."""
    return [*function.args.posonlyargs, *function.args.args]


def _hides_arguments(call: ast.Call) -> bool:
    """Whether a call gives arguments that cannot be seen."""
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    return starred or any(keyword.arg is None for keyword in call.keywords)


def _constant_index(node: ast.expr) -> object:
    """The literal index or key of an element; ``...`` where it is none."""
    return node.value if isinstance(node, ast.Constant) else ...


def _elements(node: ast.AST | None, index: object) -> list[ast.expr] | None:
    """The elements of a literal with an index, or all where it is ``...``; None where they are unseen."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            if any(isinstance(element, ast.Starred) for element in elements):
                return None
            if isinstance(index, int) and -len(elements) <= index < len(elements):
                return [elements[index]]
            return elements if index is ... else None
        case ast.Dict(keys=keys, values=values):
            if None in keys:
                return None
            if index is ...:
                return values
            hits = [v for k, v in zip(keys, values, strict=True) if _constant_index(k) == index]  # type: ignore[arg-type]
            return hits[-1:] or None
    return None
