"""Optimizer calls whose class has come a long way: a table, a choice, a parameter, a partial, a base class.

One call, one finding: the one fix that is right for every class that it may be.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from lrmigrate.analysis.built import Built, built_by, uses_of
from lrmigrate.analysis.context import Context
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.sites import Site
from lrmigrate.catalog.schema import Optimizer
from lrmigrate.model import Unit
from lrmigrate.rules.proposal import Draft, Proposal

Propose: TypeAlias = "Callable[[Context, Site, Optimizer], Proposal | None]"


def reached_optimizers(context: Context) -> Iterator[Built]:
    """Every such call that may build an optimizer of Keras's."""
    plain = {site.call for site in context.sites if site.call and not site.doubt}
    for call in context.source.nodes(ast.Call):
        if call not in plain and (built := built_by(context.values, call)):
            yield built


def for_reached(context: Context, built: Built, propose: Propose) -> Proposal | None:
    """The proposal for one call; None when no class minds its arguments."""
    each: list[tuple[Site, Proposal | None]] = []
    for site in built.sites():
        assert isinstance(site.legacy.row, Optimizer)
        each.append((site, propose(context, site, site.legacy.row)))
    found = [proposal for _, proposal in each if proposal is not None]
    if not found:
        return None
    unnoticed = any(proposal.unit is not None and proposal.unit.unnoticed for proposal in found)
    unit = Unit(_starts(context, built.call), unnoticed)
    return replace(found[0], write=partial(_write_each, built, each), unit=unit)


def _starts(context: Context, call: ast.Call) -> tuple[int, ...]:
    """Where the optimizers are built that a call is about; nothing where one is out of sight."""
    uses, closed = uses_of(context.values, call)
    is_here = closed and all(home is context.values for home, _ in uses)
    return tuple(sorted({context.source.span(use).start for _, use in uses})) if is_here else ()


def _write_each(built: Built, each: list[tuple[Site, Proposal | None]], draft: Draft) -> None:
    """The one fix that is right for every class; raises Refusal where there is none."""
    written = ast.unparse(built.call.func)
    if built.by_name:
        raise Refusal(
            f"`{written}` is whatever `{built.by_name}` says: give the rate as `learning_rate=`, a decay "
            "as an InverseTimeDecay with decay_steps=1, and look whether Keras 3 still has that name"
        )
    if built.others:
        raise Refusal(
            f"`{written}` may build {_names(each)}, or {' or '.join(built.others)}: write what Keras 3 takes "
            "where it is always one of Keras's"
        )
    drafts: list[Draft] = []
    for site, proposal in each:
        if proposal is None:
            raise Refusal(
                f"`{written}` may build {_names(each)}, and not all get these arguments: rewrite it by hand"
            )
        one = Draft()
        if not one.takes(proposal.write):
            of = f"for `{site.legacy.row.name}`: " if len(each) > 1 else ""  # type: ignore[union-attr]
            raise Refusal(*(f"{of}{reason}" for reason in one.reasons))
        drafts.append(one)
    if any(set(one.edits) != set(drafts[0].edits) for one in drafts):
        raise Refusal(
            f"`{written}` may build {_names(each)}, which need different fixes: choose by the class"
        )
    draft.edits += drafts[0].edits
    for one in drafts:
        for reason in one.reasons:
            draft.unsafe(reason)
        for note in one.notes:
            draft.note(note)


def _names(each: list[tuple[Site, Proposal | None]]) -> str:
    """The classes that a call may build, in words."""
    names = sorted({f"`{site.path.rpartition('.')[2]}`" for site, _ in each})
    if len(names) == 1 < len(each):
        names = sorted({f"`{site.path}`" for site, _ in each})
    return " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"
