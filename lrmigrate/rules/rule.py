"""What a rule declares: its texts, the words without which it cannot fire, and who looks for it.

Plain data, loaded by every run, also by one that finds nothing: light, and without any analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from lrmigrate.catalog import LIBRARIES
from lrmigrate.catalog.schema import Elsewhere, Target
from lrmigrate.model import Applicability


class Place(Enum):
    """Where a word must stand in a source."""

    NAME = "a name, an attribute or an imported name"
    DOTTED = "a name with its attribute"
    ATTRIBUTE = "behind a dot"
    CALLED = "behind a dot, and called"
    KEYWORD = "the name of a keyword argument"
    STRING = "a string"
    PART = "anywhere, in whatever case"
    ENDING = "the end of a name"
    LIBRARY = "the first part of an imported module's name"
    STAR = "a star import"
    OWN = "a module that may be of the program"
    CLASSES = "an import that can lead to an optimizer or a schedule of Keras"

    __hash__ = object.__hash__  # which is faster


class Word(NamedTuple):
    """Something that a source holds or does not: one of ``texts``, in a place."""

    place: Place
    texts: frozenset[str]


class Needs(NamedTuple):
    """What a source must hold for a rule to fire: of one of several ways, every word.

    `(attribute("lr") | string("lr")) & KERAS` is `x.lr` or `"lr"`, where Keras is imported.
    """

    ways: tuple[frozenset[Word], ...] = ()

    def __or__(self, other: Needs) -> Needs:
        """Either of both."""
        return Needs(self.ways + other.ways)

    def __and__(self, other: Needs) -> Needs:
        """Both."""
        return Needs(tuple(one | another for one in self.ways for another in other.ways))


def _word(place: Place, *texts: str) -> Needs:
    """One word."""
    return Needs((frozenset([Word(place, frozenset(texts))]),))


def name(*texts: str) -> Needs:
    """One of these as a name, an attribute or an imported name: `SGD`, `optimizers.SGD`, `import SGD`."""
    return _word(Place.NAME, *texts)


def dotted(text: str) -> Needs:
    """A name with its attribute: `keras.optimizers`."""
    return _word(Place.DOTTED, text)


def attribute(text: str) -> Needs:
    """A name behind a dot: `optimizer.lr`."""
    return _word(Place.ATTRIBUTE, text)


def called(text: str) -> Needs:
    """A name behind a dot that is called: `optimizer.learning_rate(step)`."""
    return _word(Place.CALLED, text)


def keyword(text: str) -> Needs:
    """The name of a keyword argument: `SGD(lr=0.1)`."""
    return _word(Place.KEYWORD, text)


def string(*texts: str) -> Needs:
    """One of these as the whole of a string: `logs["lr"]`."""
    return _word(Place.STRING, *texts)


def part(*texts: str) -> Needs:
    """One of these (in lower case) anywhere, in whatever case: `with tf.Session() as session`."""
    return _word(Place.PART, *texts)


def ending(text: str) -> Needs:
    """The end of a name: `class Warmup(schedules.LearningRateSchedule)`."""
    return _word(Place.ENDING, text)


KERAS = _word(Place.LIBRARY, *LIBRARIES)  # Keras or TensorFlow is imported
#: There is a way to the optimizers and schedules of Keras; where nothing imports it, `keras` came by a star.
CLASSES = _word(Place.CLASSES, *LIBRARIES) | dotted("keras.optimizers")
STAR = _word(Place.STAR, "*")
#: Something is imported from a module that may hand on what Keras gives, such as one of the program.
OWN = _word(Place.OWN, "import")


class Proof(Enum):
    """What the rates before a fix say of those behind it."""

    NAMES = "nothing: the fix changes names, and no rate"
    RATES = "they must be the same"
    WRONG = "nothing: they were wrong"


BY_HAND = (Applicability.MANUAL,)
UNSAFE_AT_BEST = (Applicability.UNSAFE, Applicability.MANUAL)
ANY_LEVEL = tuple(Applicability)


class Rule(NamedTuple):
    """A code, what is said of it, and what it takes to find it.

    ``finder`` is "package.module:function"; the function takes the Context of a source and gives nodes with
    their proposals. Several rules may have one finder. A rule without one is found by the engine itself.
    """

    code: str
    title: str  # a noun phrase: what is found
    why: str  # why it hurts, in Keras 3
    unsafe: str = ""  # what keeps a fix from being safe
    example: str = ""  # legacy source; its modern twin is computed
    reference: str = ""
    levels: tuple[Applicability, ...] = BY_HAND  # that its findings can have, the best first
    needs: Needs = Needs()  # without which it cannot fire
    finder: str = ""
    proof: Proof = Proof.NAMES
    targets: Mapping[Target, Elsewhere] = MappingProxyType({})  # where it is not the same
    together: tuple[str, ...] = ()  # codes that must be fixed in the same run for a fix to be safe
    name: str = ""  # a word for it, which comments and options take in place of the code
    default: bool = True  # whether it is on without being selected
    always: bool = False  # says that something could not be checked: on unless it is ignored

    def is_found_on(self, target: Target) -> bool:
        """Whether the rule finds anything where the code must run on a target."""
        elsewhere = self.targets.get(target)
        return elsewhere is None or elsewhere.level is not None
