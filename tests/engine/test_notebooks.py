"""Notebooks: findings in their cells, and raw JSON in which nothing but source lines changes."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from lrmigrate.analysis.notebook import NotANotebook, Notebook
from lrmigrate.engine.notebook import check_notebook
from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability
from tests.conftest import FIXTURES, run_cli
from tests.test_golden import listed

CASES = sorted((FIXTURES / "notebooks").glob("*.in.ipynb"))
UNSAFE = Applicability.UNSAFE


def raw(path: Path) -> str:
    return path.read_bytes().decode()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, request: pytest.FixtureRequest) -> None:
    text = raw(path)
    after = fix_text(text, path.name, UNSAFE).after or ""
    found = listed(check_notebook(text).findings)
    out, listing = (path.with_name(path.name.replace(".in.ipynb", s)) for s in (".out.ipynb", ".txt"))
    if request.config.getoption("--update-golden"):
        out.write_bytes(after.encode())
        listing.write_text(found)
    assert after == raw(out)
    assert found == listing.read_text()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_nothing_but_sources_changes(path: Path) -> None:
    before = json.loads(raw(path))
    text = fix_text(raw(path), path.name, UNSAFE).after or ""
    after = json.loads(text)
    assert text != raw(path)
    for old, new in zip(before["cells"], after["cells"], strict=True):
        assert type(old["source"]) is type(new["source"])
        if isinstance(new["source"], list):
            assert all(line.endswith("\n") for line in new["source"][:-1])
            assert not any("\n" in line[:-1] for line in new["source"])
        old["source"] = new["source"] = ""
    assert before == after
    assert fix_text(text, path.name, UNSAFE).after == text


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_characters_stand_where_the_notebook_says(path: Path) -> None:
    text = raw(path)
    notebook = Notebook.read(text)
    for cell in notebook.cells:
        assert len(cell.python) == len(cell.source) == len(cell.raw) - 1
        for character, offset in zip(cell.source, cell.raw, strict=False):
            assert text[offset] in (character, "\\")


def test_cells_are_named_and_a_bad_cell_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes((FIXTURES / "notebooks" / "magics.in.ipynb").read_bytes())
    done = run_cli("check", path)
    text = done.stdout.decode()
    assert "n.ipynb:cell 4:2:8 LR101 [*]" in text
    assert "n.ipynb:cell 5:1:4 LR901 cannot parse" in text
    assert "n.ipynb:cell 6:2:8 LR104 [*]" in text
    assert run_cli("fix", "--write", path).returncode == 1
    assert "ExponentialDecay" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"nbformat": 3, "worksheets": []}',
        '{"nbformat": 4}',
        "not json",
        '{"nbformat": 4, "cells": 5}',
    ],
)
def test_what_is_no_notebook_is_reported_and_left_alone(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotANotebook):
        Notebook.read(text)
    path = tmp_path / "n.ipynb"
    path.write_text(text + "  tensorflow x.lr")
    before = path.read_bytes()
    done = run_cli("fix", "--write", path)
    assert (done.returncode, path.read_bytes()) == (1, before)
    assert b"LR901 cannot read the notebook" in done.stdout
    assert b"Python 2" not in done.stdout


def test_other_languages_and_odd_cells_are_silent() -> None:
    book = json.loads(raw(CASES[0]))
    other = copy.deepcopy(book)
    other["metadata"] = {"kernelspec": {"language": "julia", "name": "julia", "display_name": "Julia"}}
    assert check_notebook(json.dumps(other)).findings == ()
    book["cells"] = [{"cell_type": "code", "source": []}, {"cell_type": "raw", "source": "lr=1"}, 7]
    assert check_notebook(json.dumps(book)).findings == ()


def test_import_goes_where_python_is() -> None:
    cells = ["import tensorflow as tf", "%%bash\nls", "r = tf.train.natural_exp_decay(.1, 5, 10, .5)"]
    book = {
        "nbformat": 4,
        "cells": [{"cell_type": "code", "source": source} for source in cells],
    }
    after = json.loads(fix_text(json.dumps(book), "n.ipynb").after or "")
    assert [cell["source"] for cell in after["cells"]] == [
        "import math\nimport tensorflow as tf",
        "%%bash\nls",
        "r = tf.keras.optimizers.schedules.ExponentialDecay(.1, 10, math.exp(-.5))(5)",
    ]


@pytest.mark.parametrize(
    "metadata", [None, [], {}, {"kernelspec": None}, {"kernelspec": []}, {"kernelspec": {"language": None}}]
)
def test_a_kernel_that_does_not_say_its_language_is_python(metadata: object) -> None:
    cells = [{"cell_type": "code", "source": "import keras\nopt = keras.optimizers.SGD(lr=0.1)"}]
    book = {"nbformat": 4, "metadata": metadata, "cells": cells}
    assert [finding.code for finding in check_notebook(json.dumps(book)).findings] == ["LR201"]


def test_half_a_surrogate_pair_costs_its_cell_only() -> None:
    sources = ["s = '\ud800'; lr = 1", "import keras\nopt = keras.optimizers.SGD(lr=0.1)"]
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source} for source in sources]}
    found = [(f.code, f.cell) for f in check_notebook(json.dumps(book)).findings]
    assert found == [("LR901", 1), ("LR201", 2)]


def test_a_newline_in_a_literal_is_no_new_line() -> None:
    source = ["import keras\n", "o = keras.optimizers.SGD(0.1, decay=g('\\n'))"]
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}
    after = json.loads(fix_text(json.dumps(book), "n.ipynb").after or "")
    assert len(after["cells"][0]["source"]) == 2


def test_a_written_file_is_not_python_of_the_notebook() -> None:
    source = ["\n", "%%writefile a.py\n", "import keras; keras.optimizers.SGD(lr=1)"]
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}
    assert check_notebook(json.dumps(book)).findings == ()
