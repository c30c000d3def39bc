"""Whole programs, fixed by the tool and run on today's TensorFlow, against what they used to print.

`NAME.stdout` is what `NAME.in.py` printed on TensorFlow 1.15.5; for `tf1_schedule_in_keras`, which froze
its rate there, and for `training_with_functions`, which raises TypeError there, it is the rates that the
author meant.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability
from tests.conftest import FIXTURES

UNSAFE = {"tf1_schedule_in_keras", "training_with_functions"}
PROGRAMS = sorted((FIXTURES / "projects").glob("*.stdout"))


@pytest.mark.tensorflow
@pytest.mark.parametrize("expected", PROGRAMS, ids=lambda path: path.stem)
def test_program_prints_the_same_numbers(expected: Path, tmp_path: Path) -> None:
    legacy = expected.with_suffix(".in.py").read_text()
    level = Applicability.UNSAFE if expected.stem in UNSAFE else Applicability.SAFE
    program = tmp_path / "program.py"
    program.write_text(fix_text(legacy, level=level).after or "")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected.read_text()
