"""For the continuous integration of others: the action's steps are run, files are held to their schemas."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_cli import LEGACY
from tests.conftest import ROOT
from tests.report.test_formats import COMMAND

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
SNIPPETS = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/ci.md").read_text(), re.S)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A repository with one legacy file, and a runner's folders beside it."""
    runner = tmp_path / "runner"
    command = runner / "lrmigrate" / "bin" / "lrmigrate"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m lrmigrate "$@"\n')
    command.chmod(0o755)
    folder = tmp_path / "repository"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_bytes(LEGACY)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def check(here: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """The action's step, run as a runner does; and its output `status`."""
    values = {name: spec["default"] for name, spec in ACTION["inputs"].items()} | inputs
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: values[match[1]], text)
        for name, text in STEPS["Check"]["env"].items()
    }
    output = here.parent / "output"
    output.write_text("")
    environment = {**os.environ, **variables, "RUNNER_TEMP": str(here.parent / "runner")}
    environment |= {"GITHUB_OUTPUT": str(output), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS["Check"]["run"]],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, output.read_text()


def test_the_action_annotates_and_fails(here: Path) -> None:
    done, output = check(here)
    assert (done.returncode, output) == (1, "status=1\n")
    match = COMMAND.fullmatch(done.stdout.splitlines()[0])
    assert match
    assert match["level"] == "notice"
    assert "file=src/train.py" in match["properties"]


def test_the_action_passes_where_nothing_is_found(here: Path) -> None:
    (here / "src" / "train.py").write_text("x = 1\n")
    done, output = check(here, paths="src")
    assert (done.returncode, done.stdout, output) == (0, "", "status=0\n")


def test_the_action_knows_a_baseline_and_options(here: Path) -> None:
    (here / "more.py").write_bytes(LEGACY)
    command = [sys.executable, "-m", "lrmigrate", "check", "--baseline", "lr.json", "--update-baseline", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=here, check=True, capture_output=True, env=environment)
    assert check(here, paths="src more.py", baseline="lr.json")[0].returncode == 0
    assert check(here, baseline="gone.json")[1] == "status=2\n"
    done, _ = check(here, args="--ignore LR1 --exit-zero")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_action_looks_at_changed_lines(here: Path) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    for words in (["add", "."], ["commit", "-qm", "x"]):
        subprocess.run(["git", *who, *words], cwd=here, check=True)
    assert check(here, since="HEAD")[0].returncode == 0


def test_the_action_leaves_failing_to_code_scanning(here: Path) -> None:
    done, output = check(here, **{"sarif-file": "lr.sarif"})
    assert (done.returncode, output) == (0, "status=1\n")
    (run,) = json.loads((here / "lr.sarif").read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["LR106"]
    assert "steps.check.outputs.status != '2'" in STEPS["Upload"]["if"]


def test_nothing_of_an_input_is_run(here: Path) -> None:
    done, _ = check(here, paths="$(touch hacked) `touch hacked`; touch hacked", args="$(touch hacked)")
    assert done.returncode == 2
    assert not (here / "hacked").exists()


def test_every_input_is_used_and_documented() -> None:
    text = (ROOT / "action.yml").read_text()
    page = (ROOT / "docs/ci.md").read_text()
    for name in ACTION["inputs"]:
        assert f"inputs.{name} " in text
        assert f"| `{name}` |" in page


def test_the_hooks_are_those_of_the_page() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert all("--force-exclude" in hook["entry"] for hook in hooks.values())
    named = [
        hook["id"]
        for text in SNIPPETS
        for repo in (yaml.safe_load(text).get("repos") or [])
        for hook in repo["hooks"]
    ]
    assert named
    assert {*named} <= hooks.keys()


def test_what_the_image_is_made_of_is_there() -> None:
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY"):
            assert [name for name in line.split()[1:-1] if not (ROOT / name).exists()] == []


def schema_of(path: str, data: dict[str, Any]) -> str:
    """The schema that holds for a file, as check-jsonschema calls it."""
    if path == "action.yml":
        return "vendor.github-actions"
    if ".github/workflows" in path or "on" in data or True in data:
        return "vendor.github-workflows"
    return "vendor.gitlab-ci"


@pytest.mark.parametrize(
    "path",
    [
        "action.yml",
        *sorted(str(p.relative_to(ROOT)) for p in (ROOT / ".github/workflows").iterdir()),
        "docs/ci.md 0",
        "docs/ci.md 1",
    ],
)
def test_files_fit_their_schemas(tmp_path: Path, path: str) -> None:
    pytest.importorskip("check_jsonschema", reason="the extra `test-fast`")
    name, _, number = path.partition(" ")
    text = SNIPPETS[int(number)] if number else (ROOT / name).read_text()
    file = tmp_path / "file.yml"
    file.write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, schema_of(name, yaml.safe_load(text)), str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
