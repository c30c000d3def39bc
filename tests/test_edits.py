"""Splicing: order, equal edits, overlaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrmigrate.edits import Overlap, compatible, splice
from lrmigrate.model import Edit, Span


def edit(start: int, end: int, text: str, rank: int = 0) -> Edit:
    return Edit(Span(start, end), text, rank)


def test_insertions_at_one_place_follow_their_rank() -> None:
    inner, outer = edit(1, 1, ")", -2), edit(1, 1, "]", -1)
    assert splice("x", [outer, inner]) == "x)]"


def test_insertion_stands_before_a_replacement_at_the_same_place() -> None:
    assert splice("abc", [edit(1, 2, "B"), edit(1, 1, "(")]) == "a(Bc"


def test_equal_edits_count_once() -> None:
    assert splice("ab", [edit(1, 1, "-"), edit(1, 1, "-")]) == "a-b"


@pytest.mark.parametrize("other", [edit(1, 3, "z"), edit(0, 2, "z"), edit(1, 1, "z"), edit(0, 4, "")])
def test_overlap(other: Edit) -> None:
    base = edit(0, 2, "y") if other.span == Span(1, 1) else edit(1, 3, "y")
    assert not compatible([base], [other])
    with pytest.raises(Overlap):
        splice("abcd", [base, other])


@given(st.text(), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text(max_size=3))))
def test_untouched_characters_stay(text: str, raw: list[tuple[int, int, str]]) -> None:
    edits: list[Edit] = []
    for start, length, new in raw:
        begin = min(start, len(text))
        candidate = edit(begin, min(begin + length, len(text)), new)
        if compatible(edits, [candidate]):
            edits.append(candidate)
    removed = sum(e.span.end - e.span.start for e in set(edits))
    added = sum(len(e.text) for e in set(edits))
    assert len(splice(text, edits)) == len(text) - removed + added
