"""Every formula against the function of TensorFlow itself, over the domain of its row."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from lrmigrate.catalog.schema import Decay
from lrmigrate.catalog.tf1 import DECAYS, NOISY_LINEAR_COSINE
from lrmigrate.verify import formulas
from lrmigrate.verify.client import Worker
from lrmigrate.verify.draws import draws, slots
from lrmigrate.verify.expression import Hole

pytestmark = pytest.mark.tensorflow

STEPS = (0, 1, 2, 7, 50, 99, 100, 101, 1000, 12345, 99999)


@pytest.mark.parametrize("row", DECAYS, ids=lambda row: row.names[0])
def test_formula(row: Decay, worker: Worker) -> None:
    if row is NOISY_LINEAR_COSINE:
        assert formulas.rate(row, {"learning_rate": 0.1}, 0) is None
        return
    names = [name for name in row.signature.names if name not in ("name", row.step)]
    table = slots({name: Hole(name) for name in names}, row.domain)
    generator = random.Random(5)
    told = 0
    for values in list(islice((c.values for c in draws(table, {}, {}) if not c.beyond), 12)):
        steps = sorted({*STEPS, *(generator.randrange(200_000) for _ in range(10))})
        call = {
            "kind": "legacy",
            "name": row.names[0],
            "args": [],
            "kwargs": {**values, row.step: {"column": 0}},
        }
        side = {"old": call, "new": call, "old_steps": [steps], "new_steps": [steps], "dtypes": ["int64"]}
        answer = worker.ask({"id": 1, "task": "schedule", "draws": [side], "sources": {}})
        for step, truth in zip(steps, answer["draws"][0]["old"], strict=True):
            found = formulas.rate(row, values, step)
            if found is not None:
                told += 1
                rates = values.get("values") or [
                    values["learning_rate"],
                    values.get("end_learning_rate", 0.0),
                ]
                assert found == pytest.approx(truth, rel=2e-5, abs=2e-6 * max(rates)), (values, step)
    assert told > 100, "the formula is worth having"
