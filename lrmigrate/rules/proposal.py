"""What a rule says of a site: a message, and how a fix is drafted, as far as that may be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from lrmigrate.analysis.refusal import Refusal
from lrmigrate.model import Applicability, Edit, Unit
from lrmigrate.rules.rule import Rule

Step: TypeAlias = "Callable[[Draft], None]"


class Draft:
    """A fix in the making: safe until a doubt is noted, and ended by a Refusal."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self.reasons: list[str] = []
        self.notes: list[str] = []

    def unsafe(self, reason: str) -> None:
        """Note a doubt (a clause): the numbers are expected to agree, but something else changes."""
        if reason not in self.reasons:
            self.reasons.append(reason)

    def note(self, text: str) -> None:
        """Say (a clause) what the new world does otherwise, however it is spelled; lowers no level."""
        if text not in self.notes:
            self.notes.append(text)

    def take(self, *steps: Step) -> None:
        """Take steps, also those behind one that refuses: all that is in the way is said at once.

        Raises Refusal if one of them refused.
        """
        if not self.takes(*steps):
            raise Refusal

    def takes(self, *steps: Step) -> bool:
        """Whether all of these steps can be taken; the reasons of those that cannot are noted."""
        refused = [step for step in steps if not self._takes(step)]
        return not refused

    def _takes(self, step: Step) -> bool:
        """Whether one step can be taken."""
        try:
            step(self)
        except Refusal as refusal:
            for reason in refusal.reasons:
                self.unsafe(reason)
            return False
        return True


@dataclass(frozen=True, slots=True)
class Fix:
    """What has become of a draft: edits, or none where it was refused."""

    applicability: Applicability
    reasons: tuple[str, ...]
    edits: tuple[Edit, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that a site breaks, what to say of it, the step that drafts the fix, and what goes with it.

    ``also`` are the codes of other rules that it breaks; the fix mends them, too.
    """

    rule: Rule
    message: str
    write: Step
    unit: Unit | None = None
    also: tuple[str, ...] = ()

    def fix(self, *further: Step) -> Fix:
        """The fix, after further steps; the one place where a Refusal becomes a manual finding."""
        draft = Draft()
        taken = draft.takes(self.write, *further)
        reasons, notes = tuple(draft.reasons), tuple(draft.notes)
        if not taken:
            return Fix(Applicability.MANUAL, reasons, (), notes)
        level = Applicability.UNSAFE if reasons else Applicability.SAFE
        return Fix(level, reasons, tuple(draft.edits), notes)


def by_hand(*reasons: str) -> Step:
    """The step of a proposal without a fix: what to do instead (clauses)."""

    def refuse(_: Draft) -> NoReturn:
        raise Refusal(*reasons)

    return refuse
