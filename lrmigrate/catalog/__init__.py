"""The catalogue: every legacy API the tool knows, and the one place to look a name up."""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import NamedTuple

from lrmigrate.catalog.keras2 import NEWER, OPTIMIZERS
from lrmigrate.catalog.schema import Decay, Optimizer, TF1Optimizer
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.catalog.tf1_optimizers import TF1_OPTIMIZERS

LIBRARIES = ("keras", "tensorflow")
TF_ROOTS = ("tensorflow", "tensorflow.compat.v1")
KERAS_ROOTS = ("keras", "tensorflow.keras", "tensorflow.compat.v1.keras", "tensorflow.compat.v2.keras")
#: Modules that were never public, and that code out there takes optimizers from.
PRIVATE_HOMES = (
    *(f"tensorflow.python.keras.{home}" for home in ("optimizers", "optimizer_v1")),
    "keras.optimizer_v1",
    *(
        f"{root}.api._v{number}.keras.optimizers"
        for root in ("keras", "tensorflow.python.keras")
        for number in "12"
    ),
    *(f"tensorflow.contrib.keras.{home}optimizers" for home in ("", "api.keras.", "python.keras.")),
    *(f"tensorflow._api.v{number}.keras.optimizers" for number in "12"),
)
#: Where schedules were that Keras 3 has, or has not, in `optimizers.schedules`.
FORMER_SCHEDULES = (
    *(f"{root}.experimental" for root in KERAS_ROOTS),
    *(
        f"{root}.{home}.learning_rate_schedule"
        for root in KERAS_ROOTS
        for home in ("optimizer_v2", "optimizers.schedules")
    ),
    *(
        f"tensorflow.python.keras.{home}.learning_rate_schedule"
        for home in ("optimizer_v2", "optimizers.schedules")
    ),
)
SCHEDULES = "optimizers.schedules"  # below a Keras root: where the modern classes live


class Legacy(NamedTuple):
    """What a fully qualified legacy name stands for.

    ``origin`` says through which door the name was reached: for a Decay "plain" (TensorFlow 1's
    own spelling), "compat" or "private"; for an Optimizer "keras", "tf.keras", "legacy", "experimental"
    or "private".
    """

    row: Decay | Optimizer
    origin: str
    alias: bool = False  # the lower-case twin


def _decays() -> dict[str, Legacy]:
    """Every spelling of every schedule function."""
    table: dict[str, Legacy] = {}
    for row in DECAYS:
        for name in row.names:
            table[f"tensorflow.train.{name}"] = Legacy(row, "plain")
            table[f"tensorflow.compat.v1.train.{name}"] = Legacy(row, "compat")
            table[f"tensorflow.python.training.learning_rate_decay.{name}"] = Legacy(row, "plain")
            for module in ("tensorflow.python", "tensorflow"):
                path = f"{module}.keras.optimizer_v2.legacy_learning_rate_decay.{name}"
                table[path] = Legacy(row, "private")
    return table


def _optimizers() -> dict[str, Legacy]:
    """Every spelling of every Keras optimizer, modern ones included."""
    table: dict[str, Legacy] = {}
    for row in OPTIMIZERS:
        for root in KERAS_ROOTS:
            origin = "keras" if root == "keras" else "tf.keras"
            table[f"{root}.optimizers.{row.name}"] = Legacy(row, origin)
            if row.alias:
                table[f"{root}.optimizers.{row.alias}"] = Legacy(row, origin, alias=True)
            for kind in ("legacy", "experimental"):
                table[f"{root}.optimizers.{kind}.{row.name}"] = Legacy(row, kind)
            for module, version in product(row.modules, ("", "_v2")):
                table[f"{root}.optimizers.{module}{version}.{row.name}"] = Legacy(row, "private")
                table[f"{root}.optimizer_v2.{module}{version}.{row.name}"] = Legacy(row, "private")
            for module in row.modules:
                table[f"{root}.optimizers.optimizer_v2.{module}.{row.name}"] = Legacy(row, "private")
                table[f"{root}.optimizers.legacy.{module}.{row.name}"] = Legacy(row, "legacy")
                table[f"{root}.optimizers.optimizer_experimental.{module}.{row.name}"] = Legacy(
                    row, "experimental"
                )
        for root in (*TF_ROOTS, "tensorflow.compat.v2"):
            table[f"{root}.optimizers.{row.name}"] = Legacy(row, "tf.keras")
            table[f"{root}.optimizers.legacy.{row.name}"] = Legacy(row, "legacy")
        for home in PRIVATE_HOMES:
            table[f"{home}.{row.name}"] = Legacy(row, "private")
        for module in row.modules:
            for home in ("optimizer_v2", "optimizers.optimizer_v2"):
                table[f"tensorflow.python.keras.{home}.{module}.{row.name}"] = Legacy(row, "private")
            table[f"tensorflow.python.keras.optimizers.{module}_v2.{row.name}"] = Legacy(row, "private")
    return table


@cache
def legacy_names() -> dict[str, Legacy]:
    """Fully qualified name -> what it stands for. Modern optimizer names are in it too."""
    return _decays() | _optimizers()


@cache
def tf1_optimizers() -> dict[str, TF1Optimizer]:
    """Fully qualified name -> the TensorFlow 1 optimizer that it is.

    Apart from `legacy_names`: such an optimizer is of interest only where a schedule feeds it.
    """
    return {f"{root}.train.{row.name}": row for root in TF_ROOTS for row in TF1_OPTIMIZERS}


@cache
def former_schedules() -> dict[str, str]:
    """Fully qualified names of schedule classes that are gone -> what each is called."""
    names = (*modern_names(), "LinearCosineDecay", "NoisyLinearCosineDecay")
    return {f"{home}.{name}": name for home in FORMER_SCHEDULES for name in names}


@cache
def former_optimizers() -> dict[str, str]:
    """Where newer optimizers were that Keras 3 has in `optimizers` -> what each is called."""
    return {f"{root}.optimizers.experimental.{name}": name for root in KERAS_ROOTS for name in NEWER}


@cache
def legacy_prefixes() -> frozenset[str]:
    """Every dotted prefix of a legacy name, that is, every module worth following."""
    prefixes: set[str] = set()
    for name in legacy_names():
        parts = name.split(".")
        prefixes.update(".".join(parts[:i]) for i in range(1, len(parts)))
    return frozenset(prefixes)


@cache
def terminals() -> frozenset[str]:
    """The last component of every legacy name."""
    return frozenset(name.rpartition(".")[2] for name in legacy_names())


@cache
def optimizer_words() -> frozenset[str]:
    """The words of which code that builds a Keras optimizer has one."""
    return frozenset(word for row in OPTIMIZERS for word in (row.name, row.alias) if word)


@cache
def modern_names() -> frozenset[str]:
    """The names of the modern schedule classes."""
    return frozenset(row.new.name for row in DECAYS if row.new)


def keras_targets(path: str, name: str) -> tuple[str, ...]:
    """The qualified names of ``name`` (below a Keras root) that fit code which spells ``path``."""
    if path.startswith("keras."):
        return (f"keras.{name}",)
    return tuple(f"{root}.{name}" for root in KERAS_ROOTS if root.startswith("tensorflow"))
