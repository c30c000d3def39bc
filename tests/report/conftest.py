"""Reports to render: of every fixture, and of files whose names and texts mean harm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lrmigrate import report
from lrmigrate.engine.kinds import kind_of
from lrmigrate.engine.text import check_text
from lrmigrate.model import FileReport
from lrmigrate.project.fixer import Fixer
from tests.conftest import FIXTURES

CASES = sorted(path for path in FIXTURES.rglob("*.in.*") if path.suffix in (".py", ".ipynb"))
NAMES = (
    "a b/c.py",
    "::error::x,y:z%0A.py",
    "back`tick``s.py",
    "pipe|s\\|.py",
    "<img src=x onerror=alert(1)>.py",
    "[link](http://evil.example).py",
    "@everyone #1.py",
    "new\nline\r\n::warning::x.py",
    "esc\x1b[31mred\x07.py",
    "bytes\udcff.py",
    "quote\"s'&amp;.py",
    "naïve-名前.py",
)


def text_of(path: Path) -> str:
    return kind_of(path.name).decode(path.read_bytes()).text


def render(name: str, reports: list[FileReport]) -> str:
    """What the command line prints."""
    return report.render(name, reports, Fixer())


def report_of(path: Path) -> FileReport:
    """The report of a fixture, under its path within the fixtures."""
    return kind_of(path.name).check(text_of(path), str(path.relative_to(FIXTURES)))


@pytest.fixture(scope="session")
def reports() -> list[FileReport]:
    """Of every fixture."""
    return [report_of(path) for path in CASES]


@pytest.fixture(scope="session")
def hostile() -> list[FileReport]:
    """Files whose names, and messages with every such name in them, try to get out of any format."""
    found = check_text("import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 100)\n")
    finding = found.findings[0]
    hostile = []
    for name in NAMES:
        bad = replace(finding, message=f"see {name}", reason=f"because of {name}")
        hostile.append(replace(found, path=name, findings=(finding, bad), error=f"{name}: not written"))
    return hostile
