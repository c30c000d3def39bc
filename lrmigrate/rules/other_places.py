"""What is no use of a catalogued name: the rate at run time, functions given as a rate."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.rate_uses import Access
from lrmigrate.rules.epoch.epoch_function import epoch_functions
from lrmigrate.rules.optimizers.configuration import old_configurations
from lrmigrate.rules.proposal import Proposal
from lrmigrate.rules.runtime.csv_logs import csv_columns
from lrmigrate.rules.runtime.logs import log_keys
from lrmigrate.rules.runtime.rate import propose_rate_use
from lrmigrate.rules.schedules.misfits import misfits
from lrmigrate.rules.schedules.modern import wrong_schedules
from lrmigrate.rules.tf1.optimizers import scheduled_optimizers, successor
from lrmigrate.rules.tf1.rates import mistaken_momentum, uncalled_schedule


def other_places(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such place with its proposal."""
    if context.imports_keras or context.trains_unseen:
        for use in context.rate_uses:
            is_seen = use.access is not Access.CALLBACK and use.receiver != "unseen"
            if is_seen and (found := propose_rate_use(context, use)):
                yield found
    if not context.imports_keras:
        return
    yield from log_keys(context)
    yield from csv_columns(context)
    yield from wrong_schedules(context)
    yield from misfits(context)
    yield from old_configurations(context)
    yield from epoch_functions(context)
    yield from _tf1_optimizers(context)


def _tf1_optimizers(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """What is to be said of TensorFlow 1 optimizers that a schedule feeds."""
    optimizers = list(scheduled_optimizers(context))
    for built in optimizers:
        yield successor(context, built)
        if found := uncalled_schedule(context, built):
            yield found
    yield from mistaken_momentum(context, optimizers)
