"""Which rules are in force, and that a fix goes no further than they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrmigrate.engine.policy import chosen
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from lrmigrate.options import Options
from lrmigrate.rules import table
from lrmigrate.rules.rule import Rule
from lrmigrate.selection import Layer, UnknownCode, default_codes, resolve, split
from tests.conftest import run_cli

TEXT = b"""import tensorflow as tf
from tensorflow.keras.optimizers import SGD
lr = tf.train.cosine_decay(0.1, step, 100)
optimizer = SGD(lr=0.1)
"""
ALWAYS = {"LR901", "LR902", "LR903", "LR904"}


def in_force(*layers: Layer) -> set[str]:
    return set(resolve(layers)) - ALWAYS


def test_layers_as_in_ruff() -> None:
    everything = set(table()) - ALWAYS
    first = {code for code in everything if code.startswith("LR1")}
    assert in_force() == in_force(Layer()) == default_codes() - ALWAYS
    assert in_force(Layer(("ALL",))) == everything
    assert in_force(Layer(("LR1",))) == first
    assert in_force(Layer(("LR1", "LR202"), ignore=("LR101",))) == first - {"LR101"} | {"LR202"}
    # the longer prefix decides, and of two equal ones the ignored one
    assert in_force(Layer(("LR101",), ignore=("LR1",))) == {"LR101"}
    assert in_force(Layer(("LR101",), ignore=("LR101",))) == set()
    # a later layer's `select` puts aside what was said before, its other words do not
    assert in_force(Layer(("LR1",), ignore=("LR101",)), Layer(("LR1",))) == first
    assert in_force(Layer(("LR1",), ignore=("LR101",)), Layer(ignore=("LR102",))) == first - {
        "LR101",
        "LR102",
    }
    assert in_force(Layer(("LR1",), ignore=("LR1",)), Layer(extend_select=("LR101",))) == {"LR101"}
    assert in_force(Layer(())) == set()


def test_a_file_that_cannot_be_checked_is_said_unless_that_is_ignored() -> None:
    assert set(resolve([Layer(("LR101",))])) == {"LR101", *ALWAYS}
    assert "LR901" not in resolve([Layer(ignore=("LR9",))])


def test_a_rule_that_is_off_must_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = table() | {"LR601": Rule("LR601", "a rule that is off", "", default=False)}
    monkeypatch.setattr("lrmigrate.selection.table", lambda: rules)
    default_codes.cache_clear()
    try:
        assert "LR601" not in resolve([Layer()])
        for prefix in ("LR601", "LR6", "ALL"):
            assert "LR601" in resolve([Layer((prefix,))])
        assert "LR601" in resolve([Layer(extend_select=("LR6",))])
    finally:
        default_codes.cache_clear()


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("LR102x", "did you mean LR102?"),
        ("E501", "LR501?"),
        ("pylint", "`lrmigrate rules`"),
        ("L", "`lrmigrate"),
    ],
)
def test_unknown_codes_are_named_with_the_nearest(code: str, hint: str) -> None:
    with pytest.raises(UnknownCode, match=f"there is no rule '{code}'") as error:
        resolve([Layer((code,))])
    assert hint in str(error.value)


def test_lists_of_codes() -> None:
    assert split(["LR1,LR202", " LR3 ,"]) == ("LR1", "LR202", "LR3")


def codes(path: Path, *arguments: str) -> list[str]:
    done = run_cli("check", *arguments, path)
    assert done.returncode in (0, 1), done.stderr
    return [word for word in done.stdout.decode().split() if word in table()]


def test_flags_choose_what_is_found_and_what_is_fixed(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(TEXT)
    assert codes(path) == ["LR106", "LR201"]
    assert codes(path, "--select", "LR1,LR3") == ["LR106"]
    assert codes(path, "--ignore", "LR1", "--ignore", "LR3") == ["LR201"]
    assert codes(path, "--select", "LR3", "--extend-select", "LR201") == ["LR201"]
    assert run_cli("fix", "--write", "--ignore", "LR1", path).returncode == 0
    assert path.read_bytes() == TEXT.replace(b"lr=", b"learning_rate=")


def test_an_unknown_code_ends_the_run(tmp_path: Path) -> None:
    done = run_cli("fix", "--ignore", "LR10l", tmp_path)
    assert done.returncode == 2
    assert b"there is no rule 'LR10l'; did you mean LR101?" in done.stderr


def test_an_empty_option_does_not_select_nothing(tmp_path: Path) -> None:
    """As where a script has `--select "$RULES"`."""
    (tmp_path / "a.py").write_bytes(TEXT)
    done = run_cli("check", "--select", "", tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"there is no rule ''; `lrmigrate rules` lists them" in done.stderr


def test_what_must_be_mended_together_is_not_safe_alone() -> None:
    text = "from keras.optimizers import SGD\nopt = SGD(lr=0.1)\nopt.lr = 0.01\n"
    report = check_text(text)
    assert [f.applicability for f in report.findings] == [Applicability.SAFE] * 2
    (alone,) = chosen(report, Options(codes=frozenset({"LR201"}))).findings
    assert alone.applicability is Applicability.UNSAFE
    assert alone.reason == "LR302 at line 3 is left as it is: fix both together"
