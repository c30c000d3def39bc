"""What docs/record.md shows is what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, ROOT, run_anew, run_cli

TEXT = (ROOT / "docs/record.md").read_text()
BLOCKS = [
    text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE) if not kind
]


def test_show() -> None:
    (command,) = re.findall(r"    lrmigrate (show \".*)", TEXT)
    assert run_cli(*shlex.split(command)).stdout.decode() == BLOCKS[1]


@pytest.mark.tensorflow
def test_three_commands(tmp_path: Path) -> None:
    """The old side runs in TensorFlow 1's mode here; with 1.15 it was run by hand."""
    program = FIXTURES / "projects/staircase_in_a_session.in.py"
    (tmp_path / "train.py").write_text(program.read_text())
    commands = [
        line.strip() for line in TEXT.splitlines() if line.startswith("    lrmigrate record --python ~")
    ]
    commands += re.findall(r"^    (lrmigrate fix .*|lrmigrate compare old.jsonl .*)$", TEXT, re.MULTILINE)
    words = [shlex.split(part) for line in commands for part in line.split(" && ")]
    assert [line[1] for line in words] == ["record", "fix", "record", "compare"]
    for line in words:
        if "--python" in line:
            del line[2:4]
        done = run_anew(*line[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == BLOCKS[0]
