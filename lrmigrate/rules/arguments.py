"""Edits on the arguments of one call: those on all elements, and a new keyword. Layout and comments stay."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.layout import Layout
from lrmigrate.analysis.syntax import Source
from lrmigrate.model import Edit, Span

_DECIMAL = re.compile(r"[0-9][0-9_]*")
_ARGUMENT = re.compile(r"\b(\w+)=")
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Subscript, ast.List, ast.Tuple, ast.Dict)


class Arguments(Elements):
    """The arguments of one call, by the value nodes of the tree: between its parentheses, or in a dictionary.

    What is written in a dictionary has its keys for keywords: `SGD(**{"lr": 0.1})`.
    """

    def __init__(self, source: Source, node: ast.Call | ast.Dict, written: Layout) -> None:
        super().__init__(source, node, written)
        self.keywords: dict[ast.expr, ast.keyword | ast.Constant] = {}
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            self.keywords |= {value: key for key, value in pairs if isinstance(key, ast.Constant)}
        else:
            self.keywords |= {keyword.value: keyword for keyword in node.keywords}

    def rename(self, value: ast.expr, name: str) -> list[Edit]:
        """Give the argument the keyword ``name``; a positional argument becomes a keyword argument."""
        start = self.by_part[value].whole.start
        keyword = self.keywords.get(value)
        if keyword is None:
            return [Edit(Span(start, start), f"{name}=", -1)]
        if isinstance(keyword, ast.Constant):
            quote = self.source.slice(keyword)[-1]
            return [] if keyword.value == name else [Edit(self.source.span(keyword), f"{quote}{name}{quote}")]
        assert keyword.arg is not None
        if keyword.arg == name:
            return []
        return [Edit(Span(start, start + len(keyword.arg)), name)]

    def unwrapped(self, value: ast.expr) -> str:
        """The text of a value without the parentheses around it, unless a comment stands in these."""
        outer, inner = self.by_part[value].value, self.source.span(value)
        around = [Span(outer.start, inner.start), Span(inner.end, outer.end)]
        return self.text(value) if any(map(self._commented, around)) else self.source.slice(value)

    def add(self, text: str, removed: Collection[ast.expr]) -> list[Edit]:
        """Write further arguments behind all that are not removed."""
        if text and isinstance(self.node, ast.Dict):
            text = _ARGUMENT.sub(r'"\1": ', text)
        gone = [self.by_part[value] for value in removed]
        kept = [element for element in self.written.elements if element not in gone]
        if not text or not gone or (kept and kept[-1] is self.written.elements[-1]):
            return self.append(text) if text else []
        if not kept:
            closing = self.written.closing
            assert closing is not None
            return [Edit(Span(closing, closing), text)]
        source, last = self.source, kept[-1]
        following = self.written.elements[self.written.elements.index(last) + 1]
        indent = source.indent(last.whole.start)
        if not source.begins_line(last.whole.start):
            return [Edit(Span(last.whole.end, last.whole.end), f", {text}")]
        if last.comma and self.written.elements[-1].comma and source.begins_line(following.whole.start):
            behind = source.line_end(last.comma.end)
            return [Edit(Span(behind, behind), f"{indent}{text},{source.newline}")]
        return [Edit(Span(last.whole.end, last.whole.end), f",{source.newline}{indent}{text}")]

    def whole_as_float(self, value: ast.expr) -> Edit | None:
        """Write a literal whole number as a float; None for everything else."""
        text = self.source.slice(value)
        is_whole = isinstance(value, ast.Constant) and type(value.value) is int
        return self.replace(value, f"{text}.0") if is_whole and _DECIMAL.fullmatch(text) else None


def is_ordered(call: ast.expr) -> bool:
    """Whether an argument assigns a name that another one reads: then the order of evaluation matters."""
    nodes = list(ast.walk(call))
    assigned = {node.target.id for node in nodes if isinstance(node, ast.NamedExpr)}
    return any(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in assigned for n in nodes)


def operand(text: str, node: ast.expr) -> str:
    """``text`` of ``node``, with parentheses unless it binds more tightly than any operator."""
    is_negative = isinstance(node, ast.Constant) and text.startswith("-")
    return text if isinstance(node, _ATOMS) and not is_negative else f"({text})"
