"""A Keras 2 optimizer call -> the same optimizer in Keras 3: all its arguments in one fix.

One call, one finding, one fix: renaming `lr=` while `decay=` stays behind would turn a crash into
silently wrong numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.flow import Use
from lrmigrate.analysis.rate_uses import Access, backend_function
from lrmigrate.analysis.sites import Site, sites
from lrmigrate.catalog import keras2 as rules
from lrmigrate.catalog import keras_targets
from lrmigrate.catalog.schema import Decay, Optimizer, Target
from lrmigrate.model import Applicability, Edit
from lrmigrate.rules.arguments import Arguments, is_ordered
from lrmigrate.rules.optimizers.call import Call, look, message, read_call
from lrmigrate.rules.optimizers.decay import keep_decay, takes_effect
from lrmigrate.rules.proposal import Proposal
from lrmigrate.rules.schedules.decay import propose_decay
from lrmigrate.rules.schedules.refused import goes

_NUMPY_SCALARS = frozenset(f"numpy.{name}" for name in ("float16", "float32", "int32", "int64", "int"))


def propose_optimizer(context: Context, site: Site, row: Optimizer) -> Proposal | None:
    """The proposal for one use of a Keras optimizer; None when there is nothing wrong with it."""
    if site.call is None:
        return _bare(site)
    proposal = Proposal(rules.LR, "")
    call, reason = read_call(context, site, row)
    if call is None:
        return None
    look(context, call)
    if not call.troubles:
        return None
    proposal.rule = next(rule for rule in rules.ARGUMENT_RULES if rule.code in call.troubles)
    proposal.message = message(call)
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
    if call.row.differs_below and context.target is not Target.TF2:  # Keras 2 has the old update rule
        proposal.unsafe(call.row.differs_below)
    for reason in _standalone(call):
        proposal.unsafe(reason)
    telling = [name for name in call.row.epsilon_tells if name in call.bound]
    if telling and context.flow.constant(call.bound[telling[0]]) is not None:
        proposal.unsafe(f"Keras 3 adds epsilon under the square root, which tells with `{telling[0]}=`")
    _callee(context, call, proposal)
    _epsilon(context, call, proposal)
    _schedule_decay(context, call, proposal)
    edits = _rate(context, call, arguments, proposal)
    edits += _keywords(call, arguments)
    for name in call.row.never_whole:
        if name in call.bound:
            edits += _as_number(context, arguments, call.bound[name], proposal)
    moved = [call.bound["decay"]] if call.decays else []
    if moved and _is_reordered(context, call):
        proposal.manual("an argument assigns a name, and the order of evaluation would change")
    cut = arguments.remove(call.removed, moved)
    if proposal.applicability.value == "manual":
        proposal.manual(proposal.reasons[-1])
    elif cut is None:
        proposal.manual("a comment inside a removed argument would be lost")
    else:
        proposal.edits += [*edits, *cut]


def _is_reordered(context: Context, call: Call) -> bool:
    """Whether a name would be read before it is assigned, once the decay stands behind the rate."""
    assert call.site.call
    rate, decay = call.bound.get("lr", call.bound.get("learning_rate")), call.bound["decay"]
    assigned = {part for part in ast.walk(call.site.call) if isinstance(part, ast.NamedExpr)}
    in_rate = set(ast.walk(rate)) if rate is not None else set()
    is_first = rate is not None and context.source.span(rate).start < context.source.span(decay).start
    return is_ordered(call.site.call) and not (is_first and assigned <= in_rate)


def _callee(context: Context, call: Call, proposal: Proposal) -> None:
    """Spell the optimizer's own name anew where the old one is gone."""
    site = call.site
    if not call.troubles & {rules.ALIAS.code, rules.LEGACY.code}:
        return
    if site.legacy.origin == "private":
        proposal.unsafe("models and layers from a private module do not work with Keras 3 optimizers")
    targets = keras_targets(site.path, f"optimizers.{call.row.name}")
    spelling = context.speller.spell(targets, site.node, site.reference)
    if spelling is None:
        proposal.manual(f"no name is free for `{targets[0]}` here")
        return
    proposal.edits += [*spelling.edits, Edit(context.source.span(site.reference), spelling.text)]


def _standalone(call: Call) -> Iterator[str]:
    """What Keras before 2.4, the package of its own, did otherwise: tf.keras did not."""
    if call.site.legacy.origin != "keras":
        return
    if call.row.standalone_differs:
        yield call.row.standalone_differs
    if "clipnorm" in call.bound:
        yield rules.CLIPPED_TOGETHER


def _epsilon(context: Context, call: Call, proposal: Proposal) -> None:
    """None meant the default, so the argument can go, unless the program has set another default."""
    is_none = "epsilon" in call.bound and context.flow.constant(call.bound["epsilon"]) is None
    if is_none:
        call.removed.append(call.bound["epsilon"])
    is_default = is_none or ("epsilon" not in call.bound and call.site.legacy.origin == "keras")
    if is_default and "epsilon" in call.row.keras2.names:
        for node in context.source.nodes(ast.Call):
            if backend_function(context.names, node) == "set_epsilon":
                proposal.unsafe(f"line {node.lineno} sets the epsilon that Keras 2 took, Keras 3 takes 1e-7")


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
    if decay is not None and takes_effect(context, call, decay, proposal):
        edits = keep_decay(context, call, arguments, proposal)
        return (
            edits
            if call.decays or rate is None
            else [*edits, *_as_number(context, arguments, rate, proposal)]
        )
    if decay is not None:
        if not goes(context.flow, decay):
            proposal.manual("`decay=` goes, and what it is here may do more than give a number")
        call.removed.append(decay)
    return _as_number(context, arguments, rate, proposal) if rate is not None else []


def _check_rate(context: Context, call: Call, rate: ast.expr, proposal: Proposal) -> None:
    """What speaks against a plain renaming of `lr=`."""
    writes = [u for u in context.rate_uses if u.access in (Access.WRITE, Access.GUARD)]
    silent = [u for u in writes if u.attribute == "lr" and u.receiver != "optimizer"]  # the others are mended
    if "lr" in call.bound and silent:
        proposal.unsafe(f"{silent[0].clause}, which Keras 3 does not notice: mend both together")
    if context.flow.is_tensor(rate) and _becomes_schedule(context, rate):
        proposal.unsafe("the rate it is given becomes a schedule by another fix: both belong together")
    elif context.flow.is_tensor(rate):
        proposal.manual(f"Keras 3 optimizers take no tensor as rate, and `{ast.unparse(rate)}` is one")


def _becomes_schedule(context: Context, rate: ast.expr) -> bool:
    """Whether a rate is the result of a schedule function that a fix replaces by the schedule itself."""
    made = context.names.single(rate.id, rate) if isinstance(rate, ast.Name) else rate
    if not isinstance(made, ast.Call) or Use.KERAS_RATE not in context.flow.uses(made):
        return False
    for site in sites(context.source, context.names):
        if site.call is made and isinstance(site.legacy.row, Decay):
            proposal = propose_decay(context, site, site.legacy.row)
            return proposal.applicability is not Applicability.MANUAL
    return False


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
