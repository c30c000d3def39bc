"""Lines that fixes make too long."""

from __future__ import annotations

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability

HEAD = "from tensorflow import keras\nfrom tensorflow.keras.optimizers import SGD\n"
LONG = f"# {'=' * 88}\n"


def fixed(line: str, head: str = HEAD) -> str:
    after = fix_text(head + line, level=Applicability.UNSAFE).after or ""
    assert after.startswith(head.splitlines()[0])
    assert fix_text(after, level=Applicability.UNSAFE).after == after
    return after.partition("import SGD\n")[2].removeprefix(LONG)


def test_a_line_that_fits_stays() -> None:
    assert fixed("opt = keras.optimizers.SGD(lr=0.1)\n") == "opt = keras.optimizers.SGD(learning_rate=0.1)\n"


def test_arguments_behind_the_opening_parenthesis() -> None:
    line = "optimizer = keras.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True)\n"
    assert fixed(line) == (
        "optimizer = keras.optimizers.SGD(\n    learning_rate=0.1, momentum=0.9, nesterov=True)\n"
    )


def test_each_argument_on_its_line_and_calls_inside() -> None:
    assert fixed("def f():\n\topt = keras.optimizers.SGD(lr=0.1, momentum=0.9, decay=1e-4)\n").endswith(
        "\topt = keras.optimizers.SGD(\n"
        "\t\tlearning_rate=keras.optimizers.schedules.InverseTimeDecay(\n"
        "\t\t\t0.1, decay_steps=1, decay_rate=1e-4),\n"
        "\t\tmomentum=0.9)\n"
    )


def test_as_long_as_the_longest_line() -> None:
    line = "optimizer = keras.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True)\n"
    assert fixed(line, HEAD + LONG).count("\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        "optimizer = keras.optimizers.SGD(\n    lr=0.1, momentum=0.9, nesterov=True, clipvalue=0.5)\n",
        "if True: optimizer = keras.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True)\n",
        "pair = [keras.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True) for _ in range(2)]\n",
        "first, second = SGD(lr=0.1, momentum=0.9), SGD(lr=0.2, momentum=0.9, nesterov=True)\n",
    ],
)
def test_what_is_left_as_it_is(line: str) -> None:
    assert fixed(line) == line.replace("lr=", "learning_rate=")


def test_a_comment_behind_stays_behind() -> None:
    line = "optimizer = keras.optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True)  # as in the paper\n"
    assert fixed(line).endswith("nesterov=True)  # as in the paper\n")


def test_lines_below_the_first_argument_stay_below_it() -> None:
    line = (
        "optimizer = keras.optimizers.legacy.SGD(lr=0.1,\n"
        "                                        momentum=0.9,  # much\n"
        "    nesterov=True)\n"
    )
    assert fixed(line) == (
        "optimizer = keras.optimizers.SGD(learning_rate=0.1,\n"
        "                                 momentum=0.9,  # much\n"
        "    nesterov=True)\n"
    )


def test_a_text_of_several_lines_is_not_moved() -> None:
    line = "optimizer = keras.optimizers.legacy.SGD(lr=0.1, name='''a\n" + " " * 40 + "b''')\n"
    assert fixed(line) == line.replace("legacy.", "").replace("lr=", "learning_rate=")
