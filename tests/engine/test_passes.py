"""Fixes that wait for one another: what a later pass may do, and what it may not."""

from __future__ import annotations

import json

from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability

INNER = "tf.train.cosine_decay(0.1, step, 10, name=n)"


def test_a_later_pass_is_no_bolder_than_the_first() -> None:
    """The same text is safe to fix in one place, and not in the other."""
    text = (
        "import tensorflow as tf\n\nstep = tf.train.get_global_step()\n\n"
        f"def known():\n    n = 'a'\n    return tf.train.inverse_time_decay(0.1, {INNER}, 10, 0.5)\n\n"
        f"def unknown(n):\n    return {INNER}\n"
    )
    fixed = fix_text(text)
    after = fixed.after or ""
    assert [finding.code for finding in fixed.fixed] == ["LR105", "LR106"]
    assert "0.1, 10, 0.5)(tf.keras.optimizers.schedules.CosineDecay(" in after
    assert f"def unknown(n):\n    return {INNER}\n" in after
    assert fix_text(after).after == after


def test_a_notebook_line_may_be_cut_anywhere() -> None:
    """A form feed ends a string of the cell's source for some writers, and none that a fix writes."""
    lines = [
        "import tensorflow as tf\n",
        "rate = tf.train.cosine_decay(0.1, tf.train.piecewise_constant(step, \x0c",
        "[1], [0.1, 0.01]), 10)",
    ]
    book = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": lines}]})
    after = json.loads(fix_text(book, "n.ipynb").after or "")["cells"][0]["source"]
    assert "".join(after) == fix_text("".join(lines)).after


def test_a_function_in_an_operand_keeps_its_parentheses() -> None:
    call = "tf.train.natural_exp_decay(0.1, step, 10, decay_rate=tf.train.exponential_decay)"
    fixed = fix_text(f"import tensorflow as tf\nrate = {call}\n", level=Applicability.UNSAFE)
    assert "decay_rate=math.exp(-(lambda learning_rate," in (fixed.after or "")


def test_what_does_something_does_not_just_go() -> None:
    for value, level in (("'x'", Applicability.UNSAFE), ("made()", Applicability.MANUAL)):
        call = f"tf.train.linear_cosine_decay(0.1, step, 10, name={value})"
        (finding,) = check_text(f"import tensorflow as tf\nrate = {call}\n").findings
        assert finding.applicability is level
    for value, level in (("1e-4", Applicability.UNSAFE), ("made()", Applicability.MANUAL)):
        call = f"tf.keras.optimizers.Nadam(0.1, decay={value})"
        (finding,) = check_text(f"import tensorflow as tf\noptimizer = {call}\n").findings
        assert finding.applicability is level


def test_a_comment_that_suppresses_is_not_carried_away() -> None:
    text = (
        "import tensorflow as tf\n"
        "rate = tf.train.polynomial_decay(tf.train.cosine_decay(0.1, step, 10), \\\n"
        "    sum([  # noqa: LR106\n    step]), 10)\n"
    )
    (finding,) = check_text(text).findings
    assert (finding.code, finding.applicability) == ("LR103", Applicability.MANUAL)
    why = "a comment inside this call suppresses another finding, and the fix would tear them apart"
    assert finding.reason == why
    last = (
        "import tensorflow as tf\n"
        "rate = tf.train.inverse_time_decay(0.1, tf.train.cosine_decay(\n"
        "    0.1, step, 10),  # noqa: LR106\n    10, 0.5)\n"
    )
    (finding,) = check_text(last).findings
    assert (finding.code, finding.applicability) == ("LR105", Applicability.MANUAL)
    moved = check_text(text.replace(": LR106", ": E501")).findings
    assert {found.code: found.fixable for found in moved} == {"LR103": True, "LR106": True}


def test_a_rate_that_becomes_a_schedule_is_given_to_the_right_argument_at_once() -> None:
    made = "tf.train.exponential_decay(0.1, step, 10, 0.5)"
    head = "import tensorflow as tf\n\nstep = tf.train.get_global_step()\n"
    for text in (
        f"{head}opt = tf.keras.optimizers.SGD(lr={made})\n",
        f"{head}rate = {made}\nopt = tf.keras.optimizers.SGD(lr=rate)\n",
    ):
        fixed = fix_text(text, level=Applicability.UNSAFE)
        assert sorted(finding.code for finding in fixed.fixed) == ["LR101", "LR201"]
        assert "learning_rate=" in (fixed.after or "")
        assert "schedules.ExponentialDecay(0.1, 10, 0.5)" in (fixed.after or "")
        assert "another fix makes its rate a schedule" in next(
            f.reason for f in fixed.fixed if f.code == "LR201"
        )
    (finding,) = (
        f
        for f in check_text(f"{head}opt = tf.keras.optimizers.SGD(lr={made} * 2)\n").findings
        if f.code == "LR201"
    )
    assert finding.applicability is Applicability.MANUAL


def test_equal_places_have_one_order_in_files_and_in_notebooks() -> None:
    text = (
        "from tensorflow import train\nimport keras\n"
        "rate = train.cosine_decay_restarts(1e-6, step, 10, alpha=train.cosine_decay(0.01, step, 1e-6))\n"
    )
    book = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": text.splitlines(True)}]})
    after = json.loads(fix_text(book, "n.ipynb", Applicability.UNSAFE).after or "")["cells"][0]["source"]
    assert "".join(after) == fix_text(text, level=Applicability.UNSAFE).after


def test_a_function_as_rate_cannot_be_decayed() -> None:
    call = "tf.keras.optimizers.SGD(lr=tf.train.exponential_decay, decay=0.1)"
    (finding,) = (
        f for f in check_text(f"import tensorflow as tf\nopt = {call}\n").findings if f.code == "LR202"
    )
    assert (finding.applicability, finding.reason[:25]) == (Applicability.MANUAL, "the rate is a schedule or")
