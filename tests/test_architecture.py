"""Which room of the package may know which other one: imports go downwards, lazy ones too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "lrmigrate"
#: The rooms, lowest first: the folders and the modules at the top level.
ORDER = (
    "model",
    "edits",
    "catalog",
    "analysis",
    "rules",
    "selection",
    "options",
    "engine",
    "codemod",
    "docs",
    "__init__",
    "project",
    "report",
    "verify",
    "lsp",
    "cli",
    "__main__",
)
#: Who must not know whom although the order of the rooms would allow it.
STRANGERS = (
    ("lrmigrate.report", "lrmigrate.engine"),
    ("lrmigrate.report", "lrmigrate.project"),
    ("lrmigrate.project.config", "lrmigrate.project.files"),
    ("lrmigrate.project.config_file", "lrmigrate.project.files"),
    ("lrmigrate.project.files", "lrmigrate.engine"),
)
_IN_A_STRING = re.compile(r"(lrmigrate(?:\.\w+)+)\.?")


def module_of(path: Path) -> str:
    """`lrmigrate.cli.work`, for a folder's `__init__` that of the folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


MODULES = {module_of(path): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}


def room(module: str) -> str:
    """The room of a module; of the package itself `__init__`."""
    return module.split(".")[1]


def known(name: str) -> Iterator[str]:
    """The module or the folder of the package that a dotted name leads into."""
    parts = name.split(".")
    if parts[0] != "lrmigrate" or len(parts) < 2 or parts[1] not in ORDER:
        return
    while ".".join(parts) not in MODULES and len(parts) > 2:
        parts.pop()
    yield ".".join(parts)


def imports(module: str, text: str) -> Iterator[tuple[int, str]]:
    """The modules of the package that a module names in an import, or in a string on its own."""
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom(level=0, module=str(source)):
                names = [f"{source}.{alias.name}" for alias in node.names]
            case ast.ImportFrom():
                above = [*module.split("."), "__init__"][: -node.level - 1]
                source = ".".join([*above, *([node.module] if node.module else [])])
                names = [f"{source}.{alias.name}" for alias in node.names]
            case ast.Constant(value=str(word)) if match := _IN_A_STRING.fullmatch(word):
                names = [match[1]]
        yield from ((getattr(node, "lineno", 0), found) for name in names for found in known(name))


def upwards(module: str, text: str) -> list[str]:
    """The imports of a module that go to a room above its own."""
    floor = ORDER.index(room(module))
    return [
        f"{module}:{line} imports {other}"
        for line, other in imports(module, text)
        if ORDER.index(room(other)) > floor
    ]


def within(module: str, whole: str) -> bool:
    """Whether a module is another one, or stands below it."""
    return f"{module}.".startswith(f"{whole}.")


def test_every_room_has_its_place() -> None:
    assert {room(module) for module in MODULES} == set(ORDER)
    entries = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 17, entries


def test_imports_go_downwards() -> None:
    assert [arrow for module, text in MODULES.items() for arrow in upwards(module, text)] == []


def test_strangers_stay_strangers() -> None:
    found = [
        f"{module}:{line} imports {other}"
        for module, text in MODULES.items()
        for line, other in imports(module, text)
        for one, stranger in STRANGERS
        if within(module, one) and within(other, stranger)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "from lrmigrate.cli.output import Output",
        "from lrmigrate.cli import output",
        "from lrmigrate import cli",
        "import lrmigrate.cli.output as there",
        "def lazy():\n    if True:\n        from lrmigrate.cli import output",
        "if TYPE_CHECKING:\n    from lrmigrate.cli.output import Output",
        "from ..cli import output",
        "from .. import cli",
        "import_module('lrmigrate.cli.output')",
        "import_module(f'lrmigrate.cli.{name}')",
    ],
)
def test_no_way_up_is_missed(text: str) -> None:
    (arrow,) = upwards("lrmigrate.report.sarif", text)
    assert "imports lrmigrate.cli" in arrow
    assert upwards("lrmigrate.cli.page", text) == []


def test_what_is_no_room_is_no_arrow() -> None:
    text = "from lrmigrate import __version__\nimport json\nNAME = 'lrmigrate.toml'\n'see lrmigrate.cli.work'"
    assert list(imports("lrmigrate.model", text)) == []
