"""The JSON Schema of a configuration, made from the keys that are read.

`python -m lrmigrate.project.config_schema` writes it anew.
Editors complete and check `lrmigrate.toml` and `[tool.lrmigrate]` by it. What a schema cannot say, such as
which folders there are, is checked when the configuration is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lrmigrate.catalog import legacy_names, legacy_prefixes
from lrmigrate.model import FORMATS, Target
from lrmigrate.project.config_file import KEYS
from lrmigrate.rules import table
from lrmigrate.selection import EVERYTHING

FILE = "docs/lrmigrate.schema.json"
_CODES = {"type": "array", "items": {"$ref": "#/definitions/rule"}}
_STRINGS = {"type": "array", "items": {"type": "string"}}
_PATTERNS = {"type": "array", "items": {"type": "string", "minLength": 1}}
_FLAG = {"type": "boolean"}

#: What each key takes, and what it is for.
_TYPES: Mapping[str, tuple[Mapping[str, Any], str]] = MappingProxyType(
    {
        "select": (_CODES, "The rules to look for, in place of those that are on by default."),
        "ignore": (_CODES, "Rules that are put aside."),
        "extend-select": (_CODES, "Rules to look for as well."),
        "exclude": (_PATTERNS, "Paths that are skipped, as in .gitignore, in place of the default folders."),
        "extend-exclude": (_PATTERNS, "Paths that are skipped, as in .gitignore, as well."),
        "per-file-ignores": (
            {"type": "object", "additionalProperties": _CODES},
            "Patterns of paths, each with rules that are put aside there; `!` before one turns it round.",
        ),
        "unsafe-fixes": (_FLAG, "Whether unsafe fixes are applied."),
        "extend-safe-fixes": (_CODES, "Rules whose unsafe fixes count as safe."),
        "extend-unsafe-fixes": (_CODES, "Rules whose safe fixes count as unsafe."),
        "output-format": ({"enum": [*FORMATS]}, "How to report."),
        "target": (
            {"enum": [target.value for target in Target]},
            "What fixed code must run on; tf2 is Keras 2.4 or later.",
        ),
        "program": (
            {**_STRINGS, "minItems": 1},
            "The folders that the program is made of, relative to this file.",
        ),
        "names": (
            {"type": "object", "additionalProperties": {"$ref": "#/definitions/api"}},
            "Names of installed libraries, each with the API or the module that it stands for.",
        ),
        "force-exclude": (_FLAG, "Whether what is excluded is skipped even where it is named."),
        "fixable": (_CODES, "Rules whose fixes are offered, in place of all."),
        "unfixable": (_CODES, "Rules whose fixes are not offered."),
    }
)


def schema() -> dict[str, Any]:
    """The schema, as data."""
    rules = table().values()
    prefixes = {code[:length] for code in table() for length in range(2, len(code))}
    words = [EVERYTHING, *sorted(prefixes | {*table()}), *sorted(rule.name for rule in rules)]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "lrmigrate",
        "description": "lrmigrate.toml, or [tool.lrmigrate] of pyproject.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": {key: {"description": text, **kind} for key, (kind, text) in _TYPES.items()},
        "definitions": {
            "rule": {"description": "A code, the beginning of one, or a name.", "enum": words},
            "api": {
                "description": "A qualified name of Keras or TensorFlow.",
                "enum": sorted(legacy_names().keys() | legacy_prefixes()),
            },
        },
    }


def text() -> str:
    """The schema as the file has it."""
    assert _TYPES.keys() == KEYS.keys()
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    Path(FILE).write_text(text(), encoding="utf-8")
