"""LR501 measured: programs with functions as rates, fixed and trained on Keras 3, against tf_keras.

tf_keras raises TypeError for such a function, too; what it is compared with is tf_keras with the function
where it belongs, in its own LearningRateScheduler.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from tests.conftest import FIXTURES

pytestmark = pytest.mark.tensorflow

EPOCHS, BATCHES = 7, 5
HEADER = "import math\nimport keras\nimport numpy as np\n\n"
TRAINING = """
model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=rate, momentum=0.9), loss="mse")
history = model.fit(x, y, batch_size=4, epochs=7, shuffle=False, verbose=0)
"""
OF_THE_EPOCH = {
    "constant": "def rate(epoch):\n    return 0.1\n",
    "stairs": "def rate(epoch):\n    return 0.1 * 0.5 ** (epoch // 2)\n",
    "smooth": "def rate(epoch):\n    return 0.1 * math.exp(-0.3 * epoch / 2)\n",
    "numpy": "rate = lambda epoch: 0.1 * np.exp(-0.1 * epoch)\n",
    "ladder": (
        "def rate(epoch):\n    if epoch < 2:\n        return 0.1\n    return 0.05 if epoch <= 4 else 0.01\n"
    ),
    "hyperbola": "def rate(epoch):\n    return 0.1 / (1 + 0.5 * epoch)\n",
    "hyperbola in stairs": "def rate(epoch):\n    return 0.1 / (1 + 0.5 * (epoch // 2))\n",
    "whole": "def rate(epoch):\n    return 1 if epoch == 0 else 0.1\n",
}
OF_THE_STEP = {
    "stairs": "def rate(step):\n    return 0.1 * 0.5 ** (step // 8)\n",
    "smooth": "def rate(step):\n    return 0.1 * 0.5 ** (step / 8)\n",
    "faded": "def rate(step):\n    return math.exp(-0.3 * step / 8) * 0.1\n",
    "hyperbola": "def rate(step):\n    return 0.1 / (1 + 0.5 * step)\n",
    "hyperbola over a length": "def rate(step):\n    return 0.1 * (1 / (step / 8 + 1.0))\n",
    "hyperbola in stairs": "def rate(step):\n    return 1 / (1 + 0.25 * (step // 8))\n",
    "cosine": "def rate(step):\n    return 0.05 * (1 + math.cos(math.pi * min(step, 20) / 20))\n",
    "cosine above": "def rate(step):\n    return 0.01 + 0.045 * (1 + np.cos(np.pi * min(20, step) / 20))\n",
    "ladder": (
        "def rate(step):\n    if step < 7:\n        return 0.1\n    return 0.05 if step <= 20 else 0.01\n"
    ),
    "inside": (
        "from keras.optimizers.schedules import PiecewiseConstantDecay\n"
        "def rate(step):\n    return PiecewiseConstantDecay([7, 20], [0.1, 0.05, 0.01])(step)\n"
    ),
}


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """Twenty examples in five batches."""
    np = pytest.importorskip("numpy")
    x = np.linspace(-1, 1, 4 * BATCHES).astype("float32").reshape(-1, 1)
    return {"x": x, "y": 2 * x + 1}


def unsafe(text: str) -> str:
    """The text after all fixes."""
    report = fix_text(text, level=Applicability.UNSAFE)
    assert [finding.code for finding in report.fixed] == ["LR501"]
    return report.after or ""


def run(text: str, **given: Any) -> dict[str, Any]:
    """The names of a program that was run."""
    space = dict(given)
    exec(text, space)
    return space


def stepwise(keras: Any) -> tuple[Any, list[float]]:
    """A callback, and the list into which it puts the rate in force after each update but the last."""
    rates: list[float] = []

    class Rates(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            rates.append(float(self.model.optimizer.learning_rate))

    return Rates(), rates


@pytest.mark.parametrize("function", OF_THE_EPOCH.values(), ids=OF_THE_EPOCH)
def test_epochs_as_tf_keras(function: str, data: dict[str, Any]) -> None:
    """The rate of every epoch, and the weights after training."""
    import tf_keras

    with pytest.raises(TypeError, match="argument"):
        run(HEADER + function + TRAINING, **data)
    new = run(unsafe(HEADER + function + TRAINING), **data)
    rate: Callable[[int], float] = run(HEADER + function)["rate"]
    model = tf_keras.Sequential([tf_keras.layers.Dense(1, kernel_initializer="ones")])
    optimizer = tf_keras.optimizers.legacy.SGD(learning_rate=float(rate(0)), momentum=0.9)
    model.compile(optimizer=optimizer, loss="mse")
    scheduler = tf_keras.callbacks.LearningRateScheduler(lambda epoch: float(rate(epoch)))
    fit = {"batch_size": 4, "epochs": EPOCHS, "shuffle": False, "verbose": 0, "callbacks": [scheduler]}
    old = model.fit(data["x"], data["y"], **fit)
    logged = new["history"].history.get("learning_rate", [0.1] * EPOCHS)  # a constant needs no scheduler
    assert logged == pytest.approx(old.history["lr"], rel=1e-6)
    assert logged == pytest.approx([float(rate(epoch)) for epoch in range(EPOCHS)], rel=1e-6)
    for one, other in zip(new["model"].get_weights(), model.get_weights(), strict=True):
        assert one == pytest.approx(other, rel=1e-5)


def test_tf_keras_refuses_the_function(data: dict[str, Any]) -> None:
    import tf_keras

    model = tf_keras.Sequential([tf_keras.layers.Dense(1)])
    model.compile(tf_keras.optimizers.legacy.SGD(learning_rate=lambda epoch: 0.1), "mse")
    with pytest.raises(TypeError, match="argument"):
        model.fit(data["x"], data["y"], verbose=0)


@pytest.mark.parametrize("function", OF_THE_STEP.values(), ids=OF_THE_STEP)
def test_steps(function: str, data: dict[str, Any]) -> None:
    """The rate of every update of a real training."""
    import keras

    callback, rates = stepwise(keras)
    training = TRAINING.replace("verbose=0", "verbose=0, callbacks=callbacks")
    run(unsafe(HEADER + function + training), **data, callbacks=[callback])
    rate = run(HEADER + function)["rate"]
    assert rates == pytest.approx([float(rate(step)) for step in range(EPOCHS * BATCHES)], rel=2e-6)


@pytest.mark.parametrize("name", ["stairs", "smooth", "numpy", "ladder", "hyperbola", "hyperbola in stairs"])
def test_epochs_in_steps(name: str, data: dict[str, Any]) -> None:
    """Callbacks that cannot be seen: the schedule changes where an epoch begins, and nowhere else."""
    import keras
    import tensorflow as tf

    callback, rates = stepwise(keras)
    training = TRAINING.replace("verbose=0", f"verbose=0, steps_per_epoch={BATCHES}, callbacks=callbacks")
    training = training.replace("x, y, batch_size=4", "batches")
    fixed = unsafe(HEADER + OF_THE_EPOCH[name] + training)
    assert "Decay(" in fixed
    batches = tf.data.Dataset.from_tensor_slices((data["x"], data["y"])).batch(4).repeat()
    run(fixed, batches=batches, callbacks=[callback])
    rate = run(HEADER + OF_THE_EPOCH[name])["rate"]
    expected = [float(rate(step // BATCHES)) for step in range(EPOCHS * BATCHES)]
    assert rates == pytest.approx(expected, rel=2e-6)


def test_the_text_to_paste(data: dict[str, Any]) -> None:
    """Program D, whose training is not in sight: both texts that a finding offers."""
    import keras

    text = (FIXTURES / "projects" / "functions_of_the_epoch.in.py").read_text()
    functions = run(text.partition("optimizers = [")[0])
    findings = check_text(text).findings
    assert [finding.fixable for finding in findings] == [True, False, False, False]
    for name, finding in zip(("stairs", "smooth", "ladder"), findings[1:], strict=True):
        function = functions[name]
        pasted = re.search(r"learning_rate=(.*), and in fit\(...\): callbacks=\[(.*)\]; or", finding.reason)
        assert pasted
        rate, scheduler = (eval(part, {**functions, "keras": keras}) for part in pasted.groups())
        expected = [float(function(epoch)) for epoch in range(EPOCHS)]
        assert trained(keras, data, rate, [scheduler])[::BATCHES] == pytest.approx(expected)
        schedule = eval(
            finding.reason.rpartition("learning_rate=")[2],
            {**functions, "keras": keras, "STEPS_PER_EPOCH": 5},
        )
        for epoch in (0, 1, 99, 100, 101, 150, 151, 200, 201, 202):
            for step in (5 * epoch, 5 * epoch + 4):
                assert float(schedule(step)) == pytest.approx(float(function(epoch)), rel=1e-5)


def trained(keras: Any, data: dict[str, Any], rate: Any, callbacks: list[Any]) -> list[float]:
    """The rates in force at every update."""
    callback, rates = stepwise(keras)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(learning_rate=rate), "mse")
    model.fit(data["x"], data["y"], batch_size=4, epochs=EPOCHS, verbose=0, callbacks=[*callbacks, callback])
    return rates


def test_late_stairs() -> None:
    """Why stairs of 41 steps are not offered: Keras begins the second one at step 42."""
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(1.0, 41, 0.5, staircase=True)
    )
    optimizer.build([keras.Variable(0.0)])
    rate = tf.function(lambda: tf.convert_to_tensor(optimizer.learning_rate))
    optimizer.iterations.assign(41)
    assert float(rate()) == 1.0
    optimizer.iterations.assign(42)
    assert float(rate()) == 0.5
    late = "import keras\n\nkeras.optimizers.SGD(learning_rate=lambda step: 0.1 * 0.5 ** (step // {}))\n"
    assert [check_text(late.format(n)).findings[0].fixable for n in (40, 41, 42)] == [True, False, True]
