"""Notes are in every output, and ask the whole program where they apply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lrmigrate.engine.text import check_text
from lrmigrate.model import FORMATS, Applicability
from tests.conftest import run_cli
from tests.report.conftest import render

TEXT = "import tensorflow as tf\n\nopt = tf.keras.optimizers.Nadam(lr=0.01)\n"
NOTE = "its weights differ by up to 15 % within 24 updates"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_the_note(name: str) -> None:
    assert NOTE in render(name, [check_text(TEXT, "a.py")]).replace("%25", "%").replace("\\n", "\n")


def test_a_note_lowers_no_level() -> None:
    (finding,) = check_text(TEXT).findings
    assert (finding.applicability, finding.reason, len(finding.notes)) == (Applicability.SAFE, "", 1)


def test_json_always_has_the_list() -> None:
    plain = check_text(TEXT.replace("Nadam", "SGD"), "a.py")
    (finding,) = json.loads(render("json", [plain]))["files"][0]["findings"]
    assert finding["notes"] == []


@pytest.mark.parametrize(("beside", "said"), [("x = Embedding(9, 2)\n", 1), ("x = 1\n", 0)])
def test_gradients_are_sparse_where_a_file_of_the_program_says_so(
    tmp_path: Path, beside: str, said: int
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "layers.py").write_text(beside)
    main = tmp_path / "main.py"
    main.write_text(
        "import layers\nimport tensorflow as tf\n\nopt = tf.keras.optimizers.SGD(lr=0.1, momentum=0.9)\n"
    )
    found = run_cli("check", "--no-cache", "--output-format", "json", str(main))
    ((finding,),) = (file["findings"] for file in json.loads(found.stdout)["files"])
    assert len(finding["notes"]) == said


def test_what_was_fixed_says_its_notes_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    done = run_cli("fix", "--no-cache", "--write", str(path))
    assert f"Note: Keras 3's Nadam has another update rule: {NOTE} ({path}:3:7).\n" in done.stdout.decode()
