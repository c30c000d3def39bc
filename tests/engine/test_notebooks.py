"""Notebooks: findings in their cells, and raw JSON in which nothing but source lines changes."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import time
from pathlib import Path

import pytest

from lrmigrate.analysis import notebook as reader
from lrmigrate.analysis.notebook import NotANotebook, Notebook
from lrmigrate.engine.notebook import check_notebook
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.prefilter import is_candidate
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
        assert len(cell.python) == len(cell.source)
        places = [cell.place(index) for index in range(len(cell.source) + 1)]
        for character, place, following in zip(cell.source, places, places[1:], strict=False):
            written = text[place:following].partition('"')[0] if character == "\n" else text[place:following]
            assert json.loads(f'"{written}"') == character
        assert text[places[-1]] == '"'


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
    assert after["cells"][0]["source"][-1].endswith("decay_rate=g('\\n')))")


def test_a_written_file_is_not_python_of_the_notebook() -> None:
    source = ["\n", "%%writefile a.py\n", "import keras; keras.optimizers.SGD(lr=1)"]
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}
    assert check_notebook(json.dumps(book)).findings == ()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_broken_notebook_is_refused_as_the_json_module_refuses_it(path: Path) -> None:
    """Our way to the sources takes what `json.loads` takes, and finds in it what that finds."""
    text, chance = raw(path), random.Random(path.stem)
    accepted = 0
    for _ in range(300):
        start = chance.randrange(len(text))
        piece = chance.choice(["", "", '"', ",", "]", "}", ":", " ", "\\", "\n", '"source": "x", ', "0", "{"])
        changed = text[:start] + piece + text[start + chance.randrange(3) :]
        try:
            data = json.loads(changed, object_pairs_hook=_unique)
        except ValueError as error:
            with pytest.raises(NotANotebook, match=re.escape(f"it is not JSON: {error}")):
                Notebook.read(changed)
            continue
        if not isinstance(data, dict) or data.get("nbformat") != 4 or not isinstance(data.get("cells"), list):
            with pytest.raises(NotANotebook, match="not a notebook of format 4"):
                Notebook.read(changed)
            continue
        sources = {
            number: [part for part in source if isinstance(part, str)]
            for number, cell in enumerate(data["cells"], start=1)
            if cell.get("cell_type") == "code"
            for source in [
                [cell["source"]] if isinstance(cell.get("source"), str) else cell.get("source", [])
            ]
        }
        book = Notebook.read(changed)
        if not book.language:
            accepted += 1
            read = {cell.number: [line.text for line in cell.lines] for cell in book.cells}
            assert read == {number: source for number, source in sources.items() if source}
    assert accepted > 50


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return dict(pairs)


def test_characters_are_counted_where_a_finding_falls_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = []

    class Watched:
        def finditer(self, text: str, start: int, end: int) -> object:
            counted.append(text[start:end])
            return pattern.finditer(text, start, end)

    pattern = reader._CHARACTER
    monkeypatch.setattr(reader, "_CHARACTER", Watched())
    monkeypatch.setattr(reader.json, "loads", None)  # of a whole string, or of none
    sources = [
        "import keras\n'a\tb'\n",
        ["x = '\t'\n", "o = keras.optimizers.SGD(lr=0.1, name='\t')\n"],
        "y = '\t'",
    ]
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source} for source in sources]}
    (finding,) = check_notebook(json.dumps(book)).findings
    assert (finding.code, finding.cell, finding.line) == ("LR201", 2, 2)
    assert counted == [json.dumps(sources[1][1])[1:-1]]


def book_in(metadata: object) -> str:
    cells = [{"cell_type": "code", "source": "import keras\nopt = keras.optimizers.SGD(lr=0.1)"}]
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": cells})


@pytest.mark.parametrize(
    ("kernel", "info", "language"),
    [
        ("R", "python", "R"),
        ("python", "R", ""),
        ("", "R", "R"),
        ("", "python", ""),
        (None, "julia", "julia"),
        (None, None, ""),
        ("", "", ""),
        ("Python", "R", ""),
        ("ipython", None, ""),
        ("\x1b[31mred", None, "\x1b[31mred"),
    ],
)
def test_the_language_is_that_of_the_kernel_or_else_of_the_code(
    kernel: str | None, info: str | None, language: str
) -> None:
    metadata = {"kernelspec": {} if kernel is None else {"language": kernel}}
    metadata |= {} if info is None else {"language_info": {"name": info}}
    report = check_notebook(book_in(metadata))
    assert report.note == (f"not checked: its language is {language}" if language else "")
    assert [finding.code for finding in report.findings] == ([] if language else ["LR201"])


def test_a_notebook_that_is_passed_over_is_said_to_be(tmp_path: Path) -> None:
    """On standard error, in every run, and not where a program reads; the exit code is a clean file's."""
    (tmp_path / "n.ipynb").write_text(book_in({"kernelspec": {"language": "R\x1b"}}))
    for number in range(70):  # enough for the cache
        (tmp_path / f"{number}.py").write_text("")
    said = b"Warning: n.ipynb: not checked: its language is R\\x1b\n"
    long_ago = time.time() - 100
    os.utime(tmp_path / "n.ipynb", (long_ago, long_ago))
    for words in (
        ["check", "."],
        ["check", "."],
        ["check", "n.ipynb"],
        ["fix", "."],
        ["fix", "--write", "."],
    ):
        done = run_cli(*words, cwd=tmp_path)
        assert (done.returncode, done.stderr.replace(b"Nothing to fix.\n", b"")) == (0, said), words
    piped = run_cli(
        "check", "-", "--stdin-filename", "n.ipynb", cwd=tmp_path, stdin=(tmp_path / "n.ipynb").read_bytes()
    )
    assert (piped.returncode, piped.stderr) == (0, said)
    for words in (["-q"], ["--output-format", "json"], ["--output-format", "github"]):
        done = run_cli("check", *words, "n.ipynb", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, b""), words
    (tmp_path / "a.py").write_text("import keras\nkeras.optimizers.SGD(lr=0.1)\n")
    done = run_cli("check", "--output-format", "json", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, said)
    assert [file["path"] for file in json.loads(done.stdout)["files"]] == ["a.py"]


def test_the_words_of_prose_and_of_outputs_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook that speaks of rates outside its code costs no look at its cells."""
    monkeypatch.setattr(reader, "_masked", None)
    cells = [
        {"cell_type": "markdown", "source": "`tf.train.cosine_decay` and `keras.optimizers.SGD(lr=0.1)`"},
        {"cell_type": "code", "source": "print(1)", "outputs": [{"text": "keras.optimizers.SGD(lr=0.1)"}]},
    ]
    raw = json.dumps({"nbformat": 4, "cells": cells})
    assert is_candidate(raw.encode())
    assert check_notebook(raw).findings == ()
