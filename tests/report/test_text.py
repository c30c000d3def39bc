"""The text for people: carets stand below their site, whatever the line is made of."""

from __future__ import annotations

import click
import pytest
from wcwidth import wcswidth

from lrmigrate.engine.text import check_text
from tests.report.conftest import render

CALL = "tf.train.cosine_decay(0.1, step, 100)"


def text(body: str) -> list[str]:
    """The lines shown for a program, without colours and the headline."""
    report = check_text(f"import tensorflow as tf\n{body}", "train.py")
    return click.unstyle(render("text", [report])).splitlines()[1:]


@pytest.mark.parametrize(
    "before",
    [
        "lr = ",
        "if step:\tlr = ",
        "\t\tlr = ",
        "n = '名前'; lr = ",
        "n = '😀é'; lr = ",
        "n = 'e\u0301'; lr = ",
        "n = '\x1b[31m\x07'; lr = ",
        "n = '\u202e'; lr = ",
        "n = '" + "x" * 300 + "'; lr = ",
        "n = '" + "名" * 300 + "'; lr = ",
    ],
)
@pytest.mark.parametrize("behind", ["", "  # " + "y" * 300])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_carets_stand_below_the_site(before: str, behind: str, newline: str) -> None:
    number = 3 if before.startswith("\t") else 2
    head = f"if step:{newline}" if number == 3 else ""
    empty, line, carets, *_ = text(f"{head}{before}{CALL}{behind}{newline}")
    assert empty == "  |"
    assert line.startswith(f"{number} | ")
    assert CALL in line
    assert wcswidth(line.partition(CALL)[0]) == len(carets.rstrip("^"))
    assert carets.strip(" |") == "^" * len(CALL)
    assert len(line) < 200


def test_sites_of_several_lines() -> None:
    assert text("lr = tf.train.cosine_decay(\n\t0.1, '名',\n    100)\n")[:-1] == [
        "  |",
        "2 |   lr = tf.train.cosine_decay(",
        "  |  ______^",
        "3 | |     0.1, '名',",
        "4 | |     100)",
        "  | |________^",
    ]


def test_a_site_that_begins_its_line() -> None:
    assert text("f(\n  tf.train.cosine_decay(\n    0.1, step, 100))\n")[:-1] == [
        "  |",
        "3 | /   tf.train.cosine_decay(",
        "4 | |     0.1, step, 100))",
        "  | |___________________^",
    ]


def test_long_sites_are_cut() -> None:
    body = "".join(f"    # {number}\n" for number in range(10))
    assert text(f"lr = tf.train.cosine_decay(\n{body}    0.1, step, 100)\n")[:-1] == [
        "   |",
        " 2 |   lr = tf.train.cosine_decay(",
        "   |  ______^",
        " 3 | |     # 0",
        " 4 | |     # 1",
        " 5 | |     # 2",
        "...  |",
        "12 | |     # 9",
        "13 | |     0.1, step, 100)",
        "   | |___________________^",
    ]


def test_a_place_behind_the_end_of_the_line_and_a_reason() -> None:
    assert text("x.lr = 3 +\n")[1:4] == [
        "2 | x.lr = 3 +",
        "  |           ^",
        "  = by hand: Nothing in it could be checked.",
    ]


def test_the_concise_form_is_the_headline() -> None:
    report = check_text(f"import tensorflow as tf\nlr = {CALL}\n", "train.py")
    line = render("concise", [report])
    assert line == render("text", [report]).splitlines(keepends=True)[0]
    assert "\x1b[" in line
