"""`%run`: which module it names, and what stands for it in the code of a notebook."""

from __future__ import annotations

import ast

import pytest

from lrmigrate.analysis.magic import module_run
from lrmigrate.analysis.notebook import Notebook
from lrmigrate.analysis.syntax import Source
from tests.project.test_program import notebook


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (" make.py", ".make"),
        (" make", ".make"),
        (" -i -t -N 3 make.py --rate 0.1", ".make"),
        (" -N3 ./lib/make.py", ".lib.make"),
        (" ../../make.py", "...make"),
        (" lib/../make.py", ".make"),
        (r" lib\make.py", ".lib.make"),
        (" 'my tools/make.ipynb'", ".my tools.make.ipynb"),
        (" -m lib.make", "lib.make"),
        *(
            (words, ".?")
            for words in (" $name", " {name}.py", " /opt/make.py", " ~/make.py", " v1.2.py", " -i", " -m")
        ),
    ],
)
def test_the_module_that_is_run(arguments: str, module: str) -> None:
    assert module_run(arguments) == module


def test_a_run_is_a_star_import_of_the_same_length() -> None:
    cells = ("x = 1\n%run  lib/made.py  # ü\ny = 2\n", "if x:\n\t%run -i set.ipynb\n", "%run\n%runx y\n")
    book = Notebook.read(notebook(*cells))
    assert len(book.text) == len(book.code)
    source = Source(book.text)
    found = source.nodes(ast.ImportFrom)
    assert [(node.level, node.module, node.names[0].name) for node in found] == [
        (1, "lib.made", "*"),
        (1, "set.ipynb", "*"),
    ]
    spans = [source.span(node) for node in found]
    assert [book.code[span.start : span.end] for span in spans] == [
        "%run  lib/made.py  # ü",
        "%run -i set.ipynb",
    ]
    assert source.parents[found[1]] is source.nodes(ast.If)[0]
