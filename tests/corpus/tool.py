"""lrmigrate as its users run it: the command line, and what it says in JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

LRMIGRATE = (sys.executable, "-m", "lrmigrate")


class Finding(NamedTuple):
    """One finding, in lines of its file or of its cell."""

    path: Path
    cell: int
    line: int
    end_line: int
    code: str
    level: str
    message: str
    reason: str

    def __str__(self) -> str:
        return f"{place(self.path, self.cell, self.line)} {self.code} {self.level}: {self.message}"


class Run(NamedTuple):
    """One run of the command over a tree; ``trouble`` is what it said on standard error when it failed."""

    findings: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    seconds: float
    trouble: str


def place(path: Path, cell: int, line: int) -> str:
    """`file:line`, with the cell of a notebook."""
    return f"{path}:cell {cell}:{line}" if cell else f"{path}:{line}"


def run(tree: Path, *arguments: str, command: Sequence[str] = LRMIGRATE) -> Run:
    """`lrmigrate ARGUMENTS TREE`; an exit code of 2 or anything but JSON is trouble."""
    line = [*command, *arguments, "--isolated", "--no-cache", "--output-format", "json", "."]
    start = time.perf_counter()
    done = subprocess.run(line, cwd=tree, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    try:
        files = json.loads(done.stdout)["files"]
    except ValueError:
        return Run((), (), seconds, done.stderr or f"exit code {done.returncode}, and no JSON")
    found = tuple(_finding(file["path"], f) for file in files for f in file["findings"])
    fixed = tuple(_finding(file["path"], f) for file in files for f in file["fixed"])
    return Run(found, fixed, seconds, done.stderr if done.returncode not in (0, 1) else "")


def _finding(path: str, data: dict[str, object]) -> Finding:
    """A finding from its JSON."""
    place = [int(str(data.get(name, 0))) for name in ("cell", "line", "end_line")]
    words = [str(data[name]) for name in ("code", "applicability", "message", "reason")]
    return Finding(Path(path), place[0], place[1], place[2], words[0], words[1], words[2], words[3])
