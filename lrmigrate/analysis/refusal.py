"""The one way to say that no fix can be written."""

from __future__ import annotations


class Refusal(Exception):
    """No fix can be written; the reasons are clauses that the user reads.

    Raised where it is known, heard where a fix is drafted (`rules.proposal`).
    """

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
