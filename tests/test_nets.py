"""Two nets below the rules: a wrong edit is not written, and what LibCST reads otherwise is left alone.

And LibCST is loaded only where the layout matters.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import libcst as cst
import pytest
from click.testing import CliRunner
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from libcst.metadata.span_provider import CodeSpan

from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.layout import comments, layout
from lrmigrate.analysis.syntax import Source
from lrmigrate.cli import main
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Edit, FileReport
from lrmigrate.rules.runtime import rate
from tests.conftest import ROOT

RUNTIME = "import keras\n\noptimizer = keras.optimizers.SGD(0.1)\noptimizer.lr = 0.2\n"
CALL = "import keras\n\noptimizer = keras.optimizers.SGD(lr=0.1, nesterov={})\n"
DICT = 'import keras\n\nkeras.optimizers.get({{"class_name": "SGD", "config": {{"lr": 0.1, "decay": {}}}}})\n'
IMPORTS = "from tensorflow.train import cosine_decay, get_global_step\n\ncosine_decay(0.1, 5, 10)\n"

LOADED = """
import sys
from lrmigrate.engine.passes import fix_text
assert fix_text(sys.argv[1]).fixed
print("libcst" in sys.modules)
"""


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
    assert "LR903 the fixes of this file, the first of them LR302, do not give a Python file" in result.output
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


# What Python reads, and LibCST does not: it nests what Python keeps flat.
TOO_DEEP = [
    " and ".join(["a"] * 950),
    " or ".join(["a"] * 30_000),
    " ".join(["'a'"] * 950),
    "[" * 190 + "]" * 190,
]


@pytest.mark.parametrize("value", TOO_DEEP, ids=["and", "or", "strings", "lists"])
def test_what_libcst_cannot_read_is_left_alone(value: str) -> None:
    call = check_text(CALL.format(value)).findings
    assert [finding.reason for finding in call] == ["the layout of the call cannot be told for certain"]
    entry = check_text(DICT.format(f"0 * len([{value}])")).findings
    assert "the layout of the dictionary cannot be told for certain" in entry[0].reason
    source = Source(f"x = f(  # c\n {value})\n")
    assert comments(source, source.tree.body[0]) is None
    assert layout(source, source.nodes(ast.Call)[0]) is None


def other_text(text: str) -> str:
    """A text that says something else, in a form that fits."""
    return text.replace("lr", "rl", 1).replace("get_global_step", "get_global_stop")


def test_a_tree_of_another_text_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    right = cst.parse_module
    monkeypatch.setattr(cst, "parse_module", lambda text: right(other_text(text)))
    (finding,) = check_text(CALL.format(True)).findings
    assert finding.reason == "the layout of the call cannot be told for certain"
    (finding,) = check_text(DICT.format(0)).findings
    assert finding.reason.endswith("the layout of the dictionary cannot be told for certain")
    assert "import cosine_decay, get_global_step" in (fix_text(IMPORTS).after or "")


def test_parts_that_python_does_not_see_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same text, read as a call with one argument, which is a tuple."""
    source = Source("f(a, b)\n")
    call = source.nodes(ast.Call)[0]
    assert Elements.of(source, call) is not None
    right = cst.parse_module

    def misread(text: str) -> cst.Module:
        tree = right(text)
        line = cst.ensure_type(tree.body[0], cst.SimpleStatementLine)
        node = cst.ensure_type(cst.ensure_type(line.body[0], cst.Expr).value, cst.Call)
        pair = cst.Tuple([cst.Element(arg.value, arg.comma) for arg in node.args], lpar=[], rpar=[])
        tree = tree.with_deep_changes(node, args=[cst.Arg(pair)])
        assert tree.code == text
        return tree

    monkeypatch.setattr(cst, "parse_module", misread)
    assert Elements.of(source, call) is None


@pytest.mark.parametrize("kind", [cst.Arg, cst.DictElement, cst.Element, cst.ImportAlias])
def test_places_that_are_not_those_of_the_parts_are_not_trusted(
    kind: type[cst.CSTNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(
        "import abc, bcd\nfrom . import abc, bcd\nf(abc, bcd, x={'a': 1}, y=[abc], z=(abc, bcd))\n"
    )
    nodes = [node for kind in (ast.Call, ast.Dict, ast.List, ast.Tuple) for node in source.nodes(kind)]
    nodes += [*source.nodes(ast.Import), *source.nodes(ast.ImportFrom)]
    assert all(layout(source, node) for node in nodes)
    right = MetadataWrapper.resolve

    def displaced(wrapper: MetadataWrapper, provider: type[ByteSpanPositionProvider]) -> dict[object, object]:
        spans = dict(right(wrapper, provider))
        moved = {
            part: CodeSpan(span.start, span.length - 1) for part, span in spans.items() if type(part) is kind
        }
        return {**spans, **moved}

    monkeypatch.setattr(MetadataWrapper, "resolve", displaced)
    assert sum(layout(source, node) is None for node in nodes) == {cst.Element: 2, cst.ImportAlias: 2}.get(
        kind, 1
    )


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        (RUNTIME, False),
        (RUNTIME.replace("optimizer.lr = 0.2", "keras.backend.set_value(optimizer.lr, 0.2)"), False),
        ("import keras\nkeras.optimizers.get({'class_name': 'SGD', 'config': {'lr': 0.1}})\n", False),
        (IMPORTS, True),
        (CALL.format(True), True),
    ],
)
def test_libcst_is_loaded_only_where_the_layout_matters(text: str, loaded: bool) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LOADED, text]
    done = subprocess.run(command, capture_output=True, env=environment, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{loaded}\n", "")
