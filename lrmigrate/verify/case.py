"""Two texts -> one case: the old call and the new expression, each read on its own.

Says which legacy row the old call belongs to, and refuses new code that needs what the old one did not
have. Evaluates nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from lrmigrate.analysis.flow import Flow, Use
from lrmigrate.analysis.values import Values
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Decay, Optimizer
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.verify.expression import Expression, Invocation, Refused, Wrong, holes
from lrmigrate.verify.program import Reader

DECAY_ROWS: Mapping[str, Decay] = {name: row for row in DECAYS for name in row.names}
OPTIMIZER_ROWS: Mapping[str, Optimizer] = {row.name: row for row in OPTIMIZERS}


@dataclass(frozen=True)
class Pair:
    """One site in two texts: where it begins in each (offsets in characters)."""

    path: str
    before: str
    after: str
    old_offset: int
    new_offset: int
    first_line: int = 0  # of the cell, in a notebook: lines count from it


@dataclass(frozen=True)
class Case:
    """Both sides of a site as expressions, with the row that says how to treat it."""

    row: Decay | Optimizer
    old: Invocation
    new: Expression
    arguments: Mapping[str, Expression]  # legacy arguments by parameter, the step excepted
    step: Expression | None


@dataclass(frozen=True)
class Sides:
    """A site as it stands in the two files, read but not yet understood."""

    line: int
    old_text: str
    new_text: str
    old: tuple[Reader, ast.expr]
    new: tuple[Reader, ast.expr]


@lru_cache(maxsize=4)
def _reader(text: str) -> Reader:
    """The reader of a text that many sites share: the file before any fix."""
    return Reader(text)


def sides(pair: Pair) -> Sides:
    """Find the site in both texts; raises Refused, and CannotParse."""
    old, new = _reader(pair.before), Reader(pair.after)
    old_node, new_node = old.at(pair.old_offset), new.at(pair.new_offset)
    return Sides(
        old_node.lineno - pair.first_line,
        ast.unparse(old_node),
        ast.unparse(new_node),
        (old, old_node),
        (new, new_node),
    )


def read(both: Sides) -> Case:
    """Understand both sides; raises Refused."""
    reader, node = both.old
    case = _optimizer(both) if reader.kind(node) == "optimizer" else _schedule(both)
    _check_turns(both, case)
    invented = set(holes(case.new)) - set(holes(case.old))
    if invented:
        raise Refused(f"`{min(invented)}` stands in the new text only")
    return case


def _check_turns(both: Sides, case: Case) -> None:
    """Whether what may give another value each time is evaluated in its turn; raises Wrong or Refused."""
    (old, old_node), (new, new_node) = both.old, both.new
    later = _is_later(new, new_node) and not _is_later(old, old_node)
    known = set(holes(case.old))
    for text in dict.fromkeys(holes(case.new)):
        if text not in new.effects or (text in known and not later):
            continue
        plain = text.partition(" [")[0]
        if not any(hole.partition(" [")[0] == plain for hole in known):
            continue  # it stands in the new text only
        what = "is evaluated anew at each step" if later else "is evaluated in another order"
        if new.effects[text]:
            raise Wrong(f"`{plain}` gives another value each time, and {what}")
        raise Refused(f"`{plain}` {what}, and may give another value then")


def _is_later(reader: Reader, node: ast.expr) -> bool:
    """Whether an expression is the body of a function that is not called at once."""
    thunk = reader.source.parents[node]
    call = reader.source.parents[thunk] if isinstance(thunk, ast.Lambda) else None
    return isinstance(thunk, ast.Lambda) and not (isinstance(call, ast.Call) and call.func is thunk)


def _optimizer(both: Sides) -> Case:
    """An optimizer call against another one."""
    (old_reader, old_node), (new_reader, new_node) = both.old, both.new
    kinds = {"optimizer", "decayed optimizer"}
    if not isinstance(new_node, ast.Call) or new_reader.kind(new_node) not in kinds:
        raise Refused("the new text builds no optimizer")
    assert isinstance(old_node, ast.Call)
    old = old_reader.old_optimizer(old_node)
    return Case(OPTIMIZER_ROWS[old.name], old, new_reader.new_optimizer(new_node), dict(old.kwargs), None)


def _schedule(both: Sides) -> Case:
    """A call of a schedule function against a schedule, called or not."""
    (old_reader, old_node), (new_reader, new_node) = both.old, both.new
    old = old_reader.read(old_node)
    if not isinstance(old, Invocation) or old.kind != "legacy":
        raise Refused("the old text calls no schedule function")
    row = DECAY_ROWS[old.name]
    names = row.signature.names
    bound = dict(zip(names, old.args, strict=False)) | dict(old.kwargs)
    if len(old.args) > len(names) or not set(bound) <= set(names) or row.step not in bound:
        raise Refused("the arguments do not fit the old function")
    arguments = {name: value for name, value in bound.items() if name != row.step}
    new = new_reader.read(new_node)
    _check_form(new_reader, new_node, new)
    return Case(row, old, new, arguments, bound[row.step])


def _check_form(reader: Reader, node: ast.expr, new: Expression) -> None:
    """Whether what takes the value can use it: an object, or a number; raises Wrong or Refused."""
    flow = Flow(Values(reader.source, reader.names))
    uses = flow.uses(node)
    is_object = isinstance(new, Invocation) and new.kind in {"schedule", "stand-in"} and new.step is None
    thunk = reader.source.parents[node]
    if isinstance(thunk, ast.Lambda):
        if _is_later(reader, node) and Use.NUMBER in flow.uses(thunk):
            raise Wrong("a function without arguments stands where a number is needed")
        return
    if not is_object and Use.CALLED in uses:
        raise Wrong("a number is called, as if it were a function without arguments")
    if is_object and uses & {Use.TF1_RATE, Use.NUMBER}:
        raise Wrong("a schedule stands where a number is needed: it is not called with the step")
    if is_object and uses != {Use.KERAS_RATE}:
        raise Refused("a schedule that is not called is given to something that cannot be seen")
    if not is_object and uses == {Use.KERAS_RATE}:
        raise Wrong("a Keras optimizer takes no tensor as rate, and never advances the step of a callable")
