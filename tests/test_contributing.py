"""CONTRIBUTING.md is true: the rule that it shows works as one module, the row is the real one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lrmigrate.catalog import tf1
from tests.conftest import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
LEGACY = "import tensorflow as tf\n\nprint(model.optimizer.get_slot(kernel, tf.m))\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of lrmigrate to which the rule of the page was added, as one module."""
    ((name,),) = [set(re.findall(r"`lrmigrate/(rules/\w+\.py)`", PAGE))]
    (module,) = (block for block in BLOCKS if "RULES = " in block)
    shutil.copytree(ROOT / "lrmigrate", tmp_path / "copy" / "lrmigrate")
    (tmp_path / "copy" / "lrmigrate" / name).write_text(module)
    return tmp_path / "copy"


def lrmigrate(package: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(package)}
    command = [sys.executable, "-m", "lrmigrate", *arguments]
    done = subprocess.run(command, cwd=package.parent, env=environment, capture_output=True, check=False)
    assert done.stderr == b""
    return done.stdout.decode()


def test_a_rule_is_one_module(package: Path) -> None:
    """Its word is one that nothing else knows: no gate in front of it may have to be told."""
    (package.parent / "a.py").write_text(LEGACY)
    assert lrmigrate(package, "check", "--output-format", "concise", "a.py").splitlines()[0] == (
        "a.py:3:7 LR309 `model.optimizer.get_slot(kernel, tf.m)` raises AttributeError in Keras 3"
    )
    assert "LR309  optimizer.get_slot(...)" in lrmigrate(package, "rules").splitlines()
    assert "read the attribute that holds the slots" in lrmigrate(package, "explain", "LR309")
    assert lrmigrate(ROOT, "check", str(package.parent / "a.py")) == "No legacy learning-rate code found.\n"


def test_the_row_is_one_of_the_catalogue() -> None:
    (text,) = (block for block in BLOCKS if "Decay(" in block)
    names = dict(vars(tf1))
    exec(text, names)
    assert names["INVERSE_TIME"] == tf1.INVERSE_TIME


def test_every_block_is_python() -> None:
    assert len(BLOCKS) == 3
    for block in BLOCKS:
        compile(block, "CONTRIBUTING.md", "exec")
