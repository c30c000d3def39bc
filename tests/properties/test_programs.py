"""What must hold for every program there is; tried on programs that a grammar makes up.

`HYPOTHESIS_PROFILE=long python -m pytest tests/properties -n 2` tries 56,100 of them.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections import Counter

from hypothesis import assume, given
from hypothesis import strategies as st

from lrmigrate.analysis.syntax import Source, compiles
from lrmigrate.engine.decoding import decode
from lrmigrate.engine.notebook import check_notebook
from lrmigrate.engine.passes import choose, fix_text
from lrmigrate.engine.policy import by_default
from lrmigrate.engine.prefilter import is_candidate
from lrmigrate.engine.text import all_edits, apply, check_text
from lrmigrate.model import Applicability, FileReport
from lrmigrate.rules.files import BUG
from tests.properties.programs import programs, sources

LEVELS = st.sampled_from([Applicability.SAFE, Applicability.UNSAFE])
COMPILING = sources().filter(compiles)


def comments(text: str) -> Counter[str]:
    text = re.sub("\r\n?", "\n", text)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


def checked(text: str) -> FileReport:
    return by_default(check_text(text))


def codes(report: FileReport) -> list[str]:
    return [finding.code for finding in report.findings]


@given(sources())
def test_check_and_fix_never_fail(text: str) -> None:
    report = fix_text(text, level=Applicability.UNSAFE)
    assert BUG.code not in codes(report)
    assert is_candidate(text.encode()) or not report.findings


@given(COMPILING, LEVELS)
def test_the_result_compiles(text: str, level: Applicability) -> None:
    assert compiles(fix_text(text, level=level).after or "")


@given(COMPILING, LEVELS)
def test_fixing_twice_changes_nothing(text: str, level: Applicability) -> None:
    once = fix_text(text, level=level).after or ""
    again = fix_text(once, level=level)
    assert (again.after, again.fixed) == (once, ())


@given(COMPILING, LEVELS)
def test_lines_without_an_edit_stay(text: str, level: Applicability) -> None:
    """In one pass: every line that no edit touches stands in the result, whole and in order."""
    wanted = [f for f in checked(text).findings if f.applicability.rank <= level.rank]
    chosen = choose(wanted)
    edits = all_edits(text, chosen)
    touched = [(edit.span.start, edit.span.end) for edit in edits]
    result = iter((apply(text, chosen) or "").splitlines(keepends=True))
    start = 0
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        if not any(first <= end and start <= last for first, last in touched):
            assert line in result
        start = end


@given(COMPILING, LEVELS)
def test_every_comment_survives(text: str, level: Applicability) -> None:
    after = fix_text(text, level=level).after or ""
    assert comments(text) - comments(after) == Counter()


@given(COMPILING)
def test_a_finding_stands_where_it_says(text: str) -> None:
    source = Source(text)
    for finding in checked(text).findings:
        claimed = text[finding.span.start : finding.span.end]
        assert source.position(finding.span.start) == (finding.line, finding.column)
        assert source.position(finding.span.end) == (finding.end_line, finding.end_column)
        assert isinstance(ast.parse(f"({claimed}\n)").body[0], ast.Expr)
        assert bool(finding.edits) == (finding.applicability is not Applicability.MANUAL)
        assert bool(finding.reason) == (finding.applicability is not Applicability.SAFE)


@given(COMPILING, st.data())
def test_any_choice_of_fixes_can_be_applied(text: str, data: st.DataObject) -> None:
    fixable = [finding for finding in checked(text).findings if finding.fixable]
    assume(fixable)
    wanted = data.draw(st.lists(st.sampled_from(fixable), unique_by=id))
    chosen = choose(wanted)
    result = apply(text, chosen)
    assert result is not None
    assert compiles(result)


@given(programs().filter(compiles), LEVELS)
def test_the_twin_with_other_newlines_gives_the_twin(text: str, level: Applicability) -> None:
    assume("'''" not in text)
    after = fix_text(text, level=level).after or ""
    for newline in ("\r\n", "\r"):
        twin = fix_text(text.replace("\n", newline), level=level)
        assert twin.after == after.replace("\n", newline)


@given(COMPILING, LEVELS)
def test_what_is_left_is_what_was_there_without_what_was_fixed(text: str, level: Applicability) -> None:
    fixed = fix_text(text, level=level)
    assert Counter(codes(checked(fixed.after or ""))) == Counter(codes(fixed))


@given(sources(), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_bytes_come_back(text: str, mark: bytes) -> None:
    data = mark + text.encode()
    decoded = decode(data)
    assert decoded.encode(decoded.text) == data


@given(programs().filter(compiles), LEVELS)
def test_a_notebook_is_told_what_a_file_is_told(text: str, level: Applicability) -> None:
    book = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": text.splitlines(True)}]})
    assume("".join(text.splitlines(True)) == text)
    assert codes(by_default(check_notebook(book))) == codes(checked(text))
    fixed = fix_text(book, "n.ipynb", level)
    source = "".join(json.loads(fixed.after or "")["cells"][0]["source"])
    assert source.rstrip() == (fix_text(text, level=level).after or "").rstrip()
