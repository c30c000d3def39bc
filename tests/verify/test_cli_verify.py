"""`lrmigrate verify` as its users see it: table, exit codes, files."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, run_cli

pytestmark = pytest.mark.tensorflow

HEAD = "import tensorflow as tf\n\n"
OLD = f"{HEAD}rate = tf.train.exponential_decay(0.1, step, 10, 0.5, staircase=True)\n"
NEW = f"{HEAD}rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, {{0}}, 0.5, staircase=True)(step)\n"
MIXED = (
    f"{OLD}other = tf.train.cosine_decay(FLAGS.lr, step, FLAGS.n)\nbad = tf.train.cosine_decay(0.1, step)\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.py").write_text(OLD)
    (tmp_path / "good.py").write_text(NEW.format(10))
    (tmp_path / "wrong.py").write_text(NEW.format(11))
    (tmp_path / "mixed.py").write_text(MIXED)
    return tmp_path


def run(folder: Path, *arguments: str | Path) -> tuple[int, str, str]:
    done = run_cli("verify", *arguments, cwd=folder)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_table(folder: Path) -> None:
    code, output, errors = run(folder, "mixed.py")
    assert (code, errors) == (0, "")
    for text in ("mixed.py:3", "mixed.py:4", "tf.train.exponential_decay(0.1, step, 10, 0.5", "identical"):
        assert text in output
    assert "-> tf.keras.optimizers.schedules.CosineDecay(FLAGS.lr, FLAGS.n)(step)" in output
    assert "0..30" in output
    assert "in 10 draws" in output
    assert output.splitlines()[-1].startswith("Verified 2 sites: ")
    assert "\x1b[" not in output


def test_a_wrong_migration_by_hand_gives_1_and_the_counterexample(folder: Path) -> None:
    code, output, _ = run(folder, "--before", "old.py", "--after", "wrong.py", "--output-format", "json")
    assert code == 1
    (verdict,) = json.loads(output)["verdicts"]
    assert verdict["verdict"] == "different"
    assert verdict["detail"] == "at step 10 the old rate is 0.0500000007, the new one 0.100000001"
    code, output, _ = run(folder, "--before", "old.py", "--after", "wrong.py")
    assert code == 1
    assert "at step 10" in output
    assert output.splitlines()[-1] == "Verified 1 site: 1 different."


def test_json_csv_and_pictures(folder: Path) -> None:
    """All at once, with the rates per epoch: one start of TensorFlow."""
    pytest.importorskip("matplotlib")
    more = ("--csv", "rates.csv", "--plot", "pictures", "--steps-per-epoch", "5", "--steps", "60")
    pins = ("--set", "FLAGS.lr=0.5", "--set", "FLAGS.n=20")
    code, output, errors = run(folder, "mixed.py", *pins, *more, "--output-format", "json")
    assert (code, errors) == (0, "")
    data = json.loads(output)
    assert data.keys() == {"version", "tool", "libraries", "verdicts", "summary"}
    assert data["version"] == 1
    assert data["tool"].startswith("lrmigrate 0.")
    assert data["libraries"].keys() == {"tensorflow", "keras"}
    assert data["summary"].keys() == {"identical", "close", "different", "refused"}
    assert data["summary"]["identical"] + data["summary"]["close"] == 2
    first, second = data["verdicts"]
    assert (first["path"], first["line"], first["ulps"], first["verdict"]) == ("mixed.py", 3, 0, "identical")
    assert first["steps"] == "all of 0..60"
    assert second["line"] == 4
    assert second["relative"] <= 5e-7

    with (folder / "rates.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "line", "verdict", "step", "epoch", "old", "new"]
    assert [int(row["step"]) for row in rows] == [*range(61)] * 2
    assert {row["verdict"] for row in rows} <= {"identical", "close"}
    assert [float(row["epoch"]) for row in rows[:61]] == [step / 5 for step in range(61)]
    assert [float(row["old"]) for row in rows[:61:10]] == pytest.approx([0.1 * 0.5**k for k in range(7)])
    assert all(row["old"] == row["new"] for row in rows[:61])
    assert float(rows[61]["new"]) == 0.5

    pictures = sorted((folder / "pictures").iterdir())
    assert [path.name for path in pictures] == ["001-mixed-3.png", "002-mixed-4.png"]
    for path in pictures:
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert path.stat().st_size > 10_000


def test_rates_per_epoch_of_the_first_program() -> None:
    """193,608 samples in batches of 2,048: 95 steps an epoch."""
    path = FIXTURES / "projects/staircase_in_a_session.in.py"
    done = run_cli("verify", path, "--samples", "193608", "--batch-size", "2048")
    assert done.returncode == 0
    lines = [line.strip("│┃ ").split() for line in done.stdout.decode().splitlines()]
    cells = [[cell for cell in line if cell not in "│┃"] for line in lines]
    for row in (["0", "0", "0.1", "0.1"], ["1", "95", "0.095", "0.095"], ["2", "190", "0.09025", "0.09025"]):
        assert row in cells


def test_catalogue() -> None:
    done = run_cli("verify", "--catalog", "--output-format", "json")
    assert done.returncode == 0
    assert done.stderr == b"", "no progress bar when piped"
    verdicts = json.loads(done.stdout)["verdicts"]
    refused = [verdict["old"] for verdict in verdicts if verdict["verdict"] == "refused"]
    assert len(verdicts) >= 16
    assert all("Nadam" in old for old in refused)


def test_what_cannot_be_compared_is_no_difference(folder: Path) -> None:
    (folder / "empty.py").write_text(HEAD)
    code, output, _ = run(folder, "--before", "old.py", "--after", "empty.py")
    assert code == 0
    assert "refused: there is no counterpart" in output


def test_nothing_to_verify(folder: Path) -> None:
    assert run(folder, "good.py")[:2] == (0, "Nothing to verify.\n")


@pytest.mark.parametrize("setting", ["TF_USE_LEGACY_KERAS=1", "KERAS_BACKEND=jax", "KERAS_HOME=."])
def test_the_users_settings_change_nothing(
    folder: Path, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras 2 would take `lr=` in silence; jax is not here, and rates are not of 64 bits."""
    monkeypatch.setenv(*setting.split("="))
    (folder / "keras.json").write_text('{"floatx": "float64", "epsilon": 0.5, "backend": "jax"}')
    (folder / "kept.py").write_text(f"{HEAD}optimizer = tf.keras.optimizers.SGD(lr=0.1, decay=0.01)\n")
    code, output, _ = run(folder, "--before", "kept.py", "--after", "kept.py", "--output-format", "json")
    assert code == 1
    assert "not recognized" in json.loads(output)["verdicts"][0]["detail"]
    code, output, _ = run(folder, "kept.py", "good.py")
    assert (code, output.splitlines()[-1]) == (0, "Verified 1 site: 1 identical.")


BAD = {
    "nothing named": ([], "name either paths, or --before and --after, or --catalog"),
    "half a pair": (["--before", "old.py"], "name either paths"),
    "paths and catalogue": (["old.py", "--catalog"], "name either paths"),
    "paths and versions": (["old.py", "--before", "old.py", "--after", "good.py"], "name either paths"),
    "samples alone": (["old.py", "--samples", "10"], "--samples and --batch-size together"),
    "batch size alone": (["old.py", "--batch-size", "10"], "--samples and --batch-size together"),
    "both ways": (
        ["old.py", "--steps-per-epoch", "3", "--samples", "10", "--batch-size", "2"],
        "give either --steps-per-epoch, or",
    ),
    "set without value": (["old.py", "--set", "FLAGS.lr"], "--set FLAGS.lr: write NAME=VALUE"),
    "set to code": (["old.py", "--set", "lr=open('x', 'w')"], "write NAME=VALUE"),
    "set without name": (["old.py", "--set", "=3"], "write NAME=VALUE"),
    "no such path": (["nowhere"], "nowhere: No such file"),
    "no such version": (["--before", "old.py", "--after", "nowhere.py"], "nowhere.py: No such file"),
    "version that does not parse": (["--before", "old.py", "--after", "bad.py"], "cannot be parsed"),
    "no such Python": (["old.py", "--python", "nowhere"], "nowhere cannot be started"),
    "Python without TensorFlow": (["old.py", "--python", "./bare"], "pip install 'lrmigrate[verify]'"),
    "no steps": (["old.py", "--steps", "0"], "--steps"),
    "too many steps": (["old.py", "--steps", str(2**31)], "--steps"),
    "no time": (["old.py", "--time-limit", "-1"], "--time-limit"),
    "time that is no number": (["old.py", "--time-limit", "nan"], "--time-limit"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_requests_give_2_and_a_sentence(folder: Path, name: str) -> None:
    arguments, sentence = BAD[name]
    (folder / "bad.py").write_text("rate = (\n")
    (folder / "bare").write_text(
        f"#!{sys.executable}\nimport sys\nsys.exit(\"ModuleNotFoundError: No module named 'tensorflow'\")\n"
    )
    (folder / "bare").chmod(0o755)
    code, output, errors = run(folder, *arguments)
    assert (code, output) == (2, ""), errors
    assert sentence in errors
    assert "Traceback" not in errors
    assert not (folder / "x").exists()


def test_files_that_cannot_be_written_give_2(folder: Path) -> None:
    code, _, errors = run(folder, "old.py", "--csv", "nowhere/rates.csv", "--steps", "5")
    assert code == 2
    assert "nowhere/rates.csv: No such file or directory" in errors


def test_files_that_cannot_be_read_do_not_stop_the_others(folder: Path) -> None:
    (folder / "broken.py").write_text(OLD + "(\n")
    (folder / "latin.py").write_bytes(OLD.encode() + b"# \xe9\n")
    code, output, errors = run(folder, ".", "--steps", "5")
    assert "Traceback" not in errors
    assert code in (0, 2)
    assert "Verified 3 sites" in output


def test_what_cannot_be_read_is_an_error(folder: Path) -> None:
    (folder / "link.py").symlink_to("/proc/self/mem")
    code, _, errors = run(folder, "link.py")
    assert (code, errors) == (2, "Error: link.py: cannot be read: Input/output error\n")


def test_lists_of_steps_and_the_like_give_a_verdict(folder: Path) -> None:
    (folder / "odd.py").write_text(f"{HEAD}rate = tf.train.cosine_decay(0.1, [1, 2], 50)\n")
    code, output, errors = run(folder, "odd.py", "--unsafe")
    assert "Traceback" not in errors
    assert code == 0
    assert "1 refused" in output
