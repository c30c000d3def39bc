"""What a file says to the rest of its program, read from its bytes without parsing.

May say too much, never too little: what is code and what is prose is for the parser to say, when asked.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_FROM = re.compile(
    rb"^[ \t]*from[ \t]+([\w. \t]+?)[ \t]*\bimport\b[ \t]*(\([^)]*\)|(?:[^\n#;\\]|\\\r?\n)*)", re.MULTILINE
)
_IMPORT = re.compile(rb"(?:^|[;:])[ \t]*import[ \t]+((?:[^\n#;\\]|\\\r?\n)*)", re.MULTILINE)
_NAME = re.compile(rb"[^\W\d]\w*")
#: Calls that bring in modules by names that only the running program knows.
_DYNAMIC = re.compile(
    rb"\b(?:import_module|__import__|run_path|run_module|exec|load_source|exec_module)[ \t]*\("
)
#: What a file must hold to read or set a rate, or to hand one on under a name that is not written out.
_RATE = re.compile(
    rb"\b(?:lr|learning_rate|decay|initial_decay|setattr|getattr|hasattr|__setattr__|__dict__|vars)\b"
)
#: Functions that switch what the whole program computes with.
SWITCHES = (
    *("enable_eager_execution", "disable_eager_execution", "enable_v2_behavior", "disable_v2_behavior"),
    *("enable_resource_variables", "disable_resource_variables", "set_epsilon", "set_floatx"),
)
_SWITCH = re.compile(rb"\b(?:%s)\b" % "|".join(SWITCHES).encode())
_SPARSE = re.compile(rb"\b(?:Embedding|IndexedSlices|embedding_lookup|gather)\b")


@dataclass(frozen=True, slots=True)
class Summary:
    """What one file says.

    ``digest`` is that of its bytes; ``imports`` are the qualified names it takes, with leading dots where
    they are relative, `m.*` for a star; ``dynamic``: it may import what it does not name; ``rates``: it may
    read or set a rate; ``switches`` are the modes that it may set; ``sparse``: gradients may be sparse.
    """

    digest: bytes = b""
    imports: tuple[str, ...] = ()
    dynamic: bool = False
    rates: bool = False
    switches: tuple[str, ...] = ()
    sparse: bool = False


def summarize(data: bytes) -> Summary:
    """The summary of a Python file."""
    return Summary(
        digest=digest_of(data),
        imports=tuple(sorted(_imports(data))) if b"import" in data else (),
        dynamic=_DYNAMIC.search(data) is not None,
        rates=_RATE.search(data) is not None,
        switches=tuple(sorted({found.decode() for found in _SWITCH.findall(data)})),
        sparse=_SPARSE.search(data) is not None,
    )


def digest_of(data: bytes) -> bytes:
    """What tells the bytes of a file from any others: 8 bytes."""
    return hashlib.blake2b(data, digest_size=8).digest()


def _imports(data: bytes) -> set[str]:
    """The qualified names that import statements, or what looks like them, take."""
    found: set[str] = set()
    for module, names in _FROM.findall(data):
        home = b"".join(module.split()).decode("utf-8", "replace")
        if b"*" in names:
            found.add(f"{home}.*")
        for part in names.strip(b"()").split(b","):
            if name := _NAME.search(part.split(b"#")[0]):
                found.add(f"{home}.{name.group().decode('utf-8', 'replace')}")
    for modules in _IMPORT.findall(data):
        for part in modules.split(b","):
            found.add(b"".join(part.split(b" as ")[0].split()).decode("utf-8", "replace"))
    return {name for name in found if name.strip(".")}
