"""The rows of the TensorFlow 1 optimizers against the real ones: signatures, twins, and the weights.

The problem behind every figure: least squares in four weights, which move by about 3, with the rate
0.1 halved every ten updates.
"""

from __future__ import annotations

import ast
from typing import Any

import pytest

from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import TF1Optimizer
from lrmigrate.catalog.tf1_optimizers import MOMENTUM, RMSPROP, TF1_OPTIMIZERS
from tests.catalog.test_signatures import real, written

pytestmark = pytest.mark.tensorflow

UPDATES, HALVED = 300, 10
LATER = {"use_own_namescope_for_non_slot_vars"}  # TensorFlow 2.16 does not have it yet
TWINS = [row for row in TF1_OPTIMIZERS if row.twin]
EQUAL = [row for row in TWINS if not row.differs]
#: Legacy arguments besides the defaults with which equality is claimed as well.
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "AdamOptimizer": [{"beta1": 0.5, "beta2": 0.99, "epsilon": 1e-4}],
    "AdagradOptimizer": [{"initial_accumulator_value": 1e-4}],
    "AdadeltaOptimizer": [{"rho": 0.7, "epsilon": 1e-4}],
    "FtrlOptimizer": [
        {"l1_regularization_strength": 0.01, "l2_regularization_strength": 0.01},
        {"l2_shrinkage_regularization_strength": 0.01, "learning_rate_power": -0.7},
        {"initial_accumulator_value": 1.0, "beta": 0.5},
    ],
}


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


class Problem:
    """The weights after every update, on TensorFlow 1's side and on that of Keras 3."""

    def __init__(self, tf: Any) -> None:
        import numpy as np

        self.tf = tf
        random = np.random.RandomState(0)
        self.start = np.array([1.0, -2.0, 3.0, -0.5], np.float32)
        self.matrix = random.randn(8, 4).astype(np.float32)
        self.target = random.randn(8).astype(np.float32)

    def schedule(self, rate: float = 0.1) -> Any:
        decay = self.tf.keras.optimizers.schedules.ExponentialDecay
        return decay(rate, HALVED, 0.5, staircase=True)

    def loss(self, weights: Any) -> Any:
        return self.tf.reduce_mean((self.tf.linalg.matvec(self.matrix, weights) - self.target) ** 2)

    def old(self, row: TF1Optimizer, rate: float = 0.1, **arguments: Any) -> Any:
        import numpy as np

        v1 = self.tf.compat.v1
        with self.tf.Graph().as_default(), v1.Session() as session:
            step = v1.train.get_or_create_global_step()
            weights = v1.get_variable("weights", initializer=self.start)
            optimizer = getattr(v1.train, row.name)(self.schedule(rate)(step), **arguments)
            update = optimizer.minimize(self.loss(weights), global_step=step)
            with self.tf.control_dependencies([update]):
                updated = weights.read_value()
            session.run(v1.global_variables_initializer())
            return np.array([session.run(updated) for _ in range(UPDATES)])

    def new(self, row: TF1Optimizer, rate: float = 0.1, **arguments: Any) -> Any:
        import numpy as np

        tf = self.tf
        weights = tf.Variable(self.start)
        optimizer = getattr(tf.keras.optimizers, row.twin)(
            self.schedule(rate), **twin_arguments(row, arguments)
        )
        optimizer.build([weights])

        @tf.function
        def update() -> None:
            with tf.GradientTape() as tape:
                loss = self.loss(weights)
            optimizer.apply_gradients([(tape.gradient(loss, weights), weights)])

        return np.array([(update(), weights.numpy())[1] for _ in range(UPDATES)])


def twin_arguments(row: TF1Optimizer, given: dict[str, Any]) -> dict[str, Any]:
    """The twin's arguments, by the row."""
    values = {p.name: ast.literal_eval(p.default) for p in row.signature.parameters if p.default} | given
    result = {}
    for name, template in row.arguments.items():
        value = values[template[1:-1]] if template.startswith("{") else ast.literal_eval(template)
        if value is not None:
            result[name] = value
    return result


@pytest.fixture(scope="module")
def problem(tf: Any) -> Problem:
    return Problem(tf)


def test_every_tf1_optimizer_has_a_row(tf: Any) -> None:
    names = {name for name in dir(tf.compat.v1.train) if name.endswith("Optimizer")}
    assert names - {row.name for row in TF1_OPTIMIZERS} == {"Optimizer", "SyncReplicasOptimizer"}


@pytest.mark.parametrize("row", TF1_OPTIMIZERS, ids=lambda row: row.name)
def test_signature(tf: Any, row: TF1Optimizer) -> None:
    there = real(getattr(tf.compat.v1.train, row.name), 99)
    assert there == [item for item in written(row.signature) if item[0] not in LATER or item in there]


@pytest.mark.parametrize("row", TWINS, ids=lambda row: row.name)
def test_arguments_are_those_of_both(row: TF1Optimizer) -> None:
    twin = next(twin for twin in OPTIMIZERS if twin.name == row.twin)
    assert set(row.arguments) < set(twin.keras3.names)
    legacy = {template[1:-1] for template in row.arguments.values() if template.startswith("{")}
    carried = legacy | {"learning_rate", "use_locking", "name", "accum_name", "linear_name"}
    assert set(row.signature.names) - carried <= {"use_own_namescope_for_non_slot_vars"}


@pytest.mark.parametrize(
    ("row", "arguments"),
    [(row, arguments) for row in EQUAL for arguments in ({}, *VARIANTS.get(row.name, ()))],
    ids=lambda value: value.name if isinstance(value, TF1Optimizer) else "-".join(value) or "defaults",
)
@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_equal_weights(problem: Problem, row: TF1Optimizer, arguments: dict[str, Any], rate: float) -> None:
    old, new = problem.old(row, rate, **arguments), problem.new(row, rate, **arguments)
    assert abs(old[-1] - problem.start).max() > 1e-5
    assert abs(old - new).max() <= row.apart


@pytest.mark.parametrize(("row", "first"), [(MOMENTUM, HALVED), (RMSPROP, 0)], ids=["momentum", "rmsprop"])
def test_unequal_weights(problem: Problem, row: TF1Optimizer, first: int) -> None:
    given = {"momentum": 0.9} if row is MOMENTUM else {}
    apart = abs(problem.old(row, **given) - problem.new(row, **given)).max(axis=1)
    assert apart[:first].max(initial=0.0) < 1e-6
    assert apart[first] > 1e-2
    assert apart.max() == pytest.approx(row.apart, rel=0.01)


def test_nesterov_differs_too(problem: Problem) -> None:
    given = {"momentum": 0.9, "use_nesterov": True}
    apart = abs(problem.old(MOMENTUM, **given) - problem.new(MOMENTUM, **given)).max(axis=1)
    assert apart[:HALVED].max() < 1e-6 < 1e-2 < apart[HALVED]


def test_momentum_is_equal_as_long_as_the_rate_is(problem: Problem, monkeypatch: Any) -> None:
    schedules = problem.tf.keras.optimizers.schedules
    monkeypatch.setattr(
        problem, "schedule", lambda rate: schedules.PiecewiseConstantDecay([10**6], [rate, rate])
    )
    old, new = (side(MOMENTUM, 0.1, momentum=0.9) for side in (problem.old, problem.new))
    assert abs(old - new).max() < 1e-6


def test_keras_3_cannot_be_run_in_a_session(tf: Any) -> None:
    """Why these are reports only: a rewritten constructor alone is no program that runs."""
    v1 = tf.compat.v1
    assert not hasattr(tf.keras.optimizers.SGD, "minimize")
    with tf.Graph().as_default(), v1.Session() as session:
        weight = v1.get_variable("weight", initializer=1.0)
        update = tf.keras.optimizers.SGD(0.1).apply_gradients([(weight, weight)])
        with pytest.raises(TypeError, match="Variable"):
            session.run(update)
