"""Names of installed libraries that the user's configuration has taught: `mylib.tf` is TensorFlow 1.

What no file of the program shows. Said once for all that is done with a file; light, for every run asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Taught: TypeAlias = "tuple[tuple[str, str], ...]"  # qualified names, and what they stand for

_NAMES: ContextVar[Taught] = ContextVar("names", default=())


@contextmanager
def knowing(names: Taught) -> Iterator[None]:
    """Let names be known, as long as the block runs."""
    token = _NAMES.set(names)
    try:
        yield
    finally:
        _NAMES.reset(token)


def meant(path: str) -> str:
    """What a qualified name stands for: itself, or what was taught of it or of a module it stands in.

    >>> with knowing((("mylib.tf", "tensorflow"),)):
    ...     meant("mylib.tf.train")
    'tensorflow.train'
    """
    found = [(known, new) for known, new in _NAMES.get() if path == known or path.startswith(f"{known}.")]
    if not found:
        return path
    known, new = max(found, key=lambda pair: len(pair[0]))
    return new + path[len(known) :]


def speaks_of_taught(data: bytes) -> bool:
    """Whether source may import a name that was taught."""
    return any(known.partition(".")[0].encode() in data for known, _ in _NAMES.get())
