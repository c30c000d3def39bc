"""The options of a text in an editor."""

from __future__ import annotations

from pathlib import Path

from lrmigrate.lsp.options import options_of


def test_options_are_the_same_as_long_as_the_configuration_is(tmp_path: Path) -> None:
    uri = (tmp_path / "a.py").as_uri()
    before = options_of(uri)
    assert before == options_of(uri)
    assert options_of("untitled:1") == options_of("untitled:1")
    (tmp_path / "lrmigrate.toml").write_text('target = "tf2"\n')
    after = options_of(uri)
    assert after != before
    assert after == options_of(uri)
    (tmp_path / "lrmigrate.toml").write_text('exclude = ["a.py"]\n')
    assert options_of(uri) is None
