"""What lies around the file that is worked on: whoever runs the engine says it once, for all files.

A file is looked at again and again (for its findings, its fixes, what is left of them), and every time it
must be part of the same program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from lrmigrate.analysis.outside import ALONE, Outside

Provider: TypeAlias = "Callable[[str], Outside]"

_PROVIDER: ContextVar[Provider] = ContextVar("provider", default=lambda _: ALONE)


def outside_of(path: str) -> Outside:
    """What a file can ask of the rest of its program; by default there is no rest."""
    return _PROVIDER.get()(path)


@contextmanager
def within(provider: Provider) -> Iterator[None]:
    """Let ``provider`` say what lies around each file, as long as the block runs."""
    token = _PROVIDER.set(provider)
    try:
        yield
    finally:
        _PROVIDER.reset(token)
