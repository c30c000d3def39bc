"""What somebody sees who has never used it: the demo, what to type next, how far a long run is."""

from __future__ import annotations

import re
from pathlib import Path

import pexpect
import pytest

from lrmigrate.cli import sample
from lrmigrate.cli.progress import Progress
from lrmigrate.engine.text import check_text
from lrmigrate.model import FileReport
from lrmigrate.report import fixes, left
from lrmigrate.report.terminal import wrapped
from tests.cli.test_cli import LEGACY, on_a_terminal
from tests.conftest import run_cli

STYLE = re.compile(r"\x1b\[[0-9;]*[mK]")


def test_the_demo_shows_diffs_reasons_and_what_to_type_next(tmp_path: Path) -> None:
    done = run_cli("demo", cwd=tmp_path)
    assert done.returncode == 0
    diffs, told = done.stdout.decode(), done.stderr.decode()
    names = sorted(sample.FILES)
    assert re.findall(r"^\+\+\+ b/lrmigrate-demo/(.*)$", diffs, re.MULTILINE) == names
    assert diffs.count("\n") + told.count("\n") < 75
    *_, head, safe, unsafe, manual = told.splitlines()
    assert head == "6 findings in 3 files:"
    assert safe.endswith("  lrmigrate fix --write lrmigrate-demo")
    assert "lrmigrate fix --unsafe lrmigrate-demo" in unsafe
    assert manual.endswith("lrmigrate explain LR501")


def test_what_the_demo_says_to_type_works(tmp_path: Path) -> None:
    run_cli("demo", "here", cwd=tmp_path)
    assert run_cli("fix", "--write", "here", cwd=tmp_path).returncode == 1
    assert "learning_rate=" in (tmp_path / "here" / "train_keras2.py").read_text()
    assert run_cli("explain", "LR501", cwd=tmp_path).returncode == 0
    run_cli("demo", "here", cwd=tmp_path)
    assert (tmp_path / "here" / "train_keras2.py").read_text() == sample.KERAS_2


def test_the_demo_touches_nobodys_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "callback.py").write_text("x = 1\n")
    done = run_cli("demo", "mine", cwd=tmp_path)
    assert (done.returncode, b"is not the sample" in done.stderr) == (2, True)
    assert (tmp_path / "mine" / "callback.py").read_text() == "x = 1\n"


def on_screen(*arguments: str) -> str:
    """What stands on a terminal, without colours."""
    return STYLE.sub("", on_a_terminal(*arguments, TERM="xterm").decode()).replace("\r\n", "\n")


def test_a_fix_on_a_terminal_ends_with_what_to_type(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_bytes(LEGACY + b"r = tf.train.linear_cosine_decay(0.1, step, 9)\n")
    shown = on_screen("fix", str(path))
    assert f"1 would be fixed                     lrmigrate fix --write {path}\n" in shown
    assert shown.index("+++ ") < shown.index("───") < shown.index("LR108")
    assert "1 fixed" in on_screen("fix", "--write", str(path))
    assert "findings in" not in on_screen("fix", "-q", str(path))


def reports(*texts: str) -> list[FileReport]:
    return [check_text(text, f"f{number}.py") for number, text in enumerate(texts)]


def test_the_closing_has_six_lines_at_most_and_names_the_rules() -> None:
    text = "import tensorflow as tf\n" + "".join(
        f"x = tf.train.{name}(0.1, s, 10)\n" for name in ("cosine_decay", "linear_cosine_decay") * 3
    )
    closing = fixes.closing(reports(text, text), written=False, paths="")
    assert len(closing.splitlines()) <= 6
    assert "(LR108)" in closing
    assert closing.startswith("\x1b[1m")
    assert fixes.closing(reports("x = 1\n"), written=False, paths="") == "No legacy learning-rate code found."


def test_a_reason_that_several_sites_share_is_said_once() -> None:
    text = "import tensorflow as tf\n" + "x = tf.train.linear_cosine_decay(0.1, s, 10)\n" * 3
    shown = left.render(reports(text), 100, "lrmigrate check")
    assert shown.count("Keras 3 has no class for it") == 1
    assert shown.count("LR108") == 3


def test_more_sites_than_a_screen_holds_are_counted() -> None:
    text = "import tensorflow as tf\n" + "x = tf.train.linear_cosine_decay(0.1, s, 10)\n" * 7
    shown = STYLE.sub("", left.render(reports(text, text), 100, "lrmigrate check src"))
    assert shown.count("LR108") == 7
    assert "... and 7 more sites: lrmigrate check src\n" in shown


@pytest.mark.parametrize("width", [40, 60, 100])
def test_lines_are_broken_between_words_and_never_in_code(width: int) -> None:
    code = "`callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch: float(rate(epoch)))]`"
    text = f"write {code} where the training begins, and nothing else that would need a long sentence"
    lines = wrapped(text, "    ", width, "  = ")
    assert " ".join(line.strip() for line in lines) == f"= {text}"
    assert any(code in line for line in lines)
    assert all(len(line) <= width for line in lines if code not in line)


def test_code_without_backticks_is_not_broken_either() -> None:
    code = "learning_rate=PiecewiseConstantDecay([101 * STEPS - 1, 151 * STEPS - 1], [0.1, 0.06, 0.02])"
    text = f"out of sight; write {code} there (which is what it was before, whoever calls it)"
    lines = wrapped(text, "    ", 60, "")
    assert any(code in line for line in lines)
    assert all(len(line) <= 60 for line in lines if code not in line)
    assert wrapped("a (b c", "", 40) == ["a (b c"]


def test_a_long_run_is_shown_and_the_line_is_gone_in_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lrmigrate.cli.progress._AFTER", 0)
    monkeypatch.setattr("lrmigrate.cli.progress._EVERY", 0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    progress = Progress()
    for _ in progress.finding(["a", "b"]):
        progress.looked()
    progress.clear()
    shown = capsys.readouterr().err
    assert "2 of 2 files" in shown
    assert shown.endswith("\r\x1b[K")
    assert progress.so_far == "2 of 2 files were looked at"


def test_nothing_is_shown_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lrmigrate.cli.progress._AFTER", 0)
    progress = Progress()
    for _ in progress.finding(["a", "b"]):
        progress.looked()
    progress.clear()
    assert capsys.readouterr().err == ""


@pytest.mark.processes
def test_an_interrupted_run_says_how_far_it_was(tmp_path: Path) -> None:
    for number in range(3000):
        lines = f"lr = tf.train.cosine_decay(0.1, step, {number + 1})\n" * 10
        (tmp_path / f"m{number}.py").write_text("import tensorflow as tf\n" + lines)
    command = pexpect.spawn("python -m lrmigrate check --no-cache .", cwd=str(tmp_path), timeout=60)
    command.expect("of [0-9]+ files")
    command.sendintr()
    command.expect("Error: interrupted: [0-9]+ of [0-9]+ files were looked at; every file")
    command.expect(pexpect.EOF)
    command.close()
    assert command.exitstatus == 2
