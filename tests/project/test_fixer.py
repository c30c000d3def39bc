"""Whoever shows fixes asks about them as they would be applied: for the file's target, in its program."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrmigrate.cli.work import found
from lrmigrate.engine import kinds
from lrmigrate.engine.around import outside_of
from lrmigrate.engine.text import check_text
from lrmigrate.model import Target
from lrmigrate.options import Around, Options
from lrmigrate.project.config import Flags, Settings
from lrmigrate.project.fixer import Fixer
from lrmigrate.project.world import worlds_of

TEXT = "import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 100)\nlr = opt.lr\n"


def test_fixes_are_those_of_the_files_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def spy(path: str, target: Target = Target.KERAS3) -> kinds.Kind:
        asked.append((path, target, outside_of(path)))
        return kind_of(path, target)

    kind_of = kinds.kind_of
    monkeypatch.setattr(kinds, "kind_of", spy)
    monkeypatch.setattr("lrmigrate.engine.passes.kind_of", spy)
    path = str(tmp_path / "train.py")
    options = Options(target=Target.TF2, around=Around(str(tmp_path), "this run"))
    report = check_text(TEXT, path)
    fixer = Fixer({path: options}.__getitem__)
    first = report.findings[0]
    fixer.edits(report, first)
    fixer.after(report, first)
    fixer.all_fixed(report)
    assert options.around is not None
    assert asked == [(path, Target.TF2, worlds_of(options.around)(path))] * 3


def test_a_fix_alone_and_all_fixes() -> None:
    report = check_text(TEXT)
    first, second = report.findings
    fixer = Fixer()
    assert fixer.edits(report, first) == [*first.edits]
    assert (fixer.after(report, first) or "").endswith("lr = opt.lr\n")
    assert fixer.after(report, first) != report.before
    assert second.fixable == (fixer.after(report, second) is not None)
    assert fixer.all_fixed(check_text("x = 1\n")) is None


def test_the_program_is_looked_for_around_all_paths_of_a_run(tmp_path: Path) -> None:
    paths = [tmp_path / "one" / "a.py", tmp_path / "two" / "b.py"]
    for path in paths:
        path.parent.mkdir()
        path.write_text("x = 1\n")
    settings = Settings(Flags(isolated=True))
    assert [*found([str(path) for path in paths], settings)] == [str(path) for path in paths]
    around = settings.options(str(paths[0])).around
    assert around is not None
    assert around.base == str(tmp_path)
