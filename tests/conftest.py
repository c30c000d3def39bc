"""Shared by all tests: where the fixtures are, how the command line is called, what runs first."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.forking import ROOT, Launcher

FIXTURES = ROOT / "fixtures"

os.environ["PYTHONPATH"] = str(ROOT)  # every child runs this checkout, whatever is installed
os.environ["LRMIGRATE_NO_CACHE"] = "1"  # the tests of the cache say otherwise
_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile("ci", max_examples=40, deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=5100, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


_LAUNCHER = Launcher()
_AT_START = ("PYTHON", "LANG", "LC_")  # variables that Python reads when it starts


def run_cli(
    *arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `lrmigrate` as a user does, in a process of its own: one that has it loaded, where that will do."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    if any(name.startswith(_AT_START) for name in variables):
        return run_anew(*arguments, cwd=cwd, stdin=stdin, environment=environment)
    return _LAUNCHER.run([*map(str, arguments)], cwd, stdin, environment)


def run_anew(
    *arguments: str | Path,
    cwd: Path | None = None,
    stdin: bytes = b"",
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run `lrmigrate` in a new Python, for what depends on how that starts and on what it imports."""
    return subprocess.run(
        [sys.executable, "-m", "lrmigrate", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env=environment or {**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=300,
        check=False,
    )


def interruptible() -> None:
    """For `preexec_fn`: let Ctrl-C reach the child. A shell has what it starts with `&` ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes the golden files anew; read the diff before you commit it."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out modules without a test that `-m` asks for: importing them takes longer than many tests."""
    asked = config.option.markexpr.split(" and ")
    if not collection_path.match("test_*.py") or not all(re.fullmatch(r"(not )?\w+", part) for part in asked):
        return None
    text = collection_path.read_text()
    unwanted = (part for part in asked if part.startswith("not "))
    if any(f"\npytestmark = pytest.mark.{part[4:]}\n" in text for part in unwanted):
        return True
    wanted = [part for part in asked if not part.startswith("not ")]
    return True if any(f"mark.{part}" not in text for part in wanted) else None


_ORDER = ("processes", "browser", "tensorflow")  # run last, in this order


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those first that find most mistakes in the shortest time: golden pairs, units, properties."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    """Where a test stands in the order of all of them."""
    late = [place for place, name in enumerate(_ORDER, start=3) if item.get_closest_marker(name)]
    if late:
        return max(late)
    if item.path.parent.name == "properties":
        return 2
    return 0 if item.path.name == "test_golden.py" else 1
