"""AdamW and other optimizers that came with Keras 2.11: what they never took, and where they were."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import keras_names
from lrmigrate.catalog import KERAS_ROOTS, former_optimizers
from lrmigrate.catalog.keras2 import EXPERIMENTAL, EXPERIMENTAL_REFUSES, NEWER
from lrmigrate.model import Edit
from lrmigrate.rules.optimizers import DECAY, LEGACY, LR
from lrmigrate.rules.proposal import Draft, Proposal

_NEWER = {f"{root}.optimizers.{name}": name for root in KERAS_ROOTS for name in NEWER}
_FORMER = former_optimizers()


def newer_optimizers(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every call of one that Keras 3 does not take as it is."""
    for call in context.source.nodes(ast.Call):
        if isinstance(call.func, ast.Name | ast.Attribute):
            path = context.names.certain(call.func) or ""
            if (path in _NEWER or path in _FORMER) and (proposal := _proposal(context, call, path)):
                yield call, proposal


def _proposal(context: Context, call: ast.Call, path: str) -> Proposal | None:
    """What to say of one call."""
    given = {keyword.arg for keyword in call.keywords}
    rules = [rule for rule, name in ((LR, "lr"), (DECAY, "decay")) if name in given]
    rules += [LEGACY] if path in _FORMER else []
    if not rules:
        return None
    parts = ["`lr=` was ignored, and raises ValueError in Keras 3"] * (LR in rules)
    parts += ["`decay=` is ignored by Keras 3"] * (DECAY in rules)
    parts += ["`optimizers.experimental` is gone"] * (LEGACY in rules)
    message = f"`{ast.unparse(call.func)}`: {'; '.join(parts)}"
    return Proposal(rules[0], message, partial(_move, context, call, path))


def _move(context: Context, call: ast.Call, path: str, draft: Draft) -> None:
    """`optimizers.experimental.AdamW` -> `optimizers.AdamW`; raises Refusal."""
    given = {keyword.arg for keyword in call.keywords}
    for name, reason in EXPERIMENTAL_REFUSES.items():
        if name in given and (name != "jit_compile" or path in _FORMER):
            raise Refusal(reason)
    if guard := context.flow.guard(call):
        raise Refusal(f"{guard}: it may be meant for another version of Keras")
    name = _FORMER[path]
    targets = keras_names([path], f"optimizers.{name}")
    spelling = context.speller.spell(targets, call, call.func)
    if spelling is None:
        raise Refusal(f"no name for `{name}` is free in this file: import `{targets[0]}` under another one")
    draft.unsafe(EXPERIMENTAL)
    draft.edits += [*spelling.edits, Edit(context.source.span(call.func), spelling.text)]
