"""Notebooks and Python files are told apart in one place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import lrmigrate
from lrmigrate.engine.kinds import Kind, Notebook, Python, kind_of
from lrmigrate.model import Applicability, Target
from tests.conftest import FIXTURES

PACKAGE = Path(lrmigrate.__file__).parent
KINDS = PACKAGE / "engine" / "kinds.py"
#: What a module looks like that tells files apart by their names.
ASKS = re.compile(
    r"\.(?:ipynb|pyw)[\"']|endswith\([^)]*(?:\.py|SOURCES|NOTEBOOKS)|\.suffix\b|splitext|import.*decode_notebook"
)

BOTH = re.compile("SOURCES.*NOTEBOOKS")  # whether it is a file of ours at all


def test_nobody_else_asks_for_the_name() -> None:
    found = {path: ASKS.findall(path.read_text()) for path in PACKAGE.rglob("*.py")}
    assert found.pop(KINDS)
    assert found.pop(PACKAGE / "model.py")
    asks = {path: [hit for hit in hits if not BOTH.search(hit)] for path, hits in found.items()}
    assert {path: hits for path, hits in asks.items() if hits} == {}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.py", Python),
        ("a.pyw", Python),
        ("a.ipynb", Notebook),
        ("ipynb", Python),
        ("a.ipynb/b.py", Python),
        ("a.py.ipynb", Notebook),
        ("<stdin>", Python),
        ("script", Python),
    ],
)
def test_the_name_decides(path: str, kind: type[Kind]) -> None:
    assert type(kind_of(path)) is kind
    assert kind_of(path, Target.TF2).target is Target.TF2


@pytest.mark.parametrize("name", ["tf1/alias_in_class.in.py", "notebooks/magics.in.ipynb"])
def test_findings_stand_in_the_sources_and_in_the_joined_text(name: str) -> None:
    kind = kind_of(name)
    text = kind.decode((FIXTURES / name).read_bytes()).text
    findings = [finding for finding in kind.check(text, name).findings if finding.fixable]
    assert findings
    sources = kind.sources(text)
    joined, places = kind.joined(text, findings)
    assert [finding for finding, _ in places] == findings
    for finding, place in places:
        code = kind.code_of(text, finding)
        assert joined[place.span.start : place.span.end] == code
        line = sources[finding.cell].split("\n")[finding.line - 1]
        assert line[finding.column - 1 :].startswith(code.split("\n")[0])
    assert kind.check(kind.apply(text, findings[:1]) or "", name).findings != tuple(findings)


def test_what_has_been_judged_since_is_found_again_in_the_joined_text() -> None:
    """A level that the user trusts more, or less, is the user's: it is not looked up anew."""
    name = "magics.in.ipynb"
    text = (FIXTURES / "notebooks" / name).read_text()
    findings = [f for f in Notebook(name).check(text, name).findings if f.applicability is Applicability.SAFE]
    trusted = [replace(finding, applicability=Applicability.UNSAFE, reason="so") for finding in findings]
    assert [finding for finding, _ in Notebook(name).joined(text, trusted)[1]] == trusted
