"""The engine as a codemod of LibCST, run by LibCST's own tool."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodContext

from lrmigrate.codemod import MigrateLearningRates
from tests.cli.test_cli import FIXED, LEGACY, UNSAFE
from tests.conftest import ROOT


def test_libcst_runs_it(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_bytes(LEGACY)
    page = (ROOT / "docs" / "configuration.md").read_text()
    (command,) = re.findall(r"`python (-m libcst.tool .*) src/`", page)
    done = subprocess.run(
        [sys.executable, *command.split(), str(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == FIXED


def test_what_is_left_is_a_warning() -> None:
    context = CodemodContext()
    tree = cst.parse_module(UNSAFE)
    assert "linear_cosine_decay" in MigrateLearningRates(context).transform_module(tree).code
    assert [warning.split()[1] for warning in context.warnings] == ["LR108"]
    changed = MigrateLearningRates(CodemodContext(), unsafe=True).transform_module(tree)
    assert "class LinearCosineDecay" in changed.code
