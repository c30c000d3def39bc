"""Schedules to show, old and modern, of an expression or a file, and their rates at some steps."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrmigrate.analysis.syntax import CannotParse
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Decay
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.engine.kinds import kind_of
from lrmigrate.verify import formulas
from lrmigrate.verify.case import DECAY_ROWS
from lrmigrate.verify.client import Worker
from lrmigrate.verify.expression import Expression, Hole, Invocation, Literal, Refused, Value, evaluate, holes
from lrmigrate.verify.plan import Columns, counter_among, sources
from lrmigrate.verify.program import Reader

_SCHEDULES = frozenset({"legacy", "schedule", "stand-in"})
_MODERN: Mapping[str, Decay] = {row.new.name: row for row in reversed(DECAYS) if row.new}
_COUNTER = "step"
_HEAD = (
    "import tensorflow as tf\nimport tensorflow\nimport keras\nfrom keras import optimizers\n"
    f"from keras.optimizers import schedules, {', '.join(row.name for row in OPTIMIZERS)}\n"
    f"from keras.optimizers.schedules import {', '.join(sorted({*_MODERN} - {'LinearCosineDecay'}))}\n"
    f"from tensorflow.train import {', '.join(sorted(DECAY_ROWS))}\n"
)


@dataclass(frozen=True)
class Shown:
    """A schedule: its place, its text, and the expression, with the step put in where it is not called."""

    place: str
    text: str
    read: Invocation
    landmarks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Rates:
    """The rates of one schedule at the steps that were asked for; ``by`` says how they were found."""

    shown: Shown
    rates: tuple[float, ...]
    by: str


def of_expression(text: str) -> Shown:
    """The schedule that an expression makes; raises Refused."""
    try:
        reader = Reader(f"{_HEAD}({text})\n")
    except CannotParse as error:
        raise Refused(f"it is neither a file nor an expression: {error.reason}") from None
    statement = reader.source.tree.body[-1]
    if not isinstance(statement, ast.Expr):
        raise Refused("it is no expression")
    return _shown(reader, statement.value, "", text)


def of_file(text: str, path: str) -> Iterator[Shown | tuple[str, str, str]]:
    """Every schedule of a file, nested ones apart; one that cannot be read as place, text and reason."""
    joined, _ = kind_of(path).joined(text, [])
    reader = Reader(joined)
    for place in reader.places(_SCHEDULES | {"optimizer"}):
        where = f"{path}:{place.line}"
        nodes = _inside(reader, place.node) if place.kind == "optimizer" else [place.node]
        for node in nodes:
            shown = ast.unparse(node)
            try:
                yield _shown(reader, node, where, shown)
            except Refused as refusal:
                yield where, shown, str(refusal)


def _inside(reader: Reader, call: ast.expr) -> list[ast.expr]:
    """What an optimizer has of a schedule: itself where it has `decay=`, else what it is given."""
    assert isinstance(call, ast.Call)
    if any(keyword.arg == "decay" for keyword in call.keywords):
        return [call]
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return [value for value in values if reader.kind(value) in _SCHEDULES]


def _shown(reader: Reader, node: ast.expr, place: str, text: str) -> Shown:
    """A schedule that an expression makes; raises Refused."""
    if reader.kind(node) == "optimizer":
        assert isinstance(node, ast.Call)
        return Shown(place, text, _decay(reader.old_optimizer(node)))
    read = reader.read(node)
    if not isinstance(read, Invocation) or read.kind not in _SCHEDULES:
        raise Refused("it is no schedule that lrmigrate knows")
    if read.kind != "legacy" and read.step is None:
        read = Invocation(read.kind, read.name, read.args, read.kwargs, Hole(_COUNTER))
    return Shown(place, text, read)


def _decay(optimizer: Invocation) -> Invocation:
    """The schedule that `decay=` of an old optimizer is; raises Refused."""
    given = dict(optimizer.kwargs)
    row = next(row for row in OPTIMIZERS if row.name == optimizer.name)
    if "decay" not in given or row.decay_ignored:
        raise Refused(row.decay_ignored or "it has a constant rate")
    rate = (
        given.get("learning_rate")
        or given.get("lr")
        or Literal(float(row.tfkeras.default("learning_rate") or 0))
    )
    if isinstance(rate, Invocation):
        raise Refused("a schedule and a decay together")
    new = (rate, Literal(1), given["decay"])
    return Invocation("schedule", "InverseTimeDecay", new, (), Hole(_COUNTER))


def rates_of(shown: Shown, steps: Sequence[int], pinned: Mapping[str, Value], worker: Worker) -> Rates:
    """The rates at some steps, by the formula or by running it; raises Refused and CannotVerify."""
    counter = _counter(shown.read)
    left = sorted(set(holes(shown.read)) - {counter} - set(pinned))
    if left:
        raise Refused(f"`{left[0]}` is left open: --set {left[0]}=VALUE")
    points = [{**pinned, counter: step} for step in steps]
    found = _by_formula(shown.read, points)
    if found is not None:
        return Rates(shown, tuple(found), "by its formula")
    return Rates(shown, tuple(_by_running(shown.read, points, worker)), f"run, {_versions(worker)}")


def landmarks(shown: Shown, pinned: Mapping[str, Value]) -> list[float]:
    """The steps at which a schedule bends; raises Refused where a value is open."""
    row, arguments, _ = _bound(shown.read)
    marks: list[Any] = []
    for name in row.landmarks if row else ():
        if name in arguments and set(holes(arguments[name])) <= set(pinned):
            value = evaluate(arguments[name], pinned)
            marks += value if isinstance(value, list) else [value]
    return [mark for mark in marks if isinstance(mark, int | float)]


def _counter(read: Invocation) -> str:
    """The hole that counts steps."""
    return counter_among(holes(_bound(read)[2]))


def _bound(read: Invocation) -> tuple[Decay | None, dict[str, Expression], Expression | None]:
    """The row, the arguments by their old names, and the step; no row where it lacks an argument."""
    if read.kind == "legacy":
        row = DECAY_ROWS[read.name]
        names = row.signature.names
        arguments = dict(zip(names, read.args, strict=False)) | dict(read.kwargs)
        if row.step not in arguments or not set(arguments) <= set(names):
            raise Refused(f"`{read.name}` takes ({row.signature.text})")
        return row, arguments, arguments.pop(row.step)
    modern = _MODERN.get(read.name)
    if modern is None or modern.new is None:
        return None, {}, read.step
    given = dict(zip(modern.new.arguments, read.args, strict=False)) | dict(read.kwargs)
    if len(read.args) > len(modern.new.arguments) or not set(given) <= set(modern.new.arguments):
        return None, {}, read.step
    return modern, {modern.new.origin(name): value for name, value in given.items()}, read.step


def _by_formula(read: Invocation, points: Sequence[Mapping[str, Value]]) -> list[float] | None:
    """The rates by the formula of the row; None where only running it tells."""
    row, written, step = _bound(read)
    if row is None or step is None or any(isinstance(value, Invocation) for value in written.values()):
        return None
    arguments = {
        parameter.name: ast.literal_eval(parameter.default)
        for parameter in row.signature.parameters
        if parameter.default is not None
    }
    arguments |= {name: evaluate(value, points[0]) for name, value in written.items()}
    missing = [name for name in row.signature.names if name not in arguments and name != row.step]
    if missing:
        raise Refused(f"`{missing[0]}` is missing")
    found = []
    for point in points:
        rate = formulas.rate(row, arguments, evaluate(step, point))
        if rate is None:
            return None
        found.append(rate)
    return found


def _by_running(read: Invocation, points: Sequence[Mapping[str, Value]], worker: Worker) -> list[float]:
    """The rates that TensorFlow and Keras give; raises Refused and CannotVerify."""
    columns = Columns([dict(point) for point in points])
    tree = columns.plain(read, top=True)
    side = {"old": tree, "new": tree, "old_steps": columns.columns, "new_steps": columns.columns}
    whole = all(isinstance(number, int) for column in columns.columns for number in column)
    draw = {**side, "dtypes": ["int64" if whole else "float32"]}
    answer = worker.ask({"id": 1, "task": "schedule", "draws": [draw], "sources": sources()})
    if "draws" not in answer:
        raise Refused(str(answer.get("excuse") or answer.get("error")))
    return [float(rate) for rate in answer["draws"][0]["new"]]


def _versions(worker: Worker) -> str:
    """`tensorflow 2.21.0, keras 3.15.1`."""
    return ", ".join(f"{name} {version}" for name, version in worker.versions.items())
