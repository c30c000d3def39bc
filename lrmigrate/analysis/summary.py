"""What a file says to the rest of its program, read from its bytes without parsing.

May say too much, never too little: what is code and what is prose is for the parser to say, when asked.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from lrmigrate.analysis.magic import MASK, OUT_OF_SIGHT, module_run

# So written that the search can jump to the first letters.
_IMPORT = re.compile(rb'import(?<!\wimport)(?=[ \t(*\\])[ \t]*(\([^)]*\)|(?:[^\n#;\\"]|\\\r?\n)*)')
_HOME = re.compile(rb"[ \t]+([\w. \t]+?)[ \t]*(?:\\\r?\n[ \t]*)?")  # between `from` and `import`
_RUN = re.compile(rb"(?m)^[ \t]*(?:%%run|%s)(?=[ \t])([^\r\n]*)" % MASK.encode())
_WORD = re.compile(rb"[A-Za-z_]\w+|[A-Za-z_]")
_NAME = re.compile(rb"[^\W\d]\w*")
#: Calls that bring in modules by names that only the running program knows.
_LOADERS = (b"import_module", b"__import__", b"run_path", b"run_module", b"load_source")
_SIGNS = (b"import_", b"run_", b"load_source")  # of which every loader has one: quicker to look for
_DYNAMIC = re.compile(rb"\b(?:%s)[ \t]*\([ \t]*(?![ \t'\"])" % b"|".join(_LOADERS))
_LITERAL = re.compile(rb"\b(?:%s)[ \t]*\([ \t]*['\"]([\w.]+)['\"]" % b"|".join(_LOADERS))
#: What a file must hold to read or set a rate, to make one that changes, or to set what it does not name.
_RATES = [
    *(re.compile(rb"%s(?<=[\s\\.\"']%s)\b" % (word, word)) for word in (b"lr", b"learning_rate", b"decay")),
    *(
        re.compile(rb"\blr[ \t]*=(?!=)"),
        re.compile(rb"decay[ \t]*="),
        re.compile(rb"setattr(?:__)?\b"),
        re.compile(rb"LR(?![a-z])"),
    ),
    *(
        re.compile(rb"attrgetter"),
        re.compile(  # neither a definition nor that of a base, both of which are everywhere
            rb"get_config(?<!def get_config)(?<!super\(\)\.get_config)(?<!, self\)\.get_config)[ \t]*\("
        ),
        re.compile(rb"[\"'](?:lr|learning_rate|decay)[\"']"),
    ),
    *(
        re.compile(word)
        for word in (rb"chedules?\b", rb"LearningRate", rb"OneCycle", rb"arm_?[Uu]p", rb"Anneal")
    ),
]
#: Functions that switch what the whole program computes with.
SWITCHES = (
    *("enable_eager_execution", "disable_eager_execution", "enable_v2_behavior", "disable_v2_behavior"),
    *("enable_resource_variables", "disable_resource_variables", "set_epsilon", "set_floatx"),
)
_SPARSE = (b"Embedding", b"IndexedSlices", b"embedding_lookup", b"gather(")


@dataclass(frozen=True, slots=True)
class Summary:
    """What one file imports, and what it may switch.

    ``digest`` is that of its bytes; ``imports`` are the qualified names it takes, with leading dots where
    they are relative, `m.*` for a star; ``dynamic``: it may import what it does not name; ``switches`` are
    the functions that switch a mode which it may call.
    """

    digest: bytes = b""
    imports: tuple[str, ...] = ()
    dynamic: bool = False
    switches: tuple[str, ...] = ()


def summarize(data: bytes, file: bytes | None = None) -> Summary:
    """The summary of Python code, which is all of its ``file`` or what there is of code in that."""
    loads = any(sign in data for sign in _SIGNS)
    imports = _imports(data, loads) if b"import" in data else set()
    runs = [module_run(words.decode("utf-8", "replace")) for words in _RUN.findall(data)]
    return Summary(
        digest=digest_of(data if file is None else file),
        imports=tuple(sorted(imports | {f"{module}.*" for module in runs})),
        dynamic=(loads and _DYNAMIC.search(data) is not None) or OUT_OF_SIGHT in runs,
        switches=_switches(data),
    )


def _switches(data: bytes) -> tuple[str, ...]:
    """The functions that switch a mode which a file may call."""
    if not any(sign in data for sign in (b"able_", b"set_epsilon", b"set_floatx")):
        return ()
    return tuple(name for name in SWITCHES if name.encode() in data)


def may_set_rates(data: bytes) -> bool:
    """Whether a file may read or set a rate, or make one that changes."""
    return any(word.search(data) for word in _RATES)


def may_be_sparse(data: bytes) -> bool:
    """Whether gradients may be sparse, as far as one file tells."""
    return any(word in data for word in _SPARSE)


def words_of(data: bytes) -> set[bytes]:
    """The words of Python code."""
    return set(_WORD.findall(data))


def stores(name: bytes) -> re.Pattern[bytes]:
    """Finds where an attribute of that name may be assigned to, other than of `self`.

    `x.name = ...`; `x.name, y = ...` as the first on a line; `for x.name in ...:`; `with y as x.name:`.
    """
    return re.compile(
        rb"%(name)s(?<=\.%(name)s)(?:"  # the search can jump to the name
        rb"(?<!\Wself.%(name)s)[ \t]*(?:[-+*/@|&^%%]|//|\*\*|<<|>>)?=(?!=)"
        rb"|[ \t]*,(?=[^\n]*[^=!<>\n]=[^=])"
        rb"|[ \t]+in\b(?=[^\n]*:)"
        rb"|(?<!\Wself.%(name)s)[ \t]*:)" % {b"name": re.escape(name)}
    )


def digest_of(data: bytes) -> bytes:
    """What tells the bytes of a file from any others: 8 bytes."""
    return hashlib.blake2b(data, digest_size=8).digest()


def _imports(data: bytes, loads: bool) -> set[str]:
    """The qualified names that import statements, or what looks like them, take."""
    found: set[str] = set()
    for statement in _IMPORT.finditer(data):
        names = statement[1]
        home = _home(data, statement.start())
        if home is None:
            for part in names.split(b","):
                found.add(b"".join(part.split(b" as ")[0].split()).decode("utf-8", "replace"))
            continue
        if b"*" in names:
            found.add(f"{home}*")
        for part in names.strip(b"()").split(b","):
            if name := _NAME.search(part.split(b"#")[0]):
                found.add(home + name.group().decode("utf-8", "replace"))
    if loads:
        found |= {name.decode() for name in _LITERAL.findall(data)}
    return {name for name in found if name.strip(".")}


def _home(data: bytes, end: int) -> str | None:
    """What stands between a `from` and the `import` at ``end``, with a dot behind it; None for no `from`."""
    begin = data.rfind(b"\n", 0, end)
    if data[max(0, begin - 2) : begin].rstrip(b"\r").endswith(b"\\"):
        begin = data.rfind(b"\n", 0, begin)  # the line goes on
    word = max(data.rfind(b"from ", begin + 1, end), data.rfind(b"from\t", begin + 1, end))
    named = _HOME.fullmatch(data, word + len(b"from"), end) if word >= 0 else None
    if named is None or data[word - 1 : word].isalnum() or data[word - 1 : word] == b"_":
        return None
    home = b"".join(named[1].split()).decode("utf-8", "replace")
    return home if home.endswith(".") else f"{home}."
