"""What the user asked for, for one file, however it was said."""

from __future__ import annotations

from dataclasses import dataclass, field

from lrmigrate.model import Applicability, Target
from lrmigrate.selection import default_codes


@dataclass(frozen=True, slots=True)
class Around:
    """Where the program around a file is looked for: fit to be sent to a worker.

    ``base`` is the folder that all paths of the run have in common; ``run`` tells this run from others.
    ``folders`` are all that the program is made of, below ``root`` as a rule; without any, it is looked for.
    ``kept`` is the folder of the cache, where summaries are kept for the next run: "" for the project's, None
    for none.
    """

    base: str
    run: str
    root: str = ""
    folders: tuple[str, ...] = ()
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """Options for one file, independent of how they were given."""

    level: Applicability = Applicability.SAFE  # how far fixes go
    fix: bool = False
    write: bool = False
    codes: frozenset[str] = field(default_factory=default_codes)  # of the rules in force
    trusted: frozenset[str] = frozenset()  # codes whose unsafe fixes count as safe
    distrusted: frozenset[str] = frozenset()  # codes whose safe fixes count as unsafe
    unfixed: frozenset[str] = frozenset()  # codes whose fixes are not offered
    target: Target = Target.KERAS3
    folder: str = ""  # of the configuration
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()  # patterns relative to it, and prefixes
    names: tuple[tuple[str, str], ...] = ()  # of libraries, and what they stand for
    around: Around | None = None  # None: the file stands alone
