"""A Keras 2 optimizer call -> the same optimizer in Keras 3: all its arguments in one fix.

One call, one finding, one fix: renaming `lr=` while `decay=` stays behind would turn a crash into
silently wrong numbers.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from lrmigrate.catalog import SCHEDULES
from lrmigrate.catalog import keras2 as rules
from lrmigrate.catalog.schema import Optimizer, Rule
from lrmigrate.match import Mismatch, Site, bind, optimizer_order
from lrmigrate.model import Edit
from lrmigrate.rewrite.arguments import Arguments
from lrmigrate.rewrite.context import Context, Proposal, keras_targets
from lrmigrate.rewrite.rate import Access

_SHARED = frozenset(
    [
        "name",
        "clipnorm",
        "clipvalue",
        "global_clipnorm",
        "lr",
        "decay",
        "learning_rate",
        "epsilon",
        "amsgrad",
        "schedule_decay",
        "centered",
        "momentum",
        "rho",
    ]
)


_NUMPY_SCALARS = frozenset(f"numpy.{name}" for name in ("float16", "float32", "int32", "int64", "int"))


@dataclass
class Call:
    """An optimizer call under repair: its arguments by name, and what is wrong with it."""

    site: Site
    row: Optimizer
    bound: dict[str, ast.expr]
    positional: list[ast.expr]
    troubles: set[str] = field(default_factory=set)  # codes
    removed: list[ast.expr] = field(default_factory=list)
    decays: bool = False  # whether `decay=` becomes a schedule

    def trouble(self, rule: Rule) -> None:
        """Note that the call breaks ``rule``."""
        self.troubles.add(rule.code)


def propose_optimizer(context: Context, site: Site, row: Optimizer) -> Proposal | None:
    """The proposal for one use of a Keras optimizer; None when there is nothing wrong with it."""
    if site.call is None:
        return _bare(site)
    proposal = Proposal(rules.LR, "")
    call, reason = _bound(context, site, row)
    if call is None:
        return None
    _look(context, call)
    if not call.troubles:
        return None
    proposal.rule = next(rule for rule in rules.ARGUMENT_RULES if rule.code in call.troubles)
    proposal.message = _message(call)
    reason = reason or site.doubt
    if not reason and (guard := context.flow.guard(site.node)):
        reason = f"{guard}: it may be meant for another version of Keras"
    if reason:
        return proposal.manual(reason)
    arguments = Arguments.of(context.source, site.call)
    if arguments is None:
        return proposal.manual("the layout of the call cannot be told for certain")
    _repair(context, call, arguments, proposal)
    return proposal


def _bare(site: Site) -> Proposal | None:
    """A reference that is not called: only names that are gone matter."""
    if site.legacy.origin != "legacy" and not site.legacy.alias:
        return None
    rule = rules.ALIAS if site.legacy.alias else rules.LEGACY
    if site.legacy.alias and "_" in site.path:
        return None
    proposal = Proposal(rule, f"`{ast.unparse(site.reference)}` is gone in Keras 3")
    return proposal.manual(site.doubt or "it is not called here, so its arguments cannot be seen")


def _bound(context: Context, site: Site, row: Optimizer) -> tuple[Call | None, str]:
    """The arguments of the call, in Keras 2's order or in Keras 3's, and why a fix would be a guess."""
    assert site.call is not None
    keywords = {keyword.arg for keyword in site.call.keywords}
    hidden = None in keywords or any(isinstance(a, ast.Starred) for a in site.call.args)
    if hidden:
        return _hidden(site, site.call, row)
    signature, reason, old = optimizer_order(context.names, site.legacy, site.call)
    try:
        bound = bind(signature, site.call, _SHARED | frozenset(k for k in keywords if k))
    except Mismatch as mismatch:
        bound = {k.arg: k.value for k in site.call.keywords if k.arg}
        reason = reason or str(mismatch)
    call = Call(site, row, bound, list(site.call.args))
    if old:
        call.trouble(rules.POSITIONAL)
    return call, reason


def _hidden(site: Site, call: ast.Call, row: Optimizer) -> tuple[Call, str]:
    """A call with `*args` or `**kwargs`: only the arguments that are written out are known."""
    stars = [f"*{ast.unparse(a.value)}" for a in call.args if isinstance(a, ast.Starred)]
    stars += [f"**{ast.unparse(k.value)}" for k in call.keywords if k.arg is None]
    bound = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    return Call(
        site, row, bound, []
    ), f"`{stars[0]}` may hold `decay` or other arguments that Keras 3 ignores"


def _look(context: Context, call: Call) -> None:
    """Note every trouble of the call."""
    legacy = call.site.legacy
    if call.site.call and any(keyword.arg == "lr" for keyword in call.site.call.keywords):
        call.trouble(rules.LR)
    if "decay" in call.bound:
        call.trouble(rules.DECAY)
    if "schedule_decay" in call.bound:
        call.trouble(rules.SCHEDULE_DECAY)
    if "epsilon" in call.bound and context.flow.constant(call.bound["epsilon"]) is None:
        call.trouble(rules.EPSILON)
    if legacy.alias:
        call.trouble(rules.ALIAS)
    if legacy.origin == "legacy" or (legacy.origin == "private" and call.troubles):
        call.trouble(rules.LEGACY)


def _message(call: Call) -> str:
    """One sentence on the whole call."""
    parts = []
    if rules.LR.code in call.troubles:
        parts.append("`lr=` is now `learning_rate=`")
    if rules.DECAY.code in call.troubles:
        parts.append("`decay=` is ignored by Keras 3")
    if rules.SCHEDULE_DECAY.code in call.troubles:
        parts.append("`schedule_decay=` is gone")
    if rules.EPSILON.code in call.troubles:
        parts.append("`epsilon=None` fails at the first update")
    if rules.POSITIONAL.code in call.troubles:
        parts.append("the positional arguments are in Keras 2's order")
    if rules.LEGACY.code in call.troubles:
        parts.append("this optimizer does not work with Keras 3")
    if rules.ALIAS.code in call.troubles:
        parts.append("the lower-case name is gone")
    return f"`{ast.unparse(call.site.reference)}`: " + "; ".join(parts)


def _repair(context: Context, call: Call, arguments: Arguments, proposal: Proposal) -> None:
    """Build the fix, argument by argument."""
    if "lr" in call.bound and "learning_rate" in call.bound:
        proposal.manual("both `lr=` and `learning_rate=` are given")
        return
    if call.row.rate_ignored and "lr" in call.bound:
        proposal.manual(call.row.rate_ignored)
        return
    if call.row.differs:
        proposal.unsafe(call.row.differs)
    telling = [name for name in call.row.epsilon_tells if name in call.bound]
    if telling and context.flow.constant(call.bound[telling[0]]) is not None:
        proposal.unsafe(f"Keras 3 adds epsilon under the square root, which tells with `{telling[0]}=`")
    _callee(context, call, proposal)
    _epsilon(context, call)
    _schedule_decay(context, call, proposal)
    edits = _rate(context, call, arguments, proposal)
    edits += _keywords(call, arguments)
    for name in call.row.never_whole:
        if name in call.bound:
            edits += _as_number(context, arguments, call.bound[name], proposal)
    moved = [call.bound["decay"]] if call.decays else []
    cut = arguments.remove(call.removed, moved)
    if proposal.applicability.value == "manual":
        proposal.manual(proposal.reasons[-1])
    elif cut is None:
        proposal.manual("a comment inside a removed argument would be lost")
    else:
        proposal.edits += [*edits, *cut]


def _callee(context: Context, call: Call, proposal: Proposal) -> None:
    """Spell the optimizer's own name anew where the old one is gone."""
    site = call.site
    if not site.legacy.alias and site.legacy.origin not in {"legacy", "private"}:
        return
    if site.legacy.origin == "private":
        proposal.unsafe("models and layers from a private module do not work with Keras 3 optimizers")
    targets = keras_targets(site.path, f"optimizers.{call.row.name}")
    spelling = context.speller.spell(targets, site.node, site.reference)
    if spelling is None:
        proposal.manual(f"no name is free for `{targets[0]}` here")
        return
    proposal.edits += [*spelling.edits, Edit(context.source.span(site.reference), spelling.text)]


def _epsilon(context: Context, call: Call) -> None:
    """None meant the default, so the argument can go."""
    if "epsilon" in call.bound and context.flow.constant(call.bound["epsilon"]) is None:
        call.removed.append(call.bound["epsilon"])


def _schedule_decay(context: Context, call: Call, proposal: Proposal) -> None:
    """Keras 3 has fixed what schedule_decay used to set."""
    value = call.bound.get("schedule_decay")
    if value is None:
        return
    if context.flow.constant(value) != float(call.row.keras2.default("schedule_decay") or 0):
        proposal.manual("Keras 3 has no equivalent of `schedule_decay`, whose effect is fixed at 0.004")
    call.removed.append(value)


def _rate(context: Context, call: Call, arguments: Arguments, proposal: Proposal) -> list[Edit]:
    """The rate and its decay: a renamed argument, or an InverseTimeDecay around both."""
    rate = call.bound.get("lr", call.bound.get("learning_rate"))
    decay = call.bound.get("decay")
    if rate is not None:
        _check_rate(context, call, rate, proposal)
    if decay is not None and _decay_has_effect(context, call, decay, proposal):
        if reason := _no_schedule(context, rate, decay):
            proposal.manual(reason)
            return []
        for use in context.rate_uses:
            proposal.unsafe(f"{use.clause}, which would be the decayed rate and no longer the base rate")
        return _inverse_time(context, call, rate, arguments, proposal)
    if decay is not None:
        call.removed.append(decay)
    return _as_number(context, arguments, rate, proposal) if rate is not None else []


def _check_rate(context: Context, call: Call, rate: ast.expr, proposal: Proposal) -> None:
    """What speaks against a plain renaming of `lr=`."""
    writes = [u for u in context.rate_uses if u.access in (Access.WRITE, Access.GUARD)]
    silent = [u for u in writes if u.attribute == "lr" and u.receiver != "optimizer"]  # the others are mended
    if "lr" in call.bound and silent:
        proposal.unsafe(f"{silent[0].clause}, which Keras 3 does not notice: mend both together")
    if context.flow.is_tensor(rate):
        proposal.manual(f"Keras 3 optimizers take no tensor as rate, and `{ast.unparse(rate)}` is one")


def _decay_has_effect(context: Context, call: Call, decay: ast.expr, proposal: Proposal) -> bool:
    """Whether `decay=` ever changed the rate, as far as the call shows."""
    if call.row.decay_ignored:
        proposal.unsafe(f"{call.row.decay_ignored}, so the argument goes")
        return False
    amount = context.flow.constant(decay) if not isinstance(decay, ast.Name) else ...
    return not (isinstance(amount, int | float) and amount == 0)


def _no_schedule(context: Context, rate: ast.expr | None, decay: ast.expr) -> str:
    """Why a decay cannot become a schedule here; "" when it can."""
    setters = [use for use in context.rate_uses if use.access in (Access.SET, Access.WRITE, Access.CALLBACK)]
    if setters:
        return (
            f"{setters[0].clause}: a rate that is a schedule cannot be set, so `decay=` cannot become one; "
            "fold the decay into what sets the rate, as rate / (1 + decay * iterations)"
        )
    amount = context.flow.constant(decay)
    if amount is None or isinstance(amount, str | bool) or (isinstance(amount, int | float) and amount < 0):
        return f"`decay={ast.unparse(decay)}` is not a decay that Keras 2 could apply"
    if isinstance(rate, ast.Lambda) or (rate is not None and context.flow.is_schedule(rate)):
        return "the rate is not a number; Keras 2 multiplied it by 1 / (1 + decay * iterations)"
    return ""


def _inverse_time(
    context: Context, call: Call, rate: ast.expr | None, arguments: Arguments, proposal: Proposal
) -> list[Edit]:
    """`lr=a, decay=d` -> `learning_rate=InverseTimeDecay(a, decay_steps=1, decay_rate=d)`."""
    site, decay = call.site, call.bound["decay"]
    targets = keras_targets(site.path, f"{SCHEDULES}.InverseTimeDecay")
    spelling = context.speller.spell(targets, site.node, site.reference)
    if spelling is None:
        proposal.manual("no name is free for `InverseTimeDecay` here")
        return []
    edits = list(spelling.edits)
    if rate is None:
        default = _default_rate(call)
        if default is None:
            proposal.manual("the default rate is not the same in every version of Keras: write it out")
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


def _keywords(call: Call, arguments: Arguments) -> list[Edit]:
    """Name the arguments that need it: `lr`, and positional ones that have moved."""
    edits: list[Edit] = []
    modern = call.row.keras3.names
    moved = False
    position = 0
    for name, value in call.bound.items():
        if value in call.removed:
            moved = moved or value in call.positional
            continue
        new = "learning_rate" if name == "lr" else name
        if value in arguments.keywords:
            edits += arguments.rename(value, new) if name == "lr" else []
        elif value in call.positional:
            moved = moved or position >= len(modern) or modern[position] != new
            edits += arguments.rename(value, new) if moved else []
            position += 1
    return edits


def _as_number(context: Context, arguments: Arguments, value: ast.expr, proposal: Proposal) -> list[Edit]:
    """A float for what Keras 3 refuses: a whole number or a NumPy scalar that is in sight."""
    literal = arguments.whole_as_float(value)
    if literal:
        return [literal]
    given = context.flow.constant(value)
    whole = isinstance(given, int) and not isinstance(given, bool)
    path = (context.names.certain(value.func) or "") if isinstance(value, ast.Call) else ""
    if not whole and path not in _NUMPY_SCALARS:
        return []
    if context.names.live("float", value):
        proposal.manual("a number needs `float(...)`, and `float` means something else here")
    return arguments.wrap(value, "float(", ")")
