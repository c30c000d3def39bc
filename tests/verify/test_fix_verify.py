"""`fix --verify`: a rewriter that is wrong must not get its work written."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.sites import Site
from lrmigrate.catalog.schema import Decay
from lrmigrate.cli import main
from lrmigrate.model import Edit
from lrmigrate.rules.epoch import shapes
from lrmigrate.rules.proposal import Draft, Proposal
from lrmigrate.rules.schedules import decay

pytestmark = pytest.mark.tensorflow

LEGACY = "import tensorflow as tf\n\nrate = tf.train.exponential_decay(0.1, step, 1000, 0.96)\n"
FIXED = (
    "import tensorflow as tf\n\n"
    "rate = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.96)(step)\n"
)


PROPOSE = decay.propose_decay


def off_by_one(context: Context, site: Site, row: Decay) -> Proposal:
    """The honest proposal, but for decay_steps."""
    proposal = PROPOSE(context, site, row)
    assert site.call
    steps = next(n for n in ast.walk(site.call) if isinstance(n, ast.Constant) and n.value == 1000)

    def write(draft: Draft) -> None:
        proposal.write(draft)
        draft.edits.append(Edit(context.source.span(steps), "1001"))

    return Proposal(proposal.rule, proposal.message, write)


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(LEGACY)
    return path


def test_what_is_verified_is_written(legacy: Path) -> None:
    done = CliRunner().invoke(main, ["fix", "--verify", "--write", str(legacy)])
    assert done.exit_code == 0, done.output
    assert legacy.read_text() == FIXED


def test_a_wrong_rewrite_is_not_written(legacy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decay, "propose_decay", off_by_one)
    done = CliRunner().invoke(main, ["fix", "--verify", "--write", str(legacy)])
    assert done.exit_code == 1
    assert legacy.read_text() == LEGACY
    assert "the fix would change the numbers: at step 125 the old rate is 0.0994910225" in done.output
    without = CliRunner().invoke(main, ["fix", "--write", str(legacy)])
    assert without.exit_code == 0
    assert "1001" in legacy.read_text()  # the mistake is real


STAGES = "import keras\n\nkeras.optimizers.SGD(learning_rate=lambda step: 0.1 if step < 10 else 0.01)\n"


def test_a_boundary_one_late_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "train.py"
    path.write_text(STAGES)
    monkeypatch.setattr(shapes, "_last_step", lambda limit, factor: str(limit * factor))
    done = CliRunner().invoke(main, ["fix", "--unsafe", "--verify", "--write", str(path)])
    assert done.exit_code == 1
    assert path.read_text() == STAGES
    assert "at step 10 the old rate is 0.00999999978, the new one 0.100000001" in done.output
    monkeypatch.undo()
    done = CliRunner().invoke(main, ["fix", "--unsafe", "--verify", "--write", str(path)])
    assert done.exit_code == 0, done.output
    assert "[9], [0.1, 0.01])" in path.read_text()


def test_what_cannot_be_compared_is_not_written(tmp_path: Path) -> None:
    """A wrong rate is no witness for a right one; a name (LR301) changes no rate."""
    path = tmp_path / "train.py"
    wrong = "rate = keras.optimizers.schedules.ExponentialDecay(1, 10, 0.5)\n"
    path.write_text(f"import keras\n\n{wrong}opt = keras.optimizers.SGD(0.1)\nprint(opt.lr)\n")
    done = CliRunner().invoke(main, ["fix", "--unsafe", "--verify", "--write", str(path)])
    assert done.exit_code == 1
    assert "not verified: no old rate is right, to compare with" in done.output
    text = path.read_text()
    assert wrong in text
    assert "opt.learning_rate" in text
    without = CliRunner().invoke(main, ["fix", "--unsafe", "--write", str(path)])
    assert without.exit_code == 0
    assert "ExponentialDecay(1.0, 10, 0.5)" in path.read_text()
