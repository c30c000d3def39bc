"""`step = tf.cast(step, tf.float32)` first in a schedule that computes with its step as with a float."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.library import SCHEDULE_BASE, Kind
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.catalog import KERAS_ROOTS, TF_ROOTS
from lrmigrate.model import Edit, Span
from lrmigrate.rules.own_schedules import WHOLE_STEP
from lrmigrate.rules.own_schedules.types import Reading, Trouble, Type
from lrmigrate.rules.proposal import Draft, Proposal

_BY_HAND = "write `{0} = tf.cast({0}, tf.float32)` as the first line of `__call__`"


def whole_steps(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every own schedule that does not take the int64 step of Keras 3."""
    for made in context.source.nodes(ast.ClassDef):
        method = _call_of(made)
        if method is None or not _is_schedule(context, made):
            continue
        step = method.args.args[1].arg
        troubles = _troubles(context, method, step, Type.COUNTER)
        if troubles:
            first = min(troubles, key=lambda trouble: (trouble.node.lineno, trouble.node.col_offset))
            message = f"`{ast.unparse(first.node)}` {first.text}: `{step}` is a whole number there"
            yield first.node, Proposal(WHOLE_STEP, message, partial(_cast, context, made, method, first.node))


def _call_of(made: ast.ClassDef) -> ast.FunctionDef | None:
    """The `__call__(self, step)` of a class."""
    for part in made.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__call__" and len(part.args.args) > 1:
            return part
    return None


def _is_schedule(context: Context, made: ast.ClassDef) -> bool:
    """Whether a class is a schedule of Keras, by its bases."""
    if any(ast.unparse(base).endswith(SCHEDULE_BASE) for base in made.bases):
        return True
    return any(value.makes is Kind.SCHEDULE for base in made.bases for value in context.values.of(base))


def _troubles(context: Context, method: ast.FunctionDef, step: str, type_: Type) -> list[Trouble]:
    """Where types do not fit if the step is of a type."""
    reading = Reading(context.values, {step: type_})
    reading.read(method.body)
    return reading.troubles


def _cast(context: Context, made: ast.ClassDef, method: ast.FunctionDef, at: ast.expr, draft: Draft) -> None:
    """The cast, before the first statement; raises Refusal. ``at`` is what it is for."""
    step = method.args.args[1].arg
    if not any(isinstance(part, ast.FunctionDef) and part.name == "get_config" for part in made.body):
        draft.note(f"`{made.name}` has no `get_config`: saving a model with it raises NotImplementedError")
    source, first = context.source, _first(method)
    if first is None or not source.begins_line(source.span(first).start):
        raise Refusal(_BY_HAND.format(step))
    if _troubles(context, method, step, Type.FLOAT):
        raise Refusal(f"{_BY_HAND.format(step)}, and make the other operands float32, too")
    text = _spelled(context, at, step)
    start = source.line_start(source.span(first).start)
    indent = source.indent(source.span(first).start)
    start = _above_comments(source.text, start, source.line_end(source.span(method.args.args[1]).end))  # type: ignore[arg-type]
    draft.edits.append(Edit(Span(start, start), f"{indent}{step} = {text}{source.newline}"))
    draft.unsafe(
        f"`{step}` is a float32 number then, as the optimizers of Keras 2 gave it, in all of the method and "
        "for whoever else calls the schedule"
    )


def _first(method: ast.FunctionDef) -> ast.stmt | None:
    """The first statement behind the docstring."""
    match method.body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest[0] if rest else None
    return method.body[0]


def _above_comments(text: str, start: int, limit: int) -> int:
    """Where the comments begin that stand right above a line, at most up to ``limit``."""
    while start > limit:
        above = text.rfind("\n", 0, start - 1) + 1
        if above < limit or not text[above:start].strip().startswith("#"):
            return start
        start = above
    return start


def _spelled(context: Context, at: ast.expr, step: str) -> str:
    """The cast, by names that the file has; raises Refusal."""
    spelling = context.speller.spell([f"{root}.cast" for root in TF_ROOTS], at)
    if spelling is not None and not spelling.edits:
        module, _, _ = spelling.text.rpartition(".")
        return f"{spelling.text}({step}, {module}.float32)" if module else f'cast({step}, "float32")'
    spelling = context.speller.spell([f"{root}.ops.cast" for root in KERAS_ROOTS[:2]], at)
    if spelling is None or spelling.edits:
        raise Refusal(_BY_HAND.format(step))
    return f'{spelling.text}({step}, "float32")'
