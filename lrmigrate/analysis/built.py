"""Calls that build a Keras optimizer whose class has come a long way: which it may be, and what it is given.

By a table, a choice, a parameter, `functools.partial`, a base class, a function that hands its arguments on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from lrmigrate import catalog
from lrmigrate.analysis.library import Kind
from lrmigrate.analysis.parameters import argument_of, is_static, parameters
from lrmigrate.analysis.scopes import Function, attribute_by_name
from lrmigrate.analysis.sites import Site
from lrmigrate.analysis.values import Value, Values
from lrmigrate.catalog.schema import Optimizer

PARTIAL = "functools.partial"
_DEEPEST = 8  # functions that hand arguments on to each other
_TELLING = frozenset({"lr", "decay", "schedule_decay", "epsilon", "learning_rate", None})
_MANY = 3  # positional arguments: their order has changed


@dataclass(frozen=True, eq=False)
class Candidate:
    """A class that a call may build an object of, and the call as that class gets it."""

    path: str
    given: ast.Call


@dataclass(eq=False)
class Built:
    """What one call may build. ``others`` are clauses on what that is besides Keras's own optimizers."""

    call: ast.Call
    home: Values
    candidates: list[Candidate] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    by_name: str = ""  # what names the class, where that can be any

    def sites(self) -> Iterator[Site]:
        """The call as a site of each class."""
        table = catalog.legacy_names()
        for found in self.candidates:
            row = table[found.path]
            yield Site(row, found.path, self.call.func, self.call, reached=found.given, is_indirect=True)

    def other(self, clause: str) -> None:
        """Note something else that the call may build."""
        if clause not in self.others:
            self.others.append(clause)

    def add(self, path: str, given: ast.Call) -> None:
        """Note a class of Keras's."""
        seen = ((found.path, ast.dump(found.given)) for found in self.candidates)
        if (path, ast.dump(given)) not in seen:
            self.candidates.append(Candidate(path, given))


def built_by(values: Values, call: ast.Call) -> Built | None:
    """What a call builds, whose callee is no plain name of a class; None where that is no optimizer."""
    if not _is_telling(call) or _is_plain(values, call):
        return None
    built = Built(call, values)
    _called(values, call, built, 0)
    return built if built.candidates else None


def is_constructor(call: ast.Call) -> bool:
    """Whether a call is that of a base's constructor: `super().__init__(...)`, `SGD.__init__(self, ...)`."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "__init__"


def is_partial(values: Values, call: ast.Call) -> bool:
    """Whether a call is `functools.partial(...)`."""
    return bool(call.args) and values.names.certain(call.func) == PARTIAL


def _is_telling(call: ast.Call) -> bool:
    """Whether Keras 3 may take the arguments of a call for others."""
    if _is_configured(call):
        return True
    return len(call.args) >= _MANY or any(keyword.arg in _TELLING for keyword in call.keywords)


def _is_configured(call: ast.Call) -> bool:
    """Whether a call is `SGD.from_config(config)`, which is `SGD(**config)`."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "from_config" and len(call.args) == 1


def _is_plain(values: Values, call: ast.Call) -> bool:
    """Whether imports lead from the callee to a name of a library, which other questions are about."""
    is_called = isinstance(call.func, ast.Name | ast.Attribute)
    if not is_called or is_constructor(call) or _is_configured(call):
        return False
    found = values.names.resolve(call.func)
    return PARTIAL not in found and None not in found and not _are_optimizers(found)


def _are_optimizers(paths: frozenset[str | None]) -> bool:
    """Whether several names are those of Keras optimizers."""
    table = catalog.legacy_names()
    rows = [table[path].row for path in paths if path in table]
    return len(paths) > 1 and len(rows) == len(paths) and all(isinstance(row, Optimizer) for row in rows)


def _called(home: Values, call: ast.Call, built: Built, depth: int) -> None:
    """Add what a call builds, with the arguments that it has."""
    if is_constructor(call):
        _constructor(home, call, built, depth)
    elif _is_configured(call) and isinstance(call.func, ast.Attribute):
        config = ast.Call(call.func, [], [ast.keyword(None, call.args[0])])
        _given_to(home, call.func.value, config, built, depth)
    elif is_partial(home, call):
        _given_to(home, call.args[0], _without_first(call), built, depth)
    else:
        _given_to(home, call.func, call, built, depth)


def _constructor(home: Values, call: ast.Call, built: Built, depth: int) -> None:
    """`super().__init__(...)` and `SGD.__init__(self, ...)`."""
    assert isinstance(call.func, ast.Attribute)
    match call.func.value:
        case ast.Call(func=ast.Name(id="super")):
            owner = home.class_of(call.func)
            if owner is not None:
                _of_bases(home, owner, call, built, depth)
        case owner if call.args:
            _given_to(home, owner, _without_first(call), built, depth)


def _without_first(call: ast.Call) -> ast.Call:
    """A call without its first argument, which is not the optimizer's."""
    return ast.Call(call.func, call.args[1:], call.keywords)


def _given_to(home: Values, callee: ast.expr, given: ast.Call, built: Built, depth: int) -> None:
    """Add what is built where some arguments are given to what an expression may be."""
    for value in home.of(callee):
        if value.constant is not None:  # None cannot be called
            _to(value, given, built, depth)


def _to(value: Value, given: ast.Call, built: Built, depth: int) -> None:
    """Add what is built where some arguments are given to a class or a function."""
    node, home = value.way.node, value.way.home
    if value.path in catalog.legacy_names() and value.kind is Kind.OPTIMIZER_CLASS:
        built.add(value.path, given)
    elif depth > _DEEPEST:
        built.other("something that too many functions hand on")
    elif isinstance(node, ast.ClassDef):
        _of_class(home, node, given, built, depth + 1)
    elif isinstance(node, ast.FunctionDef | ast.Lambda):
        _handed_on(home, node, given, built, depth + 1)
    elif isinstance(node, ast.Call) and is_partial(home, node):
        whole = ast.Call(node.func, [*node.args[1:], *given.args], [*given.keywords, *_left(node, given)])
        hidden = len(node.args) > 1 and given.args
        _given_to(home, node.args[0], given if hidden else whole, built, depth + 1)
    elif not _by_name(value, given, built):
        built.other("something that is not in sight")


def _by_name(value: Value, given: ast.Call, built: Built) -> bool:
    """Whether a class of a module of Keras is asked for by its name, in sight or not; adds what is built."""
    asked = attribute_by_name(value.way.node) if isinstance(value.way.node, ast.expr) else None
    home = value.way.home
    modules = [path for path in home.names.resolve(asked[1]) if path] if asked else []
    if asked is None or not any(f"{module}.SGD" in catalog.legacy_names() for module in modules):
        return False
    named = home.constants(asked[2])
    if not named:
        built.by_name = ast.unparse(asked[2])
    for module in modules:
        for name in named or ("SGD",):
            path = f"{module}.{name}"
            is_known = path in catalog.legacy_names() and not catalog.legacy_names()[path].alias
            built.add(path, given) if is_known else built.other(f"`{path}`")
    return True


def _left(partial: ast.Call, given: ast.Call) -> list[ast.keyword]:
    """The keywords of a partial that a call of it does not give anew."""
    names = {keyword.arg for keyword in given.keywords}
    return [keyword for keyword in partial.keywords if keyword.arg not in names]


def _of_class(home: Values, made: ast.ClassDef, given: ast.Call, built: Built, depth: int) -> None:
    """Add what a class of the program hands its arguments to."""
    if made.keywords or made.decorator_list or home.in_classes.get((made, "__new__")):
        built.other(f"`{made.name}`, which is made in a way of its own")
        return
    for constructor in home.in_classes.get((made, "__init__"), []):
        if isinstance(constructor, ast.FunctionDef):
            _handed_on(home, constructor, given, built, depth)
            return
    _of_bases(home, made, given, built, depth)


def _of_bases(home: Values, made: ast.ClassDef, given: ast.Call, built: Built, depth: int) -> None:
    """Add what the constructor of a class's base makes of some arguments."""
    if len(made.bases) != 1:
        if any(value.kind is Kind.OPTIMIZER_CLASS for base in made.bases for value in home.of(base)):
            built.other(f"another one of the bases of `{made.name}`")
        for base in made.bases if len(made.bases) > 1 else ():
            _given_to(home, base, given, built, depth)
        return
    _given_to(home, made.bases[0], given, built, depth)


def _handed_on(home: Values, function: Function, given: ast.Call, built: Built, depth: int) -> None:
    """Add what a function builds of the arguments that it has no parameter for, and hands on as they are."""
    inner, is_all = _taker(home, function)
    name = getattr(function, "name", "a function")
    own = {argument.arg for argument in (*parameters(function), *function.args.kwonlyargs)}
    keywords = [keyword for keyword in given.keywords if keyword.arg not in own]
    if inner is None or not any(keyword.arg in _TELLING for keyword in keywords):
        built.other(f"what `{name}` makes of its own parameters")
        return
    if not is_all:
        built.other(f"what `{name}` makes of its arguments besides")
    kept = [keyword for keyword in inner.keywords if keyword.arg is not None]
    handed = ast.Call(inner.func, _arguments(home, function, given, inner), [*keywords, *kept])
    made_of = _argument(home, function, given, inner.func)
    if made_of is not None and made_of in built.home.source.parents:
        _given_to(built.home, made_of, handed, built, depth)
    else:
        _called(home, handed, built, depth)


def _argument(home: Values, function: Function, given: ast.Call, callee: ast.expr) -> ast.expr | None:
    """What a call gives the parameter that its function calls in turn: `SGD` in `make(SGD, lr=0.1)`."""
    if not isinstance(callee, ast.Name) or not _is_of(home, callee, function):
        return None
    if len(home.names.live(callee.id, callee)) != 1:
        return None  # it is given another value
    is_bound = home.is_method(function) and not is_static(function)
    return argument_of(function, callee.id, given, is_bound)


def _arguments(home: Values, function: Function, given: ast.Call, inner: ast.Call) -> list[ast.expr]:
    """The positional arguments of a call within a function, with what `*args` of that stands for."""
    several = function.args.vararg
    taken = len(parameters(function)) - (home.is_method(function) and not is_static(function))
    found: list[ast.expr] = []
    for argument in inner.args:
        match argument:
            case ast.Starred(value=ast.Name(id=name)) if several is not None and name == several.arg:
                found += given.args[taken:]
            case _:
                found.append(argument)
    return found


def _taker(home: Values, function: Function) -> tuple[ast.Call | None, bool]:
    """The first call that a function hands its `**kwargs` on to, and whether that is all it does."""
    several = function.args.kwarg
    loads = home.loads_of(several.arg) if several is not None else []
    stars = [(load, home.source.parents[load]) for load in loads if _is_of(home, load, function)]
    calls = [
        home.source.parents[star] for _, star in stars if isinstance(star, ast.keyword) and star.arg is None
    ]
    is_all = len(stars) == 1 and not getattr(function, "decorator_list", [])
    return next((call for call in calls if isinstance(call, ast.Call)), None), is_all


def _is_of(home: Values, load: ast.Name, function: Function) -> bool:
    """Whether a name is read that a function binds."""
    owner = home.names.scope_of[load].owner(load.id)
    return owner is not None and owner.node is function


Uses: TypeAlias = "list[tuple[Values, ast.Call]]"


def uses_of(values: Values, call: ast.Call, depth: int = 0) -> tuple[Uses, bool]:
    """The calls that give the objects which a call sets up, each with its file; and whether they are all.

    That is the call itself, but for a partial, and for the constructor of a base.
    """
    if is_constructor(call):
        return _constructions(values, call, depth)
    return _calls_of(values, call) if is_partial(values, call) else ([(values, call)], True)


def _constructions(values: Values, call: ast.Call, depth: int) -> tuple[Uses, bool]:
    """Where objects of a class are made, or of its heirs, whose constructor calls that of a base."""
    function = values.source.function_around(call)
    if not isinstance(function, ast.FunctionDef) or depth > _DEEPEST:
        return [], False
    callers = values.outside.callers(function, values)
    found: Uses = []
    closed = callers.closed
    for one, home in callers.calls:
        uses, is_all = uses_of(home, one, depth + 1)
        found += uses
        closed = closed and is_all
    return found, closed


def _calls_of(values: Values, call: ast.Call) -> tuple[Uses, bool]:
    """Where a partial is called."""
    parent = values.source.parents[call]
    if isinstance(parent, ast.Call) and parent.func is call:
        return [(values, parent)], True
    name = values.names.alias_target(call)
    if name is None:
        return [], False
    loads = values.loads_of(name.id)
    parents = [(load, values.source.parents[load]) for load in loads]
    calls = [(values, one) for load, one in parents if isinstance(one, ast.Call) and one.func is load]
    is_global = values.names.scope_of[values.source.statement(call)] is values.names.module
    elsewhere = values.outside.takes_of_global(name.id, values) if is_global else []
    return calls, len(calls) == len(loads) and elsewhere == []
