"""Where a file reads or sets the rate of an optimizer at run time: what a rewritten argument meets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from lrmigrate.analysis.scopes import Binding, Names
from lrmigrate.analysis.sites import optimizer_of
from lrmigrate.analysis.syntax import Source
from lrmigrate.catalog import KERAS_ROOTS

# Keras's own callbacks, and those of others that go by what they do: CyclicLR, OneCycle, WarmUpLearningRate.
# LRN is a layer, local response normalization.
_RATE_CALLBACK = re.compile(
    r"LearningRate(?!Schedule$)|LR(?![a-z]|N(?:orm)?(?![a-z]))|OneCycle|Warm_?[Uu]p|Anneal"
)
_RATES = frozenset({"lr", "learning_rate"})
_SETTINGS = re.compile(
    r"(?i)^(.*_)?(cfgs?|conf|configs?|args?|hparams?|hps?|flags|settings|options|opts|namespace|params)$"
)
_NO_OPTIMIZER = re.compile(r"(?i)(model|network|net|agent|trainer|learner|env|layer|callback)\d*$")
_FRAMEWORKS = frozenset(
    {"torch", "chainer", "mxnet", "paddle", "jax", "flax", "mindspore", "jittor", "tinygrad"}
)
_DATA = frozenset({"datasets", "utils", "preprocessing"})
_SETTERS = frozenset({"set_value", "update", "update_add", "update_sub"})
_ASSIGNS = frozenset({"assign", "assign_add", "assign_sub"})
BACKENDS = frozenset(f"{root}.backend" for root in (*KERAS_ROOTS, "tensorflow.python.keras"))


class Access(Enum):
    """What is done to the rate."""

    READ = "reads"
    WRITE = "assigns"
    SET = "sets"
    GUARD = "asks for"
    CALLBACK = "sets the rate by"


@dataclass(frozen=True)
class RateUse:
    """One access to a rate: `optimizer.lr`, a guard, or a callback that sets it."""

    access: Access
    node: ast.expr
    attribute: str  # "lr", "learning_rate", or the callback's name
    line: int
    # "optimizer" where it is one for certain, "named" where it is called one, "unseen" where nothing
    # speaks against it; a callback has none.
    receiver: str = ""

    @property
    def clause(self) -> str:
        """A clause for a reason."""
        return f"line {self.line} {self.access.value} `{ast.unparse(self.node)}`"


def rate_uses(source: Source, names: Names) -> tuple[RateUse, ...]:
    """Every access to an optimizer's rate in the file, in the order of the text."""
    found = sorted(_uses(source, names), key=lambda use: (use.line, use.node.col_offset))
    return tuple(found)


def _uses(source: Source, names: Names) -> Iterator[RateUse]:
    """Walk the file once."""
    receivers = Receivers(source, names)
    aliases = _callback_aliases(names)
    for node in (*source.nodes(ast.Attribute), *source.nodes(ast.Call), *source.nodes(ast.Name)):
        match node:
            case ast.Attribute(attr=attribute, value=receiver) if attribute in _RATES:
                kind, access = receivers.kind(receiver), _access(source, node)
                kind = kind or _kind_by_backend(source, names, node)
                if not kind and access in (Access.WRITE, Access.SET) and receivers.is_unseen(receiver):
                    kind = "unseen"
                if kind:
                    yield RateUse(access, node, attribute, node.lineno, kind)
            case ast.Call(func=ast.Name(id=by), args=[receiver, ast.Constant(value=str(attribute)), *_]):
                kind = receivers.kind(receiver) if by in _BY_NAME and attribute in _RATES else ""
                if by == "setattr" and attribute in _RATES and not kind and receivers.is_unseen(receiver):
                    kind = "unseen"
                if kind:
                    half = by == "hasattr" and not _only_raises(source, node)
                    yield RateUse(_BY_NAME[by], node, attribute, node.lineno, "named" if half else kind)
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                name = aliases.get(name, name) if isinstance(node, ast.Name) else name
                if not _RATE_CALLBACK.search(name):
                    continue
                parent = source.parents[node]
                called = isinstance(parent, ast.Call) and parent.func is node
                is_made = called or isinstance(parent, ast.ClassDef) or _is_passed_on(source, names, node)
                if is_made and not _is_rate(source, names, parent):
                    yield RateUse(Access.CALLBACK, node, name, node.lineno)


def _callback_aliases(names: Names) -> dict[str, str]:
    """The classes that set the rate and are imported by another name: `... import ReduceLROnPlateau as P`."""
    bindings = [b for scope in names.scopes for b in scope.bindings.values()]
    imported = [b for found in bindings for b in found if b.alias is not None and b.alias.asname]
    classes = {binding.name: (binding.path or "").rpartition(".")[2] for binding in imported}
    return {name: path for name, path in classes.items() if _RATE_CALLBACK.search(path)}


def _is_passed_on(source: Source, names: Names, node: ast.Name | ast.Attribute) -> bool:
    """Whether a class of Keras's callbacks goes where it may be called: `partial(ReduceLROnPlateau, ...)`."""
    if ".callbacks." not in (names.certain(node) or ""):
        return False
    match source.parents[node]:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass")) | ast.Expr() | ast.Compare():
            return False
        case ast.Call() | ast.keyword() | ast.Assign() | ast.IfExp() | ast.List() | ast.Tuple() | ast.Dict():
            return True
    return False


def backend_function(names: Names, call: ast.Call) -> str:
    """The function of Keras's backend that is called: "get_value", "set_value", ...; "" for others."""
    module, _, name = (names.certain(call.func) or "").rpartition(".")
    return name if module in BACKENDS else ""


def _kind_by_backend(source: Source, names: Names, node: ast.Attribute) -> str:
    """Of an object whose `lr` is given to Keras's backend; `self` is an optimizer of one's own."""
    call = source.parents[node]
    is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
    if is_own or node.attr != "lr" or not isinstance(call, ast.Call) or node not in call.args[:1]:
        return ""
    return "named" if backend_function(names, call) in {"get_value", "set_value"} else ""


def _only_raises(source: Source, guard: ast.expr) -> bool:
    """Whether a guard does no more than raise where the attribute is missing: then it can move alone."""
    negation = source.parents[guard]
    statement = source.parents[negation] if isinstance(negation, ast.UnaryOp) else None
    match statement:
        case ast.If(body=[ast.Raise()], orelse=[]):
            return True
    return False


_BY_NAME = {"hasattr": Access.GUARD, "getattr": Access.READ, "setattr": Access.WRITE}


def _is_rate(source: Source, names: Names, made: ast.AST) -> bool:
    """Whether what is made is not a callback but itself the rate of an optimizer, a schedule."""
    outer = source.parents[made]
    call = source.parents[outer] if isinstance(outer, ast.keyword) else outer
    return isinstance(call, ast.Call) and optimizer_of(names, call) is not None


def _trains(path: str) -> bool:
    """Whether a qualified name is of Keras, and not of its data sets and tools."""
    for root in KERAS_ROOTS:
        if path.startswith(f"{root}."):
            return path[len(root) + 1 :].partition(".")[0] not in _DATA
    return False


class Receivers:
    """Which expressions of a file are Keras optimizers: built in sight, taken from a model, or so named."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names
        self.attributes: set[str] = set()  # that an optimizer is assigned to
        self.foreign: set[str] = set()  # that something of another library is assigned to
        for target, value in source.assignments():
            if isinstance(value, ast.Call) and isinstance(target, ast.Attribute):
                if optimizer_of(names, value):
                    self.attributes.add(target.attr)
                elif self._is_foreign(value.func):
                    self.foreign.add(target.attr)

    @cached_property
    def _are_of_keras(self) -> bool:
        """Whether the `optimizer` of an object that has one is Keras's, and not that of a model of others.

        So it is where the file uses Keras for more than its data, and neither another framework nor
        an optimizer of its own with a rate called `lr`.
        """
        scopes = self.names.scopes
        bindings = [b for scope in scopes for found in scope.bindings.values() for b in found]
        paths = {b.path or "" for b in bindings} | {module for module, _ in self.names.module.stars}
        if {path.partition(".")[0] for path in paths} & _FRAMEWORKS or self._keeps_a_rate():
            return False
        used = [node for node in self.source.nodes(ast.Attribute) if not isinstance(node.value, ast.Call)]
        paths |= {path for node in used for path in self.names.resolve(node) if path}
        return any(map(_trains, paths))

    def _keeps_a_rate(self) -> bool:
        """Whether an optimizer that the file defines has an attribute `lr`."""
        kept = [
            node
            for node in self.source.nodes(ast.Attribute)
            if node.attr == "lr" and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
        ]
        classes = [
            outer for n in kept for outer in self.source.ancestors(n) if isinstance(outer, ast.ClassDef)
        ]
        return any(ast.unparse(base).endswith("Optimizer") for found in classes for base in found.bases)

    def kind(self, node: ast.expr) -> str:
        """Whether ``node`` is an "optimizer" for certain, "named" like one, or "" something else.

        A model's `optimizer` is certain, and so is what an optimizer in sight was assigned to.
        """
        match node:
            case ast.Attribute(attr=attr) if attr in self.attributes:
                return "optimizer"
            case ast.Attribute(attr="optimizer" | "opt" as attr, value=owner):
                if attr in self.foreign or self._is_settings(owner):
                    return ""
                is_own = isinstance(owner, ast.Name) and owner.id == "self"
                is_certain = attr == "optimizer" and not is_own and self._are_of_keras
                return "optimizer" if is_certain else "named"
            case ast.Name(id=name):
                kinds = {self._bound(binding) for binding in self.names.live(name, node)}
                if "optimizer" in kinds:
                    return "optimizer" if kinds == {"optimizer"} else "named"
                by_name = name in {"optimizer", "opt", "optim"} or name.endswith("_optimizer")
                return "named" if by_name and kinds != {"something else"} else ""
        return ""

    def is_unseen(self, node: ast.expr) -> bool:
        """Whether an object whose rate is set could be an optimizer of this file, for all that can be seen.

        Such as a parameter, an element of a list, what a function of this file gives.
        """
        match node:
            case ast.Name(id="self" | "cls"):
                return False
            case ast.Name(id=name):
                kinds = {self._bound(binding) for binding in self.names.live(name, node)}
                is_other = self._is_settings(node) or _NO_OPTIMIZER.search(name) is not None
                return "" in kinds and not is_other and self._is_own(node)
            case ast.Attribute(attr=attr):
                is_known = attr in self.foreign or attr in {"optimizer", "opt"} or _NO_OPTIMIZER.search(attr)
                return not is_known and not self._is_settings(node)
            case ast.Subscript(value=ast.Name() as box) if self._holds_optimizers(box):
                return True
        return isinstance(node, ast.Subscript | ast.Call) and not self._is_settings(node)

    def _holds_optimizers(self, box: ast.Name) -> bool:
        """Whether optimizers stand in the list or the dictionary that a name is bound to."""
        values = (binding.value for binding in self.names.live(box.id, box))
        parts = (part for value in values if value is not None for part in ast.walk(value))
        return any(isinstance(part, ast.Call) and optimizer_of(self.names, part) for part in parts)

    def _is_own(self, name: ast.Name) -> bool:
        """Whether a name is not bound by an import alone."""
        return any(binding.path is None for binding in self.names.live(name.id, name))

    def _is_settings(self, node: ast.expr) -> bool:
        """Whether an expression is a bundle of settings: by its name, or built from a class in sight."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            name = node.attr if isinstance(node, ast.Attribute) else ""
            if _SETTINGS.search(name):
                return True
            node = node.func if isinstance(node, ast.Call) else node.value
        if not isinstance(node, ast.Name):
            return False
        value = self.names.single(node.id, node)
        built = isinstance(value, ast.Call) and self._is_local_class(value.func)
        return built or _SETTINGS.search(node.id) is not None

    def _is_local_class(self, function: ast.expr) -> bool:
        """Whether a function is a class of this file."""
        live = self.names.live(function.id, function) if isinstance(function, ast.Name) else []
        return bool(live) and all(isinstance(binding.node, ast.ClassDef) for binding in live)

    def _bound(self, binding: Binding) -> str:
        """What a name is bound to: "optimizer", "something else" that is in sight, or "" for unknown."""
        value = binding.value
        if value is None:
            return ""
        if optimizer_of(self.names, value):
            return "optimizer"
        if isinstance(value, ast.Attribute):
            return "optimizer" if value.attr == "optimizer" and not self._is_settings(value.value) else ""
        if isinstance(value, ast.IfExp):
            both = {bool(optimizer_of(self.names, way)) for way in (value.body, value.orelse)}
            return "optimizer" if both == {True} else ""
        if isinstance(value, ast.Call):
            wraps = any(self._is_optimizer(argument) for argument in value.args)
            return "something else" if self._is_foreign(value.func) and not wraps else ""
        return "something else" if isinstance(value, ast.Constant | ast.Dict | ast.List) else ""

    def _is_optimizer(self, node: ast.expr) -> bool:
        """Whether an expression is an optimizer that is built in sight."""
        values = [node]
        if isinstance(node, ast.Name):
            owner = self.names.scope_of[node].owner(node.id)
            values = [b.value for b in owner.bindings[node.id] if b.value is not None] if owner else []
        return any(optimizer_of(self.names, value) for value in values)

    def _is_foreign(self, function: ast.expr) -> bool:
        """Whether a function is plainly no maker of Keras optimizers."""
        path = self.names.certain(function)
        if path is not None:
            return path.partition(".")[0] not in {"keras", "tensorflow", "keras_contrib", ""}
        if isinstance(function, ast.Attribute):
            return function.attr.startswith("parse")
        live = self.names.live(function.id, function) if isinstance(function, ast.Name) else []
        return bool(live) and all(isinstance(b.node, ast.ClassDef) and not b.node.bases for b in live)


def _access(source: Source, node: ast.Attribute) -> Access:
    """What the surrounding code does with `optimizer.lr`."""
    if not isinstance(node.ctx, ast.Load):
        return Access.WRITE
    match source.parents[node]:
        case ast.Attribute(attr=method) if method in _ASSIGNS:
            return Access.SET
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[first, *_]) if (
            name in _SETTERS
        ):
            return Access.SET if first is node else Access.READ
    return Access.READ
