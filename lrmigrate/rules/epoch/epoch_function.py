"""LR501: a function of the epoch or the step given as the rate of an optimizer.

Where the training is in sight, a LearningRateScheduler goes on calling it, epoch by epoch. Elsewhere a
schedule class may stand for it, if the steps are known; else the finding says what to write.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.functions import RateFunction, Reached, rate_functions, trouble
from lrmigrate.analysis.layout import comments
from lrmigrate.analysis.rate_uses import Access, RateUse
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import keras_names
from lrmigrate.analysis.syntax import on_one_line
from lrmigrate.analysis.training import Training, training_of
from lrmigrate.catalog import SCHEDULES
from lrmigrate.model import Edit, Span, Unit
from lrmigrate.rules.epoch import EPOCH_FUNCTION
from lrmigrate.rules.epoch.recognise import recognised
from lrmigrate.rules.epoch.shapes import Constant, Shape, as_schedule
from lrmigrate.rules.proposal import Draft, Proposal, by_hand

_STEPS = "STEPS_PER_EPOCH"
_SCHEDULER = "callbacks.LearningRateScheduler"
_SUBCLASS = (
    "write a subclass of keras.optimizers.schedules.LearningRateSchedule whose __call__(self, step) "
    "computes the rate with functions of tf"
)
_SETS_THE_RATE = frozenset({Access.WRITE, Access.SET, Access.CALLBACK})


def epoch_functions(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every such optimizer with its proposal."""
    for function in rate_functions(context):
        if isinstance(function, Reached):
            yield function.optimizer, _report(context, function)
        else:
            yield function.optimizer, _proposal(context, function)


def _report(context: Context, reached: Reached) -> Proposal:
    """What to say where a function reaches the optimizer in a roundabout way: nothing is written for it."""
    home, node = reached.functions[0]
    verb = "is" if reached.is_certain else "may be"
    text = ast.unparse(reached.rate)
    message = (
        f"`{text}` {verb} a function that needs an argument, but an optimizer calls its rate without one"
    )
    place = f"line {node.lineno}" if home is context.values else f"{home.shown} line {node.lineno}"
    is_short = isinstance(reached.rate, ast.Name | ast.Attribute | ast.Subscript)
    function = RateFunction(reached.optimizer, reached.rate, node, text if is_short else "f")
    is_one = reached.is_certain and len(reached.functions) == 1 and not home.source.function_around(node)
    shape = recognised(home.names, function) if is_one else None
    advice = by_hand(f"the function stands in {place}: {_advice(context, function, shape)}")
    return Proposal(EPOCH_FUNCTION, message, advice)


def _proposal(context: Context, function: RateFunction) -> Proposal:
    """What to do about one function."""
    name = f"`{function.name}`" if function.name else "a function"
    message = f"{name} needs an argument, but an optimizer calls its rate without one"
    unit = Unit((context.source.span(function.optimizer).start,))
    return Proposal(EPOCH_FUNCTION, message, partial(_mend, context, function), unit)


def _mend(context: Context, function: RateFunction, draft: Draft) -> None:
    """The fix, or else what to write by hand."""
    shape = recognised(context.names, function)
    if not draft.takes(partial(_write, context, function, shape)):
        raise Refusal(_advice(context, function, shape))


def _check(context: Context, function: RateFunction) -> None:
    """What speaks against any fix; raises Refusal."""
    call = function.optimizer
    if guard := context.flow.guard(call):
        raise Refusal(f"{guard}: it may be meant for another version of Keras")
    names = [keyword.arg for keyword in call.keywords]
    if None in names or any(isinstance(argument, ast.Starred) for argument in call.args):
        raise Refusal("some arguments of the optimizer are out of sight")
    if "decay" in names:
        raise Refusal("the optimizer has `decay=`, too, which would multiply the rate")
    if setters := _setters(context):
        raise Refusal(f"{setters[0].clause}, too")
    if reason := trouble(context, function):
        raise Refusal(reason)
    if context.values.binds_at("float", call):
        raise Refusal("`float` means something else in this file, and the fix needs the builtin: rename it")


def _setters(context: Context) -> list[RateUse]:
    """Where the file sets a rate at run time."""
    return [use for use in context.all_rate_uses() if use.sets]


def _write(context: Context, function: RateFunction, shape: Shape | None, draft: Draft) -> None:
    """The fix that assumes least; raises Refusal."""
    _check(context, function)
    if isinstance(shape, Constant):
        _as_schedule(context, function, shape, 1, draft)
        draft.unsafe("the function always gives the same rate")
        return
    if function.of_step:
        _as_schedule(context, function, shape, 1, draft)
        draft.unsafe(f"assumes that `{function.parameter}` is the number of updates so far")
        return
    if not function.of_epoch:
        raise Refusal(f"whether `{function.parameter}` counts epochs or updates cannot be told")
    training = training_of(context, function.optimizer)
    steps = _steps_per_epoch(context, training)
    try:
        draft.edits += _initial_rate(context, function) + _callback(context, function, training)
    except Refusal:
        if shape is None or not steps:
            raise
        _as_schedule(context, function, shape, steps, draft)
        draft.unsafe(f"assumes that every epoch has {steps} updates, as `steps_per_epoch=` says")
    else:
        model = training.model
        draft.unsafe(f"a LearningRateScheduler calls the function before each epoch of `{model}.fit`")
    if "epoch" not in function.parameter.lower():
        draft.unsafe(f"assumes that `{function.parameter}` is the number of the epoch, from 0")


def _steps_per_epoch(context: Context, training: Training) -> int:
    """The number of updates in an epoch, where `fit` is told; else 0."""
    node = training.argument("steps_per_epoch")
    value = context.flow.constant(node) if node is not None else 0
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _as_schedule(
    context: Context, function: RateFunction, shape: Shape | None, factor: int, draft: Draft
) -> None:
    """Edits that put a schedule class, or a number, in the place of the function; raises Refusal."""
    schedule = as_schedule(shape, factor, function.of_step) if shape is not None else None
    if schedule is None:
        raise Refusal("lrmigrate knows no schedule class that gives these rates")
    if schedule.late:
        raise Refusal(
            "ExponentialDecay(staircase=True) goes down one step late for stairs of that length (rounding)"
        )
    if not schedule.known:
        raise Refusal("some of its numbers are out of sight")
    if schedule.differs:
        raise Refusal(f"{schedule.name} {schedule.differs}")
    text = schedule.text
    if schedule.name:
        targets = _targets(context, function, f"{SCHEDULES}.{schedule.name}")
        if reason := context.lacks(targets[0]):
            raise Refusal(reason)
        spelling = context.speller.spell(targets, function.optimizer, function.optimizer.func)
        module = context.speller.module("math", function.optimizer) if "math.exp(" in text else None
        if spelling is None or ("math.exp(" in text and module is None):
            raise Refusal(
                f"no name for `{targets[0]}`, or for a module that the fix needs, is free in this file"
            )
        draft.edits += [*spelling.edits, *(module.edits if module else ())]
        text = f"{spelling.text}({schedule.arguments})"
    if comments(context.source, function.rate) != ():
        raise Refusal("there is a comment inside the function, which the fix would lose: move it")
    draft.edits += [*_renamed(context, function), Edit(context.source.span(function.rate), text)]


def _targets(context: Context, function: RateFunction, name: str) -> tuple[str, ...]:
    """The qualified names of what stands below a Keras root that fit the optimizer."""
    return keras_names(context.names.resolve(function.optimizer.func), name)


def _renamed(context: Context, function: RateFunction) -> list[Edit]:
    """`lr=` -> `learning_rate=`."""
    keyword = function.keyword()
    if keyword is None or keyword.arg != "lr":
        return []
    start = context.source.span(keyword).start
    return [Edit(Span(start, start + len("lr")), "learning_rate")]


def _initial_rate(context: Context, function: RateFunction) -> list[Edit]:
    """`f` -> `float(f(0))`."""
    span = context.source.span(function.rate)
    if function.name:
        return [*_renamed(context, function), Edit(span, f"float({function.name}(0))")]
    wrapped = [Edit(Span(span.start, span.start), "float(("), Edit(Span(span.end, span.end), ")(0))")]
    return [*_renamed(context, function), *wrapped]


def _callback(context: Context, function: RateFunction, training: Training) -> list[Edit]:
    """A LearningRateScheduler among the callbacks of `fit`; raises Refusal."""
    targets = _targets(context, function, _SCHEDULER)
    spelling = context.speller.spell(targets, training.fit, function.optimizer.func)
    if spelling is None:
        raise Refusal(
            f"no name for `LearningRateScheduler` is free in this file: import `{targets[0]}` under another "
            "one"
        )
    made = f"{spelling.text}({_caller(context, function)})"
    callbacks = training.argument("callbacks")
    if callbacks is None:
        return [*spelling.edits, *_appended(context, training.fit, f"callbacks=[{made}]")]
    if not isinstance(callbacks, ast.List) or not all(_is_known(context, node) for node in callbacks.elts):
        raise Refusal(
            f"what is among the callbacks in line {callbacks.lineno} is out of sight, and may set the rate"
        )
    return [*spelling.edits, *_appended(context, callbacks, made)]


def _caller(context: Context, function: RateFunction) -> str:
    """A function of the epoch that gives a float, which LearningRateScheduler wants; raises Refusal."""
    if function.name:
        parameter = "epoch" if function.name != "epoch" else "number"
        return f"lambda {parameter}: float({function.name}({parameter}))"
    assert isinstance(function.node, ast.Lambda)
    assigns = any(isinstance(part, ast.NamedExpr) for part in ast.walk(function.node))
    if assigns or function.node.args.defaults or not on_one_line(function.node):
        raise Refusal("the lambda cannot be copied")
    return f"lambda {function.parameter}: float({context.source.slice(function.node.body)})"


def _is_known(context: Context, node: ast.expr) -> bool:
    """Whether a callback is made in sight by a class of Keras or of this file."""
    if isinstance(node, ast.Name):
        value = context.names.single(node.id, node)
        return value is not None and not isinstance(value, ast.Name) and _is_known(context, value)
    if not isinstance(node, ast.Call):
        return False
    path = context.names.certain(node.func) or ""
    if isinstance(node.func, ast.Name) and not path:
        live = context.names.live(node.func.id, node.func)
        return bool(live) and all(isinstance(binding.node, ast.ClassDef) for binding in live)
    return path.startswith(("keras.callbacks.", "tensorflow.keras.callbacks."))


def _appended(context: Context, node: ast.Call | ast.List, text: str) -> list[Edit]:
    """One more argument of a call, or one more element of a list; raises Refusal."""
    elements = Elements.of(context.source, node)
    if elements is None:
        raise Refusal("lrmigrate cannot tell how `fit` or its list of callbacks is laid out")
    return elements.append(text)


def _advice(context: Context, function: RateFunction, shape: Shape | None) -> str:
    """What to write by hand."""
    schedule = "" if _setters(context) and not isinstance(shape, Constant) else _suggestion(function, shape)
    if function.of_step:
        return f"write {schedule}" if schedule else _SUBCLASS
    if function.required > 1:
        return (
            "give the optimizer a number, and fit(...) a keras.callbacks.LearningRateScheduler, which calls "
            "its function with the epoch and the rate in force"
        )
    call = function.name or "f"
    advice = (
        f"write learning_rate=float({call}(0)), and in fit(...): "
        f"callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: float({call}(epoch)))]"
    )
    advice = advice if function.name else f"give the lambda the name f, {advice}"
    return f"{advice}; or, for one fit from epoch 0 on, {schedule}" if schedule else advice


def _suggestion(function: RateFunction, shape: Shape | None) -> str:
    """The schedule that gives the same rates, with the steps of an epoch to be filled in."""
    if shape is None or not (function.of_step or function.of_epoch):
        return ""
    schedule = as_schedule(shape, 1 if function.of_step else _STEPS, function.of_step)
    if schedule is None:
        return ""
    if not schedule.name:
        return f"learning_rate={schedule.text}"
    return "" if schedule.late else f"learning_rate=keras.optimizers.schedules.{schedule.text}"
