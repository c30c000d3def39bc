"""Programs of several files, run in both worlds: no safe fix changes a number.

`fixtures/two_files/NAME/expect.json` says which file is run, in which mode of TensorFlow, and what must
become of the program:

- *fixed*: it prints in the new world what it printed in the old one;
- *left*: byte for byte, with a reason in which a given text stands;
- *silent*: nothing is found.

``timid`` says what the tool would have to know to do better.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, run_cli
from tests.worlds import World

pytestmark = pytest.mark.tensorflow

PROGRAMS = sorted(path.parent for path in (FIXTURES / "two_files").glob("*/expect.json"))


@pytest.fixture(scope="module")
def worlds() -> Iterator[tuple[World, World]]:
    old, new = World("old"), World("new")
    yield old, new
    old.close()
    new.close()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_program_keeps_its_numbers(program: Path, tmp_path: Path, worlds: tuple[World, World]) -> None:
    expected = json.loads(program.joinpath("expect.json").read_text())
    folder = tmp_path / program.name
    shutil.copytree(program, folder)
    script = folder / expected["run"]
    before = worlds[0].run(script, expected["mode"])
    assert not before.error
    reasons, texts = _reasons(folder), _texts(folder)
    run_cli("fix", "--write", folder)
    is_changed = _texts(folder) != texts
    assert is_changed == (expected["after"] == "fixed")
    assert bool(reasons) == (expected["after"] != "silent")
    assert any(expected.get("reason", "") in reason for reason in reasons or [""]), reasons
    if is_changed:
        after = worlds[1].run(script, expected["mode"])
        assert not after.error
        assert_same_numbers(after.printed, before.printed)


def _reasons(folder: Path) -> list[str]:
    """The reasons of all findings."""
    found = json.loads(run_cli("check", "--output-format", "json", folder).stdout)
    return [finding["reason"] or "" for file in found["files"] for finding in file["findings"]]


def _texts(folder: Path) -> dict[Path, bytes]:
    """The files of a program."""
    return {path: path.read_bytes() for path in folder.rglob("*.py")}


def assert_same_numbers(found: str, wanted: str) -> None:
    """Both texts hold the same numbers, up to what is rounded in 32 bits."""
    numbers = [float(word) for word in found.split()]
    others = [float(word) for word in wanted.split()]
    assert len(numbers) == len(others) > 0
    for one, other in zip(numbers, others, strict=True):
        assert math.isclose(one, other, rel_tol=2e-6, abs_tol=1e-9), (found, wanted)
