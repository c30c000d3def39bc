"""`decay=` beside what sets the rate: the fixed program trains on Keras 3 as the old one did on Keras 2."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability

pytestmark = pytest.mark.tensorflow

PROGRAM = """
import numpy as np
from keras import backend as K
from keras.callbacks import LearningRateScheduler, ReduceLROnPlateau
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import {name}

points = np.linspace(-1.0, 1.0, 32).reshape(16, 2)
values = points @ np.array([[1.0], [2.0]])


def trained(callbacks, **options):
    model = Sequential([Dense(1, kernel_initializer="zeros", input_shape=(2,))])
    model.compile(loss="mse", optimizer={name}({arguments}), **options)
    history = model.fit(points, values, batch_size=4, epochs=6, shuffle=False, verbose=0, callbacks=callbacks)
    K.set_value(model.optimizer.lr, 0.05)
    model.fit(points, values, batch_size=4, epochs=2, shuffle=False, verbose=0)
    return model.get_weights(), history.history["lr"], K.get_value(model.optimizer.lr)


def falling(epoch, rate):
    return rate * 0.7


scheduled = [LearningRateScheduler(falling)]
plateaus = [ReduceLROnPlateau(monitor="loss", patience=1, min_delta=100)]
"""
CALLS = {
    "SGD": "0.1, 0.9, 0.01, True",
    "Adam": "lr=0.1, decay=0.01",
    "RMSprop": "lr=0.1, decay=0.01",
}


def run(text: str) -> dict[str, Any]:
    """The names of a program of this file after it ran."""
    space: dict[str, Any] = {}
    exec(text, space)
    return space


@pytest.fixture(params=CALLS)
def worlds(request: pytest.FixtureRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    """The old program on Keras 2, and what a fix makes of it on Keras 3."""
    pytest.importorskip("tf_keras")
    text = PROGRAM.format(name=request.param, arguments=CALLS[request.param])
    old = re.sub(r"\bkeras\.optimizers", "keras.optimizers.legacy", text)
    old = re.sub(r"\bfrom keras\b", "from tf_keras", old)
    if request.param == "SGD":
        old = old.replace(CALLS["SGD"], "lr=0.1, momentum=0.9, decay=0.01, nesterov=True")
    report = fix_text(text, level=Applicability.UNSAFE)
    assert not report.findings
    return run(old), run(report.after or "")


@pytest.mark.parametrize("callbacks", ["scheduled", "plateaus"])
def test_weights_and_logged_rates(worlds: tuple[dict[str, Any], dict[str, Any]], callbacks: str) -> None:
    old, new = (world["trained"](world[callbacks]) for world in worlds)
    for before, after in zip(old[0], new[0], strict=True):
        assert after == pytest.approx(before, rel=2e-5, abs=2e-6)
    assert new[1] == pytest.approx(old[1], rel=1e-6)
    assert new[2] == pytest.approx(float(old[2]))


def test_several_steps_at_once(worlds: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """The decay is part of the update: it does not depend on callbacks between the batches."""
    old, new = worlds
    one = old["trained"](old["scheduled"])
    several = new["trained"](new["scheduled"], steps_per_execution=4)
    for before, after in zip(one[0], several[0], strict=True):
        assert after == pytest.approx(before, rel=2e-5, abs=2e-6)


def test_the_decay_matters(worlds: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Without it, as Keras 3 takes the old call, the weights are others."""
    _, new = worlds
    with_decay = new["trained"](new["scheduled"])
    for name in CALLS:
        if f"Decayed{name}" in new:
            new[f"Decayed{name}"].update_step = new[name].update_step
    without = new["trained"](new["scheduled"])
    apart = max(abs(a - b).max() for a, b in zip(with_decay[0], without[0], strict=True))
    assert apart > 1e-3
