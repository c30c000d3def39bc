"""The Keras optimizers and what became of their arguments.

``keras2`` is standalone Keras 2.2.5, ``tfkeras`` is tf.keras of TensorFlow 1.15, ``keras3`` the
part of Keras 3's signature that positional arguments can reach in old code. All are measured with
``inspect.signature`` and held against it by a test.
"""

from __future__ import annotations

from lrmigrate.catalog.schema import Domain, Optimizer, Real, Signature, Target

RATE = Real(1e-5, 0.5)
BETA_1, BETA_2 = Real(0.5, 0.99), Real(0.9, 0.999)

# Of the arguments that every optimizer takes.
SHARED_DOMAIN: dict[str, Domain] = {
    "epsilon": Real(1e-8, 1e-4),
    **dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm"), Real(0.1, 2.0)),
}
#: Of Keras before 2.4, the package of its own, by whose rules `from keras...` is read. Clauses.
CLIPPED_TOGETHER = (
    "taken for Keras before 2.4, whose `clipnorm=` clipped by the norm of all gradients together"
)
STANDALONE_RATE = "taken for Keras before 2.4, whose {optimizer} trained at {rate} where no rate is given"
STARTS_AT_ZERO = (
    "Keras 3's Adagrad adds epsilon under the square root, which tells where its accumulators start at 0: "
    "gradients of 1e-3 move the weights by 5 % less at the first update, those of 1e-4 by 70 %"
)
STANDALONE_START = "taken for Keras before 2.4, whose {optimizer} started its accumulators at 0"
STANDALONE_EPSILON = (
    "taken for Keras before 2.4: Keras from 2.4 on took 1e-7 for `epsilon=0`, Keras 3 takes 0"
)
#: What other targets than the old world refuse.
CLIPPED_TWICE = {
    Target.KERAS3: (
        "Keras 3 raises ValueError where both `clipnorm=` and `clipvalue=` are given, and the old world "
        "clipped by both: keep the one that matters, or clip the gradients by hand"
    )
}
#: `optimizers.experimental` of TensorFlow 2.9 to 2.12 held the optimizers that Keras 2.11 took over. Those
#: of the last Keras 2 give the weights of Keras 3 to the bit, in 200 updates of each optimizer.
EXPERIMENTAL = (
    "assumes that TensorFlow 2.9 to 2.12, which had it under this name, updated as the last Keras 2 did, and "
    "Keras 3 does: those releases were not compared"
)
EXPERIMENTAL_REFUSES = {
    "lr": (
        "`lr=` was ignored here, and the optimizer trained at its default rate: write the rate that is meant "
        "as `learning_rate=`"
    ),
    "decay": "`decay=` raised ValueError here, so there are no old rates: take it out, or give a schedule",
    "jit_compile": "Keras 3 has no `jit_compile=` here, but in `compile`: move it",
}
CLIPS_WHEN_APPLIED = {
    Target.KERAS3: (
        "tf.keras of TensorFlow 1 did not clip in `apply_gradients`, which line {line} calls: later tf.keras "
        "and Keras 3 do, and `{argument}=` limits these updates from now on"
    )
}
_SMALL = "further within 24 updates of a small embedding"
MOVES_ALL_ROWS = {
    Target.KERAS3: (
        "with sparse gradients, as of an Embedding, tf.keras moved the rows of the batch only, Keras 3 moves "
        "all: {how}"
    )
}
EPSILON_TELLS = (
    "Keras 3's {optimizer} adds epsilon under the square root, which tells with `{argument}=`: the smaller "
    "the gradients beside epsilon's root, the less they move the weights"
)

#: Why a target lacks the classes of `schedules` below a root.
NO_SCHEDULES = {
    Target.TF2: {
        "keras": "keras.optimizers.schedules of Keras 2.6 to 2.12 is empty: take the optimizer from tf.keras"
    }
}
#: Why a target has no place for the class below.
NO_DECAYED_CLASS = {
    Target.TF2: "optimizers of Keras 2 have no update_step that a subclass could change",
}
DECAYED_CLASS = '''class Decayed{optimizer}({base}):
    """{optimizer} with Keras 2's `decay=`: its rate can be read and set."""

    def __init__(self, *args, decay=0.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.decay = decay

    def update_step(self, gradient, variable, learning_rate):
        rate = learning_rate / (1.0 + self.decay * self.iterations)
        super().update_step(gradient, variable, rate)

    def get_config(self):
        return {{**super().get_config(), "decay": self.decay}}
'''
SGD = Optimizer(
    name="SGD",
    keras2=Signature("lr=0.01, momentum=0.0, decay=0.0, nesterov=False"),
    tfkeras=Signature("learning_rate=0.01, momentum=0.0, nesterov=False"),
    keras3=Signature("learning_rate=0.01, momentum=0.0, nesterov=False, weight_decay=None"),
    modules=("gradient_descent",),
    alias="sgd",
    never_whole=("momentum",),
    sparse={"momentum": f"SGD with momentum goes up to 31 % {_SMALL}"},
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
    notes={
        Target.KERAS3: (
            "Keras 3's RMSprop adds epsilon under the square root: gradients below 1e-2 move the weights "
            "less, within 20 updates by 11 % for 1e-3 and by 79 % for 1e-4"
        )
    },
    sparse={"momentum": f"RMSprop with momentum goes up to 90 % {_SMALL}"},
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
    standalone={"initial_accumulator_value": "0.0"},
    epsilon_tells=("epsilon", "initial_accumulator_value"),
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
    sparse={"": "Adadelta goes 0.1 % less far within 24 updates of a small embedding"},
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
    sparse={"": f"Adamax goes up to 85 % {_SMALL}"},
    relative=2e-6,
    domain=ADAM.domain,
)
_OTHER_NADAM = "Keras 3's Nadam has another update rule: its weights differ by up to 15 % within 24 updates"
NADAM = Optimizer(
    name="Nadam",
    keras2=Signature("lr=0.002, beta_1=0.9, beta_2=0.999, epsilon=None, schedule_decay=0.004"),
    tfkeras=Signature("learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07"),
    keras3=Signature("learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07, weight_decay=None"),
    modules=("nadam",),
    alias="nadam",
    decay_ignored="Keras 2's Nadam took `decay=` and never applied it",
    differs=_OTHER_NADAM,
    notes={Target.KERAS3: _OTHER_NADAM, Target.TF2: _OTHER_NADAM},
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
    sparse={"": "Ftrl sets rows that have had no gradient yet to 0"},
    rate_ignored=(
        "the old Ftrl ignored `lr=` and trained at 0.001: write learning_rate=0.001 to keep the "
        "numbers, or rename the argument to get the rate that was asked for"
    ),
    relative=2e-7,
    domain={"learning_rate": RATE, "decay": Real(0.0, 0.1)},
)

OPTIMIZERS: tuple[Optimizer, ...] = (SGD, RMSPROP, ADAGRAD, ADADELTA, ADAM, ADAMAX, NADAM, FTRL)
