"""What need not be looked at again: marks of files in which a former run found nothing.

A mark is a keyed hash (BLAKE2b, 16 bytes) that says "nothing was found here". There are two kinds:

- of a content: the hash of the path, the options, this very lrmigrate and Python, and the file's bytes;
- of an untouched file: the same with the file's device, inode, size and times (of modification and of
  change, in nanoseconds) in place of its bytes, which saves reading them. No program can set the time of
  change (on Windows, which has none, the time of creation stands there), and a file that has changed
  within two seconds before it was looked at gets no such mark, for the clocks of file systems are coarse.
  Whoever finds that too much trust says `--no-cache`.

Findings and fixes are never stored: a file that has any is worked on in every run. So a cache can do one
kind of harm only, to hide findings, and for that it needs a valid mark. The key of the hash is a secret of
32 bytes in the user's own cache folder, readable by nobody else: a cache that comes with a repository, or
from another user or machine, holds no valid mark and does nothing. No safe place for the secret, no cache.

The marks of a project lie in two files of its `.lrmigrate_cache`. They are replaced in one step, together
with what another run has added meanwhile; the worst that a race can cost is work. A folder that is a link
is left alone, a file that is damaged or not a plain file is ignored. Nothing here fails: what cannot be
read or written only makes a run slower.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lrmigrate import __version__

if TYPE_CHECKING:
    from lrmigrate.options import Options

FOLDER = ".lrmigrate_cache"
_ROOT_SIGNS = ("lrmigrate.toml", ".lrmigrate.toml", "pyproject.toml", ".git")
_SIZE = 16  # bytes of a mark
_SECRET_SIZE = 32
_LARGEST = 2**26  # bytes of a file of marks: four million of them
_PACKAGE = Path(__file__).parent.parent
RECENT = 2 * 10**9  # nanoseconds: the coarsest clock of a file system in use ticks every two seconds
_STALE = 4  # times as many marks as are of use, and more than are to be spared, make a file worth clearing
_SPARED = 40_000  # marks: what a project of that many files needs, of which a run may see a few only
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# See https://bford.info/cachedir/\n"


@dataclass(frozen=True, slots=True)
class Marker:
    """Makes marks. Fit to be sent to another process on this machine, and no farther."""

    secret: bytes

    def of_content(self, path: str, options: Options, data: bytes) -> bytes:
        """The mark of a file's bytes."""
        return self._mark(b"content", path, options, hashlib.blake2b(data).digest())

    def of_untouched(self, path: str, options: Options, status: os.stat_result) -> bytes:
        """The mark of a file that is as it was when it had this status."""
        numbers = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return self._mark(b"untouched", path, options, repr(numbers).encode())

    def _mark(self, kind: bytes, path: str, options: Options, state: bytes) -> bytes:
        """The keyed hash of all that a result depends on. No part but the last can hold a zero byte."""
        place = os.fsencode(os.path.abspath(path))
        parts = b"\0".join((kind, digest_of_program(), _digest_of_options(options), place, state))
        return hashlib.blake2b(parts, key=self.secret, digest_size=_SIZE).digest()


class Cache:
    """The marks of one project, read at the start of a run and written at its end."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.marker = Marker(secret)
        self.contents = _read_marks(folder / "contents")
        self._folder = folder
        self._untouched = _read_marks(folder / "untouched")
        self._waiting: dict[str, bytes] = {}  # the marks of files that are being looked at
        self._seen: dict[str, set[bytes]] = {"contents": set(), "untouched": set()}  # of use in this run

    def is_untouched(self, path: str, options: Options) -> bool:
        """Whether nothing was found in a file before, and it has not been touched since."""
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return False
        mark = self.marker.of_untouched(path, options, status)
        if mark in self._untouched:
            self._seen["untouched"].add(mark)
            return True
        if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > RECENT:
            self._waiting[path] = mark
        return False

    def add(self, path: str, content: bytes = b"") -> None:
        """Nothing was found in a file that `is_untouched` was asked about; ``content``: its mark, if made."""
        if mark := self._waiting.pop(path, b""):
            self._seen["untouched"].add(mark)
        if content:
            self._seen["contents"].add(content)

    def save(self) -> None:
        """Write what is new."""
        with suppress(OSError):
            for name, known in (("contents", self.contents), ("untouched", self._untouched)):
                if self._seen[name] - known:
                    prepare(self._folder)
                    _merge(self._folder / name, self._seen[name])


def opened(folder: str | None = None) -> Cache | None:
    """The cache in a folder, or else that of the project around the working folder; None if none is safe."""
    place = place_of(folder)
    if place.is_symlink() and not folder:  # whoever named it may have meant a link
        return None
    mine = secret()
    return Cache(place, mine) if mine else None


def place_of(folder: str | None = None) -> Path:
    """Where the cache lies: in the folder that was named, or in the project around the working folder."""
    return Path(folder) if folder else _project() / FOLDER


def _project() -> Path:
    """The nearest folder that looks like the root of a project; the working folder without one."""
    here = Path.cwd()
    return next((f for f in (here, *here.parents) if any((f / s).exists() for s in _ROOT_SIGNS)), here)


@cache
def digest_of_source() -> str:
    """What tells this lrmigrate from any other: all of its source, for it may be worked on just now."""
    digest = hashlib.blake2b(__version__.encode(), digest_size=_SIZE)
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return digest.hexdigest()


def digest_of_program() -> bytes:
    """What a result depends on besides the file: all of lrmigrate, and Python, which parses."""
    return f"{digest_of_source()} {sys.version}".encode()


@cache
def _digest_of_options(options: Options) -> bytes:
    """Every option, whether it matters or not, and of the program what the configuration says of it."""

    def plain(value: object) -> object:
        """What JSON has no form for."""
        return sorted(value) if isinstance(value, Collection) else str(value)

    around = options.around and replace(options.around, base="", run="", kept=None)
    text = json.dumps(asdict(replace(options, around=around)), default=plain, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_SIZE).hexdigest().encode()


def secret() -> bytes:
    """The user's own secret, made when there is none; nothing where it cannot be kept to the user."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(named if os.path.isabs(named) else os.path.expanduser("~/.cache"), "lrmigrate")
    path = folder / "secret"
    try:
        if not path.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(path, os.urandom(_SECRET_SIZE))
        secret = read_file(path, _SECRET_SIZE, private=True)
    except OSError:
        return b""
    return secret if len(secret) == _SECRET_SIZE else b""


def _read_marks(path: Path) -> frozenset[bytes]:
    """The marks in a file; none if it is not one of ours."""
    try:
        data = read_file(path, _LARGEST)
    except OSError:
        return frozenset()
    whole = len(data) % _SIZE == 0
    return frozenset(data[i : i + _SIZE] for i in range(0, len(data), _SIZE)) if whole else frozenset()


def _merge(path: Path, seen: set[bytes]) -> None:
    """Add marks to a file; written anew when most of its marks were not asked for. Raises OSError."""
    there = _read_marks(path)
    few = len(there) < _STALE * len(seen) or len(there) < _SPARED
    replace_file(path, b"".join(sorted(seen | there if few else seen)))


def prepare(folder: Path) -> None:
    """Make a folder that neither git nor a backup takes; raises OSError."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    (folder / ".gitignore").write_bytes(b"*\n")
    (folder / "CACHEDIR.TAG").write_bytes(_TAG)


def is_cache(folder: Path) -> bool:
    """Whether a folder is a cache that a run has made, and no link to one."""
    try:
        return not folder.is_symlink() and read_file(folder / "CACHEDIR.TAG", len(_TAG)) == _TAG
    except OSError:
        return False


def read_file(path: Path, limit: int, private: bool = False) -> bytes:
    """The bytes of a plain file that is not too long, nor a link, nor open to others; raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            raise OSError(f"{path} is not a plain file of at most {limit} bytes")
        if private and hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & 0o077):
            raise OSError(f"{path} is open to others")
        return stream.read(limit)


def replace_file(path: Path, data: bytes) -> None:
    """Give a file new bytes in one step; raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
