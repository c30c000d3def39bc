"""Where a statement may be added to a file: beside the import that it goes with, or behind the imports.

Never before a statement that sets something up for the imports behind it, such as `os.environ[...] = ...`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from lrmigrate.analysis.layout import comments
from lrmigrate.analysis.scopes import Binding, Names
from lrmigrate.analysis.syntax import Source
from lrmigrate.model import Edit, Span

Import = ast.Import | ast.ImportFrom


class Insertion:
    """The places for new statements in one source."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names

    def beside(self, statement: Import, text: str, at: ast.expr) -> Edit:
        """An edit that adds an import to the block of another one, behind it, and before ``at``."""
        source, end = self.source, self.source.span(statement).end
        first = self._first_on_line(statement)
        if not source.begins_line(self._start(first)):
            return Edit(Span(end, end), f"; {text}")
        reader = self._start(source.statement(at)) if self._same_scope(statement, at) else None
        if reader is not None and end < reader < self._line_behind(statement):
            return Edit(Span(end, end), f"; {text}")
        return self._after(statement, text, source.indent(self._start(first)), reader)

    def at_top(self, text: str, at: ast.expr) -> Edit:
        """An edit that adds an import to the module, behind all of its imports that stand before ``at``."""
        limit = self._top_start(at)
        return self._after(self._behind_setup(limit), text, "", limit)

    def first(self, text: str, at: ast.expr) -> Edit:
        """An edit that adds the import of a standard module, before the first one of the file."""
        limit = self._top_start(at)
        first = next((s for s in self._top() if isinstance(s, Import) and not is_future(s)), None)
        if first is None or self._start(first) >= limit or not self.source.begins_line(self._start(first)):
            return self._after(self._header(), text, "", limit)
        here = Span(self._start(first), self._start(first))
        return Edit(here, f"{text}{self.source.newline}")

    def definition(self, text: str, root: str, uses: Iterable[ast.expr]) -> Edit | None:
        """An edit that adds a class, which needs the name ``root``, behind the imports; None if it cannot be.

        It stands before all of its ``uses``. Two blank lines stand around it.
        """
        limit = min(self._top_start(use) for use in uses)
        bound = self._bound_by(root)
        if bound is None:
            return None
        places = [bound, self._behind_setup(limit)]
        behind = max((place for place in places if place is not None), key=self._start)
        edit = self._after(behind, "\n\n" + text.rstrip("\n"), "")
        if edit.span.start > limit:
            return None
        newline = self.source.newline
        following = self.source.text[edit.span.end :]
        blanks = len(following) - len(following.lstrip("\r\n"))
        missing = max(0, 2 - blanks // len(newline)) if following else 0
        return Edit(edit.span, edit.text + newline * missing, rank=1)

    def is_surely_bound(self, binding: Binding, at: ast.expr) -> bool:
        """Whether a binding has taken place wherever ``at`` is reached, if that stands behind it."""
        statement = self.source.statement(binding.node)
        if self.source.parents[statement] is binding.scope.node:
            return True
        around = {at, *self.source.ancestors(at)}
        parent = self.source.parents[statement]
        if isinstance(parent, ast.ExceptHandler):
            return parent in around or self._is_bound_by(self.source.parents[parent], binding.name)
        if isinstance(parent, ast.Try) and self._is_bound_by(parent, binding.name):
            return True
        return parent in around and not around.isdisjoint(self.source.block(statement))

    def _bound_by(self, name: str) -> ast.stmt | None:
        """The one statement of the module that imports a name, whichever way it takes."""
        nodes = [binding.node for binding in self.names.module.bindings.get(name, [])]
        if not nodes or not all(isinstance(node, Import) for node in nodes):
            return None
        statement = next((s for s in self._top() if self._is_bound_by(s, name)), None)
        inside = set(ast.walk(statement)) if statement is not None else set()
        return statement if inside.issuperset(nodes) else None

    def _is_bound_by(self, statement: ast.AST, name: str) -> bool:
        """Whether a statement imports a name, whichever way it takes."""
        if isinstance(statement, Import):
            return any((a.asname or a.name.partition(".")[0]) == name for a in statement.names)
        if not isinstance(statement, ast.Try):
            return False
        blocks = [statement.body, *(handler.body for handler in statement.handlers)]
        return all(
            isinstance(block[-1], ast.Raise) or any(self._is_bound_by(s, name) for s in block)
            for block in blocks
        )

    def _behind_setup(self, limit: int) -> ast.stmt | None:
        """The statement before an offset behind which imports may stand; without one, what must stay first.

        That is the last import of the module, or what follows it and sets something up.
        """
        last, is_open = self._header(), True
        for statement in self._top():
            if self._start(statement) >= limit:
                break
            if isinstance(statement, Import) or (is_open and self._sets_up(statement)):
                last, is_open = statement, True
            elif statement is not self._header() and not _is_plain(statement):
                is_open = False
        return last

    def _sets_up(self, statement: ast.stmt) -> bool:
        """Whether a statement does no more than change what an import has brought, or is a magic.

        Such as `os.environ["A"] = "1"`, `sys.path.insert(0, "lib")`, `warnings.filterwarnings("ignore")`.
        """
        match statement:
            case ast.Expr(value=ast.Constant(value=value)):
                return not isinstance(value, str)
            case ast.Expr(value=ast.Call(func=changed)):
                return self._is_imported(changed)
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as changed]):
                return self._is_imported(changed)
            case ast.If() | ast.Try():
                inner = [s for s in ast.walk(statement) if isinstance(s, ast.stmt) and s is not statement]
                simple = (Import, ast.Pass, ast.If, ast.Try)
                return all(isinstance(s, simple) or self._sets_up(s) for s in inner)
        return False

    def _is_imported(self, node: ast.expr) -> bool:
        """Whether an expression is an attribute or an element of what an import has brought."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        bindings = self.names.module.bindings.get(node.id, []) if isinstance(node, ast.Name) else []
        return any(isinstance(binding.node, Import) for binding in bindings)

    def _same_scope(self, statement: ast.stmt, at: ast.expr) -> bool:
        """Whether ``at`` runs in the same function or module as a statement."""
        inner = self.names.scope_of[at]
        while inner.is_class and inner.parent is not None:
            inner = inner.parent
        return self.names.scope_of[statement] is inner

    def _top_start(self, at: ast.expr) -> int:
        """Where the statement of the module begins that ``at`` stands in."""
        chain = [at, *self.source.ancestors(at)]
        return self._start(chain[-2])  # type: ignore[arg-type]

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
            if docstring or is_future(statement):
                last = statement
        return last

    def _start(self, statement: ast.stmt) -> int:
        """Where a statement begins."""
        return self.source.span(statement).start

    def _first_on_line(self, statement: ast.stmt) -> ast.stmt:
        """The first statement of a block that stands on the line on which another one of it begins."""
        line = self.source.line_start(self._start(statement))
        return next(s for s in self.source.block(statement) if self.source.span(s).end >= line)

    def _line_behind(self, statement: ast.stmt) -> int:
        """Where the line begins that follows a statement, and all that stands on its line."""
        offset = line_behind(self.source, statement)
        for sibling in self.source.block(statement):
            span = self.source.span(sibling)
            if span.start < offset < span.end:
                offset = self.source.line_end(span.end)
        return offset

    def _after(self, statement: ast.stmt | None, text: str, indent: str, limit: int | None = None) -> Edit:
        """An edit that puts ``text`` on lines of its own behind ``statement``, or at the top.

        Before the line of ``limit`` (an offset), where the place would be behind it.
        """
        source, newline = self.source, self.source.newline
        offset = self._behind_comments() if statement is None else self._line_behind(statement)
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


def line_behind(source: Source, statement: ast.stmt) -> int:
    """Where the line begins that follows a statement, and what a backslash joins to it."""
    line = source.to_line_end(source.span(statement))
    is_continued = source.text[line.end - 1] == "\\" and comments(source, statement) is None
    while is_continued and source.text[line.end - 1] == "\\":
        line = source.to_line_end(Span(line.start, source.line_end(line.end)))
    return source.line_end(line.end)


def is_future(statement: ast.stmt) -> bool:
    """Whether a statement is `from __future__ import ...`."""
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_plain(statement: ast.stmt) -> bool:
    """Whether a statement only gives a name a value, without a call, or is a text."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return not any(isinstance(node, ast.Call | ast.Await) for node in ast.walk(statement))
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
