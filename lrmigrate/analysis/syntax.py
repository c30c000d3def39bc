"""Text -> syntax tree and positions.

By the standard library's `ast`: it is Python's own word on what parses, and 20 to 40 times faster than a
lossless tree with positions, which is what every clean file pays. How something is written, comma by comma,
is said by `layout`. Knows nothing of TensorFlow.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeVar

from lrmigrate.analysis.fstrings import Fields
from lrmigrate.analysis.magic import with_runs
from lrmigrate.model import Span, UserError

Node = TypeVar("Node", bound=ast.AST)

NEWLINE = re.compile(r"\r\n|\r|\n")
_MAX_DEPTH_ERRORS = (RecursionError, MemoryError)
#: What is no node of its own: all `+` of all programs are one and the same, and so are the marks of a load.
_SHARED = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
_LEAVES = (ast.Constant, ast.alias, ast.Global, ast.Nonlocal)
_TEXTS = frozenset({"ctx", "id", "attr", "kind", "type_comment", "op", "ops"})
#: The fields of each kind of node that may hold nodes.
_FIELDS: dict[type, tuple[str, ...]] = {
    kind: () if kind in _LEAVES else tuple(name for name in kind._fields if name not in _TEXTS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and not issubclass(kind, _SHARED)
}


class CannotParse(UserError):
    """The text is not Python as this interpreter knows it. Carries a 1-based line and column."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column


def parse(text: str) -> ast.Module:
    """Parse ``text``; raise CannotParse, and never anything else, when it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise CannotParse(
            error.msg or "invalid syntax", error.lineno or 1, max(error.offset or 1, 1)
        ) from None
    except ValueError as error:
        line = text.count("\n", 0, max(text.find("\0"), 0)) + 1
        raise CannotParse(str(error), line, 1) from None
    except _MAX_DEPTH_ERRORS:
        raise CannotParse("too deeply nested", 1, 1) from None


def line_starts(text: str) -> list[int]:
    """The offset of each line's first character. Only LF, CR and CRLF end a line, as in Python."""
    return [0, *(match.end() for match in NEWLINE.finditer(text))]


def parses(text: str) -> bool:
    """Whether ``text`` is Python."""
    try:
        parse(text)
    except CannotParse:
        return False
    return True


def compiles(text: str) -> bool:
    """Whether ``text`` passes the checks behind parsing, too, such as where a star or a yield may stand."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, *_MAX_DEPTH_ERRORS):
        return False
    return True


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below a node, but for operators and the marks of load and store.

    Does what `ast.iter_child_nodes` does, in a third of the time: trees are large.
    """
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name)
        if isinstance(value, list):
            found += [part for part in value if type(part) in _FIELDS]
        elif type(value) in _FIELDS:
            found.append(value)
    return found


def on_one_line(node: ast.expr) -> bool:
    """Whether an expression begins and ends on the same line."""
    return node.lineno == node.end_lineno


class Source:
    """A parsed text: its tree, the spans of its nodes, and their parents.

    ``cells`` are those of a notebook, each by its first line in the text and by its number.
    """

    def __init__(self, text: str, cells: tuple[tuple[int, int], ...] = ()) -> None:
        """Parse ``text``; raises CannotParse."""
        self.text = text
        self.cells = cells
        self.tree = with_runs(text, parse(text))

    def place(self, line: int) -> tuple[str, int]:
        """The cell of a line, such as ` cell 2`, or nothing where there are none, and its number in that."""
        first, cell = max((cell for cell in self.cells if cell[0] <= line), default=(1, 0))
        return (f" cell {cell}" if cell else ""), line - first + 1

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character. Only LF, CR and CRLF end a line, as in Python."""
        return line_starts(self.text)

    @cached_property
    def newline(self) -> str:
        """The newline of the first line; a plain line feed when there is none."""
        first = NEWLINE.search(self.text)
        return first.group() if first else "\n"

    @cached_property
    def _walked(self) -> tuple[dict[ast.AST, ast.AST], dict[type, list[Any]]]:
        """Node -> the node it stands in, and the nodes by their types, both breadth first.

        One walk for both, without a call for each node: it is half of what a file with nothing in it costs.
        """
        parents: dict[ast.AST, ast.AST] = {}
        by_type: dict[type, list[ast.AST]] = {}
        nodes: list[ast.AST] = [self.tree]
        for node in nodes:  # which grows meanwhile
            for name in _FIELDS[type(node)]:
                value = getattr(node, name)
                for child in value if isinstance(value, list) else (value,):
                    kind = type(child)
                    below = _FIELDS.get(kind)
                    if below is not None:
                        parents[child] = node
                        if kind in by_type:
                            by_type[kind].append(child)
                        else:
                            by_type[kind] = [child]
                        if below:
                            nodes.append(child)
        self.fields = Fields(self, parents, by_type.get(ast.JoinedStr, ()))  # type: ignore[arg-type]
        return parents, by_type

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Node -> the node it stands in, breadth first."""
        return self._walked[0]

    def nodes(self, kind: type[Node]) -> list[Node]:
        """All nodes of one exact type, breadth first."""
        return self._walked[1].get(kind, [])

    def assignments(self) -> Iterator[tuple[ast.expr, ast.expr]]:
        """Every target of an assignment with its value, those of `a.x, a.y = b, c` one by one too."""
        for annotated in self.nodes(ast.AnnAssign):
            if annotated.value is not None:
                yield annotated.target, annotated.value
        for node in self.nodes(ast.Assign):
            for target in node.targets:
                yield target, node.value
                match target, node.value:
                    case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
                        yield from zip(targets, values, strict=True)

    def ancestors(self, node: ast.AST) -> list[ast.AST]:
        """The nodes around ``node``, innermost first, the module last."""
        chain = []
        while node in self.parents:
            node = self.parents[node]
            chain.append(node)
        return chain

    def function_around(self, node: ast.AST) -> ast.AST | None:
        """The innermost function that ``node`` is part of."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        return next((outer for outer in self.ancestors(node) if isinstance(outer, kinds)), None)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that ``node`` is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements that ``statement`` is one of: a body, or what follows an `else:`."""
        parent = self.parents[statement]
        blocks = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
        return next(block for block in blocks if isinstance(block, list) and statement in block)

    def neighbour(self, statement: ast.stmt) -> ast.stmt | None:
        """The statement that follows on the line on which ``statement`` ends, behind a semicolon."""
        block = self.block(statement)
        following = block[block.index(statement) + 1 :][:1]
        end = self.line_end(self.span(statement).end)
        return next((other for other in following if self.span(other).start < end), None)

    def offset(self, line: int, utf8_column: int) -> int:
        """The character offset of a 1-based line and a 0-based column in UTF-8 bytes."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        content = self.text[start:end]
        if content.isascii():
            return start + utf8_column
        return start + len(content.encode("utf-8", "surrogatepass")[:utf8_column].decode("utf-8", "ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.alias) -> Span:
        """Where ``node`` stands, without the parentheses around it."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Span(
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def slice(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """The text of ``node``."""
        span = self.span(node)
        return self.text[span.start : span.end]

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column (in characters) of an offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_start(self, offset: int) -> int:
        """The offset at which the line of ``offset`` starts."""
        return self.line_starts[bisect_right(self.line_starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """The offset just behind the newline of the line of ``offset``."""
        index = bisect_right(self.line_starts, offset)
        return self.line_starts[index] if index < len(self.line_starts) else len(self.text)

    def to_line_end(self, span: Span) -> Span:
        """``span`` with what follows on its last line, without the newline."""
        rest = self.text[span.end : self.line_end(span.end)]
        return Span(span.start, span.end + len(rest.rstrip("\r\n")))

    def begins_line(self, offset: int) -> bool:
        """Whether only white space stands before ``offset`` on its line."""
        return not self.text[self.line_start(offset) : offset].strip()

    def indent(self, offset: int) -> str:
        """The white space at the beginning of the line of ``offset``."""
        start = self.line_start(offset)
        end = start
        while end < len(self.text) and self.text[end] in " \t\f":
            end += 1
        return self.text[start:end]
