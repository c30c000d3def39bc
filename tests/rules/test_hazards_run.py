"""What the hazard rules say of Keras 3, measured: the wrong number that a user would have got."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from lrmigrate.rules.tf1 import UNCALLED_SCHEDULE
from tests.conftest import FIXTURES

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def schedules(keras: Any) -> Any:
    return keras.optimizers.schedules


def trained(keras: Any, optimizer: Any, **fit: Any) -> Any:
    """A model after three epochs of two batches, and its history."""
    import numpy as np

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=optimizer, loss="mse")
    history = model.fit(np.ones([8, 1]), np.ones([8, 1]), batch_size=4, epochs=3, verbose=0, **fit)
    return model, history


def test_lr401_whole_rate(schedules: Any) -> None:
    import tensorflow as tf

    assert float(schedules.ExponentialDecay(1, 10, 0.5)(5)) == 0.0
    assert float(schedules.InverseTimeDecay(1, 1, 1e-6)(10**6)) == 1.0
    assert float(schedules.PolynomialDecay(1, 100)(100)) == 0.0
    with suppress(TypeError, tf.errors.InvalidArgumentError):  # TensorFlow 2.16 refuses pi, later ones take 3
        assert float(schedules.CosineDecay(1, 100)(100)) > 0.004
    assert float(schedules.ExponentialDecay(1.0, 10, 0.5)(10)) == 0.5


def test_lr402_boundaries_that_do_not_rise(schedules: Any) -> None:
    rate = schedules.PiecewiseConstantDecay([200, 100], [0.1, 0.01, 0.001])
    assert float(rate(150)) == pytest.approx(0.101)  # a sum of two values
    with pytest.raises(ValueError, match="length of boundaries"):
        schedules.PiecewiseConstantDecay([100, 200], [0.1, 0.01])
    with pytest.raises(Exception, match=r"int32|integer|dtype"):
        schedules.PiecewiseConstantDecay([100, 200], [1, 0.1, 0.01])(5)
    with pytest.raises(ValueError, match="decay_steps"):
        schedules.ExponentialDecay(0.1, 0, 0.5)


def test_lr402_fractions_are_over_at_once(keras: Any, schedules: Any) -> None:
    rate = schedules.PiecewiseConstantDecay([0.5, 0.75], [0.1, 0.01, 0.001])
    optimizer = keras.optimizers.SGD(rate)
    optimizer.iterations.assign(1)
    assert float(optimizer.learning_rate) == pytest.approx(0.001)


def test_lr404_a_schedule_cannot_be_set(keras: Any, schedules: Any) -> None:
    rate = schedules.ExponentialDecay(0.1, 1000, 0.96)
    for callback in (
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=100),
    ):
        with pytest.raises(TypeError, match="settable"):
            trained(keras, keras.optimizers.SGD(rate), callbacks=[callback])
    optimizer = keras.optimizers.SGD(rate)
    with pytest.raises(TypeError, match="settable"):
        optimizer.learning_rate = 0.01


def test_lr407_the_rate_never_changes(keras: Any, schedules: Any) -> None:
    """Six steps: a boundary at 5 is not passed, one at 4 is, by the last step."""
    for boundary, last in ((5, 0.1), (4, 0.01)):
        rate = schedules.PiecewiseConstantDecay([boundary], [0.1, 0.01])
        model, _ = trained(keras, keras.optimizers.SGD(rate))
        assert int(model.optimizer.iterations) == 6
        assert float(rate(int(model.optimizer.iterations) - 1)) == pytest.approx(last)


def test_lr408_configurations(keras: Any) -> None:
    with pytest.raises(ValueError, match="lr"):
        keras.optimizers.get({"class_name": "SGD", "config": {"lr": 0.1}})
    with pytest.warns(UserWarning, match="decay"):
        ignored = keras.optimizers.get({"class_name": "SGD", "config": {"learning_rate": 0.1, "decay": 0.1}})
    ignored.iterations.assign(10)
    assert float(ignored.learning_rate) == pytest.approx(0.1)  # Keras 2: 0.05
    text = (FIXTURES / "hazards" / "configurations.in.py").read_text().partition("fourth")[0]
    space: dict[str, Any] = {}
    exec(fix_text(text, level=Applicability.UNSAFE).after or "", space)
    space["first"].iterations.assign(10)
    assert float(space["first"].learning_rate) == pytest.approx(0.1 / (1 + 1e-4 * 10))
    assert float(space["first"].momentum) == pytest.approx(0.9)
    assert float(space["second"].learning_rate) == 1.0
    assert float(space["third"].learning_rate) == pytest.approx(0.01)


def test_lr1_frozen_rate(keras: Any) -> None:
    """What the official upgrade script leaves behind, in eager code: the rate never moves."""
    import tensorflow as tf

    step = tf.Variable(0)
    frozen = keras.optimizers.SGD(tf.compat.v1.train.exponential_decay(0.1, step, 2, 0.5))
    model, _ = trained(keras, frozen)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)
    text = "import tensorflow as tf\nstep = tf.Variable(0)\noptimizer = tf.keras.optimizers.SGD("
    text += "tf.compat.v1.train.exponential_decay(0.1, step, 2, 0.5))\n"
    (finding,) = check_text(text).findings
    assert "first value" in finding.message
    space: dict[str, Any] = {}
    exec(fix_text(text, level=Applicability.UNSAFE).after or "", space)
    model, _ = trained(keras, space["optimizer"])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1 * 0.5**3)


def test_lr202_and_lr204_are_silent(keras: Any) -> None:
    with pytest.warns(UserWarning, match="decay"):
        ignored = keras.optimizers.SGD(learning_rate=0.1, decay=0.1)
    ignored.iterations.assign(10)
    assert float(ignored.learning_rate) == pytest.approx(0.1)  # Keras 2: 0.05
    misread = keras.optimizers.SGD(0.1, 0.9, 1e-6, True)
    assert (misread.nesterov, misread.weight_decay) == (1e-6, True)


def test_lr403_array_cannot_be_loaded(keras: Any, schedules: Any, tmp_path: Any) -> None:
    import numpy as np

    def reloaded(boundaries: Any, values: Any) -> Any:
        model, _ = trained(keras, keras.optimizers.SGD(schedules.PiecewiseConstantDecay(boundaries, values)))
        model.save(tmp_path / "model.keras")
        return keras.models.load_model(tmp_path / "model.keras")

    again = reloaded([2, 4], [0.1, 0.01, 0.001])
    assert float(again.optimizer.learning_rate) == pytest.approx(0.001)
    with pytest.raises(ValueError, match="length of boundaries"):
        reloaded([2, 4], np.array([0.1, 0.01, 0.001]))
    broken = reloaded(np.array([2, 4]), [0.1, 0.01, 0.001])  # loads, with a dictionary as boundaries
    with pytest.raises(Exception, match=r"[Cc]ast|convert|dict|boundaries"):
        _ = float(broken.optimizer.learning_rate)


def test_lr302_dead_attribute(keras: Any) -> None:
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.lr = 0.01
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    optimizer.learning_rate = 0.01
    assert float(optimizer.learning_rate) == pytest.approx(0.01)


def test_lr303_key(keras: Any) -> None:
    callback = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 * 0.5**epoch)
    _, history = trained(keras, keras.optimizers.SGD(0.1), callbacks=[callback])
    assert "lr" not in history.history
    assert history.history["learning_rate"] == pytest.approx([0.1, 0.05, 0.025])


def test_lr301_reads_of_both_kinds_of_rate(keras: Any, schedules: Any) -> None:
    for rate in (0.1, schedules.ExponentialDecay(0.1, 10, 0.5)):
        optimizer = keras.optimizers.SGD(rate)
        with pytest.raises(AttributeError):
            _ = optimizer.lr
        assert float(optimizer.learning_rate) == pytest.approx(0.1)


def test_lr202_conflict_is_loud(keras: Any, schedules: Any) -> None:
    callback = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1)
    rate = schedules.InverseTimeDecay(0.1, 1, 1e-3)
    with pytest.raises(TypeError, match="settable"):
        trained(keras, keras.optimizers.SGD(rate), callbacks=[callback])


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


def test_lr405_schedule_without_a_step_in_a_graph(tf: Any) -> None:
    """The rule's example raises; the fixed one trains at the decayed rate."""
    v1 = tf.compat.v1

    def trained_by(text: str) -> list[float]:
        text = text.replace("1000, 0.96", "1, 0.5").replace("AdamOptimizer", "GradientDescentOptimizer")
        with tf.Graph().as_default(), v1.Session() as session:
            weight = v1.get_variable("weight", initializer=0.0)
            program = {"loss": weight}
            exec(text, program)
            session.run(v1.global_variables_initializer())
            return [(session.run(program["train"]), float(session.run(weight)))[1] for _ in range(3)]

    fixed = fix_text(UNCALLED_SCHEDULE.example).after or ""
    assert trained_by(fixed) == pytest.approx([-0.1, -0.15, -0.175])
    with pytest.raises(TypeError, match="step"):
        trained_by(UNCALLED_SCHEDULE.example)


def test_lr405_schedule_without_a_step_in_eager_code(tf: Any) -> None:
    """In eager code the rate is called for at each update; called once, it would stay the first step's."""
    text = (
        "import tensorflow as tf\n"
        "step, weight = tf.Variable(0, dtype=tf.int64), tf.Variable(0.0)\n"
        "counter = step\n"
        "rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)\n"
        "optimizer = tf.compat.v1.train.GradientDescentOptimizer(rate)\n"
        "for _ in range(3):\n"
        "    with tf.GradientTape() as tape:\n"
        "        loss = weight * 1.0\n"
        "    optimizer.apply_gradients([(tape.gradient(loss, weight), weight)], global_step=counter)\n"
    )
    fixed = fix_text(text).after or ""
    for program, end in ((fixed, -0.175), (fixed.replace("lambda: ", ""), -0.3)):
        names: dict[str, Any] = {}
        exec(program, names)
        assert float(names["weight"]) == pytest.approx(end)
    with pytest.raises(TypeError, match="step"):
        exec(text, {})


def test_lr406_momentum_is_not_momentum(tf: Any) -> None:
    """The alternatives of the rule's example, with its rate changing at update 3."""
    v1, updates = tf.compat.v1, 5
    rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True)
    weight = tf.Variable(0.0)
    optimizer, new = tf.keras.optimizers.SGD(rate, momentum=0.9), []
    for _ in range(updates):
        optimizer.apply_gradients([(tf.constant(1.0), weight)])
        new.append(float(weight))
    with tf.Graph().as_default(), v1.Session() as session:
        step, weight = v1.train.get_or_create_global_step(), v1.get_variable("weight", initializer=0.0)
        train = v1.train.MomentumOptimizer(rate(step), momentum=0.9).minimize(weight, global_step=step)
        session.run(v1.global_variables_initializer())
        old = [(session.run(train), float(session.run(weight)))[1] for _ in range(updates)]
    assert new[:2] == pytest.approx(old[:2])
    assert old[2:] == pytest.approx([-0.4255, -0.59745, -0.6998275])
    assert new[2:] == pytest.approx([-0.511, -0.7599, -1.00891])


def test_lr302_assigned_in_a_session(keras: Any, tf: Any) -> None:
    """A session has no part in the assignment of Keras 3, which takes place at once."""
    text = "import keras\n\noptimizer = keras.optimizers.SGD(0.1)\nsess.run(optimizer.lr.assign(0.01))\n"
    names: dict[str, Any] = {"sess": None}
    exec(fix_text(text).after or "", names)
    assert float(names["optimizer"].learning_rate) == pytest.approx(0.01)
    with pytest.raises(RuntimeError, match=r"[Gg]raph"):
        exec(text.replace(".lr.", ".learning_rate."), {"sess": tf.compat.v1.Session()})


def test_lr303_column_of_csv_logger(keras: Any, tmp_path: Any) -> None:
    import csv

    def columns(file: Any) -> list[str]:
        with open(file, newline="") as handle:
            return list(csv.DictReader(handle).fieldnames or ())

    path = tmp_path / "run.csv"
    setter = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1)
    trained(keras, keras.optimizers.SGD(0.1), callbacks=[setter, keras.callbacks.CSVLogger(path)])
    assert "learning_rate" in columns(path)
    assert "lr" not in columns(path)
    path.write_text("epoch,loss,lr\n0,1.0,0.1\n")  # written by Keras 2
    trained(
        keras, keras.optimizers.SGD(0.1), callbacks=[setter, keras.callbacks.CSVLogger(path, append=True)]
    )
    assert columns(path) == ["epoch", "loss", "lr"]
