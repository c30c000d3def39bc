"""What a qualified name of TensorFlow, Keras or Python stands for, and what a call of it gives."""

from __future__ import annotations

import ast
import re
from enum import Enum

from lrmigrate import catalog
from lrmigrate.catalog import KERAS_ROOTS, SCHEDULES
from lrmigrate.catalog.others import FRAMEWORKS, cannot_set_rates
from lrmigrate.catalog.schema import Decay, Optimizer

#: Methods of a model that train it epoch by epoch, and so call its callbacks.
FIT_METHODS = frozenset({"fit", "fit_generator"})
#: Keras's callbacks that set the rate, and log it.
RATE_CALLBACKS = frozenset({"LearningRateScheduler", "ReduceLROnPlateau"})
#: The keywords for the rate of an optimizer, old and new.
RATE_KEYWORDS = ("lr", "learning_rate")
SCHEDULE_BASE = "LearningRateSchedule"

_PRIVATE_KERAS = "tensorflow.python.keras"
#: Keras's backend, by all its names.
BACKENDS = frozenset(f"{root}.backend" for root in (*KERAS_ROOTS, _PRIVATE_KERAS))
_BACKEND_TENSORS = frozenset(
    ["constant", "placeholder", "cast", "zeros", "ones", "maximum", "minimum", "pow", "exp", "sqrt", "square"]
)
_VARIABLES = frozenset({"Variable", "get_variable"})
_MODELS = frozenset(
    ["Model", "Sequential", "load_model", "clone_model", "model_from_json", "multi_gpu_model"]
)
#: Below TensorFlow, but no maker of tensors.
_NO_TENSORS = re.compile(
    r"tensorflow\.((compat\.v[12]\.)?(keras|optimizers|flags|app|logging|estimator)\b|train\.\w*Optimizer)"
)
_TF1_OPTIMIZER = re.compile(r"tensorflow\.(compat\.v1\.)?train\.\w*Optimizer$")
_STEPS = frozenset({"get_global_step", "get_or_create_global_step", "create_global_step"})
_FLOATS = frozenset({"float", "math.exp", "math.log", "math.sqrt", "math.pow", "math.cos", "math.sin"})
_WHOLES = frozenset({"int", "len", "round", "math.ceil", "math.floor"})


class Kind(Enum):
    """What an expression is."""

    CONSTANT = "a constant"
    FLOAT = "a float"
    WHOLE = "a whole number"
    NUMBER = "a number"
    TENSOR = "a tensor"
    VARIABLE = "a variable"
    STEP = "the training step"
    SCHEDULE = "a schedule"
    SCHEDULE_CLASS = "a schedule class"
    OPTIMIZER = "a Keras optimizer"
    OPTIMIZER_CLASS = "a Keras optimizer class"
    TF1_OPTIMIZER = "a TensorFlow 1 optimizer"
    MODEL = "a Keras model"
    CALLBACK = "a Keras callback"
    HISTORY = "what fit gives"
    FUNCTION = "a function"
    CLASS = "a class"
    OBJECT = "an object of a class of the program"
    COLLECTION = "a list, a tuple, a set or a dictionary"
    FOREIGN = "something of another library"
    UNKNOWN = "out of sight"


TENSORS = frozenset({Kind.TENSOR, Kind.VARIABLE, Kind.STEP})


def given_by(path: str) -> Kind:
    """What a call of a qualified name gives."""
    if (kind := stands_for(path)) is Kind.OPTIMIZER_CLASS:
        return Kind.OPTIMIZER
    if kind is Kind.SCHEDULE_CLASS:
        return Kind.SCHEDULE
    module, _, name = path.rpartition(".")
    if module in BACKENDS:
        return _given_by_backend(name)
    if path in _FLOATS:
        return Kind.FLOAT
    if path in _WHOLES:
        return Kind.WHOLE
    root = path.partition(".")[0]
    if is_keras(path):
        return _given_by_keras(path, name)
    if root == "tensorflow":
        return _given_by_tensorflow(path, name)
    return Kind.FOREIGN if cannot_set_rates(path) or root in FRAMEWORKS else Kind.UNKNOWN


def _given_by_backend(name: str) -> Kind:
    """What a function of Keras's backend gives."""
    if name == "variable":
        return Kind.VARIABLE
    return Kind.TENSOR if name in _BACKEND_TENSORS else Kind.UNKNOWN


def _given_by_keras(path: str, name: str) -> Kind:
    """What a function or class of Keras gives, optimizers and schedules apart."""
    if ".callbacks." in path:
        return Kind.CALLBACK
    if name in _MODELS or ".applications." in path:
        return Kind.MODEL
    if name == "Variable":
        return Kind.VARIABLE
    if ".keras.ops." in f".{path}":
        return Kind.TENSOR
    if path.endswith((".optimizers.get", ".optimizers.deserialize")):
        return Kind.OPTIMIZER
    return Kind.UNKNOWN


def _given_by_tensorflow(path: str, name: str) -> Kind:
    """What a function or class of TensorFlow gives, those of Keras apart."""
    if name in _STEPS:
        return Kind.STEP
    if name in _VARIABLES:
        return Kind.VARIABLE
    if _TF1_OPTIMIZER.match(path):
        return Kind.TF1_OPTIMIZER
    return Kind.UNKNOWN if _NO_TENSORS.match(path) else Kind.TENSOR


def stands_for(path: str) -> Kind:
    """What a qualified name itself is: a class of optimizers or schedules, or something else."""
    legacy = catalog.legacy_names().get(path)
    if legacy and isinstance(legacy.row, Optimizer):
        return Kind.OPTIMIZER_CLASS
    return Kind.SCHEDULE_CLASS if is_schedule_class(path) else Kind.UNKNOWN


def is_keras(path: str) -> bool:
    """Whether a qualified name lies below a package of Keras."""
    return path.startswith((*(f"{root}." for root in KERAS_ROOTS), f"{_PRIVATE_KERAS}."))


def is_schedule_class(path: str) -> bool:
    """Whether a qualified name is that of a class of `keras.optimizers.schedules`."""
    module, _, name = path.rpartition(".")
    is_modern = module.endswith(f"keras.{SCHEDULES}") and name in catalog.modern_names()
    return is_modern or path in catalog.former_schedules()


def is_schedule_function(path: str) -> bool:
    """Whether a qualified name is that of a schedule function of TensorFlow 1."""
    legacy = catalog.legacy_names().get(path)
    return legacy is not None and isinstance(legacy.row, Decay)


def is_backend(module: str) -> bool:
    """Whether a qualified name is that of Keras's backend."""
    return module in BACKENDS


def rate_argument(call: ast.Call) -> ast.expr | None:
    """The rate that an optimizer is given: `lr=`, `learning_rate=` or the first argument."""
    given = [keyword.value for keyword in call.keywords if keyword.arg in RATE_KEYWORDS] + call.args[:1]
    return given[0] if given else None


def is_tensorflow(path: str) -> bool:
    """Whether a qualified name belongs to TensorFlow or Keras, which set no rate behind one's back."""
    return path.partition(".")[0] in ("tensorflow", "keras")
