"""A real client: Neovim, with two files of one program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.processes
NVIM = shutil.which("nvim")


@pytest.mark.skipif(NVIM is None, reason="there is no Neovim: `apt install neovim`")
def test_an_edit_in_one_file_changes_the_level_in_the_other(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "a.py").write_text(
        "from tensorflow import keras\n\noptimizer = keras.optimizers.SGD(lr=0.1, decay=1e-4)\n"
    )
    (tmp_path / "b.py").write_text("import a\n\nprint(a.optimizer)\n")
    command = [str(NVIM), "--headless", "-u", "NONE", "-c", f"luafile {ROOT / 'tests/lsp/neovim.lua'}"]
    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    told = [line.partition(": ")[::2] for line in done.stdout.splitlines() if ": " in line]
    said = [(word, text) for word, text in told if word in ("found", "then", "action", "last")]
    assert [word for word, _ in said] == ["found", "then", "action", "action", "last"], done.stderr
    assert "unsafe" not in said[0][1]
    assert "unsafe: b.py line 4 sets the rate" in said[1][1]
    assert said[2][1].startswith("Fix LR202 (unsafe)")
    assert said[4][1].startswith("nothing, ")
    assert said[4][1].endswith("# lrmigrate: ignore[LR202]")
