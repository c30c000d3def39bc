"""`decay=` of a Keras optimizer -> an InverseTimeDecay, or a subclass where the rate is set as well."""

from __future__ import annotations

import ast

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.functions import function_of
from lrmigrate.analysis.rate_uses import Access, Receivers
from lrmigrate.analysis.sites import known
from lrmigrate.catalog import SCHEDULES, keras_targets
from lrmigrate.catalog.keras2 import DECAYED_CLASS, DECAYED_CLASS_TF2
from lrmigrate.catalog.schema import Target
from lrmigrate.model import Applicability, Edit
from lrmigrate.rules.arguments import Arguments
from lrmigrate.rules.optimizers.call import Call
from lrmigrate.rules.proposal import Proposal

_UNCLEAR_DEFAULT = "the default rate is not the same in every version of Keras: write it out"
_SETTING = (Access.SET, Access.WRITE, Access.CALLBACK)


def takes_effect(context: Context, call: Call, decay: ast.expr, proposal: Proposal) -> bool:
    """Whether `decay=` ever changed the rate, as far as the call shows."""
    if call.row.decay_ignored:
        proposal.unsafe(f"{call.row.decay_ignored}, so the argument goes")
        return False
    amount = context.flow.constant(decay) if not isinstance(decay, ast.Name) else ...
    return not (isinstance(amount, int | float) and amount == 0)


def keep_decay(context: Context, call: Call, arguments: Arguments, proposal: Proposal) -> list[Edit]:
    """Edits that keep what `decay=` did: as a schedule, or where the rate is read or set by a subclass."""
    rate = call.bound.get("lr", call.bound.get("learning_rate"))
    if reason := _impossible(context, rate, call.bound["decay"]):
        proposal.manual(reason)
        return []
    if line := _line_that_sets_the_decay(context):
        proposal.manual(f"line {line} sets `decay`, which Keras 3 does not notice")
        return []
    if context.rate_uses and context.target is Target.TF2:
        proposal.manual(DECAYED_CLASS_TF2)
        return []
    if context.rate_uses:
        return _subclass(context, call, proposal)
    return _inverse_time(context, call, rate, arguments, proposal)


def _line_that_sets_the_decay(context: Context) -> int:
    """The line that sets the decay of an optimizer at run time; 0 if none does."""
    receivers = Receivers(context.source, context.names)
    for node in context.source.nodes(ast.Attribute):
        if node.attr in {"decay", "initial_decay"} and receivers.kind(node.value):
            call = context.source.parents[node]
            is_given = isinstance(call, ast.Call) and node in call.args[:1]
            if not isinstance(node.ctx, ast.Load) or (is_given and ast.unparse(call).find("set_value(") >= 0):
                return node.lineno
    return 0


def _impossible(context: Context, rate: ast.expr | None, decay: ast.expr) -> str:
    """Why a decay cannot be kept; "" when it can."""
    amount = context.flow.constant(decay)
    if amount is None or isinstance(amount, str | bool) or (isinstance(amount, int | float) and amount < 0):
        return f"`decay={ast.unparse(decay)}` is not a decay that Keras 2 could apply"
    if rate is None:
        return ""
    is_function = function_of(context, rate) or known(context.names.certain(rate) or "")
    if is_function or context.flow.is_schedule(rate):
        return "the rate is not a number; Keras 2 multiplied it by 1 / (1 + decay * iterations)"
    return ""


def _subclass(context: Context, call: Call, proposal: Proposal) -> list[Edit]:
    """`SGD(lr=a, decay=d)` -> `DecayedSGD(learning_rate=a, decay=d)`, whose rate can be read and set."""
    use = min(context.rate_uses, key=lambda use: (use.access not in _SETTING, use.line))
    name = f"Decayed{call.row.name}"
    proposal.unsafe(
        f"{use.clause}, which a schedule as rate would not allow: the fix adds a subclass of "
        f"{call.row.name} that divides the rate by 1 + decay * iterations"
    )
    reference = call.site.reference
    root: ast.expr = reference
    while isinstance(root, ast.Attribute):
        root = root.value
    is_modern = call.site.legacy.origin in {"keras", "tf.keras"} and not call.site.legacy.alias
    definition = None
    if is_modern and isinstance(root, ast.Name) and _is_of_module(context, root):
        text = DECAYED_CLASS.format(optimizer=call.row.name, base=ast.unparse(reference))
        definition = context.speller.definition(text, call.site.node, root.id)
    given = {"lr", "learning_rate"} & set(call.bound)
    if not given and _default_rate(call) != call.row.keras3.default("learning_rate"):
        proposal.manual(_UNCLEAR_DEFAULT)
    elif definition is None or name in context.speller.taken:
        proposal.manual(
            f"no class `{name}` can be added at the top of this file: write a subclass of {call.row.name} "
            "whose update_step divides the rate by 1 + decay * iterations"
        )
    if definition is None or proposal.applicability is Applicability.MANUAL:
        return []
    return [definition, Edit(context.source.span(reference), name)]


def _is_of_module(context: Context, root: ast.Name) -> bool:
    """Whether a name is bound once, at the top of the file."""
    owner = context.names.scope_of[root].owner(root.id)
    return owner is context.names.module and len(owner.bindings[root.id]) == 1


def _inverse_time(
    context: Context, call: Call, rate: ast.expr | None, arguments: Arguments, proposal: Proposal
) -> list[Edit]:
    """`lr=a, decay=d` -> `learning_rate=InverseTimeDecay(a, decay_steps=1, decay_rate=d)`."""
    site, decay = call.site, call.bound["decay"]
    targets = keras_targets(site.path, f"{SCHEDULES}.InverseTimeDecay")
    if reason := context.lacks(targets[0]):
        proposal.manual(reason)
        return []
    spelling = context.speller.spell(targets, site.node, site.reference)
    if spelling is None:
        proposal.manual("no name is free for `InverseTimeDecay` here")
        return []
    edits = list(spelling.edits)
    if rate is None:
        default = _default_rate(call)
        if default is None:
            proposal.manual(_UNCLEAR_DEFAULT)
            return []
        call.bound.pop("decay")
        call.bound["learning_rate"] = decay
        opening = f"{spelling.text}({default}, decay_steps=1, decay_rate="
        if decay not in arguments.keywords:
            opening = f"learning_rate={opening}"
        return [*edits, *_renamed_decay(arguments, decay), *arguments.wrap(decay, opening, ")")]
    call.removed.append(decay)
    call.decays = True
    if not context.flow.is_float(rate) and context.names.live("float", rate):
        proposal.manual("the rate needs `float(...)`, and `float` means something else here")
    number = _as_float(context, rate, arguments)
    before, after = number if number else ("", "")
    closing = f"{after}, decay_steps=1, decay_rate={arguments.text(decay)})"
    return [*edits, *arguments.wrap(rate, f"{spelling.text}({before}", closing)]


def _renamed_decay(arguments: Arguments, decay: ast.expr) -> list[Edit]:
    """The keyword `decay=` becomes `learning_rate=`."""
    return arguments.rename(decay, "learning_rate") if decay in arguments.keywords else []


def _default_rate(call: Call) -> str | None:
    """The rate that the old optimizer used when none was given, where that is certain."""
    everywhere = {
        call.row.tfkeras.default("learning_rate"),
        call.row.keras2.default("lr") if call.row.keras2.names else None,
    }
    if call.site.legacy.origin != "keras" and not call.site.path.startswith("keras."):
        return call.row.tfkeras.default("learning_rate")
    return everywhere.pop() if len(everywhere) == 1 else None


def _as_float(context: Context, rate: ast.expr, arguments: Arguments) -> tuple[str, str] | None:
    """What to write around a rate that may be a whole number, which would truncate the schedule."""
    if context.flow.is_float(rate):
        return None
    if arguments.whole_as_float(rate) and arguments.text(rate).isdecimal():
        return ("", ".0")
    return ("float(", ")")
