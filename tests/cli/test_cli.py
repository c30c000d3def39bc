"""The command line as its users see it: output, exit codes, what is written and what is not."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from lrmigrate.catalog.schema import Target
from lrmigrate.cli import main
from lrmigrate.options import Options
from lrmigrate.project.runner import process_bytes
from tests.conftest import ROOT, run_anew, run_cli

LEGACY = b"import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 100)\n"
FIXED = b"import tensorflow as tf\nlr = tf.keras.optimizers.schedules.CosineDecay(0.1, 100)(step)\n"
UNSAFE = b"import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 100, name='x')\n" + (
    b"lr = tf.train.linear_cosine_decay(0.1, step, 100)\n"
)


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_bytes(LEGACY)
    return path


def test_check_lists_findings(legacy: Path) -> None:
    done = run_cli("check", "train.py", cwd=legacy.parent)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "train.py:2:6 LR106 [*] `tf.train.cosine_decay` is TensorFlow 1: use `CosineDecay`",
        "  |",
        "2 | lr = tf.train.cosine_decay(0.1, step, 100)",
        "  |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "",
        "Found 1 finding in 1 file: 1 fixable with `lrmigrate fix --write` [*].",
    ]
    assert legacy.read_bytes() == LEGACY


def test_check_clean_exits_0(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import tensorflow as tf\n")
    assert run_cli("check", tmp_path).returncode == 0


def test_nothing_to_look_at_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("lr=")
    done = run_cli("check", tmp_path)
    assert done.returncode == 0
    assert done.stderr == b"Warning: there are no Python files or notebooks, or all are excluded\n"
    (tmp_path / "a.py").write_text("")
    assert run_cli("check", tmp_path).stderr == b""


def test_without_a_path_it_is_the_working_folder(legacy: Path) -> None:
    named, unnamed = (run_cli("check", *paths, cwd=legacy.parent) for paths in (["."], []))
    assert unnamed.stdout == named.stdout
    assert unnamed.stdout.startswith(b"train.py:2:6 LR106")


def test_missing_path_exits_2(tmp_path: Path) -> None:
    done = run_cli("check", tmp_path / "nowhere")
    assert done.returncode == 2
    assert b"nowhere: No such file" in done.stderr


def test_fix_shows_a_patch_and_writes_nothing(legacy: Path) -> None:
    done = run_cli("fix", "train.py", cwd=legacy.parent)
    assert done.returncode == 1
    assert legacy.read_bytes() == LEGACY
    patched = subprocess.run(
        ["patch", "-p1"], input=done.stdout, cwd=legacy.parent, check=True, capture_output=True
    )
    assert patched.returncode == 0
    assert legacy.read_bytes() == FIXED


def test_fix_write_writes_and_is_done(legacy: Path) -> None:
    legacy.chmod(0o751)
    assert run_cli("fix", "--write", legacy).returncode == 0
    assert legacy.read_bytes() == FIXED
    assert legacy.stat().st_mode & 0o777 == 0o751
    assert run_cli("fix", "--write", legacy).returncode == 0
    assert os.listdir(legacy.parent) == ["train.py"]


def test_fix_says_what_it_left_and_why(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_bytes(UNSAFE)
    done = run_cli("fix", "--write", path)
    assert done.returncode == 1
    assert b"unsafe: Keras 3 has no class for it" in done.stdout
    assert b"Left as they are: 1 unsafe (add `--unsafe` to apply)." in done.stdout
    assert run_cli("fix", "--write", "--unsafe", path).returncode == 0
    assert b"class LinearCosineDecay" in path.read_bytes()


def test_what_a_fix_left_is_shown_where_it_stands_now(tmp_path: Path) -> None:
    source = (
        "import tensorflow as tf\n\n"
        "a = tf.train.natural_exp_decay(0.1, step, 10, 0.5); b = tf.train.linear_cosine_decay(0.1, step, 9)\n"
        "c = tf.train.linear_cosine_decay(0.2, step, 9)\n"
    )
    (tmp_path / "train.py").write_text(source)
    fixed = run_cli("fix", "--write", "train.py", cwd=tmp_path).stdout.decode()
    now = run_cli("check", "train.py", cwd=tmp_path).stdout.decode()
    assert now.count("LR108") == 2
    assert "train.py:5:5 LR108" in now
    assert fixed.split("Left as they are")[0] == now.split("Found")[0]
    for name in ("json", "sarif"):
        (tmp_path / "train.py").write_text(source)
        run_cli("fix", "--write", "--output-format", name, "-o", "fixed", "train.py", cwd=tmp_path)
        run_cli("check", "--output-format", name, "-o", "now", "train.py", cwd=tmp_path)
        left, found = ((tmp_path / file).read_text() for file in ("fixed", "now"))
        if name == "json":
            left, found = (json.loads(text)["files"][0]["findings"] for text in (left, found))
        assert left == found


def test_standard_input(tmp_path: Path) -> None:
    done = run_cli("fix", "-", "--stdin-filename", "x.py", stdin=LEGACY)
    assert (done.returncode, done.stdout) == (0, FIXED)
    done = run_cli("check", "-", "--stdin-filename", "x.py", stdin=LEGACY)
    assert done.stdout.startswith(b"x.py:2:6 LR106")


@pytest.mark.parametrize(
    "data",
    [
        b"# -*- coding: latin-1 -*-\r\n# \xe9\r\nimport tensorflow\r\n",
        b"\xff\xfe broken",
        b"print 'lr'  # tensorflow\n",
        b"\xef\xbb\xbfimport tensorflow as tf\r\n",
        b"",
    ],
)
def test_standard_input_comes_back_byte_for_byte(data: bytes) -> None:
    assert run_cli("fix", "-", stdin=data).stdout == data


def test_standard_input_keeps_its_encoding() -> None:
    head = b"# -*- coding: latin-1 -*-\r\n# \xe9\r\n"
    body, fixed = (text.replace(b"\n", b"\r\n") for text in (LEGACY, FIXED))
    assert run_cli("fix", "-", stdin=head + body).stdout == head + fixed


def test_json_shape(legacy: Path) -> None:
    done = run_cli("check", "--output-format", "json", "train.py", cwd=legacy.parent)
    data = json.loads(done.stdout)
    assert data["version"] == 1
    assert data["summary"] == {"findings": 1, "safe": 1, "unsafe": 0, "manual": 0, "fixed": 0, "files": 1}
    (finding,) = data["files"][0]["findings"]
    text = LEGACY.decode()
    assert text[finding["start"] : finding["end"]] == "tf.train.cosine_decay(0.1, step, 100)"
    position, result = 0, ""
    for edit in finding["edits"]:
        result += text[position : edit["start"]] + edit["text"]
        position = edit["end"]
    assert (result + text[position:]).encode() == FIXED


def test_bad_files_give_one_finding_each_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = {
        "python2.py": b"import tensorflow as tf\nprint 'lr'\n",
        "nul.py": b"import tensorflow\noptimizer.lr = 1\0\n",
        "latin.py": b"import tensorflow # .lr \xe9\n",
        "cookie.py": b"# -*- coding: nonsense -*-\nimport tensorflow; optimizer.lr = 1\n",
        "deep.py": b"import tensorflow; optimizer.lr = " + b"(" * 5000 + b")" * 5000 + b"\n",
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "good.py").write_bytes(LEGACY)
    done = run_cli("fix", "--write", tmp_path)
    assert done.returncode == 1
    output = done.stdout.decode()
    assert output.count(" LR901 ") == 3
    assert output.count(" LR902 ") == 2
    assert "python2.py:2:1 LR901 cannot parse: Missing parentheses" in output
    for name, data in bad.items():
        assert (tmp_path / name).read_bytes() == data
    assert (tmp_path / "good.py").read_bytes() == FIXED


def test_read_only_file_is_an_error(legacy: Path) -> None:
    before = legacy.read_bytes()
    legacy.parent.chmod(0o755)
    legacy.chmod(0o444)
    done = run_cli("fix", "--write", legacy)
    assert done.returncode == 2
    assert b"not written: the file is read-only" in done.stderr
    assert legacy.read_bytes() == before


def test_help_begins_with_what_the_command_is_for() -> None:
    text = run_cli("fix", "--help").stdout.decode()
    wanted = ["--write", "--unsafe", "--select", "--extend-select", "--ignore", "--exclude"]
    assert sorted(wanted, key=lambda flag: text.index(f"  {flag} ")) == wanted


def test_explain_and_rules() -> None:
    listed = run_cli("rules").stdout.decode().splitlines()
    assert "LR202  decay= of a Keras optimizer" in listed
    assert "LR602  tf.train.MomentumOptimizer fed by a schedule (off by default)" in listed
    page = run_cli("explain", "lr202").stdout
    assert b"1.0, decay_steps=1, decay_rate=1e-6)" in page
    done = run_cli("explain", "LR999")
    assert done.returncode == 2
    assert b"there is no rule 'LR999'" in done.stderr


def on_a_terminal(*arguments: str, stdin: bytes = b"", **environment: str) -> bytes:
    """What a command prints on a real pseudo-terminal."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "lrmigrate", *arguments]
    variables = (
        {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"PYTHONPATH": str(ROOT)} | environment
    )
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=slave, stderr=slave, env=variables
    ) as process:
        os.close(slave)
        assert process.stdin
        process.stdin.write(stdin)
        process.stdin.close()
        printed = b""
        with contextlib.suppress(OSError):  # the end of a pseudo-terminal is an error
            while chunk := os.read(master, 4096):
                printed += chunk
        process.wait(60)
    os.close(master)
    return printed


def test_colours_only_on_a_terminal_and_never_with_no_color(legacy: Path) -> None:
    assert b"\x1b[" not in run_cli("check", legacy).stdout
    assert b"\x1b[" in on_a_terminal("check", str(legacy))
    assert b"\x1b[" not in on_a_terminal("check", str(legacy), NO_COLOR="1")


LIGHT = """
import sys
from click.testing import CliRunner
from lrmigrate.cli import main
result = CliRunner().invoke(main, {arguments!r})
assert result.exit_code == 0, result.output
heavy = sys.modules.keys() & {{"libcst", "tensorflow", "keras", "numpy", "rich", "matplotlib"}}
sys.exit(",".join(heavy) or 0)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["check", "clean.py"], ["check", "."], ["rules"]])
def test_light_paths_import_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "clean.py").write_text("import torch\noptimizer = torch.optim.SGD(p, lr=0.1)\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    code = LIGHT.format(arguments=arguments)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["check", "--output-format", "json", "."], b""),
        (["fix", "--unsafe", "."], b""),
        (["fix", "-"], LEGACY),
        (["check", "nowhere"], b""),
        (["fix", "--no-such-flag"], b""),
        (["--help"], b""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_tests_run_what_a_user_runs(legacy: Path, arguments: list[str], stdin: bytes) -> None:
    """The process that `run_cli` forks says what a new Python says, byte for byte."""
    ours, theirs = (run(*arguments, cwd=legacy.parent, stdin=stdin) for run in (run_cli, run_anew))
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)


def loaded(cwd: Path, *arguments: str) -> set[str]:
    """The modules that a command loads."""
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
        f"from lrmigrate.cli import main; main({arguments!r})"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True)
    return set(done.stderr.decode().split())


def test_a_command_is_loaded_when_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text("x = 1\n")
    ours = {name for name in loaded(tmp_path, "--help") if name.startswith("lrmigrate")}
    assert ours == {"lrmigrate", "lrmigrate.cli", "lrmigrate.cli.exits"}
    found = loaded(tmp_path, "check", "clean.py")
    assert "lrmigrate.cli.check" in found
    assert not found & {"lrmigrate.cli.fix", "lrmigrate.report.excerpt", "difflib"}
    assert not {name for name in found if name.startswith(("lrmigrate.analysis", "lrmigrate.engine.text"))}


def test_the_group_has_every_command() -> None:
    modules = [
        import_module(f"lrmigrate.cli.{path.stem}") for path in (ROOT / "lrmigrate/cli").glob("[a-z]*.py")
    ]
    commands = {c for module in modules for c in vars(module).values() if isinstance(c, click.Command)}
    context = click.Context(main)
    assert {main.get_command(context, name) for name in main.list_commands(context)} == commands


def test_a_word_that_is_no_command_is_compared_with_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "commands", {})
    context = click.Context(main)
    assert main.get_command(context, "chekc") is None
    assert sorted(main.commands) == main.list_commands(context)


def test_version() -> None:
    assert run_cli("--version").stdout.startswith(b"lrmigrate, version 0.")


def test_a_bug_of_ours_costs_one_file(legacy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str, path: str, target: Target) -> None:
        raise RecursionError("too deep")

    data = legacy.read_bytes()
    monkeypatch.setattr("lrmigrate.engine.text.check_text", fail)
    report = process_bytes(str(legacy), data, Options(fix=True, write=True))
    assert [finding.code for finding in report.findings] == ["LR903"]
    assert "RecursionError: too deep" in report.findings[0].message
    assert legacy.read_bytes() == data


def test_fix_verify_without_tensorflow_is_an_error_and_no_bug(legacy: Path, tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho no disk left >&2\nexit 1\n")
    bare.chmod(0o755)
    result = run_cli("fix", "--verify", "--write", "--python", bare, legacy)
    assert result.returncode == 2
    assert b"did not start: no disk left" in result.stderr
    assert b"LR903" not in result.stdout


def test_fix_verify_says_what_it_cannot_read(legacy: Path) -> None:
    legacy.unlink()
    legacy.symlink_to("/proc/self/mem")
    result = run_cli("fix", "--verify", legacy)
    assert result.returncode == 2
    assert f"Error: {legacy}: ".encode() in result.stderr
    assert b"Traceback" not in result.stderr
