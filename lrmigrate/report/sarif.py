"""Findings as SARIF 2.1.0, with fixes.

A result has its site's own fix first: applied alone it leaves a file that works. A file's first result
with a fix has a second one, unless it would be the same: all of the file's fixes together, because fixes
that touch each other, or that only together make an import idle, are more than the sum of their parts.
Columns count UTF-16 code units; regions of notebooks are those of their JSON.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lrmigrate import __version__
from lrmigrate.edits import ordered, splice
from lrmigrate.model import Edit, FileReport, Finding, Span
from lrmigrate.report.fixer import Fixer
from lrmigrate.report.places import NEWLINES, Lines, Places, Region, in_words, portable
from lrmigrate.report.terminal import explained
from lrmigrate.rules import table
from lrmigrate.rules.rule import Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/lrmigrate/lrmigrate"


def render(reports: Sequence[FileReport], fixer: Fixer) -> str:
    """The JSON text of a log with one run; ``fixer`` says what each fix makes of its file."""
    run = {
        "tool": {"driver": _driver()},
        "columnKind": "utf16CodeUnits",
        "newlineSequences": list(NEWLINES),
        "invocations": [_invocation(reports)],
        "results": [result for report in reports for result in _results(report, fixer)],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver() -> dict[str, Any]:
    """The tool and its rules."""
    listed = [_rule(rule) for rule in table().values()]
    return {"name": "lrmigrate", "version": __version__, "informationUri": _HOME, "rules": listed}


def _rule(rule: Rule) -> dict[str, Any]:
    """What there is to say of a rule."""
    unsafe = f"\n\nWhen a fix is unsafe or not offered: {rule.unsafe}" if rule.unsafe else ""
    example = f"\n\n```python\n{rule.example.strip()}\n```" if rule.example else ""
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title.replace("`", "")},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.why + unsafe, "markdown": rule.why + example + unsafe},
        "helpUri": f"{_HOME}/blob/main/docs/rules.md#{rule.code.lower()}",
    }


def _invocation(reports: Sequence[FileReport]) -> dict[str, Any]:
    """Whether every file could be read and written."""
    errors = [report.error for report in reports if report.error]
    notes = [{"level": "error", "message": {"text": error}} for error in errors]
    return {"executionSuccessful": not errors, **({"toolExecutionNotifications": notes} if notes else {})}


def _results(report: FileReport, fixer: Fixer) -> Iterator[dict[str, Any]]:
    """The results of one file, as it is now."""
    report = replace(report, before=report.text, after=None, written=False)
    places, where = Places(report), _location(report.path)
    first = next((finding for finding in report.findings if finding.fixable), None)
    codes = list(table())
    for finding, known in zip(report.findings, places.fingerprints(), strict=True):
        fixes = [*_fixes(finding, report, finding is first, fixer)] if finding.fixable else []
        region = _region(places.region(finding), places.file)
        location: dict[str, Any] = {"physicalLocation": {"artifactLocation": where, "region": region}}
        if finding.cell:
            location["logicalLocations"] = [{"name": f"cell {finding.cell}", "kind": "module"}]
        yield {
            "ruleId": finding.code,
            **({"ruleIndex": codes.index(finding.code)} if finding.code in codes else {}),
            "level": "warning",
            "message": {"text": "\n".join([in_words(finding), *explained(finding)])},
            "locations": [location],
            "partialFingerprints": {"lrmigrate/v1": known},
            **({"fixes": [_change(*fix, places, where) for fix in fixes]} if fixes else {}),
            "properties": {"applicability": finding.applicability.value, "notes": [*finding.notes]},
        }


def _fixes(
    finding: Finding, report: FileReport, first: bool, fixer: Fixer
) -> Iterator[tuple[str, list[Edit]]]:
    """The fix of a site, with the imports that it alone makes idle; with the ``first``, the file's."""
    before = report.before or ""
    edits = ordered(fixer.edits(report, finding))
    yield f"Fix {finding.code} ({finding.applicability.value})", edits
    if first:
        after = fixer.all_fixed(report)
        if after is not None and after != splice(before, edits):
            changes = list(_difference(before, after))
            yield "Fix the whole file (safe and unsafe fixes)", changes


def _difference(before: str, after: str) -> Iterator[Edit]:
    """The edits of whole lines that turn one text into another."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    offsets = [0]
    for line in old:
        offsets.append(offsets[-1] + len(line))
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            yield Edit(Span(offsets[start], offsets[end]), "".join(new[new_start:new_end]))


def _change(description: str, edits: Iterable[Edit], places: Places, where: dict[str, str]) -> dict[str, Any]:
    """Edits of one file as a fix."""
    replacements = []
    for edit in edits:
        inserted = {"insertedContent": {"text": edit.text}} if edit.text else {}
        replacements.append({"deletedRegion": _region(places.of(edit.span), places.file), **inserted})
    return {
        "description": {"text": description},
        "artifactChanges": [{"artifactLocation": where, "replacements": replacements}],
    }


def _region(region: Region, lines: Lines) -> dict[str, int]:
    """A region with its columns in UTF-16 code units."""
    return {
        "startLine": region.line,
        "startColumn": _utf16(lines[region.line], region.column),
        "endLine": region.end_line,
        "endColumn": _utf16(lines[region.end_line], region.end_column),
    }


def _utf16(line: str, column: int) -> int:
    """A 1-based column in characters as one in UTF-16 code units."""
    return column + sum(ord(character) > 0xFFFF for character in line[: column - 1])


def _location(path: str) -> dict[str, str]:
    """A path as a URI, relative to the root of the sources unless it is absolute."""
    if os.path.isabs(path):
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(os.fsencode(portable(path))), "uriBaseId": "%SRCROOT%"}
