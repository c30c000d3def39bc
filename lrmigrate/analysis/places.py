"""Where things stand in one file: names and attributes by what they are called, classes, mode switches."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from lrmigrate.analysis.parameters import parameters
from lrmigrate.analysis.scopes import Function, Names
from lrmigrate.analysis.summary import SWITCHES
from lrmigrate.analysis.syntax import Source

_OPPOSITES = {
    "enable_eager_execution": "disable_eager_execution",
    "enable_v2_behavior": "disable_v2_behavior",
    "disable_eager_execution": "enable_eager_execution",
    "disable_v2_behavior": "enable_v2_behavior",
}
_CHANGES = frozenset(
    [
        *("append", "extend", "insert", "update", "setdefault", "pop", "popitem", "remove", "clear"),
        *("sort", "reverse"),
    ]
)


class Places:
    """The places of one file, which has a ``path`` where it is part of a program."""

    def __init__(self, source: Source, names: Names, path: str = "") -> None:
        self.source = source
        self.names = names
        self.path = path

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
        found = (node for node in self.by_name.get(name, []) if isinstance(node, ast.Name))
        return [node for node in found if isinstance(node.ctx, ast.Load)]

    def attributes_called(self, name: str) -> list[ast.Attribute]:
        """Where an attribute of that name is read, of whatever object."""
        found = (node for node in self.by_name.get(name, []) if isinstance(node, ast.Attribute))
        return [node for node in found if isinstance(node.ctx, ast.Load)]

    def named_like(self, name: str) -> list[ast.Name | ast.Attribute]:
        """The reads of a name, of attributes called like it, and of what imports have made of it."""
        aliases = {
            alias.asname for alias in self.source.nodes(ast.alias) if alias.name == name and alias.asname
        }
        found = [node for alias in (name, *sorted(aliases)) for node in self.by_name.get(alias, [])]
        return [node for node in found if isinstance(node.ctx, ast.Load)]

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class that a node stands in."""
        return next((outer for outer in self.source.ancestors(node) if isinstance(outer, ast.ClassDef)), None)

    def is_method(self, function: Function) -> bool:
        """Whether a function is called with an object before its arguments."""
        return isinstance(self.source.parents.get(function), ast.ClassDef)

    def class_of_self(self, function: Function, parameter: ast.arg) -> ast.ClassDef | None:
        """The class whose object a parameter is: the first one of a method that is no static one."""
        owner = self.source.parents.get(function)
        if not isinstance(owner, ast.ClassDef) or isinstance(function, ast.Lambda) or function.decorator_list:
            return None
        return owner if parameters(function)[:1] == [parameter] else None

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

    def _switch_calls(self) -> Iterator[tuple[str, ast.expr]]:
        """The calls of functions that switch a mode, by their last names.

        One that is only named may be called or not, which is as if its opposite were called, too.
        """
        for name in SWITCHES:
            for node in self.named_like(name):
                yield name, node
                parent = self.source.parents[node]
                if not (isinstance(parent, ast.Call) and parent.func is node) and name in _OPPOSITES:
                    yield _OPPOSITES[name], node
            for text in self.by_text.get(name, []):
                match self.source.parents[text]:
                    case ast.Call(func=ast.Name(id="getattr")):
                        yield name, text
                        if name in _OPPOSITES:
                            yield _OPPOSITES[name], text

    def _is_of_main(self, node: ast.AST) -> bool:
        """Whether a node stands behind `if __name__ == "__main__"`."""
        return any(
            isinstance(outer, ast.If) and "__name__" in ast.unparse(outer.test)
            for outer in self.source.ancestors(node)
        )

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

    @cached_property
    def by_name(self) -> dict[str, list[ast.Name | ast.Attribute]]:
        """The names and attributes of the file by what they are called."""
        found: dict[str, list[ast.Name | ast.Attribute]] = {}
        for name in self.source.nodes(ast.Name):
            found.setdefault(name.id, []).append(name)
        for attribute in self.source.nodes(ast.Attribute):
            found.setdefault(attribute.attr, []).append(attribute)
        return found

    @cached_property
    def by_text(self) -> dict[str, list[ast.Constant]]:
        """The strings of the file that could be names."""
        found: dict[str, list[ast.Constant]] = {}
        for node in self.source.nodes(ast.Constant):
            if isinstance(node.value, str) and node.value.isidentifier():
                found.setdefault(node.value, []).append(node)
        return found

    @cached_property
    def assigned_attributes(self) -> dict[tuple[ast.AST | None, str], list[ast.expr]]:
        """The values that the file assigns to attributes, by the class around it and their text."""
        found: dict[tuple[ast.AST | None, str], list[ast.expr]] = {}
        for target, value in self.source.assignments():
            if isinstance(target, ast.Attribute):
                found.setdefault((self.class_of(target), ast.unparse(target)), []).append(value)
        return found

    @cached_property
    def stored_attributes(self) -> dict[str, list[tuple[ast.Attribute, ast.expr | None]]]:
        """What is assigned to attributes of others than `self`, by name; None where it is not in sight."""
        found: dict[str, list[tuple[ast.Attribute, ast.expr | None]]] = {}
        values = dict(self.source.assignments())
        for node in self.source.nodes(ast.Attribute):
            of_self = isinstance(node.value, ast.Name) and node.value.id == "self"
            if isinstance(node.ctx, ast.Store) and not of_self:
                found.setdefault(node.attr, []).append((node, values.get(node)))
        return found

    @cached_property
    def in_classes(self) -> dict[tuple[ast.AST, str], list[ast.AST]]:
        """The values and the methods that the bodies of classes give to names."""
        found: dict[tuple[ast.AST, str], list[ast.AST]] = {}
        for scope in self.names.scopes:
            if scope.is_class:
                for name, bindings in scope.bindings.items():
                    methods = [b.node for b in bindings if isinstance(b.node, ast.FunctionDef)]
                    values = [b.value for b in bindings if b.value is not None]
                    found[scope.node, name] = [*values, *methods]
        return found


def is_super(node: ast.expr) -> bool:
    """Whether an expression is `super()`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
