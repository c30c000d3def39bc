"""What `**options` holds in a call: the keywords, as far as they are in sight."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from lrmigrate.analysis.parameters import parameters
from lrmigrate.analysis.scopes import FUNCTIONS, Function
from lrmigrate.analysis.values import Values

_DEEPEST = 8  # functions that hand their `**options` on to each other


@dataclass
class Unpacked:
    """The keys of a dictionary with what is written for them, and whether there may be others."""

    keys: dict[str, list[ast.expr]] = field(default_factory=dict)
    closed: bool = True

    def add(self, key: object, node: ast.expr) -> None:
        """Note one entry."""
        if isinstance(key, str):
            self.keys.setdefault(key, []).append(node)
        else:
            self.closed = False

    def entries(self) -> Iterator[tuple[str, ast.expr]]:
        """Every key as often as it is written."""
        return ((key, node) for key, nodes in self.keys.items() for node in nodes)

    def join(self, other: Unpacked) -> None:
        """Add all that another one may hold."""
        self.closed = self.closed and other.closed
        for key, nodes in other.keys.items():
            self.keys.setdefault(key, []).extend(nodes)


def unpacked(values: Values, node: ast.expr, depth: int = 0) -> Unpacked:
    """What a dictionary may hold that a call unpacks."""
    function = _taking(values, node)
    if depth > _DEEPEST:
        return Unpacked(closed=False)
    if function is not None:
        return _from_callers(values, function, depth)
    found = Unpacked(closed=not values.is_changed(node))
    for way in values.ways(node):
        match way.node:
            case ast.Dict(keys=keys, values=entries):
                for key, entry in zip(keys, entries, strict=True):
                    if key is None:
                        found.join(unpacked(way.home, entry, depth + 1))
                    else:
                        found.add(getattr(key, "value", ...), entry)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                for keyword in keywords:
                    found.add(keyword.arg, keyword.value)
            case _:
                found.closed = False
    for target, value in values.source.assignments():
        if isinstance(target, ast.Subscript) and isinstance(node, ast.Name):
            if ast.unparse(target.value) == node.id and isinstance(target.slice, ast.Constant):
                found.add(target.slice.value, value)
    return found


def _taking(values: Values, node: ast.expr) -> Function | None:
    """The function whose `**options` an expression is, unchanged."""
    if not isinstance(node, ast.Name):
        return None
    bindings = values.names.live(node.id, node)
    if len(bindings) != 1 or not isinstance(bindings[0].node, ast.arg) or values.is_changed(node):
        return None
    function = bindings[0].scope.node
    is_taker = isinstance(function, FUNCTIONS) and function.args.kwarg is bindings[0].node
    return function if is_taker else None  # type: ignore[return-value]


def _from_callers(values: Values, function: Function, depth: int) -> Unpacked:
    """What the callers of a function give that it has no parameter for."""
    own = {argument.arg for argument in (*parameters(function), *function.args.kwonlyargs)}
    callers = values.outside.callers(function, values)
    found = Unpacked(closed=callers.closed)
    for call, home in callers.calls:
        for keyword in call.keywords:
            if keyword.arg is None:
                found.join(unpacked(home, keyword.value, depth + 1))
            elif keyword.arg not in own:
                found.add(keyword.arg, keyword.value)
    return found


def written_out(values: Values, star: ast.expr) -> tuple[ast.Call | ast.Dict, list[ast.keyword]] | None:
    """The dictionary that a call unpacks, and nothing else reads, with its entries; None if unseen."""
    found = values.names.single(star.id, star) if isinstance(star, ast.Name) else star
    if isinstance(star, ast.Name) and (values.is_changed(star) or not _is_read_once(values, star, found)):
        return None
    match found:
        case ast.Dict(keys=keys, values=entries) if all(map(_is_text, keys)):
            pairs = zip(keys, entries, strict=True)
            return found, [ast.keyword(getattr(key, "value", None), value) for key, value in pairs]
        case ast.Call(keywords=keywords) if is_dict(values, found) and all(k.arg for k in keywords):
            return found, keywords
    return None


def is_dict(values: Values, call: ast.Call) -> bool:
    """Whether a call is `dict(key=value)`."""
    match call:
        case ast.Call(func=ast.Name(id="dict"), args=[]):
            return not values.binds_at("dict", call)
    return False


def _is_text(key: ast.expr | None) -> bool:
    """Whether a key is a plain string."""
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _is_read_once(values: Values, name: ast.Name, value: ast.expr | None) -> bool:
    """Whether a name is read in one place, and its value has no other name; in other files neither."""
    if value is None or values.names.alias_target(value) is None:
        return False
    scope = values.names.scope_of[name].owner(name.id)
    loads = [load for load in values.loads_of(name.id) if values.names.scope_of[load].owner(name.id) is scope]
    elsewhere = values.outside.takes_of_global(name.id, values) if scope is values.names.module else []
    return len(loads) == 1 and elsewhere == []
