"""ReduceLROnPlateau: `epsilon=` -> `min_delta=`; `monitor="acc"` where the metric is called "accuracy"."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.model import Edit, Span
from lrmigrate.rules.callbacks import EPSILON, MONITOR
from lrmigrate.rules.callbacks.made import Made, made
from lrmigrate.rules.proposal import Draft, Proposal, by_hand

_CLASS = "ReduceLROnPlateau"
_OLD_NAMES = {"acc": "accuracy", "val_acc": "val_accuracy"}


def old_epsilons(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every `epsilon=` of a ReduceLROnPlateau."""
    for callback in made(context, _CLASS):
        for keyword in callback.call.keywords:
            if keyword.arg == "epsilon":
                message = f"`epsilon={ast.unparse(keyword.value)}` is ignored by Keras 3, without a word"
                yield (
                    callback.call,
                    Proposal(EPSILON, message, partial(_min_delta, context, callback, keyword)),
                )
            elif keyword.arg is None and _has_key(context, keyword.value, "epsilon"):
                message = f"`epsilon` in `**{ast.unparse(keyword.value)}` is ignored by Keras 3"
                yield callback.call, Proposal(EPSILON, message, by_hand('write the key "min_delta" there'))


def _has_key(context: Context, node: ast.expr, name: str) -> bool:
    """Whether one of the dictionaries that an expression may be has a key."""
    for way in context.values.ways(node):
        match way.node:
            case ast.Dict(keys=keys) if any(getattr(key, "value", None) == name for key in keys):
                return True
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords) if name in {k.arg for k in keywords}:
                return True
    return False


def _min_delta(context: Context, callback: Made, keyword: ast.keyword, draft: Draft) -> None:
    """`epsilon=` -> `min_delta=`."""
    if callback.argument("min_delta", 5) is not None:
        raise Refusal(
            "Keras 2 took `epsilon`, and ignored the `min_delta` beside it: decide which one is meant, and "
            "write that as `min_delta`"
        )
    start = context.source.span(keyword).start
    draft.edits.append(Edit(Span(start, start + len("epsilon")), "min_delta"))
    if not callback.is_certain:
        draft.unsafe(f"assumes that `{ast.unparse(callback.call.func)}` is Keras's {_CLASS}")
    _doubt_guard(context, callback, draft)


def _doubt_guard(context: Context, callback: Made, draft: Draft) -> None:
    """Code for one version of Keras alone."""
    if guard := context.flow.guard(callback.call):
        draft.unsafe(f"{guard}, which may be meant for another version of Keras")


def old_monitors(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every ReduceLROnPlateau that monitors `acc`, where no metric in sight is called so."""
    named = _metrics(context)
    if named is not None and "acc" in named:
        return
    for callback in made(context, _CLASS):
        monitor = callback.argument("monitor", 0)
        if monitor is not None and (old := _OLD_NAMES.keys() & context.values.constants(monitor)):
            message = f'no metric is called "acc" in Keras 3: `monitor={ast.unparse(monitor)}` finds nothing'
            step = partial(_new_name, context, callback, monitor, str(min(map(str, old))), named)
            yield callback.call, Proposal(MONITOR, message, step)


def _metrics(context: Context) -> set[str] | None:
    """The strings among the metrics that models of the file are compiled with; None where some are unseen."""
    found: set[str] = set()
    is_compiled = False
    for call in context.source.nodes(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "compile":
            given = next((k.value for k in call.keywords if k.arg == "metrics"), None)
            if given is None:
                continue
            is_compiled = True
            values = context.values.each(given)
            if any(value.constant is ... and not value.path for value in values):
                return None if not any(value.constant == "acc" for value in values) else {"acc"}
            found |= {str(value.constant) for value in values if value.constant is not ...}
    return found if is_compiled else None


def _new_name(
    context: Context, callback: Made, monitor: ast.expr, old: str, named: set[str] | None, draft: Draft
) -> None:
    """`"val_acc"` -> `"val_accuracy"`."""
    new = _OLD_NAMES[old]
    if named is None or "accuracy" not in named:
        raise Refusal(
            f'where `compile` has metrics=["accuracy"], write monitor="{new}"; a metric that is given as '
            '"acc" keeps that name'
        )
    text = context.source.slice(monitor)
    quote = text[-1]
    if text != f"{quote}{old}{quote}":
        raise Refusal(f'give it "{new}"')
    draft.edits.append(Edit(context.source.span(monitor), f"{quote}{new}{quote}"))
    draft.unsafe(
        "assumes Keras before 2.3, or TensorFlow 1: later ones never found `acc`, and never lowered the rate"
    )
    if not callback.is_certain:
        draft.unsafe(f"assumes that `{ast.unparse(callback.call.func)}` is Keras's {_CLASS}")
    _doubt_guard(context, callback, draft)
