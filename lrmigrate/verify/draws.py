"""Values for the holes: sampled from the domains of the row, corners first, with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lrmigrate.catalog.schema import Domain, Flag, Integer, Rates, Real, Rising
from lrmigrate.verify.expression import Expression, Hole, Items, Value, holes

DRAWS = 8
TRIES = 400
SEED = 20240229


@dataclass(frozen=True)
class Slot:
    """The argument in which a hole stands first: its parameter, its domain, whether the hole is all of it."""

    parameter: str
    domain: Domain | None
    whole: bool
    index: int = 0  # among the elements of a list


def slots(arguments: Mapping[str, Expression], domain: Mapping[str, Domain]) -> dict[str, Slot]:
    """Hole -> its slot, from the legacy arguments by parameter."""
    table: dict[str, Slot] = {}
    for parameter, expression in arguments.items():
        elements = expression.items if isinstance(expression, Items) else ()
        for text in holes(expression):
            index = next((i for i, e in enumerate(elements) if text in holes(e)), 0)
            whole = isinstance(expression, Hole)
            table.setdefault(text, Slot(parameter, domain.get(parameter), whole, index))
    return table


def draws(
    table: Mapping[str, Slot], pinned: Mapping[str, Value], lengths: Mapping[str, int]
) -> Iterator[dict[str, Value]]:
    """Many values for the holes; the first ones are corners of the domains.

    ``lengths`` are those of the lists that are written out, by parameter.
    """
    generator = random.Random(SEED)
    for number in range(TRIES):
        values: dict[str, Value] = {}
        known = dict(lengths)
        for text, slot in table.items():
            values[text] = pinned[text] if text in pinned else _draw(slot, number, generator, known)
        yield values


def _draw(slot: Slot, number: int, generator: random.Random, lengths: dict[str, int]) -> Value:
    """One value for one hole."""
    match slot.domain:
        case Flag():
            return bool(number % 2)
        case Integer(low=low, high=high):
            corners = [7, 1, 100, 41, low, high]
            value = corners[number] if number < len(corners) else int(10 ** generator.uniform(0, 5))
            return max(low, min(high, value))
        case Real(low=low, high=high):
            ends = [0.5 * (low + high), low, high]
            return ends[number] if number < len(ends) and slot.whole else generator.uniform(low, high)
        case Rising(low=low, high=high):
            length = lengths.get(slot.parameter, max(low, min(high, number % high + 1)))
            lengths[slot.parameter] = length
            steps = sorted(generator.sample(range(1, 5000), length))
            return list(steps) if slot.whole else steps[0] + 5000 * slot.index
        case Rates(after=after):
            length = lengths.get(after, 1) + 1
            return (
                [generator.uniform(1e-4, 1.0) for _ in range(length)]
                if slot.whole
                else generator.uniform(1e-4, 1.0)
            )
    if slot.parameter == "name":
        return "rate"
    return round(generator.uniform(0.1, 1.0), 3)
