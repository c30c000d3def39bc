"""The levels of small programs of several files: what one file does decides what is safe in another.

A program is a text: `== train.py` begins a file; `#: LR201 safe` at the end of a line is what must be found
there, with a piece of the reason behind it where there is one. Nothing else may be found.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, run_cli

PROGRAMS = sorted((FIXTURES / "levels").glob("*.program"))
_FILE = re.compile(r"^== (\S+)\n", re.MULTILINE)
_EXPECTED = re.compile(r"#: (LR\d+) (safe|unsafe|manual)(?:: (.*))?$")


def unpacked(program: Path, folder: Path) -> None:
    """Write the files of a program."""
    _, *parts = _FILE.split(program.read_text())
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_levels(program: Path, tmp_path: Path) -> None:
    unpacked(program, tmp_path)
    (tmp_path / "lrmigrate.toml").write_text("")  # the root of the program
    done = run_cli("check", ".", "--no-cache", "--output-format", "json", cwd=tmp_path)
    expected, found = {}, {}
    for path in sorted(tmp_path.rglob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := _EXPECTED.search(line):
                expected[path.relative_to(tmp_path).as_posix(), number] = match.groups("")
    for file in json.loads(done.stdout)["files"]:
        for finding in file["findings"]:
            place = file["path"], finding["line"]
            reason = finding["reason"] or ""
            piece = expected.get(place, ("", "", ""))[2]
            found[place] = (finding["code"], finding["applicability"], piece if piece in reason else reason)
    assert found == expected
