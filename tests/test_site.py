"""The site of the docs: its pages are made of the code, and no link is dead."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from lrmigrate.cli import main
from lrmigrate.rules import table
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """docs/build.py, which has made the pages in a folder of its own."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "docs" / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SOURCES = tmp_path_factory.mktemp("site") / "pages"  # type: ignore[attr-defined]
    module.prepare()
    return module


def test_every_page_has_a_place(builder: ModuleType) -> None:
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    listed = [page for section in navigation for pages in section.values() for page in pages]
    assert sorted(listed) == sorted(path.name for path in builder.SOURCES.glob("*.md"))


def test_the_reference_is_whole(builder: ModuleType) -> None:
    options = (builder.SOURCES / "options.md").read_text()
    assert all(f"\n## {name}\n" in options for name in main.commands)
    assert "--force-exclude" in options
    assert "### Program.fix" in (builder.SOURCES / "api.md").read_text()
    rules = (builder.SOURCES / "rules.md").read_text()
    assert all(f"\n## {code}\n" in rules for code in table())


def test_links_lead_to_pages_or_to_the_repository(builder: ModuleType) -> None:
    text = (builder.SOURCES / "index.md").read_text()
    assert "](configuration.md)" in text
    assert "](docs/" not in text
    assert f"]({builder.HOST}action.yml)" in (builder.SOURCES / "ci.md").read_text()


def test_it_is_built_strictly(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="the extra `docs`")
    done = subprocess.run(
        [sys.executable, "docs/build.py", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "rules" / "index.html").exists()
