"""The TensorFlow 1 optimizers, ``tf.train.*Optimizer``, against the Keras optimizers they would become.

Signatures are those of ``tf.compat.v1.train``. The differences of the weights are measured, old in a
graph against new, in float32, with the very same schedule: see TF1Optimizer.
"""

from __future__ import annotations

from lrmigrate.catalog.schema import Signature, TF1Optimizer

GRADIENT_DESCENT = TF1Optimizer(
    code="LR601",
    verdict="Keras's SGD gives the same weights.",
    example="GradientDescentOptimizer(schedule(step))",
    name="GradientDescentOptimizer",
    signature=Signature("learning_rate, use_locking=False, name='GradientDescent'"),
    twin="SGD",
)
MOMENTUM = TF1Optimizer(
    code="LR602",
    verdict="Keras's SGD(momentum=) gives other weights as soon as the rate changes.",
    example="MomentumOptimizer(schedule(step), 0.9)",
    name="MomentumOptimizer",
    signature=Signature("learning_rate, momentum, use_locking=False, name='Momentum', use_nesterov=False"),
    twin="SGD",
    arguments={"momentum": "{momentum}", "nesterov": "{use_nesterov}"},
    apart=0.76,
    differs=(
        "TensorFlow 1 multiplies the accumulated gradient by today's rate, Keras stores the scaled velocity: "
        "the weights differ from the first change of the rate on"
    ),
)
ADAM = TF1Optimizer(
    code="LR603",
    verdict="Keras's Adam(epsilon=1e-8) gives the same weights but for rounding.",
    example="AdamOptimizer(schedule(step))",
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
    code="LR604",
    verdict="Keras's RMSprop gives other weights from the first update on.",
    example="RMSPropOptimizer(schedule(step), decay=0.9)",
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
        "the weights differ from the first update on"
    ),
)
ADAGRAD = TF1Optimizer(
    code="LR605",
    verdict="Keras's Adagrad(epsilon=0.0) gives the same weights but for rounding.",
    example="AdagradOptimizer(schedule(step))",
    name="AdagradOptimizer",
    signature=Signature("learning_rate, initial_accumulator_value=0.1, use_locking=False, name='Adagrad'"),
    twin="Adagrad",
    arguments={"initial_accumulator_value": "{initial_accumulator_value}", "epsilon": "0.0"},
    apart=3e-7,
)
ADADELTA = TF1Optimizer(
    code="LR606",
    verdict="Keras's Adadelta(epsilon=1e-8) gives the same weights.",
    example="AdadeltaOptimizer(schedule(step))",
    name="AdadeltaOptimizer",
    signature=Signature("learning_rate=0.001, rho=0.95, epsilon=1e-08, use_locking=False, name='Adadelta'"),
    twin="Adadelta",
    arguments={"rho": "{rho}", "epsilon": "{epsilon}"},
)
FTRL = TF1Optimizer(
    code="LR607",
    verdict="Keras's Ftrl gives the same weights.",
    example="FtrlOptimizer(schedule(step))",
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

PROXIMAL_GRADIENT_DESCENT = TF1Optimizer(
    code="LR608",
    verdict="Keras 3 has no such optimizer.",
    example="ProximalGradientDescentOptimizer(schedule(step))",
    name="ProximalGradientDescentOptimizer",
    signature=Signature(
        "learning_rate, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, "
        "name='ProximalGradientDescent'"
    ),
)
PROXIMAL_ADAGRAD = TF1Optimizer(
    code="LR608",
    verdict="Keras 3 has no such optimizer.",
    example="ProximalAdagradOptimizer(schedule(step))",
    name="ProximalAdagradOptimizer",
    signature=Signature(
        "learning_rate, initial_accumulator_value=0.1, l1_regularization_strength=0.0, "
        "l2_regularization_strength=0.0, use_locking=False, name='ProximalAdagrad'"
    ),
)
ADAGRAD_DA = TF1Optimizer(
    code="LR608",
    verdict="Keras 3 has no such optimizer.",
    example="AdagradDAOptimizer(schedule(step), step)",
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
