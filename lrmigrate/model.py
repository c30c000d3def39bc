"""What all modules share: spans, edits, findings, reports, verdicts, and the base of errors for people.

Standard library only. The data is frozen and picklable: a finding crosses a process boundary, goes into
JSON, and applies to a notebook cell. Nothing here knows Python syntax, TensorFlow or files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

SOURCES = (".py", ".pyw")  # how names of Python files end
NOTEBOOKS = (".ipynb",)
#: The names of the formats of reports: options and configurations know them, `report` has them.
FORMATS = ("text", "concise", "json", "jsonl", "github", "gitlab", "sarif", "junit", "markdown")


class UserError(Exception):
    """An error whose text is for people: a sentence, or a clause that another sentence takes up.

    A command that cannot go on raises one; the command line shows its text and ends with 2.
    """


class Applicability(Enum):
    """How far a fix may be trusted, from best to worst."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"

    @property
    def rank(self) -> int:
        """0 for safe, 1 for unsafe, 2 for manual."""
        return list(Applicability).index(self)


class Target(Enum):
    """What fixed code must run on."""

    KERAS3 = "keras3"
    TF2 = "tf2"  # Keras 2.4 to 2.15, that is TensorFlow 2.4 to 2.15


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets into a source text."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Whether ``other`` lies within this span."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of ``span`` by ``text``; an empty span inserts.

    ``rank`` orders insertions at one and the same offset: lower first. What closes an inner
    expression must stand before what closes the outer one, and the other way round for openings.
    """

    span: Span
    text: str
    rank: int = 0

    @property
    def key(self) -> tuple[int, int, int]:
        """The order in which edits are applied."""
        return (self.span.start, self.span.end, self.rank)


@dataclass(frozen=True, slots=True)
class Unit:
    """The training that a finding is part of: findings of one training are mended together or not at all.

    ``optimizers`` are the offsets of the calls that build the optimizers whose rate it is about; empty for
    one that is not in sight, which may be any. ``unnoticed``: if it stays behind, the program runs, and
    trains at another rate.
    """

    optimizers: tuple[int, ...] = ()
    unnoticed: bool = False

    def meets(self, other: Unit) -> bool:
        """Whether both may be about the same optimizer."""
        return not (self.optimizers and other.optimizers) or bool(
            set(self.optimizers) & set(other.optimizers)
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One legacy site, what is wrong with it, and what can be done.

    ``edits`` is empty exactly when ``applicability`` is manual. ``reason`` says why a fix is not
    safe, or what to do by hand; it is empty for safe fixes only. ``notes`` are clauses on what Keras 3's own
    update rule does otherwise, which no spelling of the code avoids; they lower no level.
    """

    code: str
    message: str
    span: Span
    line: int  # 1-based, as are columns; columns count characters
    column: int
    end_line: int
    end_column: int
    applicability: Applicability
    reason: str = ""
    edits: tuple[Edit, ...] = ()
    cell: int = 0  # in a notebook, the number of the cell, from 1; lines count within the cell
    notes: tuple[str, ...] = ()
    unit: Unit | None = None  # None: what other findings do has no bearing on it
    also: tuple[str, ...] = ()  # codes of other rules that the site breaks, which the message speaks of, too

    @property
    def fixable(self) -> bool:
        """Whether there is a fix at all, of whatever level."""
        return bool(self.edits)

    def belongs_to(self, other: Finding) -> bool:
        """Whether one of two findings must not be mended without the other."""
        if self.unit is None or other.unit is None or self is other:
            return False
        return self.unit.meets(other.unit) and (self.unit.unnoticed or other.unit.unnoticed)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found in one file, and, after a fix, what became of it.

    Findings stand in ``before``, or in ``after`` once that has been ``written``; those that were fixed
    stand in ``before``.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    before: str | None = field(default=None, repr=False)
    after: str | None = field(default=None, repr=False)
    written: bool = False
    error: str = ""  # a sentence, when the file could not be read or written
    note: str = ""  # a clause, when the file was passed over, such as "not checked: its language is R"

    @property
    def changed(self) -> bool:
        """Whether fixes changed the text."""
        return self.after is not None and self.after != self.before

    @property
    def text(self) -> str:
        """The text in which the findings stand; empty when it could not be decoded."""
        return (self.after if self.written else self.before) or ""


class Outcome(Enum):
    """What the proof of one site found."""

    IDENTICAL = "identical"
    CLOSE = "close"
    DIFFERENT = "different"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Curve:
    """The rates of both sides in one draw: steps, old rates and new rates, equally long."""

    steps: tuple[int, ...]
    old: tuple[float, ...]
    new: tuple[float, ...]
    landmarks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was compared for one site, and how it ended.

    ``ulps`` and ``relative`` are the largest differences of the rates; ``detail`` is the
    counterexample, the bound, or the reason of a refusal.
    """

    path: str
    line: int
    old: str
    new: str
    outcome: Outcome
    steps: str = ""
    draws: int = 0
    ulps: int = 0
    relative: float = 0.0
    detail: str = ""
    curve: Curve | None = field(default=None, repr=False)
