"""Jupyter notebooks: the code cells as one Python text, and edits of that text as edits of the raw JSON.

Cells share their imports and names in order, so they are read as one text. What is not Python (magics,
shell lines, cells of other languages, cells that do not parse) is masked, character for character, so
that offsets stay true. Editing works on the raw JSON, at the characters of the `source` strings alone:
indentation, key order, outputs, ids, list or string form and non-ASCII text stay byte for byte.

Most notebooks hold nothing of interest, and much that is not code, such as pictures. So the `json` module
reads them, in C, and what takes longer waits until somebody asks: whether a cell is Python, and where in
the raw text a character of a cell stands.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, TypeAlias

from lrmigrate.analysis.magic import masked
from lrmigrate.analysis.syntax import NEWLINE, CannotParse, parse
from lrmigrate.edits import splice
from lrmigrate.model import Edit, Span, UserError

_BLANK = re.compile(r"[ \t\n\r]*")
#: One character of a string of JSON, however it is written; both halves of a surrogate pair are one.
_CHARACTER = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|[^\\]", re.DOTALL)
_MAGIC = re.compile(r"^([ \t]*)([%!?].*|[\w.*]+\?{1,2}[ \t]*)$")
_ASSIGNED = re.compile(r"^([ \t]*[\w, .\[\]]+=[ \t]*)([%!].*)$")
_PYTHON_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python3")
_PYTHON = frozenset({"python", "ipython"})

_Value: TypeAlias = "tuple[Any, int]"  # a value of JSON, and the offset behind it


class NotANotebook(UserError):
    """The text is not a notebook that can be read. A clause."""


@dataclass
class Line:
    """A string of a cell's source: in list form a line, else all of it.

    ``span`` is where it stands in the file, which is ``raw``, quotes included.
    """

    text: str
    span: Span
    raw: str

    @cached_property
    def places(self) -> Sequence[int]:
        """The offset in the file of each of its characters, and of its end."""
        start, end = self.span.start + 1, self.span.end - 1
        if self.raw.find("\\", start, end) < 0:
            return range(start, end + 1)
        return [*(match.start() for match in _CHARACTER.finditer(self.raw, start, end)), end]


@dataclass
class Cell:
    """A code cell: its number among all cells (from 1), its source, and where that stands.

    ``start`` is where it begins in the joined text. ``separator`` is what stands between two lines in list
    form; "" in string form.
    """

    number: int
    lines: list[Line]
    separator: str
    start: int = 0

    @cached_property
    def source(self) -> str:
        """Its text, as the notebook has it."""
        return "".join(line.text for line in self.lines)

    @cached_property
    def _masked(self) -> tuple[str, CannotParse | None]:
        """Its text with everything masked that is not Python, and why it is masked as a whole if it is."""
        return _masked(self.source)

    @property
    def python(self) -> str:
        """Its text with everything masked that is not Python."""
        return self._masked[0]

    @property
    def plain(self) -> str:
        """Its text without magics, which may be no Python all the same."""
        return _without_magics(self.source)

    @property
    def trouble(self) -> CannotParse | None:
        """Why none of it could be read as Python; None where it could, or is not meant to be."""
        return self._masked[1]

    @cached_property
    def _starts(self) -> list[int]:
        """Where in the source each line begins."""
        starts = [0]
        for line in self.lines[:-1]:
            starts.append(starts[-1] + len(line.text))
        return starts

    def place(self, index: int) -> int:
        """The offset in the file of a character of the source, or of its end."""
        line = bisect_right(self._starts, index) - 1
        return self.lines[line].places[index - self._starts[line]]


@dataclass
class Notebook:
    """A notebook's code as one text; nothing of one whose ``language`` is not Python."""

    raw: str
    cells: list[Cell]
    language: str = ""

    @classmethod
    def read(cls, raw: str) -> Notebook:
        """Read a notebook of format 4; raises NotANotebook."""
        data = _data(raw)
        if data.get("nbformat") != 4 or not isinstance(data.get("cells"), list):
            raise NotANotebook("it is not a notebook of format 4")
        language = _language(data.get("metadata"))
        if language.lower() not in _PYTHON:
            return cls(raw, [], language)
        cells = [_cell(raw, number, lines) for number, lines in enumerate(data["cells"], start=1) if lines]
        start = 0
        for cell in cells:
            cell.start = start
            start += len(cell.source) + 1
        return cls(raw, cells)

    @cached_property
    def text(self) -> str:
        """The joined text: every cell with a newline behind it, and what is not Python masked."""
        return "".join(f"{cell.python}\n" for cell in self.cells)

    @property
    def code(self) -> str:
        """The same with nothing masked, which takes no look at what is Python."""
        return "".join(f"{cell.source}\n" for cell in self.cells)

    def hidden_names(self) -> set[str]:
        """The words of what is masked: `%time K.clear_session()` reads a name, too."""
        lines = [
            line
            for cell in self.cells
            for line, shown in zip(cell.source.split("\n"), cell.python.split("\n"), strict=True)
            if line != shown
        ]
        return set(re.findall(r"[^\W\d]\w*", " ".join(lines)))

    @property
    def first_lines(self) -> tuple[tuple[int, int], ...]:
        """The number in the joined text of each cell's first line, and the number of the cell."""
        lines, found = 1, []
        for cell in self.cells:
            found.append((lines, cell.number))
            lines += len(NEWLINE.findall(cell.source)) + 1
        return tuple(found)

    def cell_at(self, offset: int) -> Cell:
        """The cell that an offset of the joined text lies in."""
        starts = [cell.start for cell in self.cells]
        return self.cells[bisect_right(starts, offset) - 1]

    def raw_edits(self, edits: Iterable[Edit]) -> list[Edit] | None:
        """Edits of the joined text as edits of the raw text; None when one has no place in a cell."""
        found = [self._raw_edit(edit) for edit in edits]
        return [edit for edit in found if edit] if all(found) else None

    def _raw_edit(self, edit: Edit) -> Edit | None:
        """One edit; None when it has no place in one cell that is Python."""
        cell = self.cell_at(edit.span.start)
        start, end = edit.span.start - cell.start, edit.span.end - cell.start
        text = edit.text
        if start == end and text.endswith("\n") and start in (0, len(cell.source) + 1):
            return self._line_between(edit, cell)
        if end == len(cell.source) + 1 and text == "":
            end -= 1  # the last line of a cell has no newline to remove
        if end > len(cell.source):
            return None
        encoded = self._encoded(text, cell)
        if start == len(cell.source) and cell.separator and text.endswith("\n"):
            opened = f'"{cell.separator}"'  # a line of its own behind a last line that has its newline
            encoded = (opened if cell.source.endswith("\n") else "") + encoded.removesuffix(opened)
        return Edit(Span(cell.place(start), cell.place(end)), encoded, edit.rank)

    def _line_between(self, edit: Edit, cell: Cell) -> Edit | None:
        """Lines that are to stand where a cell begins: at its start, or at the end of the one before."""
        at_start = edit.span.start == cell.start
        if at_start and not cell.trouble and not cell.source.startswith("%%"):
            first = cell.place(0)
            return Edit(Span(first, first), self._encoded(edit.text, cell), edit.rank)
        index = self.cells.index(cell) - at_start
        before = self.cells[index] if index >= 0 else None
        if before is None or before.trouble or before.source.startswith("%%"):
            return None
        text = self._encoded("\n" + edit.text.rstrip("\n"), before)
        end = before.place(len(before.source))
        return Edit(Span(end, end), text, edit.rank)

    def _encoded(self, text: str, cell: Cell) -> str:
        """Text as it stands within a string of the JSON; in list form every line is a string of its own."""
        *lines, last = [json.dumps(line, ensure_ascii=self.raw.isascii())[1:-1] for line in text.split("\n")]
        newline = f'\\n"{cell.separator}"' if cell.separator else "\\n"
        return "".join(line + newline for line in lines) + last


def tidied(before: Notebook, after: Notebook) -> str:
    """``after`` without the empty lines that edits of ``before`` have left in the list form of a source."""
    edits = []
    for old, cell in zip(before.cells, after.cells, strict=True):
        if [line.text for line in old.lines] == [line.text for line in cell.lines] or len(cell.lines) == 1:
            continue
        spans = [line.span for line in cell.lines]
        for place, line in enumerate(cell.lines):
            if not line.text:
                start, end = (
                    (spans[0].start, spans[1].start) if place == 0 else (spans[place - 1].end, line.span.end)
                )
                edits.append(Edit(Span(start, end), ""))
    return splice(after.raw, edits)


def _language(metadata: object) -> str:
    """The language of the kernel, or else of the code; Python where the notebook does not say."""
    for section, key in (("kernelspec", "language"), ("language_info", "name")):
        here = metadata.get(section) if isinstance(metadata, dict) else None
        name = here.get(key) if isinstance(here, dict) else None
        if isinstance(name, str) and name.strip():
            return name.strip()
    return "python"


def _data(raw: str) -> dict[str, Any]:
    """What a notebook says, each of its `cells` as the lines of its code; raises NotANotebook."""
    try:
        return _Reader(raw).read()
    except (ValueError, StopIteration, RecursionError, IndexError):
        pass
    try:
        json.loads(raw, object_pairs_hook=_unique)  # says best what is wrong
    except (ValueError, RecursionError) as error:
        raise NotANotebook(f"it is not JSON: {error}") from None
    raise NotANotebook("it is not a notebook of format 4")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; raises ValueError where a key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


class _Reader:
    """Reads a notebook's JSON, and remembers where the sources of its code cells stand.

    On the way to them it goes step by step; every other value it leaves to the `json` module, as a whole.
    Raises ValueError, StopIteration, RecursionError and IndexError where the text is no object of JSON.
    """

    def __init__(self, raw: str) -> None:
        self.raw = raw
        decoder = json.JSONDecoder(object_pairs_hook=_unique)
        self.value: Callable[[str, int], _Value] = decoder.scan_once  # type: ignore[attr-defined]

    def read(self) -> dict[str, Any]:
        """The data of the whole text; each of the `cells` is the list of its lines, empty if not of code."""
        data, end = self._object(self._blank(0), self._top)
        if self._blank(end) != len(self.raw):
            raise ValueError("something stands behind the object")
        return data

    def _top(self, key: str, offset: int) -> _Value:
        """A member of the notebook."""
        if key != "cells" or self.raw[offset] != "[":
            return self.value(self.raw, offset)
        return self._array(offset, self._cell)

    def _cell(self, offset: int) -> _Value:
        """A cell, as the lines of its source if they are code."""
        if self.raw[offset] != "{":
            return [], self.value(self.raw, offset)[1]
        cell, end = self._object(offset, self._member)
        return cell.get("source", []) if cell.get("cell_type") == "code" else [], end

    def _member(self, key: str, offset: int) -> _Value:
        """A member of a cell; of its source the lines alone."""
        if key != "source":
            return self.value(self.raw, offset)
        if self.raw[offset] != "[":
            line, end = self._line(offset)
            return [line] if line else [], end
        lines, end = self._array(offset, self._line)
        return [line for line in lines if line], end

    def _line(self, offset: int) -> _Value:
        """A string; None for anything else."""
        value, end = self.value(self.raw, offset)
        return Line(value, Span(offset, end), self.raw) if isinstance(value, str) else None, end

    def _object(self, offset: int, member: Callable[[str, int], _Value]) -> tuple[dict[str, Any], int]:
        """An object whose members are read by ``member``."""
        found: dict[str, Any] = {}
        offset = self._blank(self._behind("{", offset))
        while self.raw[offset] != "}":
            if found:
                offset = self._blank(self._behind(",", offset))
            key, offset = scanstring(self.raw, self._behind('"', offset), True)
            if key in found:
                raise ValueError("a key stands twice in one object")
            found[key], offset = member(key, self._blank(self._behind(":", self._blank(offset))))
            offset = self._blank(offset)
        return found, offset + 1

    def _array(self, offset: int, element: Callable[[int], _Value]) -> tuple[list[Any], int]:
        """An array whose elements are read by ``element``."""
        found: list[Any] = []
        offset = self._blank(self._behind("[", offset))
        while self.raw[offset] != "]":
            if found:
                offset = self._blank(self._behind(",", offset))
            item, offset = element(offset)
            found.append(item)
            offset = self._blank(offset)
        return found, offset + 1

    def _behind(self, mark: str, offset: int) -> int:
        """The offset behind a mark that must stand at ``offset``."""
        if self.raw[offset] != mark:
            raise ValueError(f"{mark} is missing")
        return offset + 1

    def _blank(self, offset: int) -> int:
        """The offset behind white space."""
        match = _BLANK.match(self.raw, offset)
        return match.end() if match else offset


def _cell(raw: str, number: int, lines: list[Line]) -> Cell:
    """A code cell from the lines of its source."""
    spans = [line.span for line in lines[:2]]
    separator = raw[spans[0].end : spans[1].start] if len(spans) > 1 else _separator(raw, spans[0])
    return Cell(number, lines, separator)


def _separator(raw: str, span: Span) -> str:
    """What would stand between two lines of a source with one line: "" in string form."""
    before = raw[: span.start]
    if not before.rstrip().endswith("["):
        return ""
    return "," + before[len(before.rstrip()) :]


def _masked(source: str) -> tuple[str, CannotParse | None]:
    """A cell with everything masked that is not Python, and why it is masked as a whole if it is."""
    first = source.lstrip()
    if first.startswith("%%") and not first.startswith(_PYTHON_CELL_MAGICS):
        return _blanked(source), None
    if any("\ud800" <= character <= "\udfff" for character in source):
        return _blanked(source), CannotParse("half of a surrogate pair stands alone", 1, 1)
    if _parses(source) is None:
        return source, None
    plain = _without_magics(source)
    trouble = _parses(plain)
    return (_blanked(source), trouble) if trouble else (plain, None)


def _parses(text: str) -> CannotParse | None:
    """Why a text does not parse; None when it does."""
    try:
        parse(text)
    except CannotParse as error:
        return error
    return None


def _without_magics(source: str) -> str:
    """Magic and shell lines as the expression `0` and white space, equally long; of `%run` more is kept."""
    lines = source.split("\n")
    continued = False
    for index, line in enumerate(lines):
        found = _ASSIGNED.match(line) or _MAGIC.match(line)
        if continued:
            lines[index] = " " * len(line)
        elif found:
            runs = masked(line)
            lines[index] = runs if runs != line else found.group(1) + "0".ljust(len(found.group(2)))
        continued = (continued or bool(found)) and line.rstrip().endswith("\\")
    return "\n".join(lines)


def _blanked(source: str) -> str:
    """A text of the same length and lines without anything in it."""
    return re.sub(r"[^\n]", " ", source)
