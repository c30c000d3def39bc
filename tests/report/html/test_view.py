"""What the page says in words."""

from __future__ import annotations

import pytest

from lrmigrate.engine.text import check_text
from lrmigrate.model import Outcome, Verdict
from lrmigrate.project.fixer import Fixer
from lrmigrate.report.html import render
from lrmigrate.report.html.view import Proof, page

TEXT = """import tensorflow as tf
a = tf.train.cosine_decay(0.1, step, 100)
b = tf.train.linear_cosine_decay(0.1, step, 100)
c = tf.train.noisy_linear_cosine_decay(0.1, step, 100)
"""


def test_the_headline_and_its_story() -> None:
    report = check_text(TEXT, "a.py")
    shown = page([report], Fixer())
    assert shown.headline == "2 of 3 sites can be rewritten"
    assert shown.story.startswith(
        "1 is safe: `lrmigrate fix --write` applies them, no rate changes; 1 is unsafe"
    )
    assert shown.story.endswith("Left are mostly: `tf.train.noisy_linear_cosine_decay` (1).")
    verdict = Verdict("a.py", 2, "", "", Outcome.IDENTICAL, steps="all of 0..200, 6 beyond")
    proven = page([report], Fixer(), Proof({("a.py", report.findings[0]): verdict}, {}))
    assert proven.headline == "2 of 3 sites can be rewritten, 1 proven"
    assert "1 give the same rates to the bit" in proven.story
    assert proven.files[0].sites[0].steps == "every step from 0 to 200, and 6 far behind"


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("128 of 0..285, 6 beyond", "128 of the steps from 0 to 285, and 6 far behind"),
        ("all of 0..200 (epochs)", "every epoch from 0 to 200"),
        ("something else", "something else"),
    ],
)
def test_steps_in_words(steps: str, words: str) -> None:
    report = check_text(TEXT, "a.py")
    verdict = Verdict("a.py", 2, "", "", Outcome.CLOSE, steps=steps)
    shown = page([report], Fixer(), Proof({("a.py", report.findings[0]): verdict}, {}))
    assert shown.files[0].sites[0].steps == words


def test_few_sites_are_laid_out_at_once_and_many_when_they_are_near() -> None:
    few, many = (render([check_text(TEXT * number, "a.py")], Fixer()) for number in (1, 70))
    assert 'id="sites" aria' in few
    assert 'id="sites" class="many" aria' in many


def test_the_page_says_what_it_is_about() -> None:
    text = render([check_text(TEXT, "a.py")], Fixer(), origin="Project <x>, abc, 2026-01-02")
    assert "Project &lt;x&gt;, abc, 2026-01-02." in text
