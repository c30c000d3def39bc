"""Where the expressions of f-strings stand in the text, the same for every version of Python.

Before Python 3.12 the tree does not know: an f-string is one token there, and what stands in its braces has
no positions that can be relied on. So the braces are looked for in the literal, and what is found must be
the expression of the tree. Where that is not so, nothing is certain.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lrmigrate.edits import splice
from lrmigrate.model import Edit, Span

if TYPE_CHECKING:
    from lrmigrate.analysis.syntax import Source

_OPENING = re.compile(r"([A-Za-z]{0,2})('''|\"\"\"|'|\")")
_BETWEEN = re.compile(r"(?:\s|\\\r?\n|#[^\r\n]*)*")
_QUOTED = re.compile(r"'''|\"\"\"|'|\"")
_NAMED = re.compile(r"\\N\{[^{}]*\}")
_ESCAPE = re.compile(r"\\[^{]")  # what opens a field cannot be escaped
_COMPARISON = re.compile(r"[=!<>]=")


@dataclass(frozen=True, slots=True)
class Field:
    """One pair of braces: the span of its expression, and whether `=` shows the text of that, too."""

    span: Span
    is_shown: bool


class _Unclear(Exception):
    """The literal is written in a way that is not understood."""


def fields_of(text: str) -> list[Field] | None:
    """The fields of string literals, one behind the other, as Python 3.10 reads them.

    None where that is not certain. Fields in the format of a field are left out.
    """
    try:
        return list(_fields(text))
    except _Unclear:
        return None


def _fields(text: str) -> Iterator[Field]:
    """The fields of string literals; raises _Unclear."""
    offset = 0
    while offset < len(text):
        opening = _OPENING.match(text, offset)
        if opening is None:
            raise _Unclear
        prefix, quote = opening.group(1).lower(), opening.group(2)
        end = _end_of_literal(text, opening.end(), quote)
        if "f" in prefix:
            yield from _fields_within(text, opening.end(), end, "r" in prefix)
        between = _BETWEEN.match(text, end + len(quote))
        assert between is not None
        offset = between.end()


def _end_of_literal(text: str, offset: int, quote: str) -> int:
    """Where the closing quote of a literal stands; raises _Unclear."""
    while not text.startswith(quote, offset):
        offset += 2 if text.startswith("\\", offset) else 1
        if offset >= len(text):
            raise _Unclear
    return offset


def _fields_within(text: str, offset: int, end: int, is_raw: bool) -> Iterator[Field]:
    """The fields between two offsets of an f-string; raises _Unclear."""
    while offset < end:
        named = _NAMED.match(text, offset) if not is_raw else None
        if named:
            offset = named.end()
        elif text.startswith(("{{", "}}"), offset) or (_ESCAPE.match(text, offset) and not is_raw):
            offset += 2
        elif text[offset] == "{":
            close = _end_of_expression(text, offset + 1, end)
            is_shown = text[close] == "="
            yield Field(Span(offset + 1, close), is_shown)
            offset = _end_of_field(text, close, end)
        else:
            offset += 1


def _end_of_expression(text: str, offset: int, end: int) -> int:
    """Where the expression of a field ends, at its brace, a colon, `!` or `=`; raises _Unclear."""
    depth = 0
    while offset < end:
        character = text[offset]
        quote = _QUOTED.match(text, offset)
        if quote:
            close = _end_of_literal(text[:end], quote.end(), quote.group())
            if "\\" in text[offset:close]:
                raise _Unclear
            offset = close + len(quote.group())
        elif character in "\\#":
            raise _Unclear
        elif not depth and character in "}:":
            return offset
        elif _COMPARISON.match(text, offset):
            offset += 2
        elif not depth and character in "!=":
            return offset
        else:
            depth += (character in "([{") - (character in ")]}")
            offset += 1
    raise _Unclear


def _end_of_field(text: str, offset: int, end: int) -> int:
    """The offset behind the brace that closes a field, from where its expression ends; raises _Unclear."""
    depth = 1
    while offset < end:
        depth += (text[offset] == "{") - (text[offset] == "}")
        offset += 1
        if not depth:
            return offset
    raise _Unclear


class Fields:
    """The fields of all f-strings of a source whose places are certain.

    Making one gives the nodes in f-strings their positions: those of their text, or, where that is not
    certain, those of the f-string. It does not keep the source, which keeps it.
    """

    def __init__(
        self, source: Source, parents: Mapping[ast.AST, ast.AST], strings: Iterable[ast.JoinedStr]
    ) -> None:
        self._known: dict[ast.FormattedValue, Field] = {}
        for string in strings:  # outer ones come first
            if getattr(parents[string], "format_spec", None) is not string:
                self._place(source, string)

    def fits(self, source: Source, string: ast.JoinedStr, edits: Iterable[Edit]) -> bool:
        """Whether edits leave all fields of an f-string but one as they are, as Python 3.10 reads them."""
        whole = source.span(string)
        inside = [edit for edit in edits if whole.start < edit.span.end and edit.span.start < whole.end]
        before = [field for value in _values(string) if (field := self._known.get(value))]
        if len(before) < len(_values(string)) or not inside:
            return not inside and len(before) == len(_values(string))
        changed = [f for f in before if all(f.span.contains(edit.span) for edit in inside)]
        if not changed or changed[0].is_shown:
            return False
        moved = [replace(e, span=Span(e.span.start - whole.start, e.span.end - whole.start)) for e in inside]
        after = fields_of(splice(source.text[whole.start : whole.end], moved))
        growth = sum(len(edit.text) - (edit.span.end - edit.span.start) for edit in inside)
        expected = [_length(field) + growth * (field is changed[0]) for field in before]
        return after is not None and [_length(field) for field in after] == expected

    def _place(self, source: Source, string: ast.JoinedStr) -> None:
        """Give the nodes of an f-string their positions."""
        whole = source.span(string)
        found = fields_of(source.text[whole.start : whole.end])
        values = _values(string)
        is_certain = found is not None and len(found) == len(values)
        for value, field in zip(values, found if found and is_certain else [None] * len(values), strict=True):
            if field is not None:
                span = Span(whole.start + field.span.start, whole.start + field.span.end)
                if _located(source, value.value, span):
                    self._known[value] = Field(span, field.is_shown)
                    if value.format_spec is not None:
                        _cover(source, value.format_spec, whole)
                    continue
            _cover(source, value, whole)


def _located(source: Source, node: ast.expr, span: Span) -> bool:
    """Give an expression the positions of its text; False where that is another expression."""
    text = source.text[span.start : span.end]
    if isinstance(node, ast.Name) and text.strip() == node.id:  # as most are: without parsing
        start = span.start + text.index(node.id)
        _move(source, node, Span(start, start + len(node.id)))
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            twin = ast.parse(f"({text})", mode="eval").body
        is_same = ast.dump(twin) == ast.dump(node)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if is_same:
        _take_over(source, node, twin, span.start - 1, f"({text})")
    return is_same


def _take_over(source: Source, node: ast.expr, twin: ast.expr, start: int, text: str) -> None:
    """Give a node the positions of its twin, which was parsed from a text that stands at ``start``."""
    lines = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]

    def offset(line: int, column: int) -> int:
        """A position in that text as an offset in the source."""
        first = lines[line - 1]
        before = text[first:].encode("utf-8", "surrogatepass")[:column]
        return start + first + len(before.decode("utf-8", "surrogatepass"))

    for mine, other in zip(ast.walk(node), ast.walk(twin), strict=True):
        if isinstance(other, ast.expr | ast.keyword | ast.arg):
            assert other.end_lineno is not None
            assert other.end_col_offset is not None
            begin = offset(other.lineno, other.col_offset)
            _move(source, mine, Span(begin, offset(other.end_lineno, other.end_col_offset)))


def _cover(source: Source, node: ast.AST, span: Span) -> None:
    """Give everything below a node the positions of a span."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.expr | ast.keyword | ast.arg):
            _move(source, inner, span)


def _move(source: Source, node: ast.AST, span: Span) -> None:
    """Give a node a position."""
    assert isinstance(node, ast.expr | ast.keyword | ast.arg)
    node.lineno, node.col_offset = _position(source, span.start)
    node.end_lineno, node.end_col_offset = _position(source, span.end)


def _position(source: Source, offset: int) -> tuple[int, int]:
    """The line of an offset, from 1, and the column in bytes, as a tree has them."""
    line, column = source.position(offset)
    start = offset - column + 1
    return line, len(source.text[start:offset].encode("utf-8", "surrogatepass"))


def _length(field: Field) -> int:
    """How many characters the expression of a field has."""
    return field.span.end - field.span.start


def _values(string: ast.JoinedStr) -> list[ast.FormattedValue]:
    """The fields of an f-string as the tree has them."""
    return [value for value in string.values if isinstance(value, ast.FormattedValue)]
