"""How a call, a dictionary, a list, a tuple or an import is written, and which comments an edit would lose.

LibCST tells the tokens. `SGD(lr=(0.1),  # slow` has an element with the whole `lr=(0.1)`, the value `(0.1)`
and its comma, and a comment behind it. LibCST sees the text of one node, and is loaded by the first
question that needs it: never for a file without findings, and not for a call that is `plain`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lrmigrate.analysis.plain import plain_arguments
from lrmigrate.analysis.syntax import CannotParse, Source, parse
from lrmigrate.edits import covered
from lrmigrate.model import Edit, Span

if TYPE_CHECKING:
    import libcst as cst

#: What has elements.
Laid: TypeAlias = ast.Call | ast.Dict | ast.List | ast.Tuple | ast.Import | ast.ImportFrom
#: What an element is known by: the value of an argument or entry, or the name that is imported.
Part: TypeAlias = ast.expr | ast.alias
_MOST_OPERANDS = 900  # of one `and`, which is flat for Python; LibCST nests them, and crashes at some 20,000


@dataclass(frozen=True, slots=True)
class Element:
    """One argument, entry, item or imported name as it is written.

    ``whole`` reaches from the keyword, key or star to the value's last parenthesis. ``value`` is the value
    with its parentheses; an imported name is its own value. ``comma`` is the comma behind it, if any.
    """

    whole: Span
    value: Span
    comma: Span | None


@dataclass(frozen=True, slots=True)
class Layout:
    """The elements in the order of the text, the comments, and where the bracket around the elements closes.

    ``closing`` is None where there is no bracket: `import a, b`.
    """

    elements: tuple[Element, ...]
    comments: tuple[Span, ...]
    closing: int | None


def parts(node: Laid) -> list[Part]:
    """What the elements of a node are known by, in the order of the text."""
    match node:
        case ast.Call():
            found = [*node.args, *(keyword.value for keyword in node.keywords)]
            return sorted(found, key=lambda value: (value.lineno, value.col_offset))
        case ast.Dict():
            return list(node.values)
        case ast.List() | ast.Tuple():
            return list(node.elts)
    return list(node.names)


def layout(source: Source, node: Laid) -> Layout | None:
    """The layout of ``node``, with one element for each of its parts.

    None when LibCST reads the node differently from Python, or not at all: then it must be left alone. None
    for `import *`, too.
    """
    if isinstance(node, ast.Call) and (plain := plain_arguments(source, node)) is not None:
        return Layout(tuple(Element(*argument) for argument in plain), (), source.span(node).end - 1)
    reading = _read(source, node, source.span(node))
    written = reading.layout() if reading else None
    if written is None or len(written.elements) != len(parts(node)):
        return None
    return written if _is_the_same(source, node, written.elements) else None


def comments(source: Source, node: ast.expr | ast.stmt) -> tuple[Span, ...] | None:
    """The comments inside an expression or a simple statement, and behind the latter on its line.

    None when they cannot be told.
    """
    extent = source.span(node)
    if isinstance(node, ast.stmt) and not source.neighbour(node):
        extent = source.to_line_end(extent)
    telling = "#" if isinstance(node, ast.expr) else "#\\"  # a line may go on behind a statement
    if not set(telling) & set(source.text[extent.start : extent.end]):
        return ()  # spares loading LibCST
    reading = _read(source, node, extent)
    return reading.comments() if reading else None


def loses_comment(source: Source, node: ast.expr, edits: Iterable[Edit]) -> bool:
    """Whether ``edits`` would remove a comment inside ``node``, as far as that can be told."""
    found, edits = comments(source, node), list(edits)
    return found is None or any(covered(comment, edits) for comment in found)


def _read(source: Source, node: ast.expr | ast.stmt, extent: Span) -> _Reading | None:
    """LibCST's tree of a node, from the text of ``extent``, with positions; None when it has none."""
    import libcst as cst
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

    text = source.text[extent.start : extent.end]
    if isinstance(node, ast.expr):
        text = f"({text})"  # an expression in parentheses may break its lines anywhere
        extent = Span(extent.start - 1, extent.end + 1)
    if any(isinstance(part, ast.BoolOp) and len(part.values) > _MOST_OPERANDS for part in ast.walk(node)):
        return None
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        spans = wrapper.resolve(ByteSpanPositionProvider)
    except (cst.ParserSyntaxError, UnicodeError, RecursionError):
        return None
    match wrapper.module.body:
        case [cst.SimpleStatementLine(body=[cst.Expr(value=found)])] if isinstance(node, ast.expr):
            pass
        case [cst.SimpleStatementLine(body=[found])] if isinstance(node, ast.stmt):
            pass
        case _:
            return None
    if wrapper.module.code != text:
        return None
    places = {part: (span.start, span.start + span.length) for part, span in spans.items()}
    return _Reading(found, places, text.encode(), extent.start)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A node of LibCST's, and where its parts stand: in bytes of the text that it has read."""

    node: cst.CSTNode
    places: dict[cst.CSTNode, tuple[int, int]]
    text: bytes
    start: int  # of that text in the source

    def span(self, part: cst.CSTNode) -> Span:
        """Where a part stands in the source, without the parentheses around it."""
        start, end = (self.start + len(self.text[:place].decode()) for place in self.places[part])
        return Span(start, end)

    def comments(self) -> tuple[Span, ...]:
        """The comments."""
        import libcst as cst

        return tuple(sorted(self.span(part) for part in self.places if isinstance(part, cst.Comment)))

    def layout(self) -> Layout | None:
        """The layout of the node; None where it has no elements by its kind."""
        import libcst as cst

        closing: cst.CSTNode | None = None
        items: Iterable[cst.CSTNode]
        match self.node:
            case cst.Call(args=items):
                closing = self.node
            case cst.Dict(elements=items, rbrace=closing) | cst.List(elements=items, rbracket=closing):
                pass
            case cst.Tuple(elements=items, rpar=[closing, _]):  # the other one is ours
                pass
            case cst.Tuple(elements=items):
                pass
            case cst.ImportFrom(names=[*items], rpar=closing):
                pass
            case cst.Import(names=items):
                pass
            case _:
                return None
        end = self.span(closing).end - 1 if closing else None
        return Layout(tuple(map(self._element, items)), self.comments(), end)

    def _element(self, part: cst.CSTNode) -> Element:
        """One element; its value begins with the first parenthesis, or with a comment before that."""
        import libcst as cst

        whole = self.span(part)
        value: cst.CSTNode = getattr(part, "value", part)
        start = self.span(next(iter(getattr(value, "lpar", ())), value)).start
        sign = whole.start
        match part:
            case (
                cst.Arg(equal=cst.AssignEqual(whitespace_after=blank))
                | cst.DictElement(whitespace_after_colon=blank)
            ):
                sign = self.span(blank).start
        start = min([start, *(c.start for c in self.comments() if sign <= c.start < start)])
        comma = getattr(part, "comma", None)
        behind = self.span(comma) if isinstance(comma, cst.Comma) else None
        return Element(whole, Span(start, whole.end), behind)


def _is_the_same(source: Source, node: Laid, elements: Iterable[Element]) -> bool:
    """Whether the elements that LibCST has found, put together anew, are what Python has read."""
    joined = ", ".join(source.text[element.whole.start : element.whole.end] for element in elements)
    match node:
        case ast.Call():
            text = f"({source.slice(node.func)}\n)({joined})"
        case ast.Dict():
            text = f"{{{joined}}}"
        case ast.List():
            text = f"[{joined}]"
        case ast.Tuple():
            text = f"({joined}{',' * bool(node.elts)})"
        case ast.Import():
            text = f"import {joined}"
        case ast.ImportFrom():
            text = f"from {'.' * node.level}{node.module or ''} import ({joined})"
    try:
        (again,) = parse(text).body
        return ast.dump(again.value if isinstance(again, ast.Expr) else again) == ast.dump(node)
    except (CannotParse, RecursionError):
        return False
