"""The legacy programs that mistakes are planted into: every row of the catalogue, in three styles.

`literal`: every argument is written out. `holes`: what the verifier cannot know, spelled `FLAGS.x`,
`params["x"]` and as a function parameter in turn. `names`: constants that the file defines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Decay, Optimizer
from lrmigrate.catalog.tf1 import DECAYS

STYLES = ("literal", "holes", "names")


@dataclass(frozen=True)
class Program:
    """A legacy program with one site."""

    row: str  # the name of the function or class
    variant: str
    style: str
    text: str

    @property
    def id(self) -> str:
        return f"{self.row}-{self.variant}-{self.style}"


RATE = 0.0123456789  # more digits than anybody would keep by accident
REQUIRED = {"learning_rate": RATE, "decay_steps": 10}
DECAY_ARGUMENTS: Mapping[str, Mapping[str, object]] = {
    "exponential_decay": REQUIRED | {"decay_rate": 0.5, "staircase": True},
    "natural_exp_decay": REQUIRED | {"decay_rate": 0.7, "staircase": True},
    "inverse_time_decay": REQUIRED | {"decay_rate": 0.7, "staircase": True},
    "piecewise_constant": {"boundaries": [5, 12], "values": [0.1, 0.01, 0.02]},
    "polynomial_decay": REQUIRED | {"end_learning_rate": 0.002, "power": 2.0, "cycle": True},
    "cosine_decay": REQUIRED | {"alpha": 0.2},
    "cosine_decay_restarts": {
        "learning_rate": RATE,
        "first_decay_steps": 10,
        "t_mul": 3.0,
        "m_mul": 0.5,
        "alpha": 0.2,
    },
    "linear_cosine_decay": REQUIRED | {"num_periods": 1.5, "alpha": 0.2, "beta": 0.05},
}
OPTIMIZER_ARGUMENTS: Mapping[str, Mapping[str, object]] = {
    "SGD": {"lr": RATE, "momentum": 0.9, "decay": 0.001, "nesterov": True},
    "RMSprop": {
        "lr": RATE,
        "rho": 0.8,
        "momentum": 0.5,
        "centered": True,
        "decay": 0.001,
    },
    "Adagrad": {"lr": RATE, "initial_accumulator_value": 0.2, "decay": 0.001},
    "Adadelta": {"lr": RATE, "rho": 0.9, "epsilon": 1e-4, "decay": 0.001},
    "Adam": {"lr": RATE, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4, "amsgrad": True, "decay": 0.001},
    "Adamax": {"lr": RATE, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4, "decay": 0.001},
    "Nadam": {"lr": RATE, "beta_1": 0.8, "beta_2": 0.9, "decay": 0.001},
    "Ftrl": {
        "learning_rate": RATE,
        "learning_rate_power": -0.4,
        "initial_accumulator_value": 0.2,
        "l1_regularization_strength": 0.001,
        "l2_regularization_strength": 0.01,
        "decay": 0.001,
    },
}
# In Keras 2's order; what else of it is ambiguous is not rewritten, and there is nothing to verify.
POSITIONAL = {
    "SGD": "0.1, 0.9, 1e-3, True",
    "RMSprop": "0.001, 0.9, None, 1e-3",
    "Adam": "0.001, 0.9, 0.999, 1e-8, 1e-3",
    "Nadam": "0.002, 0.9, 0.999, None",
}


class Writer:
    """Writes arguments in one style, and collects what a program needs besides them."""

    def __init__(self, style: str, holes: frozenset[str]) -> None:
        """``holes``: the arguments that may be unknown; the others stay literal."""
        self.style, self.holes = style, holes
        self.constants: list[str] = []
        self.parameters: list[str] = []
        self.count = 0

    def value(self, name: str, value: object) -> str:
        """The text of one argument."""
        if isinstance(value, list):
            return "[" + ", ".join(self.value(f"{name}_{i}", item) for i, item in enumerate(value)) + "]"
        if self.style == "names":
            self.constants.append(f"{name.upper()} = {value!r}\n")
            return name.upper()
        if self.style == "literal" or name.rstrip("_0123456789") not in self.holes:
            return repr(value)
        self.count += 1
        if self.count % 3 == 0:
            self.parameters.append(name)
            return name
        return f"FLAGS.{name}" if self.count % 3 == 1 else f'params["{name}"]'

    def given(self, arguments: Mapping[str, object]) -> str:
        """The text of all arguments."""
        return ", ".join(f"{name}={self.value(name, value)}" for name, value in arguments.items())

    def program(self, call: str, header: str = "import tensorflow as tf\n", step: str = "global_step") -> str:
        """The whole text, with the call as its one site."""
        constants = "".join(self.constants)
        parameters = ", ".join([step, *self.parameters])
        return f"{header}\n{constants}\n\ndef build({parameters}):\n    return {call}\n"


def decay_programs(row: Decay) -> Iterator[Program]:
    """Every variant of a schedule function in every style."""
    name = row.names[0]
    full = DECAY_ARGUMENTS[name]
    bare = {key: value for key, value in full.items() if row.signature.default(key) is None}
    variants = {
        "full": (full, "global_step"),
        "bare": (bare, "global_step"),
        "scaled": ({key: longer(value) for key, value in bare.items()}, "batch * {}"),
        "shifted": (bare, "global_step - {}"),
    }
    if "learning_rate" in full:
        variants["coarse"] = (bare, "batch * {}")  # a step is longer than the decay
        variants["whole"] = (bare | {"learning_rate": 1.0}, "global_step")
    for variant, (arguments, step) in variants.items():
        for style in STYLES:
            if variant != "whole" or style != "holes":
                yield Program(name, variant, style, decay_text(row, arguments, step, style))
    yield from forms(row, full)
    if "boundaries" in full:
        call = f"tf.train.{name}(global_step, FLAGS.boundaries, params['values'])"
        yield Program(name, "lists", "holes", Writer("holes", frozenset()).program(call))


def longer(value: object) -> object:
    """A number of steps, or several, so large that a scaled step meets them more than once."""
    if isinstance(value, list):
        return [longer(item) for item in value]
    return value * 64 if isinstance(value, int) else value


def decay_text(row: Decay, arguments: Mapping[str, object], step: str, style: str) -> str:
    """A function that returns the rate as a number."""
    writer = Writer(style, frozenset(row.domain))
    given = writer.given(arguments)
    if "{}" in step:
        step = step.format({"literal": "32", "names": "BATCH", "holes": "FLAGS.batch_size"}[style])
    if style == "names":
        writer.constants.append("BATCH = 32\n")
    counter = step.partition(" ")[0]
    return writer.program(f"tf.train.{row.names[0]}({row.step}={step}, {given})", step=counter)


def forms(row: Decay, arguments: Mapping[str, object]) -> Iterator[Program]:
    """The schedule where an object is needed, where a callable is, and where only a number will do."""
    given = Writer("literal", frozenset()).given(arguments)
    for variant, prefix, before, after in (
        ("object", "tf.compat.v1.", "optimizer = tf.keras.optimizers.SGD(", ")\n"),
        ("thunk", "tf.compat.v1.", "global_step = tf.Variable(0)\nrate = ", "\nprint(rate())\n"),
        ("consumed", "tf.", "optimizer = tf.train.GradientDescentOptimizer(", ")\n"),
    ):
        call = f"{prefix}train.{row.names[0]}({row.step}=global_step, {given})"
        yield Program(row.names[0], variant, "literal", f"import tensorflow as tf\n\n{before}{call}{after}")


def optimizer_programs(row: Optimizer) -> Iterator[Program]:
    """Every variant of an optimizer in every style."""
    full = OPTIMIZER_ARGUMENTS[row.name]
    rate = "learning_rate" if row.rate_ignored else "lr"
    variants: dict[str, Mapping[str, object]] = {"full": full, "default": {"decay": 0.001}}
    if not row.rate_ignored:  # the old Ftrl trained at .001 whatever lr= said, so there is no fix
        variants |= {
            "rate": {rate: RATE},
            "one": {rate: 1},
            "whole": {rate: 1, "decay": 1e-4},
            "none": {rate: RATE, "epsilon": None},
            "epsilon": {rate: RATE, "epsilon": 1e-6},
            "clipnorm": {rate: RATE, "clipnorm": 1.0},
            "clipvalue": {rate: RATE, "clipvalue": 0.5},
        }
    if row.name == "SGD":
        variants["momentum"] = {rate: RATE, "momentum": 0.9}
        del variants["none"], variants["epsilon"]  # SGD has no epsilon
    if row.name in {"RMSprop", "Adagrad"}:
        # Keras 3 adds epsilon below the root: where it tells, honest rewrites differ as well.
        del variants["epsilon"]
    if row.name == "RMSprop":
        del variants["clipnorm"]  # clipped gradients are so small that epsilon tells
    if row.name == "Nadam":
        variants = {variant: variants[variant] for variant in ("full", "rate", "one")}
    if row.name == "Adam":
        variants["amsgrad"] = {rate: RATE, "amsgrad": True}
    for variant, arguments in variants.items():
        for style in STYLES:
            if style != "holes" or variant not in {"one", "whole", "none", "amsgrad"}:
                yield Program(row.name, variant, style, optimizer_text(row, arguments, style))
    if not row.decay_ignored:
        callback = "schedule = tf.keras.callbacks.ReduceLROnPlateau()\n"
        for style in STYLES:
            text = optimizer_text(row, {rate: RATE, "decay": 0.001}, style, callback)
            yield Program(row.name, "set", style, text)
    if row.name in POSITIONAL:
        header = f"import tensorflow as tf\nfrom keras.optimizers import {row.name}\n"
        call = f"{row.name}({POSITIONAL[row.name]})"
        text = Writer("literal", frozenset()).program(call, header)
        yield Program(row.name, "positional", "literal", text)


def optimizer_text(row: Optimizer, arguments: Mapping[str, object], style: str, beside: str = "") -> str:
    """A function that returns the optimizer, ``beside`` what else the file does."""
    known = frozenset({"lr", "epsilon", "clipnorm", "clipvalue", *row.domain})
    writer = Writer(style, known)
    given = writer.given(arguments)
    return writer.program(f"tf.keras.optimizers.{row.name}({given})", f"import tensorflow as tf\n{beside}")


def programs() -> Iterator[Program]:
    """All of them. Noisy linear cosine decay is random, and never rewritten."""
    for decay in DECAYS:
        if decay.new:
            yield from decay_programs(decay)
    for optimizer in OPTIMIZERS:
        yield from optimizer_programs(optimizer)
