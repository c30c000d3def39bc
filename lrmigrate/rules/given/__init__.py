"""What an optimizer is given as its rate, where Keras 3 takes no such thing: a variable, a whole number."""

from __future__ import annotations

from lrmigrate.catalog.schema import Elsewhere, Target
from lrmigrate.rules.optimizers import A_CLASS
from lrmigrate.rules.rule import ANY_LEVEL, KERAS, Proof, Rule

GIVEN = Rule(
    code="LR211",
    name="refused-rate",
    title="`learning_rate=` that is no float: a variable, a tensor, a whole number",
    why="Keras 3 raises ValueError: it takes a float, a schedule, or a function without parameters.",
    unsafe=(
        "A variable that nothing assigns to becomes its number. Another one stays, behind a `lambda:`: the "
        "optimizers of TensorFlow before 2.11 read it at every update, too; later ones copied it. A tensor "
        "becomes the number that it has when the optimizer is built."
    ),
    example=(
        "import keras\nimport tensorflow as tf\n\n"
        "rate = tf.Variable(0.1, trainable=False)\noptimizer = keras.optimizers.SGD(learning_rate=rate)\n"
    ),
    levels=ANY_LEVEL,
    needs=A_CLASS & KERAS,
    finder=f"{__name__}.rates:given_rates",
    proof=Proof.RATES,
    targets={Target.TF2: Elsewhere("Keras 2 takes them")},
)
RULES = (GIVEN,)
