"""The TensorFlow 1 optimizers, ``tf.train.*Optimizer``, against the Keras optimizers they would become.

Signatures are those of ``tf.compat.v1.train``. The differences of the weights are measured, old in a
graph against new, in float32, with the very same schedule: see TF1Optimizer.
"""

from __future__ import annotations

from lrmigrate.catalog.schema import Rule, Signature, TF1Optimizer

REFERENCE = "https://keras.io/api/optimizers/"


def _rule(code: str, title: str, verdict: str, call: str) -> Rule:
    """The rule of one optimizer, or of a family."""
    return Rule(
        code=code,
        title=f"{title} fed by a schedule",
        why=(
            f"{verdict} Keras 3 optimizers take the schedule itself and count their own steps; they have no "
            "minimize(), and a TensorFlow 1 session does not run them: the training loop must move with them."
        ),
        example=(
            "import tensorflow as tf\n\n"
            "schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.5, staircase=True)\n"
            "step = tf.compat.v1.train.get_or_create_global_step()\n"
            f"optimizer = tf.compat.v1.train.{call}\n"
            "train = optimizer.minimize(loss, global_step=step)\n"
        ),
        reference=REFERENCE,
        default=False,
    )


GRADIENT_DESCENT = TF1Optimizer(
    rule=_rule(
        "LR601",
        "`tf.train.GradientDescentOptimizer`",
        "Keras's SGD gives the same weights.",
        "GradientDescentOptimizer(schedule(step))",
    ),
    name="GradientDescentOptimizer",
    signature=Signature("learning_rate, use_locking=False, name='GradientDescent'"),
    twin="SGD",
)
MOMENTUM = TF1Optimizer(
    rule=_rule(
        "LR602",
        "`tf.train.MomentumOptimizer`",
        "Keras's SGD(momentum=) gives other weights as soon as the rate changes.",
        "MomentumOptimizer(schedule(step), 0.9)",
    ),
    name="MomentumOptimizer",
    signature=Signature("learning_rate, momentum, use_locking=False, name='Momentum', use_nesterov=False"),
    twin="SGD",
    arguments={"momentum": "{momentum}", "nesterov": "{use_nesterov}"},
    apart=0.76,
    differs=(
        "TensorFlow 1 multiplies the accumulated gradient by today's rate, Keras stores the scaled velocity: "
        "the weights part at the first change of the rate"
    ),
)
ADAM = TF1Optimizer(
    rule=_rule(
        "LR603",
        "`tf.train.AdamOptimizer`",
        "Keras's Adam(epsilon=1e-8) gives the same weights but for rounding.",
        "AdamOptimizer(schedule(step))",
    ),
    name="AdamOptimizer",
    signature=Signature(
        "learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08, use_locking=False, name='Adam', "
        "use_own_namescope_for_non_slot_vars=False"
    ),
    twin="Adam",
    arguments={"beta_1": "{beta1}", "beta_2": "{beta2}", "epsilon": "{epsilon}"},
    apart=2e-5,
)
RMSPROP = TF1Optimizer(
    rule=_rule(
        "LR604",
        "`tf.train.RMSPropOptimizer`",
        "Keras's RMSprop gives other weights from the first update on.",
        "RMSPropOptimizer(schedule(step), decay=0.9)",
    ),
    name="RMSPropOptimizer",
    signature=Signature(
        "learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False, "
        "name='RMSProp'"
    ),
    twin="RMSprop",
    arguments={
        "rho": "{decay}",
        "momentum": "{momentum}",
        "epsilon": "{epsilon}",
        "centered": "{centered}",
    },
    apart=0.22,
    differs=(
        "TensorFlow 1 starts the average of the squared gradients at 1, Keras at 0: "
        "the weights part at the first update"
    ),
)
ADAGRAD = TF1Optimizer(
    rule=_rule(
        "LR605",
        "`tf.train.AdagradOptimizer`",
        "Keras's Adagrad(epsilon=0.0) gives the same weights but for rounding.",
        "AdagradOptimizer(schedule(step))",
    ),
    name="AdagradOptimizer",
    signature=Signature("learning_rate, initial_accumulator_value=0.1, use_locking=False, name='Adagrad'"),
    twin="Adagrad",
    arguments={"initial_accumulator_value": "{initial_accumulator_value}", "epsilon": "0.0"},
    apart=3e-7,
)
ADADELTA = TF1Optimizer(
    rule=_rule(
        "LR606",
        "`tf.train.AdadeltaOptimizer`",
        "Keras's Adadelta(epsilon=1e-8) gives the same weights.",
        "AdadeltaOptimizer(schedule(step))",
    ),
    name="AdadeltaOptimizer",
    signature=Signature("learning_rate=0.001, rho=0.95, epsilon=1e-08, use_locking=False, name='Adadelta'"),
    twin="Adadelta",
    arguments={"rho": "{rho}", "epsilon": "{epsilon}"},
)
FTRL = TF1Optimizer(
    rule=_rule(
        "LR607",
        "`tf.train.FtrlOptimizer`",
        "Keras's Ftrl gives the same weights.",
        "FtrlOptimizer(schedule(step))",
    ),
    name="FtrlOptimizer",
    signature=Signature(
        "learning_rate, learning_rate_power=-0.5, initial_accumulator_value=0.1, "
        "l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name='Ftrl', "
        "accum_name=None, linear_name=None, l2_shrinkage_regularization_strength=0.0, beta=None"
    ),
    twin="Ftrl",
    arguments={
        "learning_rate_power": "{learning_rate_power}",
        "initial_accumulator_value": "{initial_accumulator_value}",
        "l1_regularization_strength": "{l1_regularization_strength}",
        "l2_regularization_strength": "{l2_regularization_strength}",
        "l2_shrinkage_regularization_strength": "{l2_shrinkage_regularization_strength}",
        "beta": "{beta}",
    },
)

_NO_TWIN = _rule(
    "LR608",
    "`tf.train.Proximal*Optimizer` or `AdagradDAOptimizer`",
    "Keras 3 has no such optimizer.",
    "ProximalGradientDescentOptimizer(schedule(step))",
)
PROXIMAL_GRADIENT_DESCENT = TF1Optimizer(
    rule=_NO_TWIN,
    name="ProximalGradientDescentOptimizer",
    signature=Signature(
        "learning_rate, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, "
        "name='ProximalGradientDescent'"
    ),
)
PROXIMAL_ADAGRAD = TF1Optimizer(
    rule=_NO_TWIN,
    name="ProximalAdagradOptimizer",
    signature=Signature(
        "learning_rate, initial_accumulator_value=0.1, l1_regularization_strength=0.0, "
        "l2_regularization_strength=0.0, use_locking=False, name='ProximalAdagrad'"
    ),
)
ADAGRAD_DA = TF1Optimizer(
    rule=_NO_TWIN,
    name="AdagradDAOptimizer",
    signature=Signature(
        "learning_rate, global_step, initial_gradient_squared_accumulator_value=0.1, "
        "l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name='AdagradDA'"
    ),
)

TF1_OPTIMIZERS: tuple[TF1Optimizer, ...] = (
    *(GRADIENT_DESCENT, MOMENTUM, ADAM, RMSPROP, ADAGRAD, ADADELTA, FTRL),
    *(PROXIMAL_GRADIENT_DESCENT, PROXIMAL_ADAGRAD, ADAGRAD_DA),
)
