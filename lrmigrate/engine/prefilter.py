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
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import TypeAlias

from lrmigrate.catalog import LIBRARIES
from lrmigrate.catalog.others import may_hand_on
from lrmigrate.catalog.taught import speaks_of_taught
from lrmigrate.rules import table
from lrmigrate.rules.rule import KERAS, Place, Word

Question: TypeAlias = "Callable[[bytes], bool]"
Tree: TypeAlias = "dict[Question, Tree]"  # behind a yes one goes on; where nothing follows, all is answered
Way: TypeAlias = "frozenset[Word]"

_IMPORTS = frozenset(
    {Place.OWN, Place.LIBRARY, Place.STAR, Place.CLASSES, Place.DOTTED}
)  # how a name gets into a file
#: By what it costs to tell.
_ORDER = (
    *(Place.LIBRARY, Place.ATTRIBUTE, Place.CALLED, Place.KEYWORD, Place.STRING, Place.DOTTED),
    *(Place.ENDING, Place.STAR, Place.CLASSES, Place.NAME, Place.OWN, Place.PART),
)
_SHORT = 3  # letters: they stand in all sorts of words, so that the word itself is sought at once
_FEW = 4  # parts of names: to look for more of them takes its time
_HOME = "optimizer"  # is a part of every path to a class
_END = rb"(?!\w)"
_BETWEEN = rb"(?:[\s\\]|#[^\n]*\n)*"  # what may stand between a dot and a name
_FAR = 500  # bytes: farther apart nobody puts a dot and a name
# Base64, as it stands in notebooks. Without a space, a dot or a parenthesis nothing is code that matters.
_PICTURE = rb'"[A-Za-z0-9+/=\\]{1000,}"'
_BACKSLASH, _QUOTE = b"\0", b"\1"  # bytes that stand in no JSON
_ASCII = bytes(range(128))
_MODULE = rb"\b(?:from|import)[ \t]+([\w.]+)"
_FROM = rb"\bfrom\s+((?:keras|tensorflow)\b(?:\s*\.\s*\w+)*)(?:\s+import\b([^;#]*))?"


def is_candidate(data: bytes) -> bool:
    """Whether a Python file or a notebook can have a finding."""
    if data.lstrip().startswith(b"{"):
        data = code_of_notebook(data)
    if _suppresses(data) or speaks_of_taught(data):
        return True  # perhaps in vain
    return _may_have_findings(data) or (not data.isascii() and _may_have_findings(_folded(data)))


def speaks_of_rates(data: bytes) -> bool:
    """Whether a piece of source, without its imports, holds the words that a finding could be about."""
    return _holds_one(_loose_tree(), data, {})


def _may_have_findings(data: bytes) -> bool:
    """Whether source in plain ASCII names holds the words of a rule."""
    return _holds_one(_tree(), data, {})


def _suppresses(data: bytes) -> bool:
    """Whether source may have a comment that suppresses findings."""
    if b"lrmigrate:" in data:
        return True
    return _compiled(rb"LR(?<=\bLR)\d").search(data) is not None and b"noqa" in data.lower()


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


def _holds_one(tree: Tree, data: bytes, answers: dict[Question, bool]) -> bool:
    """Whether the answer to all questions on one way down a tree is yes; each is asked once at most."""
    for question, rest in tree.items():
        answer = answers.get(question)
        if answer is None:
            answer = answers[question] = question(data)
        if answer and (not rest or _holds_one(rest, data, answers)):
            return True
    return False


@cache
def _tree() -> Tree:
    """What to ask of a file."""
    return _questions(_declared())


@cache
def _loose_tree() -> Tree:
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
    if word.place is Place.DOTTED:
        return all(text.startswith(LIBRARIES) for text in word.texts)
    return word.place is Place.CLASSES


def _loose(word: Word) -> Word:
    """A word that may stand at more places: in a piece of source, a name may be meant for anything."""
    return Word(Place.NAME, word.texts) if word.place in (Place.ATTRIBUTE, Place.KEYWORD) else word


def _questions(ways: Iterable[Way]) -> Tree:
    """What to ask for all ways, the cheapest first, and what several ways begin with only once."""
    tree: Tree = {}
    needed = _least(_merged(_least(ways)))
    for words in sorted(sorted((_cost(word), word) for word in way) for way in needed):
        asked = chain.from_iterable(_asked(word) for _, word in words)
        branch = tree
        for _, question in sorted(asked, key=itemgetter(0)):
            branch = branch.setdefault(question, {})
        branch[bool] = {}  # which is yes for any source
    return tree


def _least(ways: Iterable[Way]) -> list[Way]:
    """The ways without those that hold all words of another one, and more."""
    found: list[Way] = []
    for way in sorted(set(ways), key=len):
        if not any(other <= way for other in found):
            found.append(way)
    return found


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


def _cost(word: Word) -> tuple[int, list[str]]:
    """The order of words: by what it costs to tell, and then a fixed one."""
    return _ORDER.index(word.place), sorted(word.texts)


def _asked(word: Word) -> Iterator[tuple[int, Question]]:
    """The questions about one word, each with its cost: first whether what it is made of is there at all."""
    cost = _ORDER.index(word.place)
    if _is_of_keras(word):
        yield 0, _contains(LIBRARIES)
    match word.place:
        case Place.LIBRARY:
            yield 0, _contains(tuple(sorted(word.texts)))
            return
        case Place.CLASSES:
            yield 0, _contains((_HOME,))
        case Place.NAME:
            parts = _shared_parts(word.texts)
            if len(parts) <= _FEW:
                yield 0, _contains(parts)
        case Place.DOTTED:
            lasts = (text.rpartition(".")[2] for text in word.texts)
            yield 0, _contains(tuple(_HOME if _HOME in last else last for last in lasts))
        case Place.ENDING:
            yield 0, _contains(tuple(word.texts))
        case Place.STRING if len(word.texts) > 1:
            yield 0, _contains(_shared_parts(word.texts))
        case Place.ATTRIBUTE | Place.CALLED | Place.KEYWORD | Place.STRING:
            (text,) = word.texts
            yield 0, _has_word(text.encode()) if len(text) <= _SHORT else _contains((text,))
    yield cost, _holds(word)


@cache
def _contains(texts: tuple[str, ...]) -> Question:
    """Whether source holds one of some texts, wherever."""
    wanted = [text.encode() for text in texts]

    def is_there(data: bytes) -> bool:
        """Whether one of them is."""
        for text in wanted:  # noqa: SIM110 - twice as fast as any()
            if text in data:
                return True
        return False

    return is_there


@cache
def _holds(word: Word) -> Question:
    """Whether source holds a word in its place."""
    place, texts = word.place, [text.encode() for text in sorted(word.texts)]
    match place:
        case Place.NAME:
            return _named(texts)
        case Place.PART:
            return lambda data: _contains(tuple(sorted(word.texts)))(data.lower())
        case Place.STAR:
            star = _found(_word(b"import", rb"\b", rb"[\s\\]*\*"))
            return lambda data: star(data) or b"%run" in data
        case Place.CLASSES:
            return _can_reach_a_class
        case Place.OWN:
            return _imports_own
        case Place.STRING:
            words = [(text, _word(text, rb"[\"']")) for text in texts]
            return lambda data: any(text in data and re.search(word, data) for text, word in words)
    (text,) = texts
    match place:
        case Place.KEYWORD:
            return _behind_a_comma(_word(text, rb"\b", _END + _BETWEEN + rb"=(?!=)"))
        case Place.ENDING:
            return _found(re.escape(text) + _END)
        case Place.DOTTED:
            first, *others = text.split(b".")
            return _found(
                _word(first, rb"\b", b"".join(rb"[\s\\]*\.[\s\\]*%s" % part for part in others) + _END)
            )
    called = rb"[\s\\]*\(" if place is Place.CALLED else _END
    return _behind_a_dot(_word(text, rb"[\s\\.]", called))


@cache
def _has_word(text: bytes) -> Question:
    """Whether source holds a word, wherever."""
    return _found(_word(text, rb"\b"))


def _named(texts: Iterable[bytes]) -> Question:
    """Whether source holds one of some names; one that a quote follows is the end of a string, not a name.

    Each by itself: to look for a text and then for the word is a few times faster than one pattern for all.
    """
    words = [(text, _word(text, rb"\b", rb"\b(?![\"'`])")) for text in texts]
    return lambda data: any(text in data and re.search(word, data) for text, word in words)


def _word(text: bytes, before: bytes, behind: bytes = _END) -> bytes:
    """A pattern for a text between others, so written that a search can jump to its first letters."""
    text = re.escape(text)
    return rb"%s(?<=%s%s)%s" % (text, before, text, behind)


def _found(pattern: bytes) -> Question:
    """Whether a pattern is found in source."""
    return lambda data: _compiled(pattern).search(data) is not None


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    """A pattern, compiled when it is first needed."""
    return re.compile(pattern)


def _behind_a_dot(pattern: bytes) -> Question:
    """Whether what a pattern finds in source is an attribute; a variable or an argument says nothing."""
    dot = rb"\." + _BETWEEN + rb"\Z"

    def is_attribute(data: bytes) -> bool:
        """Whether one of the places is behind a dot."""
        starts = (match.start() for match in _compiled(pattern).finditer(data))
        return any(
            data[s - 1] == ord(".") or _compiled(dot).search(data, max(0, s - _FAR), s) for s in starts
        )

    return is_attribute


def _behind_a_comma(pattern: bytes) -> Question:
    """Whether what a pattern finds in source may be the name of an argument; one that is assigned is not."""

    def is_argument(data: bytes) -> bool:
        """Whether a bracket or a comma is before one of the places, or what could hide them."""
        for match in _compiled(pattern).finditer(data):
            before = data[max(0, match.start() - _FAR) : match.start()]
            kept = before.rstrip(b" \t\r\n\f\\")
            line = kept[kept.rfind(b"\n") + 1 :]
            if not kept or kept[-1:] in b"(," or b"#" in line:
                return True
        return False

    return is_argument


def _shared_parts(names: Iterable[str]) -> tuple[str, ...]:
    """Few parts such that every name holds one: to look for these first is much faster."""
    found = [name for name in names if "_" not in name]
    rest = {name for name in names if not any(part in name for part in found)}
    while rest:
        counts = Counter(part for name in rest for part in name.split("_"))
        part = max(counts, key=lambda part: (counts[part], len(part), part))
        found.append(part)
        rest = {name for name in rest if part not in name}
    return tuple(found)


def _can_reach_a_class(data: bytes) -> bool:
    """Whether an import can lead to an optimizer or a schedule; `from keras.src import ...` cannot."""
    joined = data
    if b"\\" in data:
        joined = joined.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
    if b"\r" in data:
        joined = joined.replace(b"\r", b"\n")
    whole = False  # whether `import tensorflow as tf` or the like brings in everything
    end = 0
    for place in _compiled(_word(b"import", rb"\b")).finditer(joined):
        if place.start() < end:
            continue  # the line has been looked at
        start, end = joined.rfind(b"\n", 0, place.start()) + 1, joined.find(b"\n", place.end())
        end = end if end >= 0 else len(joined)
        leads, is_whole = _brings(joined[start:end])
        if leads:
            return True
        whole = whole or is_whole
    return whole and _behind_a_dot(_word(b"optimizer", rb"[\s\\.]", rb"(?:s|_v2)\b"))(data)


def _imports_own(data: bytes) -> bool:
    """Whether an import may be that of a module of the program."""
    return any(
        may_hand_on(found.decode("ascii", "replace")) for found in set(_compiled(_MODULE).findall(data))
    )


@lru_cache(maxsize=4096)
def _brings(line: bytes) -> tuple[bool, bool]:
    """Whether a line with an import leads to a class, and whether it brings in a whole library.

    The files of a project import the same things, line by line.
    """
    if not _contains(LIBRARIES)(line):
        return False, False
    leads = any(_leads(b"".join(module.split()), names) for module, names in re.findall(_FROM, line))
    return leads, re.search(rb"(?:keras|tensorflow)\b", re.sub(_FROM, b"", line)) is not None


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
