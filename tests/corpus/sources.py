"""The sources of a tree, read without lrmigrate: paths, and the pieces of code that each holds."""

from __future__ import annotations

import io
import json
import re
import tokenize
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SUFFIXES = frozenset({".py", ".ipynb"})
_SHELL = re.compile(r"^\s*[%!?].*|^.*\?$", re.MULTILINE)


class Piece(NamedTuple):
    """A Python file, or one code cell of a notebook, whose number counts from 1."""

    cell: int
    text: str


def files(tree: Path) -> Iterator[Path]:
    """Every Python file and notebook of a tree, in a stable order."""
    for path in sorted(tree.rglob("*")):
        if path.suffix in _SUFFIXES and path.is_file() and not path.is_symlink():
            yield path


def pieces(path: Path) -> list[Piece]:
    """The code of a file; nothing for a notebook that is not JSON of the usual shape."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".ipynb":
        return [Piece(0, text)]
    try:
        book = json.loads(text)
        cells = book.get("cells") or [cell for sheet in book["worksheets"] for cell in sheet["cells"]]
    except (ValueError, KeyError, AttributeError):
        return []
    return [
        Piece(number, "".join(cell.get("source", cell.get("input", []))))
        for number, cell in enumerate(cells, 1)
        if cell.get("cell_type") == "code"
    ]


def compiles(piece: Piece) -> bool:
    """Whether Python takes the text; in a cell, lines for IPython apart."""
    text = _SHELL.sub("pass", piece.text) if piece.cell else piece.text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "piece", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def comments(piece: Piece) -> Counter[str]:
    """The comments of a text, as far as it can be tokenized."""
    found: Counter[str] = Counter()
    try:
        for token in tokenize.generate_tokens(io.StringIO(piece.text).readline):
            if token.type == tokenize.COMMENT:
                found[token.string] += 1
    except (tokenize.TokenError, SyntaxError):
        pass
    return found
