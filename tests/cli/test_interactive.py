"""`fix --interactive` on a real pseudo-terminal: what is asked, what is written, and what is not."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from lrmigrate.cli.interactive import _verdict
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from tests.conftest import FIXTURES, ROOT, interruptible, run_cli

pytestmark = pytest.mark.processes

CALLS = {
    "one": "one = tf.train.cosine_decay(0.1, step, 100)\n",
    "two": "two = tf.train.linear_cosine_decay(0.2, step, 200)\n",
    "three": "three = tf.train.cosine_decay(0.3, step, 300)\n",
}
SOURCE = "import tensorflow as tf\n" + "".join(CALLS.values())
SAFE = ("one", "three")
ASKED = r"Apply this fix \((\d+) of 3 in ([^)]*)\)\? \[y,n,a,f,e,v,q,\?\] "


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(SOURCE)
    return tmp_path


class Session:
    """`lrmigrate fix --interactive` with someone at the keyboard."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "lrmigrate", "fix", "--interactive", *(arguments or ("a.py", "b.py"))],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT), "TERM": "xterm", **variables},
            timeout=60,
            encoding="utf-8",
            dimensions=(50, 160),
            preexec_fn=interruptible,
        )
        self.shown = ""

    def press(self, keys: str) -> None:
        """Answer a question with each key."""
        for key in keys:
            self.child.expect(ASKED)
            self.shown += self.child.before + self.child.after
            self.child.send(key)

    def end(self) -> int:
        """The exit code."""
        self.child.expect(pexpect.EOF)
        self.shown += self.child.before
        self.child.close()
        return int(self.child.exitstatus)


@pytest.fixture
def play(project: Path) -> Iterator[Session]:
    session = Session(project)
    yield session
    session.child.close(force=True)


def fixed(folder: Path, name: str) -> set[str]:
    """Which of the calls have been rewritten in a file."""
    text = (folder / name).read_text()
    return {key for key, call in CALLS.items() if call not in text}


def test_only_what_was_chosen_is_written(play: Session, project: Path) -> None:
    play.press("ynn" + "nyn")
    assert play.end() == 1
    assert (fixed(project, "a.py"), fixed(project, "b.py")) == ({"one"}, {"two"})
    assert "Wrote a.py: 1 fix." in play.shown
    assert "Left as they are: 3 safe, 1 unsafe" in play.shown
    assert "Fixed 2 findings in 2 files." in play.shown
    compile((project / "b.py").read_text(), "b.py", "exec")


def test_all_of_them_give_what_fix_unsafe_gives(play: Session, project: Path) -> None:
    play.press("yyyyyy")
    assert play.end() == 0
    expected = fix_text(SOURCE, level=Applicability.UNSAFE).after
    assert (project / "a.py").read_text() == (project / "b.py").read_text() == expected


def test_rules_that_are_ignored_are_neither_asked_about_nor_left(project: Path) -> None:
    session = Session(project, "--ignore", "LR108", "a.py")
    session.child.expect(r"1 of 2 in a.py")
    session.child.send("a")
    assert session.end() == 0
    assert fixed(project, "a.py") == {*SAFE}


def test_the_diff_the_level_and_its_reason_are_shown(play: Session) -> None:
    play.press("nn")
    first, second = re.split(ASKED, play.shown)[::3][:2]
    assert "\x1b[31m-one = tf.train.cosine_decay(0.1, step, 100)" in first
    assert "\x1b[32m+one = tf.keras.optimizers.schedules.CosineDecay(0.1, 100)(step)" in first
    assert "three" not in first.replace(" three = tf.train", "")
    assert re.search(r"safe\x1b\[0m: the numbers are equal", first)
    assert re.search(r"unsafe\x1b\[0m: Keras 3 has no class for it", second)
    assert "[~]" in second


def test_no_color_is_respected(project: Path) -> None:
    session = Session(project, NO_COLOR="1")
    session.press("n")
    assert "\x1b[" not in session.shown
    session.child.close(force=True)


def test_all_takes_nothing_less_safe_unasked(play: Session, project: Path) -> None:
    play.press("a" + "n" + "n")
    assert play.end() == 1
    assert fixed(project, "a.py") == fixed(project, "b.py") == {*SAFE}


def test_all_at_an_unsafe_fix_takes_everything_that_follows(play: Session, project: Path) -> None:
    play.press("na")
    assert play.end() == 1
    assert (fixed(project, "a.py"), fixed(project, "b.py")) == ({"two", "three"}, {*CALLS})


def test_file_reaches_to_its_end(play: Session, project: Path) -> None:
    play.press("ff" + "nnn")
    assert play.end() == 1
    assert (fixed(project, "a.py"), fixed(project, "b.py")) == ({*CALLS}, set())


def test_quit_writes_what_was_chosen(play: Session, project: Path) -> None:
    play.press("nyq")
    assert play.end() == 1
    assert (fixed(project, "a.py"), (project / "b.py").read_text()) == ({"two"}, SOURCE)
    assert "Stopped: " in play.shown


def test_the_end_of_the_input_quits(play: Session, project: Path) -> None:
    play.press("y\x04")
    assert play.end() == 1
    assert fixed(project, "a.py") == {"one"}


@pytest.mark.parametrize("signalled", [False, True])
def test_an_interrupt_keeps_the_finished_files_and_leaves_the_one_at_hand(
    play: Session, project: Path, signalled: bool
) -> None:
    play.press("ynn" + "y")
    if signalled:
        play.child.expect(ASKED)
        play.child.kill(signal.SIGINT)
    else:
        play.press("\x03")
    assert play.end() == 1
    assert (fixed(project, "a.py"), (project / "b.py").read_text()) == ({"one"}, SOURCE)
    assert "b.py is left as it was." in play.shown
    assert "Fixed 1 finding in 1 file." in play.shown
    assert "Traceback" not in play.shown
    assert sorted(os.listdir(project)) == ["a.py", "b.py"]


def test_other_keys_show_the_help(play: Session, project: Path) -> None:
    play.press("?\x1b\r")
    play.press("q")
    assert play.end() == 1
    assert play.shown.count("apply this fix and all that follow") == 3
    assert fixed(project, "a.py") == set()


def test_a_file_that_changed_meanwhile_is_not_touched(play: Session, project: Path) -> None:
    play.press("yy")
    play.child.expect(ASKED)
    (project / "a.py").write_text("# edited\n" + SOURCE)
    play.child.send("q")
    assert play.end() == 2
    assert "a.py: not written: the file has changed since it was read" in play.shown
    assert (project / "a.py").read_text() == "# edited\n" + SOURCE


def test_nested_sites_and_notebooks(tmp_path: Path) -> None:
    path = FIXTURES / "tf1" / "exp_in_step_of_another.in.py"
    (tmp_path / "nested.py").write_bytes(path.read_bytes())
    book = FIXTURES / "notebooks" / "magics.in.ipynb"
    (tmp_path / "z.ipynb").write_bytes(book.read_bytes())
    session = Session(tmp_path, ".")
    session.child.expect(r"\?\] ")
    session.child.send("a")
    assert session.end() == 1
    out = path.with_name(path.name.replace(".in.", ".out."))
    assert (tmp_path / "nested.py").read_bytes() == out.read_bytes()
    assert (tmp_path / "z.ipynb").read_bytes() == book.with_name("magics.out.ipynb").read_bytes()


def test_a_notebook_shows_its_code_and_not_its_json(tmp_path: Path) -> None:
    book = FIXTURES / "notebooks" / "magics.in.ipynb"
    (tmp_path / "z.ipynb").write_bytes(book.read_bytes())
    session = Session(tmp_path, ".")
    session.child.expect(r"\?\] ")
    assert "cell 4:2:8" in session.child.before
    assert "-rate = tf.train.exponential_decay(\x1b" in session.child.before
    assert "\\n" not in session.child.before
    session.child.close(force=True)


def test_a_source_cannot_steer_the_terminal(tmp_path: Path) -> None:
    source = SOURCE.replace("step, 100)", "step, 100)  # \x1b]0;title\x07\x1b[2J")
    (tmp_path / "a.py").write_text(source)
    session = Session(tmp_path, "a.py")
    session.press("n")
    assert "\\x1b]0;title\\x07\\x1b[2J" in session.shown
    assert "\x07" not in session.shown
    assert "\x1b[2J" not in session.shown
    session.child.close(force=True)


def test_without_a_terminal_it_refuses(project: Path) -> None:
    done = run_cli("fix", "--interactive", "a.py", cwd=project)
    assert done.returncode == 2
    assert b"Error: --interactive asks on a terminal, and there is none" in done.stderr
    assert (project / "a.py").read_text() == SOURCE
    for other in (["--verify", "a.py"], ["-"]):
        done = run_cli("fix", "--interactive", *other, cwd=project)
        assert done.returncode == 2
        assert b"--interactive works on files, and without --verify" in done.stderr


def test_nothing_to_fix(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    session = Session(tmp_path, ".")
    assert session.end() == 0
    assert "Nothing to fix." in session.shown


def test_a_rule_can_be_explained_before_it_is_answered(play: Session, project: Path) -> None:
    play.press("ey")
    play.press("q")
    play.end()
    assert "LR106: tf.train.cosine_decay" in play.shown
    assert "After (safe):" in play.shown
    assert fixed(project, "a.py") == {"one"}


def test_a_proof_that_cannot_be_had_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = project / "python"
    bare.write_text("#!/bin/sh\necho no disk left >&2\nexit 1\n")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    report = check_text(SOURCE, "a.py")
    assert re.match("Not verified: .*no disk left", _verdict(report, report.findings[0]))


@pytest.mark.tensorflow
def test_a_fix_can_be_verified_before_it_is_answered(play: Session, project: Path) -> None:
    play.press("vy")
    play.press("q")
    play.end()
    assert re.search(r"(identical|close)\S* at the steps .* of 0\.\.", play.shown)
    assert fixed(project, "a.py") == {"one"}
