"""A Keras 2 optimizer call -> the same optimizer in Keras 3: all its arguments in one fix.

One call, one finding, one fix: renaming `lr=` while `decay=` stays behind would turn a crash into
silently wrong numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.flow import Use
from lrmigrate.analysis.options import is_whole_option
from lrmigrate.analysis.purity import may_change_places
from lrmigrate.analysis.rate_uses import backend_function
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import Site
from lrmigrate.analysis.values import Value, is_whole
from lrmigrate.catalog.keras2 import CLIPPED_TWICE, EXPERIMENTAL, EXPERIMENTAL_REFUSES
from lrmigrate.catalog.schema import Decay, Optimizer
from lrmigrate.model import Applicability, Edit, Unit
from lrmigrate.rules import optimizers as rules
from lrmigrate.rules.arguments import Arguments, is_ordered
from lrmigrate.rules.optimizers.call import Call, is_gone, look, message, read_call
from lrmigrate.rules.optimizers.decay import keep_decay, takes_effect
from lrmigrate.rules.optimizers.newer import newer_optimizers
from lrmigrate.rules.optimizers.notes import clips, notes
from lrmigrate.rules.optimizers.reached import for_reached, reached_optimizers
from lrmigrate.rules.optimizers.standalone import keep_standalone, means_default
from lrmigrate.rules.optimizers.whole import check_whole
from lrmigrate.rules.proposal import Draft, Proposal, by_hand
from lrmigrate.rules.schedules.decay import propose_decay
from lrmigrate.rules.schedules.refused import goes

_NUMPY_SCALARS = frozenset(f"numpy.{name}" for name in ("float16", "float32", "int32", "int64", "int"))

_NUMPY_ARRAYS = frozenset(f"numpy.{name}" for name in ("array", "asarray", "arange", "float32", "int64"))


def optimizers(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every use of a Keras optimizer that Keras 3 does not take as it is."""
    reached = {built.call: built for built in reached_optimizers(context)}
    for site in context.own_sites:
        row = site.legacy.row
        if site.call in reached or not isinstance(row, Optimizer):
            continue
        if proposal := _for_all(context, site, row):
            yield site.node, proposal
    yield from newer_optimizers(context)
    for call, built in reached.items():
        if proposal := for_reached(context, built, _proposal):
            yield call, proposal


def _for_all(context: Context, site: Site, row: Optimizer) -> Proposal | None:
    """The proposal that is right whatever a name stands for: keras's class, or the same one of tf.keras."""
    if not site.others:
        return _proposal(context, site, row)
    proposals = [_proposal(context, site.spelled(path), row) for path in site.paths]
    found = [proposal for proposal in proposals if proposal is not None]
    return replace(found[0], write=partial(_write_all, site, proposals)) if found else None


def _write_all(site: Site, proposals: list[Proposal | None], draft: Draft) -> None:
    """The one fix that all proposals come to; raises Refusal where they differ."""
    drafts = [Draft() for _ in proposals]
    written, spellings = ast.unparse(site.reference), " or ".join(site.paths)
    different = f"`{written}` may be {spellings}, depending on what ran before"
    for proposal, one in zip(proposals, drafts, strict=True):
        if proposal is None:
            raise Refusal(f"{different}: keep one of them")
        if not one.takes(proposal.write):
            raise Refusal(*one.reasons)
    if any(set(one.edits) != set(drafts[0].edits) for one in drafts):
        raise Refusal(f"{different}, and the fix would not be the same: keep one of them")
    draft.edits += drafts[0].edits
    for one in drafts:
        for reason in one.reasons:
            draft.unsafe(reason)
        for note in one.notes:
            draft.note(note)


def _proposal(context: Context, site: Site, row: Optimizer) -> Proposal | None:
    """The proposal for one use of an optimizer; None when there is nothing wrong with it."""
    if site.call is None:
        return _bare(site)
    call, doubt = read_call(context, site, row)
    look(context, call)
    if not call.troubles:
        return None
    rule = next(rule for rule in rules.ARGUMENT_RULES if rule.code in call.troubles)
    is_quiet = call.troubles <= {rules.DECAY.code, rules.POSITIONAL.code}
    unit = Unit((context.source.span(site.call).start,), unnoticed=is_quiet)
    also = tuple(sorted(call.troubles - {rule.code}))
    return Proposal(rule, message(call), partial(_repair, context, call, doubt), unit, also)


def _bare(site: Site) -> Proposal | None:
    """A reference that is not called: only names that are gone matter."""
    if not is_gone(site) and not site.legacy.alias:
        return None
    rule = rules.ALIAS if site.legacy.alias else rules.LEGACY
    if site.legacy.alias and "_" in site.path:
        return None
    advice = by_hand(site.doubt or "it is not called here, so its arguments cannot be seen")
    return Proposal(rule, f"`{ast.unparse(site.reference)}` is gone in Keras 3", advice)


def _repair(context: Context, call: Call, doubt: str, draft: Draft) -> None:
    """Mend the whole call, argument by argument; ``doubt`` says why that would be a guess."""
    _check(context, call, doubt)
    assert call.site.call
    arguments = Arguments.of(context.source, call.site.text)
    if arguments is None:
        raise Refusal("lrmigrate cannot tell how this call is laid out: rewrite it by hand")
    if "lr" in call.bound and "learning_rate" in call.bound:
        raise Refusal("both `lr=` and `learning_rate=` are given: keep the one that was meant")
    if call.row.rate_ignored and "lr" in call.bound:
        raise Refusal(call.row.rate_ignored)
    if {"clipnorm", "clipvalue"} <= clips(context, call) and context.target in CLIPPED_TWICE:
        raise Refusal(CLIPPED_TWICE[context.target])
    for note in notes(context, call):
        draft.note(note)
    rate = call.bound.get("lr", call.bound.get("learning_rate"))
    draft.take(
        partial(_callee, context, call),
        partial(_epsilon, context, call),
        partial(_schedule_decay, context, call),
        partial(_check_rate, context, rate),
        partial(_check_program, context, call),
        partial(_decay, context, call, arguments),
        partial(keep_standalone, context, call),
        partial(_numbers, context, call, arguments, rate),
        partial(_check_order, context, call),
    )
    cut = arguments.remove(call.removed, [call.bound["decay"]] if call.decays else [])
    if cut is None:
        raise Refusal("there is a comment inside an argument that goes, which the fix would lose: move it")
    draft.edits += [*_keywords(call, arguments), *cut, *arguments.add(", ".join(call.added), call.removed)]


def _check(context: Context, call: Call, doubt: str) -> None:
    """Whether the call is what it seems, and meant for this version; raises Refusal."""
    if reason := doubt or call.site.doubt:
        raise Refusal(reason)
    if guard := context.flow.guard(call.site.node):
        raise Refusal(f"{guard}: it may be meant for another version of Keras")


def _check_order(context: Context, call: Call, _: Draft) -> None:
    """Whether the decay can be evaluated behind the rate; raises Refusal."""
    if call.decays and _is_reordered(context, call):
        raise Refusal(
            "an argument assigns a name (`:=`), and the fix would change the order of evaluation: "
            "assign it in a line of its own"
        )
    if call.decays and not may_change_places(context.values, call.bound["decay"], _crossed(context, call)):
        raise Refusal("an argument does more than give a value, and the order of evaluation would change")


def _crossed(context: Context, call: Call) -> list[ast.expr]:
    """The arguments that a decay passes on its way to the rate."""
    assert call.site.call
    rate, decay = call.bound.get("lr", call.bound.get("learning_rate")), call.bound["decay"]
    start = context.source.span(rate if rate is not None else decay).start
    places = sorted((start, context.source.span(decay).start))
    nodes = list(call.written)
    inside = (node for node in nodes if places[0] <= context.source.span(node).start <= places[1])
    return [node for node in inside if node is not decay and (node is not rate or places[0] != start)]


def _is_reordered(context: Context, call: Call) -> bool:
    """Whether a name would be read before it is assigned, once the decay stands behind the rate."""
    assert call.site.call
    rate, decay = call.bound.get("lr", call.bound.get("learning_rate")), call.bound["decay"]
    assigned = {part for part in ast.walk(call.site.text) if isinstance(part, ast.NamedExpr)}
    in_rate = set(ast.walk(rate)) if rate is not None else set()
    is_first = rate is not None and context.source.span(rate).start < context.source.span(decay).start
    return is_ordered(call.site.text) and not (is_first and assigned <= in_rate)


def _callee(context: Context, call: Call, draft: Draft) -> None:
    """Spell the optimizer's own name anew where the old one is gone."""
    site = call.site
    if call.site.is_indirect or not call.troubles & {rules.ALIAS.code, rules.LEGACY.code}:
        return
    if site.path.startswith("tensorflow.python."):
        draft.unsafe(
            "tensorflow.python.keras is Keras 2: its models and layers do not work with a Keras 3 optimizer, "
            "so move them together"
        )
    if "optimizer_v1" in site.path:
        draft.unsafe(
            "taken for the optimizer of tf.keras: `optimizer_v1` held those of before TensorFlow 2, with "
            "other defaults, and accumulators that started at 0"
        )
    if site.legacy.origin == "experimental":
        _check_experimental(call)
        draft.unsafe(EXPERIMENTAL)
    targets = site.targets(f"optimizers.{call.row.name}")
    spelling = context.speller.spell(targets, site.node, site.reference)
    if spelling is None:
        raise Refusal(
            f"no name for `{call.row.name}` is free in this file: import `{targets[0]}` under another one"
        )
    draft.edits += [*spelling.edits, Edit(context.source.span(site.reference), spelling.text)]


def _check_experimental(call: Call) -> None:
    """Whether an argument is one that `optimizers.experimental` had and Keras 3 has not; raises Refusal."""
    for name, reason in EXPERIMENTAL_REFUSES.items():
        if name in call.bound:
            raise Refusal(reason)


def _epsilon(context: Context, call: Call, draft: Draft) -> None:
    """None meant the default, so the argument can go, unless the program has set another default.

    So did 0 in tf.keras.
    """
    meant = "epsilon" in call.bound and means_default(context, call, call.bound["epsilon"], draft)
    if not meant and "epsilon" in call.bound and _may_be_default(context, call.bound["epsilon"]):
        written = ast.unparse(call.bound["epsilon"])
        draft.unsafe(f"`{written}` may be None or 0, which meant 1e-7 and fails in Keras 3: give the number")
    if meant:
        call.removed.append(call.bound["epsilon"])
    is_default = meant or ("epsilon" not in call.bound and call.site.legacy.origin == "keras")
    if is_default and "epsilon" in call.row.keras2.names:
        for place in _sets_epsilon(context):
            draft.unsafe(f"{place} sets the backend's epsilon, which Keras 2 took here: Keras 3 takes 1e-7")


def _may_be_default(context: Context, epsilon: ast.expr) -> bool:
    """Whether an epsilon is, on one way that is in sight, None or 0."""
    if context.flow.constant(epsilon) is not ...:
        return False
    return any(value.constant is None or value.constant == 0 for value in context.values.of(epsilon))


def _sets_epsilon(context: Context) -> list[str]:
    """Where this file, or one that runs with it, sets the epsilon of Keras's backend."""
    calls = [n for n in context.source.nodes(ast.Call) if backend_function(context.names, n) == "set_epsilon"]
    places = [f"line {node.lineno}" for node in calls]
    for home, node in context.values.outside.attribute_reads("set_epsilon", context.values):
        if home.source is not context.source:
            places.append(f"{home.shown} line {node.lineno}")
    if not places and any(
        "set_epsilon" in found for found in context.values.outside.processes(context.values)
    ):
        places.append("another file of the program")
    return places[:1]


def _schedule_decay(context: Context, call: Call, _: Draft) -> None:
    """Keras 3 has fixed what schedule_decay used to set."""
    value = call.bound.get("schedule_decay")
    if value is None:
        return
    if context.flow.constant(value) != float(call.row.keras2.default("schedule_decay") or 0):
        raise Refusal(
            "Keras 3's Nadam always decays its momentum as with `schedule_decay=0.004`, whatever was asked "
            "for here"
        )
    call.removed.append(value)


def _check_rate(context: Context, rate: ast.expr | None, draft: Draft) -> None:
    """What speaks against a plain renaming of `lr=`."""
    if rate is None:
        return
    if not context.flow.is_tensor(rate):
        return
    if not _becomes_schedule(context, rate):
        raise Refusal(
            f"`{ast.unparse(rate)}` is a tensor, which Keras 3 optimizers refuse as rate: give a float, and "
            "set `optimizer.learning_rate` where it changes"
        )
    draft.unsafe("another fix makes its rate a schedule: apply both together")


def _check_program(context: Context, call: Call, draft: Draft) -> None:
    """Whether somebody sets the rate by a name that Keras 3 does not know, in the program or outside."""
    if "lr" not in call.bound and "decay" not in call.bound:
        return
    if "lr" in call.bound:
        check_uses(context, draft)
    check_whole(context, call, draft)


def check_uses(context: Context, draft: Draft) -> None:
    """What goes on by the old name unnoticed, beyond the findings of this file, which are its unit."""
    for use in context.all_rate_uses():
        is_found = use.is_certain and use.attribute == "lr" and not use.where
        if use.attribute in ("lr", "?") and use.is_quiet and not is_found:
            draft.unsafe(f"{use.clause}, which Keras 3 does not notice: fix both together")
            return


def _decay(context: Context, call: Call, arguments: Arguments, draft: Draft) -> None:
    """`decay=` becomes a part of the rate, or goes where it never had an effect."""
    decay = call.bound.get("decay")
    if decay is None:
        return
    if takes_effect(context, call, decay, draft):
        draft.edits += keep_decay(context, call, arguments, draft)
        return
    if not goes(context.flow, decay):
        raise Refusal(
            "`decay=` goes, and its value is computed here: compute it in a line of its own if that does "
            "anything else"
        )
    call.removed.append(decay)


def _numbers(context: Context, call: Call, arguments: Arguments, rate: ast.expr | None, draft: Draft) -> None:
    """Floats for what Keras 3 refuses as a whole number; in a schedule the rate is one already."""
    values = [rate] if rate is not None and not call.decays else []
    values += [call.bound[name] for name in call.row.never_whole if name in call.bound]
    for value in values:
        draft.edits += _as_number(context, arguments, value)


def _becomes_schedule(context: Context, rate: ast.expr) -> bool:
    """Whether a rate is the result of a schedule function that a fix replaces by the schedule itself."""
    made = context.names.single(rate.id, rate) if isinstance(rate, ast.Name) else rate
    if not isinstance(made, ast.Call) or Use.KERAS_RATE not in context.flow.uses(made):
        return False
    for site in context.sites:
        if site.call is made and isinstance(site.legacy.row, Decay):
            fix = propose_decay(context, site, site.legacy.row).fix()
            return fix.applicability is not Applicability.MANUAL
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
        new = call.renamed.get(name, name)
        if value in arguments.keywords:
            edits += arguments.rename(value, new) if name in call.renamed else []
        elif value in call.positional:
            moved = moved or position >= len(modern) or modern[position] != new
            edits += arguments.rename(value, new) if moved else []
            position += 1
    return edits


def _as_number(context: Context, arguments: Arguments, value: ast.expr) -> list[Edit]:
    """A float for what Keras 3 refuses: a whole number or a NumPy scalar that is in sight."""
    literal = arguments.whole_as_float(value)
    if literal:
        return [literal]
    found = context.values.of(value)
    whole = any(is_whole(one) or isinstance(one.constant, bool) for one in found) or is_whole_option(
        context.values, value
    )
    if not whole and not any(_is_of_numpy(one) for one in found):
        return []
    if context.values.binds_at("float", value):
        raise Refusal("`float` means something else in this file, and the fix needs the builtin: rename it")
    return arguments.wrap(value, "float(", ")")


def _is_of_numpy(value: Value) -> bool:
    """Whether a value is a scalar of NumPy that is no Python float, or an element of an array of them."""
    node = value.way.node
    if isinstance(node, ast.Subscript):
        return any(box.path in _NUMPY_ARRAYS for box in value.way.home.of(node.value))
    return value.path in _NUMPY_SCALARS
