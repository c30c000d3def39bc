"""The kinds of file, Python texts and notebooks: the one place that tells them apart.

Whoever has a file asks `kind_of(path)`, and then its kind: how its bytes are decoded, what is found in it,
what fixes and comments make of it. What that takes is loaded when it is asked for.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from lrmigrate.model import NOTEBOOKS, SOURCES, Target

if TYPE_CHECKING:
    from lrmigrate.analysis.syntax import Source
    from lrmigrate.engine.decoding import Decoded
    from lrmigrate.model import Edit, FileReport, Finding

#: A Python text, and findings of a file each with what it is in that text.
Joined: TypeAlias = "tuple[str, list[tuple[Finding, Finding]]]"

_TREE_ONLY = 0x400  # `ast.PyCF_ONLY_AST`, without loading `ast`


class Kind(ABC):
    """What can be done with a file of some kind whose fixes must run on ``target``."""

    suffixes: ClassVar[tuple[str, ...]]
    largest: ClassVar[int]  # bytes of a file that is looked at

    def __init__(self, path: str = "<text>", target: Target = Target.KERAS3) -> None:
        self.path = path
        self.target = target

    @abstractmethod
    def decode(self, data: bytes) -> Decoded:
        """The text of a file, with what it takes to get bytes back; raises CannotDecode."""

    @abstractmethod
    def check(self, text: str, path: str) -> FileReport:
        """All findings that no comment suppresses, those of rules that are off by default too."""

    @abstractmethod
    def edits(self, text: str, findings: Iterable[Finding]) -> list[Edit]:
        """The edits of fixes, and those that remove the imports that they orphan."""

    @abstractmethod
    def apply(self, text: str, findings: Iterable[Finding]) -> str | None:
        """The text with these edits; None where that cannot be read any more, which is a bug of ours."""

    @abstractmethod
    def joined(self, text: str, findings: Iterable[Finding]) -> Joined:
        """The file's code as one Python text, and its findings each with what it is there."""

    @abstractmethod
    def source(self, text: str) -> Source:
        """The file's code, for those who want no findings in it; raises CannotParse."""

    def reads_well(self, data: bytes) -> bool:  # noqa: ARG002 - for those who can say
        """Whether the bytes of a file seem to be what its name says; found out without loading anything."""
        return True

    def words(self, data: bytes) -> bytes:
        """What may be code in the bytes of a file, without the marks of its format."""
        return data

    @abstractmethod
    def sources(self, text: str) -> dict[int, str]:
        """The texts that findings count their lines in, by ``Finding.cell``; none of what cannot be read."""

    @abstractmethod
    def code_of(self, text: str, finding: Finding) -> str:
        """The code that a finding is about."""

    @abstractmethod
    def with_comments(self, text: str, findings: Iterable[Finding], reason: str = "") -> str:
        """The text with a comment that suppresses each finding, unless that makes another program of it."""


class Python(Kind):
    """A Python source."""

    suffixes = SOURCES
    largest = 16 * 2**20  # its tree takes a hundred times as much

    def decode(self, data: bytes) -> Decoded:
        """As its encoding cookie says."""
        from lrmigrate.engine.decoding import decode

        return decode(data)

    def reads_well(self, data: bytes) -> bool:
        """Whether they parse."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(data, self.path, "exec", _TREE_ONLY, dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
        except (RecursionError, MemoryError):
            pass
        return True

    def check(self, text: str, path: str) -> FileReport:
        """What `check_text` finds."""
        from lrmigrate.engine.text import check_text

        return check_text(text, path, self.target)

    def edits(self, text: str, findings: Iterable[Finding]) -> list[Edit]:
        """Those of the text."""
        from lrmigrate.engine.text import all_edits

        return all_edits(text, findings, path=self.path)

    def apply(self, text: str, findings: Iterable[Finding]) -> str | None:
        """The text with its edits."""
        from lrmigrate.engine.text import apply

        return apply(text, findings, self.path)

    def joined(self, text: str, findings: Iterable[Finding]) -> Joined:
        """The text itself."""
        return text, [(finding, finding) for finding in findings]

    def source(self, text: str) -> Source:
        """The text itself."""
        from lrmigrate.analysis.syntax import Source

        return Source(text)

    def sources(self, text: str) -> dict[int, str]:
        """The text itself, which is no cell."""
        return {0: text}

    def code_of(self, text: str, finding: Finding) -> str:
        """What stands in its span."""
        return text[finding.span.start : finding.span.end]

    def with_comments(self, text: str, findings: Iterable[Finding], reason: str = "") -> str:
        """The text with comments."""
        from lrmigrate.engine.suppress import with_comments

        return with_comments(text, findings, reason)


class Notebook(Kind):
    """A Jupyter notebook: its text is JSON, its findings stand in cells."""

    suffixes = NOTEBOOKS
    largest = 256 * 2**20  # most of a large one is pictures, of which no tree is made

    def decode(self, data: bytes) -> Decoded:
        """UTF-8, as JSON is."""
        from lrmigrate.engine.decoding import decode_notebook

        return decode_notebook(data)

    def check(self, text: str, path: str) -> FileReport:
        """What `check_notebook` finds."""
        from lrmigrate.engine.notebook import check_notebook

        return check_notebook(text, path, self.target)

    def edits(self, text: str, findings: Iterable[Finding]) -> list[Edit]:
        """Those of the JSON."""
        from lrmigrate.engine.notebook import notebook_edits

        return notebook_edits(text, findings, self.path, self.target)

    def apply(self, text: str, findings: Iterable[Finding]) -> str | None:
        """The JSON with its edits."""
        from lrmigrate.engine.notebook import apply_notebook

        return apply_notebook(text, findings, self.path, self.target)

    def joined(self, text: str, findings: Iterable[Finding]) -> Joined:
        """The code cells one behind the other; a finding on a cell that cannot be read is left out."""
        from lrmigrate.engine.notebook import joined

        return joined(text, findings, self.path, self.target)

    def source(self, text: str) -> Source:
        """The code cells one behind the other, with magics masked; every one of them must be readable."""
        from lrmigrate.engine.notebook import whole_source

        return whole_source(text)

    def words(self, data: bytes) -> bytes:
        """The strings of the JSON."""
        from lrmigrate.engine.prefilter import code_of_notebook

        return code_of_notebook(data)

    def sources(self, text: str) -> dict[int, str]:
        """The code cells by their numbers."""
        from lrmigrate.engine.notebook import cell_sources

        return cell_sources(text)

    def code_of(self, text: str, finding: Finding) -> str:
        """What stands in its span, without the marks of JSON."""
        from lrmigrate.engine.notebook import code_of_notebook

        return code_of_notebook(text, finding.span)

    def with_comments(self, text: str, findings: Iterable[Finding], reason: str = "") -> str:
        """The JSON with comments in the code."""
        from lrmigrate.engine.notebook import notebook_with_comments

        return notebook_with_comments(text, findings, reason, self.path, self.target)


KINDS: tuple[type[Kind], ...] = (Python, Notebook)


def kind_of(path: str, target: Target = Target.KERAS3) -> Kind:
    """The kind of a file, by its name; what has another name is taken for Python, as standard input is."""
    return next((kind for kind in KINDS if path.endswith(kind.suffixes)), Python)(path, target)
