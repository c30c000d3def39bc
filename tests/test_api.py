"""The public interface for programs."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import lrmigrate
from lrmigrate import api
from tests.conftest import ROOT

LEGACY = "import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 100)\n"


def test_all_of_it_is_documented() -> None:
    for name in api.__all__:
        found = getattr(api, name)
        assert inspect.getdoc(found), name
        methods = inspect.getmembers(found, inspect.isfunction) if found is api.Program else []
        assert all(inspect.getdoc(method) for name, method in methods if not name.startswith("_"))
    assert (ROOT / "lrmigrate" / "py.typed").exists()
    assert set(lrmigrate.__all__) == {"__version__", "check_text", "fix_text"}


def test_a_text() -> None:
    (finding,) = api.check_text(LEGACY).findings
    assert (finding.code, finding.applicability) == ("LR106", api.Applicability.SAFE)
    assert api.fix_text(LEGACY).endswith("CosineDecay(0.1, 100)(step)\n")
    assert api.fix_text("x = (\n") == "x = (\n"


def test_a_program(tmp_path: Path) -> None:
    (tmp_path / "lrmigrate.toml").write_text('extend-exclude = ["old"]\n')
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.py").write_text(LEGACY)
    path = tmp_path / "train.py"
    path.write_text(LEGACY)
    program = api.Program(tmp_path)
    assert [*program.files()] == [str(path)]
    assert [finding.code for finding in program.check(path).findings] == ["LR106"]
    shown = program.fix(path)
    assert shown.changed
    assert path.read_text() == LEGACY
    assert program.fix(path, write=True).written
    assert path.read_text() == shown.after
    assert api.Program(tmp_path, ignore=["LR1"]).check(tmp_path / "old" / "a.py").findings == ()
    assert program.check(tmp_path / "gone.py").error


def test_the_program_around_a_file_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "a.py").write_text(
        "from keras.optimizers import SGD\n\noptimizer = SGD(lr=0.1, decay=1e-4)\n"
    )
    (tmp_path / "b.py").write_text("from a import optimizer\n\noptimizer.lr = 0.01\n")
    (finding,) = api.Program(tmp_path).check(tmp_path / "a.py").findings
    assert finding.applicability is not api.Applicability.SAFE
    assert "b.py line 3" in finding.reason


def test_what_cannot_be_done_is_one_kind_of_error(tmp_path: Path) -> None:
    with pytest.raises(api.UserError, match="there is no rule 'LR77'"):
        api.Program(tmp_path, select=["LR77"])
    with pytest.raises(api.UserError):
        list(api.Program(tmp_path / "gone").files())
    with pytest.raises(api.UserError):
        api.verify_texts("x = (\n", "x = 1\n")


@pytest.mark.tensorflow
def test_two_texts_are_compared() -> None:
    after = api.fix_text(LEGACY)
    (verdict,) = api.verify_texts(LEGACY, after)
    assert verdict.outcome in (api.Outcome.IDENTICAL, api.Outcome.CLOSE)
    (verdict,) = api.verify_texts(LEGACY, after.replace("100", "101"), last_step=50)
    assert verdict.outcome is api.Outcome.DIFFERENT
