"""What skips work never skips a finding: the prefilter, the quick look at the tree, the cache."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.syntax import CannotParse, Source
from lrmigrate.catalog import legacy_names
from lrmigrate.engine.notebook import check_notebook
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.quick_look import Words, finders
from lrmigrate.engine.text import check_text, findings
from lrmigrate.model import Finding
from lrmigrate.options import Options
from lrmigrate.project import runner
from lrmigrate.project.cache import Cache
from lrmigrate.rules.rule import Place, Word
from tests.conftest import FIXTURES

SOURCES = sorted(path for path in FIXTURES.rglob("*") if path.suffix in {".py", ".ipynb"})
LEGACY = sorted(FIXTURES.rglob("*.in.py"))


class Any(Words):
    """All words but those of imports, which a rule is about, and no short cut."""

    def hold(self, word: Word) -> bool:
        return word.place not in {Place.LIBRARY, Place.CLASSES, Place.STAR} or super().hold(word)


def found(text: str) -> list[tuple[str, str]]:
    """Every finding of a text, without any short cut."""
    try:
        source = Source(text)
    except CannotParse:
        return []
    found = findings(Context(source), finders(Any(source)))
    return [(finding.code, text[finding.span.start : finding.span.end]) for finding in found]


def test_all_fixtures_with_and_without(tmp_path: Path) -> None:
    """The prefilter on and off, the cache cold and warm: the same findings in all files."""
    alone: dict[str, tuple[Finding, ...]] = {}
    for path in SOURCES:
        report = runner.process(str(path), Options())
        if report.findings:
            alone[str(path)] = report.findings
    assert len(alone) > 100
    for _ in range(3):
        cache = Cache(tmp_path, b"s" * 32)
        reports = runner.run(map(str, SOURCES), lambda _: Options(), cache=cache)
        assert {report.path: report.findings for report in reports} == alone
    assert (tmp_path / "untouched").stat().st_size > 100


@pytest.mark.parametrize("path", LEGACY, ids=lambda path: f"{path.parent.name}/{path.name[:-6]}")
def test_the_smallest_program_with_a_finding_passes(path: Path) -> None:
    """No file passes for the wrong reason: all is taken away that one finding does not need."""
    text = path.read_bytes().decode("utf-8", "replace")
    for code in {code for code, _ in found(text)}:
        small = _smallest(text, code)
        assert is_candidate(small.encode()), small
        assert code in {finding.code for finding in check_text(small).findings}, small


def _smallest(text: str, code: str) -> str:
    """The program without every statement that the finding does without."""
    tree = ast.parse(text)
    again = True
    while again:
        again = False
        for node in list(ast.walk(tree)):
            for name in ("body", "orelse", "finalbody"):
                body = getattr(node, name, None)
                for statement in list(body) if isinstance(body, list) else ():
                    again |= _removed(tree, body, statement, code)
    return ast.unparse(tree)


def _removed(tree: ast.Module, body: list[ast.stmt], statement: ast.stmt, code: str) -> bool:
    """Whether a statement could be taken out of a body, or replaced by `pass`, without losing the finding."""
    index = body.index(statement)
    if isinstance(statement, ast.Pass):
        return False
    body[index : index + 1] = [ast.Pass()] if len(body) == 1 else []
    if code in {code for code, _ in found(ast.unparse(tree))}:
        return True
    body[index : index + (len(body) == 1 and isinstance(body[0], ast.Pass))] = [statement]
    return False


@pytest.mark.parametrize(
    "text",
    [
        "import keras\nprint(model.optimizer.\\\n    lr)\n",
        "import keras\nprint((model.optimizer.  # the rate\n    lr))\n",
        "import keras\nprint(model.optimizer. lr)\n",
        "import keras\nprint(model.optimizer.ｌｒ)\n",
        "import keras\nK = keras.backend\nK.set_value(model.optimizer.learning_rate, 0.1)\n",
        "import keras\nSESSION.run(model.optimizer.learning_rate.assign(0.1))\n",
        "from tensorflow \\\n  . keras . optimizers import SGD\nSGD(lr=0.1)\n",
        "from tensorflow.keras.optimizers import (  # both\n    Adam, SGD)\nSGD(lr=0.1)\n",
        "from keras.src import ops; import tensorflow as tf\ntf.keras.optimizers.SGD(lr=0.1)\n",
        "import os, keras as k\nk.optimizers.SGD(lr=0.1)\n",
        "import keras.optimizers as o\no.SGD(lr=0.1)\n",
        "from keras import *\noptimizers.SGD(lr=0.1)\n",
        "from .train import tf\nrate = tf.train.piecewise_constant(step, [1], [0.1, 0.2])\n",
        'import keras\nkeras.optimizers.get({"class_name": "aDaM", "config": {"decay": 0.1}})\n',
        'import keras\nkeras.optimizers.get(dict(class_name="aDaM", config=dict(decay=0.1)))\n',
        "from keras import optimizers\ngetattr(optimizers, name)(  # the rate, at last\n    lr\\\n = 0.1)\n",
        "from keras import optimizers\ngetattr(optimizers, name)(\n    # at last\n\n    lr=0.1)\n",
        "import tensorflow as tf\nvars(tf.train)['cosine_decay'](0.1, step, 10)\n",
        "from tensorflow.keras.experimental import CosineDecay as CD\nCD(0.1, 10)\n",
    ],
)
def test_unusual_spellings_pass(text: str) -> None:
    assert found(text)
    assert is_candidate(text.encode())
    assert check_text(text).findings
    for form in (text.splitlines(keepends=True), text):
        for ascii_only in (True, False):
            notebook = {"nbformat": 4, "cells": [{"cell_type": "code", "source": form}]}
            assert is_candidate(json.dumps(notebook, ensure_ascii=ascii_only).encode())


def test_letters_escaped_by_json_pass() -> None:
    cell = json.dumps("import keras\nkeras.optimizers.SGD(lr=0.1)").replace("SGD", "\\u0053GD")
    raw = f'{{"nbformat": 4, "cells": [{{"cell_type": "code", "source": {cell}}}]}}'
    assert check_notebook(raw).findings
    assert is_candidate(raw.encode())


@pytest.mark.parametrize(
    "text",
    [
        "import torch\noptimizer = torch.optim.SGD(parameters, lr=0.1)\n",
        "import tensorflow as tf\n# the lr of SGD is set elsewhere\nmodel = tf.keras.Model()\n",
        "import keras\nmodel.compile(optimizer='sgd')\n",
        "import keras\nlr = 0.1\nprint(lr == 0.1)\n",
        "from keras.src.optimizers import SGD\nSGD(learning_rate=0.1)\n",
    ],
)
def test_what_is_about_nothing_is_turned_away(text: str) -> None:
    """Else every file would pass, and the tests above prove nothing."""
    assert not is_candidate(text.encode())


def test_every_optimizer_is_below_a_module_called_so() -> None:
    """What the prefilter asks for before it asks for the names of classes."""
    for path, legacy in legacy_names().items():
        assert "optimizer" in path or "Decay" in type(legacy.row).__name__
