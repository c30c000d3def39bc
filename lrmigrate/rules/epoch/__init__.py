"""Functions of the epoch or the step that stand where an optimizer takes its rate."""

from __future__ import annotations

from lrmigrate.rules.optimizers import A_CLASS
from lrmigrate.rules.rule import KERAS, UNSAFE_AT_BEST, Proof, Rule

EPOCH_FUNCTION = Rule(
    code="LR501",
    name="function-as-rate",
    title="a function of the epoch or the step given as `learning_rate=`",
    why="Keras 3 calls it without arguments: TypeError. So did Keras 2 of TensorFlow.",
    unsafe=(
        "The fix gives the rates that were meant. A function of the epoch goes to a LearningRateScheduler "
        "where the one `fit` of the model is in sight; a recognised function of the step (constant, "
        "exponential, stairs, boundaries) becomes the schedule class. Where neither is certain, the finding "
        "has the text to paste. A staircase of some lengths, such as 41 steps, begins its stairs a step "
        "late in Keras."
    ),
    example=(
        "from keras.optimizers import Adam\n\n\n"
        "def rate(epoch):\n    return 0.1 * 0.1 ** (epoch // 100)\n\n\n"
        "model = build()\n"
        'model.compile(Adam(learning_rate=rate), loss="mse")\n'
        "model.fit(x, y, epochs=300)\n"
    ),
    levels=UNSAFE_AT_BEST,
    needs=A_CLASS & KERAS,
    finder=f"{__name__}.epoch_function:epoch_functions",
    proof=Proof.RATES,
)
RULES = (EPOCH_FUNCTION,)
