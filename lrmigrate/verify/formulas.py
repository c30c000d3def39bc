"""The rates of the catalogue's schedules by their formulas, in plain Python.

A formula is a function of the arguments, by the names of the old function, and of the step's share of its
period (of the step itself for piecewise_constant). It counts only where float32 tells no difference:
TensorFlow divides, or multiplies by a reciprocal, and a staircase may drop one step later. Where both ways
do not give one rate, None is the answer, and only running it tells.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lrmigrate.catalog.schema import Decay
from lrmigrate.verify.expression import Refused

Arguments: TypeAlias = "Mapping[str, Any]"
_EXACT = 2**24  # the first whole number whose successor float32 does not have
_AGREE = 1e-6  # of the rate
_ENDING = frozenset(
    {"polynomial_decay", "cosine_decay", "linear_cosine_decay"}
)  # they stand still at the end
_NEAR = 1e-4  # to a whole number, where the logarithm of a restart may round either way


class _Unsure(Exception):
    """The formula alone cannot tell the rate."""


def rate(row: Decay, arguments: Arguments, step: float) -> float | None:
    """The rate at a step; None where only running it tells. Raises Refused."""
    formula = _FORMULAS.get(row.names[0])
    if formula is None or abs(step) >= _EXACT or not all(map(_is_plain, arguments.values())):
        return None
    if any(isinstance(value, int) for name, value in arguments.items() if name == "learning_rate"):
        return None  # a whole number makes the modern class cut off
    try:
        rates = [formula(arguments, share) for share in _shares(row, arguments, step)]
    except _Unsure:
        return None
    except (ArithmeticError, ValueError, TypeError) as error:
        raise Refused(f"it has no rate at step {step:g}: {error}") from None
    return rates[0] if all(abs(one - rates[0]) <= _AGREE * abs(rates[0]) for one in rates) else None


def _is_plain(value: Any) -> bool:
    """Whether an argument is a number, or a list of numbers."""
    if isinstance(value, list):
        return all(isinstance(item, int | float) for item in value)
    return value is None or isinstance(value, bool | int | float | str)


def _shares(row: Decay, arguments: Arguments, step: float) -> list[float]:
    """The step as a share of its period, by division and by the reciprocal; itself without a period."""
    period = arguments.get(row.landmarks[0])
    if not isinstance(period, int | float):
        return [step]
    if not period > 0:
        raise Refused(f"`{row.landmarks[0]}` must be above 0")
    if row.names[0] in _ENDING and not arguments.get("cycle"):
        step = min(step, period)
    divisor = _single(period)
    return [_single(_single(step) / divisor), _single(_single(step) * _single(1.0 / divisor))]


def _single(number: float) -> float:
    """A number as float32 keeps it."""
    (kept,) = struct.unpack("<f", struct.pack("<f", number))
    return float(kept)


def _stairs(arguments: Arguments, share: float) -> float:
    """The share, whole where the schedule is a staircase."""
    return math.floor(share) if arguments["staircase"] else share


def _exponential(arguments: Arguments, share: float) -> float:
    return float(arguments["learning_rate"] * arguments["decay_rate"] ** _stairs(arguments, share))


def _natural_exponential(arguments: Arguments, share: float) -> float:
    return float(arguments["learning_rate"] * math.exp(-arguments["decay_rate"] * _stairs(arguments, share)))


def _inverse_time(arguments: Arguments, share: float) -> float:
    return float(arguments["learning_rate"] / (1 + arguments["decay_rate"] * _stairs(arguments, share)))


def _piecewise(arguments: Arguments, step: float) -> float:
    boundaries, values = arguments["boundaries"], arguments["values"]
    if len(values) != len(boundaries) + 1 or sorted(boundaries) != boundaries:
        raise _Unsure
    return float(values[sum(step > boundary for boundary in boundaries)])


def _polynomial(arguments: Arguments, share: float) -> float:
    if arguments["cycle"]:
        share = share / math.ceil(share) if share else 0.0
    start, end = arguments["learning_rate"], arguments["end_learning_rate"]
    return float((start - end) * (1 - share) ** arguments["power"] + end)


def _cosine(arguments: Arguments, share: float) -> float:
    return float(arguments["learning_rate"] * _wave(share, 1.0, arguments["alpha"]))


def _wave(share: float, height: float, floor: float) -> float:
    """Half a wave from ``height`` to 0, above a floor."""
    return (1 - floor) * 0.5 * height * (1 + math.cos(math.pi * share)) + floor


def _restarts(arguments: Arguments, share: float) -> float:
    growth = arguments["t_mul"]
    turns = share if growth == 1.0 else math.log(1 + share * (growth - 1)) / math.log(growth)
    if turns and abs(turns - round(turns)) < _NEAR:
        raise _Unsure
    restart = math.floor(turns)
    if growth == 1.0:
        within = share - restart
    else:
        within = (share - (1 - growth**restart) / (1 - growth)) / growth**restart
    return float(
        arguments["learning_rate"] * _wave(within, arguments["m_mul"] ** restart, arguments["alpha"])
    )


def _linear_cosine(arguments: Arguments, share: float) -> float:
    wave = 0.5 * (1 + math.cos(math.pi * 2 * arguments["num_periods"] * share))
    return float(arguments["learning_rate"] * ((arguments["alpha"] + 1 - share) * wave + arguments["beta"]))


_FORMULAS: dict[str, Callable[[Arguments, float], float]] = {
    "exponential_decay": _exponential,
    "natural_exp_decay": _natural_exponential,
    "inverse_time_decay": _inverse_time,
    "piecewise_constant": _piecewise,
    "polynomial_decay": _polynomial,
    "cosine_decay": _cosine,
    "cosine_decay_restarts": _restarts,
    "linear_cosine_decay": _linear_cosine,
}
