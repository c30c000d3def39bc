"""Configuration files: where they are, what may stand in them, and what is wrong with them.

`.lrmigrate.toml`, `lrmigrate.toml`, or the section `[tool.lrmigrate]` of `pyproject.toml`, in this order.
Knows nothing of the command line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lrmigrate.model import FORMATS, Target, UserError
from lrmigrate.project.patterns import is_pattern
from lrmigrate.selection import Layer, UnknownCode, codes_of, nearest

NAMES = (".lrmigrate.toml", "lrmigrate.toml", "pyproject.toml")
_SHARED = "pyproject.toml"  # has a section of ours, or none


class BadConfig(UserError):
    """A configuration cannot be used. A sentence that names the file and the key."""


class _Wrong(UserError):
    """A value does not fit its key. A clause."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says; patterns are relative to its folder."""

    folder: str = ""
    layer: Layer = field(default_factory=Layer)
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unsafe_fixes: bool = False
    extend_safe_fixes: tuple[str, ...] = ()
    extend_unsafe_fixes: tuple[str, ...] = ()
    output_format: str | None = None
    target: Target = Target.KERAS3
    program: tuple[str, ...] = ()  # folders, absolute
    force_exclude: bool = False
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()  # of libraries, and what they stand for
    file: str = ""  # where all this stands


def in_folder(folder: str) -> Config | None:
    """The configuration in a folder, None when it has none; raises BadConfig."""
    for name in NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and (table := _table(path)) is not None:
            return _config(path, table)
    return None


def read(path: str) -> Config:
    """The configuration in a file that was named; raises BadConfig."""
    table = _table(path)
    if table is None:
        raise BadConfig(f"{path}: there is no section [tool.lrmigrate] in it")
    return _config(path, table)


def _table(path: str) -> dict[str, Any] | None:
    """The table with our keys; None when the file, shared with others, has none."""
    is_shared = os.path.basename(path) == _SHARED
    try:
        data = Path(path).read_bytes()
        if is_shared and b"lrmigrate" not in data:
            return None  # most projects: spares the parser
        table: Any = _parsed(data.decode())
    except (OSError, ValueError, RecursionError) as error:
        raise BadConfig(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    for key in ("tool", "lrmigrate") if is_shared else ():
        if not isinstance(table, dict) or key not in table:
            return None
        table = table[key]
    if not isinstance(table, dict):
        raise BadConfig(f"{path}: tool.lrmigrate is not a table; write [tool.lrmigrate]")
    return table


def _parsed(text: str) -> dict[str, Any]:
    """The data of a TOML text; raises ValueError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def assigned(assignments: Iterable[str]) -> dict[str, Any]:
    """The fields of a Config that `key = value`, as TOML has it, sets; raises BadConfig.

    A word without quotes is a string, as shells leave them away.
    """
    import json

    table: dict[str, Any] = {}
    for text in assignments:
        key, _, value = (part.strip() for part in text.partition("="))
        for tried in (text, f"{key} = {json.dumps(value)}"):
            try:
                table |= _parsed(tried)
                break
            except (ValueError, RecursionError):
                continue
        else:
            raise BadConfig(f'--config {text}: write KEY=VALUE as in TOML, such as output-format="json"')
    return _values("--config", os.getcwd(), table) if table else {}


def _config(path: str, table: dict[str, Any]) -> Config:
    """The configuration in a table; raises BadConfig."""
    folder = os.path.dirname(os.path.abspath(path))
    return Config(folder, file=path, **_values(path, folder, table))


def _values(path: str, folder: str, table: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Config that a table sets; raises BadConfig, which names ``path``."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            near = nearest(key, KEYS)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(KEYS)}"
            raise BadConfig(f"{path}: unknown key {key!r}; {hint}")
        try:
            values[key.replace("-", "_")] = KEYS[key](value)
        except (_Wrong, UnknownCode) as error:
            raise BadConfig(f"{path}: {key}: {error}") from None
    if "program" in values:
        values["program"] = tuple(_folder(path, folder, name) for name in values["program"])
    if not values.keys().isdisjoint(_LAYER):
        values["layer"] = Layer(*(values.pop(name, default) for name, default in _LAYER.items()))
    return values


def _folder(path: str, folder: str, name: str) -> str:
    """A folder of the program, relative to that of the configuration, as an absolute path."""
    found = os.path.normpath(os.path.join(folder, name))
    if "\0" in name or not os.path.isdir(found):
        raise BadConfig(f"{path}: program: there is no folder {name!r} in {folder}")
    return found


def _strings(value: object) -> tuple[str, ...]:
    """A list of strings."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong(f'must be a list of strings, such as ["..."], not {_shown(value)}')
    return tuple(value)


def _folders(value: object) -> tuple[str, ...]:
    """A list of folders, at least one."""
    folders = _strings(value)
    if not folders:
        raise _Wrong("names no folder; leave it out, and the program is looked for around each file")
    return folders


def _patterns(value: object) -> tuple[str, ...]:
    """A list of patterns as in .gitignore."""
    patterns = _strings(value)
    for pattern in patterns:
        if not is_pattern(pattern):
            raise _Wrong(f"{pattern!r} is no pattern of .gitignore's")
    return patterns


def _codes(value: object) -> tuple[str, ...]:
    """A list of codes or prefixes of codes; raises UnknownCode."""
    prefixes = _strings(value)
    for prefix in prefixes:
        codes_of(prefix)
    return prefixes


def _ignores(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A table of patterns, each with a list of codes."""
    if not isinstance(value, dict):
        raise _Wrong(f'must be a table, such as {{ "tests/*" = ["LR1"] }}, not {_shown(value)}')
    return tuple((pattern, _codes(value[pattern])) for pattern in _patterns([*value]))


def _names(value: object) -> tuple[tuple[str, str], ...]:
    """A table of qualified names, each with the legacy API or the module that it stands for."""
    if not isinstance(value, dict) or not all(isinstance(path, str) for path in value.values()):
        example = '{ "mylib.tf" = "tensorflow.compat.v1" }'
        raise _Wrong(f"must be a table of names, such as {example}, not {_shown(value)}")
    from lrmigrate.catalog import LIBRARIES, legacy_names, legacy_prefixes

    known = legacy_names().keys() | legacy_prefixes()
    for path, meant in value.items():
        if not all(part.isidentifier() for part in path.split(".")):
            raise _Wrong(f"{path!r} is no name of a module, or of what stands in one")
        if path.partition(".")[0] in LIBRARIES:
            raise _Wrong(f"{path!r} is a name of {path.partition('.')[0]} itself, which is known")
        if meant not in known:
            near = nearest(meant, sorted(known))
            hint = f"did you mean {near}?" if near else "name what Keras or TensorFlow calls it"
            raise _Wrong(f"{meant!r} is no API that lrmigrate knows, nor on the way to one; {hint}")
    return tuple(sorted(value.items()))


def _flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise _Wrong(f"must be true or false, not {_shown(value)}")
    return value


def _one_of(value: object, known: Mapping[str, Any]) -> Any:
    """What one of several words stands for."""
    if not isinstance(value, str) or value not in known:
        near = nearest(value, known) if isinstance(value, str) else ""
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
        raise _Wrong(f"there is no {_shown(value)}; {hint}")
    return known[value]


def _shown(value: object) -> str:
    """A value as TOML would write it, in short."""
    return str(value).lower() if isinstance(value, bool) else repr(value)[:60]


def _output_format(value: object) -> str:
    """The name of a format."""
    return str(_one_of(value, {name: name for name in FORMATS}))


def _target(value: object) -> Target:
    """What the code must run on."""
    target: Target = _one_of(value, {target.value: target for target in Target})
    return target


_LAYER: Mapping[str, Any] = MappingProxyType({"select": None, "extend_select": (), "ignore": ()})
KEYS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "select": _codes,
        "ignore": _codes,
        "extend-select": _codes,
        "exclude": _patterns,
        "extend-exclude": _patterns,
        "per-file-ignores": _ignores,
        "unsafe-fixes": _flag,
        "extend-safe-fixes": _codes,
        "extend-unsafe-fixes": _codes,
        "output-format": _output_format,
        "target": _target,
        "program": _folders,
        "names": _names,
        "force-exclude": _flag,
        "fixable": _codes,
        "unfixable": _codes,
    }
)
