"""How a plain call is written: one with nothing around its arguments but white space and commas.

Most calls are. Of these the positions in Python's own tree say all, and LibCST, which tells every token, need
not be loaded: that takes longer than all the rest of a check of one file.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from lrmigrate.analysis.syntax import Source
from lrmigrate.model import Span

_OPENING = re.compile(r"\s*\(\s*")
_BETWEEN = re.compile(r"\s*(,)\s*")
_CLOSING = re.compile(r"\s*(,?)\s*\)")
_EQUALS = re.compile(r"\w+\s*=\s*")


class Plain(NamedTuple):
    """One argument: all of it, its value, and the comma behind it."""

    whole: Span
    value: Span
    comma: Span | None


def plain_arguments(source: Source, call: ast.Call) -> list[Plain] | None:
    """The arguments of a call in the order of the text; None where it takes a look at the tokens.

    That is where a comment or a parenthesis stands between them, or a backslash: `SGD((0.1), lr=0.1  # slow`.
    """
    text, outer = source.text, source.span(call)
    if text.find("#", outer.start, outer.end) >= 0:
        return None  # maybe in a string only
    nodes: list[ast.expr | ast.keyword] = sorted(
        [*call.args, *call.keywords], key=lambda node: (node.lineno, node.col_offset)
    )
    wholes = [source.span(node) for node in nodes]
    ends = [source.span(call.func).end, *(whole.end for whole in wholes)]
    starts = [*(whole.start for whole in wholes), outer.end]
    if not nodes:
        return None
    patterns = [_OPENING, *[_BETWEEN] * (len(nodes) - 1), _CLOSING]
    gaps = [p.fullmatch(text, *gap) for p, gap in zip(patterns, zip(ends, starts, strict=True), strict=True)]
    values = [_value(source, node, whole) for node, whole in zip(nodes, wholes, strict=True)]
    found = []
    for whole, value, gap in zip(wholes, values, gaps[1:], strict=True):
        if gaps[0] is None or gap is None or value is None:
            return None
        comma = Span(*gap.span(1)) if gap[1] else None
        found.append(Plain(whole, value, comma))
    return found


def _value(source: Source, node: ast.expr | ast.keyword, whole: Span) -> Span | None:
    """Where an argument's value stands, behind its keyword or stars; None where more stands between them."""
    match node:
        case ast.Starred(value=value) | ast.keyword(value=value):
            inner = source.span(value)
        case _:
            return whole
    before = source.text[whole.start : inner.start]
    is_plain = before in ("*", "**") or (isinstance(node, ast.keyword) and _EQUALS.fullmatch(before))
    return Span(inner.start, whole.end) if is_plain and inner.end == whole.end else None
