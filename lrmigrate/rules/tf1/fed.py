"""Everything that is to be said of the TensorFlow 1 optimizers that a schedule feeds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lrmigrate.analysis.context import Context
from lrmigrate.rules.proposal import Proposal
from lrmigrate.rules.tf1.optimizers import scheduled_optimizers, successor
from lrmigrate.rules.tf1.rates import mistaken_momentum, uncalled_schedule


def fed_by_schedules(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """What each would be in Keras 3, and what it does wrong."""
    optimizers = list(scheduled_optimizers(context))
    for built in optimizers:
        yield built.call, successor(context, built)
        if found := uncalled_schedule(context, built):
            yield built.call, found
    yield from mistaken_momentum(context, optimizers)
