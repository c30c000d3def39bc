"""Programs that Keras 3 refuses, or runs otherwise: fixed, they print there what they printed on Keras 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability
from tests.conftest import FIXTURES
from tests.test_two_files import assert_same_numbers
from tests.worlds import World

pytestmark = pytest.mark.tensorflow

PROGRAMS = sorted((FIXTURES / "refused").glob("*.py"))
SAFE = {"scheduler_functions", "plateaus", "counters", "histories", "whole_rates"}


@pytest.fixture(scope="module")
def worlds() -> Iterator[tuple[World, World]]:
    old, new = World("old"), World("new")
    yield old, new
    old.close()
    new.close()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_fixed_programs_print_what_they_printed(
    program: Path, tmp_path: Path, worlds: tuple[World, World]
) -> None:
    old, new = worlds
    before = old.run(program, "eager")
    assert not before.error
    unchanged = new.run(program, "eager")
    assert unchanged.error or unchanged.printed != before.printed
    level = Applicability.SAFE if program.stem in SAFE else Applicability.UNSAFE
    fixed = tmp_path / program.name
    fixed.write_text(fix_text(program.read_text(), level=level).after or "")
    after = new.run(fixed, "eager")
    assert not after.error
    assert_same_numbers(after.printed, before.printed)
