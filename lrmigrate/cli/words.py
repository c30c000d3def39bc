"""Words of the command line that stand in files: `@FILE`, one word on each line, as with Ruff."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from lrmigrate.cli.errors import BadRequest


def expanded(words: Iterable[str]) -> list[str]:
    """The words, with those in files in their place; raises BadRequest.

    A path that begins with `@` and is there is that path, as hooks name it. Behind `--` all words are paths.
    """
    given = list(words)
    end = given.index("--") if "--" in given else len(given)
    found: list[str] = []
    for word in given[:end]:
        is_file_of_words = word.startswith("@") and len(word) > 1 and not os.path.exists(word)
        found += _in_file(word[1:]) if is_file_of_words else [word]
    return found + given[end:]


def _in_file(path: str) -> list[str]:
    """The lines of a file that are not empty; raises BadRequest."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadRequest(f"@{path}: {reason}; a path that begins with @ is written ./@...") from None
    return [line for line in text.splitlines() if line]
