"""Tree -> finders: those of the rules whose words and imports the tree holds.

For files that speak of rates in their prose alone, or in ways that no rule is about. The prefilter asks the
same of bytes; both are computed from the table of rules. A word may only skip work, never a finding.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache

from lrmigrate.analysis.syntax import Source
from lrmigrate.catalog.others import may_hand_on
from lrmigrate.catalog.taught import speaks_of_taught
from lrmigrate.rules import table
from lrmigrate.rules.rule import Place, Word


class Words:
    """What stands in a tree, by places. Whatever it stands for there, it is the same word."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._texts: dict[Place, set[str]] = {}

    @property
    def are_taught(self) -> bool:
        """Whether the source may use names that the configuration has taught."""
        return speaks_of_taught(self._source.text.encode("utf-8", "replace"))

    def hold(self, word: Word) -> bool:
        """Whether one of a word's texts stands in its place."""
        if word.place is Place.PART:
            text = self._source.text.lower()
            return any(part in text for part in word.texts)
        if word.place is Place.ENDING:
            return any(name.endswith(tuple(word.texts)) for name in self._in(Place.NAME))
        return not self._in(word.place).isdisjoint(word.texts)

    def _in(self, place: Place) -> set[str]:
        """All that stands in a place, looked up once."""
        texts = self._texts.get(place)
        if texts is None:
            texts = self._texts[place] = _TEXTS[place](self._source)
            if place is Place.NAME:
                texts |= self._in(Place.ATTRIBUTE)
        return texts


def finders(words: Words) -> list[str]:
    """The finders that may find something, each once, in the order of the codes."""
    if words.are_taught:  # under names of their own
        return list(dict.fromkeys(rule.finder for rule in table().values() if rule.finder))
    hold = cache(words.hold)  # many rules ask for the same word
    rules = (rule for rule in table().values() if any(all(map(hold, way)) for way in rule.needs.ways))
    return list(dict.fromkeys(rule.finder for rule in rules))


def _names(source: Source) -> set[str]:
    """Names, what is imported and from where, and what functions are called; attributes are names, too."""
    imported = {part for alias in source.nodes(ast.alias) for part in alias.name.split(".")}
    imported |= {part for node in source.nodes(ast.ImportFrom) for part in (node.module or "").split(".")}
    defined = {function.name for function in source.nodes(ast.FunctionDef)}
    return {node.id for node in source.nodes(ast.Name)} | imported | defined


def _attributes(source: Source) -> set[str]:
    """What stands behind a dot."""
    return {node.attr for node in source.nodes(ast.Attribute)}


def _dotted(source: Source) -> set[str]:
    """Names with their attributes."""
    nodes = source.nodes(ast.Attribute)
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}


def _called(source: Source) -> set[str]:
    """What stands behind a dot and is called."""
    callees = (call.func for call in source.nodes(ast.Call))
    return {callee.attr for callee in callees if isinstance(callee, ast.Attribute)}


def _keywords(source: Source) -> set[str]:
    """The names of keyword arguments."""
    return {keyword.arg for keyword in source.nodes(ast.keyword) if keyword.arg}


def _strings(source: Source) -> set[str]:
    """Whole strings."""
    return {node.value for node in source.nodes(ast.Constant) if isinstance(node.value, str)}


def _libraries(source: Source) -> set[str]:
    """The first parts of imported modules' names; what is relative is no library."""
    whole = {alias.name for node in source.nodes(ast.Import) for alias in node.names}
    whole |= {node.module or "" for node in source.nodes(ast.ImportFrom) if not node.level}
    return {name.partition(".")[0] for name in whole}


def _own(source: Source) -> set[str]:
    """Whether a module that may be of the program is imported: the one word for that, or none."""
    relative = any(node.level for node in source.nodes(ast.ImportFrom))
    return {"import"} if relative or any(map(may_hand_on, _libraries(source))) else set()


def _imported(source: Source) -> set[str]:
    """What is imported, as it is written."""
    return {alias.name for alias in source.nodes(ast.alias)}


_TEXTS: dict[Place, Callable[[Source], set[str]]] = {
    Place.NAME: _names,
    Place.DOTTED: _dotted,
    Place.ATTRIBUTE: _attributes,
    Place.CALLED: _called,
    Place.KEYWORD: _keywords,
    Place.STRING: _strings,
    Place.LIBRARY: _libraries,
    Place.CLASSES: _libraries,
    Place.STAR: _imported,
    Place.OWN: _own,
}
