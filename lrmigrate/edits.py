"""Edits: put them in order, refuse overlaps, splice them into a text. Knows nothing of Python."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lrmigrate.model import Edit, Span

_WORD = re.compile(r"\w+")  # by words a text and its form in JSON have the same order


class Overlap(Exception):
    """Two different edits claim the same characters."""


def ordered(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in the order of application, each once; raises Overlap."""
    result: list[Edit] = []
    for edit in sorted(set(edits), key=lambda edit: (*edit.key, _WORD.findall(edit.text), edit.text)):
        if result and edit.span.start < result[-1].span.end:
            raise Overlap(f"{result[-1]} and {edit}")
        result.append(edit)
    return result


def splice(text: str, edits: Iterable[Edit]) -> str:
    """Apply disjoint edits to ``text``; identical edits count once; raises Overlap."""
    pieces = []
    position = 0
    for edit in ordered(edits):
        pieces += [text[position : edit.span.start], edit.text]
        position = edit.span.end
    return "".join([*pieces, text[position:]])


def compatible(chosen: Iterable[Edit], more: Iterable[Edit]) -> bool:
    """Whether ``more`` can be applied together with ``chosen``.

    An edit that stands in both is one edit. An insertion inside a replaced range is an overlap too.
    """
    try:
        ordered([*chosen, *more])
    except Overlap:
        return False
    return True


def covered(span: Span, edits: Iterable[Edit]) -> bool:
    """Whether one of ``edits`` replaces all of ``span``."""
    return any(edit.span.contains(span) for edit in edits)
