"""Where an optimizer goes: whether all that becomes of it is in the files that were read.

What the program's own files do with a rate is found by looking for it; here it only matters whether the
optimizer, or a model that trains with it, reaches code that nobody has looked at, which could set its rate.
"""

from __future__ import annotations

import ast
import builtins

from lrmigrate.analysis.library import FIT_METHODS, Kind, cannot_set_rates, given_by, is_tensorflow
from lrmigrate.analysis.parameters import default_of
from lrmigrate.analysis.scopes import FUNCTIONS, Binding, Function
from lrmigrate.analysis.values import Value, Values

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


class _Walk:
    """One walk along everything that becomes of an object; raises Leak."""

    def __init__(self, start: Values) -> None:
        self.start = start
        self.seen: set[ast.AST] = set()

    def place(self, home: Values, node: ast.AST) -> str:
        """`line 12`, with the file's name where it is another one."""
        line = getattr(node, "lineno", 0)
        if home is self.start:
            return f"line {line}"
        cell, line = home.source.place(line)
        return f"{home.shown}{cell} line {line}"

    def follow(self, home: Values, node: ast.AST) -> None:
        """Follow an object from an expression that gives it to whatever takes that."""
        if node in self.seen:
            return
        if len(self.seen) > _MOST:
            raise Leak("it goes to more places than can be followed")
        self.seen.add(node)
        parent = home.source.parents[node]
        match parent:
            case ast.Assign(targets=targets):
                for target in targets:
                    self.into(home, target)
            case ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                self.into(home, target)
                if isinstance(parent, ast.NamedExpr):
                    self.follow(home, parent)
            case ast.AugAssign(target=target):
                self.into(home, target)
            case ast.Call():
                if parent.func is not node:
                    self.given(home, parent, node, "")
            case ast.keyword(arg=name):
                call = home.source.parents[parent]
                if isinstance(call, ast.Call):
                    self.given(home, call, node, name or "**")
            case ast.Attribute():
                self.attribute(home, parent)
            case ast.Subscript(value=value):
                if value is node:
                    self.follow(home, parent)
            case ast.For(iter=rows, target=target) | ast.comprehension(iter=rows, target=target):
                if rows is node:
                    self.into(home, target)
            case ast.Return():
                self.returned(home, parent)
            case ast.Lambda() | ast.Yield() | ast.YieldFrom() | ast.Await():
                raise Leak(f"{self.place(home, node)} puts it where it cannot be followed")
            case ast.withitem(optional_vars=ast.expr() as target):
                self.into(home, target)
            case ast.arguments():
                self.default(home, parent, node)
            case ast.IfExp(test=test) if test is node:
                pass
            case ast.expr() | ast.Starred() if not isinstance(parent, _HARMLESS):
                self.follow(home, parent)  # a choice, or a collection that holds it
            case _ if not isinstance(parent, (*_HARMLESS, ast.withitem, ast.expr)):
                raise Leak(f"{self.place(home, node)} does with it what cannot be followed")

    def into(self, home: Values, target: ast.expr) -> None:
        """Follow an object that is put into a name, an attribute or a collection."""
        match target:
            case ast.Name():
                self.name(home, target)
            case ast.Attribute(attr=attribute):
                for other, read in home.outside.attribute_reads(attribute, home):
                    if not _are_strangers(home, target, other, read):
                        self.follow(other, read)
            case ast.Subscript(value=box):
                self.holder(home, box)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for part in targets:
                    self.into(home, part)
            case ast.Starred(value=inner):
                self.into(home, inner)

    def name(self, home: Values, name: ast.Name) -> None:
        """Follow an object to everywhere that a name is read which it was given."""
        owner = home.names.scope_of[home.source.statement(name)].owner(name.id)
        for load in home.loads_of(name.id):
            if home.names.scope_of[load].owner(name.id) is owner:
                self.follow(home, load)
        if owner is home.names.module:
            taken = home.outside.takes_of_global(name.id, home)
            if taken is None:
                raise Leak(f"`{name.id}` can be imported by code that was not read")
            for other, read in taken:
                self.follow(other, read)

    def holder(self, home: Values, box: ast.expr) -> None:
        """Follow what an object was put into: a list, a dictionary, or the model that trains with it."""
        if isinstance(box, ast.Name):
            self.name(home, box)
        elif isinstance(box, ast.Attribute):
            self.into(home, box)
        for way in home.ways(box):
            if way.node is None:
                raise Leak(
                    f"`{ast.unparse(box)}` in {self.place(home, box)} was made out of sight, and may be "
                    "shared"
                )
            if isinstance(way.node, ast.expr) and way.node in way.home.source.parents:
                self.follow(way.home, way.node)

    def attribute(self, home: Values, node: ast.Attribute) -> None:
        """Follow an object where an attribute of it is used, or one of its methods called."""
        call = home.source.parents[node]
        if not (isinstance(call, ast.Call) and call.func is node):
            if node.attr in ("optimizer", "model", "__dict__"):
                self.follow(home, node)
            return
        if node.attr in FIT_METHODS:
            self.callbacks(home, call)
        elif node.attr in _GIVES_ELEMENTS:
            self.follow(home, call)

    def callbacks(self, home: Values, fit: ast.Call) -> None:
        """What a training is given besides its data must have been read, too: it gets the model."""
        given = [keyword.value for keyword in fit.keywords if keyword.arg == "callbacks"]
        given += fit.args[_CALLBACKS_POSITION : _CALLBACKS_POSITION + 1]
        for node in given:
            for value in home.each(node):
                if value.kind in (Kind.UNKNOWN, Kind.FOREIGN) and not value.is_own:
                    raise Leak(f"{self.place(home, node)} gives `fit` a callback whose code was not read")

    def given(self, home: Values, call: ast.Call, node: ast.AST, keyword: str) -> None:
        """Follow an object that a call gets as an argument."""
        if isinstance(call.func, ast.Attribute) and self.kept(home, call.func):
            return
        for callee in home.of(call.func):
            self.to_callee(home, call, node, keyword, callee)

    def kept(self, home: Values, func: ast.Attribute) -> bool:
        """Follow an object into what keeps it: a model that is compiled with it, a list that it joins."""
        if func.attr != "compile" and func.attr not in _TAKES_ELEMENTS:
            return False
        if any(value.is_own for value in home.of(func)):
            return False  # a method of the program's own
        self.holder(home, func.value)
        return True

    def to_callee(self, home: Values, call: ast.Call, node: ast.AST, keyword: str, callee: Value) -> None:
        """Follow an object into one function that it may be given to."""
        way = callee.way
        if isinstance(way.node, FUNCTIONS):
            self.parameter(way.home, way.node, call, node, keyword)
        elif isinstance(way.node, ast.ClassDef):
            self.constructor(way.home, way.node, call, node, keyword)
        elif callee.path in _BOXES or given_by(callee.path) in (Kind.OPTIMIZER, Kind.MODEL):
            self.follow(home, call)
        elif is_tensorflow(callee.path):
            if "ptimizer" in callee.path.rpartition(".")[2]:  # one that wraps another one
                self.follow(home, call)
        elif not (hasattr(builtins, callee.path) or cannot_set_rates(callee.path)):
            told = f"`{ast.unparse(call.func)}`"
            raise Leak(f"{self.place(home, call)} passes it to {told}, whose code was not read")

    def constructor(
        self, home: Values, made: ast.ClassDef, call: ast.Call, node: ast.AST, keyword: str
    ) -> None:
        """Follow an object into the constructor of a class of the program."""
        for other, method in home.kept_by_class(made, "__init__"):
            if isinstance(method, ast.FunctionDef):
                self.parameter(other, method, call, node, keyword)
                return
        if not any(is_tensorflow(value.path) for base in made.bases for value in home.of(base)):
            raise Leak(f"what `{made.name}` does with it was not read")

    def parameter(
        self, home: Values, function: Function, call: ast.Call, node: ast.AST, keyword: str
    ) -> None:
        """Follow an object to where a function reads the parameter that it was given as."""
        name = _parameter(function, call, node, keyword, home.is_method(function))
        if name is None:
            raise Leak(f"which parameter of `{getattr(function, 'name', 'a lambda')}` it is cannot be told")
        scope = next((s for s in home.names.scopes if s.node is function), None)
        for binding in scope.bindings.get(name, []) if scope else ():
            self.binding(home, binding)

    def binding(self, home: Values, binding: Binding) -> None:
        """Follow an object to everywhere that a name is read in the scope that binds it."""
        for load in home.loads_of(binding.name):
            if home.names.scope_of[load].owner(binding.name) is binding.scope:
                self.follow(home, load)

    def default(self, home: Values, arguments: ast.arguments, node: ast.AST) -> None:
        """Follow an object that is the default of a parameter."""
        function = home.source.parents[arguments]
        for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if isinstance(function, FUNCTIONS) and default_of(function, parameter.arg) is node:
                scope = next((s for s in home.names.scopes if s.node is function), None)
                for binding in scope.bindings.get(parameter.arg, []) if scope else ():
                    self.binding(home, binding)

    def returned(self, home: Values, statement: ast.Return) -> None:
        """Follow an object to the callers of the function that returns it."""
        function = next((f for f in home.source.ancestors(statement) if isinstance(f, FUNCTIONS)), None)
        if not isinstance(function, ast.FunctionDef):
            raise Leak(f"{self.place(home, statement)} puts it where it cannot be followed")
        callers = home.outside.callers(function, home)
        if not callers.calls:
            raise Leak(f"`{function.name}` returns it, and nothing that was read calls `{function.name}`")
        if not callers.closed:
            raise Leak(
                f"`{function.name}` returns it, and code that was not read may call `{function.name}`, too"
            )
        for call, other in callers.calls:
            self.follow(other, call)


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


def _parameter(
    function: Function, call: ast.Call, node: ast.AST, keyword: str, is_method: bool
) -> str | None:
    """The parameter that an argument goes to; the name of `*args` or `**kwargs` where these take it."""
    arguments = function.args
    named = [p.arg for p in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    if keyword:
        if keyword in named:
            return keyword
        return arguments.kwarg.arg if arguments.kwarg and keyword != "**" else None
    positional = [p.arg for p in (*arguments.posonlyargs, *arguments.args)][is_method:]
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    index = call.args.index(node)  # type: ignore[arg-type]
    if index < len(positional):
        return positional[index]
    return arguments.vararg.arg if arguments.vararg else None
