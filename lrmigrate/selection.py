"""Which rules are in force: codes, prefixes and names, selected and ignored, one layer over the other.

As in Ruff. Within a layer the longer prefix decides, and of two equal ones the ignored one. Knows nothing of
files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import itemgetter

from lrmigrate.model import UserError
from lrmigrate.rules import code_named, table

EVERYTHING = "ALL"
_ALIKE = 0.6  # of 1: what difflib calls a close match


class UnknownCode(UserError):
    """A code or a prefix that no rule has. A clause that names the nearest one."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source of options says: a configuration file, or the command line.

    ``select`` puts everything aside that the layers below have said; None leaves it standing.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@cache
def default_codes() -> frozenset[str]:
    """The codes of the rules that are on without being asked for."""
    return frozenset(rule.code for rule in table().values() if rule.default)


def resolve(layers: Iterable[Layer]) -> frozenset[str]:
    """The codes in force; the first layer lies lowest. Raises UnknownCode.

    A rule that says that a file could not be checked stays in force unless it is ignored.
    """
    enabled = set(default_codes())
    for layer in layers:
        if layer.select is not None:
            enabled = {code for code in enabled if table()[code].always}
        for prefix, wanted in _decisions(layer):
            enabled = enabled | codes_of(prefix) if wanted else enabled - codes_of(prefix)
    return frozenset(enabled)


def resolve_fixes(fixable: tuple[str, ...] | None, unfixable: tuple[str, ...]) -> frozenset[str]:
    """The codes whose fixes are not wanted; ``fixable`` None means all. Raises UnknownCode."""
    unwanted = dict.fromkeys(table(), fixable is not None)
    layer = Layer(extend_select=fixable or (), ignore=unfixable)
    for prefix, is_wanted in _decisions(layer):
        unwanted.update(dict.fromkeys(codes_of(prefix), not is_wanted))
    return frozenset(code for code, left in unwanted.items() if left)


def safety(trusted: tuple[str, ...], distrusted: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The codes of two lists of prefixes, each code in one of them; raises UnknownCode.

    The longer prefix decides, and of two equal ones the careful one.
    """
    found: dict[str, bool] = {}
    for prefix, is_trusted in _decisions(Layer(extend_select=trusted, ignore=distrusted)):
        found.update(dict.fromkeys(codes_of(prefix), is_trusted))
    first = frozenset(code for code, is_trusted in found.items() if is_trusted)
    return first, frozenset(found) - first


def _decisions(layer: Layer) -> Iterator[tuple[str, bool]]:
    """Prefixes and whether they are wanted, in the order in which they overrule each other."""
    wanted = [(prefix, True) for prefix in (*(layer.select or ()), *layer.extend_select)]
    unwanted = [(prefix, False) for prefix in layer.ignore]
    yield from sorted([*wanted, *unwanted], key=lambda decision: _weight(decision[0]))


def _weight(prefix: str) -> int:
    """How much a prefix decides: its length, of a name that of its code."""
    return 0 if prefix.upper() == EVERYTHING else len(code_named(prefix))


def codes_of(prefix: str) -> frozenset[str]:
    """The codes that a prefix or a name stands for; raises UnknownCode."""
    wanted = code_named(prefix.strip()).upper()
    if wanted == EVERYTHING:
        return frozenset(table())
    found = frozenset(code for code in table() if code.startswith(wanted) and len(wanted) > 1)
    if not found:
        raise UnknownCode(f"there is no rule {prefix!r}{hint(wanted)}")
    return found


def split(given: Sequence[str]) -> tuple[str, ...]:
    """The prefixes of an option that may be repeated and hold several, separated by commas.

    An empty option stays, as the unknown code "": a variable that is not set must not select nothing.
    """
    parts = ([part.strip() for part in text.split(",") if part.strip()] or [""] for text in given)
    return tuple(chain.from_iterable(parts))


def hint(code: str) -> str:
    """A clause that hints at the code that was probably meant."""
    names = [rule.name for rule in table().values()]
    near = nearest(code.strip().upper(), table()) or nearest(code.strip().lower(), names)
    return f"; did you mean {near}?" if near else "; `lrmigrate rules` lists them"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like ``word``, the first of several; "" when none is."""
    from difflib import SequenceMatcher

    likeness, best = max(((SequenceMatcher(None, word, k).ratio(), k) for k in known), key=itemgetter(0))
    return best if likeness >= _ALIKE else ""
