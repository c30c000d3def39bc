"""The net below the layout: what LibCST reads otherwise than Python is left alone.

And LibCST is loaded only where it is needed.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import libcst as cst
import pytest
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from libcst.metadata.span_provider import CodeSpan

from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.layout import comments, layout
from lrmigrate.analysis.syntax import Source
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from tests.conftest import ROOT

# The parentheses ask for a look at the tokens.
CALL = "import keras\n\noptimizer = keras.optimizers.SGD(lr=(0.1), nesterov={})\n"
DICT = 'import keras\n\nkeras.optimizers.get({{"class_name": "SGD", "config": {{"lr": 0.1, "decay": {}}}}})\n'
IMPORTS = "from tensorflow.train import cosine_decay, get_global_step\n\ncosine_decay(0.1, 5, 10)\n"
RUNTIME = "import keras\n\noptimizer = keras.optimizers.SGD(0.1)\noptimizer.lr = 0.2\n"
UNREAD = "lrmigrate cannot tell how this {} is laid out: rewrite it by hand"
LOADED = """
import sys
from lrmigrate.engine.passes import fix_text
assert fix_text(sys.argv[1]).fixed
print("libcst" in sys.modules)
"""

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
    assert [finding.reason for finding in call] == [UNREAD.format("call")]
    entry = check_text(DICT.format(f"0 * len([{value}])")).findings
    assert UNREAD.format("dictionary") in entry[0].reason
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
    assert finding.reason == UNREAD.format("call")
    (finding,) = check_text(DICT.format(0)).findings
    assert finding.reason.endswith(UNREAD.format("dictionary"))
    assert "import cosine_decay, get_global_step" in (fix_text(IMPORTS).after or "")


def test_parts_that_python_does_not_see_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same text, read as a call with one argument, which is a tuple."""
    source = Source("f((a), b)\n")
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
        "import abc, bcd\nfrom . import abc, bcd\nf((abc), bcd, x={'a': 1}, y=[abc], z=(abc, bcd))\n"
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
        (CALL.format(True).replace("(0.1)", "0.1"), False),
    ],
)
def test_libcst_is_loaded_only_where_the_layout_matters(text: str, loaded: bool) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LOADED, text]
    done = subprocess.run(command, capture_output=True, env=environment, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{loaded}\n", "")
