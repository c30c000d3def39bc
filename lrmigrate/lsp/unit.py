"""What is analysed together: a file, or the cells of a notebook. Makes no messages."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from pygls.uris import to_fs_path

from lrmigrate.catalog.taught import knowing
from lrmigrate.engine.kinds import Kind, Notebook, Python, kind_of
from lrmigrate.engine.passes import fix_report
from lrmigrate.engine.policy import chosen
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.text import at_line
from lrmigrate.lsp.document import Document
from lrmigrate.model import Applicability, FileReport, Finding, Target
from lrmigrate.options import Options
from lrmigrate.rules.files import BUG, SYNTAX


@dataclass(frozen=True)
class Unit:
    """Open documents that share their names: one, or a notebook's cells in their order.

    ``python`` tells which of the cells are Python; without ``options`` nothing is looked at.
    """

    uri: str
    documents: tuple[Document, ...]
    python: tuple[bool, ...] = ()
    options: Options | None = field(default_factory=Options)

    @property
    def path(self) -> str:
        """The path of the file; "" for a text without one, or one that is elsewhere."""
        path = to_fs_path(self.uri) if self.uri.startswith("file:") else None
        return os.path.abspath(path) if path else ""

    @property
    def is_notebook(self) -> bool:
        """Whether the documents are cells."""
        return bool(self.python)

    @property
    def raw(self) -> str:
        """The text that the engine reads: the file's, or a notebook of these cells as JSON."""
        if not self.is_notebook:
            return self.documents[0].body
        cells = [
            {"cell_type": "code" if python else "raw", "source": document.body}
            for document, python in zip(self.documents, self.python, strict=True)
        ]
        return json.dumps({"nbformat": 4, "cells": cells})

    def document_of(self, finding: Finding) -> Document:
        """The document that a finding stands in."""
        return self.documents[max(finding.cell - 1, 0)]

    @property
    def may_have_findings(self) -> bool:
        """Whether there is anything to look at."""
        with self.knowing():
            return self.options is not None and is_candidate(self.raw.encode("utf-8", "surrogatepass"))

    def knowing(self) -> AbstractContextManager[None]:
        """Lets the names be known that the configuration has taught, as long as a block runs."""
        return knowing(self.options.names if self.options else ())

    @property
    def nothing(self) -> FileReport:
        """The report in which nothing was found."""
        return FileReport(self.name, before=self.raw)

    def check(self) -> FileReport:
        """What the command line would report of these texts; a bug of ours is a finding, too."""
        raw = self.raw
        try:
            with self.knowing():
                return chosen(self._kind.check(raw, self.name), self.options or Options())
        except Exception as error:  # an editor must not lose its server to one odd text
            message = f"lrmigrate fails on this text with {type(error).__name__}: {error}"
            return FileReport(self.name, (at_line(BUG, 1, 1, message, BUG.why),), before=raw)

    def fixed(self, report: FileReport, finding: Finding) -> list[str] | None:
        """The documents' bodies after one fix; None where it cannot be applied."""
        with self.knowing():
            return self._bodies(self._kind.apply(report.before or "", [finding]))

    def ignored(self, report: FileReport, finding: Finding) -> list[str] | None:
        """The documents' bodies with a comment that suppresses a finding, if there is a place for it."""
        return self._bodies(self._kind.with_comments(report.before or "", [finding]))

    def all_fixed(self, report: FileReport) -> list[str] | None:
        """The documents' bodies after all safe fixes."""
        with self.knowing():
            return self._bodies(fix_report(report, Applicability.SAFE, self._target).after)

    @property
    def _target(self) -> Target:
        """The versions that fixes are for."""
        return (self.options or Options()).target

    @property
    def _kind(self) -> Kind:
        """What the engine takes the text for."""
        return self._class(self.name, self._target)

    @property
    def _class(self) -> type[Kind]:
        return Notebook if self.is_notebook else Python

    @property
    def name(self) -> str:
        """The path of the file, or one that says of what kind it is."""
        is_one = self.path and isinstance(kind_of(self.path), self._class)
        return self.path if is_one else f"text{self._class.suffixes[0]}"

    def _bodies(self, raw: str | None) -> list[str] | None:
        """The bodies in what the engine has written."""
        if raw is None or not self.is_notebook:
            return None if raw is None else [raw]
        return [cell["source"] for cell in json.loads(raw)["cells"]]


def broken(findings: Sequence[Finding]) -> bool:
    """Whether a text could not be read as Python, as is usual while one types."""
    return any(finding.code == SYNTAX.code for finding in findings)
