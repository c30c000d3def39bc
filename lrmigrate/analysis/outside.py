"""What a file can ask of the rest of its program, and the plain answers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from lrmigrate.analysis.asked import Asked
from lrmigrate.analysis.scopes import Function
from lrmigrate.analysis.summary import may_be_sparse
from lrmigrate.analysis.syntax import Source

if TYPE_CHECKING:
    from lrmigrate.analysis.rate_uses import RateFacts
    from lrmigrate.analysis.values import Values


#: Calls, each with the file that it stands in.
Calls: TypeAlias = "tuple[tuple[ast.Call, Values], ...]"


@dataclass(frozen=True, eq=False)
class Way:
    """One expression, class or function that a value may come from, and the file that it stands in.

    ``node`` is None where the way is lost from sight. ``altered``: arithmetic was done on the way.
    ``path`` is the qualified name where the way ends in an import of a library. ``is_instance``: the way ends
    in a class, and the value is an object of it, such as `self`.
    """

    node: ast.AST | None
    home: Values
    altered: bool = False
    path: str = ""
    is_instance: bool = False


@dataclass(frozen=True, eq=False)
class Step:
    """One step back: an expression that another one takes its value from, and the file that it stands in."""

    home: Values
    node: ast.AST
    altered: bool = False


@dataclass(frozen=True, eq=False)
class Callers:
    """The calls of a function, each with its file, and whether they are all there are."""

    calls: Calls = ()
    closed: bool = False


@dataclass(frozen=True, eq=False)
class References:
    """Where a file names a function: the calls, and whether it also goes where it may be called unseen.

    ``is_called``: one of the calls is its own for certain, and not that of something called alike.
    """

    calls: tuple[ast.Call, ...] = ()
    escapes: bool = False
    is_called: bool = False


class Outside:
    """What a file can ask of the rest of its program. This one has no other files."""

    @cached_property
    def asked(self) -> Asked:
        """The questions that wait for the answers to others."""
        return Asked()

    def module(self, path: str, home: Values) -> Values | None:  # noqa: ARG002 - what others look up
        """The module of the program that a qualified name is, as an import in ``home`` spells it."""
        return None

    def owns(self, path: str, home: Values) -> bool:  # noqa: ARG002
        """Whether a qualified name leads into a module of the program, and beyond what that binds."""
        return False

    def callers(self, function: Function, home: Values) -> Callers:
        """The calls of a function that is defined in ``home``."""
        return home.local_callers(function)

    def enter(self, path: str, source: Source) -> Values:
        """The values of a file as it is just now, which the next questions are about."""
        from lrmigrate.analysis.values import Values, names_of

        return Values(source, names_of(source), self, path)

    def leave(self, home: Values) -> None:
        """The questions about a file are over."""
        home.close()

    def rates_elsewhere(self, home: Values) -> tuple[RateFacts, ...]:  # noqa: ARG002
        """What the files do with rates that may run in one process with ``home``."""
        return ()

    def names_taken(self, path: str) -> frozenset[str] | None:  # noqa: ARG002
        """The names that other files take from the one at ``path``; None where that may be any."""
        return frozenset()

    def is_sparse(self, home: Values) -> bool:
        """Whether gradients may be sparse where ``home`` runs: an embedding, a gather, IndexedSlices."""
        return may_be_sparse(home.source.text.encode("utf-8", "replace"))

    def processes(self, home: Values) -> tuple[frozenset[str], ...]:
        """The functions that switch a mode, for each way to start a program that runs ``home``."""
        return (home.switches(is_main=True),)

    def attribute_reads(self, name: str, home: Values) -> Iterator[tuple[Values, ast.Attribute]]:
        """Where the program reads an attribute of that name, of whatever object, and in which file."""
        for node in home.attributes_called(name):
            yield home, node

    def holding(self, text: str, home: Values) -> Iterator[Values]:
        """The files that run with ``home`` and hold a text."""
        if text in home.source.text:
            yield home

    def attribute_stores(
        self, name: str, home: Values
    ) -> Iterator[tuple[Values, ast.Attribute, ast.expr | None]]:
        """Where the program assigns to an attribute of that name of another object than `self`, and what."""
        for target, value in home.stored_attributes.get(name, ()):
            yield home, target, value

    def global_stores(
        self,
        name: str,  # noqa: ARG002
        home: Values,  # noqa: ARG002
    ) -> Iterator[tuple[Values, ast.Attribute, ast.expr | None]]:
        """Where other files may assign to a name of the module ``home``, and what."""
        yield from ()

    def heirs(self, owner: ast.ClassDef, home: Values) -> list[tuple[Values, ast.ClassDef]] | None:
        """The classes of the program that inherit from a class of ``home``, directly or not.

        None where there may be more of them than can be looked for.
        """
        found: dict[ast.ClassDef, Values] = {}
        waiting = [(home, owner)]
        while waiting:
            at, one = waiting.pop()
            others = self.naming(one.name, at)
            if others is None:
                return None
            for other in others:
                for heir in other.heirs_here(one):
                    if heir not in found and heir is not owner:
                        found[heir] = other
                        waiting.append((other, heir))
        return [(other, heir) for heir, other in found.items()]

    def naming(self, name: str, home: Values) -> list[Values] | None:  # noqa: ARG002
        """The files that may name what ``home`` defines by a name; None where they are too many."""
        return [home]

    def takes_of_global(self, name: str, home: Values) -> list[tuple[Values, ast.expr]] | None:  # noqa: ARG002
        """Where other files read a name of the module ``home``; None where not all files can be known."""
        return []


class Open(Outside):
    """Around a file that nobody knows the place of: anybody may import it, and call what it defines."""

    def callers(self, function: Function, home: Values) -> Callers:
        """The calls in the file itself, which may not be all."""
        return replace(home.local_callers(function), closed=False)

    def takes_of_global(self, name: str, home: Values) -> None:
        """Nobody knows."""

    def names_taken(self, path: str) -> None:
        """Nobody knows."""


ALONE = Outside()
OPEN = Open()
