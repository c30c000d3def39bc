"""Keras's callbacks that set the rate: arguments and functions that Keras 3 no longer takes."""

from __future__ import annotations

from lrmigrate.catalog.schema import Elsewhere, Target
from lrmigrate.rules.rule import ANY_LEVEL, KERAS, OWN, STAR, UNSAFE_AT_BEST, Rule, ending, keyword, string

_PLATEAU = ending("ReduceLROnPlateau") & (KERAS | STAR | OWN)

EPSILON = Rule(
    code="LR311",
    name="plateau-epsilon",
    title="`epsilon=` of ReduceLROnPlateau",
    why=(
        "Keras 2 took `epsilon=` for `min_delta=`. Keras 3 ignores it without a word, and takes 1e-4 as the "
        "least change that counts."
    ),
    unsafe="Where the code is guarded by a test of versions.",
    example=(
        "import keras\n\n"
        'plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=3, epsilon=0.01)\n'
    ),
    reference="https://keras.io/api/callbacks/reduce_lr_on_plateau/",
    levels=ANY_LEVEL,
    needs=_PLATEAU & (keyword("epsilon") | string("epsilon")),
    finder=f"{__name__}.plateau:old_epsilons",
)
MONITOR = Rule(
    code="LR312",
    name="plateau-monitor",
    title='`monitor="acc"` of ReduceLROnPlateau, where the metric is called "accuracy"',
    why=(
        "Keras before 2.3 and TensorFlow 1 logged the metric `accuracy` as `acc`. Later ones log it as "
        "`accuracy`: the callback finds nothing to monitor. It warns, and never lowers the rate, or raises "
        "ValueError where `mode=` does not say which way is better."
    ),
    unsafe="The fix lowers the rate, which Keras 2.3 and later did not do.",
    example=(
        "import keras\n\n"
        'model.compile("sgd", loss="mse", metrics=["accuracy"])\n'
        'plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_acc", patience=3)\n'
    ),
    levels=UNSAFE_AT_BEST,
    needs=_PLATEAU,
    finder=f"{__name__}.plateau:old_monitors",
)
SCHEDULER = Rule(
    code="LR313",
    name="scheduler-result",
    title="a LearningRateScheduler whose function gives no float",
    why=(
        "Keras 2 took a tensor, and so a schedule as the function. Keras 3 raises ValueError. Whole numbers "
        "raise in both."
    ),
    unsafe="Where the function is called by others, too.",
    example=(
        "import keras\nimport tensorflow as tf\n\n\n"
        "def rate(epoch, lr):\n    return lr * tf.math.exp(-0.1)\n\n\n"
        "callback = keras.callbacks.LearningRateScheduler(rate)\n"
    ),
    reference="https://keras.io/api/callbacks/learning_rate_scheduler/",
    levels=ANY_LEVEL,
    needs=ending("LearningRateScheduler") & (KERAS | STAR | OWN),
    finder=f"{__name__}.scheduler:scheduled_functions",
    targets={Target.TF2: Elsewhere("the LearningRateScheduler of Keras 2 takes tensors")},
)
RULES = (EPSILON, MONITOR, SCHEDULER)
