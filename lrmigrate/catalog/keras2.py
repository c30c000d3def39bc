"""The Keras optimizers and what became of their arguments.

``keras2`` is standalone Keras 2.2.5, ``tfkeras`` is tf.keras of TensorFlow 1.15, ``keras3`` the
part of Keras 3's signature that positional arguments can reach in old code. All are measured with
``inspect.signature`` and held against it by a test.
"""

from __future__ import annotations

from lrmigrate.catalog.schema import Domain, Elsewhere, Optimizer, Real, Rule, Signature

REFERENCE = "https://keras.io/api/optimizers/"
RATE = Real(1e-5, 0.5)
BETA_1, BETA_2 = Real(0.5, 0.99), Real(0.9, 0.999)

# Of the arguments that every optimizer takes.
SHARED_DOMAIN: dict[str, Domain] = {
    "epsilon": Real(1e-8, 1e-4),
    **dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm"), Real(0.1, 2.0)),
}

# A new argument beside an old use of `optimizer.lr` would turn a crash into wrong numbers.
_RATE_IN_USE = ("LR301", "LR302")

LR = Rule(
    code="LR201",
    title="`lr=` of a Keras optimizer",
    why=(
        "Keras 3 raises ValueError: the argument is `learning_rate`. The new optimizers of TensorFlow "
        "2.11 to 2.15 swallow `lr=` silently and train at the default rate."
    ),
    unsafe=(
        "Where the program assigns `optimizer.lr` or asks for `hasattr(optimizer, 'lr')`, a renamed "
        "argument alone turns a crash into wrong numbers. The same holds for what the new optimizers do "
        "otherwise: Nadam, RMSprop, and the Adagrad and the `clipnorm=` of Keras before 2.4."
    ),
    example="from keras.optimizers import Adam\n\noptimizer = Adam(lr=1e-3)\n",
    reference=REFERENCE,
    together=_RATE_IN_USE,
)
DECAY = Rule(
    code="LR202",
    title="`decay=` of a Keras optimizer",
    why=(
        "Keras 3 ignores `decay=` with a warning: the rate stays constant. Keras 2 divided the rate by "
        "1 + decay * iterations, which is InverseTimeDecay with decay_steps=1."
    ),
    unsafe=(
        "A rate that is a schedule cannot be set, and reads as the decayed rate. Where the file reads or "
        "sets the rate, by a callback or a line, the fix adds a subclass of the optimizer instead, whose "
        "update divides the rate by 1 + decay * iterations; loading a saved model then needs that class."
    ),
    example=(
        "from tensorflow import keras\n\n"
        "optimizer = keras.optimizers.SGD(lr=1, decay=1e-6, momentum=0.9, nesterov=False)\n"
    ),
    reference=REFERENCE,
    together=_RATE_IN_USE,
)
EPSILON = Rule(
    code="LR203",
    title="`epsilon=None` of a Keras optimizer",
    why="Keras 2 read None as 1e-7. Keras 3 accepts it and raises ValueError at the first update.",
    unsafe="Where the optimizer itself differs (see LR201), and where the program sets another epsilon.",
    example="from keras.optimizers import Adam\n\noptimizer = Adam(learning_rate=1e-3, epsilon=None)\n",
    reference=REFERENCE,
)
POSITIONAL = Rule(
    code="LR204",
    title="positional arguments in Keras 2's order",
    why=(
        "The order has changed: `SGD(0.1, 0.9, 1e-6, True)` meant lr, momentum, decay, nesterov; Keras 3 "
        "silently reads nesterov=1e-6, weight_decay=True."
    ),
    unsafe="Where the values alone do not tell which order is meant, the call is reported only.",
    example="from keras.optimizers import RMSprop\n\noptimizer = RMSprop(1e-3, 0.9, None)\n",
    reference=REFERENCE,
    together=_RATE_IN_USE,
)
SCHEDULE_DECAY = Rule(
    code="LR205",
    title="`schedule_decay=` of Nadam",
    why="Keras 3 raises ValueError and has no equivalent: the momentum schedule's decay is fixed at 0.004.",
    unsafe="Nadam's update rule itself differs: by up to 15 % of the weights within 24 updates.",
    example=(
        "from keras.optimizers import Nadam\n\noptimizer = Nadam(learning_rate=0.002, schedule_decay=0.004)\n"
    ),
    reference=REFERENCE,
    together=_RATE_IN_USE,
)
LEGACY = Rule(
    code="LR206",
    title="an optimizer from `optimizers.legacy`, `optimizers.experimental` or a private module",
    why="Keras 3 raises ImportError when an optimizer of `optimizers.legacy` is built.",
    unsafe=(
        "Code that takes optimizers from tensorflow.python takes models and layers from there too, and "
        "these do not work with Keras 3 optimizers: all must move together."
    ),
    example="import tensorflow as tf\n\noptimizer = tf.keras.optimizers.legacy.Adam(learning_rate=1e-3)\n",
    reference=REFERENCE,
    tf2=Elsewhere("Keras 2 has these optimizers, and its other ones are not the same"),
)
ALIAS = Rule(
    code="LR207",
    title="the lower-case name of a Keras optimizer",
    why="Keras 3 has no `keras.optimizers.adam(...)`: AttributeError or a module that cannot be called.",
    unsafe="Where the optimizer itself differs (see LR201).",
    example="import keras\n\noptimizer = keras.optimizers.adam(learning_rate=1e-4)\n",
    reference=REFERENCE,
)

CLIPPED_TOGETHER = (
    "Keras before 2.4 clipped by the norm of all gradients together, Keras 3 one by one: "
    "global_clipnorm= keeps that"
)

# What the target tf2 lacks.
STANDALONE_TF2 = "keras.optimizers.schedules of Keras 2.6 to 2.12 is empty: take the optimizer from tf.keras"
DECAYED_CLASS_TF2 = "optimizers of Keras 2 have no update_step that a subclass could change"
DECAYED_CLASS = '''class Decayed{optimizer}({base}):
    """{optimizer} with the `decay=` of Keras 2: its learning rate can be read and set."""

    def __init__(self, *args, decay=0.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.decay = decay

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate / (1.0 + self.decay * self.iterations))

    def get_config(self):
        return {{**super().get_config(), "decay": self.decay}}
'''
# The worst first: a call with several troubles carries the code of the first one here.
ARGUMENT_RULES: tuple[Rule, ...] = (DECAY, SCHEDULE_DECAY, POSITIONAL, LR, EPSILON, LEGACY, ALIAS)

SGD = Optimizer(
    name="SGD",
    keras2=Signature("lr=0.01, momentum=0.0, decay=0.0, nesterov=False"),
    tfkeras=Signature("learning_rate=0.01, momentum=0.0, nesterov=False"),
    keras3=Signature("learning_rate=0.01, momentum=0.0, nesterov=False, weight_decay=None"),
    modules=("gradient_descent",),
    alias="sgd",
    never_whole=("momentum",),
    domain={"learning_rate": RATE, "momentum": Real(0.0, 0.99), "decay": Real(0.0, 0.1)},
)
RMSPROP = Optimizer(
    name="RMSprop",
    keras2=Signature("lr=0.001, rho=0.9, epsilon=None, decay=0.0"),
    tfkeras=Signature("learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-07, centered=False"),
    keras3=Signature(
        "learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-07, centered=False, weight_decay=None"
    ),
    modules=("rmsprop",),
    alias="rmsprop",
    differs_below=(
        "Keras 3's RMSprop adds epsilon under the square root: gradients below 1e-2 move the weights less, "
        "at the first update by 29 % for 1e-3 and by 90 % for 1e-4"
    ),
    epsilon_tells=("epsilon", "clipnorm", "clipvalue", "global_clipnorm"),
    gradients=(1e3, 1e2, 10.0, 1.0),  # Keras 3 adds epsilon under the root, which tells below
    relative=2e-4,
    domain={"learning_rate": RATE, "rho": Real(0.5, 0.99), "decay": Real(0.0, 0.1)},
)
ADAGRAD = Optimizer(
    name="Adagrad",
    keras2=Signature("lr=0.01, epsilon=None, decay=0.0"),
    tfkeras=Signature("learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-07"),
    keras3=Signature("learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-07, weight_decay=None"),
    modules=("adagrad",),
    alias="adagrad",
    standalone_differs=(
        "Keras before 2.4 started the accumulators of Adagrad at 0, Keras 3 starts them at 0.1: "
        "initial_accumulator_value=0.0 keeps its weights"
    ),
    epsilon_tells=("epsilon",),
    relative=1e-6,
    domain={"learning_rate": RATE, "decay": Real(0.0, 0.1)},
)
ADADELTA = Optimizer(
    name="Adadelta",
    keras2=Signature("lr=1.0, rho=0.95, epsilon=None, decay=0.0"),
    tfkeras=Signature("learning_rate=0.001, rho=0.95, epsilon=1e-07"),
    keras3=Signature("learning_rate=0.001, rho=0.95, epsilon=1e-07, weight_decay=None"),
    modules=("adadelta",),
    alias="adadelta",
    relative=2e-6,
    domain={"learning_rate": RATE, "rho": Real(0.5, 0.99), "decay": Real(0.0, 0.1)},
)
ADAM = Optimizer(
    name="Adam",
    keras2=Signature("lr=0.001, beta_1=0.9, beta_2=0.999, epsilon=None, decay=0.0, amsgrad=False"),
    tfkeras=Signature("learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, amsgrad=False"),
    keras3=Signature(
        "learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, amsgrad=False, weight_decay=None"
    ),
    modules=("adam",),
    alias="adam",
    relative=1e-5,
    domain={
        "learning_rate": RATE,
        "beta_1": BETA_1,
        "beta_2": BETA_2,
        "decay": Real(0.0, 0.1),
    },
)
ADAMAX = Optimizer(
    name="Adamax",
    keras2=Signature("lr=0.002, beta_1=0.9, beta_2=0.999, epsilon=None, decay=0.0"),
    tfkeras=Signature("learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07"),
    keras3=Signature("learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, weight_decay=None"),
    modules=("adamax",),
    alias="adamax",
    relative=2e-6,
    domain=ADAM.domain,
)
NADAM = Optimizer(
    name="Nadam",
    keras2=Signature("lr=0.002, beta_1=0.9, beta_2=0.999, epsilon=None, schedule_decay=0.004"),
    tfkeras=Signature("learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07"),
    keras3=Signature("learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, weight_decay=None"),
    modules=("nadam",),
    alias="nadam",
    decay_ignored="Nadam never applied `decay=` to its rate",
    differs="Keras 3's Nadam has another update rule: its weights differ by up to 15 % within 24 updates",
    relative=1e-5,
    domain=ADAM.domain,
)
FTRL = Optimizer(
    name="Ftrl",
    keras2=Signature(""),  # standalone Keras 2 had no Ftrl
    tfkeras=Signature(
        "learning_rate=0.001, learning_rate_power=-0.5, initial_accumulator_value=0.1, "
        "l1_regularization_strength=0.0, l2_regularization_strength=0.0"
    ),
    keras3=Signature(
        "learning_rate=0.001, learning_rate_power=-0.5, initial_accumulator_value=0.1, "
        "l1_regularization_strength=0.0, l2_regularization_strength=0.0, "
        "l2_shrinkage_regularization_strength=0.0, beta=0.0, weight_decay=None"
    ),
    modules=("ftrl",),
    rate_ignored=(
        "the old Ftrl ignored `lr=` and trained at 0.001: write learning_rate=0.001 to keep the "
        "numbers, or rename the argument to get the rate that was asked for"
    ),
    relative=2e-7,
    domain={"learning_rate": RATE, "decay": Real(0.0, 0.1)},
)

OPTIMIZERS: tuple[Optimizer, ...] = (SGD, RMSPROP, ADAGRAD, ADADELTA, ADAM, ADAMAX, NADAM, FTRL)
