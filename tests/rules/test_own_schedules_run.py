"""LR409 measured: what Keras 3 does with an expression of the step, and what the rule says it does."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from lrmigrate.engine.text import check_text

HEAD = "import math\nimport numpy as np\nimport tensorflow as tf\nfrom tensorflow import keras\n\n"
RAISING = [
    "0.1 / (s + 1)",
    "0.1 / (s * 1 + 1)",
    "(s + 1) * 0.1",
    "(s + 1) / 10.0",
    "0.5 ** (s + 1)",
    "0.1 * 0.5 ** (s // 10)",
    "(s + 1) ** -0.5",
    "0.01 * (s ** 2)",
    "tf.math.rsqrt(s)",
    "tf.math.rsqrt(s + 1)",
    "0.1 / tf.sqrt(s)",
    "0.1 * tf.exp(-s)",
    "-s * 0.1",
    "tf.minimum(s, 10.0)",
    "0.1 * tf.minimum(s, 10)",
    "tf.pow(0.5, s)",
    "tf.pow(s + 1, -0.5)",
    "tf.multiply(s, 0.1)",
    "tf.math.floordiv(s, 10) * 0.1",
    "0.1 * (s % 10)",
    "tf.constant(0.1) / (s + 1)",
    "tf.divide(s + 1, 10.0)",
    "(s + 1) / 10 * tf.constant(1.0)",
    "tf.where(s < 3, (s + 1) / 10, tf.constant(1.0))",
    "tf.where(s + 1 < 2.5, 0.1, 0.2)",
    "tf.sigmoid(s)",
    "tf.floor(s + 1)",
    "(s / 10) * ((s + 1) / 10)",
]
FINE = [
    "s * 0.1",
    "s / 10.0",
    "0.1 / (s + 1.0)",
    "0.1 / s",
    "0.1 * 0.5 ** s",
    "0.1 * 0.5 ** (s / 10)",
    "0.1 * 0.5 ** ((s + 1) / 10)",
    "tf.math.rsqrt(s + 1.0)",
    "tf.exp(-0.1 * s)",
    "tf.cos(math.pi * s / 10)",
    "tf.cos(s / 10 * math.pi)",
    "0.1 * tf.minimum(1.0, s / 10)",
    "tf.maximum(0.1 - s * 0.001, 0.01)",
    "tf.where(s < 3, 0.1, 0.01)",
    "tf.pow(0.5, s / 10)",
    "0.1 * 0.5 ** tf.floor(s / 10)",
    "0.1 / tf.cast(s + 1, tf.float32)",
    "0.1 * tf.cast(s % 10, tf.float32)",
    "0.1 * (1 - (s + 1) / 10)",
    "tf.divide(s, 10.0)",
    "keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)(s + 1) * 0.5",
    "tf.where(s + 1 < 3, (s + 1) / 2, 0.5)",
    "s // 10.0 * 0.1",
    "s + 1",
]
RUN = """
import json, math, sys
import numpy as np
import tensorflow as tf
from tensorflow import keras

answers = {}
for text in json.load(sys.stdin):
    optimizer = keras.optimizers.SGD(0.1)
    try:
        rate = eval(f"lambda s: {text}")
        tf.function(lambda: rate(optimizer.iterations))()
    except (TypeError, ValueError, tf.errors.InvalidArgumentError) as error:
        answers[text] = type(error).__name__
print(json.dumps(answers))
"""


def said(expression: str) -> list[str]:
    """The findings of a schedule that returns the expression."""
    base = "keras.optimizers.schedules.LearningRateSchedule"
    text = f"{HEAD}class Own({base}):\n    def __call__(self, s):\n        return {expression}\n"
    ast.parse(text)
    return [finding.code for finding in check_text(text).findings]


@pytest.mark.parametrize("expression", RAISING)
def test_what_raises_is_found(expression: str) -> None:
    assert said(expression) == ["LR409"]


@pytest.mark.parametrize("expression", FINE)
def test_what_runs_is_not(expression: str) -> None:
    assert said(expression) == []


@pytest.mark.tensorflow
def test_keras_raises_where_the_rule_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(RAISING + FINE),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout.splitlines()[-1])) == set(RAISING)
