"""Tree -> finders: those of the rules whose words and imports the tree holds.

For files that speak of rates in their prose alone, or in ways that no rule is about. The prefilter asks the
same of bytes; both are computed from the table of rules. A word may only skip work, never a finding.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from lrmigrate.analysis.syntax import Source
from lrmigrate.rules import table
from lrmigrate.rules.rule import Place, Word


class Words:
    """What stands in a tree, by places. Whatever it stands for there, it is the same word."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._texts: dict[Place, frozenset[str]] = {}

    def hold(self, word: Word) -> bool:
        """Whether one of a word's texts stands in its place."""
        if word.place is Place.PART:
            text = self._source.text.lower()
            return any(part in text for part in word.texts)
        if word.place is Place.ENDING:
            return any(name.endswith(tuple(word.texts)) for name in self._in(Place.NAME))
        return not self._in(word.place).isdisjoint(word.texts)

    def _in(self, place: Place) -> frozenset[str]:
        """All that stands in a place."""
        if place not in self._texts:
            self._texts[place] = frozenset(_TEXTS[place](self._source))
        return self._texts[place]


def finders(words: Words) -> list[str]:
    """The finders that may find something, each once, in the order of the codes."""
    rules = (rule for rule in table().values() if any(all(map(words.hold, way)) for way in rule.needs.ways))
    return list(dict.fromkeys(rule.finder for rule in rules))


def _names(source: Source) -> Iterator[str]:
    """Names, attributes, and what is imported."""
    yield from (node.id for node in source.nodes(ast.Name))
    yield from _attributes(source)
    yield from (alias.name.rpartition(".")[2] for alias in source.nodes(ast.alias))


def _attributes(source: Source) -> Iterator[str]:
    """What stands behind a dot."""
    return (node.attr for node in source.nodes(ast.Attribute))


def _dotted(source: Source) -> Iterator[str]:
    """Names with their attributes."""
    nodes = source.nodes(ast.Attribute)
    return (f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name))


def _called(source: Source) -> Iterator[str]:
    """What stands behind a dot and is called."""
    callees = (call.func for call in source.nodes(ast.Call))
    return (callee.attr for callee in callees if isinstance(callee, ast.Attribute))


def _keywords(source: Source) -> Iterator[str]:
    """The names of keyword arguments."""
    return (keyword.arg for keyword in source.nodes(ast.keyword) if keyword.arg)


def _strings(source: Source) -> Iterator[str]:
    """Whole strings."""
    return (node.value for node in source.nodes(ast.Constant) if isinstance(node.value, str))


def _libraries(source: Source) -> Iterator[str]:
    """The first parts of imported modules' names; what is relative is no library."""
    for node in source.nodes(ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    yield from ((n.module or "").partition(".")[0] for n in source.nodes(ast.ImportFrom) if not n.level)


def _imported(source: Source) -> Iterator[str]:
    """What is imported, as it is written."""
    return (alias.name for alias in source.nodes(ast.alias))


_TEXTS: dict[Place, Callable[[Source], Iterable[str]]] = {
    Place.NAME: _names,
    Place.DOTTED: _dotted,
    Place.ATTRIBUTE: _attributes,
    Place.CALLED: _called,
    Place.KEYWORD: _keywords,
    Place.STRING: _strings,
    Place.LIBRARY: _libraries,
    Place.CLASSES: _libraries,
    Place.STAR: _imported,
}
