"""Where a file reads or sets the rate of an optimizer at run time: what a rewritten argument meets.

Whatever may be an optimizer counts, whatever it is called; what is in sight, and something else, does not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from lrmigrate import catalog
from lrmigrate.analysis.library import RATE_KEYWORDS, Kind, is_backend, rate_argument
from lrmigrate.analysis.scopes import FUNCTIONS, Names
from lrmigrate.analysis.sites import optimizer_of, optimizer_order
from lrmigrate.analysis.syntax import Source
from lrmigrate.analysis.values import Value, Values, comes_from_schedule
from lrmigrate.catalog.others import FRAMEWORKS

# Keras's own callbacks, and those of others that go by what they do: CyclicLR, OneCycle, WarmUpLearningRate.
# LRN is a layer, local response normalization.
_RATE_CALLBACK = re.compile(
    r"LearningRate(?!Schedule$)|LR(?![a-z]|N(?:orm)?(?![a-z]))|OneCycle|Warm_?[Uu]p|Anneal"
)
_DECAYS = frozenset({"decay", "initial_decay"})
_SETTINGS = re.compile(
    r"(?i)^(.*_)?(cfgs?|conf|configs?|args?|hparams?|hps?|flags|settings|options|opts|namespace|params)$"
)
_SETTERS = frozenset({"set_value", "update", "update_add", "update_sub"})
_ASSIGNS = frozenset({"assign", "assign_add", "assign_sub"})
_OF_RATES = _DECAYS | {*RATE_KEYWORDS}
_ATTRIBUTE_IN_TEXT = re.compile(r"\.(?:lr|learning_rate|decay)\b|\bsetattr\b")
_ANY = "?"  # an attribute whose name is not in sight


class Access(Enum):
    """What is done to the rate."""

    READ = "reads"
    WRITE = "writes"
    SET = "sets"
    GUARD = "asks for"
    CALLBACK = "sets by a callback"


class Receiver(Enum):
    """What the object is whose rate is read or set."""

    OPTIMIZER = "a Keras optimizer"
    NAMED = "out of sight, and called one"
    UNSEEN = "out of sight"
    NONE = "a callback has none"


@dataclass(frozen=True)
class RateUse:
    """One access to a rate or a decay: `optimizer.lr`, a guard, or a callback that sets it.

    ``attribute`` is "lr", "learning_rate", "decay", the callback's name, or "?" for a name that is not in
    sight. ``where`` is the name of another file of the program, empty for this one. ``line`` is 0 where that
    file cannot be read, and may do anything. ``is_caught``: it stands in a `try` that takes a missing
    attribute for an answer.
    """

    access: Access
    node: ast.expr
    attribute: str
    line: int
    receiver: Receiver = Receiver.NONE
    where: str = ""
    is_caught: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether it is a Keras optimizer's for certain."""
        return self.receiver is Receiver.OPTIMIZER

    @property
    def is_of_rate(self) -> bool:
        """Whether it is the rate that is read or set, by a name that is in sight."""
        return self.attribute in RATE_KEYWORDS

    @property
    def is_of_decay(self) -> bool:
        """Whether it is the decay that is read or set."""
        return self.attribute.endswith("decay")

    @property
    def sets(self) -> bool:
        """Whether the rate may be another one behind it."""
        return self.access in (Access.WRITE, Access.SET, Access.CALLBACK)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing tells that it no longer reaches the rate."""
        if isinstance(self.node, ast.Attribute) and isinstance(self.node.ctx, ast.Del):
            return self.is_caught
        has_default = isinstance(self.node, ast.Call) and len(self.node.args) > 2
        return self.access in (Access.WRITE, Access.GUARD) or has_default or self.is_caught

    @property
    def clause(self) -> str:
        """A clause for a reason."""
        place = f"{self.where} line {self.line}" if self.where else f"line {self.line}"
        written = f"`{ast.unparse(self.node)}`"
        what = "decay" if self.is_of_decay else "rate"
        if not self.line:
            return f"{self.where} could not be read, and may set the rate"
        match self.access:
            case Access.WRITE if self.attribute == _ANY:
                return f"{place} may set the rate ({written})"
            case Access.WRITE if isinstance(self.node, ast.Call):
                return f"{place} sets the {what} ({written})"
            case Access.WRITE:
                return f"{place} sets the {what} (`{ast.unparse(self.node)} = ...`)"
            case Access.SET:
                return f"{place} sets the {what} ({written}, through the backend or `assign`)"
            case Access.CALLBACK:
                return f"{place} sets the rate by the callback {written}"
        return f"{place} {self.access.value} the {what} ({written})"

    @property
    def clause_on_schedule(self) -> str:
        """A clause for a reason: what the access would meet if the rate were a schedule."""
        if self.is_of_decay:
            return f"{self.clause}, which a Keras 3 optimizer does not have"
        if self.sets:
            return f"{self.clause}, and a rate that is a schedule cannot be set (TypeError)"
        if self.access is Access.READ:
            return f"{self.clause}, and would read the decayed one from a schedule"
        return f"{self.clause}, and what it does then may not work with a schedule as rate"


class RateFacts:
    """What one file does with rates, each fact found out when it is first asked for.

    ``ask`` gives the file; None where that cannot be read, and then it may do anything. ``name`` is what a
    reason calls it. ``holds`` says whether a word stands in its text: the file is not asked without need.
    """

    def __init__(
        self,
        ask: Callable[[], Values | None],
        name: str = "",
        holds: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._ask = ask
        self.name = name
        self._holds = holds

    @cached_property
    def uses(self) -> tuple[RateUse, ...]:
        """Its accesses, as others are to be told of them."""
        values = self._ask()
        if values is None:
            return (RateUse(Access.WRITE, ast.Constant(...), _ANY, 0, Receiver.UNSEEN, self.name),)
        return tuple(_told(use, values) for use in rate_uses(values))

    @cached_property
    def made(self) -> str:
        """Where it builds an optimizer with `lr=`, as a reason says it; "" for nowhere."""
        values = self._ask() if self._holds("lr") else None
        calls = values.source.nodes(ast.Call) if values else []
        line = next((call.lineno for call in calls if values and takes_lr(values, call)), 0)
        return f"{self.name} line {line}" if line else ""

    @cached_property
    def writes_key(self) -> bool:
        """Whether it puts `lr` into a dictionary, as Keras's callbacks once did."""
        values = self._ask() if self._holds("lr") else None
        return values is not None and writes_key(values)

    @cached_property
    def decays(self) -> bool:
        """Whether it builds an optimizer with a decay, which Keras 3 would ignore without a word."""
        values = self._ask() if self._holds("decay") or self._builds else None
        return values is not None and decays(values)

    @cached_property
    def scheduled(self) -> bool:
        """Whether it builds an optimizer with a schedule as rate."""
        values = self._ask() if self._builds else None
        return values is not None and is_scheduled(values)

    @cached_property
    def _builds(self) -> bool:
        """Whether it names a class of optimizers."""
        return any(self._holds(name) for name in catalog.optimizer_words())


def takes_lr(values: Values, call: ast.Call) -> bool:
    """Whether a call builds an optimizer with `lr=`."""
    is_given = any(keyword.arg == "lr" for keyword in call.keywords)
    return is_given and optimizer_of(values.names, call) is not None


def writes_key(values: Values) -> bool:
    """Whether a file puts `lr` into a dictionary: `logs["lr"] = x`, `{"lr": x}`, `logs.update(lr=x)`."""
    for text in values.by_text.get("lr", []):
        parent = values.source.parents[text]
        if isinstance(parent, ast.Dict) or (
            isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)
        ):
            return True
    updates = (k for k in values.source.nodes(ast.keyword) if k.arg == "lr")
    calls = (values.source.parents[keyword] for keyword in updates)
    return any(
        isinstance(c, ast.Call) and isinstance(c.func, ast.Attribute) and c.func.attr == "update"
        for c in calls
    )


def _told(use: RateUse, values: Values) -> RateUse:
    """A use as another file is to be told of it."""
    cell, line = values.source.place(use.line)
    return replace(use, where=values.shown + cell, line=line)


def decays(values: Values) -> bool:
    """Whether an optimizer of a file has a decay that Keras 3 ignores without a word."""
    return any(_has_decay(values, call) for call in values.source.nodes(ast.Call))


def _has_decay(values: Values, call: ast.Call) -> bool:
    """Whether a call builds an optimizer with a decay, by its keyword or in Keras 2's order.

    One that is given `lr=`, too, raises in Keras 3.
    """
    if any(keyword.arg == "lr" for keyword in call.keywords):
        return False
    given = [keyword.value for keyword in call.keywords if keyword.arg == "decay"]
    legacy = optimizer_of(values.names, call) if given or len(call.args) > 1 else None
    if legacy is None:
        return False
    signature, _, _ = optimizer_order(values.names, legacy, call)
    if "decay" in signature.names:
        index = signature.names.index("decay")
        given += call.args[index : index + 1]
    return any(values.constant(value) not in (0, None) for value in given)


def is_scheduled(values: Values) -> bool:
    """Whether an optimizer of a file is built with a schedule as rate."""
    for call in values.source.nodes(ast.Call):
        if optimizer_of(values.names, call) and (rate := rate_argument(call)) is not None:
            if comes_from_schedule(values.of(rate)):
                return True
    return False


def rate_uses(values: Values) -> tuple[RateUse, ...]:
    """Every access to an optimizer's rate or decay in the file, in the order of the text."""
    found = sorted(_uses(values), key=lambda use: (use.line, use.node.col_offset))
    return tuple(found)


def _uses(values: Values) -> Iterator[RateUse]:
    """Walk the file once."""
    source = values.source
    for node in source.nodes(ast.Attribute):
        if node.attr in RATE_KEYWORDS or node.attr in _DECAYS:
            yield from _of_attribute(values, node, _access(source, node))
    for call in source.nodes(ast.Call):
        yield from _by_name(values, call)
        yield from _of_configuration(values, call)
        yield from _in_text(values, call)
    for name in source.nodes(ast.Name):
        if name.id == "setattr" and _is_handed_on(values, name):
            yield RateUse(Access.WRITE, name, _ANY, name.lineno, Receiver.UNSEEN)
    yield from _callbacks(values)


def _of_attribute(values: Values, node: ast.Attribute, access: Access) -> Iterator[RateUse]:
    """`x.lr` or `x.decay`, of what is or may be an optimizer."""
    receiver = _by_backend(values, node) or receiver_of(values, node.value)
    if receiver is None and access in (Access.WRITE, Access.SET):
        receiver = Receiver.UNSEEN if Kind.UNKNOWN in values.kinds(node.value) else None
    if receiver is not None:
        caught = _is_caught(values.source, node)
        yield RateUse(access, node, node.attr, node.lineno, receiver, is_caught=caught)


def _by_name(values: Values, call: ast.Call) -> Iterator[RateUse]:
    """`hasattr(x, "lr")`, `getattr(x, "decay", 0)`, `setattr(x, name, v)`, `x.__setattr__(name, v)`."""
    asked = _asked_by_name(call)
    if asked is None:
        return
    by, node, given = asked
    attributes = _names_given(values, given)
    named = attributes & _OF_RATES
    if not named and ... not in attributes:
        return
    is_literal = isinstance(given, ast.Constant) and isinstance(call.func, ast.Name)
    attribute = str(min(map(str, named))) if is_literal else _ANY  # in sight, and not to be renamed
    receiver = receiver_of(values, node)
    if by == "setattr":
        is_unseen = Kind.UNKNOWN in values.kinds(node) and not _is_self(node)
        receiver = receiver or (Receiver.UNSEEN if is_unseen else None)
    elif not named and receiver is not Receiver.OPTIMIZER:
        return
    elif not is_literal and by == "getattr" and len(call.args) < 3:
        return  # raises where the attribute is missing
    if receiver is None:
        return
    half = by == "hasattr" and not _only_raises(values.source, call) and receiver is Receiver.OPTIMIZER
    receiver = Receiver.NAMED if half or not is_literal else receiver
    if attribute == _ANY and named and by != "setattr" and not named.isdisjoint(_DECAYS):
        yield RateUse(_BY_NAME[by], call, "decay", call.lineno, receiver)
    yield RateUse(_BY_NAME[by], call, attribute, call.lineno, receiver)


def _is_caught(source: Source, node: ast.expr) -> bool:
    """Whether an AttributeError that an expression raises is caught."""
    inner: ast.AST = node
    for outer in source.ancestors(node):
        if isinstance(outer, FUNCTIONS):
            return False
        if isinstance(outer, ast.Try) and inner in outer.body:
            if any(handler.type is None or _catches(handler.type) for handler in outer.handlers):
                return True
        if isinstance(outer, ast.With):
            if any("suppress" in ast.unparse(item.context_expr) for item in outer.items):
                return True
        inner = outer
    return False


def _catches(caught: ast.expr) -> bool:
    """Whether the type of a handler takes an AttributeError."""
    named = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(caught)}
    return not named.isdisjoint(("AttributeError", "Exception", "BaseException"))


def _asked_by_name(call: ast.Call) -> tuple[str, ast.expr, ast.expr] | None:
    """The function that gets or sets an attribute by its name, the object, and the name."""
    match call:
        case ast.Call(func=ast.Name(id=by), args=[node, given, *_]) if by in _BY_NAME:
            return by, node, given
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="object"), attr="__setattr__"), args=[node, given, _]
        ):
            return "setattr", node, given
        case ast.Call(func=ast.Attribute(value=node, attr="__setattr__"), args=[given, _]):
            is_super = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
            )
            return None if is_super else ("setattr", node, given)
    return None


def _names_given(values: Values, given: ast.expr) -> frozenset[object]:
    """What the name of an attribute may be; `...` where that is not in sight."""
    found = frozenset(value.constant for value in values.of(given))
    return found - {...} if _begins_otherwise(given) else found


def _begins_otherwise(name: ast.expr) -> bool:
    """Whether a name is put together, and its beginning in sight is that of no rate: `f"layer_{n}"`."""
    match name:
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return not any(word.startswith(start) for word in (*RATE_KEYWORDS, *_DECAYS))
        case ast.BinOp(left=ast.Constant(value=str(start)), op=ast.Add()):
            return not any(word.startswith(start) for word in (*RATE_KEYWORDS, *_DECAYS))
    return False


def _is_self(node: ast.expr) -> bool:
    """Whether an object is `self` of a class of the program."""
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _of_configuration(values: Values, call: ast.Call) -> Iterator[RateUse]:
    """`optimizer.get_config()`, with `lr` and `decay` in it, whoever reads them."""
    match call:
        case ast.Call(func=ast.Attribute(value=node, attr="get_config")):
            if (receiver := receiver_of(values, node)) is not None:
                key = _key_of(values.source, call)
                yield RateUse(Access.READ, call, f"config {key}", call.lineno, receiver)


def _is_handed_on(values: Values, name: ast.Name) -> bool:
    """Whether a builtin function is given away instead of called: `map(setattr, ...)`."""
    call = values.source.parents[name]
    is_called = isinstance(call, ast.Call) and call.func is name
    return isinstance(name.ctx, ast.Load) and not is_called and not values.names.live(name.id, name)


def _in_text(values: Values, call: ast.Call) -> Iterator[RateUse]:
    """`attrgetter("lr")`, `exec("optimizer.lr = 0.1")`: names of attributes in texts."""
    match call:
        case ast.Call(func=ast.Name(id="attrgetter") | ast.Attribute(attr="attrgetter"), args=[*given]):
            named = {name for text in given for name in _names_given(values, text)} & _OF_RATES
            for name in sorted(map(str, named)):
                yield RateUse(Access.READ, call, name, call.lineno, Receiver.UNSEEN)
        case ast.Call(func=ast.Name(id="exec" | "eval"), args=[ast.Constant(value=str() as text), *_]):
            if _ATTRIBUTE_IN_TEXT.search(text):
                yield RateUse(Access.WRITE, call, _ANY, call.lineno, Receiver.UNSEEN)


def _key_of(source: Source, call: ast.Call) -> str:
    """The key that is read of a configuration at once; "decay" where it may be any."""
    match source.parents[call]:
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
    return "decay"


def _callbacks(values: Values) -> Iterator[RateUse]:
    """The callbacks that set the rate, where they are made, or handed on as a class."""
    source, names = values.source, values.names
    aliases = _callback_aliases(names)
    nodes: list[ast.Attribute | ast.Name] = [*source.nodes(ast.Attribute), *source.nodes(ast.Name)]
    for node in nodes:
        name = node.attr if isinstance(node, ast.Attribute) else aliases.get(node.id, node.id)
        if not isinstance(node.ctx, ast.Load) or not _RATE_CALLBACK.search(name):
            continue
        parent = source.parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        is_made = called or isinstance(parent, ast.ClassDef) or _is_passed_on(source, names, node)
        if is_made and not _is_rate(source, names, parent):
            yield RateUse(Access.CALLBACK, node, name, node.lineno)


def receiver_of(values: Values, node: ast.expr) -> Receiver | None:
    """What an object is as the receiver of a rate: None where it is in sight, and no optimizer of Keras's.

    An object out of sight that is called an optimizer is taken for one, unless the file has optimizers of
    another framework.
    """
    found = values.of(node)
    if any(value.kind is Kind.OPTIMIZER for value in found):
        return Receiver.OPTIMIZER if all(map(_is_optimizer, found)) else Receiver.NAMED
    if not any(value.kind is Kind.UNKNOWN for value in found) or _is_of_framework(values):
        return None
    is_named = _is_called_optimizer(node) and not _is_called_settings(node) and not _is_field(values, node)
    return Receiver.NAMED if is_named else None


def _is_field(values: Values, node: ast.expr) -> bool:
    """Whether an expression is a field of an object of the program, which it has from somewhere unseen."""
    if not isinstance(node, ast.Attribute) or _is_self(node.value):
        return False
    return values.is_certainly(node.value, Kind.OBJECT)


def _is_called_settings(node: ast.expr) -> bool:
    """Whether an expression is part of a bundle of settings, by what that is called: `cfg.optimizer`.

    What is read from one is not worth a warning; what is assigned to one counts like everything out of sight.
    """
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Attribute) and _SETTINGS.search(node.attr):
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and _SETTINGS.search(node.id) is not None


def _is_optimizer(value: Value) -> bool:
    """Whether a value is a Keras optimizer, or the None that stands for one that is still to come."""
    return value.kind is Kind.OPTIMIZER or value.constant is None


def _is_called_optimizer(node: ast.expr) -> bool:
    """Whether an expression is called an optimizer."""
    match node:
        case ast.Attribute(attr="optimizer" | "opt"):
            return True
        case ast.Name(id=name):
            return name in {"optimizer", "opt", "optim"} or name.endswith("_optimizer")
    return False


def _is_of_framework(values: Values) -> bool:
    """Whether the file imports another framework, which has optimizers, too."""
    paths = {
        b.path or "" for scope in values.names.scopes for found in scope.bindings.values() for b in found
    }
    paths |= {module for module, _ in values.names.module.stars}
    return not FRAMEWORKS.isdisjoint(path.partition(".")[0] for path in paths)


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
    found = {(path or "").rpartition(".")[::2] for path in names.resolve(call.func)}
    functions = {name if is_backend(module) else "" for module, name in found}
    return functions.pop() if len(functions) == 1 else ""


def _by_backend(values: Values, node: ast.Attribute) -> Receiver | None:
    """Of an object whose `lr` Keras's backend reads or sets, as it does with variables of Keras alone.

    `self` is an optimizer of one's own.
    """
    call = values.source.parents[node]
    is_own = isinstance(node.value, ast.Name) and node.value.id == "self"
    if is_own or node.attr != "lr" or not isinstance(call, ast.Call) or node not in call.args[:1]:
        return None
    named = backend_function(values.names, call) in {"get_value", "set_value"}
    return Receiver.OPTIMIZER if named and Kind.UNKNOWN in values.kinds(node.value) else None


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
