"""How to spell a modern name in this file: as the file spells its own, or with an import added.

Also finds the imports that a set of edits orphans. Knows the layout of files, no API.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.layout import comments
from lrmigrate.analysis.scopes import Binding, Names
from lrmigrate.analysis.syntax import Source
from lrmigrate.edits import covered
from lrmigrate.model import Edit, Span

Import = ast.Import | ast.ImportFrom


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
        scopes = names.scopes
        self.taken = {name for scope in scopes for name in scope.bindings}
        self.taken |= {load.id for load in names.loads}

    def spell(self, targets: Sequence[str], at: ast.expr, near: ast.expr | None = None) -> Spelling | None:
        """The text for one of ``targets`` (equivalent qualified names, the best first) at ``at``.

        ``near`` is the legacy reference: its own spelling is kept where possible. None when no
        name is free.
        """
        root = _root(near)
        visible = self._visible(targets, at)
        if root and root.id in visible:
            return Spelling(visible[root.id])
        exact = [name for name, text in visible.items() if name == text]
        if exact:
            return Spelling(exact[0])
        nearest = min(visible.values(), key=lambda text: (text.count("."), text), default=None)
        if nearest and not isinstance(near, ast.Name):
            return Spelling(nearest)
        module, _, name = targets[0].rpartition(".")
        parent, _, last = module.rpartition(".")
        if name not in self.taken:
            return Spelling(name, (self._beside(f"from {module} import {name}", at, near),))
        if nearest:
            return Spelling(nearest)
        if parent and last not in self.taken:
            return Spelling(f"{last}.{name}", (self._beside(f"from {parent} import {last}", at, near),))
        return None

    def _visible(self, targets: Sequence[str], at: ast.expr) -> dict[str, str]:
        """Names that can be read at ``at`` and lead to a target -> the whole text."""
        found = {}
        scope = self.names.scope_of[at]
        while scope is not None:
            for name, bindings in scope.bindings.items():
                if not any(binding.path for binding in bindings) or name in found:
                    continue
                candidates = self.names.lookup(name, at)
                path = next(iter(candidates)) if len(candidates) == 1 else None
                for target in reversed(targets):
                    if path and self._bound_before(name, at) and (target + ".").startswith(path + "."):
                        found[name] = name + target[len(path) :]
            if scope.parent is None:
                break
            scope = scope.parent
        return found

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
        if self.names.lookup(name, at) == frozenset({name}) and self._bound_before(name, at):
            return Spelling(name)
        owner = self.names.scope_of[at].owner(name)
        if owner is not None and any(binding.path != name for binding in owner.bindings[name]):
            return None
        start = self._top_start(at)
        first = next((s for s in self._top() if isinstance(s, Import) and not _is_future(s)), None)
        if first is None or self._start(first) >= start or not self.source.begins_line(self._start(first)):
            return Spelling(name, (self._after(self._header(), f"import {name}", "", start),))
        here = Span(self._start(first), self._start(first))
        return Spelling(name, (Edit(here, f"import {name}{self.source.newline}"),))

    def _beside(self, line: str, at: ast.expr, near: ast.expr | None) -> Edit:
        """An edit that adds an import behind the one that brought the legacy name, if that is a fit place."""
        statement = self._import_of(near, at)
        if statement is not None and not _is_future(statement):
            parent = self.source.parents.get(statement)
            is_body = isinstance(parent, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef)
            start = self._start(statement)
            if is_body and self.source.begins_line(start):
                limit = self._start(self.source.statement(at)) if self._same_scope(statement, at) else None
                return self._after(statement, line, self.source.indent(start), limit)
        return self.at_top(line, at)

    def _same_scope(self, statement: ast.stmt, at: ast.expr) -> bool:
        """Whether ``at`` runs in the same function or module as a statement."""
        inner = self.names.scope_of[at]
        while inner.is_class and inner.parent is not None:
            inner = inner.parent
        return self.names.scope_of[statement] is inner

    def at_top(self, text: str, at: ast.expr) -> Edit:
        """An edit that adds a statement behind the imports that the file begins with, before ``at``."""
        return self._after(self._leading(), text, "", self._top_start(at))

    def definition(self, text: str, at: ast.expr, root: str) -> Edit | None:
        """An edit that adds a class, which needs the name ``root``, at the top; None if it cannot be.

        Two blank lines stand around it.
        """
        needed = [b.node for b in self.names.module.bindings.get(root, []) if isinstance(b.node, Import)]
        leading = self._leading()
        places = [s for s in (leading, *needed) if s is not None and s in self._top()]
        if not needed or needed[0] not in self._top():
            return None
        behind = max(places, key=self._start)
        edit = self._after(behind, "\n\n" + text.rstrip("\n"), "")
        if edit.span.start > self._top_start(at):
            return None
        newline = self.source.newline
        following = self.source.text[edit.span.end :]
        blanks = len(following) - len(following.lstrip("\r\n"))
        missing = max(0, 2 - blanks // len(newline)) if following else 0
        return Edit(edit.span, edit.text + newline * missing, rank=1)

    def _leading(self) -> ast.stmt | None:
        """The last import of those that the file begins with; without one, what must stay first."""
        last = self._header()
        for statement in self._top():
            if isinstance(statement, Import):
                last = statement
            elif not isinstance(statement, ast.Try | ast.If) and statement is not self._header():
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                    break
        return last

    def _top_start(self, at: ast.expr) -> int:
        """Where the statement of the module begins that ``at`` stands in."""
        chain = [at, *self.source.ancestors(at)]
        return self._start(chain[-2])  # type: ignore[arg-type]

    def _import_of(self, near: ast.expr | None, at: ast.expr) -> ast.stmt | None:
        """The import statement that bound the root of ``near``."""
        root = _root(near)
        if root is None:
            return None
        for binding in self.names.live(root.id, at):
            if isinstance(binding.node, Import):
                return binding.node
        stars = self.names.module.stars
        unbound = self.names.scope_of[root].owner(root.id) is None
        return stars[-1][1] if stars and unbound else None

    def _top(self) -> list[ast.stmt]:
        """The statements of the module."""
        return self.source.tree.body

    def _header(self) -> ast.stmt | None:
        """The docstring or the last `from __future__`, whatever must stay first."""
        last = None
        for index, statement in enumerate(self._top()):
            docstring = (
                index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            )
            if docstring or _is_future(statement):
                last = statement
        return last

    def _start(self, statement: ast.stmt) -> int:
        """Where a statement begins."""
        return self.source.span(statement).start

    def _after(self, statement: ast.stmt | None, text: str, indent: str, limit: int | None = None) -> Edit:
        """An edit that puts ``text`` on lines of its own behind ``statement``, or at the top.

        Before the line of ``limit`` (an offset), where the place would be behind it.
        """
        source, newline = self.source, self.source.newline
        if statement is None:
            offset = self._behind_comments()
        else:
            offset = _line_behind(source, statement)
            for sibling in getattr(source.parents[statement], "body", []):
                span = source.span(sibling)
                if span.start < offset < span.end:
                    offset = source.line_end(span.end)
        if limit is not None and offset > limit:
            offset = source.line_start(limit)
        lead = "" if offset == 0 or source.text[offset - 1] in "\r\n" else newline
        body = newline.join(indent + line if line else line for line in text.split("\n"))
        return Edit(Span(offset, offset), lead + body + newline)

    def _behind_comments(self) -> int:
        """The offset behind a shebang, an encoding cookie and a leading block of comments."""
        offset = 0
        while self.source.text.startswith("#", offset):
            offset = self.source.line_end(offset)
        return offset


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
                if all(_removable(names, other, legacy) for other in bindings) and _unused(
                    source, names, name, binding, chosen, inserted
                ):
                    removals.setdefault(binding.node, []).append(binding)  # type: ignore[arg-type]
    wholly = {
        statement for statement, gone in removals.items() if len(gone) == len(_aliases(statement) or gone)
    }
    return [_remove(source, statement, gone, wholly) for statement, gone in removals.items()]


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


def _removable(names: Names, binding: Binding, legacy: Collection[str]) -> bool:
    """Whether a binding is an import or an alias that can serve legacy names."""
    if binding.value is not None:
        return names.alias_target(binding.value) is not None and names.certain(binding.value) in legacy
    return binding.alias is not None and any((path + ".").startswith(f"{binding.path}.") for path in legacy)


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
    parent = source.parents[statement]
    if isinstance(parent, ast.Try) and parent.handlers and statement in parent.body:
        return []  # whether it fails may be what the program wants to know
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


def _line_behind(source: Source, statement: ast.stmt) -> int:
    """Where the line begins that follows a statement, and what a backslash joins to it."""
    line = source.to_line_end(source.span(statement))
    is_continued = source.text[line.end - 1] == "\\" and comments(source, statement) is None
    while is_continued and source.text[line.end - 1] == "\\":
        line = source.to_line_end(Span(line.start, source.line_end(line.end)))
    return source.line_end(line.end)


def _root(node: ast.expr | None) -> ast.Name | None:
    """The name that an attribute chain starts with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def _is_future(statement: ast.stmt) -> bool:
    """Whether a statement is `from __future__ import ...`."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
