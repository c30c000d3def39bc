"""Golden pairs, and what must hold for each of them whatever it says.

`NAME.in.py` is legacy code, `NAME.out.py` the result of the safe fixes, `NAME.unsafe.py` that of the
unsafe ones too (each only where it differs from the one before), `NAME.txt` the findings with message
and reason, in `optimizers` those of rules that are off by default too. Files in `noop` must stay silent.
"""

from __future__ import annotations

import io
import tokenize
from functools import lru_cache
from pathlib import Path

import pytest

from lrmigrate.edits import splice
from lrmigrate.engine.decoding import decode
from lrmigrate.engine.passes import choose
from lrmigrate.engine.passes import fix_text as fix_text_anew
from lrmigrate.engine.policy import by_default
from lrmigrate.engine.text import apply
from lrmigrate.engine.text import check_text as check_text_anew
from lrmigrate.model import Applicability, FileReport, Finding
from lrmigrate.rules.files import UNUSED
from tests.conftest import FIXTURES

SAFE, UNSAFE = Applicability.SAFE, Applicability.UNSAFE
CASES = sorted(
    path
    for group in ("tf1", "keras2", "hazards", "optimizers", "projects", "suppress")
    for path in (FIXTURES / group).glob("*.in.py")
)
NOOP = sorted((FIXTURES / "noop").glob("*.py"))

# All tests of a case follow each other, see `case`; what they have in common is computed once.
check_text = lru_cache(maxsize=8)(check_text_anew)


@lru_cache(maxsize=16)
def fix_text(text: str, level: Applicability = SAFE) -> FileReport:
    return fix_text_anew(text, level=level)


def case_id(path: Path) -> str:
    return f"{path.parent.name}/{path.name.partition('.')[0]}"


def twin(path: Path, suffix: str) -> Path:
    return path.with_name(path.name.replace(".in.py", suffix))


def read(path: Path) -> str:
    return decode(path.read_bytes()).text


def listed(findings: tuple[Finding, ...]) -> str:
    """Findings as the golden files have them: place, code and level, message, clauses of the reason."""
    lines = []
    for finding in findings:
        cell = f"cell {finding.cell} " if finding.cell else ""
        level = finding.applicability.value
        lines.append(f"{cell}{finding.line}:{finding.column} {finding.code} {level}")
        lines.append(f"    {finding.message}")
        lines += [f"    = {clause}" for clause in finding.reason.split("; ") if clause]
        lines += [f"    ~ {note}" for note in finding.notes]
    return "".join(f"{line}\n" for line in lines)


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sorted(token.string for token in tokens if token.type == tokenize.COMMENT)


@pytest.fixture(params=CASES, ids=case_id, scope="module")
def case(request: pytest.FixtureRequest) -> Path:
    """A legacy program. The scope has pytest run all tests of one case before those of the next."""
    return Path(request.param)


@pytest.fixture(params=[SAFE, UNSAFE], ids=["safe", "unsafe"])
def fixed(request: pytest.FixtureRequest, case: Path) -> FileReport:
    return fix_text(read(case), request.param)


def test_output_and_findings(case: Path, request: pytest.FixtureRequest) -> None:
    text = read(case)
    safe, unsafe = (fix_text(text, level).after for level in (SAFE, UNSAFE))
    report = check_text(text)
    found = listed((report if case.parent.name == "optimizers" else by_default(report)).findings)
    if request.config.getoption("--update-golden"):
        encoded = decode(case.read_bytes())
        for suffix, after, before in ((".out.py", safe, text), (".unsafe.py", unsafe, safe)):
            path = twin(case, suffix)
            path.unlink(missing_ok=True)
            if after != before:
                path.write_bytes(encoded.encode(after or ""))
        assert found, f"nothing is found in {case.name}: mend it, or move it to noop/"
        twin(case, ".txt").write_text(found)
    assert found == twin(case, ".txt").read_text()
    out = twin(case, ".out.py")
    assert safe == (read(out) if out.exists() else text)
    wide = twin(case, ".unsafe.py")
    assert unsafe == (read(wide) if wide.exists() else safe)


def test_bytes_come_back(case: Path) -> None:
    data = case.read_bytes()
    decoded = decode(data)
    assert decoded.encode(decoded.text) == data


def test_output_compiles(fixed: FileReport) -> None:
    compile(fixed.after or "", "fixed.py", "exec", dont_inherit=True)


def test_fixing_twice_changes_nothing(fixed: FileReport, request: pytest.FixtureRequest) -> None:
    level = SAFE if "unsafe" not in request.node.callspec.id.split("-") else UNSAFE
    again = fix_text(fixed.after or "", level)
    assert again.after == fixed.after
    assert not again.fixed


def test_comments_survive(fixed: FileReport) -> None:
    """All but those whose removal is the very fix."""
    edits = [edit for finding in fixed.fixed if finding.code == UNUSED.code for edit in finding.edits]
    before, after = comments(splice(fixed.before or "", edits)), comments(fixed.after or "")
    assert [c for c in before if before.count(c) > after.count(c)] == []


def test_spans_and_edits_are_within_the_text(case: Path) -> None:
    text = read(case)
    for finding in check_text(text).findings:
        assert 0 <= finding.span.start <= finding.span.end <= len(text)
        assert bool(finding.edits) == (finding.applicability is not Applicability.MANUAL)
        assert bool(finding.reason) == (finding.applicability is not SAFE)
        splice(text, finding.edits)
        assert finding in choose([finding]) or not finding.fixable


def test_every_single_fix_stands_alone(case: Path) -> None:
    text = read(case)
    for finding in check_text(text).findings:
        if finding.fixable:
            result = apply(text, [finding])
            assert result is not None
            compile(result, case.name, "exec", dont_inherit=True)


def test_edits_leave_the_rest_alone(case: Path) -> None:
    """What lies between two edits stands unchanged, and in order, in the result."""
    text = read(case)
    edits = sorted((e for f in choose(check_text(text).findings) for e in f.edits), key=lambda e: e.key)
    result = splice(text, edits)
    position = end = 0
    for edit in edits:
        untouched = text[end : edit.span.start]
        found = result.find(untouched, position)
        assert found >= 0
        position = found + len(untouched)
        end = max(end, edit.span.end)
    assert result.endswith(text[end:])


def test_newline_twin(case: Path) -> None:
    """The CRLF twin of a file gives the CRLF twin of its result."""
    text = read(case)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    crlf = text.replace("\n", "\r\n")
    for level in (SAFE, UNSAFE):
        expected = (fix_text(text, level).after or "").replace("\n", "\r\n")
        assert fix_text(crlf, level).after == expected
    assert [f.code for f in check_text(crlf).findings] == [f.code for f in check_text(text).findings]


@pytest.mark.parametrize("path", NOOP, ids=case_id)
def test_noop(path: Path) -> None:
    text = read(path)
    assert listed(check_text(text).findings) == ""
    assert fix_text(text, UNSAFE).after == text


def test_noop_corpus_is_as_large_as_the_positive_one() -> None:
    assert len(NOOP) >= len(CASES) > 0
