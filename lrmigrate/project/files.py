"""Which files the named paths stand for: folders are walked, .gitignore and exclusions hold.

A file that is named is taken, unless exclusions are forced; a folder is walked without what git ignores,
without virtual environments, build and version-control folders, and without following symbolic links.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from lrmigrate.model import NOTEBOOKS, SOURCES
from lrmigrate.project.patterns import BadPath, Exclusion, is_pattern, matches, spec_of

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Rules: TypeAlias = "list[tuple[str, GitIgnoreSpec]]"  # each relative to its folder


def discover(
    paths: Iterable[str],
    exclusion: Callable[[str], Exclusion] = lambda _: Exclusion(),
    forces: Callable[[str], bool] = lambda _: False,
    is_idle: Callable[[str], bool] = lambda _: False,
) -> Iterator[str]:
    """The files to look at, each once, in a stable order; raises BadPath.

    ``exclusion`` says for every folder what is not looked at in it, ``forces`` of a file that was named
    whether that holds for it, too. ``is_idle`` says whether there is nothing to say of a file, excluded or
    not: it is then taken without a look at the patterns, which spares a hook the loading of pathspec.
    """
    named = list(paths)
    seen: set[str] = set()
    for path in named:
        for found in _expand(path, exclusion, forces, is_idle):
            if len(named) == 1:  # then no file is met twice, since links are not followed
                yield found
            elif (key := os.path.realpath(found)) not in seen:
                seen.add(key)
                yield found


def _expand(
    path: str,
    exclusion: Callable[[str], Exclusion],
    forces: Callable[[str], bool],
    is_idle: Callable[[str], bool],
) -> Iterator[str]:
    """The files that one path stands for."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        raise BadPath(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if stat.S_ISREG(mode):
        patterns = forces(path) and exclusion(os.path.dirname(path) or ".").patterns
        if not patterns or is_idle(path) or not is_excluded(path, exclusion):
            yield path
    elif stat.S_ISDIR(mode):
        for found in _walk(path, [*_outer_ignores(path)], exclusion, path):
            yield found.removeprefix("./")
    else:
        raise BadPath(f"{path}: neither a file nor a folder")


def is_excluded(path: str, exclusion: Callable[[str], Exclusion]) -> bool:
    """Whether a pattern takes out a file that was named."""
    folder = os.path.dirname(path) or "."
    return _excluded(path, "", exclusion(folder), folder)


def _walk(folder: str, ignores: Rules, exclusion: Callable[[str], Exclusion], named: str) -> Iterator[str]:
    """The Python files and notebooks below a folder; raises BadPath where the one that was named is shut.

    One below it that cannot be listed is given like a file: it cannot be read either, which is then said.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if folder == named:
            raise BadPath(f"{folder}: {error.strerror}") from None
        yield folder
        return
    if any(entry.name == ".gitignore" for entry in entries):
        ignores = [*ignores, *_ignore_file(folder)]
    excluded = exclusion(folder)
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder:
            if entry.name in excluded.names or os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
                continue
        elif not is_looked_at(entry.name) or not entry.is_file(follow_symlinks=False):
            continue
        slash = "/" if is_folder else ""
        if _ignored(entry.path, slash, ignores) or _excluded(entry.path, slash, excluded, named):
            continue
        if is_folder:
            yield from _walk(entry.path, ignores, exclusion, named)
        else:
            yield entry.path


def _excluded(path: str, slash: str, exclusion: Exclusion, named: str) -> bool:
    """Whether a pattern takes a path out, that was named or found below a folder that was."""
    return any(
        matches(path + slash, folder, *patterns.lines)
        for patterns in exclusion.patterns
        for folder in ([patterns.folder] if patterns.folder else [os.getcwd(), named])
    )


def _ignored(path: str, slash: str, ignores: Rules) -> bool:
    """Whether git ignores a path; the innermost .gitignore that speaks of it decides."""
    for folder, spec in reversed(ignores):
        verdict = spec.check_file(os.path.relpath(path, folder) + slash).include
        if verdict is not None:
            return verdict
    return False


def _outer_ignores(folder: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    """The .gitignore files above a folder, up to the root of its repository, the outermost first."""
    here = Path(folder).absolute()
    above = [here, *here.parents]
    root = next((i for i, parent in enumerate(above) if os.path.exists(parent / ".git")), 0)
    for parent in reversed(above[1 : root + 1]):
        yield from _ignore_file(str(parent))


def _ignore_file(folder: str) -> Iterator[tuple[str, GitIgnoreSpec]]:
    """The rules of the .gitignore in a folder, if it can be read."""
    try:
        lines = Path(folder, ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    spec = spec_of(tuple(line for line in lines if is_pattern(line)))
    if spec:
        yield folder, spec


def is_looked_at(name: str) -> bool:
    """Whether a file is a Python source or a notebook, by its name."""
    return name.endswith(SOURCES + NOTEBOOKS)
