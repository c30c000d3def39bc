"""Baselines: the findings that a code base had when it adopted the check, so that only new ones fail.

A finding is known by its file, its code and what the code at its place says, not by its line; of several
alike only the number counts. Reads and writes the baseline's own file and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from lrmigrate.engine.kinds import kind_of
from lrmigrate.model import FileReport, Finding, UserError
from lrmigrate.project.source import CannotWrite, write

VERSION = 1
_LONGEST = 100  # characters of a site that are written out


class BadBaseline(UserError):
    """A baseline cannot be read or written. A sentence."""


class Entry(NamedTuple):
    """What findings are known by; in the order of the file."""

    path: str  # relative to the baseline's folder, with slashes
    code: str
    site: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What a baseline says of the findings of a run."""

    reports: list[FileReport]  # with the new findings alone
    known: int
    fixed: int  # that are in the baseline and no longer in the code
    now: Counter[Entry]  # what the baseline would hold if it were made now


def read(file: str) -> Counter[Entry]:
    """The entries of a baseline and how often each was found; raises BadBaseline."""
    try:
        data = json.loads(Path(file).read_bytes())
    except FileNotFoundError:
        raise BadBaseline(f"{file}: there is no such file; --update-baseline writes one") from None
    except OSError as error:
        raise BadBaseline(f"{file}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadBaseline(_no_baseline(file, f"it is not JSON: {error}")) from None
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise BadBaseline(_no_baseline(file, f'it has no "version": {VERSION}'))
    if not isinstance(data.get("findings"), list):
        raise BadBaseline(_no_baseline(file, "its findings are no list"))
    entries: Counter[Entry] = Counter()
    for number, item in enumerate(data["findings"], 1):
        match item:
            case {"path": str(path), "code": str(code), "site": str(site), "count": int(count)} if count > 0:
                entries[Entry(path, code, site)] += count
            case _:
                raise BadBaseline(_no_baseline(file, f"entry {number} has not the form of one"))
    return entries


def compare(
    file: str,
    entries: Counter[Entry],
    reports: Sequence[FileReport],
    is_judged: Callable[[str, str], bool],
) -> Compared:
    """Tell new findings from known ones; ``is_judged`` says whether the run looked for a code in a file.

    What the run did not look at stays in the baseline, unless its file is gone.
    """
    folder = os.path.dirname(os.path.abspath(file))
    left, now = Counter(entries), Counter[Entry]()
    shown, known = [], 0
    for report in reports:
        new = []
        for finding, entry in _entries(report, folder):
            now[entry] += 1
            known += left[entry] > 0
            new += [] if left[entry] > 0 else [finding]
            left[entry] -= 1
        shown.append(replace(report, findings=tuple(new)))
    fixed = 0
    for entry, count in (+left).items():
        path = os.path.join(folder, entry.path)
        if is_judged(path, entry.code) or not os.path.exists(path):
            fixed += count
        else:
            now[entry] += count
    return Compared(shown, known, fixed, now)


def save(file: str, entries: Counter[Entry]) -> None:
    """Write a baseline, one line for each entry; raises BadBaseline."""
    lines = [
        json.dumps({**entry._asdict(), "count": count}, ensure_ascii=False)
        for entry, count in sorted(entries.items())
    ]
    body = "".join(f"\n  {line}," for line in lines).removesuffix(",")
    text = f'{{"version": {VERSION}, "findings": [{body}\n]}}\n'.encode("utf-8", "backslashreplace")
    path = Path(file)
    try:
        if not path.exists():
            path.write_bytes(b"")
        write(path, path.read_bytes(), text)
    except (OSError, CannotWrite) as error:
        raise BadBaseline(f"{file}: not written: {getattr(error, 'strerror', None) or error}") from None


def _no_baseline(file: str, reason: str) -> str:
    """The sentence on a file that is something else."""
    return f"{file}: this is no baseline of lrmigrate: {reason}; name another file, or remove this one"


def _entries(report: FileReport, folder: str) -> Iterable[tuple[Finding, Entry]]:
    """The findings of a report with what they are known by."""
    path = os.path.relpath(report.path, folder).replace(os.sep, "/")
    sources = kind_of(report.path).sources(report.text) if report.findings else {}
    for finding in report.findings:
        yield finding, Entry(path, finding.code, _site(sources.get(finding.cell, ""), finding))


def _site(text: str, finding: Finding) -> str:
    """What the code of a finding says, however it is laid out; "" for a finding on a whole file."""
    from lrmigrate.analysis.syntax import line_starts

    if (finding.line, finding.column) == (finding.end_line, finding.end_column):
        return ""
    starts = line_starts(text)
    start = starts[finding.line - 1] + finding.column - 1
    site = _plain(text[start : starts[finding.end_line - 1] + finding.end_column - 1])
    if len(site) <= _LONGEST:
        return site
    return f"{site[:_LONGEST]}... {hashlib.sha256(site.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _plain(code: str) -> str:
    """Code without its layout: quotes, commas, line breaks and comments do not matter."""
    try:
        if not code.startswith("#"):
            return ast.unparse(ast.parse(f"({code}\n)", mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    return " ".join(code.split())
