"""The rows against the real signatures of the libraries."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Decay, Optimizer, Signature
from lrmigrate.catalog.tf1 import DECAYS

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


def real(function: Any, count: int) -> list[tuple[str, str | None]]:
    """The first parameters of a real function, with the source text of their defaults."""
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    empty = inspect.Parameter.empty
    return [(p.name, None if p.default is empty else repr(p.default)) for p in parameters[:count]]


def written(signature: Signature) -> list[tuple[str, str | None]]:
    return [(p.name, p.default) for p in signature.parameters]


@pytest.mark.parametrize("row", DECAYS, ids=lambda row: row.names[0])
def test_legacy_function(tf: Any, row: Decay) -> None:
    for name in row.names:
        assert real(getattr(tf.compat.v1.train, name), 99) == written(row.signature)


@pytest.mark.parametrize(
    "row", [row for row in DECAYS if row.new and not row.subclass], ids=lambda r: r.names[0]
)
def test_modern_class(tf: Any, row: Decay) -> None:
    """Same parameters in the same order, and the same defaults wherever the legacy call may omit one."""
    assert row.new
    modern = real(getattr(tf.keras.optimizers.schedules, row.new.name), len(row.new.arguments))
    assert [name for name, _ in modern] == list(row.new.arguments)
    for name, default in modern:
        if name != "name":
            assert default == row.signature.default(row.new.origin(name))


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.name)
def test_modern_optimizer(tf: Any, row: Optimizer) -> None:
    assert real(getattr(tf.keras.optimizers, row.name), len(row.keras3.names)) == written(row.keras3)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.name)
def test_legacy_optimizer(tf: Any, row: Optimizer) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    legacy = getattr(tf_keras.optimizers.legacy, row.name)
    assert real(legacy.__init__, len(row.tfkeras.names)) == written(row.tfkeras)


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.name)
def test_a_planted_order_is_caught_here(tf: Any, row: Optimizer) -> None:
    """The proof binds an optimizer's positional arguments by this very table, and cannot catch it."""
    tf_keras = pytest.importorskip("tf_keras")
    first, second, *others = written(row.tfkeras)
    legacy = getattr(tf_keras.optimizers.legacy, row.name)
    assert real(legacy.__init__, len(row.tfkeras.names)) != [second, first, *others]
