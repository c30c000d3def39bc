"""Where an optimizer goes: whether all that becomes of it is in the files that were read.

What the program's own files do with a rate is found by looking for it; here it only matters whether the
optimizer, or a model that trains with it, reaches code that nobody has looked at, which could set its rate.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from lrmigrate.analysis.library import FIT_METHODS, Kind, given_by, is_tensorflow
from lrmigrate.analysis.outside import Calls, Way
from lrmigrate.analysis.parameters import default_of
from lrmigrate.analysis.scopes import FUNCTIONS, Function, Scope
from lrmigrate.analysis.values import Value, Values
from lrmigrate.catalog.others import cannot_set_rates

_MOST = 2000  # uses that are looked at; who hands an optimizer on more often is as good as out of sight
_CALLBACKS_POSITION = 5  # x, y, batch_size, epochs, verbose
_BOXES = frozenset({"list", "tuple", "dict", "set", "zip", "enumerate", "sorted", "reversed", "iter", "next"})
_GIVES_ELEMENTS = frozenset({"get", "pop", "values", "items", "copy", "setdefault", "popitem"})
_TAKES_ELEMENTS = frozenset({"append", "insert", "extend", "add", "update", "setdefault"})
_HARMLESS = (
    *(ast.Expr, ast.Compare, ast.FormattedValue, ast.Assert, ast.If, ast.While, ast.Delete, ast.UnaryOp),
    ast.Raise,
)


class Leak(Exception):
    """The place where an optimizer leaves what was read. A clause."""


def leak(home: Values, optimizer: ast.expr) -> str:
    """Where an optimizer leaves what was read: a clause that says who could set its rate; "" for nowhere."""
    try:
        _Walk(home).follow(home, optimizer)
    except Leak as found:
        return str(found)
    return ""


_DEEPEST = 4  # calls that are remembered; the callers of what lies farther out are all followed


class _Walk:
    """One walk along everything that becomes of an object; raises Leak.

    ``entered`` are the calls by which it came into the function that is looked at, the innermost first: what
    that returns goes back to them. Where there are none, it goes to all that call the function.
    """

    def __init__(self, start: Values) -> None:
        self.start = start
        self.seen: set[tuple[ast.AST, Calls]] = set()

    def place(self, home: Values, node: ast.AST) -> str:
        """`line 12`, with the file's name where it is another one."""
        line = getattr(node, "lineno", 0)
        if home is self.start:
            return f"line {line}"
        cell, line = home.source.place(line)
        return f"{home.shown}{cell} line {line}"

    def follow(self, home: Values, node: ast.AST, entered: Calls = ()) -> None:
        """Follow an object from an expression that gives it to whatever takes that."""
        if (node, entered) in self.seen:
            return
        if len(self.seen) > _MOST:
            raise Leak("it goes to more places than can be followed")
        self.seen.add((node, entered))
        parent = home.source.parents[node]
        match parent:
            case ast.Assign(targets=targets):
                for target in targets:
                    self.into(home, target, entered)
            case ast.Tuple() | ast.List() if (place := _place_of(home, parent, node)) is not None:
                self.into(home, place, entered)
            case ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                self.into(home, target, entered)
                if isinstance(parent, ast.NamedExpr):
                    self.follow(home, parent, entered)
            case ast.AugAssign(target=target):
                self.into(home, target, entered)
            case ast.Call():
                if parent.func is not node:
                    self.given(home, parent, node, "", entered)
            case ast.keyword(arg=name):
                call = home.source.parents[parent]
                if isinstance(call, ast.Call):
                    self.given(home, call, node, name or "**", entered)
            case ast.Attribute():
                self.attribute(home, parent, entered)
            case ast.Subscript(value=value):
                if value is node:
                    self.follow(home, parent, entered)
            case ast.For(iter=rows, target=target) | ast.comprehension(iter=rows, target=target):
                if rows is node:
                    self.into(home, target, entered)
            case ast.Return():
                self.returned(home, parent, entered)
            case ast.Lambda() | ast.Yield() | ast.YieldFrom() | ast.Await():
                raise Leak(f"{self.place(home, node)} puts it where it cannot be followed")
            case ast.withitem(optional_vars=ast.expr() as target):
                self.into(home, target, entered)
            case ast.arguments():
                self.default(home, parent, node)
            case ast.IfExp(test=test) if test is node:
                pass
            case ast.expr() | ast.Starred() if not isinstance(parent, _HARMLESS):
                self.follow(home, parent, entered)  # a choice, or a collection that holds it
            case _ if not isinstance(parent, (*_HARMLESS, ast.withitem, ast.expr)):
                raise Leak(f"{self.place(home, node)} does with it what cannot be followed")

    def into(self, home: Values, target: ast.expr, entered: Calls) -> None:
        """Follow an object that is put into a name, an attribute or a collection."""
        match target:
            case ast.Name():
                self.name(home, target, entered)
            case ast.Attribute(attr=attribute):
                for other, read in home.outside.attribute_reads(attribute, home):
                    if not _are_strangers(home, target, other, read):
                        self.follow(other, read)
            case ast.Subscript(value=box):
                self.holder(home, box, entered)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for part in targets:
                    self.into(home, part, entered)
            case ast.Starred(value=inner):
                self.into(home, inner, entered)

    def name(self, home: Values, name: ast.Name, entered: Calls) -> None:
        """Follow an object to everywhere that a name is read which it was given."""
        scope = home.names.scope_of[home.source.statement(name)]
        owner = scope.owner(name.id)
        self.loads(home, name.id, owner, entered if scope is owner else ())
        if owner is home.names.module:
            taken = home.outside.takes_of_global(name.id, home)
            if taken is None:
                raise Leak(f"`{name.id}` can be imported by code that was not read")
            for other, read in taken:
                self.follow(other, read)

    def loads(self, home: Values, name: str, owner: Scope | None, entered: Calls) -> None:
        """Follow an object to everywhere that a name of one scope is read: in that call, or any other."""
        for load in home.loads_of(name):
            scope = home.names.scope_of[load]
            if scope.owner(name) is owner:
                self.follow(home, load, entered if scope is owner else ())

    def holder(self, home: Values, box: ast.expr, entered: Calls) -> None:
        """Follow what an object was put into: a list, a dictionary, or the model that trains with it."""
        if isinstance(box, ast.Name):
            self.name(home, box, entered)
        elif isinstance(box, ast.Attribute):
            self.into(home, box, entered)
        if _is_namespace(box):
            raise Leak(
                f"{self.place(home, box)} puts it into `{ast.unparse(box)}`, where it goes by any name"
            )
        calls = home.calls_behind(box)
        for way in home.ways(box):
            if way.node is None:
                raise Leak(
                    f"`{ast.unparse(box)}` in {self.place(home, box)} was made out of sight, and may be "
                    "shared"
                )
            self.check_fresh(way)
            if isinstance(way.node, ast.expr) and way.node in way.home.source.parents:
                made_in = way.home.source.function_around(way.node)
                by = (*calls[made_in], *entered)[:_DEEPEST] if made_in in calls else ()
                self.follow(way.home, way.node, by)

    def check_fresh(self, way: Way) -> None:
        """Whether a call made something of its own; raises Leak where it may hand out the same again."""
        if not isinstance(way.node, ast.Call):
            return
        for callee in way.home.ways(way.node.func):
            function = callee.node
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):  # one that cannot be followed
                raise Leak(
                    f"{self.place(way.home, way.node)} has it from `{function.name}`, which may hand out the "
                    "same one again"
                )

    def attribute(self, home: Values, node: ast.Attribute, entered: Calls) -> None:
        """Follow an object where an attribute of it is used, or one of its methods called."""
        call = home.source.parents[node]
        if not (isinstance(call, ast.Call) and call.func is node):
            if node.attr in ("optimizer", "model", "__dict__"):
                self.follow(home, node, entered)
            return
        if node.attr in FIT_METHODS:
            self.callbacks(home, call)
        elif node.attr in _GIVES_ELEMENTS:
            self.follow(home, call, entered)

    def callbacks(self, home: Values, fit: ast.Call) -> None:
        """What a training is given besides its data must have been read, too: it gets the model."""
        given = [keyword.value for keyword in fit.keywords if keyword.arg == "callbacks"]
        given += fit.args[_CALLBACKS_POSITION : _CALLBACKS_POSITION + 1]
        for node in given:
            for value in home.each(node):
                if value.kind in (Kind.UNKNOWN, Kind.FOREIGN) and not value.is_own:
                    raise Leak(f"{self.place(home, node)} gives `fit` a callback whose code was not read")

    def given(self, home: Values, call: ast.Call, node: ast.AST, keyword: str, entered: Calls) -> None:
        """Follow an object that a call gets as an argument."""
        if isinstance(call.func, ast.Attribute) and self.kept(home, call.func, entered):
            return
        for callee in home.of(call.func):
            self.to_callee(home, _Passed(call, node, keyword, entered), callee)

    def kept(self, home: Values, func: ast.Attribute, entered: Calls) -> bool:
        """Follow an object into what keeps it: a model that is compiled with it, a list that it joins."""
        if func.attr != "compile" and func.attr not in _TAKES_ELEMENTS:
            return False
        if any(value.is_own for value in home.of(func)):
            return False  # a method of the program's own
        self.holder(home, func.value, entered)
        return True

    def to_callee(self, home: Values, passed: _Passed, callee: Value) -> None:
        """Follow an object into one function that it may be given to."""
        way, call = callee.way, passed.call
        if callee.path == "setattr" and passed.node in call.args[2:]:
            self.put_by_name(home, call)
        if isinstance(way.node, FUNCTIONS):
            self.parameter(way.home, way.node, passed, home)
        elif isinstance(way.node, ast.ClassDef):
            self.constructor(way.home, way.node, passed, home)
        elif callee.path in _BOXES or given_by(callee.path) in (Kind.OPTIMIZER, Kind.MODEL):
            self.follow(home, call, passed.entered)
        elif is_tensorflow(callee.path):
            if "ptimizer" in callee.path.rpartition(".")[2]:  # one that wraps another one
                self.follow(home, call, passed.entered)
        elif not (hasattr(builtins, callee.path) or cannot_set_rates(callee.path)):
            told = f"`{ast.unparse(call.func)}`"
            raise Leak(f"{self.place(home, call)} passes it to {told}, whose code was not read")

    def put_by_name(self, home: Values, call: ast.Call) -> None:
        """Follow an object that `setattr` puts into an attribute."""
        name = home.constant(call.args[1])
        if not isinstance(name, str):
            raise Leak(f"{self.place(home, call)} gives it to an attribute whose name is not in sight")
        for other, read in home.outside.attribute_reads(name, home):
            self.follow(other, read)

    def constructor(self, home: Values, made: ast.ClassDef, passed: _Passed, caller: Values) -> None:
        """Follow an object into the constructor of a class of the program."""
        for other, method in home.kept_by_class(made, "__init__"):
            if isinstance(method, ast.FunctionDef):
                self.parameter(other, method, passed, caller)
                return
        if not any(is_tensorflow(value.path) for base in made.bases for value in home.of(base)):
            raise Leak(f"what `{made.name}` does with it was not read")

    def parameter(self, home: Values, function: Function, passed: _Passed, caller: Values) -> None:
        """Follow an object to where a function reads the parameter that it was given as."""
        name = _parameter(function, passed, home.is_method(function))
        if name is None:
            raise Leak(f"which parameter of `{getattr(function, 'name', 'a lambda')}` it is cannot be told")
        scope = next((s for s in home.names.scopes if s.node is function), None)
        if scope is not None and name in scope.bindings:
            self.loads(home, name, scope, ((passed.call, caller), *passed.entered)[:_DEEPEST])

    def default(self, home: Values, arguments: ast.arguments, node: ast.AST) -> None:
        """Follow an object that is the default of a parameter."""
        function = home.source.parents[arguments]
        for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if isinstance(function, FUNCTIONS) and default_of(function, parameter.arg) is node:
                scope = next((s for s in home.names.scopes if s.node is function), None)
                self.loads(home, parameter.arg, scope, ())

    def returned(self, home: Values, statement: ast.Return, entered: Calls) -> None:
        """Follow an object to the callers of the function that returns it."""
        function = home.source.function_around(statement)
        if not isinstance(function, ast.FunctionDef):
            raise Leak(f"{self.place(home, statement)} puts it where it cannot be followed")
        if _is_property(function):
            for other, read in home.outside.attribute_reads(function.name, home):
                self.follow(other, read)
            return
        if entered:
            (call, caller), *farther = entered
            self.follow(caller, call, tuple(farther))
            return
        callers = home.outside.callers(function, home)
        if not callers.calls:
            raise Leak(f"`{function.name}` returns it, and nothing that was read calls `{function.name}`")
        if not callers.closed:
            raise Leak(
                f"`{function.name}` returns it, and code that was not read may call `{function.name}`, too"
            )
        for call, other in callers.calls:
            self.follow(other, call)


@dataclass(frozen=True, eq=False)
class _Passed:
    """An object that a call gets as an argument, by its position or as ``keyword``."""

    call: ast.Call
    node: ast.AST
    keyword: str
    entered: Calls


def _place_of(home: Values, values: ast.Tuple | ast.List, node: ast.AST) -> ast.expr | None:
    """What `a, b = x, y` puts one of its values into; None for anything else."""
    match home.source.parents[values]:
        case ast.Assign(targets=[ast.Tuple(elts=targets) | ast.List(elts=targets)]):
            spread = any(isinstance(part, ast.Starred) for part in (*targets, *values.elts))
            if len(targets) == len(values.elts) and not spread:
                return targets[values.elts.index(node)]  # type: ignore[arg-type]
    return None


def _is_namespace(box: ast.expr) -> bool:
    """Whether an expression is the dictionary of names of a module or an object."""
    match box:
        case ast.Call(func=ast.Name(id="globals" | "locals" | "vars")) | ast.Attribute(attr="__dict__"):
            return True
    return False


def _is_property(function: ast.FunctionDef) -> bool:
    """Whether a method is read as an attribute is: decorated as property, or one that is kept."""
    decorators = map(ast.unparse, function.decorator_list)
    return any(name.rpartition(".")[2] in ("property", "cached_property") for name in decorators)


def _are_strangers(home: Values, target: ast.Attribute, other: Values, read: ast.Attribute) -> bool:
    """Whether two attributes of `self` belong to classes that have nothing to do with each other."""
    if not (_is_of_self(target) and _is_of_self(read)):
        return False
    one, another = home.class_of(target), other.class_of(read)
    if one is None or another is None or one is another:
        return False
    return one not in other.family_of(another) and another not in home.family_of(one)


def _is_of_self(node: ast.Attribute) -> bool:
    """Whether an attribute is one of `self`."""
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _parameter(function: Function, passed: _Passed, is_method: bool) -> str | None:
    """The parameter that an argument goes to; the name of `*args` or `**kwargs` where these take it."""
    arguments, call, keyword = function.args, passed.call, passed.keyword
    named = [p.arg for p in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    if keyword:
        if keyword in named:
            return keyword
        return arguments.kwarg.arg if arguments.kwarg and keyword != "**" else None
    positional = [p.arg for p in (*arguments.posonlyargs, *arguments.args)][is_method:]
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    index = call.args.index(passed.node)  # type: ignore[arg-type]
    if index < len(positional):
        return positional[index]
    return arguments.vararg.arg if arguments.vararg else None
