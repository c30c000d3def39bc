"""The program around a file: who imports whom, what runs together, and what files tell each other.

Made of small summaries of all files, fit to be sent to every worker. A file that is asked about is parsed
then and there, and kept for a while; one that has changed since it was summarized says nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

from lrmigrate.analysis.summary import (
    Summary,
    digest_of,
    may_be_sparse,
    may_set_rates,
    stores_of,
    summarize,
    words_of,
)
from lrmigrate.project.files import is_looked_at
from lrmigrate.project.modules import Modules
from lrmigrate.project.patterns import EXCLUDED

_SIGNS = (
    *("lrmigrate.toml", ".lrmigrate.toml", "pyproject.toml", "setup.py", "setup.cfg"),
    *(".git", ".hg", ".svn"),
)
_READINGS = 16  # of all files for a word; then an index is made
_MOST = 50_000  # files of one program; whoever has more has pointed at something else


def from_disk(path: str) -> bytes:
    """The bytes of a file; raises OSError."""
    with open(path, "rb", buffering=0) as stream:
        return stream.read()


class Program:
    """All files below one folder, as far as they have been summarized.

    ``read`` gives the bytes of a file, which an editor may have in a newer state than the disk.
    """

    def __init__(
        self,
        root: str,
        files: Mapping[str, Summary],
        roots: Iterable[str] = (),
        read: Callable[[str], bytes] = from_disk,
    ) -> None:
        self.root = root
        self.files = dict(files)
        self.roots = tuple(roots)
        self.read = read
        self._imports: dict[str, frozenset[str]] = {}
        self._importers: dict[str, frozenset[str]] = {}
        self._together: dict[str, frozenset[str]] = {}
        self._takers: dict[str, frozenset[str]] = {}
        self._rates: dict[str, bool] = {}
        self._sparse: dict[str, bool] = {}
        self._naming: dict[bytes, frozenset[str]] = {}
        self._stores: dict[str, frozenset[str]] = {}
        self._changed: dict[str, set[bytes]] = {}  # the words of files that are others than on the disk

    def __getstate__(self) -> dict[str, Any]:
        """What a worker needs; it parses for itself."""
        return {
            "root": self.root,
            "files": self.files,
            "roots": self.roots,
            "read": self.read,
            "_imports": {},
            "_importers": {},
            "_together": {},
            "_takers": {},
            "_rates": {},
            "_sparse": {},
            "_naming": {},
            "_stores": {},
            "_changed": {},
        }

    def update(self, path: str, text: str) -> None:
        """A file is, just now, another one than was summarized, or a new one."""
        data = text.encode("utf-8", "surrogatepass")
        known = self.files.get(path)
        if known is not None and known.digest == digest_of(data):
            if self._changed.pop(path, None) is not None:
                self._naming.clear()
                self._rates.pop(path, None)
                self._sparse.pop(path, None)
                self._stores.pop(path, None)
            return
        self._changed[path] = words_of(data)
        self._rates[path], self._sparse[path] = may_set_rates(data), may_be_sparse(data)
        self._stores[path] = stores_of(data)
        self._naming.clear()
        summary = summarize(data)
        if known is not None and replace(known, digest=b"") == replace(summary, digest=b""):
            return  # nothing that others could ask about
        self.files[path] = summary
        self._together.clear()
        self._takers.clear()
        self._imports.clear()
        self._importers.clear()
        for name in ("modules", "_by_part"):
            self.__dict__.pop(name, None)

    @cached_property
    def modules(self) -> Modules:
        """The modules by their names."""
        return Modules(self.root, self.files, self.roots)

    def imports(self, path: str) -> frozenset[str]:
        """The files that a file imports itself; all around it, where it may import what it does not name."""
        if path not in self._imports:
            summary = self.files.get(path, Summary())
            taken = {other for name in summary.imports for other in self._reached(name, path)}
            self._imports[path] = frozenset(taken | self._around(path) if summary.dynamic else taken)
        return self._imports[path]

    def _around(self, path: str) -> set[str]:
        """The files that one may import by a name that it works out: those of its package, or its folder."""
        folder = self.modules.package_of(path) + os.sep
        return {other for other in self.files if other.startswith(folder)}

    def _reached(self, name: str, home: str) -> Iterator[str]:
        """The files that run when a name is imported."""
        if found := self.modules.find(name, home):
            yield found.path
            yield from found.packages

    @cached_property
    def _by_part(self) -> dict[str, set[str]]:
        """Part of a dotted name -> the files that import such a name; "" -> those that import unseen."""
        found: dict[str, set[str]] = {}
        for path, summary in self.files.items():
            for part in {part for name in summary.imports for part in name.split(".") if part}:
                found.setdefault(part, set()).add(path)
            if summary.dynamic:
                found.setdefault("", set()).add(path)
        return found

    def _may_import(self, path: str) -> set[str]:
        """The files that could import a file, by what they name; a package runs for whoever is in it, too."""
        folder, name = os.path.split(path)
        is_package = name == "__init__.py"
        part = os.path.basename(folder) if is_package else name.rpartition(".")[0]
        inside = {other for other in self.files if other.startswith(folder + os.sep)} if is_package else set()
        return inside | self._by_part.get(part, set()) | self._by_part.get("", set())

    def importers(self, path: str) -> frozenset[str]:
        """The files that import a file themselves."""
        if path not in self._importers:
            found = (other for other in self._may_import(path) if path in self.imports(other))
            self._importers[path] = frozenset(found)
        return self._importers[path]

    def has_rates(self, path: str) -> bool:
        """Whether a file may read or set a rate; its bytes are read when that is first asked."""
        if path not in self._rates:
            self._rates[path] = may_set_rates(self._bytes(path))
        return self._rates[path]

    def is_sparse(self, path: str) -> bool:
        """Whether gradients may be sparse in a file."""
        if path not in self._sparse:
            self._sparse[path] = may_be_sparse(self._bytes(path))
        return self._sparse[path]

    def naming(self, name: str) -> frozenset[str]:
        """The files in whose bytes a name stands as a word."""
        if not name.isascii():
            return frozenset(self.files)
        word = name.encode()
        if word not in self._naming:
            changed = (path for path, words in self._changed.items() if word in words)
            self._naming[word] = self._on_disk(word).union(changed)
        return self._naming[word]

    def holding(self, text: str) -> frozenset[str]:
        """The files in whose bytes a text stands. It begins with a word."""
        word = text.partition(":")[0]
        data = text.encode()
        return frozenset(path for path in self.naming(word) if data in self._bytes(path))

    def _on_disk(self, word: bytes) -> frozenset[str]:
        """The files that hold a word: all are read; where that was done often, an index is made."""
        if "_index" not in self.__dict__ and len(self._naming) < _READINGS:
            return frozenset(path for path in self.files if word in self._bytes(path))
        return self._index.get(word, frozenset())

    @cached_property
    def _index(self) -> dict[bytes, frozenset[str]]:
        """Word -> the files that hold it."""
        found: dict[bytes, list[str]] = {}
        for path in self.files:
            for word in words_of(self._bytes(path)):
                found.setdefault(word, []).append(path)
        return {word: frozenset(paths) for word, paths in found.items()}

    def _bytes(self, path: str) -> bytes:
        """The bytes of a file; none where it cannot be read."""
        try:
            return self.read(path)
        except OSError:
            return b""

    def storing(self, name: str, path: str) -> list[str]:
        """The files that may run with a file and assign to an attribute of that name, not of `self`."""
        named = self.naming(name) & self.together(path)
        return sorted(other for other in named if name in self.stores(other))

    def stores(self, path: str) -> frozenset[str]:
        """The attributes that a file may assign to, those of `self` apart."""
        if path not in self._stores:
            self._stores[path] = stores_of(self._bytes(path))
        return self._stores[path]

    def takers(self, path: str) -> frozenset[str]:
        """The files that may run in one program with a file because they import it, directly or not."""
        if path not in self._takers:
            taken = _closure({path}, self.importers)
            self._takers[path] = frozenset(taken)
        return self._takers[path]

    def reach(self, path: str) -> set[str]:
        """A file and all that it imports, directly or not."""
        return _closure({path}, self.imports)

    def together(self, path: str) -> frozenset[str]:
        """The files that may run in one process with a file: all that those reach that import it."""
        if path not in self._together:
            takers = set(self.takers(path))
            reached = _closure(takers, self.imports)
            self._together[path] = frozenset(reached)
        return self._together[path]

    def is_alone(self, path: str) -> bool:
        """Whether no other file may run in one process with a file."""
        return not (self.imports(path) | self.importers(path)) - {path}

    def mains(self, path: str) -> set[str]:
        """The files with which a process that runs a file may have begun."""
        takers = self.takers(path)
        return {taker for taker in takers if not self.importers(taker)} or set(takers)


def _closure(start: set[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    """Everything that can be reached."""
    found, waiting = set(start), list(start)
    while waiting:
        for path in following(waiting.pop()):
            if path not in found:
                found.add(path)
                waiting.append(path)
    return found


def root_of(folder: str) -> str:
    """The nearest folder from ``folder`` upwards that looks like the root of a project; "" for none."""
    while True:
        if any(os.path.exists(os.path.join(folder, sign)) for sign in _SIGNS):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


class Kept(Protocol):
    """Summaries of a former run."""

    def of(self, path: str, status: os.stat_result) -> Summary | None:
        """The summary of a file that is as it was."""

    def add(self, path: str, status: os.stat_result, made: Summary) -> None:
        """A summary that was made just now."""


def read_program(root: str, only: tuple[str, ...] = (), kept: Kept | None = None) -> Program:
    """The program below a folder, or below these ``only``: Python files and notebooks, no environments."""
    files: dict[str, Summary] = {}
    for folder, folders, names in chain.from_iterable(map(os.walk, only or (root,))):
        wanted = (name for name in folders if name not in EXCLUDED)
        folders[:] = sorted(name for name in wanted if not _is_environment(folder, name))
        for name in sorted(names):
            if is_looked_at(name) and len(files) < _MOST:
                path = os.path.join(folder, name)
                with suppress(OSError):
                    if summary := _summary(path, kept):
                        files[path] = summary
    return Program(root, files, only)


def _summary(path: str, kept: Kept | None) -> Summary | None:
    """The summary of a file; None for a link or a pipe, which may have no end. Raises OSError."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        return None
    if kept is None:
        return summarize(from_disk(path))
    summary = kept.of(path, status)
    if summary is None:
        summary = summarize(from_disk(path))
        kept.add(path, status, summary)
    return summary


def _is_environment(folder: str, name: str) -> bool:
    """Whether a folder is a virtual environment."""
    return os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
