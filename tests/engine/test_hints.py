"""Hints for what does not parse: by line, without a fix, and selected, kept and suppressed like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lrmigrate.analysis.syntax import parses
from lrmigrate.engine.mending import mended
from lrmigrate.engine.notebook import check_notebook
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from tests.conftest import run_cli

PYTHON_2 = """\
import sys
import tensorflow as tf
from keras.optimizers import SGD

def train(x, y):
    print "training", x
    try:
        step = tf.Variable(0)
    except ValueError, e:
        print >>sys.stderr, e
        raise ValueError, "no"
    lr = tf.train.exponential_decay(0.1, step, 100, 0.96)
    print "rate %f" % (
        lr,
        1)
    if x <> y:
        opt = SGD(lr=0.1, decay=1e-6)
    opt.lr = 0777
    return lr
"""
EXERCISE = """\
from tensorflow import keras

def build():
    # YOUR CODE HERE

model = build()
model.compile(optimizer=keras.optimizers.RMSprop(lr=1e-3), loss=___)
opt = keras.optimizers.Adam(lr= )
plateau = keras.callbacks.ReduceLROnPlateau(epsilon=0.1)
model.optimizer.lr = 0.01
for i in range(___)
    print(i)
"""


def hints(text: str) -> list[tuple[int, str]]:
    found = check_text(text).findings
    assert all(f.applicability is Applicability.MANUAL and f.reason and not f.edits for f in found)
    return [(f.line, f.message) for f in found if f.code == "LR905"]


def test_python_2() -> None:
    assert hints(PYTHON_2) == [
        (12, "probably LR101: `tf.train.exponential_decay` is TensorFlow 1: use `ExponentialDecay`"),
        (17, "probably LR202: `SGD`: `lr=` is now `learning_rate=`; `decay=` is ignored by Keras 3"),
        (18, "line 18 probably has `opt.lr`"),
    ]


def test_exercise_with_blanks() -> None:
    assert [(line, message.partition(":")[0]) for line, message in hints(EXERCISE)] == [
        (7, "probably LR201"),
        (8, "line 8 probably has `lr=`"),
        (9, "probably LR311"),
        (10, "probably LR302"),
    ]


def test_nothing_is_fixed() -> None:
    report = fix_text(PYTHON_2, level=Applicability.UNSAFE)
    assert report.after in (None, PYTHON_2)


@pytest.mark.parametrize(
    "text", ["import keras\nx = (1\ny = [\n", "def f(:\n  '''\n", "if x:\nelse:\n\tpass\n  y\n"]
)
def test_mending_ends(text: str) -> None:
    rest = mended(text * 50)
    assert rest.text is None or (parses(rest.text) and len(rest.text) == len(text * 50))


def test_where_nothing_can_be_mended_names_are_read() -> None:
    text = (
        "import tensorflow as tf\n" + "x = $\n" * 300 + "tf.train.cosine_decay(0.1, $, 2)  # cosine_decay(\n"
    )
    assert hints(text) == [(302, "line 302 probably has `cosine_decay`")]


def test_what_speaks_of_nothing_old_is_silent() -> None:
    assert hints("import keras\nprint 'x'\nkeras.optimizers.SGD(learning_rate=0.1)\n") == []


def cell(source: str) -> dict[str, object]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": source.splitlines(keepends=True)}


def test_a_cell_of_a_notebook() -> None:
    cells = [
        cell("from tensorflow import keras\n%matplotlib inline\n"),
        cell("model = \nopt = keras.optimizers.SGD(lr=0.1)\n"),
        cell("other = keras.optimizers.SGD(lr=0.1)\n"),
        cell("third = keras.optimizers.SGD(lr= )  # lrmigrate: ignore[LR905]\n"),
    ]
    raw = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})
    found = [(f.code, f.cell, f.line) for f in check_notebook(raw).findings]
    assert found == [("LR901", 2, 1), ("LR905", 2, 2), ("LR201", 3, 1), ("LR901", 4, 1)]
    after = fix_text(raw, "n.ipynb").after or ""
    assert after == raw.replace(
        "other = keras.optimizers.SGD(lr", "other = keras.optimizers.SGD(learning_rate"
    )


def test_a_notebook_that_is_no_json() -> None:
    raw = '{"nbformat": 4,\n"cells": [{"source": [\n"import keras\\n",\n"keras.optimizers.SGD(lr=0.1)\\n",,\n'
    assert [(f.code, f.line) for f in check_notebook(raw).findings] == [("LR901", 1), ("LR905", 4)]


def test_selected_suppressed_and_kept_in_a_baseline(tmp_path: Path) -> None:
    program = tmp_path / "old.py"
    program.write_text(PYTHON_2)
    assert run_cli("check", "--select", "LR905", program).stdout.count(b"LR905") == 3
    assert run_cli("check", "--ignore", "LR905", program).stdout.count(b"LR905") == 0
    assert run_cli("check", "--baseline", tmp_path / "b.json", "--update-baseline", program).returncode == 0
    assert run_cli("check", "--baseline", tmp_path / "b.json", program).returncode == 0
    program.write_text(PYTHON_2.replace("0.96)", "0.96)  # lrmigrate: ignore[LR905]"))
    assert run_cli("check", "--select", "LR905", program).stdout.count(b"LR905") == 2
