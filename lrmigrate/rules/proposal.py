"""What a rule says of a site: a message, a fix in the making, and how far that may be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

from lrmigrate.catalog.schema import Rule, Target
from lrmigrate.model import Applicability, Edit


@dataclass
class Proposal:
    """A rule that a site breaks, and a fix in the making.

    Starts as safe; every doubt lowers it and adds its reason.
    """

    rule: Rule
    message: str
    edits: list[Edit] = field(default_factory=list)
    applicability: Applicability = Applicability.SAFE
    reasons: list[str] = field(default_factory=list)

    def lower(self, level: Applicability, reason: str) -> None:
        """Trust the fix no further than ``level``, because of ``reason`` (a clause)."""
        self.applicability = self.applicability.lowered_to(level)
        if reason not in self.reasons:
            self.reasons.append(reason)

    def unsafe(self, reason: str) -> None:
        """The numbers are expected to agree, but something else changes."""
        self.lower(Applicability.UNSAFE, reason)

    def manual(self, reason: str) -> Proposal:
        """Nothing can be written; returns itself, so that a function can end with it."""
        self.lower(Applicability.MANUAL, reason)
        self.edits.clear()
        return self


def for_target(proposal: Proposal, target: Target) -> Proposal | None:
    """What is left of a proposal where the code must run on ``target``."""
    otherwise = proposal.rule.tf2 if target is Target.TF2 else None
    if otherwise is None:
        return proposal
    if otherwise.level is None:
        return None
    if otherwise.level is Applicability.MANUAL:
        return proposal.manual(otherwise.why)
    proposal.unsafe(otherwise.why)
    return proposal
