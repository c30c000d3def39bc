"""Values for the holes: sampled from the domains of the row, corners first, with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lrmigrate.catalog.schema import Domain, Flag, Integer, Rates, Real, Rising
from lrmigrate.verify.expression import Expression, Hole, Items, Value, holes

DRAWS = 8
MOST_DRAWS = 20
TRIES = 400
SEED = 20240229
_BEYOND = 4  # every so many draws one hole leaves its domain
_FAR_RATES = (3.5, -0.25, 250.0)
_FAR_COUNTS = (12.5, 250_000, 0.75, 1_500_000)
_FAR_LISTS = (0.5, 1e5)  # factors


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


def wanted(table: Mapping[str, Slot], least: int) -> int:
    """How many draws tell enough: the more holes, the more."""
    return least if least < DRAWS else min(MOST_DRAWS, least + 2 * max(0, len(table) - 1))


@dataclass(frozen=True)
class Chosen:
    """Values for the holes. ``beyond``: one has left its domain, and the old code may refuse it."""

    values: dict[str, Value]
    beyond: bool = False


def draws(
    table: Mapping[str, Slot],
    pinned: Mapping[str, Value],
    lengths: Mapping[str, int],
    apart: bool = True,
) -> Iterator[Chosen]:
    """Many values for the holes; the first ones are corners of the domains.

    ``apart``: each hole goes through its corners in an order of its own, so that no two are alike in all
    draws, and some leave their domains. ``lengths`` are those of lists that are written out, by parameter.
    """
    generator = random.Random(SEED)
    free = [text for text in table if text not in pinned]
    for number in range(TRIES):
        known = dict(lengths)
        values = {
            text: pinned[text] if text in pinned else _draw(slot, number, place * apart, generator, known)
            for place, (text, slot) in enumerate(table.items())
        }
        if apart and free and number % _BEYOND == _BEYOND - 1:
            turn = number // _BEYOND
            text = free[turn % len(free)]
            far = _far(table[text], turn // len(free), values[text])
            if far is not None:
                yield Chosen({**values, text: far}, beyond=True)
                continue
        yield Chosen(values)


def _far(slot: Slot, turn: int, value: Value) -> Value:
    """A value outside of the domain of a hole; None where there is none to try."""
    match slot.domain:
        case Integer():
            return _FAR_COUNTS[turn % len(_FAR_COUNTS)]
        case Real() if slot.parameter in ("learning_rate", "lr"):
            return _FAR_RATES[turn % len(_FAR_RATES)]
        case Real(high=high):
            return (1.25 + turn % 3) * high
        case Rates() if isinstance(value, list):
            factor = _FAR_LISTS[turn % len(_FAR_LISTS)]
            return [-factor * number for number in value if isinstance(number, float)]
        case Rates():
            return _FAR_RATES[turn % len(_FAR_RATES)]
    return None


def _draw(slot: Slot, number: int, place: int, generator: random.Random, lengths: dict[str, int]) -> Value:
    """One value for one hole, the one at a ``place`` among all."""
    match slot.domain:
        case Flag():
            return bool((number >> place % 3) % 2)
        case Integer(low=low, high=high):
            corners = [7 + 6 * place, 1, 100, 41, low, high]
            turn = number and 1 + (number - 1 + 2 * place) % (len(corners) + place)
            value = corners[turn] if turn < len(corners) else int(10 ** generator.uniform(0, 5))
            return max(low, min(high, value))
        case Real(low=low, high=high):
            ends = [0.5 * (low + high), low, high]
            turn = number and 1 + (number - 1 + place) % (len(ends) + place)
            return ends[turn] if turn < len(ends) and slot.whole else generator.uniform(low, high)
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
