"""Comments that suppress findings, those that suppress nothing, and those that `--add-ignore` writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lrmigrate.engine.notebook import check_notebook
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.suppress import Comments, ignoring
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from lrmigrate.options import Options
from lrmigrate.project.add_ignore import Added, BadReason, add_ignores
from tests.conftest import FIXTURES, run_cli

HEAD = "import tensorflow as tf\n"
CALL = "tf.train.exponential_decay(0.1, s, 100, 0.5)"


def codes(text: str) -> list[str]:
    return [finding.code for finding in check_text(HEAD + text).findings]


@pytest.mark.parametrize(
    "comment",
    [
        "# lrmigrate: ignore[LR101]",
        "#lrmigrate:ignore [ LR101 ]",
        "# lrmigrate: ignore[LR201,LR101] as of issue #12  # lrmigrate: ignore[LR910]",
        "# lrmigrate: ignore",
        "# noqa",
        "# NoQA:LR101",
        "# noqa: E501 LR101",
        "# pragma: no cover # noqa: LR101, E501 words",
    ],
)
def test_what_suppresses(comment: str) -> None:
    found = codes(f"x = {CALL}  {comment}\n")
    assert "LR101" not in found


@pytest.mark.parametrize(
    "comment",
    [
        "# lrmigrate: ignore[LR102] # lrmigrate: ignore[LR910]",
        "# lrmigrate: ignore[LR101",
        "# lrmigrate: ignored",
        "# noqa: E501",
        "# noqa: words",
        "# ruff: noqa",
        "# no lrmigrate, ignore[LR101]",
    ],
)
def test_what_does_not(comment: str) -> None:
    assert "LR101" in codes(f"x = {CALL}  {comment}\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_python_does(newline: str) -> None:
    text = f'\x0c"é"\nx = [{CALL},  # noqa: LR101\n     {CALL}]\n'.replace("\n", newline)
    (finding,) = check_text(HEAD + text).findings
    assert finding.line == 4


def test_only_the_outer_call_is_suppressed_by_its_own_lines() -> None:
    inner = "tf.train.natural_exp_decay(0.1, s, 100, 0.5)"
    text = f"x = tf.train.exponential_decay(  # noqa: LR101\n    {inner},\n    s, 100, 0.5)\n"
    assert codes(text) == ["LR104"]


@pytest.mark.parametrize(
    "text",
    [
        f"x = {CALL}  # lrmigrate: ignore[LR1]\n",
        f"x = {CALL}  # noqa: LR102\n",
        f"x = {CALL}  # lrmigrate: ignore[lr101]\n",
        f"x = {CALL}  # lrmigrate: ignore[exponential]\n",
        "x = tf.train.exponential_decay(\n    0.1,\n    s,  # lrmigrate: ignore[LR101]\n    100, 0.5)\n",
        "x = tf.train.exponential_decay(\n    0.1,\n    s,  # lrmigrate: ignore\n    100, 0.5)\n",
    ],
)
def test_what_may_be_meant_is_told_and_left_alone(text: str) -> None:
    report = fix_text(HEAD + text, level=Applicability.UNSAFE)
    assert report.after == HEAD + text
    assert [(f.code, f.applicability.value) for f in report.findings] == [
        ("LR101", "manual"),
        ("LR910", "manual"),
    ]
    assert "`# lrmigrate: ignore[LR101]` on its first or last line" in report.findings[0].reason
    assert "it may be meant for LR101 at line 2" in report.findings[1].reason


def test_what_is_not_meant_just_goes() -> None:
    text = f"x = {CALL}  # lrmigrate: ignore[LR201]\ny = 1  # lrmigrate: ignore[LR1]\n"
    after = fix_text(HEAD + text).after or ""
    assert "ExponentialDecay" in after
    assert "#" not in after


def test_a_file_that_python_cannot_read_can_be_skipped() -> None:
    assert codes("print 'lr'\n") == ["LR901"]
    assert codes("# lrmigrate: skip-file\nprint 'lr'\n") == []
    assert codes("x = '# lrmigrate: skip-file'\nprint 'lr'\n") == ["LR901"]
    assert codes("print 'lr'  # lrmigrate: ignore[LR202]\n") == ["LR901"], "what is unused cannot be known"


def test_a_file_without_legacy_code_is_looked_at_for_its_comments(tmp_path: Path) -> None:
    for text in ("x = 1  # lrmigrate: ignore\n", "x = 1  # noqa: LR101\n"):
        assert is_candidate(text.encode())
        (tmp_path / "a.py").write_text(text)
        assert run_cli("check", tmp_path).returncode == 1
        assert run_cli("fix", "--write", tmp_path).returncode == 0
        assert (tmp_path / "a.py").read_text() == "x = 1\n"


def test_what_is_unused_does_not_depend_on_the_selection(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{HEAD}x = {CALL}  # lrmigrate: ignore[LR101]\n")
    assert run_cli("check", "--select", "LR2,LR910", tmp_path).returncode == 0
    (tmp_path / "a.py").write_text(f"{HEAD}x = {CALL}  # lrmigrate: ignore[LR102]\n")
    done = run_cli("check", "--ignore", "LR101", tmp_path)
    assert b"`# lrmigrate: ignore[LR102]` suppresses nothing" in done.stdout


def book(*sources: object) -> str:
    return json.dumps(
        {"nbformat": 4, "cells": [{"cell_type": "code", "source": s} for s in sources]}, indent=1
    )


def test_notebooks() -> None:
    raw = book(HEAD, ["%pip install x  # lrmigrate: skip-file\n", f"x = {CALL}  # noqa: LR101"])
    assert check_notebook(raw).findings == ()
    raw = book(["!ls \\\n", "  # lrmigrate: skip-file\n", HEAD], f"x = {CALL}")
    assert [finding.code for finding in check_notebook(raw).findings] == ["LR101"]
    assert check_notebook(book("# lrmigrate: skip-file", f"{HEAD}x = {CALL}", "lr = =")).findings == ()


def test_unused_comments_of_a_notebook() -> None:
    raw = book(["# lrmigrate: ignore[LR1]\n", "x = 1  # noqa: LR101\n", "y = 1 # lrmigrate: ignore"])
    after = json.loads(fix_text(raw, "n.ipynb").after or "")
    assert after["cells"][0]["source"] == ["x = 1\n", "y = 1"]


def test_a_suppressed_partner_makes_a_fix_unsafe() -> None:
    text = "from keras.optimizers import SGD\nopt = SGD(lr=0.1)\nopt.lr = 0.01  # noqa: LR302\n"
    (finding,) = check_text(text).findings
    assert (finding.code, finding.applicability) == ("LR201", Applicability.UNSAFE)


# --add-ignore


def ignored(path: Path, reason: str = "") -> Added:
    (added,) = add_ignores([(str(path), Options())], reason)
    return added


@pytest.mark.parametrize("group", ["tf1", "keras2", "hazards", "projects", "suppress"])
def test_every_finding_can_be_ignored(group: str, tmp_path: Path) -> None:
    for case in sorted((FIXTURES / group).glob("*.in.py")):
        path = tmp_path / case.name
        path.write_bytes(case.read_bytes())
        assert [f.code for f in ignored(path).report.findings if f.code != "LR910"] == []
        once = path.read_bytes()
        assert once.count(b"\r\n") == case.read_bytes().count(b"\r\n")
        assert once.count(b"\n") == case.read_bytes().count(b"\n")
        assert ignored(path).ignored == 0
        assert path.read_bytes() == once


def test_notebook_findings_can_be_ignored_and_nothing_else_changes(tmp_path: Path) -> None:
    for case in sorted((FIXTURES / "notebooks").glob("*.in.ipynb")):
        path = tmp_path / case.name
        path.write_bytes(case.read_bytes())
        assert {finding.code for finding in ignored(path).report.findings} <= {"LR901"}
        before, after = (json.loads(p.read_bytes()) for p in (case, path))
        for old, new in zip(before["cells"], after["cells"], strict=True):
            olds, news = ("".join(cell.pop("source")).split("\n") for cell in (old, new))
            assert len(olds) == len(news)
            assert all(line.startswith(was.rstrip()) for was, line in zip(olds, news, strict=True))
        assert before == after


def written(text: str, reason: str = "") -> list[str]:
    text = HEAD + text
    findings = check_text(text).findings
    lines = text.splitlines()
    for edit in sorted(ignoring(text, findings, reason), key=lambda edit: -edit.span.start):
        line = text.count("\n", 0, edit.span.start)
        column = edit.span.start - sum(len(one) + 1 for one in lines[:line])
        lines[line] = lines[line][:column] + edit.text + lines[line][column:]
    return lines[1:]


def test_where_comments_go() -> None:
    assert written(f"x = {CALL}", "old runs") == [f"x = {CALL}  # lrmigrate: ignore[LR101] old runs"]
    assert written(f"x = {CALL}  # words") == [f"x = {CALL}  # words  # lrmigrate: ignore[LR101]"]
    two = f"x = {CALL}, tf.train.natural_exp_decay(0.1, s, 9, 1)"
    assert written(two) == [f"{two}  # lrmigrate: ignore[LR101, LR104]"]
    assert written(f"{two}  # lrmigrate: ignore[LR104] why") == [
        f"{two}  # lrmigrate: ignore[LR104, LR101] why"
    ]
    # a line that goes on, by a backslash or in a string, has no place: the line that ends it has
    assert written(f"x = {CALL} \\\n    + 1") == [f"x = {CALL} \\", "    + 1  # lrmigrate: ignore[LR101]"]
    assert written(f'x = {CALL}, """\n"""') == [f'x = {CALL}, """', '"""  # lrmigrate: ignore[LR101]']


def test_encoding_and_links_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    data = f"# -*- coding: latin-1 -*-\r\n{HEAD.strip()}\r\nx = {CALL}  # é".encode("latin-1")
    path.write_bytes(data)
    path.chmod(0o750)
    (tmp_path / "link.py").symlink_to(path)
    assert ignored(tmp_path / "link.py", "naïve").ignored == 1
    assert path.read_bytes() == data + "  # lrmigrate: ignore[LR101] naïve".encode("latin-1")
    assert path.stat().st_mode & 0o777 == 0o750
    path.write_bytes(data)
    added = ignored(path, "→")
    assert "cannot be encoded as" in added.report.error
    assert path.read_bytes() == data
    assert sorted(os.listdir(tmp_path)) == ["a.py", "link.py"]


@pytest.mark.parametrize("reason", ["two\nlines", "a # b"])
def test_a_reason_is_one_line(reason: str) -> None:
    with pytest.raises(BadReason):
        add_ignores([], reason)


def test_add_ignore_says_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{HEAD}x = {CALL}\n")
    (tmp_path / "b.py").write_text(f"{HEAD}print 'lr'\n")
    done = run_cli("check", "--add-ignore", "a.py", "b.py", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == b"Ignored 1 finding in 1 file.\n"
    assert b"b.py:2:1 LR901" in done.stdout
    assert b"by hand: no comment can be put here; `extend-exclude`" in done.stdout
    done = run_cli("check", "--add-ignore=why", "a.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"Ignored 0 findings in 0 files.\n")
    assert (tmp_path / "a.py").read_text() == f"{HEAD}x = {CALL}  # lrmigrate: ignore[LR101]\n"
    assert run_cli("check", "--add-ignore", "-", stdin=b"x").returncode == 2


def test_comments_of_a_broken_text_are_those_before_the_break() -> None:
    assert len(Comments("# noqa\nx = (1, # noqa\n").comments) == 2


def lines_of(text: str) -> list[tuple[str, int]]:
    """The code and the line of every finding."""
    return [(finding.code, finding.line) for finding in check_text(HEAD + text).findings]


def test_a_rule_is_suppressed_by_its_name() -> None:
    assert codes(f"x = {CALL}  # lrmigrate: ignore[tf1-exponential-decay]\n") == []
    assert codes(f"x = {CALL}  # lrmigrate: ignore[tf1-cosine-decay]\n") == ["LR101", "LR910"]
    assert "LR101" in codes(f"x = {CALL}  # noqa: tf1-exponential-decay\n"), "Ruff's comments have no names"


@pytest.mark.parametrize("codes_off", ["", "[LR101]", " [tf1-exponential-decay] as of issue #12"])
def test_a_range(codes_off: str) -> None:
    text = f"a = {CALL}\n# lrmigrate: off{codes_off}\nb = {CALL}\nc = {CALL}\n# lrmigrate: on\nd = {CALL}\n"
    assert lines_of(text) == [("LR101", 2), ("LR101", 7)]


def test_a_range_reaches_to_the_end_and_is_for_its_codes_alone() -> None:
    other = "tf.train.cosine_decay(0.1, s, 100)"
    assert lines_of(f"# lrmigrate: off[LR101]\nb = {CALL}\nc = {other}\n") == [("LR106", 4)]
    assert lines_of(f"b = {CALL}\n# lrmigrate: on\n") == [("LR101", 2)]
    assert lines_of(f"# lrmigrate: offer\nb = {CALL}\n") == [("LR101", 3)]


def test_a_range_in_which_nothing_is_found_is_told_and_left() -> None:
    report = check_text(f"{HEAD}# lrmigrate: off\nx = 1\n# lrmigrate: on\ny = {CALL}\n")
    unused, legacy = report.findings
    assert (unused.code, unused.line, unused.edits) == ("LR910", 2, ())
    assert legacy.code == "LR101"


def test_a_slip_in_a_range_keeps_the_fixes_away() -> None:
    report = check_text(f"{HEAD}# lrmigrate: off[LR102]\nx = {CALL}\n# lrmigrate: on\ny = {CALL}\n")
    levels = {finding.line: finding.applicability for finding in report.findings}
    assert levels[3] is Applicability.MANUAL
    assert levels[5] is not Applicability.MANUAL


def test_what_is_in_a_range_counts_for_what_must_be_fixed_with_it() -> None:
    text = (
        "import keras\nopt = keras.optimizers.SGD(lr=0.1)\n# lrmigrate: off\nopt.lr = 0.01\n# lrmigrate: on\n"
    )
    (finding,) = check_text(text).findings
    assert (finding.code, finding.applicability) == ("LR201", Applicability.UNSAFE)
