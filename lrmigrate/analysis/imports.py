"""How to spell a modern name in this file: as the file spells its own, or with an import added.

Also finds the imports that a set of edits orphans. Knows the layout of files, no API.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.insertion import Import, Insertion, is_future
from lrmigrate.analysis.layout import comments
from lrmigrate.analysis.scopes import Binding, Candidates, Names, attribute_by_name
from lrmigrate.analysis.syntax import Source
from lrmigrate.edits import covered
from lrmigrate.model import Edit, Span


@dataclass(frozen=True)
class Spelling:
    """The text that stands for a name, and the edits (imports) that make it work."""

    text: str
    edits: tuple[Edit, ...] = ()


class Speller:
    """Spells fully qualified names in one source."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names
        self.insertion = Insertion(source, names)
        scopes = names.scopes
        self.taken = {name for scope in scopes for name in scope.bindings}
        self.taken |= {load.id for load in names.loads}

    def spell(self, targets: Sequence[str], at: ast.expr, near: ast.expr | None = None) -> Spelling | None:
        """The text for one of ``targets`` (equivalent qualified names, the best first) at ``at``.

        ``near`` is the legacy reference: its own spelling is kept where possible. None when no
        name is free.
        """
        root = _root(near)
        visible = self._visible(targets, at, root.id if root else "")
        if root and root.id in visible:
            return Spelling(visible[root.id])
        exact = [name for name, text in visible.items() if name == text]
        if exact:
            return Spelling(exact[0])
        nearest = min(visible.values(), key=lambda text: (text.count("."), text), default=None)
        if nearest and not isinstance(near, ast.Name):
            return Spelling(nearest)
        module, _, name = targets[0].rpartition(".")
        last = module.rpartition(".")[2]
        if name not in self.taken:
            return Spelling(name, self._imported(targets, 1, at, root))
        if nearest:
            return Spelling(nearest)
        if "." in module and last not in self.taken:
            return Spelling(f"{last}.{name}", self._imported(targets, 2, at, root))
        return None

    def _visible(self, targets: Sequence[str], at: ast.expr, root: str) -> dict[str, str]:
        """Names that can be read at ``at`` and lead to a target -> the whole text.

        ``root`` is the name that is read there anyway; any other one must be bound for certain.
        """
        found: dict[str, str] = {}
        scope = self.names.scope_of[at]
        while scope is not None:
            for name, bindings in scope.bindings.items():
                if not any(binding.path for binding in bindings) or name in found:
                    continue
                text = self._leading_to(targets, name, at)
                if text and self._bound_before(name, at) and (name == root or self._is_bound(name, at)):
                    found[name] = text
            if scope.parent is None:
                break
            scope = scope.parent
        return found

    def _leading_to(self, targets: Sequence[str], name: str, at: ast.expr) -> str:
        """The text by which ``name`` leads to a target, whatever it stands for; "" where it does not."""
        candidates = self.names.lookup(name, at)
        if None in candidates:
            return ""
        paths = sorted(filter(None, candidates))
        for target in targets:
            if (target + ".").startswith(paths[0] + "."):
                rest = target[len(paths[0]) :]
                if all(path + rest in targets for path in paths):
                    return name + rest
        return ""

    def _is_bound(self, name: str, at: ast.expr) -> bool:
        """Whether a name has its value wherever ``at`` is reached."""
        return any(self.insertion.is_surely_bound(binding, at) for binding in self.names.live(name, at))

    def _bound_before(self, name: str, at: ast.expr) -> bool:
        """Whether every binding that ``at`` may see stands before it, or in an outer scope."""
        scope = self.names.scope_of[at]
        start = self.source.span(at).start
        return all(
            binding.scope is not scope or self.source.span(binding.node).start < start  # type: ignore[arg-type]
            for binding in self.names.live(name, at)
        )

    def module(self, name: str, at: ast.expr) -> Spelling | None:
        """A standard library module, imported at the top of the file if need be."""
        is_bound = self._bound_before(name, at) and self._is_bound(name, at)
        if self.names.lookup(name, at) == frozenset({name}) and is_bound:
            return Spelling(name)
        owner = self.names.scope_of[at].owner(name)
        if owner is not None and any(binding.path != name for binding in owner.bindings[name]):
            return None
        return Spelling(name, (self.insertion.first(f"import {name}", at),))

    def _imported(
        self, targets: Sequence[str], parts: int, at: ast.expr, root: ast.Name | None
    ) -> tuple[Edit, ...]:
        """Edits that import a target, or the module with its last ``parts`` names.

        Beside every import that may have brought the legacy name, so that the new one is bound wherever
        that is; from the same library.
        """
        edits = []
        for statement, path in self._imports_of(root):
            library = path.partition(".")[0]
            target = next((t for t in targets if t.partition(".")[0] == library), targets[0])
            edits.append(self.insertion.beside(statement, _import_of(target, parts), at))
        return tuple(edits) or (self.insertion.at_top(_import_of(targets[0], parts), at),)

    def _imports_of(self, root: ast.Name | None) -> list[tuple[Import, str]]:
        """The import statements that may have bound a name, and what they bind it to."""
        found: list[tuple[Import, str]] = []
        seen: set[Binding] = set()
        waiting = self.names.live(root.id, root) if root is not None else []
        while waiting:
            binding, *waiting = waiting
            source = _root(binding.value)
            if isinstance(binding.node, Import) and not is_future(binding.node):
                found.append((binding.node, binding.path or ""))
            elif source is not None and binding not in seen:
                waiting = [*self.names.live(source.id, source), *waiting]  # an alias of what was imported
            seen.add(binding)
        stars = self.names.module.stars
        if root is not None and stars and self.names.scope_of[root].owner(root.id) is None:
            found.append((stars[-1][1], stars[-1][0]))
        return found


def _import_of(target: str, parts: int) -> str:
    """The statement that imports what is left of a qualified name without its last ``parts`` names."""
    names = target.split(".")
    return f"from {'.'.join(names[:-parts])} import {names[-parts]}"


def orphans(
    source: Source,
    names: Names,
    edits: Iterable[Edit],
    legacy: Collection[str],
    hidden: Collection[str] = (),
) -> list[list[Edit]]:
    """Edits that remove the imports, of names below ``legacy`` paths, that ``edits`` leave unused.

    One list for each statement, to be applied as a whole.
    ``hidden`` are names that something reads that is no Python, such as the magics of a notebook.
    """
    chosen = list(edits)
    inserted = {*hidden, *(name for edit in chosen for name in _read_names(edit.text))}
    inserted |= _handed_on(source)
    removals: dict[ast.stmt, list[Binding]] = {}
    for scope in names.scopes:
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                if all(_removable(source, names, other, legacy) for other in bindings) and _unused(
                    source, names, name, binding, chosen, inserted
                ):
                    removals.setdefault(binding.node, []).append(binding)  # type: ignore[arg-type]
    wholly = {
        statement for statement, gone in removals.items() if len(gone) == len(_aliases(statement) or gone)
    }
    kept = {statement for statement in wholly if _gets_neighbour(source, statement, chosen)}
    return [_remove(source, statement, gone, wholly - kept) for statement, gone in removals.items()]


def _gets_neighbour(source: Source, statement: ast.stmt, edits: list[Edit]) -> bool:
    """Whether an edit adds a line to the block of a statement, right behind it: then no `pass` is needed."""
    span = source.span(statement)
    behind, indent = source.line_end(span.end), source.indent(span.start)
    return any(edit.span == Span(behind, behind) and edit.text.startswith(f"{indent}from ") for edit in edits)


def _handed_on(source: Source) -> set[str]:
    """The names of imports that a comment tells linters to leave: others take them from here."""
    found: set[str] = set()
    statements: list[ast.Import | ast.ImportFrom] = [*source.nodes(ast.Import), *source.nodes(ast.ImportFrom)]
    for statement in statements:
        span = source.span(statement)
        if "F401" in source.text[span.start : source.line_end(span.end)]:
            found |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    return found


def _aliases(statement: ast.stmt) -> list[ast.alias]:
    """The names that an import binds; nothing for another statement."""
    return statement.names if isinstance(statement, ast.Import | ast.ImportFrom) else []


def _removable(source: Source, names: Names, binding: Binding, legacy: Collection[str]) -> bool:
    """Whether a binding is an import or an alias that can serve legacy names, and may go.

    Whether an import in a `try` fails may be what the program wants to know.
    """
    parent = source.parents.get(binding.node)
    if isinstance(parent, ast.Try) and parent.handlers and binding.node in parent.body:
        return False
    if binding.value is not None:
        return names.alias_target(binding.value) is not None and _all_in(names.resolve(binding.value), legacy)
    return binding.alias is not None and any((path + ".").startswith(f"{binding.path}.") for path in legacy)


def _all_in(candidates: Candidates, legacy: Collection[str]) -> bool:
    """Whether an expression stands for legacy names alone."""
    return all(path in legacy for path in candidates)


def _unused(
    source: Source, names: Names, name: str, binding: Binding, edits: list[Edit], inserted: set[str]
) -> bool:
    """Whether every read of ``name`` is edited away, and there was one, and no new text reads it."""
    loads = [load for load in names.loads if load.id == name]
    loads = [load for load in loads if names.scope_of[load].owner(name) is binding.scope]
    if not loads or name in inserted:
        return False
    return all(covered(source.span(load), edits) for load in loads) and not _exported(source, name)


def _read_names(text: str) -> list[str]:
    """The names that an inserted piece of text may read: neither attributes nor the modules of imports."""
    return re.findall(r"(?<![\w.])[^\W\d]\w*", re.sub(r"(?m)^\s*(from|import)\b.*$", "", text))


def _exported(source: Source, name: str) -> bool:
    """Whether the name appears as a string, as in `__all__` or `getattr`, or is read in one: `"K.tf"`."""
    strings = (node.value for node in source.nodes(ast.Constant) if isinstance(node.value, str))
    read = re.compile(rf"(?<![\w.]){re.escape(name)}\s*\.\s*[^\W\d]")
    return any(name in text and (text == name or read.search(text)) for text in strings)


def _remove(
    source: Source, statement: ast.stmt, gone: list[Binding], wholly: Collection[ast.stmt]
) -> list[Edit]:
    """Edits that remove the bindings ``gone`` from a statement, or the statement as a whole.

    ``wholly``: the statements that go as a whole; of a block of nothing else, a `pass` is left.
    """
    if isinstance(statement, Import) and len(gone) < len(statement.names):
        names = Elements.of(source, statement)
        return (names.remove([b.alias for b in gone if b.alias]) or []) if names else []
    block = source.block(statement)
    is_all = statement is block[-1] and all(other in wholly for other in block)
    return _replaced(source, statement, "pass" if is_all else "")


def _replaced(source: Source, statement: ast.stmt, text: str) -> list[Edit]:
    """Edits that write ``text`` for a whole statement, or nothing; its comments get lines of their own."""
    span, found = source.span(statement), comments(source, statement)
    if found is None:
        return []
    inside = [source.text[c.start : c.end].rstrip() for c in found if span.contains(c)]
    if text and not inside:
        return [Edit(span, text)]
    if not source.begins_line(span.start):
        return []
    newline = source.newline + source.indent(span.start)
    if text:
        return [Edit(span, newline.join([*inside, text]))]
    neighbour = source.neighbour(statement)
    behind = source.span(neighbour) if neighbour else next((c for c in found if c.start >= span.end), None)
    if behind is not None:
        return [Edit(Span(span.start, behind.start), "".join(comment + newline for comment in inside))]
    if inside:
        return [Edit(source.to_line_end(span), newline.join(inside))]
    return [Edit(Span(source.line_start(span.start), source.line_end(span.end)), "")]


def _root(node: ast.expr | None) -> ast.Name | None:
    """The name that an attribute chain starts with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute):
            node = node.value
        else:
            asked = attribute_by_name(node)
            node = asked[1] if asked else None
    return node if isinstance(node, ast.Name) else None
