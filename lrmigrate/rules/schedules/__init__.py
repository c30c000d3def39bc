"""Schedules: TensorFlow 1's functions, and Keras's classes where they are given what they do not take."""

from __future__ import annotations

from lrmigrate.catalog import modern_names
from lrmigrate.catalog.schema import Decay
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.model import Applicability
from lrmigrate.rules.optimizers import A_CLASS
from lrmigrate.rules.rule import (
    ANY_LEVEL,
    BY_HAND,
    CLASSES,
    KERAS,
    UNSAFE_AT_BEST,
    Proof,
    Rule,
    attribute,
    ending,
    keyword,
    name,
    string,
)

_REFERENCE = "https://keras.io/api/optimizers/learning_rate_schedules/"
_FORM = (
    "In graph mode the old call gives a number, in eager mode a function. The fix is unsafe where the "
    "program does not show which, and where the value goes to a Keras optimizer, which counts its own "
    "updates."
)
_ADDS_A_CLASS = "The fix adds a LearningRateSchedule subclass of some 30 lines to the file."
_GONE = (
    "TensorFlow 2 has no tf.train.{0}, only tf.compat.v1.train.{0}. In eager mode that gives a function "
    "whose step nobody advances: the rate stays at its first value, without a word."
)

#: A class of `keras.optimizers.schedules`.
A_SCHEDULE = name(*modern_names()) & CLASSES & KERAS
#: A function that is asked for by its name: `getattr(tf.train, "cosine_decay")`.
_BY_NAME = (
    (
        string(*(name for row in DECAYS for name in row.names))
        | keyword("global_step")
        | keyword("decay_steps")
    )
    & name("getattr", "vars", "__dict__")
    & KERAS
)
_IS_CALLED = f"{__name__}.modern:wrong_schedules"
_IS_TRAINED_WITH = f"{__name__}.misfits:misfits"


def _levels(row: Decay) -> tuple[Applicability, ...]:
    """How far a fix can be trusted, at best and at worst."""
    if row.new is None:
        return BY_HAND
    return UNSAFE_AT_BEST if row.subclass else ANY_LEVEL


def _rule(row: Decay) -> Rule:
    """The rule of one schedule function."""
    levels = _levels(row)
    return Rule(
        code=row.code,
        name=f"tf1-{row.names[0].replace('_', '-')}",
        title=f"`tf.train.{row.names[0]}`",
        why=f"{_GONE.format(row.names[0])} {row.remark}".rstrip(),
        unsafe={ANY_LEVEL: _FORM, UNSAFE_AT_BEST: _ADDS_A_CLASS}.get(levels, ""),
        example=f"import tensorflow as tf\n\nlr = {row.example}\n",
        reference=_REFERENCE,
        levels=levels,
        needs=name(*row.names) & (KERAS | attribute("train")) | _BY_NAME,
        finder=f"{__name__}.decay:schedule_functions",
        proof=Proof.RATES,
        targets=row.targets,
    )


WHOLE_RATE = Rule(
    code="LR401",
    name="whole-number-rate",
    title="a schedule with a whole number as initial rate",
    why=(
        "Keras 3 casts the other arguments to the rate's type: InverseTimeDecay(1, 1, 1e-6) is 1 forever, "
        "ExponentialDecay(1, 10, 0.5) is 0 from step 1 on, CosineDecay(1, 100) takes pi for 3. Silently."
    ),
    unsafe="The fix changes the rates: to those that the arguments ask for.",
    example="import keras\n\nrate = keras.optimizers.schedules.ExponentialDecay(1, 1000, 0.96)\n",
    levels=UNSAFE_AT_BEST,
    needs=A_SCHEDULE,
    finder=_IS_CALLED,
    proof=Proof.WRONG,
)
BAD_BOUNDARIES = Rule(
    code="LR402",
    name="schedule-misfit",
    title="schedule arguments that do not fit each other",
    why=(
        "Boundaries that do not rise give a sum of several values as rate, silently; fractions are cut to "
        "whole steps, so [0.5, 0.75] is over after one; lists of the wrong length, whole numbers among the "
        "values and decay_steps below 1 raise."
    ),
    example=(
        "import keras\n\n"
        "rate = keras.optimizers.schedules.PiecewiseConstantDecay([200, 100], [0.1, 0.01, 0.001])\n"
    ),
    needs=A_SCHEDULE,
    finder=_IS_CALLED,
    proof=Proof.WRONG,
)
ARRAY = Rule(
    code="LR403",
    name="array-in-schedule",
    title="a NumPy array as boundaries or values of a schedule",
    why="The model trains and saves; loaded again it raises, at once or when it trains on.",
    unsafe="`get_config()` of the schedule gives a list where it gave an array.",
    example=(
        "import keras\nimport numpy as np\n\n"
        "rate = keras.optimizers.schedules.PiecewiseConstantDecay(np.array([5, 9]), [0.1, 0.01, 0.001])\n"
    ),
    levels=UNSAFE_AT_BEST,
    needs=A_SCHEDULE,
    finder=_IS_CALLED,
    proof=Proof.WRONG,
)
UNSETTABLE = Rule(
    code="LR404",
    name="unsettable-rate",
    title="a rate that is set although it is a schedule",
    why=(
        "LearningRateScheduler, ReduceLROnPlateau and `optimizer.learning_rate = x` raise TypeError when "
        "the optimizer was built with a schedule: at the end of the first epoch, or later."
    ),
    example=(
        "import keras\n\n"
        "rate = keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96)\n"
        'model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")\n'
        "model.fit(x, y, callbacks=[keras.callbacks.ReduceLROnPlateau()])\n"
    ),
    needs=A_CLASS & KERAS,
    finder=_IS_TRAINED_WITH,
    proof=Proof.WRONG,
)
FORMER = Rule(
    code="LR110",
    name="former-schedule",
    title="a schedule of `tf.keras.experimental` or of a private module",
    why="Keras 3 has no `experimental`: AttributeError. Two of its schedules have moved, two are gone.",
    unsafe=(
        "What private modules had goes together with other parts of Keras 2. For LinearCosineDecay the fix "
        "adds a LearningRateSchedule subclass of some 30 lines to the file."
    ),
    example="import tensorflow as tf\n\nrate = tf.keras.experimental.CosineDecay(0.1, 1000, alpha=0.01)\n",
    reference=_REFERENCE,
    levels=ANY_LEVEL,
    needs=name(*modern_names(), "LinearCosineDecay", "NoisyLinearCosineDecay")
    & (ending("experimental") | ending("learning_rate_schedule"))
    & KERAS,
    finder=f"{__name__}.former:former_schedules",
)
UNREACHED = Rule(
    code="LR407",
    name="unreached-boundary",
    title="a boundary behind the last training step",
    why="The rate never changes there, silently: boundaries count steps, that is batches, not samples.",
    example=(
        "import keras\n\n"
        "rate = keras.optimizers.schedules.PiecewiseConstantDecay([500, 60000], [0.1, 0.01, 0.001])\n"
        'model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")\n'
        "model.fit(data, epochs=10, steps_per_epoch=100)\n"
    ),
    needs=A_CLASS & name("PiecewiseConstantDecay") & KERAS,
    finder=_IS_TRAINED_WITH,
    proof=Proof.WRONG,
)
RULES = (*map(_rule, DECAYS), WHOLE_RATE, BAD_BOUNDARIES, ARRAY, UNSETTABLE, UNREACHED, FORMER)
