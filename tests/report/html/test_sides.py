"""Two texts side by side: what is paired, what is marked, what is left out."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from lrmigrate.report.html.sides import CONTEXT, Hunk, Kind, Line, excerpt, hunks

LINES = st.lists(st.sampled_from(["a = 1", "b = f(a, 2)", "", "  c", "d = g(a)"]), max_size=12)


def shown(line: Line | None) -> str | None:
    """A line as text, changed words in brackets."""
    if line is None:
        return None
    return "".join(f"[{p.text}]" if p.kind is Kind.CHANGED else p.text for p in line.pieces)


def rows(hunk: Hunk) -> list[tuple[str | None, str | None]]:
    return [(shown(row.old), shown(row.new)) for row in hunk.rows if row.changed]


def test_changed_words_are_marked() -> None:
    before = "x = 1\nopt = tf.train.SGD(lr=1e-3, nesterov=True)\n"
    after = "x = 1\nopt = tf.keras.SGD(learning_rate=1e-6, nesterov=True)\n"
    (hunk,) = hunks(before, after)
    assert rows(hunk) == [
        (
            "opt = tf.[train].SGD([lr]=[1e-3], nesterov=True)",
            "opt = tf.[keras].SGD([learning_rate]=[1e-6], nesterov=True)",
        )
    ]


def test_lines_are_paired_with_what_became_of_them() -> None:
    before = (
        "lr = tf.exponential_decay(\n    0.1,  # base\n    batch * SIZE,\n    STEPS, 0.96, staircase=True)"
    )
    after = "lr = tf.ExponentialDecay(\n    0.1,  # base\n    STEPS, 0.96, staircase=True)(batch * SIZE)"
    (hunk,) = hunks(before, after)
    assert rows(hunk) == [
        ("lr = tf.[exponential_decay](", "lr = tf.[ExponentialDecay]("),
        ("    batch * SIZE,", None),
        ("    STEPS, 0.96, staircase=True)", "    STEPS, 0.96, staircase=True)[(batch * SIZE)]"),
    ]


def test_far_changes_are_hunks_of_their_own_with_true_numbers() -> None:
    lines = [f"line {number}" for number in range(1, 61)]
    after = ["import x", *lines[:39], "changed 40", *lines[40:]]
    first, second = hunks("\r\n".join(lines), "\r\n".join(after))
    assert [(row.old and row.old.number, row.new and row.new.number) for row in first.rows] == [
        (None, 1), (1, 2), (2, 3), (3, 4),
    ]  # fmt: skip
    assert (second.rows[CONTEXT].old, second.rows[CONTEXT].new) != (None, None)
    assert [row.old.number for row in second.rows if row.old] == list(range(37, 44))
    assert [row.new.number for row in second.rows if row.new] == list(range(38, 45))


@given(LINES, LINES)
def test_no_line_of_a_change_is_lost_or_made_up(old: list[str], new: list[str]) -> None:
    found = list(hunks("\n".join(old), "\n".join(new)))
    before, after = "\n".join(old).split("\n"), "\n".join(new).split("\n")
    for side, lines in (("old", before), ("new", after)):
        seen = [getattr(row, side) for hunk in found for row in hunk.rows if getattr(row, side)]
        assert [line.number for line in seen] == sorted({line.number for line in seen})
        assert all("".join(p.text for p in line.pieces) == lines[line.number - 1] for line in seen)
    same = {row.old.number for hunk in found for row in hunk.rows if row.old and not row.changed}
    gone = {row.old.number for hunk in found for row in hunk.rows if row.old and row.changed}
    come = {row.new.number for hunk in found for row in hunk.rows if row.new and row.changed}
    rest = [line for number, line in enumerate(before, 1) if number not in gone]
    assert rest == [line for number, line in enumerate(after, 1) if number not in come]
    assert not same & gone


def test_a_long_line_keeps_its_change_and_says_what_is_left_out() -> None:
    filler = "x" * 5_000
    (hunk,) = hunks(f"{filler} lr={filler}", f"{filler} learning_rate={filler}")
    (row,) = hunk.rows
    assert row.old is not None
    assert [piece.text for piece in row.old.pieces if piece.kind is Kind.CUT] == ["4,601 characters"] * 2
    assert [piece.text for piece in row.old.pieces if piece.kind is Kind.CHANGED] == ["lr"]
    assert sum(len(piece.text) for piece in row.old.pieces) < 1_000


def test_large_blocks_and_lines_of_many_words_are_shown_without_much_thought() -> None:
    began = time.process_time()
    (hunk,) = hunks("\n".join("a" * 100), "\n".join("b" * 100))
    assert len(hunk.rows) == 200
    (hunk,) = hunks("a " * 600, "b " * 600)
    assert all(piece.kind is not Kind.SAME for row in hunk.rows if row.old for piece in row.old.pieces)
    assert time.process_time() - began < 2


def test_an_excerpt_marks_the_finding_alone() -> None:
    text = "a\nb\nc\nd\nx = f(1,\n      2) + g\ne\n"
    hunk = excerpt(text, (5, 5), (6, 9))
    assert [shown(row.old) for row in hunk.rows] == [
        "b", "c", "d", "x = [f(1,]", "      [2)] + g", "e", "",
    ]  # fmt: skip
    assert hunk.omitted == 0


def test_an_excerpt_of_a_long_finding_says_how_much_is_missing() -> None:
    hunk = excerpt("\n".join("abc" for _ in range(100)), (10, 1), (80, 2))
    assert len(hunk.rows) + hunk.omitted == 71 + 2 * CONTEXT
    assert hunk.omitted == 47


def test_an_excerpt_behind_the_end_shows_the_end() -> None:
    assert [shown(row.old) for row in excerpt("a\nb", (9, 4), (9, 4)).rows] == ["a", "b"]
