"""The formats for machines, each read by someone else's reader or by its published rules."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import cmarkgfm
import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml

from lrmigrate.engine.text import check_text
from lrmigrate.model import FORMATS, FileReport
from lrmigrate.report.terminal import place, printable
from tests.conftest import FIXTURES, ROOT, run_cli
from tests.report.conftest import NAMES, render, report_of

NOTEBOOK = FIXTURES / "notebooks" / "magics.in.ipynb"
COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")
# From GitLab's documentation of the Code Quality report format: the fields that it reads.
CODE_QUALITY: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]+$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "positions"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!/|\./)"},
                    "positions": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["line"],
                            "properties": {
                                "line": {"type": "integer", "minimum": 1},
                                "column": {"type": "integer", "minimum": 1},
                            },
                        },
                    },
                },
            },
        },
    },
}


def commands(text: str) -> Iterator[tuple[dict[str, str], str]]:
    """What the runner of GitHub Actions reads: properties and message of each line that is a command."""

    def unescaped(value: str, *more: tuple[str, str]) -> str:
        for escape, character in (*more, ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            value = value.replace(escape, character)
        return value

    for line in text.splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = (pair.split("=", 1) for pair in match["properties"].split(","))
        colon_and_comma = (("%3A", ":"), ("%2C", ","))
        yield {k: unescaped(v, *colon_and_comma) for k, v in pairs}, unescaped(match["message"])


def test_github(reports: list[FileReport]) -> None:
    findings = [(report, finding) for report in reports for finding in report.findings]
    read = list(commands(render("github", reports)))
    for (report, finding), (properties, message) in zip(findings, read, strict=True):
        assert properties["file"] == report.path
        assert f"{finding.code} {finding.message}" in message
        assert finding.reason in message
        if not finding.cell:
            assert int(properties["line"]) == finding.line
            assert ("col" in properties) == (finding.line == finding.end_line)


def test_github_shows_what_one_command_mends_as_a_notice_and_the_rest_by_its_level(
    reports: list[FileReport],
) -> None:
    words = {"safe": "notice", "unsafe": "warning", "manual": "error"}
    levels = [words[finding.applicability.value] for report in reports for finding in report.findings]
    assert [line.split(" ", 1)[0] for line in render("github", reports).splitlines()] == [
        f"::{level}" for level in levels
    ]
    assert {*levels} == {*words.values()}


def test_github_survives_hostile_files(hostile: list[FileReport]) -> None:
    text = render("github", hostile)
    read = list(commands(text))
    assert [properties["file"] for properties, _ in read[::3]] == [shown(name) for name in NAMES]
    assert len(read) == 3 * len(NAMES)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def shown(name: str) -> str:
    """A name as GitHub reads it: newlines come through, other control characters do not."""
    return "\n".join(map(printable, name.split("\n")))


def test_gitlab(reports: list[FileReport], hostile: list[FileReport]) -> None:
    for some in (reports, hostile, []):
        issues = json.loads(render("gitlab", some))
        jsonschema.validate(issues, CODE_QUALITY)
        prints = [issue["fingerprint"] for issue in issues]
        assert len(set(prints)) == len(prints)
    assert len(issues) == 0


def test_fingerprints_do_not_move_with_the_lines() -> None:
    text = "import tensorflow as tf\n" + 2 * "lr = tf.train.cosine_decay(0.1, step, 100)\n"
    moved = "# a line\n" + text
    prints = [
        [issue["fingerprint"] for issue in json.loads(render("gitlab", [check_text(version, "a.py")]))]
        for version in (text, moved)
    ]
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == 2


def test_junit(reports: list[FileReport], hostile: list[FileReport], tmp_path: Path) -> None:
    for some in (reports, hostile):
        path = tmp_path / "report.xml"
        path.write_text(render("junit", some), encoding="utf-8")
        xml = JUnitXml.fromfile(str(path))
        cases = [case for suite in xml for case in suite]
        findings = sum(len(report.findings) for report in some)
        errors = sum(bool(report.error) for report in some)
        assert (xml.tests, xml.failures, xml.errors) == (findings + errors, findings, errors)
        assert (len(cases), xml.skipped) == (findings + errors, 0)
        kinds = [type(result) for case in cases for result in case.result]
        assert (kinds.count(Failure), kinds.count(Error)) == (findings, errors)


def test_junit_of_a_clean_run_is_one_test_that_passes() -> None:
    xml = JUnitXml.fromstring(render("junit", [check_text("x = 1\n")]).encode())
    ((case,),) = ([*suite] for suite in xml)
    assert (xml.tests, xml.failures, xml.errors, case.result) == (1, 0, 0, [])


def rows(text: str) -> list[list[ET.Element]]:
    """The cells of each row of the table of findings, as GitHub's own parser makes them."""
    html = ET.fromstring(f"<html>{cmarkgfm.github_flavored_markdown_to_html(text)}</html>")
    return [[*row] for row in html.iterfind("table/tbody/tr")]


def plain(cell: ET.Element) -> str:
    return "".join(cell.itertext())


@pytest.mark.parametrize("tens", range(20))
def test_markdown(reports: list[FileReport], tens: int) -> None:
    few = reports[10 * tens : 10 * tens + 10]  # that nothing is left out for want of room
    findings = [(report, finding) for report in few for finding in report.findings]
    for (report, finding), row in zip(findings, rows(render("markdown", few)), strict=True):
        where, rule, message, fix = map(plain, row)
        assert (where, rule) == (place(report.path, finding), finding.code)
        assert message.replace("`", "") == finding.message.replace("`", "")
        assert finding.reason.replace("`", "") in fix.replace("`", "")
        assert [element.tag for element in row[2]] == ["code"] * (finding.message.count("`") // 2)


def test_markdown_survives_hostile_files(hostile: list[FileReport]) -> None:
    text = render("markdown", hostile)
    bad = rows(text)[1::2]
    for name, row in zip(NAMES, bad, strict=True):
        where, _, message, fix = map(plain, row)
        shown = printable(name)
        assert (where, message, fix) == (f"{shown}:2:6", f"see {shown}", f"safe: because of {shown}")
        assert {element.tag for cell in row for element in cell} == {"code"}
    html = cmarkgfm.github_flavored_markdown_to_html(text)
    assert not re.search(r"<(img|a|script)\b", html)
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert "@everyone" not in outside
    assert "#1" not in outside


def test_markdown_fits_into_a_comment(reports: list[FileReport]) -> None:
    text = render("markdown", [*reports, *reports])
    assert len(text) < 65_536
    *shown, rest = rows(text)
    total = sum(len(report.findings) for report in reports) * 2
    assert plain(rest[2]) == f"… and {total - len(shown)} lines more"


def test_json_lines_are_the_findings_of_json(reports: list[FileReport]) -> None:
    fixed = [*reports, replace(reports[0], findings=(), fixed=reports[0].findings, error="no: luck")]
    lines = [json.loads(line) for line in render("jsonl", fixed).splitlines()]
    expected = []
    for file in json.loads(render("json", fixed))["files"]:
        expected += [{"path": file["path"], "error": file["error"]}] if file["error"] else []
        for key in ("findings", "fixed"):
            expected += [{"path": file["path"], "fixed": key == "fixed", **f} for f in file[key]]
    assert lines == expected


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_a_control_character_through(name: str, hostile: list[FileReport]) -> None:
    text = re.sub(r"\x1b\[\d*(;\d+)*m", "", render(name, hostile)) if name in ("text", "concise") else ""
    text = text or render(name, hostile)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\udc80-\udcff]", text)
    assert text.isascii() or "naïve-名前" in text


@pytest.mark.parametrize("name", FORMATS)
def test_notebooks_name_the_cell_and_its_line(name: str) -> None:
    text = render(name, [report_of(NOTEBOOK)])
    words = {
        "json": '"cell": 4,\n          "line": 2',
        "jsonl": '"cell": 4, "line": 2',
        "text": "cell 4:2:8",
        "concise": "cell 4:2:8",
        "markdown": "cell 4:2:8",
    }
    assert words.get(name, "cell 4, line 2: ") in text


ALL_FORMATS = """
import json, sys
from click.testing import CliRunner
from lrmigrate.cli import main
from lrmigrate.model import FORMATS
runs = {name: CliRunner().invoke(main, ["check", "--output-format", name, "m9.py", "."]) for name in FORMATS}
assert {run.exit_code for run in runs.values()} == {1}
print(json.dumps({name: run.stdout for name, run in runs.items()}))
"""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """What every format has to say of the same files with other seeds of hashes, in other processes."""
    folder = tmp_path_factory.mktemp("seeds")
    for number in range(30):  # enough for the process pool
        (folder / f"m{number}.py").write_text("import keras\nprint(model.optimizer.lr)\n")
    (folder / "n.ipynb").write_bytes(NOTEBOOK.read_bytes())
    texts = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", ALL_FORMATS], cwd=folder, env=environment, capture_output=True, check=True
        )
        texts.append(json.loads(done.stdout))
    return texts


@pytest.mark.parametrize("name", FORMATS)
def test_two_runs_say_the_same(name: str, seeds: list[dict[str, str]]) -> None:
    first, second = (texts[name] for texts in seeds)
    assert "m9.py" in first
    assert first == second


def test_json_fits_its_schema(reports: list[FileReport], hostile: list[FileReport], tmp_path: Path) -> None:
    validator = jsonschema.Draft7Validator(json.loads((ROOT / "docs/report.schema.json").read_text()))
    validator.check_schema(validator.schema)
    for some in (reports, hostile, []):
        assert [error.message for error in validator.iter_errors(json.loads(render("json", some)))] == []
    for source in (FIXTURES / "hazards").glob("*.in.py"):
        (tmp_path / source.name.replace(".in", "")).write_bytes(source.read_bytes())
    for command in (["check"], ["fix"], ["fix", "--write"], ["fix", "--write", "--unsafe"]):
        printed = run_cli(*command, "--output-format", "json", cwd=tmp_path).stdout
        data = json.loads(printed)
        assert [error.message for error in validator.iter_errors(data)] == []
    assert any(finding.cell for report in reports for finding in report.findings), "a notebook is among them"
