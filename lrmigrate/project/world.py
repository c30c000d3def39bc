"""What a file can ask of the rest of its program, answered by parsing the files that matter, each once."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property, partial
from typing import TypeVar

from lrmigrate.analysis.outside import OPEN, Callers, Outside
from lrmigrate.analysis.rate_uses import RateFacts
from lrmigrate.analysis.scopes import UNKNOWN, Candidates, Function, Names
from lrmigrate.analysis.sites import known
from lrmigrate.analysis.summary import SWITCHES, digest_of
from lrmigrate.analysis.syntax import CannotParse, Source
from lrmigrate.analysis.values import Values
from lrmigrate.engine.kinds import kind_of
from lrmigrate.options import Around
from lrmigrate.project.modules import Found
from lrmigrate.project.program import LARGEST, Program, read_program, root_of

Subject = TypeVar("Subject", bound=ast.AST)
Answer = TypeVar("Answer")
_MOST_FILES = 24  # that name a function; one that more do is as good as open
_MOST_CALLS = 60  # of one function; what is called more often is as good as open
NAMELESS = "<stdin>"
_KEPT = 160  # parsed files; a tree takes a hundred times the size of its text


class World(Outside):
    """The parsed files of a program. Keeps some of them; `forget` lets them all go."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._files: dict[str, Values | None] = {}
        self._busy: set[tuple[str, str]] = set()
        self._callers: dict[Function, Callers] = {}
        self._heirs: dict[ast.ClassDef, list[tuple[Values, ast.ClassDef]] | None] = {}
        self._asking: set[ast.AST] = set()  # whose callers or heirs are being found out
        self._rates: dict[str, RateFacts] = {}
        self._switched: dict[str, frozenset[str]] = {}  # by the file that is started

    def enter(self, path: str, source: Source) -> Values:
        """The file at ``path`` as it is just now: what others see of it while it is looked at."""
        path = os.path.abspath(path)
        if len(self._files) > _KEPT:
            self.close()
        held = self._files.get(path)
        if held is not None and (held.source.text, held.source.cells) == (source.text, source.cells):
            self.forget()  # the answers must not depend on what was looked at before
            return held
        self.forget()
        if held is not None:
            held.close()
        self.program.update(path, source.text)
        names = Names(source, known, lambda name: self.follow(name, path))
        values = self._files[path] = Values(source, names, self, path)
        return values

    def leave(self, home: Values) -> None:
        """The questions about a file are over; others may still ask about it."""

    def forget(self) -> None:
        """Forget what was found out about the parsed files."""
        self._callers.clear()
        self._heirs.clear()
        for values in self._files.values():
            if values is not None:
                values.forget()

    def close(self) -> None:
        """Let go of all parsed files, which know each other."""
        for values in self._files.values():
            if values is not None:
                values.close()
        self._files.clear()
        self._callers.clear()
        self._heirs.clear()

    def file(self, path: str) -> Values | None:
        """A file of the program, parsed; None where it does not parse, or has changed since."""
        if path not in self._files:
            self._files[path] = None
            try:
                data = self.program.read(path)
                if digest_of(data) == self.program.files[path].digest:
                    self._files[path] = self._parsed(path, data)
            except (OSError, CannotParse, KeyError):
                pass
        return self._files[path]

    def _parsed(self, path: str, data: bytes) -> Values:
        """A file's values; raises CannotParse."""
        from lrmigrate.engine.decoding import CannotDecode

        kind = kind_of(path)
        if len(data) > LARGEST and len(kind.words(data)) > LARGEST:
            raise CannotParse("too large", 1, 1)
        try:
            source = kind.source(kind.decode(data).text)
        except CannotDecode as error:
            raise CannotParse(str(error), 1, 1) from None
        names = Names(source, known, lambda name: self.follow(name, path))
        return Values(source, names, self, path)

    # Names that lead into other files.

    def follow(self, name: str, path: str) -> Candidates | None:
        """What a qualified name stands for where it leads into a file of the program."""
        found = self.program.modules.find(name, path)
        if found is None:
            return None
        if not found.rest:
            return None  # a module itself, whose name is as good as any
        return self._in_module(found)

    def _in_module(self, found: Found) -> Candidates:
        """What a name in a module stands for."""
        first, *others = found.rest
        key = (found.path, ".".join(found.rest))
        home = self.file(found.path)
        if home is None or key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            candidates = home.names.of_module(first)
            for attribute in others:
                candidates = frozenset(
                    path
                    for candidate in candidates
                    for path in (home.names.followed(f"{candidate}.{attribute}") if candidate else {None})
                )
            return candidates
        finally:
            self._busy.discard(key)

    def module(self, name: str, home: Values) -> Values | None:
        """The module of the program that a qualified name is."""
        found = self.program.modules.find(name, home.path) if home.path else None
        return self.file(found.path) if found is not None and not found.rest else None

    def owns(self, name: str, home: Values) -> bool:
        """Whether a qualified name leads into a module of the program, and beyond what that binds."""
        found = self.program.modules.find(name, home.path) if home.path else None
        return found is not None and len(found.rest) > 1

    # Who calls a function.

    def callers(self, function: Function, home: Values) -> Callers:
        """The calls of a function in the files that run with its own."""
        name = getattr(function, "name", "")
        if not name or home.path not in self.program.files:
            return home.local_callers(function)
        if function in self._asking:
            self.asked.gaps += 1
            return Callers()  # to whoever asks while it is being found out
        return self._once(function, self._callers, lambda: self._all_callers(name, function, home))

    def _all_callers(self, name: str, function: Function, home: Values) -> Callers:
        """The calls of a function that has a name, found out."""
        calls: list[tuple[ast.Call, Values]] = []
        closed, is_called = True, False
        paths = self._who_may_name(name, function, home)
        if len(paths) > _MOST_FILES:
            return Callers()
        for path in paths:
            other = self.file(path)
            if other is None:
                closed = False
                continue
            found = other.references(function, home)
            calls += [(call, other) for call in found.calls]
            closed = closed and not found.escapes
            is_called = is_called or found.is_called
            if len(calls) > _MOST_CALLS:
                return Callers(tuple(calls[:_MOST_CALLS]), closed=False)
        return Callers(tuple(calls), closed and is_called)

    def _who_may_name(self, name: str, function: Function, home: Values) -> list[str]:
        """The files in which a function of ``home`` may be named."""
        is_local = home.names.scope_of[function] is not home.names.module and not home.is_method(function)
        if is_local:
            return [home.path]
        named = self.program.naming(name if name != "__init__" else _constructed(function, home))
        if len(named) < 2:
            return sorted(named)
        method = home.is_method(function)  # whose object may be handed to files that do not import its class
        return sorted(named & (self.program.together if method else self.program.takers)(home.path))

    # What the program switches.

    def processes(self, home: Values) -> tuple[frozenset[str], ...]:
        """The functions that switch a mode, for each file with which a program of ``home`` may start."""
        if home.path not in self.program.files:
            return super().processes(home)
        mains = sorted(self.program.mains(home.path))
        return tuple(dict.fromkeys(self._switched_from(main) for main in mains))

    def _switched_from(self, main: str) -> frozenset[str]:
        """The switches in all that is reached from a file."""
        if main not in self._switched:
            found: set[str] = set()
            for path in self._switching:
                if main in self.program.takers(path):
                    other = self.file(path)
                    found |= other.switches(is_main=path == main) if other else set(SWITCHES)
            self._switched[main] = frozenset(found)
        return self._switched[main]

    @cached_property
    def _switching(self) -> list[str]:
        """The files of the program that may switch a mode."""
        return sorted(path for path, summary in self.program.files.items() if summary.switches)

    # What the program does with rates.

    def rates_elsewhere(self, home: Values) -> tuple[RateFacts, ...]:
        """What the files do with rates that may run in one process with ``home``."""
        if home.path not in self.program.files:
            return ()
        others = sorted(self.program.together(home.path) - {home.path})
        return tuple(self._rates_of(path) for path in others if self.program.has_rates(path))

    def _rates_of(self, path: str) -> RateFacts:
        """What one file does with rates, found out when it is asked for."""
        if path not in self._rates:
            self._rates[path] = RateFacts(
                partial(self._unasked, path),
                os.path.basename(path),
                lambda word: path in self.program.naming(word),
            )
        return self._rates[path]

    def _unasked(self, path: str) -> Values | None:
        """A file that knows nothing yet, so that whoever asks first, its answers are the same."""
        other = self.file(path)
        self.forget()
        return other

    def is_sparse(self, home: Values) -> bool:
        """Whether gradients may be sparse in a file that may run in one process with ``home``."""
        if home.path not in self.program.files:
            return super().is_sparse(home)
        return any(self.program.is_sparse(path) for path in self.program.together(home.path))

    # Where values go.

    def attribute_reads(self, name: str, home: Values) -> Iterator[tuple[Values, ast.Attribute]]:
        """Where the files that run with ``home`` read an attribute of that name."""
        if home.path not in self.program.files:
            yield from super().attribute_reads(name, home)
            return
        for path in sorted(self.program.naming(name) & self.program.together(home.path)):
            if (other := self.file(path)) is not None:
                yield from ((other, node) for node in other.attributes_called(name))

    def holding(self, text: str, home: Values) -> Iterator[Values]:
        """The files that run with ``home`` and hold a text."""
        if home.path not in self.program.files:
            yield from super().holding(text, home)
            return
        for path in sorted(self.program.holding(text) & self.program.together(home.path)):
            if (other := self.file(path)) is not None:
                yield other

    def attribute_stores(
        self, name: str, home: Values
    ) -> Iterator[tuple[Values, ast.Attribute, ast.expr | None]]:
        """Where the files that run with ``home`` assign to an attribute of that name, not of `self`."""
        if home.path not in self.program.files:
            yield from super().attribute_stores(name, home)
            return
        yield from self._stores(name, self.program.together(home.path))

    def global_stores(
        self, name: str, home: Values
    ) -> Iterator[tuple[Values, ast.Attribute, ast.expr | None]]:
        """Where other files may assign to a name of the module ``home``: those that import it."""
        takers = self.program.takers(home.path) if home.path in self.program.files else frozenset()
        if len(takers) > 1:
            yield from self._stores(name, takers)

    def _stores(
        self, name: str, paths: AbstractSet[str]
    ) -> Iterator[tuple[Values, ast.Attribute, ast.expr | None]]:
        """Where some files assign to an attribute of that name."""
        for path in sorted(self.program.storing(name) & paths):
            if (other := self.file(path)) is not None:
                for target, value in other.stored_attributes.get(name, ()):
                    yield other, target, value

    def heirs(self, owner: ast.ClassDef, home: Values) -> list[tuple[Values, ast.ClassDef]] | None:
        """The classes that inherit from one of ``home``, in the files that import it, directly or not."""
        if owner in self._asking:
            self.asked.gaps += 1
            return []  # to whoever asks while they are being found out
        return self._once(owner, self._heirs, lambda: super(World, self).heirs(owner, home))

    def _once(self, subject: Subject, kept: dict[Subject, Answer], find: Callable[[], Answer]) -> Answer:
        """What is kept of a function or a class, or is found now, and kept unless something was left out."""
        if subject in kept:
            return kept[subject]
        gaps = self.asked.gaps
        self._asking.add(subject)
        try:
            found = find()
        finally:
            self._asking.discard(subject)
        if self.asked.may_keep(gaps):
            kept[subject] = found
        return found

    def naming(self, name: str, home: Values) -> list[Values] | None:
        """The files that may name what ``home`` defines by a name; None where they are too many."""
        if home.path not in self.program.files:
            return super().naming(name, home)
        paths = self.program.naming(name) & self.program.takers(home.path)
        if len(paths) > _MOST_FILES:
            return None
        return [other for path in sorted(paths) if (other := self.file(path)) is not None]

    def takes_of_global(self, name: str, home: Values) -> list[tuple[Values, ast.expr]] | None:
        """Where other files read a name of the module ``home``."""
        if home.path not in self.program.files:
            return []
        found: list[tuple[Values, ast.expr]] = []
        for path in sorted(self.program.naming(name) & self.program.takers(home.path) - {home.path}):
            if (other := self.file(path)) is not None:
                named = other.named_like(name)
                found += [(other, node) for node in named if self._is_global(node, name, home, other)]
        return found

    def names_taken(self, path: str) -> frozenset[str] | None:
        """The names that other files take from one; None for a package, which exists to hand them on."""
        path = os.path.abspath(path)
        if os.path.basename(path) == "__init__.py":
            return None
        names: set[str] = set()
        for importer in self.program.importers(path) - {path}:
            taken = self._taken_by(importer, path)
            if taken is None:
                return None
            names |= taken
        return frozenset(names)

    def _taken_by(self, importer: str, path: str) -> set[str] | None:
        """The names that one file takes from another; None where it takes all."""
        names: set[str] = set()
        for name in self.program.files[importer].imports:
            found = self.program.modules.find(name, importer)
            if found is None or found.path != path:
                continue
            if name.endswith("*"):
                return None
            other = self.file(importer) if not found.rest else None
            names |= set(found.rest[:1]) if found.rest else other.attribute_names if other else set()
        return names

    def _is_global(self, node: ast.expr, name: str, home: Values, other: Values) -> bool:
        """Whether an expression of another file reads a name of a module."""
        paths = other.names.paths(node)
        return any(
            (found := self.program.modules.find(path, other.path)) is not None
            and found.path == home.path
            and found.rest == (name,)
            for path in paths
        )


def _constructed(function: Function, home: Values) -> str:
    """The name of the class that a constructor belongs to."""
    return getattr(home.source.parents[function], "name", "__init__")


class Worlds:
    """The programs around the files of a run, each read when the first of its files is looked at."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self._worlds: dict[str, Outside] = {}
        self._roots: dict[str, str] = {}
        self._last: World | None = None  # whose parsed files are in memory

    def __call__(self, path: str) -> Outside:
        """What a file can ask of the rest of its program; standard input without a name has none."""
        if path == NAMELESS:
            return OPEN
        root = self._root(os.path.dirname(os.path.abspath(path)))
        if root not in self._worlds:
            program = self._read(root)
            self._worlds[root] = World(program) if program.is_whole else OPEN
        world = self._worlds[root]
        if isinstance(world, World) and world is not self._last:
            if self._last is not None:
                self._last.close()
            self._last = world
        return world

    def _read(self, root: str) -> Program:
        """The program below a folder, with the summaries that a former run has kept."""
        if self.around.kept is None:
            return read_program(root, self.around.folders)
        from lrmigrate.project.cache import place_of
        from lrmigrate.project.summaries import Summaries

        kept = Summaries(place_of(self.around.kept), root)
        program = read_program(root, self.around.folders, kept)
        kept.save()
        return program

    def depends(self, path: str) -> bool:
        """Whether a file was asked about, and is one of several that may run together."""
        path = os.path.abspath(path)
        world = self._worlds.get(self._root(os.path.dirname(path)))
        return world is not None and not (isinstance(world, World) and world.program.is_alone(path))

    def _root(self, folder: str) -> str:
        """The root of the program that the files of a folder belong to."""
        if self.around.folders:
            return self.around.root
        if folder not in self._roots:
            self._roots[folder] = root_of(folder) or _common(folder, self.around.base)
        return self._roots[folder]


def _common(folder: str, base: str) -> str:
    """The folder that holds another one and the common one of the run."""
    return os.path.commonpath([folder, base]) if base else folder


_kept: dict[Around, Worlds] = {}  # of this process and one run; a worker is asked many times in it


def worlds_of(around: Around) -> Worlds:
    """The programs of a run, as far as this process has read them.

    A run has several, where several configurations say of which folders the program is made.
    """
    if any((kept.run, kept.base) != (around.run, around.base) for kept in _kept):
        _kept.clear()
    if around not in _kept:
        _kept[around] = Worlds(around)
    return _kept[around]
