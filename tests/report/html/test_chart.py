"""The picture of two curves: where its points and ticks lie."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrmigrate.model import Curve
from lrmigrate.report.html.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart, constant_rate
from lrmigrate.report.shown import worth_showing

RATES = st.floats(allow_nan=True, allow_infinity=True, width=32)


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+?) ([^ML]+)", path)]


@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), RATES, RATES), min_size=1, max_size=30))
def test_everything_lies_within_the_picture(samples: list[tuple[int, float, float]]) -> None:
    unique = sorted({step: (old, new) for step, old, new in samples}.items())
    steps = tuple(step for step, _ in unique)
    curve = Curve(steps, tuple(o for _, (o, _) in unique), tuple(n for _, (_, n) in unique), (5, 7))
    picture = chart(curve)
    seen = worth_showing(curve)
    if not any(map(math.isfinite, (*seen.old, *seen.new))):
        assert picture is None
        return
    assert picture is not None
    for x, y in (*points(picture.old), *points(picture.new)):
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP <= y <= HEIGHT - BOTTOM
    for tick in picture.x_ticks:
        assert LEFT <= tick.at <= WIDTH - RIGHT
    assert 1 <= len(picture.y_ticks) <= 6
    assert len({tick.text for tick in picture.y_ticks}) == len(picture.y_ticks)


def test_a_falling_rate_falls_in_the_picture() -> None:
    picture = chart(Curve((0, 50, 100), (0.4, 0.2, 0.1), (0.4, 0.4, 0.4)))
    assert picture is not None
    heights = [y for _, y in points(picture.old)]
    assert heights == sorted(heights)
    assert len(points(picture.new)) == 2  # a level stretch needs its ends alone
    assert [tick.text for tick in picture.x_ticks] == ["0", "50", "100"]
    assert [tick.text for tick in picture.y_ticks] == ["0.1", "0.2", "0.3", "0.4"]


def test_rates_that_differ_in_the_last_digit_look_alike() -> None:
    picture = chart(Curve((0, 1, 2), (0.1, 0.1, 0.1), (0.1, 0.10000001, 0.1)))
    assert picture is not None
    assert picture.old == picture.new
    assert [tick.text for tick in picture.y_ticks] == ["0.095", "0.1", "0.105"]


def test_a_rate_that_is_no_number_leaves_a_gap() -> None:
    picture = chart(Curve((0, 1, 2, 3, 4), (1.0, 2.0, math.nan, 3.0, 4.0), (1.0,) * 5))
    assert picture is not None
    assert picture.old.count("M") == 2


@pytest.mark.parametrize(
    ("steps", "landmarks", "last"),
    [
        ((0, 1, 100, 300, 2**31 - 1), (100,), 300),  # far steps would flatten what happens before
        ((0, 1, 2, 3, 10**6), (), 3),
        ((0, 10, 20), (), 20),
    ],
)
def test_steps_far_beyond_are_left_out(steps: tuple[int, ...], landmarks: tuple[int, ...], last: int) -> None:
    rates = tuple(float(step) for step in steps)
    seen = worth_showing(Curve(steps, rates, rates, landmarks))
    assert seen.steps[-1] == last
    assert len(seen.steps) == len(seen.old) == len(seen.new)


def test_a_slow_decay_is_seen_to_decay() -> None:
    steps = (*range(200), 10**5, 10**6, 10**9)
    rates = tuple(1 / (1 + 1e-6 * step) for step in steps)
    seen = worth_showing(Curve(steps, rates, rates))
    assert seen.steps[-1] == 10**6, "where the rate has halved"
    picture = chart(Curve(steps, rates, rates))
    assert picture is not None
    heights = [y for _, y in points(picture.old)]
    assert heights[-1] - heights[0] > (HEIGHT - TOP - BOTTOM) / 2


def test_a_constant_is_a_number_and_no_picture() -> None:
    assert constant_rate(Curve((0, 1, 9), (0.1, 0.1, 0.1), (0.1, 0.1, 0.1))) == "0.1"
    assert constant_rate(Curve((0, 1, 9), (0.1, 0.1, 0.1), (0.1, 0.1, 0.2))) == ""
    assert constant_rate(Curve((0, 1), (0.1, math.nan), (0.1, math.nan))) == ""
