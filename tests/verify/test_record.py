"""The recorder beside the program: that it is run as Python runs it. And records, held against each other."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lrmigrate.verify.record import match, recorder
from lrmigrate.verify.record.read import BadRecord, read
from tests.conftest import run_cli

RECORDER = Path(recorder.__file__)
PROGRAM = """
import sys
print(sys.argv, __name__, __file__, sys.path[0], __spec__, sorted(globals()))
def fails():
    return 1 / int(sys.argv[1])
fails()
sys.exit(7)
"""


def run(*command: str | Path, where: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=where,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_recorder_is_of_the_standard_library_and_of_python_3_6() -> None:
    tree = ast.parse(RECORDER.read_text(), feature_version=(3, 6))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names) - {"__future__"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]


@pytest.mark.parametrize("words", [["2", "-x", "--steps", "3"], ["0"]])
def test_a_program_is_run_as_python_runs_it(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    plain = run("program.py", *words, where=tmp_path)
    assert plain[0] == (7 if words[0] == "2" else 1)
    assert run(RECORDER, "-o", "r.jsonl", "program.py", *words, where=tmp_path) == plain
    first, *_, last = entries(tmp_path / "r.jsonl")
    assert (first["record"], first["program"], first["arguments"]) == (1, "program.py", words)
    assert last == {"end": "whole" if words[0] == "2" else "ZeroDivisionError"}


def test_a_module_is_run_as_python_runs_it(tmp_path: Path) -> None:
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool/__main__.py").write_text(
        "import sys\nprint(sys.argv, __name__, __spec__.name, sys.path[0])\nsys.exit('no')\n"
    )
    plain = run("-m", "tool", "a", where=tmp_path)
    assert plain[0] == 1
    assert run(RECORDER, "-o", "r.jsonl", "-m", "tool", "a", where=tmp_path) == plain
    assert run(RECORDER, "-o", "r.jsonl", "tool", "a", where=tmp_path) == run("tool", "a", where=tmp_path)


def test_the_command_becomes_the_program(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    done = run_cli("record", "program.py", "2", "--steps", "9", cwd=tmp_path)
    assert done.returncode == 7
    assert b"'2', '--steps', '9'" in done.stdout
    assert entries(tmp_path / "program.rates.jsonl")[-1] == {"end": "whole"}
    assert run_cli("record", "program.py", "2", cwd=tmp_path).returncode == 7, "a record may be written anew"


def test_what_is_no_record_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "notes.txt").write_text("mine\n")
    done = run_cli("record", "-o", "notes.txt", "program.py", cwd=tmp_path)
    assert done.returncode == 2
    assert b"not a record" in done.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "none/r.jsonl", "program.py"], b"there is no folder"),
        (["--python", "/none/python", "program.py"], b"cannot be started"),
        (["notebook.ipynb"], b"as a script first"),
    ],
)
def test_what_cannot_be_run_is_said(tmp_path: Path, words: list[str], said: bytes) -> None:
    done = run_cli("record", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def record(
    folder: Path,
    name: str,
    rates: list[float],
    end: str | None = "whole",
    function: str = "<module>",
    epochs: int = 0,
    more: tuple[tuple[str, list[float]], ...] = (),
) -> Path:
    """A record of a program with an optimizer in ``function``, and some more."""
    lines: list[dict[str, object]] = [{"record": 1, "program": f"{name}.py", "arguments": []}]
    for number, (where, values) in enumerate([(function, rates), *more]):
        lines.append(
            {
                "optimizer": str(number),
                "class": "a.SGD",
                "file": f"/x/{name}.py",
                "line": 3,
                "function": where,
            }
        )
        for update, rate in enumerate(values):
            epoch = {"e": update // epochs} if epochs else {}
            lines.append({"o": str(number), "u": update, "r": rate, **epoch})
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    if end:
        with path.open("a") as stream:
            stream.write(json.dumps({"end": end}) + "\n")
    return path


def compared(folder: Path, *options: str) -> tuple[int, str, str]:
    done = run_cli("compare", "old.jsonl", "new.jsonl", *options, cwd=folder)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_equal_runs(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1, 0.05, 0.025], epochs=1)
    record(tmp_path, "new", [0.1, 0.05, 0.025])
    code, output, _ = compared(tmp_path)
    assert code == 0
    assert "identical" in output
    assert "Verified 1 site: 1 identical." in output
    assert [line.strip("│ ").split() for line in output.splitlines() if line.startswith("│")][2] == (
        ["2", "│", "2", "│", "0.025", "│", "0.025"]
    )


def test_the_first_difference_is_told_with_both_rates(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1, 0.05, 0.025, 0.1])
    record(tmp_path, "new", [0.1, 0.05, 0.05, 0.2])
    code, output, _ = compared(tmp_path)
    assert code == 1
    assert "different: at step 2 the old rate is 0.025, the new one 0.05" in output
    assert compared(tmp_path, "--steps", "2")[0] == 0
    assert compared(tmp_path, "--tolerance", "1")[0] == 0


def test_rounding_is_close(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1])
    record(tmp_path, "new", [0.1000001])
    code, output, _ = compared(tmp_path)
    assert code == 0
    assert "close" in output
    assert compared(tmp_path, "--tolerance", "0")[0] == 1


def test_a_run_with_fewer_updates_is_another_one_unless_it_was_cut_short(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1, 0.1])
    record(tmp_path, "new", [0.1])
    code, output, _ = compared(tmp_path)
    assert code == 1
    assert "the old run made 2 updates, the new one 1" in output
    for end in ("stopped", None):
        record(tmp_path, "new", [0.1], end)
        code, output, _ = compared(tmp_path)
        assert code == 0
        assert "cut short" in output


def test_a_killed_run_is_readable(tmp_path: Path) -> None:
    path = record(tmp_path, "old", [0.1, 0.2], None)
    path.write_text(path.read_text()[:-9])
    assert read(str(path)).optimizers[0].rates == [0.1]
    assert not read(str(path)).whole


def test_optimizers_are_matched_by_place_then_by_order(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1], function="generator", more=(("critic", [0.2]), ("spare", [0.3])))
    record(tmp_path, "new", [0.2], function="critic", more=(("generator", [0.1]), ("other", [0.3])))
    assert compared(tmp_path)[0] == 0
    record(tmp_path, "new", [0.2], function="critic", more=(("generator", [0.1]),))
    code, output, _ = compared(tmp_path)
    assert code == 1
    assert "has no optimizer for it" in output


def test_a_log_is_enough(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text("Wall time,Step,Value\n1.5,0,0.1\n1.6,2,0.025\n")
    record(tmp_path, "new", [0.1, 0.05, 0.025, 0.0125])
    code, output, _ = compared(tmp_path)
    assert code == 0, output
    assert "2 in 0..2" in output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither a record nor a CSV"),
        ("a,b\n1,2\n", "neither a record nor a CSV"),
        ("step,rate\n1,x\n", "line 2 has no step and rate"),
        ('{"record":1,"program":"a.py"}\n{"note":"odd"}\n', "no update of an optimizer was recorded (odd)"),
        ('{"a":1}\n{"b":2}\n', "not a record"),
        ('{"record":1,"program":"a"}\n{"o"\n{"end":1}\n', "line 2 is no JSON"),
    ],
)
def test_what_is_no_record(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "old.jsonl").write_text(text)
    record(tmp_path, "new", [0.1])
    code, _, errors = compared(tmp_path)
    assert code == 2
    assert said in errors
    with pytest.raises(BadRecord):
        read(str(tmp_path / "old.jsonl"))


def test_csv_and_pictures(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1, 0.05])
    record(tmp_path, "new", [0.1, 0.05])
    code, output, _ = compared(tmp_path, "--csv", "out.csv", "--plot", "pictures")
    assert code == 0
    assert output.splitlines()[-2:] == ["Wrote out.csv.", "Wrote pictures/001-old-3.png."]
    assert (tmp_path / "out.csv").read_text().count("\n") == 3
    (picture,) = (tmp_path / "pictures").iterdir()
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_json(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1, 0.05])
    record(tmp_path, "new", [0.1, 0.5])
    code, output, _ = compared(tmp_path, "--output-format", "json")
    assert code == 1
    assert [verdict["verdict"] for verdict in json.loads(output)["verdicts"]] == ["different"]


def test_a_table_of_steps_is_not_held_to_their_number(tmp_path: Path) -> None:
    record(tmp_path, "old", [0.1] * 3)
    record(tmp_path, "new", [0.1] * 3)
    runs = read(str(tmp_path / "old.jsonl")), read(str(tmp_path / "new.jsonl"))
    assert [verdict.steps for verdict in match.verdicts(*runs)] == ["3 in 0..2"]
