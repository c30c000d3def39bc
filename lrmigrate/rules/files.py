"""What is said of a file as a whole, and of the comments in it. The engine finds these by itself."""

from __future__ import annotations

from lrmigrate.rules.rule import ANY_LEVEL, Rule

SYNTAX = Rule(
    code="LR901",
    name="syntax-error",
    title="a file that does not parse",
    why="Nothing in it could be checked. Python 2 code must be made Python 3 code first.",
    always=True,
)
DECODING = Rule(
    code="LR902",
    name="undecodable-file",
    title="a file that cannot be decoded",
    why="Nothing in it could be checked: its bytes do not fit the encoding it declares.",
    always=True,
)
BUG = Rule(
    code="LR903",
    name="internal-error",
    title="a file that lrmigrate cannot cope with",
    why="This is a bug of lrmigrate; the file was left alone. Please report it with the message shown.",
    always=True,
)
LARGE = Rule(
    code="LR904",
    name="large-file",
    title="a file that is too large",
    why="Nothing in it could be checked: parsing it would take gigabytes of memory.",
    always=True,
)
PROBABLE = Rule(
    code="LR905",
    name="probable-site",
    title="a line that probably needs another rule's fix, in a file that does not parse",
    why=(
        "Python 2 code and exercises with blanks cannot be checked as a whole. What was found is what the "
        "lines that parse say; of the others, only the names are read. There may be more, and nothing is "
        "fixed."
    ),
)
UNUSED = Rule(
    code="LR910",
    name="unused-suppression",
    title="a comment that suppresses nothing",
    why="What it was written for is gone; left standing, it would hide what comes next.",
    unsafe="One that names a similar code, or stands inside of a call, may be meant for what is found there: "
    "it stays, and so does the call, until the right code is on the call's first or last line.",
    example="import keras\n\noptimizer = keras.optimizers.SGD(0.1)  # lrmigrate: ignore[LR201]\n",
    levels=ANY_LEVEL,
)
RULES = (SYNTAX, DECODING, BUG, LARGE, PROBABLE, UNUSED)
