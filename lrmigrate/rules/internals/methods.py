"""`optimizer._decayed_lr(dtype)`, `_get_hyper("learning_rate")` -> `optimizer.learning_rate`; the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import RATE_KEYWORDS, Kind
from lrmigrate.analysis.rate_uses import Receiver, receiver_of
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.model import Edit, Span, Unit
from lrmigrate.rules.internals import METHOD
from lrmigrate.rules.internals.classes import old_class_around
from lrmigrate.rules.proposal import Draft, Proposal, Step, by_hand
from lrmigrate.rules.runtime.rate import is_formatted, wrapped

_KEEPS = (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.List, ast.Tuple, ast.Dict, ast.keyword, ast.Yield)
_PLAIN = (ast.Name, ast.Attribute, ast.Constant)
_BY_HAND = {
    "_set_hyper": "set the rate by `optimizer.learning_rate = value`, anything else by its own attribute",
    "get_updates": "compute the gradients, and give them to `optimizer.apply(gradients, variables)`",
}
_METHODS = frozenset({"_decayed_lr", "_get_hyper", *_BY_HAND})


def old_methods(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every call of such a method, those in a class apart that is reported as a whole."""
    for call in context.source.nodes(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _METHODS:
            continue
        if old_class_around(context, call):
            continue
        receiver = receiver_of(context.values, call.func.value)
        if receiver is not Receiver.OPTIMIZER and not context.imports_keras:
            continue
        if receiver is None and not context.values.may_be(call.func.value, Kind.UNKNOWN):
            continue
        if step := _step(context, call, call.func, receiver is Receiver.OPTIMIZER):
            message = f"`{ast.unparse(call)}` raises AttributeError in Keras 3"
            yield call, Proposal(METHOD, message, step, Unit(_built(context, call.func.value)))


def _built(context: Context, owner: ast.expr) -> tuple[int, ...]:
    """Where the optimizers are built that an expression may be; nothing where one is out of sight."""
    values = [value for value in context.values.of(owner) if value.constant is not None]
    calls = [value.way.node for value in values if value.way.home is context.values]
    found = [context.source.span(call).start for call in calls if isinstance(call, ast.Call)]
    return tuple(sorted(set(found))) if len(found) == len(values) else ()


def _step(context: Context, call: ast.Call, method: ast.Attribute, is_sure: bool) -> Step | None:
    """What becomes of one call; None where it is none of Keras 2's."""
    match method.attr, call.args:
        case "_decayed_lr", [_]:
            return partial(_read, context, call, method, is_sure)
        case "_get_hyper", [ast.Constant(value=name), *_] if name in RATE_KEYWORDS:
            return partial(_read_base, context, call, method, is_sure)
        case "_set_hyper", [ast.Constant(value=name), *_] if name in (*RATE_KEYWORDS, "decay"):
            return by_hand(_BY_HAND[method.attr])
        case "get_updates", _ if is_sure:
            return by_hand(_BY_HAND[method.attr])
    return None


def _read(context: Context, call: ast.Call, method: ast.Attribute, is_sure: bool, draft: Draft) -> None:
    """`x._decayed_lr(dtype)` -> `x.learning_rate`."""
    if context.slows and any(True for _ in context.all_rate_uses()):
        raise Refusal(
            "the program has an optimizer with `decay=`, and reads or sets a rate: `learning_rate` may be "
            "the rate without the decay, which this one has in it"
        )
    _rewrite(context, call, method, is_sure, draft)


def _read_base(context: Context, call: ast.Call, method: ast.Attribute, is_sure: bool, draft: Draft) -> None:
    """`x._get_hyper("learning_rate")` -> `x.learning_rate`, where that is neither decayed nor a schedule."""
    if context.slows:
        raise Refusal(
            "the program has an optimizer with `decay=`, and this gave the rate without that: keep the rate "
            "in a variable of your own"
        )
    if context.scheduled:
        raise Refusal(
            "the program has an optimizer whose rate is a schedule, and this gave the schedule: keep that in "
            "a variable of your own, or read `learning_rate`, the rate in force"
        )
    _rewrite(context, call, method, is_sure, draft)


def _rewrite(context: Context, call: ast.Call, method: ast.Attribute, is_sure: bool, draft: Draft) -> None:
    """The attribute in the place of the call; raises Refusal."""
    source = context.source
    parts = [part for argument in call.args for part in ast.walk(argument) if isinstance(part, ast.expr)]
    if call.keywords or not all(isinstance(part, _PLAIN) for part in parts):
        raise Refusal("read `learning_rate`, without arguments")
    if not is_sure:
        draft.unsafe(
            f"assumes that `{ast.unparse(method.value)}` is a Keras optimizer, which is out of sight"
        )
    if guard := context.flow.guard(call):
        draft.unsafe(f"{guard}, which may be meant for another version of Keras")
    parent = source.parents[call]
    setter = next((use for use in context.all_rate_uses() if use.sets), None)
    if isinstance(parent, _KEEPS) and setter:
        draft.unsafe(
            f"`learning_rate` is the rate itself, and {setter.clause}: what is kept here changes with it"
        )
    whole, owner = source.span(call), source.span(method.value)
    closing = source.text[owner.end : whole.end]
    if "#" in closing:
        raise Refusal("read `learning_rate`: there is a comment inside the call, which the fix would lose")
    end = owner.end + closing.index("._" if "._" in closing else ".")
    draft.edits.append(Edit(Span(end, whole.end), ".learning_rate"))
    if is_formatted(context, call):
        draft.edits += wrapped(context, call)
