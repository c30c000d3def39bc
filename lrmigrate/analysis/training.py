"""Where a model that is compiled with an optimizer is trained, if all that becomes of it is in sight."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.scopes import Scope
from lrmigrate.analysis.syntax import Source

# What a program may do with a model without changing its rate or training it.
_HARMLESS = frozenset(
    [
        *("add", "build", "summary", "count_params", "get_layer", "get_config", "to_json", "name"),
        *("layers", "input", "inputs", "output", "outputs", "input_shape", "output_shape", "metrics_names"),
        *("evaluate", "predict", "predict_on_batch", "test_on_batch", "predict_classes", "predict_proba"),
        *("save", "save_weights", "get_weights", "weights", "trainable_weights"),
    ]
)
_BEFORE_CALLBACKS = 5  # positional parameters of fit: x, y, batch_size, epochs, verbose


@dataclass(frozen=True)
class Training:
    """The one call of `fit` that an optimizer is used in, and the model's name."""

    fit: ast.Call
    model: str

    def argument(self, name: str) -> ast.expr | None:
        """An argument of `fit` that is given by its keyword."""
        return next((k.value for k in self.fit.keywords if k.arg == name), None)


def training_of(context: Context, optimizer: ast.Call) -> Training:
    """The training with ``optimizer``; raises Refusal."""
    compiling = _compiling(context, optimizer)
    assert isinstance(compiling.func, ast.Attribute)
    model = compiling.func.value
    scope = context.names.scope_of[optimizer]
    if not isinstance(model, ast.Name) or scope.is_class:
        raise Refusal("the model that it trains is not a plain name, so its `fit` cannot be found")
    fit = _only_fit(context, model.id, scope, compiling)
    places = [_place(context.source, call) for call in (optimizer, compiling, fit)]
    if None in places or len(set(places)) != 1:
        raise Refusal(f"line {fit.lineno} may train the model without that optimizer, or more than once")
    if context.source.span(compiling).start > context.source.span(fit).start:
        raise Refusal("the model is trained before it is compiled")
    _check_arguments(context, fit)
    return Training(fit, model.id)


def _compiling(context: Context, optimizer: ast.Call) -> ast.Call:
    """The call of `compile` that the optimizer goes to and nothing else; raises Refusal."""
    node: ast.expr = optimizer
    target = context.names.alias_target(optimizer)
    if target is not None:
        owner = context.names.scope_of[optimizer].owner(target.id)
        loads = [
            n
            for n in context.names.loads
            if n.id == target.id and context.names.scope_of[n].owner(n.id) is owner
        ]
        if len(loads) != 1 or owner is None or len(owner.bindings[target.id]) != 1:
            raise Refusal(f"`{target.id}` is used in other places than one call of `compile`")
        node = loads[0]
    call = context.source.parents[node]
    if isinstance(call, ast.keyword) and call.arg == "optimizer":
        call = context.source.parents[call]
    match call:
        case ast.Call(func=ast.Attribute(attr="compile")) if node in [*call.args[:1], *_named(call)]:
            return call
    raise Refusal("the `compile` and the `fit` of this optimizer are out of sight")


def _named(call: ast.Call) -> list[ast.expr]:
    """The value of `optimizer=`."""
    return [keyword.value for keyword in call.keywords if keyword.arg == "optimizer"]


def _only_fit(context: Context, model: str, scope: Scope, compiling: ast.Call) -> ast.Call:
    """The one call of `fit` on a model of which nothing else is out of sight; raises Refusal."""
    if scope.owner(model) is not scope or len(scope.bindings[model]) != 1:
        raise Refusal(f"`{model}` is bound more than once, or in another function")
    if not isinstance(scope.bindings[model][0].value, ast.Call):
        raise Refusal(f"`{model}` is not made by a call here, so something else may train it")
    fits = []
    for load in context.names.loads:
        if load.id != model or context.names.scope_of[load].owner(model) is not scope:
            continue
        attribute = context.source.parents[load]
        call = context.source.parents[attribute]
        called = isinstance(call, ast.Call) and call.func is attribute
        name = attribute.attr if isinstance(attribute, ast.Attribute) else ""
        if name == "fit" and called and context.names.scope_of[load] is scope:
            fits.append(call)
        elif call is not compiling and not (name in _HARMLESS and isinstance(attribute.ctx, ast.Load)):  # type: ignore[attr-defined]
            what = f"{model}.{name}" if name else model
            raise Refusal(f"what line {load.lineno} does with `{what}` may train it or change its rate")
    if len(fits) != 1:
        raise Refusal(
            f"`{model}.fit` is called {len(fits)} times, and each would count its epochs from 0"
            if fits
            else f"`{model}.fit` is not in sight"
        )
    assert isinstance(fits[0], ast.Call)
    return fits[0]


def _place(source: Source, call: ast.expr) -> tuple[ast.AST, str] | None:
    """The block that a call stands in, where it is what one of its statements consists of.

    What stands in a `with` runs where the `with` does.
    """
    statement = source.statement(call)
    outer = source.parents[statement]
    if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return):
        inner = source.parents[call]
        while isinstance(inner, ast.Call | ast.keyword):
            inner = source.parents[inner]
        if inner is not statement:
            return None
        while isinstance(outer, ast.With):
            statement, outer = outer, source.parents[outer]
        fields = ast.iter_fields(outer)
        return outer, next(name for name, value in fields if isinstance(value, list) and statement in value)
    return None


def _check_arguments(context: Context, fit: ast.Call) -> None:
    """Whether the arguments of `fit` are all in sight; raises Refusal."""
    hidden = any(keyword.arg is None for keyword in fit.keywords)
    if hidden or any(isinstance(a, ast.Starred | ast.GeneratorExp) for a in fit.args):
        raise Refusal(f"line {fit.lineno} gives `fit` arguments by `*` or `**`, which are out of sight")
    if len(fit.args) > _BEFORE_CALLBACKS:
        raise Refusal(f"line {fit.lineno} gives `fit` its callbacks by position")
    for keyword in fit.keywords:
        if keyword.arg == "initial_epoch" and context.flow.constant(keyword.value) != 0:
            raise Refusal(f"line {fit.lineno} trains from another epoch than 0 on (`initial_epoch=`)")
