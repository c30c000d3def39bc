"""Whether output is coloured: what the user says, then the environment, then whether it is a terminal."""

from __future__ import annotations

import os
import sys
from typing import IO

import click


def from_environment() -> bool | None:
    """What the environment asks for; None: colours on terminals only.

    Of the customs of command lines, the one that wants no colour goes first: NO_COLOR, FORCE_COLOR,
    CLICOLOR_FORCE, CLICOLOR=0, TERM=dumb.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if os.environ.get("CLICOLOR") == "0" or os.environ.get("TERM") == "dumb":
        return False
    return None


def choose(context: click.Context, choice: str | None) -> None:
    """Note what `--color` says; for tables that another library draws in the environment, too."""
    if choice is None:
        return
    wanted = {"always": True, "never": False}.get(choice)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        os.environ.pop(name, None)
    if wanted is not None:
        os.environ["FORCE_COLOR" if wanted else "NO_COLOR"] = "1"
    context.find_root().color = context.color = from_environment() if wanted is None else wanted


def is_coloured(stream: IO[str] | None = None) -> bool:
    """Whether what is written to a stream (standard output) has colours."""
    context = click.get_current_context(silent=True)
    wanted = context.color if context else None
    return (stream or sys.stdout).isatty() if wanted is None else wanted
