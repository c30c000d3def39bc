"""The rows: complete, consistent with themselves, and each with a fixture that its code appears in."""

from __future__ import annotations

import re

import pytest

from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Decay, Optimizer
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.docs import explain, readme_with_rules, rules_page
from lrmigrate.engine.policy import restricted
from lrmigrate.engine.text import check_text
from lrmigrate.rules import table
from lrmigrate.rules.rule import Rule
from lrmigrate.selection import default_codes
from tests.conftest import FIXTURES, ROOT

FILE_RULES = {rule.code for rule in table().values() if not rule.example}  # of what cannot be parsed


@pytest.mark.parametrize("row", DECAYS, ids=lambda row: row.names[0])
def test_decay_row_is_consistent(row: Decay) -> None:
    names = row.signature.names
    assert row.step in names
    assert set(row.domain) | set(row.landmarks) | set(row.positive) <= set(names) - {row.step}
    if row.new:
        used = [row.new.origin(modern) for modern in row.new.arguments]
        assert len(used) == len(set(used))
        kept = [name for name in names if name != row.step]
        assert used == kept[: len(used)], "positional arguments must keep their order"
        assert set(kept) - set(used) <= {"name"}


@pytest.mark.parametrize("row", OPTIMIZERS, ids=lambda row: row.name)
def test_optimizer_row_is_consistent(row: Optimizer) -> None:
    assert row.keras3.names[0] == row.tfkeras.names[0] == "learning_rate"
    assert "weight_decay" in row.keras3.names
    assert set(row.never_whole) <= set(row.keras3.names)


@pytest.mark.parametrize("rule", table().values(), ids=lambda rule: rule.code)
def test_rule_has_a_page_and_a_telling_example(rule: Rule) -> None:
    page = explain(rule.code)
    assert page
    assert rule.why in page
    if rule.code not in FILE_RULES:
        report = restricted(check_text(rule.example), default_codes() | {rule.code})
        assert [finding.code for finding in report.findings] == [rule.code]


def test_every_code_has_a_fixture() -> None:
    lines = (line for path in FIXTURES.rglob("*.txt") for line in path.read_text().splitlines())
    seen = {re.search(r"LR\d+|$", line)[0] for line in lines if not line.startswith(" ")}
    assert set(table()) - FILE_RULES - seen == set()


def test_the_page_of_the_rules_is_up_to_date() -> None:
    page = (ROOT / "docs/rules.md").read_text()
    assert page == rules_page(), "run `python -m lrmigrate.docs`"
    assert re.findall(r"^## (.*)$", page, re.M) == [*table()]


def test_readme_holds_the_rule_table() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme_with_rules(readme) == readme
