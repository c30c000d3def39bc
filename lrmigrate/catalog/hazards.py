"""Code that is reported only: the rate at run time, hand-written schedules, unreadable files."""

from __future__ import annotations

from lrmigrate.catalog.schema import Elsewhere, Rule
from lrmigrate.model import Applicability

READ = Rule(
    code="LR301",
    title="`optimizer.lr` read",
    why="Keras 3 raises AttributeError: the attribute is `learning_rate`.",
    example="from keras.optimizers import SGD\n\noptimizer = SGD(0.1)\nprint(optimizer.lr)\n",
    tf2=Elsewhere(
        "Keras 2 reads `lr` too, and inside a graph its rate takes no float()", Applicability.UNSAFE
    ),
)
WRITE = Rule(
    code="LR302",
    title="`optimizer.lr` set",
    why=(
        "`optimizer.lr = x` silently creates an attribute that nothing reads: the rate does not change. "
        "`K.set_value(optimizer.lr, x)` raises AttributeError."
    ),
    example="from keras.optimizers import SGD\n\noptimizer = SGD(0.1)\noptimizer.lr = 0.01\n",
)
LOG_KEY = Rule(
    code="LR303",
    title='`logs["lr"]`, the key of the logged rate',
    why=(
        "LearningRateScheduler and ReduceLROnPlateau log the rate as `learning_rate` in Keras 3: "
        '`history.history["lr"]` raises KeyError, `logs.get("lr")` gives None.'
    ),
    unsafe="Where no such callback is in sight, the key may be the program's own.",
    example=(
        "import keras\n\n"
        "history = model.fit(x, y, callbacks=[keras.callbacks.LearningRateScheduler(rate_of)])\n"
        'print(history.history["lr"])\n'
    ),
    tf2=Elsewhere("the callbacks of Keras 2 log the rate as `lr`"),
)
WHOLE_RATE = Rule(
    code="LR401",
    title="a schedule with a whole number as initial rate",
    why=(
        "Keras 3 casts the other arguments to the rate's type: InverseTimeDecay(1, 1, 1e-6) is 1 forever, "
        "ExponentialDecay(1, 10, 0.5) is 0 from step 1 on, CosineDecay(1, 100) takes pi for 3. Silently."
    ),
    unsafe="The fix changes the rates, to those that were meant.",
    example="import keras\n\nrate = keras.optimizers.schedules.ExponentialDecay(1, 1000, 0.96)\n",
)
BAD_BOUNDARIES = Rule(
    code="LR402",
    title="schedule arguments that do not fit each other",
    why=(
        "Boundaries that do not rise give a sum of several values as rate, silently; fractions are cut to "
        "whole steps, so [0.5, 0.75] is over after one; lists of the wrong length, whole numbers among the "
        "values and decay_steps below 1 raise."
    ),
    example=(
        "import keras\n\n"
        "rate = keras.optimizers.schedules.PiecewiseConstantDecay([200, 100], [0.1, 0.01, 0.001])\n"
    ),
)
ARRAY = Rule(
    code="LR403",
    title="a NumPy array as boundaries or values of a schedule",
    why="The model trains and saves; loaded again it raises, at once or when it trains on.",
    unsafe="The schedule's configuration holds a list in its place.",
    example=(
        "import keras\nimport numpy as np\n\n"
        "rate = keras.optimizers.schedules.PiecewiseConstantDecay(np.array([5, 9]), [0.1, 0.01, 0.001])\n"
    ),
)
UNSETTABLE = Rule(
    code="LR404",
    title="a rate that is set although it is a schedule",
    why=(
        "LearningRateScheduler, ReduceLROnPlateau and `optimizer.learning_rate = x` raise TypeError when "
        "the optimizer was built with a schedule: at the end of the first epoch, or later."
    ),
    example=(
        "import keras\n\n"
        "rate = keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96)\n"
        'model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")\n'
        "model.fit(x, y, callbacks=[keras.callbacks.ReduceLROnPlateau()])\n"
    ),
)
UNCALLED_SCHEDULE = Rule(
    code="LR405",
    title="a schedule itself as the rate of a `tf.train.*Optimizer`",
    why="The optimizer calls it without a step: TypeError at the first update.",
    example=(
        "import tensorflow as tf\n\n"
        "rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96)\n"
        "step = tf.compat.v1.train.get_or_create_global_step()\n"
        "optimizer = tf.compat.v1.train.AdamOptimizer(rate)\n"
        "train = optimizer.minimize(loss, global_step=step)\n"
    ),
)
MISTAKEN_MOMENTUM = Rule(
    code="LR406",
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
)
UNREACHED = Rule(
    code="LR407",
    title="a boundary behind the last training step",
    why="The rate never changes there, silently: boundaries count steps, that is batches, not samples.",
    example=(
        "import keras\n\n"
        "rate = keras.optimizers.schedules.PiecewiseConstantDecay([500, 60000], [0.1, 0.01, 0.001])\n"
        'model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")\n'
        "model.fit(data, epochs=10, steps_per_epoch=100)\n"
    ),
)
CONFIGURATION = Rule(
    code="LR408",
    title='an optimizer\'s configuration with the keys of Keras 2: `{"lr": 0.1, "decay": 1e-4}`',
    why="Keras 3 raises ValueError for `lr` and ignores `decay` with a warning: the rate stays constant.",
    unsafe="Where it is not given to Keras at once, and where the rate becomes a schedule.",
    example=(
        "import keras\n\n"
        'optimizer = keras.optimizers.get({"class_name": "SGD", "config": {"lr": 0.1, "decay": 1e-4}})\n'
    ),
)
EPOCH_FUNCTION = Rule(
    code="LR501",
    title="a function of the epoch or the step given as `learning_rate=`",
    why="Keras 3 calls it without arguments: TypeError. So did Keras 2 of TensorFlow.",
    unsafe=(
        "The fix gives the rates that were meant. A function of the epoch goes to a LearningRateScheduler "
        "where the one `fit` of the model is in sight; a recognised function of the step (constant, "
        "exponential, stairs, boundaries) becomes the schedule class. Where neither is certain, the finding "
        "has the text to paste. A staircase of some lengths, such as 41 steps, begins its stairs a step "
        "late in Keras."
    ),
    example=(
        "from keras.optimizers import Adam\n\n\n"
        "def rate(epoch):\n    return 0.1 * 0.1 ** (epoch // 100)\n\n\n"
        "model = build()\n"
        'model.compile(Adam(learning_rate=rate), loss="mse")\n'
        "model.fit(x, y, epochs=300)\n"
    ),
)
SYNTAX = Rule(
    code="LR901",
    title="a file that does not parse",
    why="Nothing in it could be checked. Python 2 code must be made Python 3 code first.",
    always=True,
)
DECODING = Rule(
    code="LR902",
    title="a file that cannot be decoded",
    why="Nothing in it could be checked: its bytes do not fit the encoding it declares.",
    always=True,
)
BUG = Rule(
    code="LR903",
    title="a file that lrmigrate cannot cope with",
    why="This is a bug of lrmigrate; the file was left alone. Please report it with the message shown.",
    always=True,
)
LARGE = Rule(
    code="LR904",
    title="a file that is too large",
    why="Nothing in it could be checked: parsing it would take gigabytes of memory.",
    always=True,
)
UNUSED = Rule(
    code="LR910",
    title="a comment that suppresses nothing",
    why="What it was written for is gone; left standing, it would hide what comes next.",
    unsafe="One that names a similar code, or stands inside of a call, may be meant for what is found there: "
    "it stays, and so does the call, until the right code is on the call's first or last line.",
    example="import keras\n\noptimizer = keras.optimizers.SGD(0.1)  # lrmigrate: ignore[LR201]\n",
)
RULES: tuple[Rule, ...] = (
    *(READ, WRITE, LOG_KEY, WHOLE_RATE, BAD_BOUNDARIES, ARRAY, UNSETTABLE, UNCALLED_SCHEDULE),
    *(MISTAKEN_MOMENTUM, UNREACHED, CONFIGURATION, EPOCH_FUNCTION),
    *(SYNTAX, DECODING, BUG, LARGE, UNUSED),
)
