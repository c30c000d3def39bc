"""Modules by name: which file of a program an import means, as Python would find it.

Knows the names of files, and reads none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from lrmigrate.engine.kinds import Notebook

_LIBRARIES = frozenset({"keras", "tensorflow", "tf_keras"})  # installed: a folder without __init__.py is none
_NOTEBOOK = Notebook.suffixes[0]
_SOURCES = ("src", "lib", "python")


class Found(NamedTuple):
    """A file that an import reaches, and the rest of the dotted name, which stands for something in it.

    ``packages`` are the files that run on the way to it.
    """

    path: str
    rest: tuple[str, ...]
    packages: tuple[str, ...] = ()


class Modules:
    """The modules of a program below one folder.

    ``files`` are absolute paths; ``roots`` folders that are searched after those around the importing file.
    """

    def __init__(self, root: str, files: Iterable[str], roots: Iterable[str] = ()) -> None:
        self.root = root
        self._files = frozenset(files)  # among them notebooks, which `%run` names with their suffix
        self._folders = {os.path.dirname(path) for path in self._files}
        roots = tuple(roots)
        tops = tuple(top + os.sep for top in (root, *roots))
        for folder in list(self._folders):
            above = folder
            while above.startswith(tops):
                above = os.path.dirname(above)
                self._folders.add(above)
        self._roots = (*roots, *(os.path.join(root, name) for name in _SOURCES))
        names = (os.path.basename(path) for path in (*self._files, *self._folders))
        self._names = frozenset(name.partition(".")[0] for name in names)
        self._searched: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, str], Found | None] = {}

    def find(self, name: str, home: str) -> Found | None:
        """What an import of ``name`` in the file ``home`` reaches; None where it is none of the program."""
        key = (os.path.dirname(home), name)
        if key not in self._found:
            self._found[key] = self._find(name, home)
        found = self._found[key]
        is_itself = found is not None and found.path == home
        return self._find(name, home, but=home) if is_itself else found

    def _find(self, name: str, home: str, but: str = "") -> Found | None:
        """What `find` gives, found out: the first that is another file than ``but``."""
        absolute = name.lstrip(".")
        parts = tuple(part for part in absolute.split(".") if part and part != "*")
        dots = len(name) - len(absolute)
        if dots:
            folder = os.path.dirname(home)
            for _ in range(dots - 1):
                folder = os.path.dirname(folder)
            return self._below(folder, parts, package=True)
        if not parts or parts[0] not in self._names:
            return None
        for folder in self._search(home):
            found = self._below(folder, parts)
            if found is not None and found.path != but:
                return found
        return None

    def _below(self, folder: str, parts: tuple[str, ...], package: bool = False) -> Found | None:
        """The module that lies farthest along dotted parts below a folder, or the package that it is."""
        here = f"{folder}{os.sep}__init__.py"
        ran = [here] if package and here in self._files else []
        best = Found(ran[0], parts) if ran else None
        for index, part in enumerate(parts):
            folder = f"{folder}{os.sep}{part}"  # os.path.join takes most of the time of a run
            module = f"{folder}.py"
            init = f"{folder}{os.sep}__init__.py"
            notebook = f"{folder}{_NOTEBOOK}"
            if parts[index + 1 : index + 2] == (_NOTEBOOK[1:],) and notebook in self._files:
                return Found(notebook, parts[index + 2 :], tuple(ran))
            if init in self._files:
                ran.append(init)
                best = Found(init, parts[index + 1 :], tuple(ran[:-1]))
            elif module in self._files:
                return Found(module, parts[index + 1 :], tuple(ran))
            elif folder not in self._folders or (index == 0 and part in _LIBRARIES):
                break
        return best

    def package_of(self, path: str) -> str:
        """The folder of the outermost package that a file is in; that of the file where it is in none."""
        folder = os.path.dirname(path)
        while self._is_package(folder) and self._is_package(os.path.dirname(folder)):
            folder = os.path.dirname(folder)
        return folder

    def _is_package(self, folder: str) -> bool:
        """Whether a folder is a package, and not the program itself."""
        return folder != self.root and os.path.join(folder, "__init__.py") in self._files

    def _search(self, home: str) -> tuple[str, ...]:
        """The folders in which an absolute import of a file may be looked up, the likeliest first."""
        folder = os.path.dirname(home)
        if folder not in self._searched:
            package = self.package_of(home)
            above, place = [], os.path.dirname(package) if self._is_package(package) else package
            while place.startswith(self.root):
                above.append(place)
                if place == self.root:
                    break
                place = os.path.dirname(place)
            self._searched[folder] = tuple(dict.fromkeys([*above, *self._roots, folder]))
        return self._searched[folder]
