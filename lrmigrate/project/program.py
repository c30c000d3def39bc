"""The program around a file: who imports whom, what runs together, and what files tell each other.

Made of small summaries of all files, fit to be sent to every worker. A file that is asked about is parsed
then and there, and kept for a while; one that has changed since it was summarized says nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from lrmigrate.analysis.summary import (
    SWITCHES,
    Summary,
    digest_of,
    may_be_sparse,
    may_set_rates,
    stores,
    summarize,
    words_of,
)
from lrmigrate.engine.kinds import kind_of
from lrmigrate.project.files import is_looked_at
from lrmigrate.project.modules import Modules
from lrmigrate.project.patterns import EXCLUDED

_SIGNS = (
    *("lrmigrate.toml", ".lrmigrate.toml", "pyproject.toml", "setup.py", "setup.cfg"),
    *(".git", ".hg", ".svn"),
)
_READINGS = 10  # of all files for a word; then an index is made
_MOST = 50_000  # files of one program; whoever has more has pointed at something else
LARGEST = (
    2 * 2**20
)  # bytes of code that is read for what it says of others; a tree takes a hundred times that
_INDEXED = 2**17  # bytes of code whose words are kept; a larger file, which is rare, is searched each time
_NEVER = frozenset({"node_modules", "site-packages"})
#: Of a file that is not read: it may import whatever lies around it, and switch any mode.
_TOO_LARGE = Summary(dynamic=True, switches=SWITCHES)


def from_disk(path: str) -> bytes:
    """The bytes of a file; raises OSError."""
    with open(path, "rb", buffering=0) as stream:
        return stream.read()


class Program:
    """All files below one folder, as far as they have been summarized.

    ``read`` gives the bytes of a file, which an editor may have in a newer state than the disk. ``is_whole``:
    there are no more files than these.
    """

    is_whole = True

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
        self._together: dict[frozenset[str], frozenset[str]] = {}  # by who takes a file
        self._takers: dict[str, frozenset[str]] = {}
        self._rates: dict[str, bool] = {}
        self._sparse: dict[str, bool] = {}
        self._code: dict[str, bytes] = {}  # of notebooks
        self._naming: dict[bytes, frozenset[str]] = {}
        self._storing: dict[str, frozenset[str]] = {}
        self._changed: dict[str, set[bytes]] = {}  # the words of files that are others than on the disk
        self._large: set[str] = set()  # files of too many words for an index

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
            "_code": {},
            "_naming": {},
            "_storing": {},
            "_changed": {},
            "_large": set(),
        }

    def update(self, path: str, text: str) -> None:
        """A file is, just now, another one than was summarized, or a new one."""
        data = text.encode("utf-8", "surrogatepass")
        known = self.files.get(path)
        if known is not None and known.digest == digest_of(data):
            return
        self._holds(path, data)
        summary = summarize(data)
        if known is None or not _says_the_same(known, summary):
            self.files[path] = summary
            self._new_imports()

    def take(self, path: str, data: bytes) -> None:
        """A file holds, from now on, other bytes, which are what ``read`` gives; or there is a new one."""
        known = self.files.get(path)
        if known is not None and known.digest == digest_of(data):
            return
        self._code.pop(path, None)
        if len(data) > kind_of(path).largest:
            self.files[path] = _TOO_LARGE
            self._new_imports()
            return
        code = kind_of(path).words(data)
        self._holds(path, code)
        self.files[path] = summary = summarize(code, data)
        if known is None or not _says_the_same(known, summary):
            self._new_imports()

    def drop(self, path: str) -> None:
        """A file is gone."""
        self._code.pop(path, None)
        if self.files.pop(path, None) is not None:
            self._new_imports()

    def _holds(self, path: str, code: bytes) -> None:
        """A file holds other words than when files were last searched for some; it may also hold those."""
        words = words_of(code)
        self._rates[path], self._sparse[path] = may_set_rates(code), may_be_sparse(code)
        self._storing.clear()
        self._changed.setdefault(path, set()).update(words)
        for word, paths in self._naming.items():
            if word in words:
                self._naming[word] = paths | {path}

    def _new_imports(self) -> None:
        """Forget who imports whom."""
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
            self._rates[path] = self._is_too_large(path) or may_set_rates(self._bytes(path))
        return self._rates[path]

    def is_sparse(self, path: str) -> bool:
        """Whether gradients may be sparse in a file."""
        if path not in self._sparse:
            self._sparse[path] = self._is_too_large(path) or may_be_sparse(self._bytes(path))
        return self._sparse[path]

    def _is_too_large(self, path: str) -> bool:
        """Whether a file is not read at all, and may do anything."""
        return self.files.get(path) == _TOO_LARGE

    def naming(self, name: str) -> frozenset[str]:
        """The files in whose bytes a name stands as a word."""
        if not name.isascii():
            return frozenset(self.files)
        word = name.encode()
        if word not in self._naming:
            changed = (path for path, words in self._changed.items() if word in words)
            self._naming[word] = self._on_disk(word).union(changed)
        return frozenset(self._naming[word] & self.files.keys())

    def holding(self, text: str) -> frozenset[str]:
        """The files in whose bytes a text stands. It begins with a word."""
        word = text.partition(":")[0]
        data = text.encode()
        return frozenset(path for path in self.naming(word) if data in self._bytes(path))

    def _on_disk(self, word: bytes) -> frozenset[str]:
        """The files that held a word when they were read; where that was done often, an index is made."""
        text = re.escape(word)
        whole = re.compile(rb"%s(?<!\w%s)(?!\w)" % (text, text))  # the search can jump to the word
        if "_index" not in self.__dict__ and len(self._naming) < _READINGS:
            return frozenset(path for path in self.files if whole.search(self._bytes(path)))
        small = self._index.get(word, ())
        return frozenset([*small, *(path for path in self._large if whole.search(self._bytes(path)))])

    @cached_property
    def _index(self) -> dict[bytes, tuple[str, ...]]:
        """Word -> the files that hold it, but for large ones. Most words stand in one file alone."""
        found: dict[bytes, tuple[str, ...]] = {}
        several: dict[bytes, list[str]] = {}
        for path in self.files:
            code = self._bytes(path)
            if len(code) > _INDEXED:
                self._large.add(path)
                continue
            for word in words_of(code):
                if word in found:
                    several.setdefault(word, [*found[word]]).append(path)
                else:
                    found[word] = (path,)
        found.update((word, tuple(paths)) for word, paths in several.items())
        return found

    def _bytes(self, path: str) -> bytes:
        """The code of a file; none where it cannot be read, or is too large to be."""
        if path in self._code:
            return self._code[path]
        if self._is_too_large(path):
            return b""
        try:
            data = self.read(path)
        except OSError:
            return b""
        code = kind_of(path).words(data)
        if code is not data:  # to take it out of a notebook is dear
            self._code[path] = code
        return code

    def storing(self, name: str) -> frozenset[str]:
        """The files that may assign to an attribute of that name, not of `self`."""
        if name not in self._storing:
            word = name.encode()
            changed = {other for other, words in self._changed.items() if word in words}
            found = {other for other in self.naming(name) if stores(word).search(self._bytes(other))}
            self._storing[name] = frozenset(found | changed)
        return self._storing[name]

    def takers(self, path: str) -> frozenset[str]:
        """The files that may run in one program with a file because they import it, directly or not."""
        if path not in self._takers:
            taken = frozenset(_closure({path}, self.importers))
            for other in taken & self.reach(path):  # files that import each other have the same
                self._takers[other] = taken
        return self._takers[path]

    def reach(self, path: str) -> set[str]:
        """A file and all that it imports, directly or not."""
        return _closure({path}, self.imports)

    def together(self, path: str) -> frozenset[str]:
        """The files that may run in one process with a file: all that those reach that import it."""
        takers = self.takers(path)
        if takers not in self._together:
            self._together[takers] = frozenset(_closure(set(takers), self.imports))
        return self._together[takers]

    def is_alone(self, path: str) -> bool:
        """Whether no other file may run in one process with a file."""
        return not (self.imports(path) | self.importers(path)) - {path}

    def mains(self, path: str) -> set[str]:
        """The files with which a process that runs a file may have begun."""
        takers = self.takers(path)
        return {taker for taker in takers if not self.importers(taker)} or set(takers)


def _says_the_same(one: Summary, other: Summary) -> bool:
    """Whether two states of a file say the same to others, as far as a summary tells."""
    return replace(one, digest=b"") == replace(other, digest=b"")


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


def read_program(
    root: str,
    only: tuple[str, ...] = (),
    kept: Kept | None = None,
    read: Callable[[str], bytes] = from_disk,
) -> Program:
    """The program below a folder, or below these ``only``: Python files and notebooks, no environments."""
    files: dict[str, Summary] = {}
    entries = files_below(only or (root,))
    for entry in islice(entries, _MOST):
        with suppress(OSError):
            files[entry.path] = _summary(entry, kept, read)
    program = Program(root, files, only, read)
    program.is_whole = next(entries, None) is None
    return program


def _summary(entry: os.DirEntry[str], kept: Kept | None, read: Callable[[str], bytes]) -> Summary:
    """The summary of a file. Raises OSError."""
    status = entry.stat(follow_symlinks=False)
    if status.st_size > kind_of(entry.path).largest:
        return _TOO_LARGE
    summary = kept.of(entry.path, status) if kept else None
    if summary is None:
        data = read(entry.path)
        summary = summarize(kind_of(entry.path).words(data), data)
        if kept:
            kept.add(entry.path, status, summary)
    return summary


def files_below(tops: Iterable[str]) -> Iterator[os.DirEntry[str]]:
    """The Python files and notebooks below folders, and no links, which may have no end.

    Patterns that exclude files from the check do not count here: what is excluded may be imported.
    """
    waiting = [*tops][::-1]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                wanted = [e for e in entries if is_looked_at(e.name) or e.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        wanted.sort(key=lambda entry: entry.name)
        yield from (entry for entry in wanted if entry.is_file(follow_symlinks=False))
        folders = (entry for entry in wanted if entry.is_dir(follow_symlinks=False))
        inner = [entry.path for entry in folders if _is_read(entry)]
        waiting += inner[::-1]


def _is_read(folder: os.DirEntry[str]) -> bool:
    """Whether a folder may be part of the program: no environment, no cache; packages of what was built."""
    name = folder.name
    if name in EXCLUDED and (
        name in _NEVER or name.startswith((".", "__")) or not _has(folder, "__init__.py")
    ):
        return False
    return not _has(folder, "pyvenv.cfg")


def _has(folder: os.DirEntry[str], name: str) -> bool:
    """Whether a folder has a file of that name."""
    return os.path.exists(os.path.join(folder.path, name))
