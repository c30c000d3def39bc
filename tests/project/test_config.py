"""Configuration files: which one holds for a file, what it changes, and what is said of a wrong one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lrmigrate.model import Applicability
from lrmigrate.project.config import Flags, Settings
from lrmigrate.project.config_file import BadConfig
from lrmigrate.rules import table
from tests.conftest import ROOT, run_cli

BOTH = "import tensorflow as tf\nlr = tf.train.natural_exp_decay(0.1, step, 100, 0.5)\n" + (
    "opt = tf.keras.optimizers.SGD(lr=0.1)\n"
)


def tree(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def listed(root: Path, *arguments: str) -> list[str]:
    """`path code` of every finding."""
    done = run_cli("check", "--output-format", "json", *arguments, cwd=root)
    assert done.returncode in (0, 1), done.stderr
    files = json.loads(done.stdout)["files"]
    return [f"{file['path']} {finding['code']}" for file in files for finding in file["findings"]]


def test_nearest_wins_for_each_file(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "pyproject.toml": '[tool.lrmigrate]\nselect = ["LR1"]\n',
            "a.py": BOTH,
            "b/c/d.py": BOTH,
            "b/pyproject.toml": '[project]\nname = "lrmigrate-user"\n',  # without the section: passed over
            "e/lrmigrate.toml": 'select = ["LR2"]\n',
            "e/pyproject.toml": '[tool.lrmigrate]\nselect = ["LR9"]\n',
            "e/f.py": BOTH,
            "g/.lrmigrate.toml": "select = []\n",
            "g/lrmigrate.toml": 'select = ["LR2"]\n',
            "g/h.py": BOTH,
        },
    )
    assert listed(tmp_path, ".") == ["a.py LR104", "b/c/d.py LR104", "e/f.py LR201"]
    assert listed(tmp_path / "b" / "c", "d.py") == ["d.py LR104"]
    assert len(listed(tmp_path, "--isolated", ".")) == 8
    assert listed(tmp_path, "--config", "e/lrmigrate.toml", "a.py", "g") == ["a.py LR201", "g/h.py LR201"]
    assert listed(tmp_path, "--select", "LR2", "a.py") == ["a.py LR201"]
    assert listed(tmp_path, "--extend-select", "LR2", "a.py") == ["a.py LR104", "a.py LR201"]


def test_excluded_paths_are_relative_to_the_configuration(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "p/lrmigrate.toml": 'extend-exclude = ["x/*.py"]\n',
            "p/x/a.py": BOTH,
            "p/y/x/a.py": BOTH,
            "p/build/a.py": BOTH,
            "q/lrmigrate.toml": 'exclude = ["x"]\n',
            "q/x/a.py": BOTH,
            "q/build/a.py": BOTH,
        },
    )
    select = ("--select", "LR1")
    assert listed(tmp_path, *select, ".") == ["p/y/x/a.py LR104", "q/build/a.py LR104"]
    # what is named is looked at, unless a hook names it: then what the configuration excludes stays out
    both = ["p/x/a.py LR104", "p/build/a.py LR104"]
    assert listed(tmp_path, *select, "p/x/a.py", "p/build/a.py") == both
    assert listed(tmp_path, *select, "--force-exclude", "p/x/a.py", "p/build/a.py") == both[1:]
    tree(tmp_path, {"p/lrmigrate.toml": 'extend-exclude = ["x/*.py"]\nforce-exclude = true\n'})
    assert listed(tmp_path, *select, "p/x/a.py", "p/build/a.py") == both[1:]
    assert listed(tmp_path, *select, "--no-force-exclude", "p/x/a.py", "p/build/a.py") == both
    tree(tmp_path, {"p/lrmigrate.toml": 'extend-exclude = ["x/*.py"]\n'})
    assert listed(tmp_path, *select, "--exclude", "y", "p") == ["p/build/a.py LR104"]
    assert listed(tmp_path, *select, "--extend-exclude", "y", "p") == []


def test_per_file_ignores(tmp_path: Path) -> None:
    text = '[per-file-ignores]\n"tests/*" = ["LR1"]\n"!keep.py" = ["LR2"]\n'
    tree(tmp_path, {"lrmigrate.toml": text, "tests/a.py": BOTH, "keep.py": BOTH, "other.py": BOTH})
    assert listed(tmp_path, ".") == ["keep.py LR104", "keep.py LR201", "other.py LR104"]
    assert listed(tmp_path / "tests", "--select", "LR1", "a.py") == []
    done = run_cli("check", "-", "--stdin-filename", "tests/a.py", cwd=tmp_path, stdin=BOTH.encode())
    assert (done.returncode, done.stderr) == (0, b"")


def test_how_far_fixes_are_trusted(tmp_path: Path) -> None:
    unsafe = "import tensorflow as tf\nlr = tf.train.linear_cosine_decay(0.1, step, 100)\n"
    tree(tmp_path, {"a.py": unsafe, "b.py": BOTH, "lrmigrate.toml": "unsafe-fixes = true\n"})
    assert run_cli("fix", "--write", "--no-unsafe", "a.py", cwd=tmp_path).returncode == 1
    assert (tmp_path / "a.py").read_text() == unsafe
    assert run_cli("fix", "--write", "a.py", cwd=tmp_path).returncode == 0
    assert "class LinearCosineDecay" in (tmp_path / "a.py").read_text()

    tree(tmp_path, {"a.py": unsafe})
    (tmp_path / "lrmigrate.toml").write_text('extend-safe-fixes = ["LR108"]\nextend-unsafe-fixes = ["LR1"]\n')
    assert b"LR108 [*]" in run_cli("check", "a.py", cwd=tmp_path).stdout
    done = run_cli("check", "b.py", cwd=tmp_path)
    assert b"LR104 [~]" in done.stdout
    assert b"unsafe: the configuration has LR104 among extend-unsafe-fixes" in done.stdout
    assert b"LR201 [*]" in done.stdout


def test_output_format_is_that_of_the_working_folder(tmp_path: Path) -> None:
    tree(tmp_path, {"lrmigrate.toml": 'output-format = "json"\n', "a.py": BOTH, "b/lrmigrate.toml": ""})
    assert json.loads(run_cli("check", "a.py", cwd=tmp_path).stdout)["summary"]["findings"] == 2
    assert run_cli("check", "../a.py", cwd=tmp_path / "b").stdout.startswith(b"../a.py:2:6 LR104")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("lrmigrate.toml", 'ingore = ["LR1"]', "unknown key 'ingore'; did you mean ignore?"),
        ("lrmigrate.toml", "zzzz = 1", "unknown key 'zzzz'; there are select, ignore,"),
        ("lrmigrate.toml", 'select = ["LR10l"]', "select: there is no rule 'LR10l'; did you mean LR101?"),
        ("lrmigrate.toml", 'ignore = "LR1"', "ignore: must be a list of strings, such as"),
        ("lrmigrate.toml", 'unsafe-fixes = "yes"', "unsafe-fixes: must be true or false, not 'yes'"),
        ("lrmigrate.toml", 'target = "keras2"', "target: there is no 'keras2'; did you mean keras3?"),
        (
            "lrmigrate.toml",
            'output-format = "jason"',
            "there is no 'jason'; did you mean json?",
        ),
        ("lrmigrate.toml", "per-file-ignores = [1]", "per-file-ignores: must be a table"),
        ("lrmigrate.toml", '[per-file-ignores]\n"a" = ["X1"]', "per-file-ignores: there is no rule 'X1'"),
        ("lrmigrate.toml", "select = [", "Invalid value"),
        ("pyproject.toml", "tool.lrmigrate = 3", "tool.lrmigrate is not a table"),
        ("pyproject.toml", '[tool.lrmigrate]\nslect = ["LR1"]', "did you mean select?"),
    ],
)
def test_a_wrong_configuration_is_an_error_that_names_it(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    tree(tmp_path, {"sub/a.py": BOTH, f"sub/{name}": text})
    done = run_cli("fix", "--write", ".", cwd=tmp_path)
    assert done.returncode == 2
    error = done.stderr.decode()
    assert error.startswith("Error: ")
    assert f"sub/{name}: " in error
    assert sentence in error
    assert (tmp_path / "sub" / "a.py").read_text() == BOTH
    assert run_cli("check", "--isolated", ".", cwd=tmp_path).returncode == 1


def test_a_file_that_is_no_configuration(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": BOTH, "pyproject.toml": "[project]\n"})
    for name, sentence in (("pyproject.toml", "no section [tool.lrmigrate]"), ("gone.toml", "No such file")):
        done = run_cli("check", "--config", name, "a.py", cwd=tmp_path)
        assert done.returncode == 2
        assert f"{name}: ".encode() in done.stderr
        assert sentence.encode() in done.stderr
    with pytest.raises(BadConfig):
        Settings(Flags(config=str(tmp_path / "gone.toml")))


TF2 = {
    # runs on Keras 2.4 as it does on Keras 3
    "LR101": Applicability.SAFE,
    "LR201": Applicability.SAFE,
    "LR204": Applicability.SAFE,
    "LR302": Applicability.SAFE,
    # does so with a doubt, or not
    "LR106": Applicability.MANUAL,
    "LR107": Applicability.MANUAL,
    "LR301": Applicability.UNSAFE,
    "LR206": None,
    "LR303": None,
}


@pytest.mark.parametrize("code", TF2)
def test_target_tf2(code: str, tmp_path: Path) -> None:
    rule = table()[code]
    (tmp_path / "a.py").write_text(rule.example)
    done = run_cli("check", "--target", "tf2", "--output-format", "json", "a.py", cwd=tmp_path)
    found = {
        f["code"]: f["applicability"] for file in json.loads(done.stdout)["files"] for f in file["findings"]
    }
    level = TF2[code]
    assert found == ({code: level.value} if level else {})
    assert bool(rule.targets) == (level is not Applicability.SAFE)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("optimizers.legacy.Adam(lr=0.1)", "optimizers.legacy.Adam(learning_rate=0.1)"),
        (
            "optimizers.SGD(0.1, decay=0.1)",
            "optimizers.SGD(\n    tf.keras.optimizers.schedules.InverseTimeDecay(",
        ),
    ],
)
def test_fixes_for_tf2_stay_with_what_tf2_has(text: str, fixed: str, tmp_path: Path) -> None:
    head = "import tensorflow as tf\nopt = tf.keras."
    tree(tmp_path, {"a.py": f"{head}{text}\n", "lrmigrate.toml": 'target = "tf2"\n'})
    assert run_cli("fix", "--write", "a.py", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.py").read_text().startswith(head + fixed)


@pytest.mark.parametrize(
    "text",
    [
        "import keras\nopt = keras.optimizers.SGD(lr=0.1, decay=0.1)\n",
        "import keras\nopt = keras.optimizers.SGD(learning_rate=lambda step: 0.1 * 0.9 ** (step / 100))\n",
        "import tensorflow as tf\nopt = tf.keras.optimizers.SGD(lr=0.1, decay=0.1)\nopt.lr = 0.3\n",
    ],
)
def test_what_tf2_lacks_is_not_written(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    assert b" [*] " in (found := run_cli("check", "a.py", cwd=tmp_path).stdout) or b" [~] " in found
    found = run_cli("check", "--target", "tf2", "--select", "LR202,LR501", "a.py", cwd=tmp_path).stdout
    assert b"by hand: " in found
    assert b" [" not in found.splitlines()[0]


def test_a_notebook_for_tf2(tmp_path: Path) -> None:
    source = ["import tensorflow as tf\n", "opt = tf.keras.optimizers.legacy.SGD(lr=0.1)"]
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}
    (tmp_path / "n.ipynb").write_text(json.dumps(book))
    assert run_cli("fix", "--write", "--target", "tf2", "n.ipynb", cwd=tmp_path).returncode == 0
    (cell,) = json.loads((tmp_path / "n.ipynb").read_text())["cells"]
    assert cell["source"][1] == "opt = tf.keras.optimizers.legacy.SGD(learning_rate=0.1)"


def test_the_configuration_in_the_docs_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    block = page.split("```toml\n[tool.lrmigrate]")[1].split("```")[0]
    tree(tmp_path, {"pyproject.toml": f"[tool.lrmigrate]{block}", "a.py": BOTH, "third_party/a.py": BOTH})
    tree(tmp_path, {"src/b.py": "", "scripts/c.py": ""})
    assert listed(tmp_path, ".") == ["a.py LR104", "a.py LR201"]


def test_a_hook_on_a_clean_file_loads_no_patterns(tmp_path: Path) -> None:
    tree(tmp_path, {"lrmigrate.toml": 'exclude = ["x"]\nper-file-ignores = {"a.py" = ["LR1"]}\n', "a.py": ""})
    code = (
        "import sys; from click.testing import CliRunner; from lrmigrate.cli import main; "
        "print(CliRunner().invoke(main, ['check', 'a.py']).exit_code, 'pathspec' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert done.stdout == b"0 False\n"


def test_standard_input_with_an_excluded_name_comes_back(tmp_path: Path) -> None:
    tree(tmp_path, {"lrmigrate.toml": 'exclude = ["x"]\n'})
    named = ("fix", "-", "--stdin-filename", "x/a.py")
    done = run_cli(*named, "--force-exclude", cwd=tmp_path, stdin=BOTH.encode())
    assert (done.returncode, done.stdout) == (0, BOTH.encode())
    assert run_cli(*named, cwd=tmp_path, stdin=BOTH.encode()).stdout != BOTH.encode()


@pytest.mark.parametrize("pattern", ["!", "[z-a]"])
def test_a_pattern_that_is_none(tmp_path: Path, pattern: str) -> None:
    tree(tmp_path, {"lrmigrate.toml": f'extend-exclude = ["{pattern}"]\n', "a.py": BOTH})
    done = run_cli("check", "a.py", cwd=tmp_path)
    assert done.returncode == 2
    wanted = f"'{pattern}' is no pattern of .gitignore's".encode()
    assert b"lrmigrate.toml: extend-exclude: " + wanted in done.stderr
    done = run_cli("check", "--isolated", "--exclude", pattern, "a.py", cwd=tmp_path)
    assert (done.returncode, done.stderr.startswith(b"Error: " + wanted)) == (2, True)
    tree(tmp_path, {"lrmigrate.toml": "", ".gitignore": f"{pattern}\nb.py\nc\\\n[[d]\n", "b.py": BOTH})
    done = run_cli("check", ".", cwd=tmp_path)
    assert (done.stdout.count(b"a.py"), b"b.py" in done.stdout) == (2, False), "git passes over such a line"
    assert done.stderr == b""


def test_config_and_isolated_exclude_each_other(tmp_path: Path) -> None:
    done = run_cli("check", "--isolated", "--config", "x.toml", ".", cwd=tmp_path)
    assert (done.returncode, b"give one of them" in done.stderr) == (2, True)
