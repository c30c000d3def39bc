"""What a command cannot do as it was asked to."""

from __future__ import annotations

from lrmigrate.model import UserError


class BadRequest(UserError):
    """The options do not fit together or to their values, or need what is not installed. A sentence."""


class BadOutput(UserError):
    """A report cannot be made or written as it was asked for. A sentence."""


class NoTerminal(UserError):
    """A question needs a terminal, and there is none. A sentence."""
