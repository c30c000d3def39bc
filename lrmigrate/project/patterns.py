"""Patterns in the language of .gitignore: what they are, what they match, what is skipped by default."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lrmigrate.model import UserError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

EXCLUDED = frozenset(
    [
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".ipynb_checkpoints",
        ".lrmigrate_cache",
        ".mypy_cache",
        ".nox",
        ".pants.d",
        ".pyenv",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pycache__",
        "__pypackages__",
        "_build",
        "buck-out",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    ]
)
_BAD_PATTERN = re.compile(r"^!?\s*$|(?<!\\)(\\\\)*\\$")


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns of .gitignore's language and the folder they are relative to.

    Without a folder they are relative to the working folder and to the folder that was named.
    """

    folder: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What is not looked at in a folder: folders by their names, and paths by patterns."""

    names: frozenset[str] = EXCLUDED
    patterns: tuple[Patterns, ...] = ()


class BadPath(UserError):
    """A path that was named cannot be checked, or a pattern is none. A sentence."""


def matches(path: str, folder: str, *patterns: str) -> bool:
    """Whether patterns of .gitignore's language, relative to a folder, speak of a path below it.

    Raises BadPath where a pattern is none.
    """
    try:
        spec = spec_of(patterns)
    except (ValueError, re.error) as error:
        wrong = ", ".join(repr(line) for line in patterns if not is_pattern(line))
        raise BadPath(f"{wrong} is no pattern of .gitignore's: {error}") from None
    slash = "/" if path.endswith("/") else ""
    relative = os.path.relpath(path, folder)
    return spec is not None and relative.split(os.sep)[0] != ".." and spec.match_file(relative + slash)


def is_pattern(line: str) -> bool:
    """Whether a line is a pattern of .gitignore's, or at least a comment: git passes over one that is not.

    Asks the library, whose loading takes time, only about what could be a range that runs backwards.
    """
    try:
        if "[" in line:
            spec_of((line,))
    except (ValueError, re.error):
        return False
    return not _BAD_PATTERN.search(line)


@cache
def spec_of(lines: tuple[str, ...]) -> GitIgnoreSpec | None:
    """Rules in the language of .gitignore; None when there are none. Raises ValueError and re.error."""
    patterns = [line for line in lines if line.strip() and not line.startswith("#")]
    if not patterns:
        return None
    from pathspec import GitIgnoreSpec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of `re`, on brackets that git takes as they are
        return GitIgnoreSpec.from_lines(patterns)
