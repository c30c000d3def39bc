"""The program around a file: which files are read for what they say of it, and how their names are found."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from lrmigrate.project.config import Flags, Settings
from lrmigrate.project.program import read_program
from lrmigrate.project.runner import process
from tests.conftest import run_cli

MAKE = """\
import keras


def build():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(lr=0.1, decay=1e-3), loss="mse")
    return model
"""
TRAIN = """\
from make import build

model = build()
model.fit(x, y, epochs=3)
"""
SETS = TRAIN.replace("model.fit", "model.optimizer.lr = rate\nmodel.fit")
NOT_CALLED = (
    "assumes that no code out of sight sets `lr` on this optimizer, which Keras 3 would not notice: `build` "
    "returns it, and nothing that was read calls `build`"
)


def tree(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def levels(root: Path, *arguments: str, stdin: str = "") -> dict[str, str]:
    """`path code` of every finding, with its level and reason."""
    done = run_cli("check", "--output-format", "json", *arguments, cwd=root, stdin=stdin.encode())
    assert done.returncode in (0, 1), done.stderr
    files = json.loads(done.stdout)["files"]
    return {
        f"{file['path']} {finding['code']}": f"{finding['applicability']}: {finding['reason']}"
        for file in files
        for finding in file["findings"]
    }


# Of which folders the program is made.


def test_only_the_folders_of_the_program_are_read(tmp_path: Path) -> None:
    tree(tmp_path, {"src/make.py": MAKE, "scripts/train.py": TRAIN, "old/train.py": SETS})
    (tmp_path / "pyproject.toml").touch()
    assert "train.py line 4 sets" in levels(tmp_path, "src")["src/make.py LR202"]
    (tmp_path / "pyproject.toml").write_text('[tool.lrmigrate]\nprogram = ["src", "scripts/"]\n')
    assert levels(tmp_path, "src")["src/make.py LR202"] == "safe: "
    (tmp_path / "scripts" / "train.py").write_text(SETS)
    assert "train.py line 4 sets" in levels(tmp_path, "src")["src/make.py LR202"]


def test_imports_are_looked_up_in_the_folders_of_the_program(tmp_path: Path) -> None:
    files = {"code/deep/make.py": MAKE, "app/train.py": SETS, "lrmigrate.toml": ""}
    tree(tmp_path, files)
    assert levels(tmp_path, "code") == {"code/deep/make.py LR202": f"unsafe: {NOT_CALLED}"}
    (tmp_path / "lrmigrate.toml").write_text('program = ["code/deep", "app"]\n')
    assert "train.py line 4 sets" in levels(tmp_path, "code")["code/deep/make.py LR202"]


def test_a_program_may_lie_beside_its_configuration(tmp_path: Path) -> None:
    tree(tmp_path, {"lib/name/space/make.py": MAKE, "conf/lrmigrate.toml": 'program = ["../lib", "."]\n'})
    tree(tmp_path, {"conf/train.py": SETS.replace("from make", "from name.space.make")})
    ((_, level),) = levels(tmp_path / "conf", "--config", "lrmigrate.toml", "../lib").items()
    assert "train.py line 4 sets" in level


def test_each_configuration_has_its_own_program(tmp_path: Path) -> None:
    """Two of them in one run, with files of both in turns."""
    for name, train in (("one", TRAIN), ("two", SETS)):
        tree(tmp_path / name, {"a/make.py": MAKE, "b/train.py": train})
        (tmp_path / name / "lrmigrate.toml").write_text('program = ["a", "b"]\n')
    paths = ("one/a/make.py", "two/a/make.py", "one/b/train.py", "two/b/train.py")
    found = levels(tmp_path, *paths)
    assert found["one/a/make.py LR202"] == "safe: "
    assert found["two/a/make.py LR202"].startswith("unsafe: train.py")


def test_a_pool_has_the_same_program(tmp_path: Path) -> None:
    many = {f"src/m{number}.py": MAKE.replace("build", f"build{number}") for number in range(60)}
    fits = "".join(f"from m{n} import build{n}\nbuild{n}().fit(x, y)\n" for n in range(60))
    sets = "".join(f"from m{n} import build{n}\nbuild{n}().optimizer.lr = rate\n" for n in range(60))
    tree(tmp_path, {**many, "app/fits.py": fits, "old/sets.py": sets, "lrmigrate.toml": ""})
    assert all("sets.py" in level for level in levels(tmp_path, "src").values())
    (tmp_path / "lrmigrate.toml").write_text('program = ["src", "app"]\n')
    assert [*levels(tmp_path, "src").values()] == ["safe: "] * 60


def test_the_settings_of_a_file_have_the_folders_whole(tmp_path: Path) -> None:
    tree(tmp_path, {"lrmigrate.toml": 'program = ["src/../src"]\n', "src/a.py": ""})
    settings = Settings(Flags())
    settings.look_around([str(tmp_path)])
    around = settings.options(str(tmp_path / "src" / "a.py")).around
    assert around is not None
    assert (around.root, around.folders) == (str(tmp_path), (str(tmp_path / "src"),))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ('"src"', "program: must be a list of strings, such as"),
        ("[1]", "program: must be a list of strings, such as"),
        ("[]", "program: names no folder"),
        ('["src", "scr"]', "program: there is no folder 'scr' in "),
        ('["src/a.py"]', "program: there is no folder 'src/a.py' in "),
        (r'["a\u0000"]', r"program: there is no folder 'a\x00' in "),
    ],
)
def test_a_wrong_program_is_an_error(tmp_path: Path, value: str, sentence: str) -> None:
    tree(tmp_path, {"src/a.py": "", "lrmigrate.toml": f"program = {value}\n"})
    done = run_cli("check", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert f"lrmigrate.toml: {sentence}" in done.stderr.decode()


# Standard input.


def test_standard_input_with_a_name_stands_for_that_file(tmp_path: Path) -> None:
    tree(tmp_path, {"app/make.py": MAKE, "app/train.py": TRAIN, "lrmigrate.toml": ""})
    asked = ("-", "--stdin-filename", "app/make.py")
    assert levels(tmp_path, *asked, stdin=MAKE) == {"app/make.py LR202": "safe: "}
    (tmp_path / "app" / "train.py").write_text(SETS)
    assert "train.py line 4 sets" in levels(tmp_path, *asked, stdin=MAKE)["app/make.py LR202"]


def test_the_text_of_standard_input_counts_and_not_that_of_the_file(tmp_path: Path) -> None:
    """What is typed into one of two files is not yet on the disk, and a new file is not even there."""
    quiet = MAKE.replace("(lr=", "(learning_rate=")
    tree(tmp_path, {"make.py": quiet, "train.py": "x = 1\n", "lrmigrate.toml": ""})
    for name in ("train.py", "new.py"):
        found = levels(tmp_path, "-", "--stdin-filename", name, stdin=f"import keras\n{SETS}")
        assert found[f"{name} LR302"].startswith("unsafe: ")
        assert "this program has an optimizer with `decay=`" in found[f"{name} LR302"]
    tree(tmp_path, {"make.py": MAKE})
    calls = f"{MAKE}\n\nbuild().fit(x, y)\n"
    (tmp_path / "train.py").unlink()
    assert levels(tmp_path, "-", "--stdin-filename", "make.py", stdin=calls)["make.py LR202"] == "safe: "
    (tmp_path / "make.py").write_text(calls)
    found = levels(tmp_path, "-", "--stdin-filename", "make.py", stdin=MAKE)
    assert found == {"make.py LR202": f"unsafe: {NOT_CALLED}"}


def test_standard_input_is_fixed_within_its_program(tmp_path: Path) -> None:
    tree(tmp_path, {"make.py": MAKE, "train.py": TRAIN, "lrmigrate.toml": ""})
    asked = ("fix", "-", "--stdin-filename", "make.py")
    fixed = run_cli(*asked, cwd=tmp_path, stdin=MAKE.encode()).stdout
    assert b"0.1, decay_steps=1, decay_rate=1e-3)" in fixed
    (tmp_path / "train.py").write_text(SETS)
    assert run_cli(*asked, cwd=tmp_path, stdin=MAKE.encode()).stdout == MAKE.encode()
    assert (tmp_path / "make.py").read_text() == MAKE


def test_standard_input_without_a_name_is_an_open_world(tmp_path: Path) -> None:
    """Whatever lies in the working folder says nothing of it."""
    tree(tmp_path, {"make.py": MAKE, "train.py": TRAIN, "lrmigrate.toml": 'program = ["."]'})
    assert levels(tmp_path, "-", stdin=MAKE) == {"<stdin> LR202": f"unsafe: {NOT_CALLED}"}
    assert levels(tmp_path, "-", stdin=f"{MAKE}\n\nbuild().fit(x)\n")["<stdin> LR202"].startswith("unsafe: ")


# Notebooks.


def notebook(*cells: str, as_text: bool = False) -> str:
    """A notebook of code cells, their sources as lists of lines or as one string each."""
    sources = [cell if as_text else cell.splitlines(keepends=True) for cell in cells]
    metadata = {"kernelspec": {"language": "python"}}
    found = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for source in sources
    ]
    picture = {"cell_type": "markdown", "metadata": {}, "source": ["see `make.build`"]}
    return json.dumps({"cells": [picture, *found], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


BUILD, FIT = "from make import build\nmodel = build()\n", "model.fit(x, y)\n"


@pytest.mark.parametrize("as_text", [True, False], ids=["text", "lines"])
def test_a_notebook_imports_modules_of_the_program(tmp_path: Path, as_text: bool) -> None:
    tree(tmp_path, {"make.py": MAKE, "n.ipynb": notebook("%matplotlib inline", BUILD, FIT, as_text=as_text)})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}
    sets = notebook(f"%matplotlib inline\n{BUILD}", f"model.optimizer.lr = rate\n{FIT}", as_text=as_text)
    (tmp_path / "n.ipynb").write_text(sets)
    found = levels(tmp_path, "make.py")["make.py LR202"]
    assert found.startswith("unsafe: n.ipynb cell 3 line 1 sets the rate (`model.optimizer.lr = ...`), which")


def test_a_notebook_takes_a_library_from_a_module(tmp_path: Path) -> None:
    cells = ("from make import tf\n", "lr = tf.train.cosine_decay(0.1, step, 100)\n")
    tree(tmp_path, {"make.py": "import tensorflow as tf\n", "n.ipynb": notebook(*cells)})
    assert [*levels(tmp_path, "n.ipynb")] == ["n.ipynb LR106"]
    tree(tmp_path, {"make.py": "import timefold as tf\n"})
    assert levels(tmp_path, "n.ipynb")["n.ipynb LR106"].startswith("manual: `tf` comes from `make.tf`")


def test_lines_of_other_files_are_not_those_of_a_cell(tmp_path: Path) -> None:
    cells = (MAKE, "from train import run\n", "run(build())\n")
    for line in (2, 200):
        train = "\n" * (line - 2) + "def run(model):\n    model.optimizer.lr = rate\n"
        tree(tmp_path, {"train.py": train, "n.ipynb": notebook(*cells)})
        assert f"train.py line {line} sets the rate" in levels(tmp_path, "n.ipynb")["n.ipynb LR202"]
    tree(tmp_path, {"n.ipynb": notebook(MAKE, "build().optimizer.lr = 1.0\nbuild().save('x.keras')\n")})
    assert "cell 3 line 2 does not need the class" in levels(tmp_path, "n.ipynb")["n.ipynb LR202"]


def test_a_notebook_with_a_cell_that_does_not_parse_may_do_anything(tmp_path: Path) -> None:
    tree(tmp_path, {"make.py": MAKE, "n.ipynb": notebook(BUILD, FIT, "if :\n")})
    assert levels(tmp_path, "make.py")["make.py LR202"].startswith("unsafe: ")
    tree(tmp_path, {"n.ipynb": notebook(BUILD, FIT, "%%bash\nif :\n", "!ls\n")})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}


@pytest.mark.parametrize("as_text", [True, False], ids=["text", "lines"])
@pytest.mark.parametrize(
    "run", ["%run make.py", "%run ./make.py", "  %run -i 'make.py' --batch 3", "%run make", "%run -m make"]
)
def test_run_brings_what_a_file_binds(tmp_path: Path, run: str, as_text: bool) -> None:
    run = f"if True:\n{run}" if run.startswith(" ") else run
    cells = (f"{run}\nx, y = 1, 2\n", "model = build()\n")
    tree(tmp_path, {"make.py": MAKE, "n.ipynb": notebook(*cells, FIT, as_text=as_text)})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}
    tree(tmp_path, {"n.ipynb": notebook(*cells, "model.optimizer.lr = rate\n", as_text=as_text)})
    assert "n.ipynb cell 4 line 1 sets the rate" in levels(tmp_path, "make.py")["make.py LR202"]


def test_run_of_a_notebook_and_across_folders(tmp_path: Path) -> None:
    files = {
        "lib/set up.ipynb": notebook(MAKE),
        "book/n.ipynb": notebook('%run "../lib/set up.ipynb"\n', "build()"),
    }
    tree(tmp_path, {**files, "lib/set up.py": "x = 1\n", "lrmigrate.toml": ""})
    assert levels(tmp_path, "lib") == {"lib/set up.ipynb LR202": "safe: "}
    tree(tmp_path, {"book/n.ipynb": notebook('%run "../lib/set up.ipynb"\n', "build().optimizer.lr = 1")})
    assert "n.ipynb cell 3 line 1 sets the rate" in levels(tmp_path, "lib")["lib/set up.ipynb LR202"]


def test_run_brings_names_and_keeps_builtins(tmp_path: Path) -> None:
    """An import that the fix needs stands behind the line, and not in it."""
    make = "from keras.optimizers import SGD\nrate = 0.1\n"
    cells = ("%run make.py\n", "opt = SGD(lr=rate, decay=1e-3)\nfor i in range(3):\n    print(opt)\n")
    tree(tmp_path, {"make.py": make, "n.ipynb": notebook(*cells)})
    assert levels(tmp_path, "n.ipynb") == {"n.ipynb LR202": "safe: "}
    assert run_cli("fix", "--write", "n.ipynb", cwd=tmp_path).returncode == 0
    after = json.loads((tmp_path / "n.ipynb").read_text())
    _, first, second = (cell["source"] for cell in after["cells"])
    assert first == ["%run make.py\n", "from keras.optimizers.schedules import InverseTimeDecay\n"]
    assert "InverseTimeDecay(" in second[1]
    (tmp_path / "make.py").write_text(f"{make}def print(opt):\n    opt.lr = rate\n")
    tree(tmp_path, {"n.ipynb": notebook(*cells)})
    assert levels(tmp_path, "n.ipynb")["n.ipynb LR202"].startswith("manual: make.py line 4 sets the rate")


@pytest.mark.parametrize("run", ["%run gone.py", "%run $name", "%run /opt/make.py", "%run"])
def test_run_of_what_is_not_in_sight_may_bring_anything(tmp_path: Path, run: str) -> None:
    make = "import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 100)\nopt = make(lr)\n"
    tree(tmp_path, {"n.ipynb": notebook(f"{run}\n", make), "make.py": ""})
    assert [*levels(tmp_path, "n.ipynb")] == ["n.ipynb LR106"]


# What is read, and what that costs.


def test_what_is_excluded_is_read_and_never_changed(tmp_path: Path) -> None:
    """By a pattern, by git, by its name: whoever imports it runs it."""
    files = {"make.py": MAKE, "train.py": TRAIN.replace("from make", "from dist.lib"), "dist/__init__.py": ""}
    tree(tmp_path, {**files, "dist/lib.py": "from make import build\n", ".gitignore": "ignored\n"})
    (tmp_path / "lrmigrate.toml").write_text('extend-exclude = ["vendored"]\n')
    assert levels(tmp_path, ".") == {"make.py LR202": "safe: "}
    for folder in ("vendored", "ignored", "dist"):
        tree(tmp_path, {f"{folder}/train.py": f"import keras\n{SETS}", f"{folder}/__init__.py": ""})
        found = levels(tmp_path, ".")
        assert [*found] == ["make.py LR202"]
        assert "train.py line 5 sets the rate" in found["make.py LR202"]
        run_cli("fix", "--unsafe", "--write", ".", cwd=tmp_path)
        assert (tmp_path / folder / "train.py").read_text() == f"import keras\n{SETS}"
        (tmp_path / "make.py").write_text(MAKE)
        (tmp_path / folder / "train.py").unlink()


@pytest.mark.parametrize("folder", ["build", "venv", "lib/site-packages/pkg", "node_modules/x", ".tox/py"])
def test_environments_and_what_was_built_are_no_part_of_the_program(tmp_path: Path, folder: str) -> None:
    tree(tmp_path, {"make.py": MAKE, "train.py": TRAIN, "lrmigrate.toml": "", f"{folder}/train.py": SETS})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}


def test_a_file_that_is_too_large_may_do_anything(tmp_path: Path) -> None:
    """Above some size it is not parsed, above some more it is not even read."""
    tree(tmp_path, {"make.py": MAKE, "train.py": TRAIN, "lrmigrate.toml": ""})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}
    for size in (3, 17):
        tree(tmp_path, {"large.py": "from make import build\n# lr = \n" + "#\n" * (size * 2**19)})
        assert (
            "large.py could not be read, and may set the rate" in levels(tmp_path, "make.py")["make.py LR202"]
        )
    tree(tmp_path, {"large.py": "x = 1\n" + "#\n" * (17 * 2**19)})
    assert "large.py could not be read" in levels(tmp_path, "make.py")["make.py LR202"], (
        "it may import anything"
    )
    (tmp_path / "large.py").unlink()
    tree(tmp_path, {"data/large.py": "x = 1\n" + "#\n" * (17 * 2**19)})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}, "it is in a folder of its own"


def test_pictures_do_not_count_as_code(tmp_path: Path) -> None:
    book = json.loads(notebook(BUILD, FIT))
    book["cells"][-1]["outputs"] = [{"output_type": "display_data", "data": {"image/png": "iVBOR" * 2**20}}]
    tree(tmp_path, {"make.py": MAKE, "n.ipynb": json.dumps(book)})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}


def test_a_file_that_does_not_parse_may_do_anything(tmp_path: Path) -> None:
    tree(tmp_path, {"make.py": MAKE, "train.py": TRAIN, "lrmigrate.toml": ""})
    tree(tmp_path, {"old.py": "from make import build\nprint 'lr', build().optimizer.lr\n"})
    assert "old.py could not be read, and may set the rate" in levels(tmp_path, "make.py")["make.py LR202"]
    tree(tmp_path, {"old.py": "import other\nprint 'lr', other.lr\n"})
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}, "it does not run with the others"


def test_more_files_than_can_be_read_are_an_open_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, {"make.py": MAKE, "train.py": TRAIN, "z.py": ""})
    path = str(tmp_path / "make.py")
    for most, reason in ((3, ""), (2, NOT_CALLED)):
        monkeypatch.setattr("lrmigrate.project.program._MOST", most)
        settings = Settings(Flags(isolated=True))
        settings.look_around([str(tmp_path)])
        report = process(path, settings.options(path))
        assert [finding.reason for finding in report.findings] == [reason]


def test_a_large_program_takes_little_memory(tmp_path: Path) -> None:
    """Files of many megabytes, and more of them than one would want to hold."""
    tree(tmp_path, {"make.py": MAKE, "lrmigrate.toml": ""})
    (tmp_path / "train.py").write_text("".join(f"import d{n}\n" for n in range(24)) + TRAIN)
    for number in range(24):
        words = "\n".join(f"w{number}_{word} = 1" for word in range(120_000))
        (tmp_path / f"d{number}.py").write_text(words)
    tracemalloc.start()
    program = read_program(str(tmp_path))
    for number in range(20):
        program.naming(f"w3_{number}")
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert program.naming("w3_77") == {str(tmp_path / "d3.py")}
    assert now < 2 * 2**20
    assert peak < 24 * 2**20
    assert levels(tmp_path, "make.py") == {"make.py LR202": "safe: "}
