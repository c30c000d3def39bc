"""What git says has changed since a revision: files, and their lines. Asks the command `git`."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from functools import cache

from lrmigrate.model import UserError

_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_PLAIN = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")


class NoChanges(UserError):
    """git cannot say what has changed. A sentence."""


class Changes:
    """What has changed in the working tree since its branch left a revision; methods raise NoChanges."""

    def __init__(self, revision: str, paths: Iterable[str]) -> None:
        self.revision = revision
        if not revision or revision.startswith("-"):
            raise NoChanges(f"--since {revision!r}: name a revision, such as main or HEAD~3")
        self._bases: dict[str, str] = {}
        self._files: set[str] = set()
        self._new: set[str] = set()
        for root in {_root(os.path.realpath(path)) for path in paths}:
            base = self._bases[root] = self._base(root)
            changed = _git(root, "diff", *_PLAIN, "--name-only", "-z", "--relative", base, "--")
            new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
            self._new |= _paths(root, new)
            self._files |= _paths(root, changed)

    def touches(self, path: str) -> bool:
        """Whether a file has changed, or is new."""
        return os.path.realpath(path) in self._files | self._new

    def lines(self, path: str) -> list[tuple[int, int]] | None:
        """The first and the last line of each part of a file that has changed; None: all of it."""
        path = os.path.realpath(path)
        if path in self._new:
            return None
        root = _root(path)
        said = _git(root, "diff", *_PLAIN, "--unified=0", self._bases[root], "--", path)
        spans = ((int(hunk[1]), int(hunk[2] or 1)) for hunk in _HUNK.finditer(said))
        return [(first, first + count - 1) for first, count in spans if count]

    def _base(self, root: str) -> str:
        """The commit at which the branch has left the revision, or the revision itself."""
        commit = _git(
            root, "rev-parse", "--verify", "--quiet", f"{self.revision}^{{commit}}", unknown=self.revision
        )
        name = commit.decode().strip()
        try:
            return _git(root, "merge-base", name, "HEAD").decode().strip()
        except NoChanges:
            return name


def _paths(root: str, listed: bytes) -> set[str]:
    """The paths in a list of git's."""
    return {os.path.join(root, os.fsdecode(name)) for name in listed.split(b"\0") if name}


@cache
def _root(path: str) -> str:
    """The root of the repository that a path lies in; raises NoChanges."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    return os.path.realpath(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel")).rstrip("\n"))


def _git(folder: str, *arguments: str, unknown: str = "") -> bytes:
    """What git prints; raises NoChanges."""
    command = ["git", "-C", folder, "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise NoChanges(f"--since needs git: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = f"there is no commit {unknown}" if unknown else said[0] if said else "git failed"
        raise NoChanges(f"--since: {folder}: {reason.removeprefix('fatal: ')}")
    return done.stdout
