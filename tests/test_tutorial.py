"""The tutorial, followed to the letter in an empty folder: what it says is printed, is printed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from difflib import ndiff
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_cli

PAGE = (ROOT / "docs/tutorial.md").read_text()
SCRIPTS = re.findall(r"`(\w+\.py)`:\n\n```python\n(.*?)```", PAGE, re.S)
COMMANDS = re.findall(r"^\$ (.*)$", PAGE, re.M)


def followed(folder: Path, *, proof: bool) -> dict[str, str]:
    """What every command prints; those of the proof, which need TensorFlow, if that is asked for."""
    for name, text in SCRIPTS:
        (folder / name).write_text(text)
    printed = {}
    for command in COMMANDS:
        program, *words = shlex.split(command)
        if program == "cp":
            subprocess.run([program, *words], cwd=folder, check=True)
        elif proof or words[0] != "verify":
            done = run_cli(*words, cwd=folder)
            assert done.returncode in (0, 1), done.stderr
            printed[command] = done.stdout.decode()
    return printed


def test_every_block_is_one_of_these() -> None:
    blocks = re.findall(r"^```(\w*)\n(.*?)```", PAGE, re.S | re.M)
    assert {kind for kind, _ in blocks} == {"python", "console"}
    assert [text for kind, text in blocks if kind == "python"] == [text for _, text in SCRIPTS]


def test_what_is_found_fixed_and_left(tmp_path: Path) -> None:
    printed = followed(tmp_path, proof=False)
    assert printed["lrmigrate check train.py"].startswith("train.py:15:8 LR101 [*] ")
    assert "+rate = tf.keras.optimizers.schedules.ExponentialDecay(" in printed["lrmigrate fix train.py"]
    assert printed["lrmigrate fix --write train.py"] == "Fixed 1 finding in 1 file.\n"
    assert "its weights will differ" in printed["lrmigrate check --select LR602 train.py"]
    assert printed["lrmigrate check new.py"] == "No legacy learning-rate code found.\n"
    old, new = ((tmp_path / name).read_text().splitlines() for name in ("old.py", "train.py"))
    assert sum(line.startswith("- ") for line in ndiff(old, new)) == 1


@pytest.mark.tensorflow
def test_both_proofs_and_all_scripts(tmp_path: Path) -> None:
    printed = followed(tmp_path, proof=True)
    proofs = [text for command, text in printed.items() if " verify " in command]
    assert [proof.splitlines()[-1] for proof in proofs] == ["Verified 1 site: 1 identical."] * 2
    weights = []
    for name in ("old.py", "train.py", "new.py"):
        done = subprocess.run(
            [sys.executable, name], cwd=tmp_path, capture_output=True, check=True, text=True
        )
        weights.append([float(word) for word in done.stdout.strip(" \n[]").split()])
    assert weights[0] == weights[1]
    assert weights[2] == pytest.approx(weights[0], abs=1e-3)
