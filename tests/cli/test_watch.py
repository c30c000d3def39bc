"""`check --watch`: a person edits, and sees what is left."""

from __future__ import annotations

from pathlib import Path

import pexpect
import pytest

from tests.cli.test_cli import FIXED, LEGACY
from tests.conftest import run_cli

pytestmark = pytest.mark.processes


def test_each_change_is_checked_until_it_is_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_bytes(LEGACY)
    screen = pexpect.spawn("python -m lrmigrate check --watch", cwd=str(tmp_path), timeout=60)
    screen.expect("train.py:2:6")
    screen.expect("Watching 1 file; Ctrl-C ends")
    path.write_bytes(FIXED)
    screen.expect("No legacy learning-rate code found")
    (tmp_path / "lrmigrate.toml").write_text("selct = []\n")
    path.write_bytes(LEGACY)
    screen.expect("unknown key .selct.; did you mean select")
    (tmp_path / "lrmigrate.toml").write_text("")
    screen.expect("train.py:2:6")
    screen.sendintr()
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0


@pytest.mark.parametrize("option", ["--diff", "--since=HEAD", "--baseline=x.json", "-"])
def test_it_goes_with_nothing_else(tmp_path: Path, option: str) -> None:
    done = run_cli("check", "--watch", option, cwd=tmp_path)
    assert (done.returncode, b"--watch checks files" in done.stderr) == (2, True)
