"""`lrmigrate show`: the rates of schedules, by their formulas or run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import run_cli

FILE = """
import keras
import tensorflow as tf
SIZE = 50
rate = keras.optimizers.schedules.PiecewiseConstantDecay([2 * SIZE, 200], [0.1, 0.01, 0.001])
old = tf.train.exponential_decay(FLAGS.lr, step, 100, 0.5)
optimizer = keras.optimizers.SGD(lr=0.1, decay=0.01)
adam = keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(0.1, 200, 0.0))
constant = keras.optimizers.Adam(0.1)
"""


def shown(*words: str, cwd: Path | None = None) -> tuple[int, str, str]:
    done = run_cli("show", *words, cwd=cwd) if cwd else run_cli("show", *words)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def rates(*words: str, cwd: Path | None = None) -> list[list[float]]:
    code, output, errors = shown(*words, "--output-format", "json", cwd=cwd)
    assert code == 0, (output, errors)
    found = json.loads(output)["schedules"]
    assert all(one["by"] == "by its formula" for one in found)
    return [one["rates"] for one in found]


def rows(output: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("│").split("│")] for line in output.splitlines() if "│" in line
    ]


def test_the_first_program_of_all() -> None:
    """193,608 samples in batches of 2,048: 95 steps an epoch."""
    text = "ExponentialDecay(0.1, 95, 0.95, staircase=True)"
    code, output, _ = shown(text, "--samples", "193608", "--batch-size", "2048", "--epochs", "6")
    assert code == 0
    assert output.startswith(f"{text}  (by its formula)\n")
    found = [(int(epoch), int(step), float(rate)) for epoch, step, rate in rows(output)]
    assert found == [(epoch, 95 * epoch, pytest.approx(0.1 * 0.95**epoch, rel=1e-5)) for epoch in range(6)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tf.train.exponential_decay(0.1, step, 95, 0.5, staircase=True)", [0.1, 0.05, 0.025]),
        ("exponential_decay(0.1, step, 190, 0.25)", [0.1, 0.05, 0.025]),
        ("tf.compat.v1.train.natural_exp_decay(0.1, step, 95, 0.5)", [0.1, 0.0606530660, 0.0367879441]),
        ("keras.optimizers.schedules.InverseTimeDecay(0.1, 95, 0.5)", [0.1, 0.1 / 1.5, 0.05]),
        (
            "tf.keras.optimizers.schedules.PolynomialDecay(0.1, 190, power=2.0)",
            [0.1, 0.0999 / 4 + 1e-4, 1e-4],
        ),
        ("PolynomialDecay(0.1, 100, 0.0, cycle=True)", [0.1, 0.005, 0.005]),
        ("CosineDecay(0.1, 190, alpha=0.1)", [0.1, 0.055, 0.01]),
        ("CosineDecayRestarts(0.2, 38, 1.0)", [0.2, 0.1, 0.2]),
        ("tf.train.linear_cosine_decay(0.1, step, 190, beta=0.0)", [0.1, 0.025, 0.0]),
        ("tf.train.piecewise_constant(step, [95, 100], [0.1, 0.2, 0.3])", [0.1, 0.1, 0.3]),
        ("PiecewiseConstantDecay([94], [0.1, 0.2])", [0.1, 0.2, 0.2]),
        ("SGD(lr=0.1, decay=0.01)", [0.1, 0.1 / 1.95, 0.1 / 2.9]),
        ("keras.optimizers.Adam(decay=0.01)", [0.001, 0.001 / 1.95, 0.001 / 2.9]),
    ],
)
def test_formulas(text: str, wanted: list[float]) -> None:
    if "Restarts" in text:
        (found,) = rates(text, "--steps-per-epoch", "19", "--epochs", "2")
        assert found == pytest.approx(wanted[:2])
        return
    (found,) = rates(text, "--steps-per-epoch", "95", "--epochs", "3")
    assert found == pytest.approx(wanted)


def test_several_at_once_old_and_new() -> None:
    code, output, _ = shown("ExponentialDecay(0.1, 10, 0.5)", "exponential_decay(0.1, s, 10, 0.5)")
    assert code == 0
    assert [row[0] for row in rows(output)] == [str(3 * step) for step in range(11)]
    assert all(one == other for _, one, other in rows(output))


def test_every_schedule_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(FILE)
    code, output, _ = shown("train.py", "--steps-per-epoch", "100", "--epochs", "3", cwd=tmp_path)
    assert code == 2
    assert "train.py:6  tf.train.exponential_decay(FLAGS.lr, step, 100, 0.5)  not shown: `FLAGS.lr`" in output
    assert [row[2:] for row in rows(output)] == [
        ["0.1", "0.1", "0.1"],
        ["0.1", "0.05", "0.05"],
        ["0.01", "0.0333333", "0"],
    ]
    found = rates("train.py", "--set", "FLAGS.lr=0.4", "--steps-per-epoch", "100", cwd=tmp_path)
    assert len(found) == 4
    assert found[1][:2] == pytest.approx([0.4, 0.2])


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("foo(3)", 2, "no schedule that lrmigrate knows"),
        ("none.py", 2, "No such file"),
        ("0.1 +", 2, "neither a file nor an expression"),
        ("SGD(0.1)", 2, "constant rate"),
        ("exponential_decay(0.1)", 2, "takes (learning_rate"),
        ("ExponentialDecay(0.1, 0, 0.5)", 2, "`decay_steps` must be above 0"),
        ("ExponentialDecay(0.1, 10)", 2, "`decay_rate` is missing"),
        ("ExponentialDecay(rate, 10, 0.5)", 2, "--set rate=VALUE"),
    ],
)
def test_what_cannot_be_shown_is_said(text: str, code: int, said: str) -> None:
    status, output, errors = shown(text)
    assert status == code
    assert said in output + errors


@pytest.mark.parametrize("name", ["rates.png", "rates.svg"])
def test_a_picture(tmp_path: Path, name: str) -> None:
    words = ["ExponentialDecay(0.1, 10, 0.5, True)", "CosineDecay(0.1, 30)", "--plot", name, "--log"]
    code, output, _ = shown(*words, cwd=tmp_path)
    assert code == 0
    assert f"Wrote {name}." in output
    assert (tmp_path / name).stat().st_size > 5_000


@pytest.mark.tensorflow
def test_what_float32_tells_is_run() -> None:
    """41 steps: a graph multiplies by a reciprocal, and the staircase drops one step later."""
    code, output, _ = shown("ExponentialDecay(0.1, 41, 0.5, staircase=True)", "--steps-per-epoch", "41")
    assert code == 0
    assert "(run, tensorflow " in output
    assert rows(output)[1] == ["1", "41", "0.1"]


@pytest.mark.tensorflow
def test_what_the_catalogue_has_no_formula_for_is_run() -> None:
    text = "CosineDecay(0.1, 100, warmup_target=0.2, warmup_steps=10)"
    code, output, _ = shown(text, "--steps-per-epoch", "5", "--epochs", "3")
    assert code == 0
    assert "(run, tensorflow " in output
    assert [float(row[2]) for row in rows(output)] == pytest.approx([0.1, 0.15, 0.2])
