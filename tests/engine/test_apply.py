"""The net below all fixes: what would not be Python afterwards is not written."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrmigrate.cli import main
from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Edit, FileReport
from lrmigrate.rules.runtime import rate

RUNTIME = "import keras\n\noptimizer = keras.optimizers.SGD(0.1)\noptimizer.lr = 0.2\n"


@pytest.fixture(params=["learning rate", "learning_rate)", "x; return; y"])
def wrong_edit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A rule that writes what does not parse, or what parses and does not compile."""
    right = rate._renamed
    text: str = request.param
    monkeypatch.setattr(rate, "_renamed", lambda *arguments: Edit(right(*arguments).span, text))
    return text


def codes(report: FileReport) -> list[str]:
    return [finding.code for finding in report.findings]


@pytest.mark.usefixtures("wrong_edit")
def test_a_wrong_edit_is_not_applied() -> None:
    report = fix_text(RUNTIME)
    assert (report.after, report.fixed) == (RUNTIME, ())
    assert codes(report) == ["LR302", "LR903"]


@pytest.mark.usefixtures("wrong_edit")
def test_a_wrong_edit_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(RUNTIME)
    result = CliRunner().invoke(main, ["fix", "--write", "--no-cache", str(path)])
    assert result.exit_code != 0
    assert "LR903 with its fixes (the first one: LR302) this file is no Python any more" in result.output
    assert path.read_text() == RUNTIME


def test_a_wrong_edit_of_a_notebook_is_not_applied(wrong_edit: str) -> None:
    cell = {"cell_type": "code", "source": RUNTIME.splitlines(keepends=True)}
    book = json.dumps({"nbformat": 4, "cells": [cell]})
    report = fix_text(book, "n.ipynb")
    if "return" not in wrong_edit:  # a cell may hold what does not compile
        assert (report.after, codes(report)) == (book, ["LR302", "LR903"])


def test_what_did_not_compile_before_may_still_be_fixed() -> None:
    assert "optimizer.learning_rate = 0.2" in (fix_text(RUNTIME + "return\n").after or "")


@pytest.mark.usefixtures("wrong_edit")
def test_what_did_not_compile_before_must_at_least_parse() -> None:
    text = RUNTIME + "return\n"
    after = fix_text(text).after or ""
    assert after == text or ast.parse(after)
