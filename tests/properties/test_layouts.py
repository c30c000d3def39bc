"""What must hold wherever elements are removed, added, or found, and wherever an import is orphaned."""

from __future__ import annotations

import ast

from hypothesis import assume, given, settings

from lrmigrate.analysis.elements import Elements
from lrmigrate.analysis.layout import Laid, Part, parts
from lrmigrate.analysis.syntax import Source, parses
from lrmigrate.edits import splice
from lrmigrate.engine.passes import fix_text
from tests.properties.layouts import Imported, Written, imported, written
from tests.properties.test_programs import comments

LAID = {"call": ast.Call, "dict": ast.Dict, "list": ast.List, "import": ast.Import}
MANY = settings(max_examples=max(300, settings().max_examples))  # they are short
PARSING = written().filter(lambda drawn: parses(drawn.text))


def elements_of(drawn: Written) -> Elements:
    """The elements in question. LibCST reads all that the grammar makes."""
    source = Source(drawn.text)
    kind = LAID.get(drawn.kind, ast.ImportFrom if "from" in drawn.kind else ast.Tuple)
    node = source.nodes(kind)[0]
    assert isinstance(node, Laid)
    elements = Elements.of(source, node)
    assert elements is not None
    return elements


def without(node: Laid, gone: list[Part]) -> None:
    """Take parts out of a node of the tree."""
    match node:
        case ast.Call():
            node.args = [value for value in node.args if value not in gone]
            node.keywords = [keyword for keyword in node.keywords if keyword.value not in gone]
        case ast.Dict():
            kept = [(k, v) for k, v in zip(node.keys, node.values, strict=True) if v not in gone]
            node.keys, node.values = [key for key, _ in kept], [value for _, value in kept]
        case ast.List() | ast.Tuple():
            node.elts = [value for value in node.elts if value not in gone]
        case _:
            node.names = [name for name in node.names if name not in gone]


@MANY
@given(PARSING)
def test_a_value_is_found_with_its_parentheses(drawn: Written) -> None:
    elements = elements_of(drawn)
    for part, element in elements.by_part.items():
        value = part.value if isinstance(part, ast.Starred) else part
        if isinstance(value, ast.expr):
            (read,) = ast.parse(f"({elements.text(part)}\n)").body
            assert isinstance(read, ast.Expr)
            assert ast.dump(read.value) == ast.dump(value)
            behind = drawn.text[element.value.end :].lstrip("\\ \t\r\n")
            assert behind[:1] in ("", ",", "#", ";", "b", "y", ")", "]", "}")
            assert behind[:1] != ")" or elements.written.closing is not None


@MANY
@given(PARSING)
def test_any_elements_can_go(drawn: Written) -> None:
    """What is left are the others, and all comments; refused is what would lose a comment."""
    elements = elements_of(drawn)
    source, node = elements.source, elements.node
    known = parts(node)
    gone = [known[number] for number in drawn.gone]
    assume(len(gone) < len(known) or not isinstance(node, ast.Import | ast.ImportFrom))
    edits = elements.remove(gone)
    if edits is None:
        inside = "".join(
            drawn.text[e.whole.start : e.whole.end] for e in map(elements.by_part.__getitem__, gone)
        )
        assert "# " in inside or (isinstance(node, ast.Tuple) and len(known) - len(gone) < 2)
        return
    without(node, gone)
    after = splice(drawn.text, edits)
    assert ast.dump(ast.parse(after)) == ast.dump(source.tree)
    assert comments(after) == comments(drawn.text)


@MANY
@given(PARSING)
def test_one_element_more_stands_at_the_end(drawn: Written) -> None:
    elements = elements_of(drawn)
    node = elements.node
    assume(elements.written.closing is not None)
    after = splice(drawn.text, elements.append({"call": "z=1", "dict": "'z': 1"}.get(drawn.kind, "z")))
    match node:
        case ast.Call():
            node.keywords.append(ast.keyword("z", ast.Constant(1)))
        case ast.Dict():
            node.keys.append(ast.Constant("z"))
            node.values.append(ast.Constant(1))
        case ast.List() | ast.Tuple():
            node.elts.append(ast.Name("z", ast.Load()))
        case ast.ImportFrom():
            node.names.append(ast.alias("z"))
    assert ast.dump(ast.parse(after)) == ast.dump(elements.source.tree)
    assert comments(after) == comments(drawn.text)


@MANY
@given(imported().filter(lambda drawn: parses(drawn.text)))
def test_an_orphaned_import_goes_and_nothing_else(drawn: Imported) -> None:
    after = fix_text(drawn.text).after or ""
    imports = [node for node in Source(after).nodes(ast.ImportFrom) if node.module == "tensorflow.train"]
    assert {alias.name for node in imports for alias in node.names} == drawn.unread
    assert comments(after) == comments(drawn.text)
    for module in ("os", "re"):
        assert after.count(f"import {module}") == drawn.text.count(f"import {module}")
