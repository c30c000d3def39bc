"""Bytes -> may this file hold a finding? The question that almost every file of a tree is turned away by.

May only skip work, never a finding. It rests on two facts: a name reaches a file in the spelling that the
rules have, and a library reaches it through an import. So the file must hold all words of one of the ways
in which a rule can fire, wherever they stand (what is code and what is not is for the parser to say). The
ways are those of the table of rules; the cheapest questions come first. Knows neither files nor trees.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from typing import TypeAlias

from lrmigrate.catalog import LIBRARIES
from lrmigrate.rules import table
from lrmigrate.rules.rule import KERAS, Place, Word

Question: TypeAlias = "Callable[[bytes], bool]"
Way: TypeAlias = "frozenset[Word]"

_IMPORTS = frozenset({Place.LIBRARY, Place.STAR, Place.CLASSES, Place.DOTTED})  # how a name gets into a file
#: By what it costs to tell.
_ORDER = (
    *(Place.LIBRARY, Place.ATTRIBUTE, Place.CALLED, Place.KEYWORD, Place.STRING, Place.DOTTED),
    *(Place.ENDING, Place.STAR, Place.CLASSES, Place.NAME, Place.PART),
)
_SHORT = 3
_FEW = 4  # parts of names: to look for more of them takes its time
_HOME = "optimizer"  # is a part of every path to a class
_BETWEEN = rb"(?:[\s\\]|#[^\n]*\n)*"  # what may stand between a dot and a name
_FAR = 500  # bytes: farther apart nobody puts a dot and a name
# Base64, as it stands in notebooks. Without a space, a dot or a parenthesis nothing is code that matters.
_PICTURE = rb'"[A-Za-z0-9+/=\\]{1000,}"'
_BACKSLASH, _QUOTE = b"\0", b"\1"  # bytes that stand in no JSON
_ASCII = bytes(range(128))
_PARTS: dict[tuple[str, ...], Question] = {}  # the questions for parts of words, each made once
_FROM = rb"\bfrom\s+((?:keras|tensorflow)\b(?:\s*\.\s*\w+)*)(?:\s+import\b([^;#]*))?"


def is_candidate(data: bytes) -> bool:
    """Whether a Python file or a notebook can have a finding."""
    if data.lstrip().startswith(b"{"):
        data = code_of_notebook(data)
    if _suppresses(data):
        return True  # perhaps in vain
    return _holds_one(_ways(), data) or (not data.isascii() and _holds_one(_ways(), _folded(data)))


def speaks_of_rates(data: bytes) -> bool:
    """Whether a piece of source, without its imports, holds the words that a finding could be about."""
    return _holds_one(_loose_ways(), data)


def _suppresses(data: bytes) -> bool:
    """Whether source may have a comment that suppresses findings."""
    if b"lrmigrate:" in data:
        return True
    return re.search(rb"LR(?<=\bLR)\d", data) is not None and b"noqa" in data.lower()


def code_of_notebook(data: bytes) -> bytes:
    r"""The bytes of a notebook without the marks of JSON, in which `\nlr` is a line break and a name.

    Two strings of a list are one text: between them nothing is left. Every step is one call for the whole
    file, since a callback for each mark takes as long as parsing it; the two escapes that could be taken for
    marks are put aside meanwhile. Most of a large file is pictures, which go first.
    """
    code = re.sub(_PICTURE, b'""', data)
    code = code.replace(rb"\\", _BACKSLASH).replace(rb"\"", _QUOTE)
    code = re.sub(rb'"\s*,\s*"', b"", code).replace(b'"', b"\n").replace(rb"\n", b"\n")
    if b"\\" in code:
        code = re.sub(rb"(?s)\\.", b"\n", re.sub(rb"\\u([0-9a-fA-F]{4})", _letter, code))
    return code.replace(_QUOTE, b'"').replace(_BACKSLASH, b"\\")


def _letter(escape: re.Match[bytes]) -> bytes:
    r"""What `\u0053` stands for."""
    letter = chr(int(escape[1], 16)).encode("utf-8", "surrogatepass")
    return _BACKSLASH if letter == b"\\" else letter


def _folded(data: bytes) -> bytes:
    """Source with other letters that Python reads as ASCII ones (as in `ｌｒ`) folded; b"" without any."""
    others = set(data.translate(None, _ASCII).decode("utf-8", "ignore"))
    if not any(f"a{c}".isidentifier() and unicodedata.normalize("NFKC", c).isascii() for c in others):
        return b""
    return unicodedata.normalize("NFKC", data.decode("utf-8", "replace")).encode("utf-8", "replace")


class _Answers(dict[Question, bool]):
    """The answers of one source, each found when it is first asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __missing__(self, question: Question) -> bool:
        """Ask, and remember."""
        answer = self[question] = question(self._data)
        return answer


def _holds_one(ways: list[list[Question]], data: bytes) -> bool:
    """Whether the answer to all questions of one way is yes."""
    answer = _Answers(data).__getitem__
    return any(all(map(answer, way)) for way in ways)


@cache
def _ways() -> list[list[Question]]:
    """What to ask of a file."""
    return _questions(_declared())


@cache
def _loose_ways() -> list[list[Question]]:
    """What to ask of a piece of one: no imports, and any place where a name may stand."""
    return _questions(
        frozenset(_loose(word) for word in way if word.place not in _IMPORTS) for way in _declared()
    )


def _declared() -> set[Way]:
    """The ways in which some rule can fire, without imports that others of their words imply."""
    ways = {way for rule in table().values() for way in rule.needs.ways}
    return {way - KERAS.ways[0] if any(map(_is_of_keras, way)) else way for way in ways}


def _is_of_keras(word: Word) -> bool:
    """Whether a word is nowhere without the name of a library."""
    roots = {text.split(".")[0] for text in word.texts if word.place is Place.DOTTED}
    return word.place is Place.CLASSES or (bool(roots) and roots <= set(LIBRARIES))


def _loose(word: Word) -> Word:
    """A word that may stand at more places: in a piece of source, a name may be meant for anything."""
    return Word(Place.NAME, word.texts) if word.place in (Place.ATTRIBUTE, Place.KEYWORD) else word


def _questions(ways: Iterable[Way]) -> list[list[Question]]:
    """What to ask for each way, the cheapest first; ways that say no more than others are left out."""
    merged = _merged(ways)
    needed = [way for way in merged if not any(_implies(way, other) for other in merged if other != way)]
    ordered = sorted(
        (sorted(way, key=_cost) for way in needed), key=lambda way: [_cost(word) for word in way]
    )
    asked = [dict(chain.from_iterable(map(_asked, way))) for way in ordered]
    _share(asked)
    often = Counter(chain.from_iterable(asked))  # what many ways ask has been answered when the next one asks
    return [sorted(costs, key=lambda question: (costs[question], -often[question])) for costs in asked]


def _share(asked: list[dict[Question, int]]) -> None:
    """Let every way ask the others' questions that its own answers imply, if these are cheap.

    Who looks for `class_name` and `decay` asks first whether the file has one of `decay` and `piecewise`, as
    others do: that is known already, and mostly it has not.
    """
    cheap = {question for costs in asked for question, cost in costs.items() if cost == 0}
    parts = {
        question: texts for texts, question in _PARTS.items() if question in cheap and not _is_short(texts)
    }
    for costs in asked:
        own = [parts[question] for question in costs if question in parts]
        for question, some in parts.items():
            if any(all(any(part in text for part in some) for text in texts) for texts in own):
                costs[question] = 0


def _merged(ways: Iterable[Way]) -> set[Way]:
    """Ways that differ by one name only become one, with any of these names."""
    merged: set[Way] = set()
    names: dict[Way, set[str]] = {}
    for way in ways:
        named = [word for word in way if word.place is Place.NAME]
        if len(named) == 1:
            names.setdefault(way - {*named}, set()).update(named[0].texts)
        else:
            merged.add(way)
    return merged | {rest | {Word(Place.NAME, frozenset(texts))} for rest, texts in names.items()}


def _implies(way: Way, other: Way) -> bool:
    """Whether a source that holds one way holds another one too."""
    return all(any(w.place is word.place and w.texts <= word.texts for w in way) for word in other)


def _cost(word: Word) -> tuple[int, list[str]]:
    """The order of words: by what it costs to tell, and then a fixed one."""
    return _ORDER.index(word.place), sorted(word.texts)


def _asked(word: Word) -> Iterator[tuple[Question, int]]:
    """The questions about one word, each with its cost: first whether what it is made of is there at all."""
    cost = _ORDER.index(word.place)
    if _is_of_keras(word):
        yield _contains(LIBRARIES), 0
    match word.place:
        case Place.LIBRARY:
            yield _contains(tuple(sorted(word.texts))), 0
            return
        case Place.CLASSES:
            yield _contains((_HOME,)), 0
        case Place.NAME:
            parts = _shared_parts(word.texts)
            yield _contains(parts), 0 if len(parts) <= _FEW else cost
        case Place.DOTTED:
            yield _contains(tuple(text.rpartition(".")[2] for text in word.texts)), 0
        case Place.ATTRIBUTE | Place.CALLED | Place.KEYWORD | Place.STRING | Place.ENDING:
            yield _contains(tuple(word.texts)), 0
    yield _holds(word), cost


def _is_short(texts: tuple[str, ...]) -> bool:
    """Whether it takes a word of its own: the letters of `lr` are in everything."""
    return len(texts) == 1 and len(texts[0]) <= _SHORT


def _contains(texts: tuple[str, ...]) -> Question:
    """Whether source holds one of some texts, wherever it stands."""
    if texts not in _PARTS:
        wanted = [text.encode() for text in texts]
        only = wanted[0]
        if len(wanted) > 1:
            _PARTS[texts] = lambda data: any(part in data for part in wanted)
        elif _is_short(texts):
            _PARTS[texts] = _found(_word(only, rb"\b"))
        else:
            _PARTS[texts] = lambda data: only in data
    return _PARTS[texts]


@cache
def _holds(word: Word) -> Question:
    """Whether source holds a word in its place. Patterns are compiled when they are first needed."""
    place, texts = word.place, [text.encode() for text in sorted(word.texts)]
    match place:
        case Place.NAME:
            # one that a quote follows is the end of a string, not a name
            return _found(rb"\b(?:%s)\b(?![\"'`])" % b"|".join(texts))
        case Place.PART:
            return lambda data: any(text in lowered for lowered in [data.lower()] for text in texts)
        case Place.STAR:
            return _found(_word(b"import", rb"\b", rb"[\s\\]*\*"))
        case Place.CLASSES:
            return _can_reach_a_class
    (text,) = texts
    match place:
        case Place.KEYWORD:
            return _found(_word(text, rb"\b"))
        case Place.ENDING:
            return _found(text + rb"\b")
        case Place.STRING:
            return _found(_word(text, rb"[\"']"))
        case Place.DOTTED:
            first, *others = text.split(b".")
            return _found(
                _word(first, rb"\b", b"".join(rb"[\s\\]*\.[\s\\]*%s" % part for part in others) + rb"\b")
            )
    called = rb"[\s\\]*\(" if place is Place.CALLED else rb"\b"
    return _behind_a_dot(_word(text, rb"[\s\\.]", called))


def _word(text: bytes, before: bytes, behind: bytes = rb"\b") -> bytes:
    """A pattern for a text between others, so written that a search can jump to its first letters."""
    return rb"%s(?<=%s%s)%s" % (text, before, text, behind)


def _found(pattern: bytes) -> Question:
    """Whether a pattern is found in source."""
    return lambda data: re.search(pattern, data) is not None


def _behind_a_dot(pattern: bytes) -> Question:
    """Whether what a pattern finds in source is an attribute; a variable or an argument says nothing."""
    dot = rb"\." + _BETWEEN + rb"\Z"

    def is_attribute(data: bytes) -> bool:
        """Whether one of the places is behind a dot."""
        starts = (match.start() for match in re.finditer(pattern, data))
        return any(
            data[s - 1] == ord(".") or re.compile(dot).search(data, max(0, s - _FAR), s) for s in starts
        )

    return is_attribute


def _shared_parts(names: Iterable[str]) -> tuple[str, ...]:
    """Few parts such that every name holds one: to look for these first is much faster."""
    rest, found = set(names), []
    while rest:
        counts = Counter(part for name in rest for part in name.split("_"))
        part = max(counts, key=lambda part: (counts[part], len(part), part))
        found.append(part)
        rest = {name for name in rest if part not in name}
    return tuple(found)


def _can_reach_a_class(data: bytes) -> bool:
    """Whether an import can lead to an optimizer or a schedule; `from keras.src import ...` cannot."""
    joined = data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").replace(b"\r", b"\n")
    whole = False  # whether `import tensorflow as tf` or the like brings in everything
    end = 0
    for place in re.finditer(_word(b"import", rb"\b"), joined):
        if place.start() < end:
            continue  # the line has been looked at
        start, end = joined.rfind(b"\n", 0, place.start()) + 1, joined.find(b"\n", place.end())
        end = end if end >= 0 else len(joined)
        line = joined[start:end]
        if _contains(LIBRARIES)(line):
            if any(_leads(b"".join(module.split()), names) for module, names in re.findall(_FROM, line)):
                return True
            whole = whole or re.search(rb"(?:keras|tensorflow)\b", re.sub(_FROM, b"", line)) is not None
    return whole and re.search(rb"\." + _BETWEEN + rb"optimizer(?:s|_v2)\b", data) is not None


def _leads(module: bytes, names: bytes) -> bool:
    """Whether `from module import names` can; names in parentheses may go on in the next line."""
    if module not in _paths() or not names.strip() or b"(" in names or b"*" in names:
        return module in _paths()
    found = [name.split()[0] for name in names.split(b",") if name.strip()]
    return any(b"%s.%s" % (module, name) in _paths() for name in found)


@cache
def _paths() -> frozenset[bytes]:
    """The catalogued names and the schedules, with all modules on the way to them."""
    from lrmigrate.catalog import KERAS_ROOTS, SCHEDULES, legacy_names, legacy_prefixes, modern_names

    schedules = {f"{root}.{SCHEDULES}" for root in (*KERAS_ROOTS, "tensorflow.python.keras")}
    schedules |= {f"{module}.{name}" for module in schedules for name in modern_names()}
    return frozenset(path.encode() for path in {*legacy_names(), *legacy_prefixes(), *schedules})
