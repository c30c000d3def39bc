"""What people who know Ruff, git and other command lines type without thinking."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lrmigrate.rules import table
from tests.cli.test_cli import FIXED, LEGACY, on_a_terminal
from tests.conftest import run_cli
from tests.project.test_cache import MODERN

CALL = "from tensorflow import keras\noptimizer = keras.optimizers.SGD(lr=0.1, decay=1e-5)\n"
LR = "from tensorflow import keras\noptimizer = keras.optimizers.SGD(lr=0.1)\n"


def said(root: Path, *arguments: str, code: int = 0, **variables: str) -> str:
    """What a command prints on both streams, which ends as it should."""
    done = run_cli(*arguments, cwd=root, **variables)
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == code, text
    return text


def listed(root: Path, *arguments: str) -> list[str]:
    """`path:line code level` of every finding."""
    done = run_cli("check", "--output-format", "json", *arguments, cwd=root)
    assert done.returncode in (0, 1), done.stderr
    return [
        f"{file['path']}:{finding['line']} {finding['code']} {finding['applicability']}"
        for file in json.loads(done.stdout)["files"]
        for finding in file["findings"]
    ]


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_bytes(LEGACY)
    return tmp_path


def test_the_command_alone_says_what_to_type() -> None:
    done = run_cli()
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 2
    assert len(lines) <= 12
    assert any(line.strip().startswith("lrmigrate demo") for line in lines)


def test_show_files(here: Path) -> None:
    (here / "build").mkdir()
    (here / "build" / "x.py").write_bytes(LEGACY)
    assert said(here, "check", "--show-files") == "train.py\n"


def test_show_settings_can_be_read_again(here: Path) -> None:
    (here / "lrmigrate.toml").write_text('ignore = ["LR4"]\ntarget = "tf2"\n')
    shown = said(here, "check", "--show-settings", "train.py")
    assert shown.startswith("# File: train.py\n# Configuration: ")
    assert 'target = "tf2"' in shown
    assert "LR401" not in shown
    (here / "lrmigrate.toml").write_text(shown)
    assert said(here, "check", "--show-settings", "train.py") == shown


def test_clean_removes_caches_and_nothing_else(here: Path) -> None:
    (here / "pyproject.toml").touch()
    for number in range(70):
        (here / f"m{number}.py").write_bytes(MODERN)
    said(here, "check", "-q", code=1, LRMIGRATE_NO_CACHE="", XDG_CACHE_HOME=str(here / "user"))
    assert (here / ".lrmigrate_cache").is_dir()
    (here / "sub" / ".lrmigrate_cache").mkdir(parents=True)
    assert said(here, "clean") == "Removed .lrmigrate_cache.\n"
    assert not (here / ".lrmigrate_cache").exists()
    assert (here / "sub" / ".lrmigrate_cache").is_dir(), "it is not ours: no run has made it"
    assert said(here, "clean") == "There is no cache to remove.\n"


@pytest.mark.parametrize(
    ("arguments", "variables", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "0"}, False),
        ([], {"CLICOLOR_FORCE": "1"}, True),
        ([], {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours(here: Path, arguments: list[str], variables: dict[str, str], coloured: bool) -> None:
    for command in (["check"], ["fix"]):
        for words in ([*command, *arguments, "train.py"], [*arguments, *command, "train.py"]):
            done = run_cli(*words, cwd=here, **variables)
            assert (b"\x1b[" in done.stdout) == coloured, words


def test_a_dumb_terminal_has_no_colours(here: Path) -> None:
    path = str(here / "train.py")
    assert b"\x1b[" in on_a_terminal("check", path, TERM="xterm")
    assert b"\x1b[" not in on_a_terminal("check", path, TERM="dumb")
    assert b"\x1b[" in on_a_terminal("check", "--color", "always", path, TERM="dumb")


def test_rules_as_data() -> None:
    rules = json.loads(run_cli("rules", "--output-format", "json").stdout)
    assert [rule["code"] for rule in rules] == [*table()]
    assert {"name", "title", "why", "levels", "default"} <= rules[0].keys()
    (page,) = json.loads(run_cli("explain", "LR202", "--output-format", "json").stdout)
    assert "InverseTimeDecay" in page["explanation"]
    assert len(json.loads(run_cli("explain", "--all", "--output-format", "json").stdout)) == len(table())


def test_explain_all_and_a_family() -> None:
    every = run_cli("explain", "--all").stdout.decode()
    assert all(f"{code}: " in every for code in table())
    family = run_cli("explain", "LR2").stdout.decode()
    assert [line[:5] for line in family.splitlines()[:7]] == [f"LR20{n}" for n in range(1, 8)]


def test_every_rule_has_a_name_of_its_own() -> None:
    names = [rule.name for rule in table().values()]
    assert len({*names}) == len(names)
    assert all("-" in name and name == name.lower() for name in names), names


def test_a_rule_is_meant_by_its_name(here: Path) -> None:
    (here / "train.py").write_text(LR)
    assert listed(here, "--select", "lr-argument") == ["train.py:2 LR201 safe"]
    assert listed(here, "--ignore", "lr-argument") == []
    (here / "lrmigrate.toml").write_text('ignore = ["lr-argument"]\n')
    assert listed(here) == []
    assert said(here, "explain", "lr-argument").startswith("LR201: ")
    assert "did you mean lr-argument?" in said(here, "check", "--ignore", "lr-argumnt", code=2)


def test_a_rule_that_another_one_hides_is_found(here: Path) -> None:
    (here / "train.py").write_text(CALL)
    assert listed(here) == ["train.py:2 LR202 safe"]
    assert listed(here, "--select", "LR201") == ["train.py:2 LR201 manual"]
    assert listed(here, "--ignore", "LR202") == ["train.py:2 LR201 manual"]
    assert listed(here, "--select", "LR203") == []
    shown = said(here, "fix", "--select", "LR201", code=1)
    assert "one fix mends all of this call, and it is that of LR202: select that, too" in shown
    assert "learning_rate" not in shown.split("LR201")[0]


def test_a_rule_that_is_not_fixable_is_reported_only(here: Path) -> None:
    (here / "two.py").write_text(LR)
    assert listed(here, "--unfixable", "LR201") == ["train.py:2 LR106 safe", "two.py:2 LR201 manual"]
    assert listed(here, "--fixable", "LR2") == ["train.py:2 LR106 manual", "two.py:2 LR201 safe"]
    assert listed(here, "--fixable", "ALL", "--unfixable", "LR1") == [
        "train.py:2 LR106 manual",
        "two.py:2 LR201 safe",
    ]
    said(here, "fix", "--write", "--unfixable", "LR201", "-q", code=1)
    assert (here / "two.py").read_text() == LR
    assert (here / "train.py").read_bytes() == FIXED


def test_what_must_be_fixed_together_is_unsafe_where_a_part_is_not_fixable(here: Path) -> None:
    (here / "train.py").write_text(f"{LR}\noptimizer.lr = 0.01\n")
    assert listed(here) == ["train.py:2 LR201 safe", "train.py:4 LR302 safe"]
    assert listed(here, "--unfixable", "LR302") == ["train.py:2 LR201 unsafe", "train.py:4 LR302 manual"]


def test_one_key_of_the_configuration(here: Path) -> None:
    (here / "lrmigrate.toml").write_text('ignore = ["LR1"]\noutput-format = "concise"\n')
    assert listed(here) == []
    assert listed(here, "--config", "ignore = []") == ["train.py:2 LR106 safe"]
    done = said(here, "check", "--config", "ignore=[]", "--config", "output-format=github", code=1)
    assert done.startswith("::")
    assert "--config: unknown key 'ignored'; did you mean ignore?" in said(
        here, "check", "--config", "ignored=[]", code=2
    )
    assert "write KEY=VALUE as in TOML" in said(here, "check", "--config", "=", code=2)


def test_words_in_a_file(here: Path) -> None:
    (here / "words").write_text("--output-format\nconcise\n\ntrain.py\n")
    assert said(here, "check", "@words", code=1) == said(
        here, "check", "--output-format", "concise", "train.py", code=1
    )
    assert "@gone: No such file or directory" in said(here, "check", "@gone", code=2)
    (here / "@words").write_bytes(LEGACY)
    assert "@words:2:6 LR106" in said(here, "check", "@words", code=1), "a hook names files"
    assert "@gone: No such file or directory\n" in said(here, "check", "--", "@gone", code=2)


def test_check_shows_the_diff_of_the_fixes(here: Path) -> None:
    shown = run_cli("check", "--diff", "train.py", cwd=here)
    assert shown.stdout == run_cli("fix", "train.py", cwd=here).stdout
    assert shown.returncode == 1
    assert (here / "train.py").read_bytes() == LEGACY


def test_only_what_was_changed_since_a_revision(here: Path) -> None:
    (here / "old.py").write_bytes(LEGACY)
    git(here, "init", "-q")
    git(here, "add", ".")
    git(here, "commit", "-qm", "first")
    assert listed(here, "--since", "HEAD") == []
    path = here / "train.py"
    path.write_bytes(LEGACY + b"# a\nother = tf.train.cosine_decay(0.1, step, 200)\n")
    (here / "new.py").write_bytes(LEGACY)
    wanted = ["new.py:2 LR106 safe", "train.py:4 LR106 safe"]
    assert listed(here, "--since", "HEAD") == wanted
    git(here, "add", ".")
    git(here, "commit", "-qm", "second")
    assert listed(here, "--since", "HEAD~1") == wanted
    assert listed(here, "--since", "HEAD~1", "train.py") == wanted[1:]
    assert "there is no commit nowhere" in said(here, "check", "--since", "nowhere", code=2)
    said(here, "fix", "--write", "--since", "HEAD~1")
    assert path.read_bytes().startswith(LEGACY)
    assert b"CosineDecay(0.1, 200)(step)" in path.read_bytes()
    assert (here / "old.py").read_bytes() == LEGACY


def test_since_without_a_repository(here: Path) -> None:
    assert "not a git repository" in said(
        here, "check", "--since", "HEAD", code=2, GIT_CEILING_DIRECTORIES=str(here.parent)
    )


def test_what_goes_together_is_unsafe_where_one_half_has_not_changed(here: Path) -> None:
    path = here / "train.py"
    path.write_text(LR.replace("lr=", "learning_rate=") + "\n\noptimizer.lr = 0.01\n")
    git(here, "init", "-q")
    git(here, "add", ".")
    git(here, "commit", "-qm", "first")
    path.write_text(LR + "\n\noptimizer.lr = 0.01\n")
    assert listed(here) == ["train.py:2 LR201 safe", "train.py:5 LR302 safe"]
    assert listed(here, "--since", "HEAD") == ["train.py:2 LR201 unsafe"]


def test_fix_leaves_alone_what_the_baseline_knows(here: Path) -> None:
    said(here, "check", "--baseline", "lr.json", "--update-baseline")
    path = here / "train.py"
    path.write_bytes(LEGACY + b"other = tf.train.cosine_decay(0.1, step, 200)\n")
    shown = said(here, "fix", "--baseline", "lr.json", code=1)
    assert "Baseline lr.json: 1 known finding left alone." in shown
    assert "Would fix 1 finding in 1 file" in shown
    said(here, "fix", "--write", "--baseline", "lr.json")
    assert path.read_bytes().startswith(LEGACY)
    assert b"CosineDecay(0.1, 200)(step)" in path.read_bytes()
    assert said(here, "fix", "--baseline", "lr.json").endswith("Nothing to fix.\n")


def test_a_file_that_was_named_is_told_if_it_does_not_parse(here: Path) -> None:
    (here / "bad.py").write_text("x = (\n")
    (here / "old.py").write_text("print 'hello'\n")
    (here / "left.py").write_text("# lrmigrate: skip-file\nx = (\n")
    assert "bad.py" not in said(here, "check", code=1)
    assert "bad.py:1:5 LR901 cannot parse" in said(here, "check", "bad.py", code=1)
    assert "Python 2" not in said(here, "check", "bad.py", code=1)
    assert "Python 2" in said(here, "check", "old.py", code=1)
    assert "No legacy learning-rate code found." in said(here, "check", "left.py")
    assert listed(here, "--ignore", "LR901", "bad.py") == []
    done = run_cli("check", "-", "--stdin-filename", "x.py", stdin=b"x = (\n")
    assert done.stdout.startswith(b"x.py:1:5 LR901")
    (here / "lrmigrate.toml").write_text('extend-exclude = ["bad.py"]\n')
    assert listed(here, "--force-exclude", "bad.py") == []


def test_a_named_notebook_is_taken_as_it_is(here: Path) -> None:
    (here / "a.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    assert listed(here, "a.ipynb") == []


def completed(*words: str) -> list[str]:
    """What a shell is told of the last word."""
    variables = {"COMP_WORDS": " ".join(("lrmigrate", *words)), "COMP_CWORD": str(len(words))}
    done = run_cli(_LRMIGRATE_COMPLETE="bash_complete", **variables)
    return done.stdout.decode().split()


@pytest.mark.skipif(os.name == "nt", reason="bash")
def test_a_shell_completes_paths_and_codes(here: Path) -> None:
    for words in (["check", "tr"], ["fix", "--baseline", "tr"], ["report", "-o", "tr"], ["verify", "tr"]):
        assert completed(*words) == ["file,tr"], words
    assert completed("ch") == ["plain,check"]
    assert completed("fix", "@words", "tr") == ["file,tr"]
    assert completed("check", "--select", "LR20")[0] == "plain,LR201"
    assert completed("check", "--select", "LR1,lr-a") == ["plain,LR1,lr-argument"]
    assert "plain,LR202" in completed("explain", "LR")
    assert "plain,json" in completed("check", "--output-format", "js")
    for shell in ("bash", "zsh", "fish"):
        assert b"_LRMIGRATE_COMPLETE" in run_cli("completion", shell).stdout


def test_help_is_in_groups() -> None:
    for command in ("check", "fix"):
        text = run_cli(command, "--help").stdout.decode()
        titles = ["What to do:", "Which rules:", "Which files:", "Output:", "Configuration:"]
        places = [text.index(f"\n{title}\n") for title in titles]
        assert places == sorted(places)


def test_one_wording_for_one_option() -> None:
    for command in ("check", "fix", "report", "verify"):
        text = " ".join(run_cli(command, "--help").stdout.decode().split())
        for words in (
            "--exit-zero Exit with 0 whatever is found",
            "--output-file",
            "--color [auto|always|never]",
        ):
            assert words in text, command
        assert "RANGE" not in text


def test_who_asks_check_to_fix_is_told_where_that_is_done(here: Path) -> None:
    for words in (["--fix"], ["--unsafe-fixes"]):
        text = said(here, "check", *words, code=2)
        assert text.startswith("Error: fixes are made by a command of their own: `lrmigrate fix` shows them")
    assert "--unsafe-fixes" not in run_cli("check", "--help").stdout.decode()
    assert (here / "train.py").read_bytes() == LEGACY


def test_who_forgets_the_command_is_told_what_to_type(here: Path) -> None:
    assert said(here, "train.py", code=2).startswith(
        "Error: train.py is a path, and no command: `lrmigrate check train.py` lists"
    )
    assert "No such command 'nowhere'" in said(here, "nowhere", code=2)
