"""Edits on the elements of a call, a dictionary, a list or an import: wrap, replace, remove, append.

Layout and comments stay as they are. A removed element takes its comma along, and its line if that is empty.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import TypeVar

from lrmigrate.analysis.layout import Element, Laid, Layout, Part, layout, parts
from lrmigrate.analysis.syntax import Source
from lrmigrate.edits import covered
from lrmigrate.model import Edit, Span

E = TypeVar("E", bound="Elements")


class Elements:
    """The elements of one node, by the parts of the tree: values, or the names of an import."""

    def __init__(self, source: Source, node: Laid, written: Layout) -> None:
        self.source = source
        self.node = node
        self.written = written
        self.by_part: dict[Part, Element] = dict(zip(parts(node), written.elements, strict=True))

    @classmethod
    def of(cls: type[E], source: Source, node: Laid) -> E | None:
        """The elements of ``node``; None when its layout cannot be told."""
        written = layout(source, node)
        return cls(source, node, written) if written else None

    def text(self, part: Part) -> str:
        """The text of a value as it is written, with its parentheses and the comments inside."""
        span = self.by_part[part].value
        return self.source.text[span.start : span.end]

    def wrap(self, part: Part, before: str, after: str) -> list[Edit]:
        """Put text around a value."""
        span = self.by_part[part].value
        depth = len(self.source.ancestors(part))  # orders insertions at one place
        return [
            Edit(Span(span.start, span.start), before, depth),
            Edit(Span(span.end, span.end), after, -depth),
        ]

    def replace(self, part: Part, text: str) -> Edit:
        """Write ``text`` for a value, within the parentheses around it."""
        return Edit(self.source.span(part), text)

    def append(self, text: str) -> list[Edit]:
        """One more element behind the last: on a line of its own, if that one stands on its own.

        The node must have a bracket.
        """
        source, closing = self.source, self.written.closing
        assert closing is not None
        if not self.written.elements:
            return [Edit(Span(closing, closing), text)]
        last = self.written.elements[-1]
        end = last.whole.end
        if not source.begins_line(last.whole.start):
            return [Edit(Span(end, end), f", {text}")]
        indent, newline = source.indent(last.whole.start), source.newline
        behind = source.line_end((last.comma or last.whole).end)
        if last.comma is not None and behind <= closing:
            return [Edit(Span(behind, behind), f"{indent}{text},{newline}")]
        comment = next((c for c in self.written.comments if end <= c.start < behind), None)
        if last.comma is not None or comment is None:
            return [Edit(Span(end, end), f",{newline}{indent}{text}")]
        return [Edit(Span(end, end), ","), Edit(Span(comment.end, comment.end), f"{newline}{indent}{text}")]

    def remove(self, gone: Collection[Part], moved: Collection[Part] = ()) -> list[Edit] | None:
        """Remove elements with their commas; None when a comment would be lost.

        The text of those ``moved`` is written somewhere else, comments and all.
        """
        cut = [element for part, element in self.by_part.items() if part in gone]
        kept = [element for element in self.written.elements if element not in cut]
        if not cut:
            return []
        if isinstance(self.node, ast.Tuple) and len(kept) < 2:
            return None  # it would be no tuple without its comma
        if not kept and not self.written.comments:
            return [Edit(self._inside(cut), "")]
        if any(self._commented(self._lost(self.by_part[part], part in moved)) for part in gone):
            return None
        runs = self._runs(cut)
        tail = self._tail(kept[-1], cut[-1]) if kept else None
        edits: list[Edit] = []
        for run, before in runs[:-1] if tail else runs:
            is_there = before is not None and not covered(before, edits)
            edits += self._cut(run, before if is_there else None)
        return [*edits, Edit(tail, "")] if tail else edits

    def _tail(self, last: Element, end: Element) -> Span | None:
        """What follows ``last``, up to an ``end`` without a comma; None where a comment stands in it."""
        if end.comma is not None or last.comma is None:
            return None
        span = Span(last.comma.start, end.whole.end)
        before = Span(last.whole.end, span.start)
        if self._commented(span):
            return None
        return span if self._commented(before) else Span(before.start, span.end)

    def _inside(self, elements: list[Element]) -> Span:
        """All elements with the white space around them, up to the bracket."""
        start, end = elements[0].whole.start, (elements[-1].comma or elements[-1].whole).end
        before = self.source.text[:start].rstrip()
        return Span(start if before.endswith("\\") else len(before), self.written.closing or end)

    def _runs(self, cut: list[Element]) -> list[tuple[Element, Span | None]]:
        """``cut``, with what no comment parts as one element; and the comma in front of each."""
        runs: list[tuple[Element, Span | None]] = []
        previous: Element | None = None
        for element in self.written.elements:
            if element in cut and previous in cut and not self._commented(_between(previous, element)):
                run, before = runs[-1]
                whole = Span(run.whole.start, element.whole.end)
                runs[-1] = Element(whole, run.value, element.comma), before
            elif element in cut:
                runs.append((element, previous.comma if previous else None))
            previous = element
        return runs

    def _cut(self, element: Element, before: Span | None) -> list[Edit]:
        """Remove one element and its comma; comments stay, an emptied line goes.

        ``before`` is the comma in front of it, which goes where a comment parts it from the one behind.
        """
        comma = element.comma
        if comma is None:
            return [Edit(self._tidied(element.whole), "")]
        if not self._commented(Span(element.whole.end, comma.start)):
            return [Edit(self._tidied(Span(element.whole.start, comma.end)), "")]
        if before is None or self._commented(Span(before.end, element.whole.start)):
            return [Edit(self._tidied(element.whole), ""), Edit(comma, "")]
        return [Edit(self._tidied(Span(before.start, element.whole.end)), "")]

    def _lost(self, element: Element, moved: bool) -> Span:
        """What of a removed element is written nowhere else: of a moved one, what precedes its value."""
        return Span(element.whole.start, element.value.start) if moved else element.whole

    def _commented(self, span: Span) -> bool:
        """Whether a comment stands in ``span``."""
        return any(span.contains(comment) for comment in self.written.comments)

    def _tidied(self, span: Span) -> Span:
        """``span`` with the white space around it that its removal would leave dangling.

        An emptied line goes as a whole; a comment behind the span stays.
        """
        source, text = self.source, self.source.text
        start, end = span.start, span.end
        while start and text[start - 1] in " \t":
            start -= 1
        while end < len(text) and text[end] in " \t":
            end += 1
        opens_line = start == source.line_start(start)
        if text[end : end + 1] == "\\" and opens_line:
            return Span(start, source.line_end(end))
        if text[end : end + 1] in ("\r", "\n"):
            return Span(start, source.line_end(end)) if opens_line else Span(start, end)
        if any(comment.start == end for comment in self.written.comments):
            return Span(span.start, end) if opens_line else Span(start, span.end)
        return Span(start, end) if end == self.written.closing and not opens_line else Span(span.start, end)


def _between(one: Element, other: Element) -> Span:
    """The text between two elements, with the comma."""
    return Span(one.whole.end, other.whole.start)
