"""The README and the docs show what is: before and after are what the tool writes, links lead somewhere."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability
from tests.conftest import ROOT, run_cli

README = (ROOT / "README.md").read_text()
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *DOCS]
HEAD = "import keras\nimport tensorflow as tf\n\nbatch = tf.Variable(0)\n"
PROGRAM = """import tensorflow as tf

optimizer = tf.keras.optimizers.SGD(
    lr=0.1,
    decay=1e-6)
rate = tf.compat.v1.train.cosine_decay(0.1, step, 1000)
"""
MOMENTUM = """import tensorflow as tf

step = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.1, step, 100, 0.5)
opt = tf.train.MomentumOptimizer(rate, 0.9)
"""
DIFFS = re.findall(r"```diff\n(.*?)```", README, re.S)


@pytest.mark.parametrize("diff", DIFFS, ids=range(len(DIFFS)))
def test_before_and_after(diff: str) -> None:
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    assert fix_text(HEAD + before, level=Applicability.UNSAFE).after == HEAD + after


def test_the_report_is_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    printed = run_cli("check", "train.py", cwd=tmp_path).stdout.decode()
    assert f"```\n{printed}```\n" in README


def test_the_report_on_an_optimizer_is_what_is_printed(tmp_path: Path) -> None:
    """Up to the dots; it is indented as a block."""
    ((command, block),) = re.findall(r"    \$ lrmigrate (check --select .*)\n((?:    .*\n)*)", README)
    (tmp_path / "train.py").write_text(MOMENTUM)
    printed = run_cli(*command.split(), cwd=tmp_path).stdout.decode()
    assert printed.startswith(textwrap.dedent(block).removesuffix("...\n"))


def test_there_is_a_before_and_after() -> None:
    assert len(DIFFS) == 3


def anchors(page: Path) -> set[str]:
    """What `#...` can lead to on a page: its headings, as Git hosts name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            linked = page.parent / path if path else page
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked), target


def test_the_docs_are_linked_and_packed() -> None:
    """Every page is linked by the README, and is part of what is distributed."""
    packed = re.findall(r"^include = (.*)$", (ROOT / "pyproject.toml").read_text(), re.M)
    for page in PAGES[1:]:
        path = str(page.relative_to(ROOT))
        assert f"]({path})" in README
        assert f'"{path.partition("/")[0]}"' in packed[0]


def test_the_demo_ends_as_the_readme_says(tmp_path: Path) -> None:
    told = run_cli("demo", cwd=tmp_path).stderr.decode()
    assert f"```\n{told[told.index('6 findings') :]}```\n" in README
