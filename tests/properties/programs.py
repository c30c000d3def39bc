"""A grammar of legacy programs: every spelling, layout, comment, nesting and kind of newline.

A program is drawn as text, token by token, because it is the layout that must survive. It need not run,
but nearly all that is drawn compiles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st

from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Decay, Flag, Parameter, Rates, Rising
from lrmigrate.catalog.tf1 import DECAYS

T = TypeVar("T")
Draw: TypeAlias = "Callable[[st.SearchStrategy[T]], T]"

# What is imported, and how that spells the functions of TensorFlow 1 and the optimizers of Keras.
IMPORTS = (
    ("import tensorflow as tf", "tf.train.{}", "tf.keras.optimizers.{}"),
    ("import tensorflow", "tensorflow.train.{}", "tensorflow.keras.optimizers.{}"),
    ("import tensorflow.compat.v1 as tf", "tf.train.{}", "tf.keras.optimizers.{}"),
    ("import tensorflow as tf1, keras", "tf1.compat.v1.train.{}", "keras.optimizers.{}"),
    ("from tensorflow import train\nimport keras", "train.{}", "keras.optimizers.{}"),
    ("from tensorflow import train as t, keras", "t.{}", "keras.optimizers.{}"),
    ("from tensorflow.compat import v1\nfrom keras import optimizers as o", "v1.train.{}", "o.{}"),
    ("from tensorflow.train import *\nfrom keras.optimizers import *", "{}", "{}"),
    (
        "try:\n    import tensorflow.compat.v1 as tf\nexcept ImportError:\n    import tensorflow as tf",
        "tf.train.{}",
        "tf.keras.optimizers.{}",
    ),
    ("import tensorflow as tf; import keras", "tf.train.{}", "keras.optimizers.{}"),
    ("import tensorflow as tf\ntrain = tf.train  # ours", "train.{}", "tf.keras.optimizers.{}"),
    ("import tensorflow as größe", "größe.train.{}", "größe.keras.optimizers.{}"),
    (
        "from tensorflow.train import (  # those\n    exponential_decay,  # one\n    cosine_decay\n)\n"
        "from tensorflow.keras.optimizers import (SGD,\n    Adam, RMSprop)",
        "{}",
        "{}",
    ),
    (
        "from tensorflow.train import cosine_decay as d, natural_exp_decay; from keras.optimizers import SGD",
        "{}",
        "{}",
    ),
)
HEADERS = (
    "",
    "#!/usr/bin/env python\n",
    "# -*- coding: utf-8 -*-\n",
    '"""A docstring\nof two lines."""\n',
    "from __future__ import annotations\n",
    '"""One."""\nfrom __future__ import division  # old\n\n',
    "\f\n",
    "tf.enable_eager_execution()\n",
)
VALUES = [
    "0.1",
    "1",
    "0",
    "1e-3",
    ".5",
    "5.",
    "1_000",
    "-1",
    "rate",
    "step",
    "FLAGS.lr",
    "a.b.c",
    "x[0]",
    "f(x)",
    "n*2",
    "a+b",
    "-n",
    "[1,2]",
    "[1.0,0.1,.01]",
    "()",
    "None",
    "True",
    "'n'",
    '"é"',
    "0x10",
    "10**3",
    "float(n)",
    "not\tx",
    "(0.1)",
    "a if b else c",
    "lambda: 1",
    "[i for i in x]",
    "f'{x}'",
    "(w := 0.1)",
    "x or\ny",
    "(1,\n# inner\n2)",
    "'''a\nb'''",
    "'a' 'b'",
]
USES = (
    "lr = {}",
    "lr: float = {}",
    "lr = other = {}",
    "self.lr = {}",
    "größe = {} + 1",
    "lr = {} * 0.5; y = lr",
    "x = 1; lr = {}",
    "print({}, end='')",
    "opt = tf.train.GradientDescentOptimizer({}).minimize(loss, global_step=step)",
    "model.compile(optimizer=keras.optimizers.SGD({}), loss='mse')",
    "g = lambda: {}",
    "lrs = {{'a': {}, 'b': [{}]}}",
    "lrs = [{} for i in y]",
    "lr = {} if c else 0.1",
    "if (lr := {}) : pass",
    "assert {}, 'm'",
    "lr = ({})",
    "lr = ({}\n      # tail\n      )",
    "lr = {}(step)",
    "lr = {}()",
    "del x; lr = {}; lr = lr",
    "lr += {}",
    "tf.summary.scalar('lr', {})",
    "s = f'{{x}} {{lr}}'; lr = {}",
    "lr, z = {}, 1",
    "f(*{}, **{{'a': {}}})",
    "for i in {}: pass",
    "opt = {}\nopt.lr = 0.1\nprint(opt.lr)",
    "opt = {}\nK.set_value(opt.lr, K.get_value(opt.lr) * 0.1)",
    "opt = {}; opt.lr.assign(.1)",
)
BLOCKS = (
    "def f(x, lr={}):",
    "def f(self, *, step):",
    "async def f(step):",
    "class C(Base, lr={}):",
    "@deco({})\ndef f():",
    "@deco\nclass C:",
    "if c:",
    "if {}:",
    "for step in range(9):",
    "while True:",
    "with {} as z:",
    "with tf.Session() as sess:",
    "try:\n{body}\nexcept ImportError:",
    "try:\n{body}\nfinally:",
    "if c:\n{body}\nelif d:\n{body}\nelse:",
    "match {}:\n  case _ if x:",
    "match x:\n  case [lr, *_]:",
)
NUMBERS = ("0.1", "rate", "FLAGS.lr", "0.01", "1e-6", "100", "1", "x * 2", "step", "10000.")
FLAGS = ("True", "False", "flag")
COMMENTS = ("# c", "#", "#: é", "# type: ignore", "# noqa", "# 😀 tf.train.exponential_decay(", "#)")
NEWLINES = ("\n", "\r\n", "\r")


def _likely(row: Decay, parameter: Parameter) -> Sequence[str]:
    """What a parameter of a schedule function is likely to be given."""
    match row.domain.get(parameter.name):
        case Rising():
            return ("[1, 2]", "(100, 200)", "bounds")
        case Rates():
            return ("[1.0, 0.1, .01]", "[0.1] + x", "(.1, .2, .3)")
        case Flag():
            return FLAGS
    return ("step", "global_step", "x * 64") if parameter.name == row.step else NUMBERS


class Grammar:
    """Draws the parts of one program."""

    def __init__(self, draw: Draw[object], train: str, keras: str) -> None:
        self._draw = draw
        self.train, self.keras = train, keras
        self.indent = self.one_of(("    ", "\t", "  "))
        self.plain = self.chance(4)  # without line breaks and comments between tokens

    def one_of(self, choices: Sequence[T]) -> T:
        return self._draw(st.sampled_from(choices))  # type: ignore[return-value, arg-type]

    def chance(self, of: int) -> bool:
        return self._draw(st.integers(0, of - 1)) == of - 1  # type: ignore[arg-type]

    def number(self, high: int) -> int:
        return self._draw(st.integers(0, high))  # type: ignore[return-value, arg-type]

    def comment(self) -> str:
        return self.one_of(COMMENTS)

    def gap(self) -> str:
        """What may stand between two tokens within parentheses."""
        kind = 0 if self.plain else self.number(9)
        if kind < 5:
            return ""
        if kind < 7:
            return self.one_of((" ", "  ", "\t", "\f"))
        if kind == 7:
            return "\n" + self.one_of(("", " ", "\t", "        "))
        return f" {self.comment()}\n   " if kind == 8 else " \\\n "

    def value(self, depth: int, likely: Sequence[str]) -> str:
        """An argument: mostly a likely one."""
        if depth and self.chance(8):
            return self.call(depth - 1)
        return self.one_of(VALUES if self.chance(4) else likely)

    def call(self, depth: int = 2) -> str:
        """A call of a legacy function or optimizer; sometimes a bare reference."""
        row = self.one_of((*DECAYS, *OPTIMIZERS))
        if isinstance(row, Decay):
            name = self.train.format(self.one_of(row.names))
            parameters = {p.name: _likely(row, p) for p in row.signature.parameters}
        else:
            name = self.keras.format(row.name)
            parameters = dict.fromkeys(("lr", *row.keras2.names, "decay", "clipnorm"), NUMBERS)
        if self.chance(25):
            return name
        if self.chance(12) and "." in name:
            name = name.replace(".", self.one_of((" .", ". ", ".\\\n")), 1)
        return name + self.one_of(("", "", "", " ")) + f"({self.arguments(parameters, depth)})"

    def arguments(self, parameters: Mapping[str, Sequence[str]], depth: int) -> str:
        """The arguments of a call: some by position, more by keyword, in any order."""
        positional = self.number(min(5, len(parameters)))
        likely = list(parameters.values())
        rest = [name for name in list(parameters)[positional:] if not self.chance(4)]
        if self.chance(3):
            rest.reverse()
        written = [self.value(depth, likely[index]) for index in range(positional)]
        written += [f"{name}{self.gap()}={self.gap()}{self.value(depth, parameters[name])}" for name in rest]
        if self.chance(20):
            written.append("*args" if not rest else "**options")
        commas = f"{self.gap()},{self.gap()}".join(written)
        trailing = self.gap() + "," if written and self.chance(4) else ""
        return self.gap() + commas + trailing + self.gap()

    def filled(self, template: str) -> str:
        """A template with calls where it has room for them."""
        pieces = template.replace("{{", "\0").replace("}}", "\1").split("{}")
        text = pieces[0] + "".join(self.call() + piece for piece in pieces[1:])
        return text.replace("\0", "{").replace("\1", "}")

    def statement(self, depth: int) -> str:
        """A statement, without indentation, and without a last newline."""
        kind = self.number(11)
        if depth and kind > 8:
            body, header = self.body(depth - 1), self.one_of(BLOCKS)
            parts = [self.filled(part) for part in header.split("{body}")]
            inner = body.join(parts)
            extra = self.indent if header.startswith("match") else ""
            return inner + self.trailing() + "\n" + self.indented(body, extra)
        if kind == 0:
            return self.comment()
        if kind == 1:
            return "alias = " + self.train.format("exponential_decay") + "\nlr = alias(0.1, step, 10, 0.5)"
        return self.filled(self.one_of(USES)) + self.trailing()

    def trailing(self) -> str:
        """What may stand behind a statement."""
        return self.one_of(("", "", "", "", ";", "  # t", "  ", "\t#: é"))

    def body(self, depth: int) -> str:
        """The indented body of a block."""
        lines = [self.statement(depth) for _ in range(1 + self.number(1))]
        if all(line.startswith("#") for line in lines):
            lines.append("pass")
        return self.indented("\n".join(lines), self.indent)

    def indented(self, text: str, indent: str) -> str:
        return "\n".join(indent + line for line in text.split("\n"))

    def blank(self) -> str:
        """What may stand between two statements of the module."""
        return self.one_of(
            ("\n", "\n", "\n", "\n\n", "\n\n\n", "\n\f\n", "\n  \n", "\n# between\n", "\n\\\n")
        )


@st.composite
def programs(draw: Draw[object]) -> str:
    """A legacy program, with line feeds; not necessarily one that compiles."""
    imported, train, keras = draw(st.sampled_from(IMPORTS))  # type: ignore[misc, arg-type]
    grammar = Grammar(draw, train, keras)
    text = grammar.one_of(HEADERS) + imported + grammar.trailing().replace(";", "")
    for _ in range(1 + grammar.number(3)):
        text += grammar.blank() + grammar.statement(2)
    return text + grammar.one_of(("\n", "", "\n\n", "  ", "\n# end", "\n\n\f"))


@st.composite
def sources(draw: Draw[object]) -> str:
    """A legacy program with newlines of one kind or of several."""
    text: str = draw(programs())  # type: ignore[assignment, arg-type]
    newlines: list[str] = draw(st.sampled_from([NEWLINES[:1]] * 3 + [*((n,) for n in NEWLINES), NEWLINES]))  # type: ignore[assignment, arg-type]
    if len(newlines) == 1:
        return text.replace("\n", newlines[0])
    first, *lines = text.split("\n")
    return first + "".join(draw(st.sampled_from(newlines)) + line for line in lines)  # type: ignore[operator, arg-type]
