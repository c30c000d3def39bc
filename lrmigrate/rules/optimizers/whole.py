"""Whether all that becomes of what an optimizer call sets up is in sight."""

from __future__ import annotations

import ast

from lrmigrate.analysis.built import is_constructor, is_partial, uses_of
from lrmigrate.analysis.context import Context
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.spread import leak
from lrmigrate.rules.internals.classes import UNCALLED
from lrmigrate.rules.optimizers.call import Call
from lrmigrate.rules.proposal import Draft

_REBUILDS = ("from_config", "load_model", "deserialize", "clone_model")
_RATES = frozenset({"lr", "learning_rate", "decay"})


def check_whole(context: Context, call: Call, draft: Draft) -> None:
    """Note who could set the rate, or build another optimizer, out of sight. Raises Refusal."""
    made = call.site.call
    assert made is not None
    if is_constructor(made):
        _check_class(context, made, draft)
    uses, closed = uses_of(context.values, made)
    place = next(filter(None, (leak(home, use) for home, use in uses)), "")
    if place or not closed:
        place = place or f"what line {made.lineno} sets up may be used out of sight"
        draft.unsafe(
            "assumes that no code out of sight sets `lr` on this optimizer, which Keras 3 would not notice: "
            f"{place}"
        )
    if is_partial(context.values, made) and ("decay" in call.bound or call.rate is None):
        _check_partial([use for _, use in uses], closed, draft)


def _check_partial(uses: list[ast.Call], closed: bool, draft: Draft) -> None:
    """Whether nobody gives a partial that has a decay another rate; raises Refusal."""
    for use in uses:
        if use.args or any(keyword.arg in _RATES or keyword.arg is None for keyword in use.keywords):
            raise Refusal(f"line {use.lineno} gives it further arguments: write all of them in one call")
    if not closed:
        draft.unsafe("assumes that nobody gives it another rate, which would lose the decay")


def _check_class(context: Context, made: ast.Call, draft: Draft) -> None:
    """Whether a subclass works with Keras 3 but for this call, and is not built from a configuration."""
    owner = context.values.class_of(made)
    if owner is None:
        return
    for name in UNCALLED:
        if context.values.in_classes.get((owner, name)):
            raise Refusal(
                f"`{owner.name}` has `{name}`, which Keras 3 never calls: move what it does to "
                "`update_step(self, gradient, variable, learning_rate)` first"
            )
    hidden = any(keyword.arg is None for keyword in made.keywords)
    values = context.values
    word = next((word for word in _REBUILDS if any(values.outside.holding(word, values))), "")
    if hidden and word:
        draft.unsafe(
            f"assumes that `{word}` builds no `{owner.name}`: its configuration would give "
            "`learning_rate` twice"
        )
