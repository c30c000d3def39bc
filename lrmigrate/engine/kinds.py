"""The kinds of file, Python texts and notebooks, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from lrmigrate.catalog.schema import Target
from lrmigrate.engine.notebook import apply_notebook, check_notebook, notebook_edits
from lrmigrate.engine.text import all_edits, apply, check_text
from lrmigrate.model import Edit, FileReport, Finding


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is checked, which edits fixes are, and how they are applied to its text."""

    check: Callable[[str, str], FileReport]
    edits: Callable[[str, Iterable[Finding]], list[Edit]]
    apply: Callable[[str, Iterable[Finding]], str | None]


def kind_of(path: str, target: Target = Target.KERAS3) -> Kind:
    """The kind of a file, by its name."""
    if path.endswith(".ipynb"):
        return Kind(partial(check_notebook, target=target), notebook_edits, apply_notebook)
    return Kind(partial(check_text, target=target), all_edits, apply)
