"""How far the questions have come that wait for each other's answers, and when one is as good as unknown.

An answer is kept for the next one who asks, who must get what he would have found out himself: it is
kept with what it took, and only if nothing was left out of it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrmigrate.analysis.outside import Way

_FARTHEST = 2000  # steps back; a value that has come farther is as good as unknown
_NESTED = 10  # questions that were asked to answer the first one


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The ways of a value, the steps that it took to find them, and how deep questions were nested for it."""

    ways: tuple[Way, ...]
    steps: int
    height: int


class Asked:
    """The questions that wait just now.

    ``gaps`` counts what was left out of answers: ways that led back to themselves, or too far.
    """

    def __init__(self) -> None:
        self.gaps = 0
        self._nesting = 0
        self._steps = 0
        self._deepest = 0
        self._counted: set[ast.AST] = set()  # answers whose steps the outermost question has paid for

    @property
    def is_idle(self) -> bool:
        """Whether no question waits."""
        return not self._nesting

    @property
    def is_too_deep(self) -> bool:
        """Whether one more question would be too many."""
        return self._nesting > _NESTED

    def step(self) -> bool:
        """Take a step, if the outermost question has one left."""
        self._steps += 1
        if self._steps > _FARTHEST:
            self.gaps += 1
            return False
        return True

    def begin(self) -> tuple[int, int, int]:
        """A question is asked; what `end` wants to know of the others."""
        if not self._nesting:
            self._steps = 0
            self._counted.clear()
        before = self.gaps, self._steps, self._deepest
        self._nesting += 1
        self._deepest = self._nesting
        return before

    def end(self, node: ast.AST, ways: tuple[Way, ...], before: tuple[int, int, int]) -> Answer | None:
        """A question is answered; the answer, if it may be kept."""
        gaps, steps, deepest = before
        answer = Answer(ways, self._steps - steps, self._deepest - self._nesting)
        self._nesting -= 1
        self._deepest = max(deepest, self._deepest)
        self._counted.add(node)
        return answer if gaps == self.gaps or not self._nesting else None

    def may_keep(self, gaps: int) -> bool:
        """Whether an answer may be kept before whose question there were so many ``gaps``."""
        return gaps == self.gaps or not self._nesting

    def again(self, node: ast.AST, answer: Answer) -> tuple[Way, ...]:
        """A kept answer; none where finding it out now would have gone too far."""
        if not self._nesting or node in self._counted:
            return answer.ways
        self._counted.add(node)
        self._steps += answer.steps
        self._deepest = max(self._deepest, self._nesting + 1 + answer.height)
        if self._steps > _FARTHEST or self._nesting + answer.height > _NESTED:
            self.gaps += 1
            return ()
        return answer.ways
