"""The verifier on functions given as rates: honest fixes pass, and every mistake planted into one is caught.

A mistake is a piece of the honest new text and what stands in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from lrmigrate.model import Applicability, Outcome, Verdict
from lrmigrate.verify.client import Worker
from lrmigrate.verify.plan import Settings
from lrmigrate.verify.session import pairs_of_text, verify
from tests.verify.conftest import Versions

pytestmark = pytest.mark.tensorflow

PROVEN = {Outcome.IDENTICAL, Outcome.CLOSE}
HEADER = "import math\nimport keras\nimport numpy as np\nimport tensorflow as tf\n\n"
STOP = "keras.callbacks.TerminateOnNaN()"
OPTIMIZER = "keras.optimizers.SGD(learning_rate=rate, momentum=0.9)"
FIT = f"model.fit(x, y, epochs=300, steps_per_epoch=50, callbacks=[{STOP}])"
HIDDEN = FIT.replace(f"[{STOP}]", "callbacks")


def training(fit: str) -> str:
    """A model that is compiled with a rate, and trained."""
    return f"model = keras.Sequential()\nmodel.compile(optimizer={OPTIMIZER})\n{fit}\n"


def function(body: str, parameter: str = "epoch") -> str:
    """A function of the epoch or the step."""
    return f"def rate({parameter}):\n    {body}\n\n\n"


STAIRS = "return 0.1 * 0.5 ** ({} // 10)"
SMOOTH = "return 0.1 * 0.96 ** ({} / 10)"
FADED = "return 0.1 * math.exp(-0.5 * {} / 100)"
LADDER = "return 0.1 if {0} < 30 else 0.01 if {0} <= 60 else 0.001"
INSIDE = "return keras.optimizers.schedules.PiecewiseConstantDecay([30, 60], [0.1, 0.05, 0.01])({})"
WHOLE = "return 1 if {} < 3 else 0.1"
HOLES = "return FLAGS.rate * 0.5 ** ({} // FLAGS.length)"
PROGRAMS = {
    "scheduler, stairs": function(STAIRS.format("epoch")) + training(FIT),
    "scheduler, smooth": function(SMOOTH.format("epoch")) + training(FIT),
    "scheduler, inside": function(INSIDE.format("epoch")) + training(FIT),
    "scheduler, whole": function(WHOLE.format("epoch")) + training(FIT),
    "scheduler, holes": function(HOLES.format("epoch")) + training(FIT),
    "scheduler, lambda": training(FIT).replace("=rate", "=lambda epoch: 0.1 / (1 + epoch)"),
    "scheduler, statements": function(
        "lr = 0.1\n    if epoch > 80 and not epoch in (85,):\n        lr *= 0.5\n    print(lr)\n    return lr"
    )
    + training(FIT),
    "epochs in steps, stairs": function(STAIRS.format("epoch")) + training(HIDDEN),
    "epochs in steps, smooth": function(SMOOTH.format("epoch")) + training(HIDDEN),
    "epochs in steps, faded": function(FADED.format("epoch")) + training(HIDDEN),
    "epochs in steps, ladder": function(LADDER.format("epoch")) + training(HIDDEN),
    "epochs in steps, inside": function(INSIDE.format("epoch")) + training(HIDDEN),
    "steps, stairs": function(STAIRS.format("step"), "step") + OPTIMIZER,
    "steps, smooth": function(SMOOTH.format("step"), "step") + OPTIMIZER,
    "steps, faded": function(FADED.format("step"), "step") + OPTIMIZER,
    "steps, ladder": function(LADDER.format("step"), "step") + OPTIMIZER,
    "steps, inside": function(INSIDE.format("step"), "step") + OPTIMIZER,
    "constant": function("return 0.1") + OPTIMIZER,
}
CALLER = "lambda epoch: float(rate(epoch))"
MISTAKES: dict[str, list[tuple[str, str]]] = {
    "scheduler": [
        (CALLER, "lambda epoch: float(rate(epoch + 1))"),
        (CALLER, "lambda epoch: float(rate(0))"),
        (CALLER, "lambda epoch: float(rate(2 * epoch))"),
        (CALLER, "lambda epoch: float(rate(epoch)) * 1.00001"),
        (CALLER, "lambda epoch: float(other(epoch))"),
        ("float(rate(0))", "float(rate(300))"),
        ("float(rate(0))", "rate"),
        ("float(rate(0))", "0.5"),
        (f"[{STOP}, ", "["),
        (f"[{STOP}, ", f"[keras.callbacks.LearningRateScheduler(rate), {STOP}, "),
        (f", keras.callbacks.LearningRateScheduler({CALLER})", ""),
        ("LearningRateScheduler", "LambdaCallback"),
        ("momentum=0.9", "momentum=0.8"),
        ("epochs=300", "epochs=300, initial_epoch=5"),
        (FIT[:14], "model.fit(x, y)\nmodel.fit(x, y"),
    ],
    "scheduler, whole": [(CALLER, "lambda epoch: rate(epoch)"), ("float(rate(0))", "rate(0)")],
    "scheduler, inside": [(CALLER, "lambda epoch: rate(epoch)"), ("float(rate(0))", "rate(0)")],
    "scheduler, holes": [(CALLER, "lambda epoch: float(FLAGS.rate)"), (CALLER, "lambda epoch: OTHER")],
    "stairs": [
        (", staircase=True", ""),
        ("staircase=True", "staircase=False"),
        ("decay_rate=0.5", "decay_rate=0.50001"),
        ("decay_rate=0.5", "decay_rate=2.0"),
        ("0.1, decay_steps", "0.5, decay_steps"),
        ("0.1, decay_steps", "1, decay_steps"),
        ("keras.optimizers.schedules.ExponentialDecay", "keras.optimizers.schedules.InverseTimeDecay"),
    ],
    "epochs in steps, stairs": [
        ("decay_steps=500", "decay_steps=10"),
        ("decay_steps=500", "decay_steps=501"),
        ("decay_steps=500", "decay_steps=499"),
        ("decay_steps=500", "decay_steps=10 * 32"),
    ],
    "steps, stairs": [
        ("decay_steps=10", "decay_steps=11"),
        ("decay_steps=10", "decay_steps=9"),
        ("decay_steps=10", "decay_steps=500"),
    ],
    "epochs in steps, smooth": [
        (", staircase=True", ""),
        ("decay_steps=50", "decay_steps=51"),
        ("decay_rate=0.96 ** (1 / 10)", "decay_rate=0.96"),
        ("decay_steps=50, decay_rate=0.96 ** (1 / 10), staircase=True", "decay_steps=500, decay_rate=0.96"),
    ],
    "epochs in steps, faded": [(" / 100)", ")"), ("-0.5", "0.5"), (", staircase=True", "")],
    "steps, smooth": [
        ("decay_rate=0.96", "decay_rate=0.96, staircase=True"),
        ("decay_rate=0.96", "decay_rate=0.9601"),
        ("decay_steps=10", "decay_steps=11"),
    ],
    "steps, faded": [
        ("math.exp(-0.5)", "-0.5"),
        ("math.exp(-0.5)", "0.5"),
        ("decay_steps=100", "decay_steps=101"),
    ],
    "epochs in steps, ladder": [
        ("[1499, 3049]", "[1500, 3049]"),
        ("[1499, 3049]", "[1498, 3049]"),
        ("[1499, 3049]", "[1499, 3050]"),
        ("[1499, 3049]", "[1499, 2999]"),
        ("[1499, 3049]", "[30, 61]"),
        ("[0.1, 0.01, 0.001]", "[0.001, 0.01, 0.1]"),
    ],
    "epochs in steps, inside": [("[1549, 3049]", "[1499, 2999]"), ("[1549, 3049]", "[1550, 3050]")],
    "steps, ladder": [
        ("[29, 60]", "[30, 60]"),
        ("[29, 60]", "[29, 59]"),
        ("[29, 60]", "[30, 61]"),
        ("0.01, 0.001", "0.001, 0.01"),
    ],
    "steps, inside": [("[30, 60]", "[29, 59]"), ("[30, 60]", "[31, 60]")],
    "constant": [("learning_rate=0.1", "learning_rate=0.01"), ("learning_rate=0.1", "learning_rate=1")],
}


@dataclass(frozen=True)
class Mistake:
    """A piece of the new text of a program, and what is written in its place."""

    program: str
    old: str
    new: str


def mistakes() -> list[Mistake]:
    """Every mistake in every program whose name begins, or ends, with the name of a group."""
    return [
        Mistake(program, *change)
        for program in PROGRAMS
        for group, changes in MISTAKES.items()
        if program.startswith(group) or program.endswith(f", {group}")
        for change in changes
        if change[0] in honest(program).after and (group != "stairs" or "scheduler" not in program)
    ]


def honest(program: str) -> Any:
    """The pair of texts that lrmigrate itself makes of a program."""
    ((_, pair),) = pairs_of_text(HEADER + PROGRAMS[program], "train.py", Applicability.UNSAFE)
    return pair


def verdict(pair: Any, worker: Worker) -> Verdict:
    return verify(pair, worker, Settings(draws=2))


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_mistake(program: str, worker: Worker) -> None:
    found = verdict(honest(program), worker)
    assert found.outcome in PROVEN, f"{found.detail}\n{honest(program).after}"


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda m: f"{m.program}: {m.old} -> {m.new}")
def test_mistake(mistake: Mistake, worker: Worker) -> None:
    pair = honest(mistake.program)
    wrong = replace(pair, after=pair.after.replace(mistake.old, mistake.new))
    found = verdict(wrong, worker)
    assert found.outcome not in PROVEN, f"{found.outcome}\n{wrong.after}"


def test_every_mistake_is_planted_somewhere() -> None:
    planted = {(mistake.old, mistake.new) for mistake in mistakes()}
    assert planted == {change for changes in MISTAKES.values() for change in changes}


def test_other_words_for_the_same(worker: Worker) -> None:
    pair = honest("epochs in steps, ladder")
    again = replace(pair, after=pair.after.replace("[1499, 3049]", "[30 * 50 - 1, 61 * 50 - 1]"))
    assert verdict(again, worker).outcome is Outcome.IDENTICAL
    pair = honest("scheduler, stairs")
    again = replace(
        pair, after=pair.after.replace(CALLER, "lambda e: 0.1 * math.pow(0.5, math.floor(e / 10))")
    )
    assert verdict(again, worker).outcome is Outcome.IDENTICAL


def test_counterexample_names_the_epoch(worker: Worker) -> None:
    pair = honest("scheduler, stairs")
    wrong = replace(pair, after=pair.after.replace(CALLER, "lambda epoch: float(rate(epoch + 1))"))
    assert verdict(wrong, worker).detail.startswith("at epoch 9 the old rate is 0.1")


@pytest.mark.parametrize(
    "body",
    [
        "return open(str(epoch))",
        "for _ in range(3):\n        pass\n    return 0.1",
        "return table[epoch]",
        "return rate(epoch)",
        "return 10.0 ** 10 ** epoch",
        "import os\n    return 0.1",
        "return model.evaluate(epoch)",
    ],
)
def test_what_cannot_be_worked_out_is_refused(body: str, versions: Versions) -> None:
    before = HEADER + function(body) + training(FIT)
    after = (
        HEADER
        + function(body)
        + training(FIT.replace("]", f", keras.callbacks.LearningRateScheduler({CALLER})]"))
    )
    (found,) = versions(before, after.replace("=rate,", "=float(rate(0)),"))
    assert found.outcome is Outcome.REFUSED


def test_a_migration_of_ones_own_with_steps_per_epoch(versions: Versions) -> None:
    before = HEADER + function(STAIRS.format("epoch")) + f"optimizer = {OPTIMIZER}\n"
    schedule = "keras.optimizers.schedules.ExponentialDecay(0.1, 10 * 32, 0.5, staircase=True)"
    after = before.replace("=rate,", f"={schedule},")
    (found,) = versions(before, after, epoch=32)
    assert found.outcome in PROVEN
    (found,) = versions(before, after, epoch=33)
    assert found.outcome is Outcome.DIFFERENT
    (found,) = versions(before, after)
    assert "--steps-per-epoch" in found.detail
