"""TensorFlow 1 optimizers that a schedule feeds: what they would be in Keras 3, and what they do wrong."""

from __future__ import annotations

from lrmigrate.catalog.schema import TF1Optimizer
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.catalog.tf1_optimizers import MOMENTUM, TF1_OPTIMIZERS
from lrmigrate.rules.rule import ANY_LEVEL, KERAS, OWN, Needs, Proof, Rule, called, ending, name
from lrmigrate.rules.schedules import A_SCHEDULE

_REFERENCE = "https://keras.io/api/optimizers/"
_FINDER = f"{__name__}.fed:fed_by_schedules"

_SCHEDULE = (
    name(*(function for row in DECAYS for function in row.names)) & KERAS
    | A_SCHEDULE
    | ending("LearningRateSchedule") & KERAS  # a class of the file's own
)


def _needs(*rows: TF1Optimizer) -> Needs:
    """One of some optimizers, and a schedule."""
    return name(*(row.name for row in rows)) & _SCHEDULE


def _rule(title: str, *rows: TF1Optimizer) -> Rule:
    """The rule of one optimizer, or of a family."""
    row = rows[0]
    return Rule(
        code=row.code,
        name=f"tf1-{row.name.removesuffix('Optimizer').lower()}",
        title=f"{title} fed by a schedule",
        why=(
            f"{row.verdict} Keras 3 optimizers take the schedule itself and count their own steps; they have "
            "no minimize(), and a TensorFlow 1 session does not run them: the training loop must move with "
            "them."
        ),
        example=(
            "import tensorflow as tf\n\n"
            "schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.5, staircase=True)\n"
            "step = tf.compat.v1.train.get_or_create_global_step()\n"
            f"optimizer = tf.compat.v1.train.{row.example}\n"
            "train = optimizer.minimize(loss, global_step=step)\n"
        ),
        reference=_REFERENCE,
        needs=_needs(*rows),
        finder=_FINDER,
        default=False,
    )


UNCALLED_SCHEDULE = Rule(
    code="LR405",
    name="uncalled-schedule",
    title="a schedule itself as the rate of a `tf.train.*Optimizer`",
    why="The optimizer calls it without a step: TypeError at the first update.",
    example=(
        "import tensorflow as tf\n\n"
        "rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96)\n"
        "step = tf.compat.v1.train.get_or_create_global_step()\n"
        "optimizer = tf.compat.v1.train.AdamOptimizer(rate)\n"
        "train = optimizer.minimize(loss, global_step=step)\n"
    ),
    levels=ANY_LEVEL,
    needs=_needs(*TF1_OPTIMIZERS),
    finder=_FINDER,
    proof=Proof.WRONG,
)
MISTAKEN_MOMENTUM = Rule(
    code="LR406",
    name="mistaken-momentum",
    title="Keras's `SGD(momentum=)` as the alternative to `MomentumOptimizer`, with a rate that changes",
    why=(
        "The two are equal as long as the rate is constant. At its first change the weights part, silently: "
        "TensorFlow 1 multiplies the accumulated gradient by today's rate, Keras the new gradient only."
    ),
    example=(
        "import tensorflow as tf\n\n"
        "rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.5, staircase=True)\n"
        "if eager:\n"
        "    optimizer = tf.keras.optimizers.SGD(rate, momentum=0.9)\n"
        "else:\n"
        "    optimizer = tf.compat.v1.train.MomentumOptimizer(rate(global_step), momentum=0.9)\n"
    ),
    needs=_needs(MOMENTUM) & name("SGD"),
    finder=_FINDER,
    proof=Proof.WRONG,
)
COMPILED = Rule(
    code="LR609",
    name="tf1-optimizer-compiled",
    title="a `tf.train.*Optimizer` given to Keras's `compile`",
    why="Keras 3 raises ValueError: it takes optimizers of its own only. tf.keras wrapped the others.",
    example=(
        "import tensorflow as tf\n\n"
        "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
        'model.compile(optimizer=tf.compat.v1.train.AdamOptimizer(0.01), loss="mse")\n'
    ),
    reference=_REFERENCE,
    needs=called("compile")
    & (ending("Optimizer") & KERAS | OWN & name(*(row.name for row in TF1_OPTIMIZERS))),
    finder=f"{__name__}.compiled:compiled_optimizers",
)
RULES = (
    COMPILED,
    *(_rule(f"`tf.train.{row.name}`", row) for row in TF1_OPTIMIZERS if row.twin),
    _rule(
        "`tf.train.Proximal*Optimizer` or `AdagradDAOptimizer`",
        *(row for row in TF1_OPTIMIZERS if not row.twin),
    ),
    UNCALLED_SCHEDULE,
    MISTAKEN_MOMENTUM,
)
