"""The JSON Schema says of a configuration what reading it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from lrmigrate.project.config_file import KEYS, BadConfig, read
from lrmigrate.project.config_schema import FILE, schema, text
from tests.conftest import ROOT

GOOD = [
    "",
    'select = ["LR1", "LR202"]',
    'select = ["ALL"]\nignore = ["lr-argument"]\nextend-select = ["LR6"]',
    'exclude = ["a"]\nextend-exclude = ["b/*.py"]',
    '[per-file-ignores]\n"tests/*" = ["LR4"]',
    "unsafe-fixes = true\nforce-exclude = false",
    'extend-safe-fixes = ["LR1"]\nextend-unsafe-fixes = ["LR2"]',
    'output-format = "json"\ntarget = "tf2"',
    'program = ["."]',
    '[names]\n"a.b" = "tensorflow.compat.v1"',
    'fixable = ["ALL"]\nunfixable = ["LR501"]',
]
BAD = [
    'selct = ["LR1"]',
    'select = "LR1"',
    'select = ["LR77"]',
    "exclude = [1]",
    'exclude = [""]',
    'per-file-ignores = ["LR1"]',
    'unsafe-fixes = "yes"',
    'output-format = "jso"',
    'target = "keras4"',
    "program = []",
    '[names]\n"a.b" = "keras.nonsense"',
]


def complaints(table: dict[str, Any]) -> list[str]:
    """What the schema has against a configuration."""
    validator = jsonschema.Draft7Validator(schema())
    return [error.message for error in validator.iter_errors(table)]


def test_it_is_a_schema_and_up_to_date() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    assert (ROOT / FILE).read_text() == text(), "run `python -m lrmigrate.project.config_schema`"
    assert json.loads(text())["properties"].keys() == KEYS.keys()


@pytest.mark.parametrize("config", [*GOOD, *BAD])
def test_it_agrees_with_the_reader(tmp_path: Path, config: str) -> None:
    path = tmp_path / "lrmigrate.toml"
    path.write_text(config)
    is_good = config in GOOD
    assert (complaints(tomllib.loads(config)) == []) == is_good
    if is_good:
        read(str(path))
    else:
        with pytest.raises(BadConfig):
            read(str(path))


def test_every_key_has_an_example() -> None:
    assert {key for config in GOOD for key in tomllib.loads(config)} == KEYS.keys()
