"""The kinds of row that the catalogue is made of.

A row is data: no callbacks, no imports of TensorFlow. One row describes one legacy API; detection,
rewriting, verification, ``explain`` and the README's rule table all read it and nothing else. The small
ones are NamedTuples: every run makes these classes, and a dataclass takes several times as long to make.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

from lrmigrate.model import Applicability
from lrmigrate.model import Target as Target  # noqa: PLC0414 - rows and rules find it here, too


class Real(NamedTuple):
    """A real-valued parameter: the closed range from which the verifier samples."""

    low: float
    high: float


class Integer(NamedTuple):
    """A whole-number parameter: the closed range from which the verifier samples."""

    low: int
    high: int


@dataclass(frozen=True)
class Flag:
    """A boolean parameter."""


class Rising(NamedTuple):
    """A list of rising whole numbers (steps), ``low`` to ``high`` long."""

    low: int
    high: int


class Rates(NamedTuple):
    """A list of rates, one longer than the parameter ``after``."""

    after: str


Domain: TypeAlias = "Real | Integer | Flag | Rising | Rates"


class Parameter(NamedTuple):
    """One parameter of a signature; ``default`` is its source text, None when required."""

    name: str
    default: str | None


@dataclass(frozen=True)
class Signature:
    """A signature, written as it stands between the parentheses of a ``def``."""

    text: str

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in positional order."""
        arguments = ast.parse(f"def f({self.text}): ...").body[0].args  # type: ignore[attr-defined]
        required = len(arguments.args) - len(arguments.defaults)
        return tuple(
            Parameter(arg.arg, ast.unparse(arguments.defaults[i - required]) if i >= required else None)
            for i, arg in enumerate(arguments.args)
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameter names in positional order."""
        return tuple(parameter.name for parameter in self.parameters)

    def default(self, name: str) -> str | None:
        """The source text of the default of ``name``; None when required or unknown."""
        return next((p.default for p in self.parameters if p.name == name), None)


@dataclass(frozen=True)
class New:
    """The modern class of ``keras.optimizers.schedules`` and how its arguments are made.

    ``arguments`` maps each modern parameter, in the order of the modern signature, to a template
    that names exactly one legacy parameter in braces.
    """

    name: str
    arguments: dict[str, str]

    def origin(self, modern: str) -> str:
        """The legacy parameter that ``modern`` is made from."""
        template = self.arguments[modern]
        return template[template.index("{") + 1 : template.index("}")]

    @cached_property
    def by_legacy(self) -> dict[str, tuple[str, str, str]]:
        """Legacy parameter -> (modern parameter, text before the value, text after it)."""
        table = {}
        for modern, template in self.arguments.items():
            legacy = self.origin(modern)
            before, after = template.split("{" + legacy + "}")
            table[legacy] = (modern, before, after)
        return table


class Elsewhere(NamedTuple):
    """What becomes of a rule where another target is asked for."""

    why: str  # a clause
    level: Applicability | None = None  # the best level of its fixes; None: nothing is found


@dataclass(frozen=True)
class Decay:
    """A TensorFlow 1 schedule function, called with the step and returning a number."""

    code: str  # of its rule
    example: str  # a call
    names: tuple[str, ...]  # within tf.train
    signature: Signature
    step: str
    domain: dict[str, Domain]
    landmarks: tuple[str, ...]  # parameters whose multiples are interesting steps
    new: New | None = None  # None: no modern class
    remark: str = ""  # a sentence on what Keras 3 lacks
    advice: str = ""  # what to do when there is no modern class
    subclass: str = ""  # source of a LearningRateSchedule that stands in for it
    positive: tuple[str, ...] = ()  # parameters for which the modern class refuses <= 0
    truncates: bool = False  # whether an integer rate makes the modern class, not the legacy one, truncate
    names_result: bool = True  # whether name= names the resulting tensor itself
    identity_step: bool = False  # whether a reference variable as step needs tf.identity
    relative: float = 0.0  # measured bound, old against new
    absolute: float = 0.0  # times the initial rate
    targets: Mapping[Target, Elsewhere] = field(default_factory=dict)  # where it is not as with Keras 3


@dataclass(frozen=True)
class Optimizer:
    """A Keras optimizer: Keras 2's signature against Keras 3's."""

    name: str
    keras2: Signature  # standalone Keras 2.2: the order of positional arguments
    tfkeras: Signature  # tf.keras of TensorFlow 1.15 to 2.10
    keras3: Signature
    modules: tuple[str, ...]  # private modules of tensorflow.python.keras.optimizer_v2 that held it
    alias: str = ""  # the lower-case twin that Keras 2 exported
    never_whole: tuple[str, ...] = ()  # besides the rate: what Keras 3 refuses as a whole number
    rate_ignored: str = ""  # why lr= never had an effect, where it had none
    decay_ignored: str = ""  # why decay= never had an effect, where it had none
    differs: str = ""  # why the update rule itself is not the same in Keras 3
    notes: Mapping[Target, str] = field(default_factory=dict)  # what it does otherwise, and by how much
    #: How much sparse gradients do otherwise, by the argument that it takes; "" for none.
    sparse: Mapping[str, str] = field(default_factory=dict)
    standalone: Mapping[str, str] = field(default_factory=dict)  # what Keras before 2.4 had, by argument
    epsilon_tells: tuple[
        str, ...
    ] = ()  # arguments with which epsilon tells, which Keras 3 puts under the root
    gradients: tuple[float, ...] = (
        40.0,
        1.0,
        0.1,
        1e-3,
        1e-6,
    )  # sizes at which the update rules are compared
    relative: float = 0.0  # measured bound on the weights after 24 updates
    domain: dict[str, Domain] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TF1Optimizer:
    """A TensorFlow 1 optimizer, and the Keras optimizer that it would be with the same schedule.

    ``arguments`` maps parameters of the twin to a legacy parameter in braces, or to a constant of
    TensorFlow 1's own. ``apart`` is the largest difference of the weights within 300 updates of the
    problem in tests/catalog/test_tf1_optimizers.py: a bound, or where ``differs`` says why, what was
    measured.
    """

    code: str  # of its rule
    verdict: str  # a sentence on the twin
    example: str  # a call
    name: str  # within tf.train
    signature: Signature
    twin: str = ""  # within keras.optimizers; empty: Keras 3 has none
    arguments: dict[str, str] = field(default_factory=dict)
    apart: float = 0.0
    differs: str = ""  # why the weights do not stay equal
