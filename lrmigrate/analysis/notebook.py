"""Jupyter notebooks: the code cells as one Python text, and edits of that text as edits of the raw JSON.

Cells share their imports and names in order, so they are read as one text. What is not Python (magics,
shell lines, cells of other languages, cells that do not parse) is masked, character for character, so
that offsets stay true. Editing works on the raw JSON, at the characters of the `source` strings alone:
indentation, key order, outputs, ids, list or string form and non-ASCII text stay byte for byte.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from lrmigrate.analysis.syntax import CannotParse, parse
from lrmigrate.edits import splice
from lrmigrate.model import Edit, Span, UserError

_BLANK = re.compile(r"[ \t\n\r]*")
_ATOM = re.compile(r"[^\s,\]}]+")
_MAGIC = re.compile(r"^([ \t]*)([%!?].*|[\w.*]+\?{1,2}[ \t]*)$")
_ASSIGNED = re.compile(r"^([ \t]*[\w, .\[\]]+=[ \t]*)([%!].*)$")
_PYTHON_CELL_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python3")


class NotANotebook(UserError):
    """The text is not a notebook that can be read. A clause."""


@dataclass
class Cell:
    """A code cell: its number among all cells (from 1), its source, and where its characters stand.

    ``raw`` has the offset in the file of every character of ``source``, and of its end.
    ``separator`` is what stands between two lines in list form; "" in string form.
    """

    number: int
    source: str
    raw: list[int]
    separator: str
    python: str = ""  # the source with everything masked that is not Python
    start: int = 0  # where it begins in the joined text
    trouble: CannotParse | None = None


@dataclass
class Notebook:
    """A notebook's code as one text."""

    raw: str
    cells: list[Cell] = field(default_factory=list)
    text: str = ""

    @classmethod
    def read(cls, raw: str) -> Notebook:
        """Read a notebook of format 4; raises NotANotebook."""
        try:
            data, places = _Scanner(raw).scan()
        except (ValueError, RecursionError, IndexError) as error:
            raise NotANotebook(f"it is not JSON: {error}") from None
        if not isinstance(data, dict) or data.get("nbformat") != 4 or not isinstance(data.get("cells"), list):
            raise NotANotebook("it is not a notebook of format 4")
        if _language(data) not in {"python", "ipython"}:
            return cls(raw)
        notebook = cls(raw)
        for index, cell in enumerate(data["cells"]):
            if isinstance(cell, dict) and cell.get("cell_type") == "code" and index in places:
                notebook._add(_cell(raw, index + 1, places[index]))
        notebook.text = "".join(cell.python + "\n" for cell in notebook.cells)
        return notebook

    def _add(self, cell: Cell) -> None:
        """Mask what is not Python in a cell, and put it behind the others."""
        cell.python, cell.trouble = _masked(cell.source)
        cell.start = sum(len(other.python) + 1 for other in self.cells)
        self.cells.append(cell)

    def hidden_names(self) -> set[str]:
        """The words of what is masked: `%time K.clear_session()` reads a name, too."""
        lines = [
            line
            for cell in self.cells
            for line, shown in zip(cell.source.split("\n"), cell.python.split("\n"), strict=True)
            if line != shown
        ]
        return set(re.findall(r"[^\W\d]\w*", " ".join(lines)))

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
        return Edit(Span(cell.raw[start], cell.raw[end]), encoded, edit.rank)

    def _line_between(self, edit: Edit, cell: Cell) -> Edit | None:
        """Lines that are to stand where a cell begins: at its start, or at the end of the one before."""
        at_start = edit.span.start == cell.start
        if at_start and not cell.trouble and not cell.source.startswith("%%"):
            return Edit(Span(cell.raw[0], cell.raw[0]), self._encoded(edit.text, cell), edit.rank)
        index = self.cells.index(cell) - at_start
        before = self.cells[index] if index >= 0 else None
        if before is None or before.trouble or before.source.startswith("%%"):
            return None
        text = self._encoded("\n" + edit.text.rstrip("\n"), before)
        return Edit(Span(before.raw[-1], before.raw[-1]), text, edit.rank)

    def _encoded(self, text: str, cell: Cell) -> str:
        """Text as it stands within a string of the JSON; in list form every line is a string of its own."""
        *lines, last = [json.dumps(line, ensure_ascii=self.raw.isascii())[1:-1] for line in text.split("\n")]
        newline = f'\\n"{cell.separator}"' if cell.separator else "\\n"
        return "".join(line + newline for line in lines) + last


def tidied(before: str, after: str) -> str:
    """``after`` without the empty lines that edits have left in the list form of a source."""
    old, (data, places) = json.loads(before), _Scanner(after).scan()
    edits = []
    for index, spans in places.items():
        if data["cells"][index]["source"] == old["cells"][index]["source"]:
            continue
        for place, span in enumerate(spans):
            if after[span.start : span.end] == '""' and len(spans) > 1:
                gone = (
                    Span(span.start, spans[1].start) if place == 0 else Span(spans[place - 1].end, span.end)
                )
                edits.append(Edit(gone, ""))
    return splice(after, edits)


def _language(data: dict[str, Any]) -> str:
    """The language of the kernel; Python where the notebook does not say."""
    here: Any = data
    for key in ("metadata", "kernelspec", "language"):
        here = here.get(key) if isinstance(here, dict) else None
    return here.lower() if isinstance(here, str) else "python"


def _is_source(path: tuple[str | int, ...]) -> bool:
    """Whether a string at ``path`` is a cell's source, or a line of it."""
    match path:
        case ("cells", int(), "source") | ("cells", int(), "source", int()):
            return True
    return False


class _Scanner:
    """Reads JSON and remembers where the `source` of each cell stands."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.places: dict[int, list[Span]] = {}  # cell -> the spans of its strings, quotes included

    def scan(self) -> tuple[Any, dict[int, list[Span]]]:
        """The data and the places; raises ValueError, as the json module does."""
        data = json.loads(self.raw, object_pairs_hook=_unique)
        self.value(_BLANK.match(self.raw, 0).end(), ())  # type: ignore[union-attr]
        return data, self.places

    def blank(self, offset: int) -> int:
        """The offset behind white space."""
        match = _BLANK.match(self.raw, offset)
        return match.end() if match else offset

    def value(self, offset: int, path: tuple[str | int, ...]) -> int:
        """Read the value at ``offset``; the offset behind it."""
        match self.raw[offset]:
            case "{":
                return self.members(offset, path)
            case "[":
                return self.elements(offset, path)
            case '"':
                end: int = scanstring(self.raw, offset + 1, False)[1]
                if _is_source(path):
                    self.places.setdefault(int(path[1]), []).append(Span(offset, end))
                return end
        match = _ATOM.match(self.raw, offset)
        return match.end() if match else offset + 1

    def members(self, offset: int, path: tuple[str | int, ...]) -> int:
        """Read an object."""
        offset = self.blank(offset + 1)
        while self.raw[offset] != "}":
            key, offset = scanstring(self.raw, offset + 1, False)
            offset = self.value(self.blank(self.blank(offset) + 1), (*path, key))
            offset = self.blank(offset)
            offset = self.blank(offset + 1) if self.raw[offset] == "," else offset
        return offset + 1

    def elements(self, offset: int, path: tuple[str | int, ...]) -> int:
        """Read an array."""
        offset, index = self.blank(offset + 1), 0
        while self.raw[offset] != "]":
            offset = self.blank(self.value(offset, (*path, index)))
            offset = self.blank(offset + 1) if self.raw[offset] == "," else offset
            index += 1
        return offset + 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; raises ValueError where a key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _cell(raw: str, number: int, spans: list[Span]) -> Cell:
    """A code cell from the strings of its source."""
    source, offsets = [], []
    for span in spans:
        offset = span.start + 1
        while offset < span.end - 1:
            width = _width(raw, offset)
            source.append(json.loads(f'"{raw[offset : offset + width]}"', strict=False))
            offsets += [offset] * len(source[-1])
            offset += width
    offsets.append(spans[-1].end - 1)
    separator = raw[spans[0].end : spans[1].start] if len(spans) > 1 else _separator(raw, spans[0])
    return Cell(number, "".join(source), offsets, separator)


def _width(raw: str, offset: int) -> int:
    """How many characters of JSON stand for one of its value; a surrogate pair counts as one."""
    if raw[offset] != "\\":
        return 1
    if raw[offset + 1] != "u":
        return 2
    high = 0xD800 <= int(raw[offset + 2 : offset + 6], 16) < 0xDC00
    return 12 if high and raw.startswith("\\u", offset + 6) else 6


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
    masked = _without_magics(source)
    trouble = _parses(masked)
    return (_blanked(source), trouble) if trouble else (masked, None)


def _parses(text: str) -> CannotParse | None:
    """Why a text does not parse; None when it does."""
    try:
        parse(text)
    except CannotParse as error:
        return error
    return None


def _without_magics(source: str) -> str:
    """Magic and shell lines as the expression `0` and white space, equally long."""
    lines = source.split("\n")
    continued = False
    for index, line in enumerate(lines):
        found = _ASSIGNED.match(line) or _MAGIC.match(line)
        if continued:
            lines[index] = " " * len(line)
        elif found:
            lines[index] = found.group(1) + "0".ljust(len(found.group(2)))
        continued = (continued or bool(found)) and line.rstrip().endswith("\\")
    return "\n".join(lines)


def _blanked(source: str) -> str:
    """A text of the same length and lines without anything in it."""
    return re.sub(r"[^\n]", " ", source)
