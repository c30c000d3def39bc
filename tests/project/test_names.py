"""What a configuration teaches of the names of installed libraries."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrmigrate.catalog.taught import knowing, meant
from tests.conftest import run_cli

NAMES = '[names]\n"mylib.tf" = "tensorflow.compat.v1"\n"mylib.optim.MySGD" = "keras.optimizers.SGD"\n'
BEFORE = """\
from mylib import tf
from mylib.optim import MySGD
import mylib.tf as t
import mylib

tf.disable_v2_behavior()
step = tf.train.get_or_create_global_step()
a = tf.train.exponential_decay(0.1, step, 100, 0.5)
b = t.train.cosine_decay(0.1, step, 100)
c = MySGD(lr=0.1)
d = mylib.optim.MySGD(lr=0.1)
"""
AFTER = (
    BEFORE.replace(
        "tf.train.exponential_decay(0.1, step, ", "tf.keras.optimizers.schedules.ExponentialDecay(0.1, "
    )
    .replace("0.5)", "0.5)(step)")
    .replace(
        "t.train.cosine_decay(0.1, step, 100)", "t.keras.optimizers.schedules.CosineDecay(0.1, 100)(step)"
    )
    .replace("lr=", "learning_rate=")
)


def test_what_was_taught_is_found_and_fixed(tmp_path: Path) -> None:
    (tmp_path / "lrmigrate.toml").write_text(NAMES)
    path = tmp_path / "train.py"
    path.write_text(BEFORE)
    assert run_cli("fix", "--write", "train.py", cwd=tmp_path).returncode == 0
    assert path.read_text() == AFTER
    assert run_cli("check", ".", cwd=tmp_path).returncode == 0


def test_what_was_not_taught_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(BEFORE)
    assert run_cli("fix", "--unsafe", "train.py", cwd=tmp_path).stdout == b""


def test_a_name_of_the_program_is_what_the_program_says(tmp_path: Path) -> None:
    """Which is not what was taught of another one that begins alike."""
    (tmp_path / "lrmigrate.toml").write_text(NAMES)
    (tmp_path / "mylib2.py").write_text("class tf:\n    pass\n")
    (tmp_path / "train.py").write_text(BEFORE.replace("mylib", "mylib2"))
    assert b"[*]" not in run_cli("check", "train.py", cwd=tmp_path).stdout


def test_a_file_without_any_word_of_keras_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "lrmigrate.toml").write_text(NAMES)
    (tmp_path / "train.py").write_text("from mylib.optim import MySGD\n\nc = MySGD(lr=0.1)\n")
    done = run_cli("check", ".", "--output-format", "concise", cwd=tmp_path)
    assert b"train.py:3:5 LR201 [*] `MySGD`" in done.stdout


@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ('"a.b" = "keras.optimizers.SDG"', "did you mean keras.optimizers.SGD?"),
        ('"a.b" = "nonsense"', "is no API that lrmigrate knows"),
        ('"a b" = "keras"', "'a b' is no name of a module"),
        ('"keras.optimizers.SGD" = "keras.optimizers.Adam"', "is a name of keras itself"),
        ('"a.b" = 1', "must be a table of names"),
    ],
)
def test_a_wrong_name_is_an_error(tmp_path: Path, table: str, wanted: str) -> None:
    (tmp_path / "lrmigrate.toml").write_text(f"[names]\n{table}\n")
    (tmp_path / "train.py").write_text(BEFORE)
    done = run_cli("check", "train.py", cwd=tmp_path)
    assert done.returncode == 2
    assert b"lrmigrate.toml: names: " in done.stderr
    assert wanted.encode() in done.stderr


def test_the_longest_name_decides() -> None:
    with knowing((("a", "keras"), ("a.b", "tensorflow.compat.v1"))):
        assert meant("a.b.train.cosine_decay") == "tensorflow.compat.v1.train.cosine_decay"
        assert meant("a.optimizers.SGD") == "keras.optimizers.SGD"
        assert meant("ab.c") == "ab.c"
    assert meant("a.b") == "a.b"
