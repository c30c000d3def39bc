"""The rate at run time: read, set, logged."""

from __future__ import annotations

from lrmigrate.catalog.schema import Elsewhere, Target
from lrmigrate.model import Applicability
from lrmigrate.rules.rule import ANY_LEVEL, KERAS, STAR, Rule, attribute, called, part, string

#: Callbacks of Keras that set the rate, and log it.
CALLBACKS = frozenset({"LearningRateScheduler", "ReduceLROnPlateau"})

_OLD_NAME = attribute("lr") | string("lr")
_SESSION_OR_BACKEND = part("backend", "sess")  # that set `x.learning_rate`
_OWN_OPTIMIZER = attribute("optimizer")  # of a model that another file hands in
_ACCESS = (_OLD_NAME | called("learning_rate")) & (KERAS | STAR | _OWN_OPTIMIZER) | (
    attribute("learning_rate") & _SESSION_OR_BACKEND & KERAS
)

READ = Rule(
    code="LR301",
    name="lr-read",
    title="`optimizer.lr` read",
    why="Keras 3 raises AttributeError: the attribute is `learning_rate`.",
    example="from keras.optimizers import SGD\n\noptimizer = SGD(0.1)\nprint(optimizer.lr)\n",
    levels=ANY_LEVEL,
    needs=_ACCESS,
    finder=f"{__name__}.rate:rate_accesses",
    targets={
        Target.TF2: Elsewhere(
            "Keras 2 reads `lr` too, and inside a graph its rate takes no float()", Applicability.UNSAFE
        )
    },
)
WRITE = Rule(
    code="LR302",
    name="lr-set",
    title="`optimizer.lr` set",
    why=(
        "`optimizer.lr = x` silently creates an attribute that nothing reads: the rate does not change. "
        "`K.set_value(optimizer.lr, x)` raises AttributeError."
    ),
    example="from keras.optimizers import SGD\n\noptimizer = SGD(0.1)\noptimizer.lr = 0.01\n",
    levels=ANY_LEVEL,
    needs=_ACCESS,
    finder=f"{__name__}.rate:rate_accesses",
)
LOG_KEY = Rule(
    code="LR303",
    name="lr-log-key",
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
    levels=ANY_LEVEL,
    needs=string("lr") & KERAS,
    finder=f"{__name__}.logs:logged_rates",
    targets={Target.TF2: Elsewhere("the callbacks of Keras 2 log the rate as `lr`")},
)
RULES = (READ, WRITE, LOG_KEY)
