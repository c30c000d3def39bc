"""Edits on the arguments of one call: rename, wrap, remove. Layout and comments stay as they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from lrmigrate.analysis.syntax import Argument, Layout, Source, layout
from lrmigrate.model import Edit, Span

_DECIMAL = re.compile(r"[0-9][0-9_]*")
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Subscript, ast.List, ast.Tuple, ast.Dict)


class Arguments:
    """The arguments of one call, by the value nodes of the tree."""

    def __init__(self, source: Source, call: ast.Call, written: Layout) -> None:
        self.source = source
        self.call = call
        self.comments = written.comments
        nodes = [*call.args, *(keyword.value for keyword in call.keywords)]
        nodes.sort(key=lambda node: source.span(node).start)
        self.arguments = written.arguments
        self.by_node = dict(zip(nodes, written.arguments, strict=True))
        self.keywords = {keyword.value: keyword for keyword in call.keywords}

    @classmethod
    def of(cls, source: Source, call: ast.Call) -> Arguments | None:
        """The arguments of ``call``; None when its layout cannot be told."""
        written = layout(source, call)
        return cls(source, call, written) if written else None

    def text(self, value: ast.expr) -> str:
        """The text of a value as it is written, with its parentheses and the comments inside."""
        span = self.by_node[value].value
        return self.source.text[span.start : span.end]

    def rename(self, value: ast.expr, name: str) -> list[Edit]:
        """Give the argument the keyword ``name``; a positional argument becomes a keyword argument."""
        argument = self.by_node[value]
        keyword = self.keywords.get(value)
        if keyword is None:
            start = argument.whole.start
            return [Edit(Span(start, start), f"{name}=", -1)]
        assert keyword.arg is not None
        if keyword.arg == name:
            return []
        start = argument.whole.start
        return [Edit(Span(start, start + len(keyword.arg)), name)]

    def wrap(self, value: ast.expr, before: str, after: str) -> list[Edit]:
        """Put text around a value."""
        span = self.by_node[value].value
        depth = self._depth(value)
        return [
            Edit(Span(span.start, span.start), before, depth),
            Edit(Span(span.end, span.end), after, -depth),
        ]

    def replace(self, value: ast.expr, text: str) -> Edit:
        """Write ``text`` for a value, within the parentheses around it."""
        return Edit(self.source.span(value), text)

    def whole_as_float(self, value: ast.expr) -> Edit | None:
        """Write a literal whole number as a float; None for everything else."""
        text = self.source.slice(value)
        is_whole = isinstance(value, ast.Constant) and type(value.value) is int
        return self.replace(value, f"{text}.0") if is_whole and _DECIMAL.fullmatch(text) else None

    def _depth(self, node: ast.expr) -> int:
        """How deeply nested a node is: orders insertions at one place."""
        return len(self.source.ancestors(node))

    def remove(self, values: Collection[ast.expr], moved: Collection[ast.expr] = ()) -> list[Edit] | None:
        """Remove arguments with their commas; None when a comment would be lost.

        The text of those ``moved`` is written somewhere else, comments and all.
        """
        gone = sorted((self.by_node[value] for value in values), key=lambda argument: argument.whole)
        kept = [argument for argument in self.arguments if argument not in gone]
        if not gone:
            return []
        if not kept and not self.comments:
            return [Edit(Span(gone[0].whole.start, (gone[-1].comma or gone[-1].whole).end), "")]
        if any(self._commented(self._lost(self.by_node[value], value in moved)) for value in values):
            return None
        tail = [argument for argument in gone if not kept or argument.whole.start > kept[-1].whole.start]
        edits = [edit for argument in gone if argument not in tail for edit in self._cut(argument)]
        return edits + self._cut_tail(tail, kept[-1] if kept else None)

    def _cut_tail(self, tail: list[Argument], last: Argument | None) -> list[Edit]:
        """Remove the last arguments of a call; ``last`` is the last one that stays."""
        if not tail:
            return []
        if last is not None and last.comma is not None and tail[-1].comma is None:
            whole = Span(last.comma.start, tail[-1].whole.end)
            if not self._commented(whole):
                return [Edit(whole, "")]
        return [edit for argument in tail for edit in self._cut(argument)]

    def _cut(self, argument: Argument) -> list[Edit]:
        """Remove one argument and its comma; comments stay, an emptied line goes."""
        comma = argument.comma
        if comma is None:
            return [Edit(self.source.tidied(argument.whole), "")]
        if self._commented(Span(argument.whole.end, comma.start)):
            before = self._comma_before(argument)
            if before is None or self._commented(Span(before.end, argument.whole.start)):
                return [Edit(argument.whole, ""), Edit(comma, "")]
            return [Edit(self.source.tidied(Span(before.start, argument.whole.end)), "")]
        return [Edit(self.source.tidied(Span(argument.whole.start, comma.end)), "")]

    def _comma_before(self, argument: Argument) -> Span | None:
        """The comma that stands before an argument, where that one is the argument's own in style."""
        index = self.arguments.index(argument)
        return self.arguments[index - 1].comma if index else None

    def _lost(self, argument: Argument, moved: bool) -> Span:
        """What of a removed argument is written nowhere else: of a moved one, what precedes its value."""
        return Span(argument.whole.start, argument.value.start) if moved else argument.whole

    def _commented(self, span: Span) -> bool:
        """Whether a comment stands in ``span``."""
        return any(span.contains(comment) for comment in self.comments)


def is_ordered(call: ast.Call) -> bool:
    """Whether an argument assigns a name that another one reads: then the order of evaluation matters."""
    nodes = list(ast.walk(call))
    assigned = {node.target.id for node in nodes if isinstance(node, ast.NamedExpr)}
    return any(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n.id in assigned for n in nodes)


def operand(text: str, node: ast.expr) -> str:
    """``text`` of ``node``, with parentheses unless it binds more tightly than any operator."""
    is_negative = isinstance(node, ast.Constant) and text.startswith("-")
    return text if isinstance(node, _ATOMS) and not is_negative else f"({text})"


def unwrapped(text: str, inner: str) -> str:
    """``text`` without the parentheses around ``inner``, where that is all there is."""
    return inner if re.fullmatch(r"[\s(]*" + re.escape(inner) + r"[\s)]*", text) else text
