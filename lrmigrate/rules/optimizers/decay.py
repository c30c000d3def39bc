"""`decay=` of a Keras optimizer -> an InverseTimeDecay, or a subclass where the rate is set as well."""

from __future__ import annotations

import ast

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.functions import function_of
from lrmigrate.analysis.rate_uses import RateUse
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.saving import saves_optimizers
from lrmigrate.analysis.sites import known
from lrmigrate.catalog import SCHEDULES
from lrmigrate.catalog.keras2 import DECAYED_CLASS, NO_DECAYED_CLASS
from lrmigrate.catalog.schema import Optimizer
from lrmigrate.model import Edit
from lrmigrate.rules.arguments import Arguments
from lrmigrate.rules.optimizers.call import Call
from lrmigrate.rules.optimizers.standalone import default_rate
from lrmigrate.rules.proposal import Draft


def takes_effect(context: Context, call: Call, decay: ast.expr, draft: Draft) -> bool:
    """Whether `decay=` ever changed the rate, as far as the call shows."""
    if call.row.decay_ignored:
        draft.unsafe(f"{call.row.decay_ignored}: the fix takes it out")
        return False
    amount = context.flow.constant(decay) if not isinstance(decay, ast.Name) else ...
    return not (isinstance(amount, int | float) and amount == 0)


def keep_decay(context: Context, call: Call, arguments: Arguments, draft: Draft) -> list[Edit]:
    """Edits that keep what `decay=` did: as a schedule, or where the rate is read or set by a subclass.

    Raises Refusal.
    """
    rate = call.bound.get("lr", call.bound.get("learning_rate"))
    _check(context, rate, call.bound["decay"])
    uses = list(context.all_rate_uses())
    for use in uses:
        if use.attribute in ("decay", "initial_decay") and use.sets:
            raise Refusal(
                f"{use.clause}, which Keras 3 does not notice: write a schedule that has this decay"
            )
    if uses:
        use = min(uses, key=lambda use: (not use.sets, use.where, use.line))
        return _subclass(context, call, use, call.bound["decay"] not in arguments.keywords, draft)
    return _inverse_time(context, call, arguments, draft)


def _check(context: Context, rate: ast.expr | None, decay: ast.expr) -> None:
    """Whether a decay can be kept at all; raises Refusal."""
    amounts = context.values.constants(decay)
    if amounts and all(map(_is_senseless, amounts)):
        raise Refusal(
            f"`decay={ast.unparse(decay)}` had no sensible effect in Keras 2, or raised there: take it out, "
            "or write the number that was meant"
        )
    if rate is None:
        return
    is_function = function_of(context, rate) or known(context.names.certain(rate) or "")
    if is_function or context.flow.is_schedule(rate):
        raise Refusal(
            "the rate is a schedule or a function, which Keras 2 multiplied by 1 / (1 + decay * iterations): "
            "write a LearningRateSchedule that does both"
        )


def _is_senseless(amount: object) -> bool:
    """Whether a constant is no decay."""
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        return amount < 0
    return True


def _subclass(context: Context, call: Call, use: RateUse, is_positional: bool, draft: Draft) -> list[Edit]:
    """`SGD(lr=a, decay=d)` -> `DecayedSGD(learning_rate=a, decay=d)`, whose rate can be read and set."""
    if reason := NO_DECAYED_CLASS.get(context.target):
        raise Refusal(reason)
    reference = _replaceable(context, call)
    if reference is None:
        raise Refusal(
            f"{use.clause_on_schedule}: write a subclass of {call.row.name} whose update_step divides the "
            "rate by 1 + decay * iterations"
        )
    name = f"Decayed{call.row.name}"
    draft.note(
        f"{use.clause_on_schedule}: so the fix adds a subclass of "
        f"{call.row.name} that divides the rate by 1 + decay * iterations"
    )
    if is_positional:
        draft.unsafe(
            "the order of its arguments is that of Keras 2.2, which divided by 1 + decay * iterations before "
            "or after it counted the update: rates may be one update apart"
        )
    if place := saves_optimizers(context.values):
        draft.unsafe(
            f"assumes that {place} does not need the class to be `{call.row.name}` itself, to save, load or "
            f"compare it: the fix adds a subclass `{name}`"
        )
    definition = _definition(context, call, reference)
    if definition is None or name in context.speller.taken:
        raise Refusal(
            f"no class `{name}` can be added at the top of this file: write a subclass of {call.row.name} "
            "whose update_step divides the rate by 1 + decay * iterations"
        )
    return [definition, Edit(context.source.span(reference), name)]


def _replaceable(context: Context, call: Call) -> ast.expr | None:
    """Where another class can be named instead: what is called, or the base of a class of the file."""
    if not call.site.is_indirect:
        return call.site.reference
    match call.site.call:
        case ast.Call(func=ast.Attribute(attr="__init__", value=ast.Call(func=ast.Name(id="super")))) as made:
            owner = context.values.class_of(made)
            bases = owner.bases if owner is not None else []
            is_sure = len(bases) == 1 and context.names.certain(bases[0]) == call.site.path
            return bases[0] if is_sure else None
    return None


def _definition(context: Context, call: Call, reference: ast.expr) -> Edit | None:
    """The edit that adds the subclass at the top of the file; None if it cannot stand there."""
    root: ast.expr = reference
    while isinstance(root, ast.Attribute):
        root = root.value
    is_modern = call.site.legacy.origin in {"keras", "tf.keras"} and not call.site.legacy.alias
    if not is_modern or not isinstance(root, ast.Name):
        return None
    if context.names.scope_of[root].owner(root.id) is not context.names.module:
        return None
    text = DECAYED_CLASS.format(optimizer=call.row.name, base=ast.unparse(reference))
    uses = [site.node for site in context.sites if site.legacy.row is call.row]
    return context.speller.insertion.definition(text, root.id, uses)


def _inverse_time(context: Context, call: Call, arguments: Arguments, draft: Draft) -> list[Edit]:
    """`lr=a, decay=d` -> `learning_rate=InverseTimeDecay(a, decay_steps=1, decay_rate=d)`."""
    site, rate, decay = call.site, call.rate, call.bound["decay"]
    targets = site.targets(f"{SCHEDULES}.InverseTimeDecay")
    if reason := context.lacks(targets[0]):
        raise Refusal(reason)
    near = _named(context) if site.is_indirect else site.reference
    spelling = context.speller.spell(targets, site.written or site.node, near)
    if spelling is None:
        raise Refusal(
            f"no name for `InverseTimeDecay` is free in this file: import `{targets[0]}` under another one"
        )
    edits = list(spelling.edits)
    if rate is None:
        default = default_rate(call, draft)
        call.bound.pop("decay")
        call.bound["learning_rate"] = decay
        opening = f"{spelling.text}({default}, decay_steps=1, decay_rate="
        if decay not in arguments.keywords:
            opening = f"learning_rate={opening}"
        return [*edits, *_renamed_decay(arguments, decay), *arguments.wrap(decay, opening, ")")]
    call.removed.append(decay)
    call.decays = True
    if not context.flow.is_float(rate) and context.values.binds_at("float", rate):
        raise Refusal("`float` means something else in this file, and the fix needs the builtin: rename it")
    number = _as_float(context, rate, arguments)
    before, after = number if number else ("", "")
    closing = f"{after}, decay_steps=1, decay_rate={arguments.text(decay)})"
    return [*edits, *arguments.wrap(rate, f"{spelling.text}({before}", closing)]


def _named(context: Context) -> ast.expr | None:
    """Where the file names a class of optimizers: the same place for all that a call may build."""
    return next((site.reference for site in context.sites if isinstance(site.legacy.row, Optimizer)), None)


def _renamed_decay(arguments: Arguments, decay: ast.expr) -> list[Edit]:
    """The keyword `decay=` becomes `learning_rate=`."""
    return arguments.rename(decay, "learning_rate") if decay in arguments.keywords else []


def _as_float(context: Context, rate: ast.expr, arguments: Arguments) -> tuple[str, str] | None:
    """What to write around a rate that may be a whole number, which would truncate the schedule."""
    if context.flow.is_float(rate):
        return None
    if arguments.whole_as_float(rate) and arguments.text(rate).isdecimal():
        return ("", ".0")
    return ("float(", ")")
