"""Positions and edits of the protocol, for texts with every kind of line end and of character."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from lsprotocol.types import Position, Range, TextDocumentContentChangePartial, TextEdit

from lrmigrate.lsp.document import Document

TEXTS = st.text(st.sampled_from("ab\r\n\t\f\x0b\x85\u2028é𝛼\ufeff"), max_size=30)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def document(text: str, encoding: str = "utf-16") -> Document:
    return Document("file:///a.py", text, 1, encoding)


def inside_a_newline(text: str, offset: int) -> bool:
    return text[max(offset - 1, 0) : offset + 1] == "\r\n" and offset > 0


def applied(before: Document, edits: list[TextEdit]) -> str:
    """What an editor makes of edits: all refer to the same text, so the last goes first."""
    after = before
    for edit in reversed(edits):
        after = after.changed([TextDocumentContentChangePartial(edit.range, edit.new_text)])
    return after.text


@given(TEXTS, ENCODINGS, st.data())
def test_a_position_leads_back_to_its_offset(text: str, encoding: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    if not inside_a_newline(text, offset):
        one = document(text, encoding)
        assert one.offset(one.position(offset)) == offset


@given(TEXTS, TEXTS, ENCODINGS)
@example("a\r\n", "a\rb", "utf-16")
@example("\r\n", "a\n", "utf-16")
def test_edits_make_the_new_text_of_the_old(before: str, after: str, encoding: str) -> None:
    one = document(before, encoding)
    edits = one.edits(after)
    assert applied(one, edits) == one.mark + after
    assert (edits == []) == (one.body == after)
    for edit in edits:
        assert not inside_a_newline(before, one.offset(edit.range.start))
        assert not inside_a_newline(before, one.offset(edit.range.end))


def test_columns_count_units_of_the_encoding() -> None:
    text = "é𝛼x"
    for encoding, column in (("utf-8", 6), ("utf-16", 3), ("utf-32", 2)):
        assert document(text, encoding).position(2) == Position(0, column)


def test_positions_behind_the_end_are_the_end() -> None:
    one = document("ab\r\nc")
    assert one.offset(Position(0, 99)) == 2
    assert one.offset(Position(9, 0)) == 5


def test_a_byte_order_mark_takes_a_column_of_the_first_line_only() -> None:
    one = document("\ufeffab\ncd")
    assert one.body == "ab\ncd"
    assert one.position_in_body(1, 1) == Position(0, 1)
    assert one.position_in_body(2, 2) == Position(1, 1)


def test_changes_follow_each_other() -> None:
    changes = [
        TextDocumentContentChangePartial(Range(Position(0, 0), Position(0, 2)), "x"),
        TextDocumentContentChangePartial(Range(Position(0, 1), Position(0, 1)), "y"),
    ]
    assert document("𝛼b").changed(changes, 7) == Document("file:///a.py", "xyb", 7)
