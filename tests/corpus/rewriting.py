"""Whether what `fix --write` leaves behind holds together, tried on a copy of the tree."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.corpus.sources import comments, compiles, files, pieces
from tests.corpus.tool import LRMIGRATE, Run, run


class Rewriting(NamedTuple):
    """Files, relative to the tree, by what became of them; ``diff`` is what was written."""

    changed: tuple[Path, ...]
    broken: tuple[Path, ...]  # compiled before, and no more
    unstable: tuple[Path, ...]  # a second run changed them again
    uncommented: tuple[Path, ...]  # lost a comment
    first: Run
    second: Run
    diff: str


def rewrite(tree: Path, *flags: str, command: Sequence[str] = LRMIGRATE) -> Rewriting:
    """`fix --write` on a copy, twice."""
    with tempfile.TemporaryDirectory() as folder:
        copy, again = Path(folder, "tree"), Path(folder, "again")
        _copy(tree, copy)
        first = run(copy, "fix", "--write", *flags, command=command)
        changed = [path for path in _relative(tree) if _bytes(tree / path) != _bytes(copy / path)]
        _copy(copy, again)
        second = run(again, "fix", "--write", *flags, command=command)
        return Rewriting(
            tuple(changed),
            tuple(path for path in changed if _is_broken(tree / path, copy / path)),
            tuple(path for path in _relative(tree) if _bytes(copy / path) != _bytes(again / path)),
            tuple(path for path in changed if _lost_comments(tree / path, copy / path)),
            first,
            second,
            "".join(_diff(tree / path, copy / path, path) for path in changed),
        )


def _copy(tree: Path, to: Path) -> None:
    shutil.copytree(tree, to, symlinks=True, ignore=shutil.ignore_patterns(".git"))


def _relative(tree: Path) -> list[Path]:
    return [path.relative_to(tree) for path in files(tree)]


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _is_broken(before: Path, after: Path) -> bool:
    """Whether a piece compiled before and does no more, or the pieces are others now."""
    old, new = pieces(before), pieces(after)
    return len(old) != len(new) or any(compiles(o) and not compiles(n) for o, n in zip(old, new, strict=True))


def _lost_comments(before: Path, after: Path) -> bool:
    """Whether some comment stands in the old text more often than in the new one."""
    old, new = pieces(before), pieces(after)
    return len(old) == len(new) and any(comments(o) - comments(n) for o, n in zip(old, new, strict=True))


def _diff(before: Path, after: Path, name: Path) -> str:
    """What was written, in the raw lines of the file."""
    old, new = (path.read_text("utf-8", "replace").splitlines(keepends=True) for path in (before, after))
    return "".join(difflib.unified_diff(old, new, f"{name} (before)", f"{name} (after)", n=2))
