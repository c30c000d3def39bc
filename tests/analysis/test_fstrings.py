"""Where the expressions of f-strings stand, on every version of Python."""

import ast
import gc
import weakref

import pytest

from lrmigrate.analysis.fstrings import fields_of
from lrmigrate.analysis.syntax import Source
from lrmigrate.model import Edit, Span

CERTAIN = [
    'f"{x.lr}"',
    'f"a {b} {{x.lr}} {x.lr:.4f}"',
    "'x.lr' \"{x.lr}\" rf'\\{b}{x.lr!r}'",
    "f'\\N{BULLET}\\'{b}' f\"{x.lr}\"",
    'f"{b:{b}} {x.lr}"',
    'f"{b != {}} {b == [x.lr]}"',
    'f"""é {b}\n{\n  x.lr\n}"""',
    '("a"  # {x.lr} f"{x.lr}"\n f"{b}" \\\n f"é{x.lr}")',
    "f\"{f'{x.lr}'}\"",
    "f\"{b['}'] + x.lr}\"",
    'f"{(lambda: x.lr)()}"',
    'f"{x.lr}" "%s"',
]


@pytest.mark.parametrize("text", CERTAIN)
def test_nodes_stand_where_their_text_does(text: str) -> None:
    source = Source(f"b = 1\nprint(b, {text})\n")
    (node,) = (node for node in source.nodes(ast.Attribute) if node.attr == "lr")
    assert source.slice(node) == "x.lr"
    assert not source.text[: source.span(node).start].endswith("# {")
    strings = [outer for outer in source.ancestors(node) if isinstance(outer, ast.JoinedStr)]
    end = source.span(node).end
    assert all(
        source.fields.fits(source, string, [Edit(Span(end - 2, end), "learning_rate")]) for string in strings
    )


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ('f"{x.lr}"', '"r"'),  # the quote of the literal
        ('f"{x.lr}"', "a:b"),  # would begin a format
        ('f"{x.lr}"', "a!r"),
        ('f"{x.lr}"', "a="),
        ('f"{x.lr}"', "'\\n'"),  # no backslash before Python 3.12
        ('f"{x.lr}"', "1  # a"),
        ('f"{x.lr}"', "{1}"),  # `{{` is a brace
        ('f"{x.lr = }"', "a"),  # shows its own text
        ('f"{b:{x.lr}}"', "a"),
        ("f\"{f'{x.lr}'}\"", "'a'"),
        ("f\"{f'{x.lr}'}\"", '"a"'),
    ],
)
def test_edits_that_do_not_fit(text: str, new: str) -> None:
    source = Source(f"print({text})\n")
    start = source.text.index("x.lr")
    (node,) = (node for node in source.nodes(ast.Attribute) if node.attr == "lr")
    strings = [outer for outer in source.ancestors(node) if isinstance(outer, ast.JoinedStr)]
    edits = [Edit(Span(start, start + len("x.lr")), new)]
    assert not all(source.fields.fits(source, string, edits) for string in strings)


def test_edits_of_two_fields_do_not_fit() -> None:
    source = Source('print(f"{x.lr}{x.lr}")\n')
    (string,) = source.nodes(ast.JoinedStr)
    starts = [source.text.index("x.lr"), source.text.rindex("x.lr")]
    edits = [Edit(Span(start, start + 4), "a") for start in starts]
    assert source.fields.fits(source, string, edits[:1])
    assert not source.fields.fits(source, string, edits)


@pytest.mark.parametrize("text", ['f"{x', "f'{x.y # }'", "f'{\"\\n\"}'", "name", 'f"{x:{y}"'])
def test_what_is_not_understood(text: str) -> None:
    assert fields_of(text) is None


@pytest.mark.parametrize("text", ['f"{b:{x.lr}}"', "f\"{b:{'{'}} {x.lr}\""])
def test_what_is_not_certain_stands_where_the_string_does(text: str) -> None:
    source = Source(f"b = 1\nprint({text})\n")
    (node,) = (node for node in source.nodes(ast.Attribute) if node.attr == "lr")
    assert source.slice(node) == text


def test_a_source_is_given_back_without_a_search_for_garbage() -> None:
    gc.collect()
    gc.disable()
    try:
        source = Source('print(f"{x.lr}")\n')
        assert source.parents
        known = weakref.ref(source)
        del source
        assert known() is None
    finally:
        gc.enable()
