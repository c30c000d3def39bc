"""The programs around open files: what lies on the disk, with the texts of the editor in place of it.

A program is read once. Then only what has changed is: open texts at every question, the disk now and then.
May be asked from several threads; the others wait.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Lock

from lrmigrate.analysis.outside import OPEN
from lrmigrate.analysis.syntax import parses
from lrmigrate.engine.around import within
from lrmigrate.lsp.unit import Unit
from lrmigrate.model import FileReport
from lrmigrate.options import Around, Options
from lrmigrate.project.program import files_below, from_disk, read_program, root_of
from lrmigrate.project.world import World

_FRESH = 2.0  # seconds in which the disk is not looked at again
_SHARE = 20  # to look at the disk may take up to one part in so many of the time


class Workspace:
    """The programs that files of an editor are part of."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._trees: dict[tuple[str, tuple[str, ...]], _Tree] = {}
        self._reports: dict[str, tuple[object, FileReport]] = {}

    def check(
        self, unit: Unit, texts: Mapping[str, Unit], folders: Sequence[str], is_wanted: Callable[[], bool]
    ) -> FileReport:
        """What is found in a unit, with the ``texts`` that are open by their paths.

        The very same report as last time where nothing has changed that the unit can ask about. ``folders``
        are the editor's: where nothing looks like the root of a project, one of them is. Nothing is looked
        for where, when its turn has come, the report is not wanted any more.
        """
        if not unit.may_have_findings:
            return unit.nothing
        with self._lock:
            if not is_wanted():
                return unit.nothing
            tree = self._tree(unit, texts, folders)
            state = (unit, tree.state(unit.path) if tree else None)
            known = self._reports.get(unit.uri)
            if known is None or known[0] != state:
                with _around(tree):
                    known = self._reports[unit.uri] = state, unit.check()
            return known[1]

    @contextmanager
    def around(self, unit: Unit, texts: Mapping[str, Unit], folders: Sequence[str]) -> Iterator[None]:
        """Let the fixes of a unit be made within its program."""
        with self._lock, _around(self._tree(unit, texts, folders)):
            yield

    def forget(self, uri: str) -> None:
        """Forget the report on a unit that is closed."""
        self._reports.pop(uri, None)

    def look_again(self) -> None:
        """Look at the disk at the next question: it has changed."""
        for tree in list(self._trees.values()):
            tree.due = 0.0

    def _tree(self, unit: Unit, texts: Mapping[str, Unit], folders: Sequence[str]) -> _Tree | None:
        """The program around a unit as it is now; None where it has no place."""
        around = (unit.options or Options()).around or Around("", "")
        root = around.root or (_root(unit.path, folders) if unit.path else "")
        if not root or unit.name != unit.path:
            return None
        key = (root, around.folders)
        if key not in self._trees:
            self._trees[key] = _Tree(*key)
        self._trees[key].renew(unit.path, texts)
        return self._trees[key]


@contextmanager
def _around(tree: _Tree | None) -> Iterator[None]:
    """Answer questions about what lies around files out of one program; where there is none, nobody knows."""
    if tree is None or not tree.program.is_whole:
        with within(lambda _: OPEN):
            yield
        return
    world = World(tree.program)
    with within(lambda _: world):
        yield
    world.close()


def _root(path: str, folders: Sequence[str]) -> str:
    """The root of the project that a file is part of; "" for none."""
    folder = os.path.dirname(path)
    holding = [top for top in folders if f"{folder}{os.sep}".startswith(f"{top.rstrip(os.sep)}{os.sep}")]
    return root_of(folder) or max(holding, key=len, default="")


class _Tree:
    """One program: that of the disk when it was last looked at, with the open texts that parsed.

    A text that does not parse, as while one types, changes nothing for other files: they keep to the last
    one that did.
    """

    def __init__(self, root: str, folders: tuple[str, ...]) -> None:
        self.tops = folders or (root,)
        self.due = 0.0  # when the disk is to be looked at again
        self._open: dict[str, bytes] = {}
        self._seen = self._marks()
        self.program = read_program(root, folders, read=self._read)

    def _read(self, path: str) -> bytes:
        """What a file holds: in the editor, or else on the disk. Raises OSError."""
        return self._open[path] if path in self._open else from_disk(path)

    def state(self, path: str) -> frozenset[tuple[str, bytes]]:
        """What tells this state of a file's program from others, as far as the file can ask about it."""
        files, together = self.program.files, self.program.together(path)
        return frozenset((other, files[other].digest) for other in together if other in files)

    def renew(self, asked: str, texts: Mapping[str, Unit]) -> None:
        """Take what has changed in the editor, and from time to time on the disk.

        The file that is ``asked`` about may lie beside the folders that its program is made of.
        """
        here = tuple(f"{top.rstrip(os.sep)}{os.sep}" for top in self.tops)
        wanted = {path: unit for path, unit in texts.items() if path == asked or path.startswith(here)}
        for path in self._open.keys() - wanted.keys():
            del self._open[path]
            self._seen.pop(path, None)
            self.due = 0.0
        if time.monotonic() >= self.due:
            self._look()
        for path, unit in wanted.items():
            raw = unit.raw
            if path == asked or unit.is_notebook or parses(raw):
                self._open[path] = raw.encode("utf-8", "surrogatepass")
        for path, data in self._open.items():
            self.program.take(path, data)

    def _look(self) -> None:
        """Take what has changed on the disk."""
        start = time.monotonic()
        before, self._seen = self._seen, self._marks()
        for path in self.program.files.keys() - self._seen.keys() - self._open.keys():
            self.program.drop(path)
        for path, mark in self._seen.items():
            if before.get(path) != mark and path not in self._open:
                try:
                    self.program.take(path, from_disk(path))
                except OSError:
                    self.program.drop(path)
        now = time.monotonic()
        self.due = now + max(_FRESH, _SHARE * (now - start))

    def _marks(self) -> dict[str, tuple[int, int]]:
        """The files on the disk, each with its time and size."""
        found = {}
        for entry in files_below(self.tops):
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                found[entry.path] = status.st_mtime_ns, status.st_size
        return found
