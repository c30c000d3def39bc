"""An open text and its positions, as the protocol counts them. Knows neither Python nor findings.

The protocol ends lines at LF, CR and CRLF alone, and counts columns in the units of an encoding that
client and server agree on: UTF-16 unless they say otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
    TextEdit,
)

_NEWLINE = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MARK = "\ufeff"


@dataclass(frozen=True)
class Document:
    """A version of an open text; ``encoding`` is what columns count: utf-8, utf-16 or utf-32."""

    uri: str
    text: str
    version: int | None = None
    encoding: str = "utf-16"

    @property
    def mark(self) -> str:
        """The byte order mark that an editor has left in the text, or nothing."""
        return _MARK if self.text.startswith(_MARK) else ""

    @property
    def body(self) -> str:
        """The text behind the byte order mark."""
        return self.text[len(self.mark) :]

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character."""
        return [0, *(match.end() for match in _NEWLINE.finditer(self.text))]

    def position(self, offset: int) -> Position:
        """The protocol's position of an offset into the text."""
        line = bisect_right(self.line_starts, offset) - 1
        before = self.text[self.line_starts[line] : offset]
        return Position(line, sum(map(self._width, before)))

    def position_in_body(self, line: int, column: int) -> Position:
        """The position of a 1-based line and column, in characters, of the body."""
        start = self.line_starts[min(line, len(self.line_starts)) - 1]
        mark = len(self.mark) if line == 1 else 0
        return self.position(min(start + mark + column - 1, len(self.text)))

    def offset(self, position: Position) -> int:
        """The offset of a position; one behind the end of a line or of the text is that end."""
        if position.line >= len(self.line_starts):
            return len(self.text)
        offset, units = self.line_starts[position.line], 0
        while units < position.character and self.text[offset : offset + 1] not in ("", "\r", "\n"):
            units += self._width(self.text[offset])
            offset += 1
        return offset

    def changed(
        self, changes: Sequence[TextDocumentContentChangeEvent], version: int | None = None
    ) -> Document:
        """The next version of the document."""
        document = self
        for change in changes:
            text = change.text
            if isinstance(change, TextDocumentContentChangePartial):
                start, end = document.offset(change.range.start), document.offset(change.range.end)
                text = document.text[:start] + text + document.text[end:]
            document = Document(self.uri, text, version, self.encoding)
        return document

    def edits(self, body: str) -> list[TextEdit]:
        """The edits that make ``body`` of this document's body, each as small as its lines allow."""
        old, new = (_LINE.findall(text) for text in (self.text, self.mark + body))
        starts = [0]
        for line in old:
            starts.append(starts[-1] + len(line))
        edits = []
        for operation, first, last, new_first, new_last in SequenceMatcher(
            None, old, new, False
        ).get_opcodes():
            if operation != "equal":
                before, after = "".join(old[first:last]), "".join(new[new_first:new_last])
                edits.append(self._edit(starts[first], before, after))
        return edits

    def _edit(self, start: int, before: str, after: str) -> TextEdit:
        """The edit that makes ``after`` of ``before``, which stands at ``start``, without what both share.

        A CRLF of ``before`` is never torn apart, because no position lies within it.
        """
        head = _shared(before, after)
        head -= before[max(head - 1, 0) : head + 1] == "\r\n"
        tail = _shared(before[head:][::-1], after[head:][::-1])
        end = len(before) - tail
        tail -= before[max(end - 1, 0) : end + 1] == "\r\n"
        span = Range(self.position(start + head), self.position(start + len(before) - tail))
        return TextEdit(span, after[head : len(after) - tail])

    def _width(self, character: str) -> int:
        """How many units of the encoding a character takes."""
        match self.encoding:
            case "utf-8":
                return len(character.encode("utf-8", "surrogatepass"))
            case "utf-32":
                return 1
        return 2 if character > "\uffff" else 1


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
