"""What the hazard rules say of Keras 3, measured: the wrong number that a user would have got."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lrmigrate.engine import check_text
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
    assert float(schedules.ExponentialDecay(1, 10, 0.5)(5)) == 0.0
    assert float(schedules.InverseTimeDecay(1, 1, 1e-6)(10**6)) == 1.0
    assert float(schedules.PolynomialDecay(1, 100)(100)) == 0.0
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


def test_lr501_the_text_to_paste(keras: Any) -> None:
    """Program D: functions of the epoch, one of which gives a tensor, as the finding says to write them."""
    text = (FIXTURES / "projects" / "d_functions.in.py").read_text()
    functions: dict[str, Any] = {}
    exec(text.partition("optimizers = [")[0], functions)
    reasons = [finding.reason for finding in check_text(text).findings]
    for name, reason in zip(("constant", "stairs", "smooth", "ladder"), reasons, strict=True):
        function = functions[name]
        with pytest.raises(TypeError, match="argument"):
            trained(keras, keras.optimizers.Adam(learning_rate=function))
        pasted = re.search(r"learning_rate=(.*), and in fit\(...\): callbacks=\[(.*)\]", reason)
        assert pasted
        rate, callback = (eval(part, {**functions, "keras": keras}) for part in pasted.groups())
        _, history = trained(keras, keras.optimizers.Adam(learning_rate=rate), callbacks=[callback])
        expected = [float(function(epoch)) for epoch in range(3)]
        assert history.history["learning_rate"] == pytest.approx(expected)
