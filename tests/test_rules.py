"""The table of rules: what rules declare, that it is all it takes to add one, and how a fix is drafted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.syntax import Source
from lrmigrate.engine import prefilter
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.quick_look import Words, finders
from lrmigrate.model import Applicability, Edit, Span
from lrmigrate.rules import finder, table
from lrmigrate.rules.proposal import Draft, Fix, Proposal, Step, by_hand
from lrmigrate.rules.rule import (
    ANY_LEVEL,
    KERAS,
    STAR,
    Needs,
    Rule,
    attribute,
    called,
    dotted,
    ending,
    keyword,
    name,
    part,
    string,
)
from tests.conftest import FIXTURES, ROOT

RULES = list(table().values())
FOUND = [rule for rule in RULES if rule.finder]


@pytest.mark.parametrize("rule", FOUND, ids=lambda rule: rule.code)
def test_a_rule_that_is_looked_for_says_by_whom_and_where(rule: Rule) -> None:
    assert callable(finder(rule.finder))
    assert rule.needs.ways
    assert is_candidate(rule.example.encode())
    assert rule.finder in finders(Words(Source(rule.example)))


def test_the_engine_finds_the_others_by_itself() -> None:
    assert {rule.code for rule in RULES if not rule.finder} == {
        *("LR901", "LR902", "LR903", "LR904", "LR905", "LR910")
    }


def test_golden_findings_have_levels_that_their_rules_declare() -> None:
    seen: dict[str, set[Applicability]] = {}
    for path in FIXTURES.rglob("*.txt"):
        for line in path.read_text().splitlines():
            if not line.startswith(" "):
                code, level = line.split()[-2:]
                seen.setdefault(code, set()).add(Applicability(level))
    assert {code: levels - {*table()[code].levels} for code, levels in seen.items()} == {
        c: set() for c in seen
    }
    assert all(rule.levels in (ANY_LEVEL, ANY_LEVEL[1:], ANY_LEVEL[2:]) for rule in RULES)


@pytest.mark.parametrize(
    ("needs", "holding", "lacking"),
    [
        (name("Adam"), ["Adam(1)", "o.Adam", "from o import Adam"], ["Adamax(1)", "'Adam'", "MyAdam"]),
        (dotted("keras.optimizers"), ["keras.optimizers.x", "keras . optimizers"], ["a.keras.optimizer"]),
        (
            attribute("lr"),
            ["x.lr", "x. lr", "(x.  # the rate\n lr)", "x().lr = 1"],
            ["lr", "x.lr_", "f(lr=1)"],
        ),
        (called("lr"), ["x.lr(1)", "x.lr (1)"], ["x.lr", "lr(1)", "x.lr[1]"]),
        (keyword("lr"), ["f(lr=1)", "f(lr = 1)"], ["alr = 1", "f(lrs=1)"]),
        (string("lr"), ["x['lr']", 'f("lr")', "'''lr'''"], ["lr", "'lrs'"]),
        (part("sess"), ["session", "SESSION.run(1)"], ["ses"]),
        (ending("Schedule"), ["MySchedule", "a.Schedule"], ["Scheduler", "schedule"]),
        (KERAS, ["import keras", "from tensorflow.x import y"], ["import torch", "from .x import y"]),
        (STAR, ["from x import *", "from x import\\\n *"], ["import x"]),
        (attribute("lr") & KERAS, ["import keras\nx.lr"], ["import keras", "x.lr"]),
        (attribute("lr") | string("lr"), ["x.lr", "'lr'"], ["lr"]),
    ],
)
def test_words_are_found_in_bytes_and_trees(
    needs: Needs, holding: list[str], lacking: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = Rule("LR000", "", "", needs=needs, finder="x:y")
    for module in ("prefilter", "quick_look"):
        monkeypatch.setattr(f"lrmigrate.engine.{module}.table", lambda: {"LR000": rule})
    prefilter._tree.cache_clear()
    try:
        for text in (*holding, *lacking):
            assert finders(Words(Source(text))) == (["x:y"] if text in holding else []), text
            assert is_candidate(text.encode()) == (text in holding), text
    finally:
        prefilter._tree.cache_clear()


MODULE = '''"""`optimizer.frobnicate_rate`, which is gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from lrmigrate.model import Edit, Span
from lrmigrate.rules.proposal import Draft, Proposal
from lrmigrate.rules.rule import ANY_LEVEL, KERAS, Rule, attribute

if TYPE_CHECKING:
    from lrmigrate.analysis.context import Context

FROBNICATED = Rule(
    code="LR499",
    title="`optimizer.frobnicate_rate`",
    why="Keras 3 has no such attribute: AttributeError.",
    example="import keras\\n\\noptimizer = keras.optimizers.SGD(0.1)\\noptimizer.frobnicate_rate()\\n",
    levels=ANY_LEVEL,
    needs=attribute("frobnicate_rate") & KERAS,
    finder=f"{__name__}:frobnicated",
)
RULES = (FROBNICATED,)


def frobnicated(context: Context) -> Iterator[tuple[ast.expr, Proposal]]:
    """Every use of the attribute."""
    for node in context.source.nodes(ast.Attribute):
        if node.attr == "frobnicate_rate":
            message = f"`{ast.unparse(node)}` raises AttributeError in Keras 3"
            yield node, Proposal(FROBNICATED, message, partial(_rename, context, node))


def _rename(context: Context, node: ast.Attribute, draft: Draft) -> None:
    """`x.frobnicate_rate` -> `x.learning_rate`."""
    end = context.source.span(node).end
    draft.edits.append(Edit(Span(end - len(node.attr), end), "learning_rate"))
    if not isinstance(node.value, ast.Name):
        draft.unsafe("what it belongs to cannot be seen")
'''
CASE = {
    "frobnicated.in.py": "import keras\n\nopt.frobnicate_rate = 1.0\nmake().frobnicate_rate = 1.0\n",
    "frobnicated.out.py": "import keras\n\nopt.learning_rate = 1.0\nmake().frobnicate_rate = 1.0\n",
    "frobnicated.unsafe.py": "import keras\n\nopt.learning_rate = 1.0\nmake().learning_rate = 1.0\n",
    "frobnicated.txt": (
        "3:1 LR499 safe\n    `opt.frobnicate_rate` raises AttributeError in Keras 3\n"
        "4:1 LR499 unsafe\n    `make().frobnicate_rate` raises AttributeError in Keras 3\n"
        "    = what it belongs to cannot be seen\n"
    ),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one module more, and of the golden tests with one case more."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "lrmigrate", folder / "lrmigrate", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "lrmigrate" / "rules" / "frobnicate.py").write_text(MODULE)
    for file in ("__init__.py", "conftest.py", "forking.py", "test_golden.py"):
        (folder / "tests").mkdir(exist_ok=True)
        shutil.copy(ROOT / "tests" / file, folder / "tests" / file)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for group in ("hazards", "noop"):
        (folder / "fixtures" / group).mkdir(parents=True)
    for file, text in CASE.items():
        (folder / "fixtures" / "hazards" / file).write_text(text)
    (folder / "fixtures" / "noop" / "frobnicated.py").write_text("opt.frobnicate_rate = 1.0\n")
    return folder


def run(checkout: Path, *arguments: str) -> str:
    """What the command of that copy prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout / "fixtures" / "hazards",
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr + done.stdout
    return done.stdout


def test_a_rule_is_one_module(checkout: Path) -> None:
    lrmigrate = partial(run, checkout, "-m", "lrmigrate")
    assert "LR499  optimizer.frobnicate_rate\n" in lrmigrate("rules")
    assert "Keras 3 has no such attribute" in lrmigrate("explain", "LR499")
    assert "optimizer.learning_rate()" in lrmigrate("explain", "LR499")
    for select in ("LR499", "LR4"):
        found = json.loads(
            lrmigrate("check", "--select", select, "--output-format", "json", "frobnicated.in.py")
        )
        assert [f["code"] for file in found["files"] for f in file["findings"]] == ["LR499", "LR499"]
    assert "LR499" not in lrmigrate("check", "--ignore", "LR499", "frobnicated.in.py")
    fixed = lrmigrate("fix", "--unsafe", "--diff", "frobnicated.in.py")
    assert "+make().learning_rate = 1.0" in fixed


def test_and_a_golden_pair(checkout: Path) -> None:
    assert " passed" in run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(checkout / "tests"))


def test_declarations_load_neither_finders_nor_analysis(tmp_path: Path) -> None:
    """So that a clean file is not kept waiting."""
    (tmp_path / "clean.py").write_text("optimizer = torch.optim.SGD(parameters, lr=0.1)\n")
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom lrmigrate.cli import main\n"
        "CliRunner().invoke(main, ['check', 'clean.py'])\n"
        "print(*(name for name in sys.modules if name.startswith('lrmigrate')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path, env=environment, text=True)
    loaded = set(done.split())
    modules = {rule.finder.partition(":")[0] for rule in FOUND}
    assert {module.rpartition(".")[0] for module in modules} <= loaded
    assert not modules & loaded
    assert not [module for module in loaded if module.startswith("lrmigrate.analysis")]


# Drafts


def step(*reasons: str, refusal: str = "") -> Step:
    def take(draft: Draft) -> None:
        for reason in reasons:
            draft.unsafe(reason)
        draft.edits.append(Edit(Span(0, 1), "x"))
        if refusal:
            raise Refusal(refusal)

    return take


def fix_of(*steps: Step) -> Fix:
    return Proposal(Rule("LR000", "", ""), "message", steps[0]).fix(*steps[1:])


def test_a_draft_is_safe_until_it_is_doubted() -> None:
    fix = fix_of(step())
    assert (fix.applicability, fix.reasons, len(fix.edits)) == (Applicability.SAFE, (), 1)
    fix = fix_of(step("a", "b", "a"), step("b"))
    assert (fix.applicability, fix.reasons, len(fix.edits)) == (Applicability.UNSAFE, ("a", "b"), 2)


def test_a_refusal_ends_a_draft_and_keeps_the_order_of_the_reasons() -> None:
    def write(draft: Draft) -> None:
        draft.unsafe("first")
        draft.take(step("a", refusal="b"), step("c"), step(refusal="d"))
        draft.unsafe("never")

    fix = fix_of(write, step("last"))
    assert (fix.applicability, fix.edits) == (Applicability.MANUAL, ())
    assert fix.reasons == ("first", "a", "b", "c", "d", "last")


def test_by_hand() -> None:
    fix = fix_of(by_hand("write this", "or that"))
    assert (fix.applicability, fix.reasons, fix.edits) == (
        Applicability.MANUAL,
        ("write this", "or that"),
        (),
    )
    assert str(Refusal("write this", "or that")) == "write this; or that"
