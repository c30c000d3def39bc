"""What is no use of a catalogued name: the rate at run time, functions given as a rate."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.catalog import hazards
from lrmigrate.match import optimizer_of
from lrmigrate.rewrite.context import Context, Proposal
from lrmigrate.rewrite.csv_logs import csv_columns
from lrmigrate.rewrite.logs import log_keys
from lrmigrate.rewrite.rate import Access
from lrmigrate.rewrite.runtime import propose_rate_use
from lrmigrate.rewrite.schedules import wrong_schedules
from lrmigrate.rewrite.serialized import old_configurations
from lrmigrate.rewrite.tf1_optimizers import scheduled_optimizers, successor
from lrmigrate.rewrite.tf1_rates import mistaken_momentum, uncalled_schedule
from lrmigrate.rewrite.training import misfits


def other_places(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such place with its proposal."""
    if not _speaks_keras(context):
        return
    for use in context.rate_uses:
        if use.access is not Access.CALLBACK and (found := propose_rate_use(context, use)):
            yield found
    yield from log_keys(context)
    yield from csv_columns(context)
    yield from wrong_schedules(context)
    yield from misfits(context)
    yield from old_configurations(context)
    yield from _tf1_optimizers(context)
    for node in ast.walk(context.source.tree):
        if isinstance(node, ast.Call) and (function := _epoch_function(context, node)):
            yield node, _function_as_rate(function)


def _tf1_optimizers(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """What is to be said of TensorFlow 1 optimizers that a schedule feeds."""
    optimizers = list(scheduled_optimizers(context))
    for built in optimizers:
        yield successor(context, built)
        if found := uncalled_schedule(context, built):
            yield found
    yield from mistaken_momentum(context, optimizers)


def _speaks_keras(context: Context) -> bool:
    """Whether the file imports Keras or TensorFlow at all."""
    scopes = {context.names.module, *context.names.scope_of.values()}
    paths = [b.path or "" for scope in scopes for found in scope.bindings.values() for b in found]
    paths += [module for module, _ in context.names.module.stars]
    return any(path.partition(".")[0] in {"keras", "tensorflow"} for path in paths)


def _epoch_function(context: Context, call: ast.Call) -> str:
    """The name of a function with a required parameter that an optimizer gets as its rate."""
    if not optimizer_of(context.names, call):
        return ""
    rates = [k.value for k in call.keywords if k.arg in {"learning_rate", "lr"}] + call.args[:1]
    for rate in rates:
        if isinstance(rate, ast.Lambda) and _required(rate.args):
            return "lambda"
        if isinstance(rate, ast.Name):
            live = context.names.live(rate.id, rate)
            functions = [
                b.node for b in live if isinstance(b.node, ast.FunctionDef) and not b.node.decorator_list
            ]
            if functions and len(functions) == len(live) and all(_required(f.args) for f in functions):
                return rate.id
    return ""


def _required(arguments: ast.arguments) -> bool:
    """Whether a function needs an argument."""
    return len(arguments.posonlyargs) + len(arguments.args) > len(arguments.defaults)


def _function_as_rate(function: str) -> Proposal:
    """A function of the epoch given as `learning_rate=`."""
    name = "a function" if function == "lambda" else f"`{function}`"
    proposal = Proposal(
        hazards.EPOCH_FUNCTION, f"{name} needs an argument, but an optimizer calls its rate without one"
    )
    call = "f" if function == "lambda" else function
    return proposal.manual(
        f"write learning_rate=float({call}(0)), and in fit(...): "
        f"callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: float({call}(epoch)))]"
    )
