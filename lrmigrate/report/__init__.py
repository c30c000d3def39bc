"""Reports -> text: the formats, and what stands around them, such as a summary or a diff.

A format is a module of its own with a function `render(reports) -> str`, loaded when it is asked for; one
that shows what fixes make of a file has `render(reports, fixer) -> str`. What can be done about a finding
is asked of whoever calls (`fixer`), and never of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrmigrate.model import FileReport
    from lrmigrate.report.fixer import Fixer

FOR_PEOPLE = frozenset({"text", "concise"})  # with colours, which must go where there is no terminal
FOR_REPOSITORIES = frozenset({"github", "gitlab", "sarif"})  # whose readers know files by their place in it
_WRAPPED = frozenset({"text"})
_WITH_FIXES = frozenset({"sarif"})


def render(name: str, reports: Sequence[FileReport], fixer: Fixer, width: int = 0) -> str:
    """The reports in a format, one of `model.FORMATS`, with a newline behind all that is not empty.

    ``width`` is that of the terminal that shows them, 0 where there is none.
    """
    format_ = import_module(f"{__name__}.{name}")
    if name in _WRAPPED:
        return str(format_.render(reports, width))
    text: str = format_.render(reports, fixer) if name in _WITH_FIXES else format_.render(reports)
    return text
