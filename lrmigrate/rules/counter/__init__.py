"""`optimizer.iterations`, the number of updates so far: read and set through Keras's backend."""

from __future__ import annotations

from lrmigrate.catalog.schema import Elsewhere, Target
from lrmigrate.rules.rule import ANY_LEVEL, KERAS, Rule, attribute

ITERATIONS = Rule(
    code="LR314",
    name="iterations-access",
    title="`optimizer.iterations` read or set as Keras 2 did it",
    why=(
        "In Keras 3, `K.set_value(optimizer.iterations, x)` and `optimizer.iterations = x` raise "
        "AttributeError."
    ),
    unsafe="Where it is not certain that the object is a Keras optimizer.",
    example=(
        "from keras import backend as K\nfrom keras.optimizers import SGD\n\n"
        "optimizer = SGD(0.1)\nK.set_value(optimizer.iterations, 0)\n"
    ),
    levels=ANY_LEVEL,
    needs=attribute("iterations") & KERAS,
    finder=f"{__name__}.iterations:counters",
    targets={Target.TF2: Elsewhere("the backend of Keras 2 reads and sets it")},
)
RULES = (ITERATIONS,)
