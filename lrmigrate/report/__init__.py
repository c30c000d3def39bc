"""Reports -> text of one format; no input, no output.

Every format is a module of its own with one function, `render(reports) -> str`, loaded when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from lrmigrate.model import FileReport

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "text": "lrmigrate.report.text",
        "concise": "lrmigrate.report.concise",
        "json": "lrmigrate.report.json",
        "jsonl": "lrmigrate.report.jsonl",
        "github": "lrmigrate.report.github",
        "gitlab": "lrmigrate.report.gitlab",
        "sarif": "lrmigrate.report.sarif",
        "junit": "lrmigrate.report.junit",
        "markdown": "lrmigrate.report.markdown",
    }
)
FOR_PEOPLE = frozenset({"text", "concise"})  # with colours, which must go where there is no terminal
FOR_REPOSITORIES = frozenset({"github", "gitlab", "sarif"})  # whose readers know files by their place in it


def render(name: str, reports: Sequence[FileReport]) -> str:
    """The reports in the format ``name``, a key of FORMATS, with a newline behind all that is not empty."""
    format_ = cast("Callable[[Sequence[FileReport]], str]", import_module(FORMATS[name]).render)
    return format_(reports)
