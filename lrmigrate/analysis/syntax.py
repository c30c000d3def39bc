"""Text -> syntax tree and positions; and how a call is laid out, comment by comment.

Two parsers, each for what it is best at. The standard library's `ast` says what a file means: it is
Python's own word on what parses, and 20 to 40 times faster than a lossless tree with positions, which
is what every clean file pays. LibCST says how one call is written (parentheses, commas, comments),
and sees only the text of a call that is about to be rewritten. Knows nothing of TensorFlow.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from lrmigrate.model import Span, UserError

Node = TypeVar("Node", bound=ast.AST)

NEWLINE = re.compile(r"\r\n|\r|\n")
_MAX_DEPTH_ERRORS = (RecursionError, MemoryError)
#: The fields of each kind of node that may hold nodes.
_FIELDS = {
    kind: [name for name in kind._fields if name not in {"ctx", "id", "attr", "kind", "type_comment"}]
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
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
    """The nodes right below a node, but for the marks of load and store, which every name has.

    Does what `ast.iter_child_nodes` does, in a third of the time: trees are large.
    """
    found: list[ast.AST] = []
    for name in _FIELDS[type(node)]:
        value = getattr(node, name)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [part for part in value if isinstance(part, ast.AST)]
    return found


class Source:
    """A parsed text: its tree, the spans of its nodes, and their parents."""

    def __init__(self, text: str) -> None:
        """Parse ``text``; raises CannotParse."""
        self.text = text
        self.tree = parse(text)

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
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Node -> the node it stands in, breadth first."""
        parents: dict[ast.AST, ast.AST] = {}
        nodes: list[ast.AST] = [self.tree]
        for node in nodes:  # which grows meanwhile
            for child in children(node):
                parents[child] = node
                nodes.append(child)
        return parents

    def nodes(self, kind: type[Node]) -> list[Node]:
        """All nodes of one exact type, breadth first."""
        return self._by_type.get(kind, [])

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

    @cached_property
    def _by_type(self) -> dict[type, list[Any]]:
        """The nodes by their types."""
        found: dict[type, list[ast.AST]] = {}
        for node in self.parents:
            found.setdefault(type(node), []).append(node)
        return found

    def ancestors(self, node: ast.AST) -> list[ast.AST]:
        """The nodes around ``node``, innermost first, the module last."""
        chain = []
        while node in self.parents:
            node = self.parents[node]
            chain.append(node)
        return chain

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that ``node`` is part of."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

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

    def tidied(self, span: Span) -> Span:
        """``span`` with the white space around it that its removal would leave dangling.

        An emptied line goes as a whole; a comment behind the span stays.
        """
        text = self.text
        start, end = span.start, span.end
        while start and text[start - 1] in " \t":
            start -= 1
        while end < len(text) and text[end] in " \t":
            end += 1
        opens_line = start == self.line_start(start)
        following = text[end : end + 1]
        if following in ("\r", "\n"):
            return Span(start, self.line_end(end)) if opens_line else Span(start, end)
        if following == "#":
            return Span(span.start, end) if opens_line else Span(start, span.end)
        return Span(start, end) if following == ")" and not opens_line else Span(span.start, end)

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


@dataclass(frozen=True)
class Argument:
    """One argument of a call as it is written.

    ``whole`` reaches from the keyword or star to the value's last parenthesis; ``value`` is the
    value with its parentheses; ``comma`` is the comma behind it, if there is one.
    """

    whole: Span
    value: Span
    comma: Span | None


@dataclass(frozen=True)
class Layout:
    """How a call is written: its arguments, its comments, and where its parentheses close."""

    arguments: tuple[Argument, ...]
    comments: tuple[Span, ...]


def layout(source: Source, call: ast.Call) -> Layout | None:
    """The layout of ``call``, with the arguments in the order of the text.

    None when LibCST reads the call differently from Python, or not at all: then it must be left alone.
    """
    from lrmigrate.analysis.plain import plain_arguments

    if (arguments := plain_arguments(source, call)) is not None:
        return Layout(tuple(Argument(*argument) for argument in arguments), ())
    import libcst as cst
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

    outer = source.span(call)
    text = f"({source.text[outer.start : outer.end]})"  # a call in parentheses may break its lines anywhere
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        spans = wrapper.resolve(ByteSpanPositionProvider)
    except (cst.ParserSyntaxError, UnicodeError, RecursionError):
        return None
    match wrapper.module.body:
        case [cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as node)])]:
            pass
        case _:
            return None
    if wrapper.module.code != text or len(node.args) != len(call.args) + len(call.keywords):
        return None
    encoded = text.encode()

    def place(start: int, end: int) -> Span:
        """Byte offsets within the call -> a span of the source."""
        first = outer.start - 1  # for the parenthesis
        return Span(first + len(encoded[:start].decode()), first + len(encoded[:end].decode()))

    def span(part: cst.CSTNode) -> Span:
        """Where a part of the call stands in the source."""
        return place(spans[part].start, spans[part].start + spans[part].length)

    def argument(arg: cst.Arg) -> Argument:
        """One argument; its value begins behind the `=` and its white space, or behind the stars."""
        whole = span(arg)
        start = whole.start + len(arg.star)
        if isinstance(arg.equal, cst.AssignEqual):
            start = span(arg.equal).end
        while source.text[start].isspace():
            start += 1
        comma = span(arg.comma) if isinstance(arg.comma, cst.Comma) else None
        return Argument(whole, Span(start, whole.end), comma)

    comments = [span(part) for part in spans if isinstance(part, cst.Comment)]
    return Layout(tuple(map(argument, node.args)), tuple(sorted(comments)))
