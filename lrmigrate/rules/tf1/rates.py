"""TensorFlow 1 optimizers whose rate runs and is wrong, or does not run.

A schedule itself given where its value is wanted, and Keras's momentum taken for TensorFlow 1's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.mode import Mode, has_references, mode_of
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import Mismatch, bind, optimizer_of
from lrmigrate.analysis.values import Origin
from lrmigrate.catalog.keras2 import SGD
from lrmigrate.catalog.tf1_optimizers import MOMENTUM
from lrmigrate.model import Edit, Span
from lrmigrate.rules.proposal import Draft, Proposal, by_hand
from lrmigrate.rules.tf1 import MISTAKEN_MOMENTUM, UNCALLED_SCHEDULE
from lrmigrate.rules.tf1.optimizers import Built, gap

_UPDATES = frozenset({"minimize", "apply_gradients"})  # both take global_step as their second parameter
_STEP_FUNCTION = "get_or_create_global_step"  # gives the same variable wherever it is called


def uncalled_schedule(context: Context, built: Built) -> Proposal | None:
    """`tf.compat.v1.train.XOptimizer(ExponentialDecay(...))`: the rate is called without a step."""
    if built.origins != {Origin.SCHEDULE}:
        return None
    written = ast.unparse(built.call.func)
    message = f"`{written}` with a schedule as rate raises TypeError at the first update"
    return Proposal(UNCALLED_SCHEDULE, message, partial(_call, context, built))


def _call(context: Context, built: Built, draft: Draft) -> None:
    """Call the rate with the step that the updates count."""
    step = _step(context, built)
    if guard := context.flow.guard(built.call):
        raise Refusal(f"{guard}: it may be meant for another version of TensorFlow")
    if step is None or not isinstance(built.rate, ast.Name | ast.Call):
        raise Refusal("write `lambda: schedule(global_step)` as rate")
    if has_references(context.values):
        raise Refusal(f"write `schedule(tf.identity({step}))` as rate")
    draft.edits += _called_with(context, built.rate, step)


def _called_with(context: Context, rate: ast.expr, step: str) -> list[Edit]:
    """`rate` -> `rate(step)`; in eager code, where that would stay the first step's, a lambda around it."""
    span, depth = context.source.span(rate), len(context.source.ancestors(rate))
    called = Edit(Span(span.end, span.end), f"({step})", -depth)
    if mode_of(context.values, rate, is_tf1=False) is Mode.GRAPH:
        return [called]
    if not _is_fixed(context, rate):
        raise Refusal(f"write `lambda: schedule({step})` as rate")
    return [called, Edit(Span(span.start, span.start), "lambda: ", depth)]


def _is_fixed(context: Context, rate: ast.expr) -> bool:
    """Whether a schedule is the same whenever it is evaluated: a name bound once, or made from constants."""
    if isinstance(rate, ast.Name):
        return context.names.single(rate.id, rate) is not None
    given = (
        [*rate.args, *(keyword.value for keyword in rate.keywords)] if isinstance(rate, ast.Call) else [rate]
    )
    return all(isinstance(argument, ast.Constant) for argument in given)


def _step(context: Context, built: Built) -> str | None:
    """The text of the step that every update in sight counts, where it is known where the rate stands."""
    steps = [_counted(call) for call in _updates(context, built.call)]
    texts = {ast.unparse(step) if step is not None else "" for step in steps}
    if len(texts) != 1 or steps[0] is None:
        return None
    match steps[0]:
        case ast.Name() as name if _is_known(context, name, built.call):
            return name.id
        case ast.Call(func=ast.Attribute(attr=attr), args=[], keywords=[]) if attr == _STEP_FUNCTION:
            return texts.pop()
    return None


def _updates(context: Context, call: ast.Call) -> list[ast.Call]:
    """The calls of the built optimizer's `minimize` and `apply_gradients`; none where some may be unseen."""
    source, names = context.source, context.names
    statement = source.parents[call]
    users: list[ast.expr] = [call]
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
        if not isinstance(target, ast.Name) or len(statement.targets) > 1:
            return []
        owner = names.scope_of[statement].owner(target.id)
        users = [
            load
            for load in names.loads
            if load.id == target.id and names.scope_of[load].owner(load.id) is owner
        ]
        if any(names.single(load.id, load) is not call for load in users if isinstance(load, ast.Name)):
            return []
    found = []
    for user in users:
        method = source.parents[user]
        update = source.parents[method] if isinstance(method, ast.Attribute) else None
        if isinstance(method, ast.Attribute) and isinstance(update, ast.Call) and method.attr in _UPDATES:
            found.append(update)
    return found


def _counted(call: ast.Call) -> ast.expr | None:
    """What an update counts its steps in."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "global_step"]
    return next(iter([*named, *call.args[1:2]]), None)


def _is_known(context: Context, step: ast.Name, call: ast.Call) -> bool:
    """Whether a name is bound just once, and before the optimizer is built, in a scope that this one sees."""
    owner = context.names.scope_of[step].owner(step.id)
    if owner is None or context.names.scope_of[call].owner(step.id) is not owner:
        return False
    (binding, *others) = owner.bindings[step.id]
    is_parameter = isinstance(binding.node, ast.arg)
    place = context.source.offset(binding.node.lineno, binding.node.col_offset)  # type: ignore[attr-defined]
    return not others and (is_parameter or place < context.source.span(call).start)


def mistaken_momentum(context: Context, optimizers: list[Built]) -> Iterator[tuple[ast.expr, Proposal]]:
    """Keras's SGD(momentum=m) as the alternative to MomentumOptimizer(momentum=m), with a changing rate."""
    old = [built for built in optimizers if built.row is MOMENTUM and "momentum" in built.arguments]
    for node in context.source.nodes(ast.Call) if old else ():
        momentum = _keras_momentum(context, node)
        for built in old:
            if momentum != ast.unparse(built.arguments["momentum"]):
                continue
            if _are_alternatives(context, built.call, node):
                yield node, _not_equal(node, built)
                break


def _not_equal(call: ast.Call, built: Built) -> Proposal:
    """What to say of a Keras SGD that is taken for a MomentumOptimizer."""
    written, old = ast.unparse(call.func), ast.unparse(built.call.func)
    message = f"`{written}` does not give the weights of `{old}` with a rate that changes"
    advice = by_hand(gap(MOMENTUM), "where the weights must agree, keep the rate constant")
    return Proposal(MISTAKEN_MOMENTUM, message, advice)


def _keras_momentum(context: Context, call: ast.Call) -> str:
    """The momentum of a Keras SGD whose rate changes; "" for every other call."""
    legacy = optimizer_of(context.names, call)
    if legacy is None or legacy.row is not SGD:
        return ""
    try:
        bound = bind(SGD.keras3, call, frozenset(keyword.arg for keyword in call.keywords if keyword.arg))
    except Mismatch:
        return ""
    rate, momentum = bound.get("learning_rate", bound.get("lr")), bound.get("momentum")
    changes = rate is not None and context.flow.values.origins(rate) != {Origin.OTHER}
    return ast.unparse(momentum) if momentum is not None and changes else ""


def _are_alternatives(context: Context, one: ast.expr, other: ast.expr) -> bool:
    """Whether the program takes either one: branches of an `if`, or values of a dictionary."""
    way = [one, *context.source.ancestors(one)]
    inner: ast.AST = other
    for outer in context.source.ancestors(other):
        if outer in way:
            branch = way[way.index(outer) - 1]
            return _are_branches(outer, branch, inner)
        inner = outer
    return False


def _are_branches(outer: ast.AST, one: ast.AST, other: ast.AST) -> bool:
    """Whether two parts of ``outer`` exclude each other."""
    match outer:
        case ast.If(body=body, orelse=orelse):
            return (one in body and other in orelse) or (other in body and one in orelse)
        case ast.IfExp(test=test):
            return test not in (one, other)
        case ast.Dict(values=values):
            return one in values and other in values
    return False
