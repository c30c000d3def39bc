"""Optimizers written as a configuration: `{"class_name": "SGD", "config": {"lr": 0.1, "decay": 1e-4}}`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Optimizer
from lrmigrate.model import Edit, Span, Unit
from lrmigrate.rules.optimizers import CONFIGURATION
from lrmigrate.rules.optimizers.repair import check_uses
from lrmigrate.rules.proposal import Draft, Proposal

_ROWS = {row.name.lower(): row for row in OPTIMIZERS}  # Keras looks names up in lower case
_LOADERS = frozenset({"get", "deserialize", "compile"})
_SCHEDULE = (
    '{{"module": "keras.optimizers.schedules", "class_name": "InverseTimeDecay", "config": '
    '{{"initial_learning_rate": {}, "decay_steps": 1, "decay_rate": {}}}}}'
)


def old_configurations(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such dictionary with its proposal."""
    for node in context.source.nodes(ast.Dict):
        if found := _configuration(node):
            row, config = found
            if proposal := _proposal(context, node, row, config):
                yield node, proposal


def _configuration(node: ast.Dict) -> tuple[Optimizer, ast.Dict] | None:
    """The optimizer that a dictionary names, and its configuration."""
    entries = _entries(node)
    match entries.get("class_name"), entries.get("config"):
        case ast.Constant(value=str(name)), ast.Dict() as config if name.lower() in _ROWS:
            return _ROWS[name.lower()], config
    return None


def _entries(node: ast.Dict) -> dict[str, ast.expr]:
    """The values of a dictionary by their keys, where these are literal."""
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _proposal(context: Context, node: ast.Dict, row: Optimizer, config: ast.Dict) -> Proposal | None:
    """What is wrong with one configuration, and its fix."""
    entries = _entries(config)
    troubles = ["`lr` is not recognised"] if "lr" in entries else []
    troubles += ["`decay` is ignored"] if "decay" in entries else []
    if not troubles:
        return None
    message = f"the configuration of `{row.name}` is Keras 2's: in Keras 3 {' and '.join(troubles)}"
    unit = Unit(unnoticed="lr" not in entries)
    return Proposal(CONFIGURATION, message, partial(_mend, context, node, row, config), unit)


def _mend(context: Context, node: ast.Dict, row: Optimizer, config: ast.Dict, draft: Draft) -> None:
    """Give one configuration the keys of Keras 3."""
    if note := row.notes.get(context.target):
        draft.note(note)
    entries = _entries(config)
    if "lr" in entries:
        check_uses(context, draft)
    rate, decay = entries.get("lr"), entries.get("decay")
    if not _is_loaded(context, node):
        draft.unsafe("assumes that Keras reads this dictionary, which nothing here shows")
    if row.rate_ignored and rate is not None:
        raise Refusal(row.rate_ignored)
    if len(entries) < len(config.keys):
        raise Refusal("some of its keys are out of sight: they may hold `lr` or `decay`, too")
    if "learning_rate" in entries and rate is not None:
        raise Refusal("both `lr` and `learning_rate` are given: keep the one that was meant")
    effective = decay is not None and not row.decay_ignored and context.flow.constant(decay) != 0
    if effective:
        draft.unsafe(
            "assumes that nothing sets the rate later: it becomes a schedule, and setting that raises "
            "TypeError"
        )
    rate = rate if rate is not None else entries.get("learning_rate")
    if effective and (rate is None or not context.flow.is_float(rate)):
        raise Refusal(
            "write the configuration of an InverseTimeDecay with decay_steps 1 as its `learning_rate`, with "
            "a float as rate"
        )
    if effective and (use := next(context.all_rate_uses(), None)):
        raise Refusal(use.clause_on_schedule)
    _rewrite(context, config, rate, decay, effective, draft)


def _is_loaded(context: Context, node: ast.Dict) -> bool:
    """Whether a dictionary is given to Keras at once: `optimizers.get({...})`, `compile(optimizer={...})`."""
    outer = context.source.parents[node]
    call = context.source.parents[outer] if isinstance(outer, ast.keyword) else outer
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _LOADERS


def _rewrite(
    context: Context,
    config: ast.Dict,
    rate: ast.expr | None,
    decay: ast.expr | None,
    effective: bool,
    draft: Draft,
) -> None:
    """Rename the rate, and move the decay into it."""
    source = context.source
    for key in config.keys:
        if isinstance(key, ast.Constant) and key.value == "lr":
            text = source.slice(key)
            if text[1:-1] != "lr":
                raise Refusal("the key is now `learning_rate`")
            draft.edits.append(Edit(source.span(key), f"{text[0]}learning_rate{text[0]}"))
    if decay is not None:
        entries = Elements.of(source, config)
        if entries is None:
            raise Refusal("lrmigrate cannot tell how this dictionary is laid out: rewrite it by hand")
        cut = entries.remove([decay], moved=[decay] if effective else [])
        if cut is None:
            raise Refusal("there is a comment inside the entry of `decay`, which the fix would lose: move it")
        draft.edits += cut
        if effective and rate is not None:
            schedule = _SCHEDULE.format(source.slice(rate), entries.text(decay))
            draft.edits.append(entries.replace(rate, schedule))
            return
    if isinstance(rate, ast.Constant) and source.slice(rate).isdecimal():
        end = source.span(rate).end
        draft.edits.append(Edit(Span(end, end), ".0"))
