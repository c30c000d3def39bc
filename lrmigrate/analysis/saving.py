"""Whether the program writes down or rebuilds optimizers by their class: whole models, configurations."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.library import Kind, is_tensorflow
from lrmigrate.analysis.values import Values

_WHOLE = ("save", "save_model", "load_model", "export", "model_to_estimator", "BackupAndRestore")
_CONFIGURATIONS = ("serialize", "deserialize", "get_config", "from_config", "get_compile_config", "__class__")
_COPIES = (
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "joblib",
    "deepcopy",
    "clone",
    "register_keras_serializable",
)
_CHECKPOINT = "ModelCheckpoint"
_TYPE, _COPY = "type", "copy"  # words of much else
_BASES = ("super", "self")


def saves_optimizers(home: Values) -> str:
    """Where the program may write down the class of an optimizer: `model.save(path)`; "" for nowhere."""
    for word in (*_WHOLE, *_CONFIGURATIONS, *_COPIES, _CHECKPOINT, _TYPE, _COPY):
        for other in home.outside.holding(word, home):
            for node in _named(other, word):
                cell, line = other.source.place(node.lineno)
                return f"{other.shown}{cell} line {line}" if other is not home else f"line {node.lineno}"
    return ""


def _named(home: Values, word: str) -> Iterator[ast.expr]:
    """Where a file names one of the words, and may mean it of a model or an optimizer."""
    for node in home.named_like(word):
        path = home.names.certain(node)
        if path is not None and word not in (*_COPIES, _COPY) and not is_tensorflow(path):
            continue  # numpy.save
        if word == _COPY and path != "copy.copy":
            continue
        if word == _TYPE and not _is_of_optimizer(home, node):
            continue
        if word == _CHECKPOINT and _is_of_weights(home, node):
            continue
        if word in _CONFIGURATIONS and isinstance(node, ast.Attribute) and _is_of_base(node.value):
            continue  # what a class of the program says of itself
        yield node


def _is_of_optimizer(home: Values, node: ast.expr) -> bool:
    """Whether `type(x)` asks for the class of what may be an optimizer."""
    call = home.source.parents[node]
    if not isinstance(call, ast.Call) or call.func is not node or len(call.args) != 1:
        return False
    return home.may_be(call.args[0], Kind.OPTIMIZER, Kind.UNKNOWN)


def _is_of_weights(home: Values, node: ast.expr) -> bool:
    """Whether a checkpoint keeps weights alone."""
    call = home.source.parents[node]
    if not isinstance(call, ast.Call):
        return False
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    value = given.get("save_weights_only")
    return isinstance(value, ast.Constant) and value.value is True


def _is_of_base(node: ast.expr) -> bool:
    """Whether a method is asked of the class itself: `super().get_config()`, `self.__class__`."""
    root = node.func if isinstance(node, ast.Call) else node
    return isinstance(root, ast.Name) and root.id in _BASES
