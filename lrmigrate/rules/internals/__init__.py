"""What was inside of Keras 2's optimizers: methods that read and set the rate, classes built on them."""

from __future__ import annotations

from lrmigrate.rules.optimizers import A_CLASS
from lrmigrate.rules.rule import ANY_LEVEL, KERAS, OWN, Rule, called, ending, name

_REFERENCE = "https://keras.io/api/optimizers/"

METHOD = Rule(
    code="LR305",
    name="optimizer-internals",
    title="`optimizer._decayed_lr(...)`, `_get_hyper(...)`, `_set_hyper(...)` or `get_updates(...)`",
    why="Keras 3 raises AttributeError: the methods are gone, and `learning_rate` is the rate in force.",
    unsafe=(
        "Where what has the method is out of sight, and where the value is kept and the rate is set later: "
        "`learning_rate` is the rate itself."
    ),
    example=(
        "import tensorflow as tf\n\n"
        "optimizer = tf.keras.optimizers.SGD(learning_rate=0.1)\n"
        "print(float(optimizer._decayed_lr(tf.float32)))\n"
    ),
    reference=_REFERENCE,
    levels=ANY_LEVEL,
    needs=(called("_decayed_lr") | called("_get_hyper") | called("_set_hyper") | called("get_updates"))
    & (KERAS | OWN),
    finder=f"{__name__}.methods:old_methods",
)
CLASS = Rule(
    code="LR306",
    name="own-optimizer",
    title="an optimizer class written for Keras 2",
    why=(
        "Keras 3 never calls `get_updates` or `_resource_apply_dense`, and has no `_set_hyper`: such a class "
        "raises where it is made or used, or updates as its base does, without a word."
    ),
    example=(
        "from keras import backend as K\nfrom keras.optimizers import Optimizer\n\n\n"
        "class Plain(Optimizer):\n"
        "    def __init__(self, lr=0.01, **kwargs):\n"
        "        super().__init__(**kwargs)\n"
        "        self.lr = K.variable(lr)\n\n"
        "    def get_updates(self, loss, params):\n"
        "        gradients = self.get_gradients(loss, params)\n"
        "        return [K.update_sub(p, self.lr * g) for p, g in zip(params, gradients)]\n"
    ),
    reference="https://keras.io/api/optimizers/",
    needs=name("get_updates", "_resource_apply_dense", "_resource_apply_sparse", "_set_hyper")
    & (KERAS | OWN)
    & (ending("Optimizer") | ending("OptimizerV2") | A_CLASS),
    finder=f"{__name__}.classes:old_classes",
)
RULES = (METHOD, CLASS)
