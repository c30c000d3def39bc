"""Schedules of the program's own: subclasses of LearningRateSchedule that Keras 3 hands a whole number."""

from __future__ import annotations

from lrmigrate.catalog.schema import Elsewhere, Target
from lrmigrate.rules.rule import KERAS, UNSAFE_AT_BEST, Proof, Rule, ending

WHOLE_STEP = Rule(
    code="LR409",
    name="whole-step",
    title="an own LearningRateSchedule that computes with its step as with a float",
    why=(
        "The optimizers of Keras 2 called a schedule with a float32 step, those of Keras 3 call it with "
        "their int64 counter: `0.1 / (step + 1)` and `tf.math.rsqrt(step)` raise TypeError at the first "
        "update."
    ),
    unsafe="The step becomes a float32 number for all that follows in the method, and for whoever calls it.",
    example=(
        "import tensorflow as tf\n\n\n"
        "class Hyperbola(tf.keras.optimizers.schedules.LearningRateSchedule):\n"
        "    def __call__(self, step):\n        return 0.1 / (step + 1)\n"
    ),
    reference="https://keras.io/api/optimizers/learning_rate_schedules/learning_rate_schedule/",
    levels=UNSAFE_AT_BEST,
    needs=ending("LearningRateSchedule") & KERAS,
    finder=f"{__name__}.steps:whole_steps",
    proof=Proof.WRONG,
    targets={Target.TF2: Elsewhere("the optimizers of Keras 2 give a float32 step")},
)
RULES = (WHOLE_STEP,)
