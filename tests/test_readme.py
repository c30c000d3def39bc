"""The README shows what is: its before and after is what the tool writes."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability
from tests.conftest import ROOT, run_cli

README = (ROOT / "README.md").read_text()
HEAD = "import keras\nimport tensorflow as tf\n\nbatch = tf.Variable(0)\n"
PROGRAM = """import tensorflow as tf

optimizer = tf.keras.optimizers.SGD(
    lr=0.1,
    decay=1e-6)
rate = tf.compat.v1.train.cosine_decay(0.1, step, 1000)
"""
MOMENTUM = """import tensorflow as tf

step = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.1, step, 100, 0.5)
opt = tf.train.MomentumOptimizer(rate, 0.9)
"""
DIFFS = re.findall(r"```diff\n(.*?)```", README, re.S)


@pytest.mark.parametrize("diff", DIFFS, ids=range(len(DIFFS)))
def test_before_and_after(diff: str) -> None:
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    assert fix_text(HEAD + before, level=Applicability.UNSAFE).after == HEAD + after


def test_the_report_is_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    printed = run_cli("check", "train.py", cwd=tmp_path).stdout.decode()
    assert f"```\n{printed}```\n" in README


def test_the_report_on_an_optimizer_is_what_is_printed(tmp_path: Path) -> None:
    """Up to the dots; it is indented as a block."""
    ((command, block),) = re.findall(r"    \$ lrmigrate (check --select .*)\n((?:    .*\n)*)", README)
    (tmp_path / "train.py").write_text(MOMENTUM)
    printed = run_cli(*command.split(), cwd=tmp_path).stdout.decode()
    assert printed.startswith(textwrap.dedent(block).removesuffix("...\n"))


def test_there_is_a_before_and_after() -> None:
    assert len(DIFFS) == 3
