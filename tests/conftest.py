"""Shared by all tests: where the fixtures are, and how the command line is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"

os.environ["LRMIGRATE_NO_CACHE"] = "1"  # the tests of the cache say otherwise
_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile("ci", max_examples=40, deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=5100, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def run_cli(
    *arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `lrmigrate` as a user does, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, "-m", "lrmigrate", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=300,
        check=False,
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes the golden files anew; read the diff before you commit it."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
