"""Code that is reported only: the rate at run time, hand-written schedules, unreadable files."""

from __future__ import annotations

from lrmigrate.catalog.schema import Rule

READ = Rule(
    code="LR301",
    title="`optimizer.lr` read",
    why="Keras 3 raises AttributeError: the attribute is `learning_rate`.",
    example="from keras.optimizers import SGD\n\noptimizer = SGD(0.1)\nprint(optimizer.lr)\n",
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
EPOCH_FUNCTION = Rule(
    code="LR501",
    title="a function of the epoch given as `learning_rate=`",
    why="Keras 3 calls it without arguments: TypeError.",
    example=(
        "from keras.optimizers import Adam\n\n\n"
        "def rate(epoch):\n    return 0.1 * 0.1 ** (epoch // 100)\n\n\n"
        "optimizer = Adam(learning_rate=rate)\n"
    ),
)
SYNTAX = Rule(
    code="LR901",
    title="a file that does not parse",
    why="Nothing in it could be checked. Python 2 code must be made Python 3 code first.",
)
DECODING = Rule(
    code="LR902",
    title="a file that cannot be decoded",
    why="Nothing in it could be checked: its bytes do not fit the encoding it declares.",
)
BUG = Rule(
    code="LR903",
    title="a fix whose result does not parse",
    why="This is a bug of lrmigrate; the file was left alone. Please report it with the line shown.",
)
RULES: tuple[Rule, ...] = (READ, WRITE, EPOCH_FUNCTION, SYNTAX, DECODING, BUG)
