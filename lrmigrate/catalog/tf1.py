"""The TensorFlow 1 schedule functions, ``tf.train.*_decay`` and ``piecewise_constant``.

Signatures are those of TensorFlow 1.15. The bounds are measured, old against new, inside a graph, in
float32 with int32 and int64 steps up to 2**31 - 1: equal to the bit except where a bound is given.
"""

from __future__ import annotations

from lrmigrate.catalog.schema import (
    Decay,
    Elsewhere,
    Flag,
    Integer,
    New,
    Rates,
    Real,
    Rising,
    Signature,
    Target,
)
from lrmigrate.model import Applicability

RATE = Real(1e-6, 1.0)
STEPS = Integer(1, 100_000)

_ONLY_LATER = {
    Target.TF2: Elsewhere("TensorFlow 2.4 has this class in keras.experimental only", Applicability.MANUAL)
}

EXPONENTIAL = Decay(
    code="LR101",
    example="tf.train.exponential_decay(0.1, global_step, 1000, 0.96, staircase=True)",
    names=("exponential_decay",),
    signature=Signature("learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None"),
    step="global_step",
    new=New(
        "ExponentialDecay",
        {
            "initial_learning_rate": "{learning_rate}",
            "decay_steps": "{decay_steps}",
            "decay_rate": "{decay_rate}",
            "staircase": "{staircase}",
            "name": "{name}",
        },
    ),
    domain={
        "learning_rate": RATE,
        "decay_steps": STEPS,
        "decay_rate": Real(0.01, 1.0),
        "staircase": Flag(),
    },
    landmarks=("decay_steps",),
    positive=("decay_steps",),
    truncates=True,
    relative=5e-7,
    absolute=1e-7,
)

PIECEWISE = Decay(
    code="LR102",
    example="tf.train.piecewise_constant(global_step, boundaries=[100, 200], values=[0.1, 0.01, 0.001])",
    names=("piecewise_constant", "piecewise_constant_decay"),
    signature=Signature("x, boundaries, values, name=None"),
    step="x",
    new=New(
        "PiecewiseConstantDecay",
        {"boundaries": "{boundaries}", "values": "{values}", "name": "{name}"},
    ),
    domain={"boundaries": Rising(1, 6), "values": Rates("boundaries")},
    landmarks=("boundaries",),
    names_result=False,
    identity_step=True,
)

POLYNOMIAL = Decay(
    code="LR103",
    example="tf.train.polynomial_decay(0.1, global_step, 10000, end_learning_rate=0.0, power=2.0)",
    names=("polynomial_decay",),
    signature=Signature(
        "learning_rate, global_step, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False, name=None"
    ),
    step="global_step",
    new=New(
        "PolynomialDecay",
        {
            "initial_learning_rate": "{learning_rate}",
            "decay_steps": "{decay_steps}",
            "end_learning_rate": "{end_learning_rate}",
            "power": "{power}",
            "cycle": "{cycle}",
            "name": "{name}",
        },
    ),
    domain={
        "learning_rate": RATE,
        "decay_steps": STEPS,
        "end_learning_rate": Real(0.0, 0.1),
        "power": Real(0.5, 3.0),
        "cycle": Flag(),
    },
    landmarks=("decay_steps",),
    positive=("decay_steps",),
    truncates=True,
    relative=5e-7,
    absolute=1e-7,
)

NATURAL_EXP = Decay(
    code="LR104",
    example="tf.train.natural_exp_decay(0.1, global_step, 1000, 0.5)",
    names=("natural_exp_decay",),
    signature=EXPONENTIAL.signature,
    step="global_step",
    new=New(
        "ExponentialDecay",
        {
            "initial_learning_rate": "{learning_rate}",
            "decay_steps": "{decay_steps}",
            "decay_rate": "math.exp(-{decay_rate})",
            "staircase": "{staircase}",
            "name": "{name}",
        },
    ),
    domain={
        "learning_rate": RATE,
        "decay_steps": STEPS,
        "decay_rate": Real(0.0, 2.0),
        "staircase": Flag(),
    },
    landmarks=("decay_steps",),
    positive=("decay_steps",),
    truncates=True,
    relative=2e-6,
    absolute=2e-7,
)

INVERSE_TIME = Decay(
    code="LR105",
    example="tf.train.inverse_time_decay(0.1, global_step, 1000, 0.5)",
    names=("inverse_time_decay",),
    signature=EXPONENTIAL.signature,
    step="global_step",
    new=New(
        "InverseTimeDecay",
        {
            "initial_learning_rate": "{learning_rate}",
            "decay_steps": "{decay_steps}",
            "decay_rate": "{decay_rate}",
            "staircase": "{staircase}",
            "name": "{name}",
        },
    ),
    domain={
        "learning_rate": RATE,
        "decay_steps": STEPS,
        "decay_rate": Real(0.0, 2.0),
        "staircase": Flag(),
    },
    landmarks=("decay_steps",),
    positive=("decay_steps",),
    truncates=True,
    relative=5e-7,
    absolute=1e-7,
)

COSINE = Decay(
    code="LR106",
    example="tf.train.cosine_decay(0.1, global_step, 10000, alpha=0.01)",
    targets=_ONLY_LATER,
    names=("cosine_decay",),
    signature=Signature("learning_rate, global_step, decay_steps, alpha=0.0, name=None"),
    step="global_step",
    new=New(
        "CosineDecay",
        {
            "initial_learning_rate": "{learning_rate}",
            "decay_steps": "{decay_steps}",
            "alpha": "{alpha}",
            "name": "{name}",
        },
    ),
    domain={"learning_rate": RATE, "decay_steps": STEPS, "alpha": Real(0.0, 1.0)},
    landmarks=("decay_steps",),
    positive=("decay_steps",),
    truncates=True,
    names_result=False,
    relative=5e-7,
    absolute=1e-7,
)

COSINE_RESTARTS = Decay(
    code="LR107",
    example="tf.train.cosine_decay_restarts(0.1, global_step, 1000, t_mul=2.0, m_mul=0.9)",
    targets=_ONLY_LATER,
    names=("cosine_decay_restarts",),
    signature=Signature(
        "learning_rate, global_step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name=None"
    ),
    step="global_step",
    new=New(
        "CosineDecayRestarts",
        {
            "initial_learning_rate": "{learning_rate}",
            "first_decay_steps": "{first_decay_steps}",
            "t_mul": "{t_mul}",
            "m_mul": "{m_mul}",
            "alpha": "{alpha}",
            "name": "{name}",
        },
    ),
    domain={
        "learning_rate": RATE,
        "first_decay_steps": STEPS,
        "t_mul": Real(1.0, 3.0),
        "m_mul": Real(0.1, 1.0),
        "alpha": Real(0.0, 1.0),
    },
    landmarks=("first_decay_steps",),
    positive=("first_decay_steps",),
    truncates=True,
    relative=5e-7,
    absolute=1e-7,
)

_LINEAR_COSINE_CLASS = '''\
class LinearCosineDecay({schedule}):
    """Linear cosine decay, as TensorFlow 1's linear_cosine_decay computed it."""

    def __init__(
        self, initial_learning_rate, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.num_periods = num_periods
        self.alpha = alpha
        self.beta = beta

    def __call__(self, step):
        rate = {tf}.convert_to_tensor(self.initial_learning_rate)
        decay_steps = {tf}.cast(self.decay_steps, rate.dtype)
        step = {tf}.minimum({tf}.cast(step, rate.dtype), decay_steps)
        linear = (decay_steps - step) / decay_steps
        turns = {tf}.constant(3.141592653589793, rate.dtype) * (
            2.0 * {tf}.cast(self.num_periods, rate.dtype) * (step / decay_steps)
        )
        cosine = 0.5 * (1.0 + {tf}.cos(turns))
        return rate * ((self.alpha + linear) * cosine + self.beta)

    def get_config(self):
        return {{
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "num_periods": self.num_periods,
            "alpha": self.alpha,
            "beta": self.beta,
        }}
'''

LINEAR_COSINE = Decay(
    code="LR108",
    example="tf.train.linear_cosine_decay(0.1, global_step, 1000)",
    remark="Keras 3 has no class for it.",
    names=("linear_cosine_decay",),
    signature=Signature(
        "learning_rate, global_step, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001, name=None"
    ),
    step="global_step",
    new=New(
        "LinearCosineDecay",
        {
            "initial_learning_rate": "{learning_rate}",
            "decay_steps": "{decay_steps}",
            "num_periods": "{num_periods}",
            "alpha": "{alpha}",
            "beta": "{beta}",
        },
    ),
    domain={
        "learning_rate": RATE,
        "decay_steps": STEPS,
        "num_periods": Real(0.1, 4.0),
        "alpha": Real(0.0, 1.0),
        "beta": Real(0.0, 0.1),
    },
    landmarks=("decay_steps",),
    positive=("decay_steps",),
    truncates=True,
    subclass=_LINEAR_COSINE_CLASS,
    advice="write a LearningRateSchedule subclass with its formula",
    relative=5e-7,
    absolute=1e-7,
)

NOISY_LINEAR_COSINE = Decay(
    code="LR109",
    example="tf.train.noisy_linear_cosine_decay(0.1, global_step, 1000)",
    remark="Keras 3 has no class for it, and its noise is random, so no rewrite can be shown to be equal.",
    names=("noisy_linear_cosine_decay",),
    signature=Signature(
        "learning_rate, global_step, decay_steps, initial_variance=1.0, variance_decay=0.55, "
        "num_periods=0.5, alpha=0.0, beta=0.001, name=None"
    ),
    step="global_step",
    domain={},
    landmarks=("decay_steps",),
    advice=(
        "Keras 3 has no class for it and its noise is random: write a LearningRateSchedule subclass, "
        "or settle for CosineDecay, whose rates are not the same"
    ),
)

DECAYS: tuple[Decay, ...] = (
    EXPONENTIAL,
    PIECEWISE,
    POLYNOMIAL,
    NATURAL_EXP,
    INVERSE_TIME,
    COSINE,
    COSINE_RESTARTS,
    LINEAR_COSINE,
    NOISY_LINEAR_COSINE,
)
