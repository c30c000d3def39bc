"""The program around a file: which files are read for what they say of it, and how their names are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lrmigrate.project.config import Flags, Settings
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
    tree(tmp_path, {"make.py": MAKE, "train.py": "x = 1\n", "lrmigrate.toml": ""})
    for name in ("train.py", "new.py"):
        found = levels(tmp_path, "-", "--stdin-filename", name, stdin=f"import keras\n{SETS}")
        assert found[f"{name} LR302"].startswith("unsafe: this program has an optimizer with `decay=`")
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
    assert b"InverseTimeDecay(0.1, decay_steps=1, decay_rate=1e-3)" in fixed
    (tmp_path / "train.py").write_text(SETS)
    assert run_cli(*asked, cwd=tmp_path, stdin=MAKE.encode()).stdout == MAKE.encode()
    assert (tmp_path / "make.py").read_text() == MAKE


def test_standard_input_without_a_name_is_an_open_world(tmp_path: Path) -> None:
    """Whatever lies in the working folder says nothing of it."""
    tree(tmp_path, {"make.py": MAKE, "train.py": TRAIN, "lrmigrate.toml": 'program = ["."]'})
    assert levels(tmp_path, "-", stdin=MAKE) == {"<stdin> LR202": f"unsafe: {NOT_CALLED}"}
    assert levels(tmp_path, "-", stdin=f"{MAKE}\n\nbuild().fit(x)\n")["<stdin> LR202"].startswith("unsafe: ")
