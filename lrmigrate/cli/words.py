"""Words of the command line that stand in files: `@FILE`, one word on each line, as with Ruff."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lrmigrate.cli.errors import BadRequest


def expanded(words: Iterable[str]) -> list[str]:
    """The words, with those in files in their place; raises BadRequest."""
    found: list[str] = []
    for word in words:
        found += _in_file(word[1:]) if word.startswith("@") and len(word) > 1 else [word]
    return found


def _in_file(path: str) -> list[str]:
    """The lines of a file that are not empty; raises BadRequest."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadRequest(f"@{path}: {reason}; a path that begins with @ is written ./@...") from None
    return [line for line in text.splitlines() if line]
