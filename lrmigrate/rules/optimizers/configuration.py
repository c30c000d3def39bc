"""Optimizers written as a configuration: `{"class_name": "SGD", "config": {"lr": 0.1, "decay": 1e-4}}`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TypeAlias

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.syntax import Source
from lrmigrate.analysis.unpacked import is_dict, written_out
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Optimizer
from lrmigrate.model import Edit, Span, Unit
from lrmigrate.rules.arguments import Arguments
from lrmigrate.rules.optimizers import CONFIGURATION
from lrmigrate.rules.optimizers.repair import check_uses
from lrmigrate.rules.proposal import Draft, Proposal

_Display: TypeAlias = "ast.Dict | ast.Call"  # `{...}` or `dict(...)`
_ROWS = {row.name.lower(): row for row in OPTIMIZERS}  # Keras looks names up in lower case
_LOADERS = frozenset({"get", "deserialize", "compile"})
_SCHEDULE = (
    '{{"module": "keras.optimizers.schedules", "class_name": "InverseTimeDecay", "config": '
    '{{"initial_learning_rate": {}, "decay_steps": 1, "decay_rate": {}}}}}'
)


def old_configurations(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such dictionary with its proposal."""
    nodes: list[ast.Dict | ast.Call] = list(context.source.nodes(ast.Dict))
    nodes += [call for call in context.source.nodes(ast.Call) if is_dict(context.values, call)]
    for node in nodes:
        if found := _configuration(context, node):
            row, config = found
            if proposal := _proposal(context, node, row, config):
                yield node, proposal


def _configuration(context: Context, node: _Display) -> tuple[Optimizer, _Display] | None:
    """The optimizer that a dictionary names, and its configuration."""
    entries = _entries(node)
    named, config = entries.get("class_name"), entries.get("config")
    if not isinstance(named, ast.Constant) or str(named.value).lower() not in _ROWS or config is None:
        return None
    found = written_out(context.values, config)
    if found is None and isinstance(config, ast.Dict):
        return _ROWS[str(named.value).lower()], config
    return (_ROWS[str(named.value).lower()], found[0]) if found else None


def _entries(node: _Display) -> dict[str, ast.expr]:
    """The values of a dictionary by their keys, where these are literal."""
    if isinstance(node, ast.Call):
        return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _proposal(context: Context, node: _Display, row: Optimizer, config: _Display) -> Proposal | None:
    """What is wrong with one configuration, and its fix."""
    entries = _entries(config)
    troubles = ["`lr` is not recognised"] if "lr" in entries else []
    troubles += ["`decay` is ignored"] if "decay" in entries else []
    if not troubles:
        return None
    message = f"the configuration of `{row.name}` is Keras 2's: in Keras 3 {' and '.join(troubles)}"
    unit = Unit(unnoticed="lr" not in entries)
    return Proposal(CONFIGURATION, message, partial(_mend, context, node, row, config), unit)


def _mend(context: Context, node: _Display, row: Optimizer, config: _Display, draft: Draft) -> None:
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
    if isinstance(config, ast.Dict) and len(entries) < len(config.keys):
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


def _is_loaded(context: Context, node: _Display) -> bool:
    """Whether a dictionary is given to Keras at once: `optimizers.get({...})`, `compile(optimizer={...})`."""
    outer = context.source.parents[node]
    call = context.source.parents[outer] if isinstance(outer, ast.keyword) else outer
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _LOADERS


def _rewrite(
    context: Context,
    config: _Display,
    rate: ast.expr | None,
    decay: ast.expr | None,
    effective: bool,
    draft: Draft,
) -> None:
    """Rename the rate, and move the decay into it."""
    source = context.source
    draft.edits += _renamed(source, config)
    if decay is not None:
        entries = Arguments.of(source, config)
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


def _renamed(source: Source, config: _Display) -> Iterator[Edit]:
    """`"lr": x` -> `"learning_rate": x`, and `lr=x` -> `learning_rate=x`."""
    keys = config.keys if isinstance(config, ast.Dict) else config.keywords
    for key in keys:
        match key:
            case ast.Constant(value="lr"):
                text = source.slice(key)
                if text[1:-1] != "lr":
                    raise Refusal("the key is now `learning_rate`")
                yield Edit(source.span(key), f"{text[0]}learning_rate{text[0]}")
            case ast.keyword(arg="lr"):
                start = source.span(key).start
                yield Edit(Span(start, start + len("lr")), "learning_rate")
