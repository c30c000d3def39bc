"""Keras before 2.4, the package of its own: what it did where nothing was said, written out."""

from __future__ import annotations

import ast

from lrmigrate.analysis.context import Context
from lrmigrate.catalog.keras2 import CLIPPED_TOGETHER, STANDALONE_EPSILON, STANDALONE_RATE, STANDALONE_START
from lrmigrate.rules.optimizers.call import Call
from lrmigrate.rules.proposal import Draft


def keep_standalone(context: Context, call: Call, draft: Draft) -> None:
    """Spell out what `from keras...` meant in Keras before 2.4; which Keras it was is never known."""
    if call.site.legacy.origin != "keras":
        return
    has_rate = call.rate is not None or not {"lr", "learning_rate"}.isdisjoint(call.elsewhere)
    if not has_rate and (rate := default_rate(call, draft)) != call.row.keras3.default("learning_rate"):
        call.added.append(f"learning_rate={rate}")
    for name, value in call.row.standalone.items():
        if name not in call.bound and name not in call.elsewhere:
            draft.unsafe(STANDALONE_START.format(optimizer=call.row.name))
            call.added.append(f"{name}={value}")
    clipnorm = call.bound.get("clipnorm")
    if clipnorm is not None and context.flow.constant(clipnorm) is not None:
        draft.unsafe(CLIPPED_TOGETHER)
        call.renamed["clipnorm"] = "global_clipnorm"


def default_rate(call: Call, draft: Draft) -> str | None:
    """The rate that the old optimizer used when none was given; None where that is not known."""
    standalone = call.row.keras2.default("lr") if call.row.keras2.names else None
    modern = call.row.tfkeras.default("learning_rate")
    if call.site.legacy.origin == "keras" and standalone not in (None, modern):
        draft.unsafe(STANDALONE_RATE.format(optimizer=call.row.name, rate=standalone))
        return standalone
    return modern


def means_default(context: Context, call: Call, epsilon: ast.expr, draft: Draft) -> bool:
    """Whether an epsilon stood for the default: None everywhere, 0 in tf.keras."""
    value = context.flow.constant(epsilon)
    if value is None:
        return True
    if not isinstance(value, int | float) or isinstance(value, bool) or value != 0:
        return False
    if call.site.legacy.origin == "keras":
        draft.unsafe(STANDALONE_EPSILON)
    return call.site.legacy.origin not in ("keras", "experimental")
