"""Bytes -> may this file hold a finding? The question that almost every file of a tree is turned away by.

May only skip work, never a finding. It rests on two facts: a name reaches a file in the spelling that the
catalogue has, and a library reaches it through an import. So the file must hold certain words, wherever
they stand (what is code and what is not is for the parser to say), and for the names of classes, which
other libraries have too, an import that can lead to one. The cheapest questions come first.
Knows neither files nor syntax trees.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache

_LIBRARIES = (b"keras", b"tensorflow")
_LIBRARY = re.compile(rb"(?:keras|tensorflow)\b")
_FROM = re.compile(rb"\bfrom\s+((?:keras|tensorflow)\b(?:\s*\.\s*\w+)*)(?:\s+import\b([^;#]*))?")
_BETWEEN = rb"(?:[\s\\]|#[^\n]*\n)*"  # what may stand between a dot and a name
_HOME = re.compile(rb"\." + _BETWEEN + rb"optimizer(?:s|_v2)\b")  # of every class in question
# Names that are no mere part of an argument list. So written that the search can jump to the first letters.
_LR = re.compile(rb"lr(?<=[\s\\.\"']lr)\b")
_RATE = re.compile(rb"learning_rate(?<=[\s\\.]learning_rate)\b")
_DOT = re.compile(rb"\." + _BETWEEN + rb"\Z")
_FAR = 500  # bytes: farther apart nobody puts a dot and a name
_CODE = re.compile(rb"LR(?<=\bLR)\d")
_OWN_SCHEDULE = re.compile(rb"LearningRateSchedule\b")
_IMPORT = re.compile(rb"import(?<=\bimport)\b")
_STAR = re.compile(rb"import(?<=\bimport)[\s\\]*\*")
_LR_OR_US = re.compile(rb"lr(?:migrate:|(?<=\blr)\b)")  # two questions for the price of one
_CALLED = re.compile(rb"\.[\s\\]*learning_rate[\s\\]*\(")
_UNSEEN_KERAS = re.compile(rb"keras(?<=\bkeras)[\s\\]*\.[\s\\]*optimizers\b")
_SESSION = re.compile(rb"(?i)sess")
_NOTEBOOK = re.compile(rb"\s*\{")
# Base64, as it stands in notebooks. Without a space, a dot or a parenthesis nothing is code that matters.
_PICTURE = re.compile(rb'"[A-Za-z0-9+/=\\]{1000,}"')
_CUT = re.compile(rb'"\s*,\s*"')
_LETTER = re.compile(rb"\\u([0-9a-fA-F]{4})")
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_BACKSLASH, _QUOTE = b"\0", b"\1"  # bytes that stand in no JSON
_ASCII = bytes(range(128))


def is_candidate(data: bytes) -> bool:
    """Whether a Python file or a notebook can have a finding."""
    if _NOTEBOOK.match(data):
        data = _code_of_notebook(data)
    if _CODE.search(data) and b"noqa" in data.lower():
        return True  # it suppresses findings, perhaps in vain
    return _may_have_findings(data) or (not data.isascii() and _may_have_findings(_folded(data)))


def speaks_of_rates(data: bytes) -> bool:
    """Whether a piece of source, without its imports, holds a name that a finding could be about."""
    return re.search(rb"\blr\b", data) is not None or _names_a_function(data) or _names_a_class(data)


def _may_have_findings(data: bytes) -> bool:
    """Whether source in plain ASCII names can have a finding."""
    has_lr, has_rate = _LR_OR_US.search(data) is not None, b"learning_rate" in data
    if has_lr and b"lrmigrate:" in data:
        return True  # it suppresses findings, perhaps in vain
    has_attribute = has_lr and _follows_a_dot(_LR, data)
    is_called = has_rate and _CALLED.search(data) is not None
    if (has_attribute or is_called or (has_lr and _names_a_class(data))) and _STAR.search(data):
        return True  # for the star may have brought anything
    if not any(name in data for name in _LIBRARIES):
        return b"train" in data and _names_a_function(data)  # `tf.train.x`, wherever `tf` comes from
    return (
        has_attribute
        or is_called
        or _names_a_function(data)
        or (b"decay" in data and b"class_name" in data)
        or (_OWN_SCHEDULE.search(data) is not None and _tf1_optimizers().search(data) is not None)
        or (has_rate and _follows_a_dot(_RATE, data) and _has_a_backend(data))
        or (b"optimizer" in data and _can_reach_a_class(data) and _names_a_class(data))
    )


def _has_a_backend(data: bytes) -> bool:
    """Whether source may set a rate through Keras's backend or a session."""
    return b"backend" in data or _SESSION.search(data) is not None


def _follows_a_dot(name: re.Pattern[bytes], data: bytes) -> bool:
    """Whether a name is an attribute, or in quotes; a variable or an argument says nothing by itself."""
    for match in name.finditer(data):
        start = match.start()
        if data[start - 1 : start] in (b".", b"'", b'"') or _DOT.search(data, max(0, start - _FAR), start):
            return True
    return False


def _code_of_notebook(data: bytes) -> bytes:
    r"""The bytes of a notebook without the marks of JSON, in which `\nlr` is a line break and a name.

    Two strings of a list are one text: between them nothing is left. Every step is one call for the whole
    file, since a callback for each mark takes as long as parsing it; the two escapes that could be taken for
    marks are put aside meanwhile. Most of a large file is pictures, which go first.
    """
    code = _PICTURE.sub(b'""', data)
    code = code.replace(rb"\\", _BACKSLASH).replace(rb"\"", _QUOTE)
    code = _CUT.sub(b"", code).replace(b'"', b"\n").replace(rb"\n", b"\n")
    if b"\\" in code:
        code = _ESCAPE.sub(b"\n", _LETTER.sub(_letter, code))
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


def _can_reach_a_class(data: bytes) -> bool:
    """Whether an import can lead to an optimizer or a schedule; `from keras.src import ...` cannot.

    A `keras` that nothing imports by name may have come by a star.
    """
    joined = data.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").replace(b"\r", b"\n")
    whole = False  # whether `import tensorflow as tf` or the like brings in everything
    end = 0
    for place in _IMPORT.finditer(joined):
        if place.start() < end:
            continue  # the line has been looked at
        start, end = joined.rfind(b"\n", 0, place.start()) + 1, joined.find(b"\n", place.end())
        end = end if end >= 0 else len(joined)
        line = joined[start:end]
        if any(name in line for name in _LIBRARIES):
            if any(_leads(b"".join(module.split()), names) for module, names in _FROM.findall(line)):
                return True
            whole = whole or _LIBRARY.search(_FROM.sub(b"", line)) is not None
    return (whole and _HOME.search(data) is not None) or _UNSEEN_KERAS.search(data) is not None


def _leads(module: bytes, names: bytes) -> bool:
    """Whether `from module import names` can; names in parentheses may go on in the next line."""
    if module not in _paths() or not names.strip() or b"(" in names or b"*" in names:
        return module in _paths()
    found = [name.split()[0] for name in names.split(b",") if name.strip()]
    return any(b"%s.%s" % (module, name) in _paths() for name in found)


def _names_a_function(data: bytes) -> bool:
    """Whether a legacy function is named."""
    hints, functions = _functions()
    return any(hint in data for hint in hints) and functions.search(data) is not None


def _names_a_class(data: bytes) -> bool:
    """Whether an optimizer or a schedule is named."""
    return _classes().search(data) is not None


@cache
def _functions() -> tuple[list[bytes], re.Pattern[bytes]]:
    """Words of which every legacy function has one in its name, and the names."""
    from lrmigrate.catalog import legacy_names
    from lrmigrate.catalog.schema import Decay

    names = {_last(path) for path, legacy in legacy_names().items() if isinstance(legacy.row, Decay)}
    return _shared_words(names), _any_of(names)


@cache
def _classes() -> re.Pattern[bytes]:
    """The optimizers and schedules; one that a quote follows is the end of a string, not a name."""
    from lrmigrate.catalog import legacy_names, modern_names
    from lrmigrate.catalog.schema import Optimizer

    names = {_last(path) for path, legacy in legacy_names().items() if isinstance(legacy.row, Optimizer)}
    return _any_of(names | modern_names(), b"""(?!["'`])""")


@cache
def _tf1_optimizers() -> re.Pattern[bytes]:
    """The TensorFlow 1 optimizers."""
    from lrmigrate.catalog import tf1_optimizers

    return _any_of({_last(path) for path in tf1_optimizers()})


@cache
def _paths() -> frozenset[bytes]:
    """The catalogued names and the schedules, with all modules on the way to them."""
    from lrmigrate.catalog import KERAS_ROOTS, SCHEDULES, legacy_names, legacy_prefixes, modern_names

    schedules = {f"{root}.{SCHEDULES}" for root in (*KERAS_ROOTS, "tensorflow.python.keras")}
    schedules |= {f"{module}.{name}" for module in schedules for name in modern_names()}
    return frozenset(path.encode() for path in {*legacy_names(), *legacy_prefixes(), *schedules})


def _last(path: str) -> str:
    """The last part of a qualified name."""
    return path.rpartition(".")[2]


def _any_of(names: Iterable[str], behind: bytes = b"") -> re.Pattern[bytes]:
    """A pattern for any of some names, as whole words."""
    return re.compile(rb"\b(?:%s)\b%s" % ("|".join(sorted(names)).encode(), behind))


def _shared_words(names: Iterable[str]) -> list[bytes]:
    """Few words such that every name holds one: to look for these first is much faster."""
    rest, found = set(names), []
    while rest:
        counts = Counter(word for name in rest for word in name.split("_"))
        word = max(counts, key=lambda word: (counts[word], len(word), word))
        found.append(word.encode())
        rest = {name for name in rest if word not in name}
    return found
