"""What the user asked for."""

from __future__ import annotations

from dataclasses import dataclass

from lrmigrate.model import Applicability


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one run, independent of how they were given."""

    level: Applicability = Applicability.SAFE  # how far fixes go
    fix: bool = False
    write: bool = False
    exclude: tuple[str, ...] = ()
