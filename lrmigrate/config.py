"""What the user asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from lrmigrate.model import Applicability
from lrmigrate.selection import Layer, default_codes


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one run, independent of how they were given."""

    level: Applicability = Applicability.SAFE  # how far fixes go
    fix: bool = False
    write: bool = False
    exclude: tuple[str, ...] = ()
    codes: frozenset[str] = field(default_factory=default_codes)  # of the rules in force


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says of rules and files."""

    layer: Layer = field(default_factory=Layer)
    exclude: tuple[str, ...] = ()
