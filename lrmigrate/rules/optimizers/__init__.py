"""Keras optimizers: the names and arguments of Keras 2, in calls and in configurations."""

from __future__ import annotations

from lrmigrate.catalog.keras2 import NEWER, OPTIMIZERS
from lrmigrate.catalog.schema import Elsewhere, Target
from lrmigrate.rules.rule import (
    ANY_LEVEL,
    CLASSES,
    KERAS,
    OWN,
    STAR,
    Proof,
    Rule,
    called,
    ending,
    keyword,
    name,
    part,
    string,
)

_REFERENCE = "https://keras.io/api/optimizers/"

# A new argument beside an old use of `optimizer.lr` would turn a crash into wrong numbers.
_RATE_IN_USE = ("LR301", "LR302")

_NAMES = name(*(row.name for row in OPTIMIZERS), *(row.alias for row in OPTIMIZERS if row.alias))
#: A class of `keras.optimizers`; with `lr=` or `decay=`, one that another module may have handed on.
A_CLASS = _NAMES & (CLASSES | (STAR | OWN) & keyword("lr") | OWN & keyword("decay"))
#: A class that comes from elsewhere, by a parameter or by its name: `getattr(optimizers, name)(lr=0.1)`.
_REACHED = (keyword("lr") | keyword("decay") & part("keras")) & (KERAS | OWN) | (
    called("from_config") & (string("lr") | string("decay")) & KERAS
)
_CALLED = f"{__name__}.repair:optimizers"

LR = Rule(
    code="LR201",
    name="lr-argument",
    title="`lr=` of a Keras optimizer",
    why=(
        "Keras 3 raises ValueError: the argument is `learning_rate`. The new optimizers of TensorFlow "
        "2.11 to 2.15 swallow `lr=` silently and train at the default rate."
    ),
    unsafe=(
        "Where the program assigns `optimizer.lr` or asks for `hasattr(optimizer, 'lr')`, a renamed "
        "argument alone turns a crash into wrong numbers. What Keras before 2.4 did otherwise (default "
        "rates, Adagrad's accumulators, `clipnorm=`) is written out, which is a guess: it may have been a "
        "later one."
    ),
    example="from keras.optimizers import Adam\n\noptimizer = Adam(lr=1e-3)\n",
    reference=_REFERENCE,
    together=_RATE_IN_USE,
    levels=ANY_LEVEL,
    needs=A_CLASS | _REACHED,
    finder=_CALLED,
    proof=Proof.RATES,
)
DECAY = Rule(
    code="LR202",
    name="decay-argument",
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
    reference=_REFERENCE,
    together=_RATE_IN_USE,
    levels=ANY_LEVEL,
    needs=A_CLASS | _REACHED,
    finder=_CALLED,
    proof=Proof.RATES,
)
EPSILON = Rule(
    code="LR203",
    name="epsilon-none",
    title="`epsilon=None` of a Keras optimizer",
    why="Keras 2 read None as 1e-7. Keras 3 accepts it and raises ValueError at the first update.",
    unsafe="Where Keras before 2.4 had other defaults (LR201), and where the program sets another epsilon.",
    example="from keras.optimizers import Adam\n\noptimizer = Adam(learning_rate=1e-3, epsilon=None)\n",
    reference=_REFERENCE,
    levels=ANY_LEVEL,
    needs=A_CLASS,
    finder=_CALLED,
    proof=Proof.RATES,
)
POSITIONAL = Rule(
    code="LR204",
    name="positional-arguments",
    title="positional arguments in Keras 2's order",
    why=(
        "The order has changed: `SGD(0.1, 0.9, 1e-6, True)` meant lr, momentum, decay, nesterov; Keras 3 "
        "silently reads nesterov=1e-6, weight_decay=True."
    ),
    unsafe="Where the values alone do not tell which order is meant, the call is reported only.",
    example="from keras.optimizers import RMSprop\n\noptimizer = RMSprop(1e-3, 0.9, None)\n",
    reference=_REFERENCE,
    together=_RATE_IN_USE,
    levels=ANY_LEVEL,
    needs=A_CLASS,
    finder=_CALLED,
    proof=Proof.RATES,
)
SCHEDULE_DECAY = Rule(
    code="LR205",
    name="schedule-decay-argument",
    title="`schedule_decay=` of Nadam",
    why="Keras 3 raises ValueError and has no equivalent: the momentum schedule's decay is fixed at 0.004.",
    unsafe="Where no rate is given: that of Keras before 2.4 is written out.",
    example=(
        "from keras.optimizers import Nadam\n\noptimizer = Nadam(learning_rate=0.002, schedule_decay=0.004)\n"
    ),
    reference=_REFERENCE,
    together=_RATE_IN_USE,
    levels=ANY_LEVEL,
    needs=A_CLASS,
    finder=_CALLED,
    proof=Proof.RATES,
)
LEGACY = Rule(
    code="LR206",
    name="legacy-optimizer",
    title="an optimizer from `optimizers.legacy`, `optimizers.experimental` or a private module",
    why="Keras 3 raises ImportError when an optimizer of `optimizers.legacy` is built.",
    unsafe=(
        "Code that takes optimizers from tensorflow.python takes models and layers from there too, and "
        "these do not work with Keras 3 optimizers: all must move together. What TensorFlow 2.9 to 2.12 had "
        "as `optimizers.experimental` was not compared with Keras 3."
    ),
    example="import tensorflow as tf\n\noptimizer = tf.keras.optimizers.legacy.Adam(learning_rate=1e-3)\n",
    reference=_REFERENCE,
    targets={Target.TF2: Elsewhere("Keras 2 has these optimizers, and its other ones are not the same")},
    levels=ANY_LEVEL,
    needs=A_CLASS | name(*NEWER) & ending("experimental") & KERAS,
    finder=_CALLED,
    proof=Proof.RATES,
)
ALIAS = Rule(
    code="LR207",
    name="lower-case-optimizer",
    title="the lower-case name of a Keras optimizer",
    why="Keras 3 has no `keras.optimizers.adam(...)`: AttributeError or a module that cannot be called.",
    unsafe="Where Keras before 2.4 had other defaults (see LR201).",
    example="import keras\n\noptimizer = keras.optimizers.adam(learning_rate=1e-4)\n",
    reference=_REFERENCE,
    levels=ANY_LEVEL,
    needs=A_CLASS,
    finder=_CALLED,
    proof=Proof.RATES,
)
CONFIGURATION = Rule(
    code="LR408",
    name="old-configuration",
    title='an optimizer\'s configuration with the keys of Keras 2: `{"lr": 0.1, "decay": 1e-4}`',
    why="Keras 3 raises ValueError for `lr` and ignores `decay` with a warning: the rate stays constant.",
    unsafe="Where it is not given to Keras at once, and where the rate becomes a schedule.",
    example=(
        "import keras\n\n"
        'optimizer = keras.optimizers.get({"class_name": "SGD", "config": {"lr": 0.1, "decay": 1e-4}})\n'
    ),
    levels=ANY_LEVEL,
    needs=(string("class_name") | keyword("class_name"))
    & (string("lr") | string("decay") | keyword("lr") | keyword("decay"))
    & KERAS,
    finder=f"{__name__}.configuration:old_configurations",
    proof=Proof.WRONG,
)
# The worst first: a call with several troubles carries the code of the first one here.
ARGUMENT_RULES = (DECAY, SCHEDULE_DECAY, POSITIONAL, LR, EPSILON, LEGACY, ALIAS)
RULES = (*ARGUMENT_RULES, CONFIGURATION)
