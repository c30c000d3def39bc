"""Errors for people: one base class, and each ends a command with one sentence and the exit code 2."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrmigrate import cli
from lrmigrate.analysis.notebook import NotANotebook
from lrmigrate.analysis.syntax import CannotParse
from lrmigrate.cli.errors import BadOutput, BadRequest, NoTerminal
from lrmigrate.engine.decoding import CannotDecode, CannotEncode
from lrmigrate.model import UserError
from lrmigrate.project.add_ignore import BadReason
from lrmigrate.project.baseline import BadBaseline
from lrmigrate.project.changes import NoChanges
from lrmigrate.project.cluster import NoCluster
from lrmigrate.project.config_file import BadConfig
from lrmigrate.project.patterns import BadPath
from lrmigrate.project.source import CannotWrite
from lrmigrate.selection import UnknownCode
from lrmigrate.verify.client import CannotVerify
from tests.cli.test_cli import LEGACY
from tests.conftest import ROOT

#: Whatever goes wrong in these reaches the command that was called.
ROOMS = (
    "selection",
    "project",
    "report",
    "lsp",
    "cli",
    "verify/client",
    "analysis/notebook",
    "analysis/syntax",
    "engine/decoding",
)
#: Errors whose text other sentences take up: a finding, the error of a file, the error of a configuration.
CLAUSES = {CannotDecode, CannotEncode, CannotWrite, CannotParse, NotANotebook}
COMMANDS: list[tuple[type[UserError], str]] = [
    (BadPath, "check gone.py"),
    (BadPath, "check legacy.py --exclude [z-a]"),
    (BadPath, "fix --verify gone.py"),
    (BadConfig, "check legacy.py --config gone.toml"),
    (BadConfig, "report legacy.py -o page.html --config x.toml --isolated"),
    (UnknownCode, "check legacy.py --select LR77"),
    (UnknownCode, "fix legacy.py --ignore nothing"),
    (UnknownCode, "explain LR77"),
    (BadOutput, "check legacy.py -o gone/report.txt"),
    (BadOutput, "check legacy.py --statistics --output-format sarif"),
    (BadOutput, "report legacy.py -o ."),
    (BadOutput, "report legacy.py -o legacy.py"),
    (BadBaseline, "check legacy.py --baseline gone.json"),
    (BadBaseline, "check legacy.py --baseline legacy.py"),
    (BadReason, "check legacy.py --add-ignore=a\nb"),
    (BadRequest, "check - legacy.py"),
    (BadRequest, "check - --add-ignore"),
    (BadRequest, "check legacy.py --update-baseline"),
    (BadRequest, "fix --interactive --verify legacy.py"),
    (BadRequest, "verify legacy.py --set x"),
    (BadRequest, "check legacy.py --config a.toml --config b.toml"),
    (BadRequest, "explain"),
    (BadRequest, "check @words"),
    (BadRequest, "fix legacy.py --baseline b.json --verify"),
    (BadRequest, "check legacy.py --diff --baseline b.json"),
    (BadRequest, "clean nowhere"),
    (BadConfig, "check legacy.py --config target=tf3"),
    (NoChanges, "check legacy.py --since nowhere"),
    (NoChanges, "check legacy.py --since -x"),
    (UnknownCode, "check legacy.py --fixable LR77"),
    (NoTerminal, "fix --interactive legacy.py"),
    (NoCluster, "check legacy.py --dask nonsense://"),
    (CannotVerify, "fix --verify legacy.py --python /no/python"),
    (CannotVerify, "report legacy.py -o page.html --verify --python /no/python"),
]


def errors() -> Iterator[type[Exception]]:
    """The exception classes of the rooms that a command can show."""
    for path in sorted((ROOT / "lrmigrate").rglob("*.py")):
        place = path.relative_to(ROOT / "lrmigrate").with_suffix("").as_posix()
        if any(f"{place}/".startswith(f"{room}/") for room in ROOMS):
            name = f"lrmigrate/{place}".removesuffix("/__init__").replace("/", ".")
            for _, found in inspect.getmembers(import_module(name), inspect.isclass):
                if issubclass(found, Exception) and found.__module__ == name:
                    yield found


ERRORS = sorted(errors(), key=lambda kind: kind.__name__)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file, as the working folder."""
    (tmp_path / "legacy.py").write_bytes(LEGACY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_errors_have_one_base_class(kind: type[Exception]) -> None:
    assert issubclass(kind, UserError)


def test_every_error_has_an_example() -> None:
    shown = {kind for kind in ERRORS if not kind.__name__.startswith("_")}
    assert shown == {kind for kind, _ in COMMANDS} | CLAUSES


@pytest.mark.parametrize(("kind", "arguments"), COMMANDS, ids=lambda value: getattr(value, "__name__", value))
def test_a_command_ends_with_a_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch, kind: type[UserError], arguments: str
) -> None:
    caught = []

    def fail(message: str) -> None:
        caught.append(sys.exc_info()[0])
        told(message)

    told = cli._fail
    monkeypatch.setattr(cli, "_fail", fail)
    result = CliRunner().invoke(cli.main, arguments.split(" "))
    assert caught == [kind]
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert len(line) > len("Error: ")
    assert (here / "legacy.py").read_bytes() == LEGACY


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("command", ["check .", "fix --write .", "report . -o page.html"])
def test_each_ends_every_command(
    here: Path, monkeypatch: pytest.MonkeyPatch, kind: type[UserError], command: str
) -> None:
    def fail(*_: object) -> None:
        error = kind.__new__(kind)
        error.args = ("it cannot be \x1b[31m",)
        raise error

    monkeypatch.setattr("lrmigrate.cli.work.run", fail)
    result = CliRunner().invoke(cli.main, command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: it cannot be \\x1b[31m\n"


def test_a_bug_is_no_sentence(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a bug of ours")

    monkeypatch.setattr("lrmigrate.cli.work.run", fail)
    result = CliRunner().invoke(cli.main, ["check", "."])
    assert isinstance(result.exception, ValueError)


@pytest.mark.parametrize("option", ["--select", "--extend-select", "--ignore"])
def test_a_wrong_code_names_the_options_that_have_it(here: Path, option: str) -> None:
    result = CliRunner().invoke(cli.main, ["check", "legacy.py", option, "LR77"])
    about = "--select, --extend-select or --ignore: there is no rule 'LR77'; did you mean LR107?"
    assert result.stderr == f"Error: {about}\n"
    result = CliRunner().invoke(cli.main, ["explain", "LR77"])
    assert result.stderr == "Error: there is no rule 'LR77'; did you mean LR107?\n"
