"""The README shows what is: its before and after is what the tool writes."""

from __future__ import annotations

import re

import pytest

from lrmigrate.engine import fix_text
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
HEAD = "import keras\nimport tensorflow as tf\n\nbatch = tf.Variable(0)\n"
DIFFS = re.findall(r"```diff\n(.*?)```", README, re.S)


@pytest.mark.parametrize("diff", DIFFS, ids=range(len(DIFFS)))
def test_before_and_after(diff: str) -> None:
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    assert fix_text(HEAD + before).after == HEAD + after


def test_there_is_a_before_and_after() -> None:
    assert len(DIFFS) == 2
