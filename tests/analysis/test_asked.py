"""What an expression is does not depend on what was asked before."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lrmigrate.analysis.asked import Asked
from lrmigrate.analysis.outside import Outside
from lrmigrate.analysis.syntax import Source
from lrmigrate.analysis.values import Values, names_of
from lrmigrate.engine.kinds import kind_of
from tests.conftest import FIXTURES

PROGRAMS = sorted(path for path in FIXTURES.glob("*/*.in.py"))
CIRCLES = """\
def first(n):
    return second(n) if n else 0.1


def second(n):
    return third(n) if n else 0.2


def third(n):
    return first(n) if n else 0.3


a = b = 1
for _ in range(3):
    a, b = b, a
    c = first(c) if a else a
x = first(1)
y = second(1)
z = third(1)
"""


def answers(text: str, turned: bool = False) -> dict[tuple[int, str], set[str]]:
    """What every expression of a text may be, asked for in the order of the tree or from its end."""
    source = Source(text)
    values = Values(source, names_of(source), Outside())
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name | ast.Attribute | ast.Call)]
    nodes = [node for node in nodes if isinstance(getattr(node, "ctx", ast.Load()), ast.Load)]
    numbered = [*enumerate(nodes)]
    return {
        (number, ast.unparse(node)): {
            f"{value.kind.name} {value.path} {value.constant}" for value in values.of(node)
        }
        for number, node in (reversed(numbered) if turned else numbered)
    }


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden_programs(program: Path) -> None:
    text = kind_of(str(program)).decode(program.read_bytes()).text
    assert answers(text) == answers(text, turned=True)


def test_functions_that_call_each_other() -> None:
    found = answers(CIRCLES)
    assert found == answers(CIRCLES, turned=True)
    calls = [kinds for (_, text), kinds in found.items() if text in ("first(1)", "second(1)", "third(1)")]
    assert [len(kinds) for kinds in calls] == [3, 3, 3]


def test_a_long_chain_is_unknown_whoever_asks_first() -> None:
    lines = [f"x{number + 1} = x{number}\n" for number in range(2100)]
    text = f"x0 = 1\n{''.join(lines)}print(x2100)\n"
    found = answers(text)
    assert found == answers(text, turned=True)
    assert any("UNKNOWN" in kind for (_, name), kinds in found.items() if name == "x2100" for kind in kinds)


def test_a_kept_answer_costs_what_it_took() -> None:
    asked, node, inner = Asked(), ast.Name("outer"), ast.Name("inner")
    before = asked.begin()
    assert asked.step()
    answer = asked.end(inner, (), before)
    assert answer is not None
    assert answer.steps == 1
    outer = asked.begin()
    assert asked.again(inner, answer) == ()
    assert asked.again(inner, answer) == ()
    kept = asked.end(node, (), outer)
    assert kept is not None
    assert kept.steps == 1, "paid once"


def test_what_was_cut_short_is_not_kept() -> None:
    asked, inner = Asked(), ast.Name("inner")
    outer = asked.begin()
    before = asked.begin()
    asked.gaps += 1
    assert asked.end(inner, (), before) is None
    assert asked.end(ast.Name("outer"), (), outer) is not None, "for the outermost question it is the answer"
