"""The ways by which a value may have come, back to the expressions that it comes from in the end.

Follows names, attributes, elements, choices, defaults, arguments, results; asks `Outside` about other files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lrmigrate.analysis.asked import Answer
from lrmigrate.analysis.outside import ALONE, Calls, Outside, Step, Way
from lrmigrate.analysis.parameters import argument_of, default_of, hides_arguments, is_static, returned
from lrmigrate.analysis.places import Places, is_super
from lrmigrate.analysis.scopes import FUNCTIONS, Binding, Names
from lrmigrate.analysis.syntax import Source

if TYPE_CHECKING:
    from lrmigrate.analysis.values import Values

_BROADEST = 64  # ways; a value that has more is as good as unknown
_BEHIND = 3  # functions that return what others return
_READS = frozenset({"get", "pop", "setdefault"})  # methods of a dictionary that give an element


class Ways(Places):
    """The ways of the values of one file."""

    def __init__(self, source: Source, names: Names, outside: Outside = ALONE, path: str = "") -> None:
        super().__init__(source, names, path)
        self.outside = outside
        self._ended: dict[ast.AST, Answer] = {}
        self._following: set[ast.AST] = set()
        self._going_back: set[str] = set()  # names of the module
        self._results: dict[ast.FunctionDef, list[ast.expr]] = {}

    @property
    def _here(self) -> Values:
        """The file as others ask it."""
        return cast("Values", self)

    def forget(self) -> None:
        """Forget what was found out: the next file's questions must not depend on those of the last one."""
        self._ended.clear()

    def close(self) -> None:
        """Forget everything; scopes and values know each other, and would keep the tree in memory."""
        self.forget()
        self._results.clear()
        self.names.close()

    def ways(self, node: ast.AST) -> tuple[Way, ...]:
        """The expressions that a value comes from in the end, each once."""
        asked = self.outside.asked
        if node in self._ended:
            return asked.again(node, self._ended[node]) or (Way(None, self._here),)
        if node in self._following:
            asked.gaps += 1
            return ()
        if asked.is_too_deep:
            asked.gaps += 1
            return (Way(None, self._here),)
        before = asked.begin()
        self._following.add(node)
        found: tuple[Way, ...] = ()
        try:
            found = self._followed(node)
        finally:
            self._following.discard(node)
            answer = asked.end(node, found, before)
        if answer is not None:
            self._ended[node] = answer
        return found

    def _followed(self, node: ast.AST) -> tuple[Way, ...]:
        """What `ways` gives, found out."""
        waiting: list[Step] = [Step(self._here, node)]
        seen: set[tuple[ast.AST, bool]] = set()
        found: dict[tuple[ast.AST | None, str, bool], Way] = {}
        while waiting:
            step = waiting.pop()
            if (step.node, step.altered) in seen:
                continue
            seen.add((step.node, step.altered))
            if not self.outside.asked.step() or len(found) > _BROADEST:
                return (*found.values(), Way(None, self._here))
            for end in step.home._back(step.node):
                altered = step.altered or end.altered
                if isinstance(end, Step):
                    waiting.append(Step(end.home, end.node, altered))
                else:
                    found.setdefault((end.node, end.path, altered), replace(end, altered=altered))
        return tuple(found.values()) or (Way(None, self._here),)

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
                yield from (Step(self._here, body), Step(self._here, orelse))
            case ast.BoolOp(values=values):
                yield from (Step(self._here, value) for value in values)
            case ast.NamedExpr(value=value) | ast.Starred(value=value):
                yield Step(self._here, value)
            case ast.Call():
                yield from self._back_from_call(node)
            case _:
                yield Way(node, self._here)

    def _back_from_name(self, name: ast.Name) -> Iterator[Step | Way]:
        """Back along the bindings that a name may have where it is read."""
        bindings = self.names.live(name.id, name)
        if not bindings:
            yield from self._back_from_star(name.id, name)
        for binding in bindings:
            yield from self._back_from_binding(binding)
        if bindings and bindings[0].scope is self.names.module and any(b.value is not None for b in bindings):
            yield from self._set_elsewhere(name.id)

    def _set_elsewhere(self, name: str) -> Iterator[Step | Way]:
        """Back to what other files assign to a name of this module: `module.name = value`."""
        for home, target, value in self.outside.global_stores(name, self._here):
            modules = (path for path in home.names.resolve(target.value) if path)
            if any(self.outside.module(path, home) is self for path in modules):
                yield Way(None, self._here) if value is None else Step(home, value)

    def _back_from_star(self, name: str, node: ast.AST) -> Iterator[Step | Way]:
        """Back into the module of the program that a star import has brought a name from; else an end."""
        for module, _ in reversed(self.names.module.stars):
            home = self.outside.module(module, self._here)
            if home is not None and home.binds(name):
                yield from home.back_from_global(name)
                return
        yield Way(node, self._here)

    def binds(self, name: str) -> bool:
        """Whether the module has a name of its own, or one that a star may have brought."""
        return name in self.names.module.bindings or bool(self.names.of_module(name))

    def binds_at(self, name: str, node: ast.expr) -> bool:
        """Whether a builtin's name means something else where ``node`` stands: bound here, or by a star."""
        if self.names.live(name, node):
            return True
        homes = (self.outside.module(module, self._here) for module, _ in self.names.module.stars)
        return any(home is not None and home.binds(name) for home in homes)

    def stars_with(self, name: str, asked: frozenset[int] = frozenset()) -> list[str]:
        """The modules of star imports that may have brought a name: libraries, or those that have it."""
        found = []
        for module, _ in self.names.module.stars:
            home = self.outside.module(module, self._here)
            if home is not None and name not in home.names.module.bindings:
                if id(home) in asked or not home.stars_with(name, asked | {id(home)}):
                    continue  # it has no such name
            found.append(module)
        return found

    def _back_from_binding(self, binding: Binding) -> Iterator[Step | Way]:
        """Back along one binding."""
        node = binding.node
        statement = self.source.parents.get(node)
        if isinstance(statement, ast.AugAssign):
            operands = [b.value for b in binding.scope.bindings[binding.name] if b.value is not None]
            yield from (Step(self._here, operand, True) for operand in (*operands, statement.value))
        elif binding.value is not None:
            yield Step(self._here, binding.value)
        elif binding.path is not None:
            yield from self._back_from_import(binding.path, node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Way(node, self._here)
        elif isinstance(node, ast.arg):
            yield from self._back_from_parameter(node)
        elif isinstance(node, ast.NamedExpr):
            yield Step(self._here, node.value)
        else:
            yield from self._back_from_target(node)

    def _back_from_target(self, node: ast.AST) -> Iterator[Step | Way]:
        """Back from a name that a loop or an unpacking binds to the elements of what it goes over."""
        indices: list[object] = []
        parent = self.source.parents.get(node)
        while isinstance(parent, ast.Tuple | ast.List):
            indices.insert(0, parent.elts.index(node))  # type: ignore[arg-type]
            node, parent = parent, self.source.parents.get(parent)
        match parent:
            case ast.For(iter=rows) | ast.AsyncFor(iter=rows) | ast.comprehension(iter=rows):
                inner = self._gone_over(rows, indices[0] if indices else ...)
                steps = self._back_from_element(inner or rows, ..., inner or rows)
                yield from _parts(steps, indices[1:] if inner is not None else indices)
            case ast.Assign(value=value) if indices:
                yield from _parts(self._back_from_element(value, indices[0], value), indices[1:])
            case _:
                yield Way(None, self._here)

    def _gone_over(self, rows: ast.expr, index: object) -> ast.expr | None:
        """The collection whose elements a loop gives a name: `for key, name in table.items()`."""
        match rows:
            case ast.Call(func=ast.Attribute(value=table, attr="values"), args=[], keywords=[]) if (
                index is ...
            ):
                return table
            case ast.Call(func=ast.Attribute(value=table, attr="items"), args=[], keywords=[]) if index == 1:
                return table
            case ast.Call(func=ast.Name(id="enumerate" as name), args=[inner, *_]) if index == 1:
                return None if self.names.live(name, rows) else inner
            case ast.Call(func=ast.Name(id="zip" as name), args=several) if isinstance(index, int):
                hidden = any(isinstance(one, ast.Starred) for one in several) or self.names.live(name, rows)
                return several[index] if not hidden and index < len(several) else None
        return None

    def _back_from_import(self, path: str, node: ast.AST) -> Iterator[Step | Way]:
        """Back into the module of the program that a name was imported from; a library's name is an end."""
        module, _, name = path.rpartition(".")
        if path.startswith(".") and not module.strip("."):
            module += "."  # `from . import name`: the package itself
        home = self.outside.module(module, self._here) if module else None
        if home is None and self.outside.owns(path, self._here):
            yield Way(None, self._here)  # deep in a module of the program
        elif home is None or self.outside.module(path, self._here) is not None:
            yield Way(node, self._here, path=path)
        else:
            yield from home.back_from_global(name)

    def back_from_global(self, name: str) -> Iterator[Step | Way]:
        """Back along everything that a name of the module may be bound to when it has run.

        Two modules that take it from each other have it from nowhere.
        """
        if name in self._going_back:
            self.outside.asked.gaps += 1
            return
        self._going_back.add(name)
        try:
            bindings = self.names.module.bindings.get(name, [])
            if not bindings:
                yield from self._back_from_star(name, self.source.tree)
            for binding in bindings:
                yield from self._back_from_binding(binding)
            if any(binding.value is not None for binding in bindings):
                yield from self._set_elsewhere(name)
        finally:
            self._going_back.discard(name)

    def _back_from_parameter(self, parameter: ast.arg) -> Iterator[Step | Way]:
        """Back to the default of a parameter, and to what the callers give."""
        arguments = self.source.parents.get(parameter)
        function = self.source.parents.get(arguments) if arguments is not None else None
        if not isinstance(function, FUNCTIONS):
            yield Way(None, self._here)
            return
        if (owner := self.class_of_self(function, parameter)) is not None:
            yield Way(owner, self._here, is_instance=True)
            return
        default = default_of(function, parameter.arg)
        if default is not None:
            yield Step(self._here, default)
        callers = self.outside.callers(function, self._here)
        for call, home in callers.calls:
            is_bound = self.is_method(function) and not is_static(function)
            given = argument_of(function, parameter.arg, call, is_bound)
            if given is not None:
                yield Step(home, given)
            elif default is None or hides_arguments(call):
                yield Way(None, self._here)
        if not callers.closed:
            yield Way(None, self._here)

    def _back_from_attribute(self, node: ast.Attribute) -> Iterator[Step | Way]:
        """Back to what is assigned to an attribute: of a module, a class or an object of the program."""
        path = self.names.certain(node)
        if path is not None:
            yield from self._back_from_import(path, node)
            return
        if is_super(node.value):
            yield from self._back_from_super(node)
            return
        assigned = self.assigned_attributes.get((self.class_of(node), ast.unparse(node)), [])
        yield from (Step(self._here, value) for value in assigned)
        yield from self._stored_elsewhere(node)
        yield from self._of_family(node)
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
            yield Way(node, self._here)

    def _back_from_super(self, node: ast.Attribute) -> Iterator[Step | Way]:
        """Back to what the bases of the class around keep under a name; of several any may come first."""
        owner = self.class_of(node)
        bases = [way for base in owner.bases for way in self.ways(base)] if owner else []
        kept = [
            found
            for way in bases
            if isinstance(way.node, ast.ClassDef)
            for found in way.home.kept_by_class(way.node, node.attr)
        ]
        yield from (Step(home, value) for home, value in kept)
        if not kept or len(bases) > 1:
            yield Way(node, self._here)

    def _stored_elsewhere(self, node: ast.Attribute) -> Iterator[Step | Way]:
        """Back to what is assigned to an attribute of the same object by another name for that."""
        classes = self.classes_of(node.value)
        if not classes:
            return
        text, around = ast.unparse(node), self.class_of(node)
        for home, target, value in self.outside.attribute_stores(node.attr, self._here):
            if home is self and ast.unparse(target) == text and self.class_of(target) is around:
                continue
            if _are_related(classes, home.classes_of(target.value)):
                yield Way(None, self._here) if value is None else Step(home, value)

    def _of_family(self, node: ast.Attribute) -> Iterator[Step | Way]:
        """Back to what classes that inherit from that of `self` give its attribute, and to its bases."""
        if not isinstance(node.value, ast.Name):
            return
        for owner in self.ways(node.value):
            if owner.is_instance and isinstance(owner.node, ast.ClassDef):
                heirs = owner.home.outside.heirs(owner.node, owner.home)
                if heirs is None:
                    yield Way(None, self._here)
                for home, heir in heirs or ():
                    yield from (Step(home, value) for value in home.own_attribute(heir, node.attr))
                for base in owner.home.bases_of(owner.node):
                    assigned = base.home.assigned_attributes.get((base.node, f"self.{node.attr}"), [])
                    yield from (Step(base.home, value) for value in assigned)

    def own_attribute(self, owner: ast.ClassDef, attribute: str) -> list[ast.AST]:
        """What a class of this file gives an attribute of its objects, those of its bases apart."""
        assigned = self.assigned_attributes.get((owner, f"self.{attribute}"), [])
        return [*self.in_classes.get((owner, attribute), []), *assigned]

    def bases_of(self, made: ast.ClassDef) -> list[Way]:
        """The classes of the program that a class of this file inherits from."""
        found: list[Way] = []
        waiting = [Way(made, self._here)]
        while waiting:
            way = waiting.pop()
            if isinstance(way.node, ast.ClassDef) and all(way.node is not one.node for one in found):
                found.append(way)
                waiting += [base for node in way.node.bases for base in way.home.ways(node)]
        return found[1:]

    def heirs_here(self, owner: ast.ClassDef) -> list[ast.ClassDef]:
        """The classes of this file that name a class of the program among their bases."""
        return [
            made
            for made in self.source.nodes(ast.ClassDef)
            if any(way.node is owner for base in made.bases for way in self.ways(base))
        ]

    def classes_of(self, node: ast.expr) -> list[tuple[Values, ast.ClassDef]]:
        """The classes of the program that an object may be of, or that an expression may be."""
        found: list[tuple[Values, ast.ClassDef]] = []
        for way in self.ways(node):
            made = way.home.ways(way.node.func) if isinstance(way.node, ast.Call) else (way,)
            found += [(end.home, end.node) for end in made if isinstance(end.node, ast.ClassDef)]
        return found

    def kept_by_class(self, owner: ast.ClassDef, attribute: str) -> list[tuple[Values, ast.AST]]:
        """What a class of this file, or its objects, are in sight given as an attribute; bases come last."""
        own = self.own_attribute(owner, attribute)
        if own:
            return [(self._here, value) for value in own]
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
            elements = _elements(way.home._written_out(way.node), index)
            if elements is None:
                yield Way(None if node is base else node, self._here)
                continue
            yield from (Step(way.home, element) for element in elements)
            yield from self._changed(base, index)
            if way.home._is_changed_elsewhere(way.node):
                yield Way(None, self._here)

    def _changed(self, base: ast.AST, index: object) -> Iterator[Step | Way]:
        """Back to what this file puts into a collection later on."""
        changes = self.changes_of(base)
        put = self._put_into(base.id, ...) if changes and isinstance(base, ast.Name) else []
        if put and isinstance(base, ast.Name):
            yield from (Step(self._here, value) for value in self._put_into(base.id, index))
            if any(binding.value is None for binding in self.names.live(base.id, base)):
                put = []
        if len(changes) > len(put) or self._is_handed_on(base):
            yield Way(None, self._here)

    def _is_handed_on(self, box: ast.AST) -> bool:
        """Whether a collection goes by its name to where it could be changed: another name, a function."""
        if not isinstance(box, ast.Name):
            return False
        for load in self.loads_of(box.id):
            match self.source.parents[load]:
                case ast.Assign(value=value) | ast.AnnAssign(value=value) if value is load:
                    return True
                case ast.Call(func=func) if func is not load and self._may_be_own(func):
                    return True
        return False

    def _may_be_own(self, function: ast.expr) -> bool:
        """Whether a function is one of the program, as far as its name tells."""
        if not isinstance(function, ast.Name):
            return False
        return any(isinstance(b.node, ast.FunctionDef) for b in self.names.live(function.id, function))

    def _is_changed_elsewhere(self, box: ast.AST | None) -> bool:
        """Whether another file changes a collection that this one keeps as a name of the module."""
        name = (
            self.names.alias_target(box) if isinstance(box, ast.expr) and box in self.source.parents else None
        )
        if name is None or self.source.parents[self.source.statement(name)] is not self.source.tree:
            return False
        takers = self.outside.takes_of_global(name.id, self._here) or ()
        return any(home.changes(node) for home, node in takers)

    def _written_out(self, node: ast.AST | None) -> ast.AST | None:
        """`dict(sgd=SGD)` as the display that it is the same as; any other node itself."""
        match node:
            case ast.Call(func=ast.Name(id="dict" as name), args=[], keywords=given) if given:
                keys: list[ast.expr | None] = [ast.Constant(k.arg) if k.arg else None for k in given]
                return node if self.names.live(name, node) else ast.Dict(keys, [k.value for k in given])
        return node

    def _put_into(self, box: str, index: object) -> list[ast.expr]:
        """The values that this file puts into a collection of that name: `table["sgd"] = SGD`."""
        return [
            value
            for target, value in self.source.assignments()
            if isinstance(target, ast.Subscript) and getattr(target.value, "id", "") == box
            if index is ... or _constant_index(target.slice) in (index, ...)
        ]

    def _back_from_call(self, call: ast.Call) -> Iterator[Step | Way]:
        """Back into the functions of the program that are called, to what they return."""
        match call.func:
            case ast.Name(id="max" | "min" as name) if len(call.args) > 1 and not self.names.live(name, call):
                yield from (Step(self._here, argument) for argument in call.args)  # one of them
                return
            case ast.Attribute(value=table, attr=method) if method in _READS and call.args:
                elements = list(self._back_from_element(table, _constant_index(call.args[0]), call))
                if all(isinstance(element, Step) for element in elements):
                    yield from elements
                    yield from (Step(self._here, default) for default in call.args[1:2])
                    return
        for callee in self.ways(call.func):
            function = callee.node
            if isinstance(function, ast.Lambda):
                yield Step(callee.home, function.body)
            elif isinstance(function, ast.FunctionDef) and not function.decorator_list:
                yield from callee.home._back_from_result(function)
            else:
                yield Way(call, self._here)

    def calls_behind(self, node: ast.expr, depth: int = 0) -> dict[ast.AST, list[Calls]]:
        """The functions of the program that can have made a value just now, with the calls that led there.

        `m` in `m = make()` comes from that call, whoever else calls `make`; the innermost call comes first.
        None at all where not all of these calls are in sight.
        """
        found: dict[ast.AST, list[Calls]] = {}
        for home, call in self._made_at(node, depth) or ():
            for function, calls in home._made_by(call, depth):
                if calls not in found.setdefault(function, []):
                    found[function].append(calls)
        return found

    def _made_at(self, node: ast.expr, depth: int) -> list[tuple[Values, ast.Call]] | None:
        """The calls that can have given a value, back through names and parameters; None for others."""
        if isinstance(node, ast.Call):
            return [(self._here, node)]
        bindings = self.names.live(node.id, node) if isinstance(node, ast.Name) else []
        found: list[tuple[Values, ast.Call]] = []
        for binding in bindings:
            made: list[tuple[Values, ast.Call]] | None = None
            if isinstance(binding.value, ast.Call):
                made = [(self._here, binding.value)]
            elif isinstance(binding.node, ast.arg) and depth < _BEHIND:
                made = self._made_for(binding.node, depth + 1)
            if made is None:
                return None
            found += made
        return found or None

    def _made_for(self, parameter: ast.arg, depth: int) -> list[tuple[Values, ast.Call]] | None:
        """The calls that can have given what a parameter is, where all callers are in sight."""
        function = self.source.parents.get(self.source.parents[parameter])
        if not isinstance(function, FUNCTIONS):
            return None
        callers = self.outside.callers(function, self._here)
        found: list[tuple[Values, ast.Call]] = []
        for call, home in callers.calls:
            given = argument_of(function, parameter.arg, call, self.is_method(function))
            made = home._made_at(given, depth) if given is not None else None
            if made is None:
                return None
            found += made
        return found if callers.closed else None

    def _made_by(self, call: ast.Call, depth: int) -> Iterator[tuple[ast.AST, Calls]]:
        """The functions that one call may get its value from, with the calls that lead there."""
        for callee in self.ways(call.func):
            if callee.node is None:
                continue
            yield callee.node, ((call, self._here),)
            if isinstance(callee.node, ast.FunctionDef) and depth < _BEHIND:
                for value in returned(callee.node):
                    for function, chains in callee.home.calls_behind(value, depth + 1).items():
                        yield from ((function, (*calls, (call, self._here))) for calls in chains)

    def _back_from_result(self, function: ast.FunctionDef) -> Iterator[Step | Way]:
        """Back to what a function returns; nothing for a `return` without a value."""
        if function not in self._results:
            gives = not any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(function))
            self._results[function] = returned(function) if gives else []
        values = self._results[function]
        yield from (Step(self._here, value) for value in values)
        if not values:
            yield Way(None, self._here)

    def family_of(self, made: ast.ClassDef) -> set[ast.AST]:
        """A class of this file and the classes of the program that it inherits from."""
        return {made, *(base.node for base in self.bases_of(made) if base.node is not None)}


def _parts(steps: Iterator[Step | Way], indices: list[object]) -> Iterator[Step | Way]:
    """The elements of elements: `name` of `for key, (name, value) in pairs`."""
    for step in steps:
        if not indices or isinstance(step, Way):
            yield step
        else:
            yield from _parts(step.home._back_from_element(step.node, indices[0], step.node), indices[1:])


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


def _are_related(some: list[tuple[Values, ast.ClassDef]], others: list[tuple[Values, ast.ClassDef]]) -> bool:
    """Whether two objects may be the same: a class of one is a class of the other, or inherits from it."""
    return any(
        one in other_home.family_of(other) or other in home.family_of(one)
        for home, one in some
        for other_home, other in others
    )


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
