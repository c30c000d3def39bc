"""`%run` in a notebook: what a file binds that is run there is bound in the notebook, as by a star import.

Where `%run` is masked, so that the cell is Python, a mark keeps what stands behind it, and is the import.
"""

from __future__ import annotations

import ast
import posixpath
import re
from typing import Any

from lrmigrate.model import NOTEBOOKS

RUN = re.compile(r"^([ \t]*)%run(?=[ \t])([^\r\n]*)")
MASK = "0 #%"  # as long as `%run`
_MASKED = re.compile(rf"^[ \t]*{MASK}([ \t][^\r\n]*)", re.MULTILINE)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_SUFFIX = NOTEBOOKS[0]
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s'\"]+")
_WITH_VALUE = frozenset({"-N", "-b", "-l", "-s", "-T", "-D"})
OUT_OF_SIGHT = ".?"  # the name of a module that there is none of


def module_run(arguments: str) -> str:
    """The module that a `%run` with these arguments runs, as an import would spell it, with leading dots.

    A notebook is spelled with its suffix: `.setup.ipynb`.
    """
    tokens = iter(_TOKEN.findall(arguments))
    for token in tokens:
        if token == "-m":
            return next(tokens, OUT_OF_SIGHT)
        if token in _WITH_VALUE:
            next(tokens, None)
        elif not token.startswith("-"):
            return _spelled(token.strip("'\""))
    return OUT_OF_SIGHT


def _spelled(path: str) -> str:
    """The module at a path that is relative to the notebook."""
    path = posixpath.normpath(path.replace("\\", "/"))
    *folders, name = path.removesuffix(".py").split("/")
    above = sum(folder == ".." for folder in folders)
    stem = name.removesuffix(_SUFFIX)
    parts = [*folders[above:], stem]
    if re.search(r"[$*?{}~:]|^/", path) or not all(parts) or any("." in part for part in parts):
        return OUT_OF_SIGHT
    return "." * (above + 1) + ".".join(parts) + name[len(stem) :]


def masked(line: str) -> str:
    """A line with its `%run` as Python, equally long."""
    return RUN.sub(rf"\g<1>{MASK}\g<2>", line)


def with_runs(text: str, tree: ast.Module) -> ast.Module:
    """A tree, the star import that each masked `%run` of its text counts as in place of what masks it."""
    if MASK not in text:
        return tree
    found = {_line(text, match): match for match in _MASKED.finditer(text)}
    for node in ast.walk(tree):
        for block in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(block, list):
                block[:] = [_counted(statement, found) for statement in block]
    return tree


def _line(text: str, match: re.Match[str]) -> int:
    """The number of the line that a match begins."""
    return len(_NEWLINE.findall(text, 0, match.start())) + 1


def _counted(statement: ast.stmt, found: dict[int, re.Match[str]]) -> ast.stmt:
    """The star import for a masked `%run`, which reaches to the end of its line; or the statement itself."""
    match = found.get(statement.lineno)
    if match is None or not isinstance(statement, ast.Expr):
        return statement
    module = module_run(match[1])
    name = module.lstrip(".")
    column, end = statement.col_offset, len(match[0].encode("utf-8", "surrogatepass"))
    place: dict[str, Any] = {
        "lineno": statement.lineno,
        "col_offset": column,
        "end_lineno": statement.lineno,
        "end_col_offset": end,
    }
    return ast.ImportFrom(name, [ast.alias("*", **place)], len(module) - len(name), **place)
