"""What a hostile repository tries: its code is never run, and its input costs no more than its size."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lrmigrate.engine.notebook import check_notebook
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from tests.conftest import run_anew, run_cli

# Every place that something which evaluates, imports or formats code would run.
PROGRAM = """
import tensorflow as tf
from keras.optimizers import SGD


def run(*_, **__):
    open({sentinel!r}, "a").close()
    return 1


run()


class Meta(type):
    def __new__(cls, *given):
        run()
        return type.__new__(cls, *given)

    def __getattr__(cls, name):
        return run()


class Trap(metaclass=Meta):
    lr = run()

    def __getattribute__(self, name):
        return run()

    def __float__(self):
        return run()


@run
def decorated(rate=run(), *, steps: run() = run()) -> run():
    return tf.train.exponential_decay(run(), Trap().step, [run() for _ in range(run())][0], rate ** run())


TEXT = f"{{run()}} {{run()!r:>{{run()}}}}"
RATE = ().__class__.__base__.__subclasses__()[run()]
BIG = 9 ** 9 ** 9
lr = tf.train.polynomial_decay(RATE, run(), BIG, power=getattr(Trap, TEXT), name=TEXT)
opt = SGD(lr=run(), decay=eval("run()"), momentum=__import__("os").system("touch {sentinel}"))
opt.lr = (lambda: run())()
values = tf.train.piecewise_constant(run(), [run(), *Trap()], {{run(): run()}}[run()])
if (walrus := run()):
    SGD(learning_rate=lambda epoch: run())
"""
CONFIGURATION = """
[tool.lrmigrate]
select = ["ALL"]
extend-exclude = ["{{__import__('os').system('touch {sentinel}')}}"]
"""


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[Path, Path]:
    """A repository of traps, and the file that any of them would make."""
    folder, sentinel = tmp_path / "repository", tmp_path / "sentinel"
    folder.mkdir()
    text = PROGRAM.format(sentinel=str(sentinel))
    compile(text, "program.py", "exec")
    (folder / "program.py").write_text(text)
    for name in ("tensorflow.py", "keras.py", "libcst.py", "click.py", "sitecustomize.py", "conftest.py"):
        (folder / name).write_text(f"open({str(sentinel)!r}, 'a').close()\n")
    cell = {"cell_type": "code", "source": text.splitlines(keepends=True)}
    (folder / "book.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    (folder / "pyproject.toml").write_text(CONFIGURATION.format(sentinel=sentinel))
    inner = folder / "inner"  # a program of its own, in which no module of that name hides TensorFlow
    inner.mkdir()
    (inner / "program.py").write_text(text)
    (inner / "pyproject.toml").write_text("")
    return folder, sentinel


def test_the_traps_work(hostile: tuple[Path, Path]) -> None:
    folder, sentinel = hostile
    subprocess.run([sys.executable, "program.py"], cwd=folder, capture_output=True, check=False)
    assert sentinel.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--no-cache"),
        ("check", "--output-format", "sarif"),
        ("fix", "--unsafe", "--no-cache"),
        ("fix", "--unsafe", "--write"),
        ("check", "--add-ignore"),
        ("check", "--baseline", "b.json", "--update-baseline"),
        ("report", "--exit-zero", "-o", "report.html"),
        pytest.param(("verify", "--unsafe"), marks=pytest.mark.tensorflow),
        pytest.param(("fix", "--unsafe", "--verify", "--write"), marks=pytest.mark.tensorflow),
    ],
    ids=" ".join,
)
def test_nothing_of_a_repository_is_run(hostile: tuple[Path, Path], arguments: tuple[str, ...]) -> None:
    folder, sentinel = hostile
    done = run_anew(*arguments, folder, cwd=folder.parent)
    assert done.returncode in (0, 1), done.stderr
    assert any(word in done.stdout + done.stderr for word in (b"LR", b" findings", b" site", b"report.html"))
    assert not sentinel.exists()


BOUNDLESS = """
import tensorflow as tf

tf.train.exponential_decay(0.1, step, 9 ** 9 ** 9, 0.5)
tf.train.exponential_decay(0.1, step, 1 << 10 ** 10, 0.5)
tf.train.exponential_decay(0.1, step, 10 ** 400, 0.5)
tf.train.piecewise_constant(step, [0] * 10 ** 9, [0.1] * 10 ** 9)
tf.train.piecewise_constant(step, [i for i in range(10 ** 12)], [0.1] * 3)
tf.keras.optimizers.SGD(learning_rate=lambda step: 0.1 * 2 ** (10 ** step ** 3))
"""


@pytest.mark.tensorflow
def test_numbers_without_bounds_are_refused(tmp_path: Path) -> None:
    (tmp_path / "boundless.py").write_text(BOUNDLESS)
    done = run_cli("verify", "--unsafe", "--output-format", "json", tmp_path)
    reasons = {verdict["detail"] for verdict in json.loads(done.stdout)["verdicts"]}
    assert reasons > {"a power is too large", "a list is too long", "a number is out of bounds"}


def test_nothing_is_written_outside(hostile: tuple[Path, Path]) -> None:
    """A link that leads out of the given folder is not followed, and what it leads to stays."""
    folder, _ = hostile
    outside = folder.parent / "outside.py"
    outside.write_text("import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 10)\n")
    before = outside.read_bytes()
    (folder / "link.py").symlink_to(outside)
    (folder / "way_out").symlink_to(folder.parent)
    run_cli("fix", "--unsafe", "--write", "--no-cache", folder)
    assert outside.read_bytes() == before


SIZE = 2**18  # a quarter of a megabyte
ADVERSARIAL = {
    "dots": "import keras\nx" + ".\\\n" * (SIZE // 4) + "lr\n",
    "spaces": "import keras\nfrom keras import" + " " * SIZE,
    "hashes": "import keras\nx.\n" + "#\n" * (SIZE // 2),
    "quotes": "import keras; x.lr = '" + "\\'" * (SIZE // 2),
    "noqa": "import keras; x.lr = 1  #" + " noqa: A1," * (SIZE // 8),
    "ignore": "import keras; x.lr = 1  # lrmigrate: ignore[" + "LR1," * (SIZE // 4),
    "froms": "from keras import a\n" * (SIZE // 32) + "x.lr = 1\n",
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_input_costs_no_more_than_its_size(name: str) -> None:
    """Processor seconds, far from what a pattern with catastrophic backtracking would take: minutes."""
    text = ADVERSARIAL[name]
    began = time.process_time()
    is_candidate(text.encode())
    check_text(text)
    fix_text(text, level=Applicability.UNSAFE)
    check_notebook(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": text}]}))
    assert time.process_time() - began < 15
