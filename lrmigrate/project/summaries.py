"""The summaries of a large program, kept from one run to the next: a hook is asked about one file of it.

A file that is as it was, by device, inode, size and times, is not read again. What is kept is signed with the
user's own secret, like all of the cache: a folder that comes with a repository tells nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from lrmigrate.analysis.summary import Summary
from lrmigrate.project import cache

_FROM = 200  # files: a smaller program is read in no time, and has no need of a folder
_LARGEST = 2**27  # bytes
_SIGNED = 32  # bytes of the signature


class Summaries:
    """The summaries that were kept of the files below ``root``; ``folder`` is that of the cache."""

    def __init__(self, folder: Path, root: str) -> None:
        name = hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
        self._path = folder / f"summaries-{name}"
        self._kept = self._read()
        self._now: dict[str, list[Any]] = {}
        self._is_new = False

    @cached_property
    def _secret(self) -> bytes:
        """The user's secret, which is made when there is none: not before it is of use."""
        return cache.secret()

    def of(self, path: str, status: os.stat_result) -> Summary | None:
        """The summary of a file that has not been touched since it was made."""
        kept = self._kept.get(path)
        if kept is None or kept[:5] != _state(status):
            return None
        self._now[path] = kept
        digest, imports, dynamic, switches = kept[5:]
        return Summary(bytes.fromhex(digest), tuple(imports), dynamic, tuple(switches))

    def add(self, path: str, status: os.stat_result, made: Summary) -> None:
        """A summary that was made just now; a file that has just changed may change again unnoticed."""
        if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > cache.RECENT:
            facts = (made.digest.hex(), made.imports, made.dynamic, made.switches)
            self._now[path] = [*_state(status), *facts]
            self._is_new = True

    def save(self) -> None:
        """Keep them for the next run, where that pays."""
        if not self._is_new or len(self._now) < _FROM or not self._secret:
            return
        with suppress(OSError, UnicodeError):
            body = json.dumps(self._now, separators=(",", ":")).encode()
            cache.prepare(self._path.parent)
            cache.replace_file(self._path, self._signature(body) + body)

    def _read(self) -> dict[str, list[Any]]:
        """What is kept; nothing where that is not signed by the user, or for another lrmigrate or Python."""
        if not self._path.exists() or self._path.parent.is_symlink() or not self._secret:
            return {}
        try:
            data = cache.read_file(self._path, _LARGEST)
        except OSError:
            return {}
        signature, body = data[:_SIGNED], data[_SIGNED:]
        kept: dict[str, list[Any]] = json.loads(body) if signature == self._signature(body) else {}
        return kept

    def _signature(self, body: bytes) -> bytes:
        """What nobody else can make."""
        made_by = hashlib.blake2b(cache.digest_of_program(), digest_size=_SIGNED).digest()
        return hashlib.blake2b(made_by + body, key=self._secret, digest_size=_SIGNED).digest()


def _state(status: os.stat_result) -> list[int]:
    """What changes when a file does."""
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
