"""Programs on record in the worlds that the newest TensorFlow has: rates by hand, and nothing else changes.

docs/record.md has the table of the worlds that need a TensorFlow of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lrmigrate.verify.record import recorder
from lrmigrate.verify.record.read import Run, read

pytestmark = pytest.mark.tensorflow

HEAD = """
import numpy as np, tensorflow as tf
import {keras} as keras
np.random.seed(1)
tf.random.set_seed(7)
keras.utils.set_random_seed(7)
x, y = np.random.rand(64, 5).astype("float32"), np.random.rand(64, 1).astype("float32")
schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5, staircase=True)
def net():
    return keras.Sequential([keras.layers.Dense(4), keras.layers.Dropout(0.3), keras.layers.Dense(1)])
def train(optimizer, *callbacks, epochs=3, **options):
    model = net()
    model.compile(optimizer=optimizer, loss="mse", **options)
    history = model.fit(x, y, batch_size=16, epochs=epochs, verbose=0, callbacks=callbacks)
    print(history.history["loss"], [float(w.sum()) for w in model.get_weights()], np.random.rand())
"""
STAIRS = [0.1] * 5 + [0.05] * 5 + [0.025] * 5
TAPE = """
model, other = net(), net()
model.build((None, 5))
other.build((None, 5))
one, two = keras.optimizers.SGD(schedule), keras.optimizers.Adam(0.01)
{function}
def step():
    for net, optimizer in ((model, one), (other, two)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((net(x, training=True) + tf.random.normal([]) - y) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables))
    return loss
print([float(step()) for _ in range(12)])
"""
SESSION = """
import sys
import tensorflow.compat.v1 as tf
tf.disable_eager_execution()
tf.set_random_seed(3)
x = tf.random.normal([8, 3])
w = tf.Variable(tf.zeros([3, 1]))
loss = tf.reduce_mean((tf.matmul(x, w) - 1) ** 2)
step = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.1, step, 5, 0.5, staircase=True)
train = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss, step)
noise = tf.nn.dropout(x, 0.5)
with tf.train.MonitoredTrainingSession() as session:
    for _ in range(12):
        print(session.run([loss, train])[0])
    print(session.run(tf.get_default_graph().get_tensor_by_name(noise.name)).sum())
sys.exit(3)
"""
#: A name, the modules to be Keras, the program, and the rates of each of its optimizers.
PROGRAMS = [
    ("fit", ["keras", "tf_keras"], "train(keras.optimizers.Adam(schedule))", [STAIRS[:12]]),
    (
        "several steps per execution",
        ["keras", "tf_keras"],
        "train(keras.optimizers.SGD(schedule), steps_per_execution=3)",
        [STAIRS[:12]],
    ),
    ("XLA", ["keras"], "train(keras.optimizers.SGD(schedule), jit_compile=True)", [STAIRS[:12]]),
    (
        "scheduler",
        ["keras", "tf_keras"],
        "callback = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))\n"
        "train(keras.optimizers.SGD(0.1), callback)",
        [[0.1] * 4 + [0.05] * 4 + [0.1 / 3] * 4],
    ),
    (
        "plateau",
        ["keras", "tf_keras"],
        "train(keras.optimizers.SGD(0.1), keras.callbacks.ReduceLROnPlateau("
        "monitor='loss', factor=0.5, patience=1, min_delta=9.0), epochs=4)",
        [[0.1] * 8 + [0.05] * 4 + [0.025] * 4],
    ),
    (
        "decay",
        ["tf_keras"],
        "train(keras.optimizers.legacy.SGD(0.1, decay=0.01))",
        [[0.1 / (1 + 0.01 * step) for step in range(12)]],
    ),
    (
        "a rate that a subclass hands down",
        ["keras"],
        "class Halved(keras.optimizers.SGD):\n"
        "    def update_step(self, gradient, variable, learning_rate):\n"
        "        super().update_step(gradient, variable, learning_rate / 2)\n"
        "train(Halved(schedule))",
        [[rate / 2 for rate in STAIRS[:12]]],
    ),
    (
        "loss scale",
        ["keras", "tf_keras"],
        "train(keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(schedule)))",
        [STAIRS[:12]],
    ),
    (
        "accumulated gradients",
        ["keras"],
        "train(keras.optimizers.SGD(0.1, gradient_accumulation_steps=3))",
        [[0.1] * 4],
    ),
    ("tape", ["keras", "tf_keras"], TAPE.format(function=""), [STAIRS[:12], [0.01] * 12]),
    (
        "tape in a function",
        ["keras", "tf_keras"],
        TAPE.format(function="@tf.function"),
        [STAIRS[:12], [0.01] * 12],
    ),
    ("session", [""], SESSION, [STAIRS[:12]]),
]


def both(folder: Path, program: str) -> tuple[subprocess.CompletedProcess[str], Run]:
    """The program as it runs alone, and its record: with the recorder, output and status are the same."""
    (folder / "program.py").write_text(program)
    command = [sys.executable, "program.py"]
    recording = [sys.executable, recorder.__file__, "-o", "rates.jsonl", "program.py"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    alone, recorded = (
        subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        for words in (command, recording)
    )
    assert (recorded.returncode, recorded.stdout) == (alone.returncode, alone.stdout), recorded.stderr[-2000:]
    return alone, read(str(folder / "rates.jsonl"))


@pytest.mark.parametrize(
    ("keras", "program", "rates"),
    [
        pytest.param(keras, program, rates, id=f"{name}-{keras}")
        for name, libraries, program, rates in PROGRAMS
        for keras in libraries
    ],
)
def test_rates_by_hand(tmp_path: Path, keras: str, program: str, rates: list[list[float]]) -> None:
    alone, run = both(tmp_path, HEAD.format(keras=keras) + program if keras else program)
    assert alone.returncode == (0 if keras else 3), alone.stderr[-2000:]
    assert alone.stdout
    assert [optimizer.rates for optimizer in run.optimizers] == [
        pytest.approx(one, rel=1e-6) for one in rates
    ]
    assert run.notes == []
    assert run.whole
    if "train(" in program and keras and "accumulation" not in program:
        epochs = [step // 4 for step in range(len(rates[0]))]
        assert run.optimizers[0].epochs == epochs


def test_a_run_stops_after_some_updates(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(HEAD.format(keras="keras") + "train(keras.optimizers.SGD(schedule))")
    words = [sys.executable, recorder.__file__, "-o", "rates.jsonl", "--steps", "7", "program.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    run = read(str(tmp_path / "rates.jsonl"))
    assert run.optimizers[0].rates == pytest.approx(STAIRS[:7])
    assert not run.whole


def test_a_program_and_its_fix_are_held_against_each_other(tmp_path: Path) -> None:
    """The first program of all, in a session; and what has become of its rate in Keras 3."""
    both(tmp_path, SESSION)
    (tmp_path / "rates.jsonl").rename(tmp_path / "old.jsonl")
    both(tmp_path, HEAD.format(keras="keras") + "train(keras.optimizers.SGD(schedule, momentum=0.9))")
    words = [
        sys.executable,
        "-m",
        "lrmigrate",
        "compare",
        "old.jsonl",
        "rates.jsonl",
        "--output-format",
        "json",
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    (verdict,) = json.loads(done.stdout)["verdicts"]
    assert verdict["verdict"] == "identical"
    assert "MomentumOptimizer" in verdict["old"]
