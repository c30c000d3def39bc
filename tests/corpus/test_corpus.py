"""The corpus harness sees what is planted: misses, false alarms, and every way a fix can go wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.corpus.compare import compare
from tests.corpus.rewriting import Rewriting, rewrite
from tests.corpus.tool import run

LEGACY = "from keras.optimizers import SGD\n\noptimizer = SGD(lr=0.1)  # slow\n"
CARELESS = """
import json, pathlib, sys

path = pathlib.Path("legacy.py")
text = path.read_text()
if "--write" in sys.argv:
    path.write_text({change})
print(json.dumps({{"files": []}}))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "legacy.py").write_text(LEGACY)
    return folder


def careless(tmp_path: Path, change: str) -> tuple[str, ...]:
    """A stand-in for the tool that rewrites `legacy.py` in a way of its own."""
    script = tmp_path / "careless.py"
    script.write_text(CARELESS.format(change=change))
    return (sys.executable, str(script))


def test_what_is_found_explains_the_text(tree: Path) -> None:
    findings = run(tree, "check").findings
    assert [(f.code, f.line) for f in findings] == [("LR201", 3)]
    assert compare(tree, findings) == (1, 1, 0, (), ())


def test_a_miss_is_a_suspect(tree: Path) -> None:
    (tree / "model.py").write_text(
        "import keras\nfrom zoo import Adam\n\n# Adam(lr=1)\nbest = Adam(lr=0.5)\n"
    )
    comparison = compare(tree, run(tree, "check").findings)
    assert (comparison.expected, comparison.explained) == (2, 1)
    assert [str(suspect) for suspect in comparison.misses] == ["model.py:5 LR2: best = Adam(lr=0.5)"]


def test_a_finding_that_no_text_speaks_for_is_a_suspect(tree: Path) -> None:
    (tree / "alias.py").write_text("from keras.optimizers import SGD as Plain\n\nPlain(lr=0.1)\n")
    (suspect,) = compare(tree, run(tree, "check").findings).false_alarms
    assert str(suspect).startswith("alias.py:3 LR201: ")


def test_a_finding_beside_another_library_is_a_suspect(tree: Path) -> None:
    (tree / "legacy.py").write_text("import torch\n" + LEGACY)
    (suspect,) = compare(tree, run(tree, "check").findings).false_alarms
    assert (suspect.path, suspect.line) == (Path("legacy.py"), 4)


def test_cells_of_a_notebook_count_on_their_own(tree: Path) -> None:
    cells = ["# SGD", "%matplotlib inline", LEGACY, "from zoo import Adam\nAdam(lr=1)"]
    kinds = ["markdown", "code", "code", "code"]
    book = [{"cell_type": k, "metadata": {}, "source": c} for k, c in zip(kinds, cells, strict=True)]
    (tree / "book.ipynb").write_text(json.dumps({"cells": book, "metadata": {}, "nbformat": 4}))
    comparison = compare(tree, run(tree, "check").findings)
    assert (comparison.expected, comparison.explained) == (3, 2)
    assert str(comparison.misses[0]) == "book.ipynb:cell 4:2 LR2: Adam(lr=1)"


def test_what_cannot_be_read_is_no_miss(tree: Path) -> None:
    (tree / "legacy.py").write_text(LEGACY + "print 1\n")
    assert compare(tree, run(tree, "check").findings) == (1, 0, 1, (), ())


def test_a_good_fix(tree: Path) -> None:
    result = rewrite(tree)
    assert result.changed == (Path("legacy.py"),)
    assert "+optimizer = SGD(learning_rate=0.1)  # slow" in result.diff
    assert (result.broken, result.unstable, result.uncommented) == ((), (), ())
    assert (tree / "legacy.py").read_text() == LEGACY


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ("text.replace(')', '')", "broken"),
        ("text + 'x = 1\\n'", "unstable"),
        ("text.replace('# slow', '')", "uncommented"),
    ],
)
def test_a_bad_fix(tree: Path, tmp_path: Path, change: str, seen: str) -> None:
    result: Rewriting = rewrite(tree, command=careless(tmp_path, change))
    bad = {name for name in ("broken", "unstable", "uncommented") if getattr(result, name)}
    assert bad == {seen}


def test_a_crash_is_reported(tree: Path, tmp_path: Path) -> None:
    result = run(tree, "check", command=(sys.executable, "-c", "raise OSError('lost')"))
    assert "OSError: lost" in result.trouble


def test_the_command(tree: Path) -> None:
    command = [sys.executable, "-m", "tests.corpus", "--diffs", str(tree)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table, rules, diff = done.stdout.split("\n\n", 2)
    assert dict(zip(table.split("\n")[0].split(), table.split("\n")[1].split()[1:], strict=True)) == {
        **{
            "files": "1",
            "findings": "1",
            "safe": "1",
            "unsafe": "0",
            "manual": "0",
            "fixed": "1",
            "changed": "1",
        },
        **{"broken": "0", "unstable": "0", "lost": "0", "crashes": "0", "expected": "1", "explained": "1"},
        **{"unread": "0", "misses?": "0", "alarms?": "0"},
        "seconds": table.split()[-1],
    }
    assert "LR201       1       0       0" in rules
    assert "-optimizer = SGD(lr=0.1)" in diff
