"""Reports and verdicts -> what the page shows, in its order: summaries, and every site with its diff.

Everything here is plain text and numbers; the template escapes it, and alone knows HTML.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import PurePath

from lrmigrate.analysis.notebook import Notebook
from lrmigrate.model import Applicability, FileReport, Finding, Outcome, Verdict
from lrmigrate.report.fixer import Fixer
from lrmigrate.report.html.chart import Chart, chart, constant_rate
from lrmigrate.report.html.sides import Hunk, excerpt, hunks
from lrmigrate.report.terminal import count, printable
from lrmigrate.rules import table

UNVERIFIED = "unverified"
_SAME = (Outcome.IDENTICAL, Outcome.CLOSE)
_PROVEN = frozenset(outcome.value for outcome in _SAME)
_MOST_RULES = 3  # that are named
_STEPS = re.compile(r"(all|\d+) of 0\.\.(\d+)(?:, (\d+) beyond)?(?: \((epochs)\))?")
LEVELS = tuple(level.value for level in Applicability)
VERDICTS = (*(outcome.value for outcome in Outcome), UNVERIFIED)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verification found: verdicts by path and finding, and the libraries that were asked."""

    verdicts: Mapping[tuple[str, Finding], Verdict]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """One finding. ``facets`` are what the page can be filtered by; ``first_of`` those not seen before."""

    number: int
    finding: Finding
    verdict: Verdict | None
    hunks: tuple[Hunk, ...]
    chart: Chart | None
    constant: str  # the rate, where it is one and the same on both sides
    steps: str  # that were compared, in words
    facets: Mapping[str, str]
    first_of: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file and its sites; ``first_of_folder`` where it is the first of its folder."""

    path: str
    folder: str
    sites: tuple[Site, ...]
    first_of_folder: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """A row of a summary: how many sites there are of each level and of each verdict."""

    name: str
    sites: int
    counts: Mapping[str, int]
    title: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page shows. ``versions`` is None when nothing was verified."""

    files: tuple[File, ...]
    by_rule: tuple[Tally, ...]
    by_folder: tuple[Tally, ...]
    total: Tally
    headline: str
    story: str
    errors: tuple[str, ...]
    versions: Mapping[str, str] | None


def page(reports: Iterable[FileReport], fixer: Fixer, proof: Proof | None = None) -> Page:
    """The page of ``reports``; without ``proof`` it says that nothing was verified."""
    every = list(reports)
    files = tuple(_files([report for report in every if report.findings], fixer, proof))
    sites = [site for file in files for site in file.sites]
    known = table()
    return Page(
        files=files,
        by_rule=tuple(
            _tally(code, (site for site in sites if site.finding.code == code), rule.title, rule.why)
            for code, rule in known.items()
            if any(site.finding.code == code for site in sites)
        ),
        by_folder=tuple(
            _tally(folder, (site for file in group for site in file.sites))
            for folder, group in groupby(sorted(files, key=_folder), _folder)
        ),
        total=_tally("", sites),
        headline=_headline(sites, proof is not None),
        story=_story(sites, proof is not None),
        errors=tuple(printable(report.error) for report in every if report.error),
        versions=proof.versions if proof else None,
    )


def _files(reports: Sequence[FileReport], fixer: Fixer, proof: Proof | None) -> Iterator[File]:
    """The files in the order of the reports, their sites numbered through from 1."""
    number = 0
    seen: set[tuple[str, str]] = set()
    for report in reports:
        path = printable(PurePath(report.path).as_posix())
        folder = (posixpath.dirname(path).rstrip("/") or ("" if path.startswith("/") else ".")) + "/"
        first_of_folder = not {("folder", folder)} <= seen
        seen.add(("folder", folder))
        sites = []
        for finding in report.findings:
            number += 1
            verdict = proof.verdicts.get((report.path, finding)) if proof else None
            site = _site(number, report, finding, verdict, fixer, seen)
            seen.update(site.first_of)
            sites.append(site)
        yield File(path, folder, tuple(sites), first_of_folder)


def _folder(file: File) -> str:
    """The folder of a file."""
    return file.folder


def _site(
    number: int,
    report: FileReport,
    finding: Finding,
    verdict: Verdict | None,
    fixer: Fixer,
    seen: set[tuple[str, str]],
) -> Site:
    """One finding with everything that is shown of it."""
    constant = constant_rate(verdict.curve) if verdict and verdict.curve else ""
    facets = {
        "rule": finding.code,
        "level": finding.applicability.value,
        "verdict": verdict.outcome.value if verdict else UNVERIFIED,
    }
    return Site(
        number=number,
        finding=finding,
        verdict=verdict,
        hunks=tuple(_hunks(report, finding, fixer)),
        chart=chart(verdict.curve) if verdict and verdict.curve and not constant else None,
        constant=constant,
        steps=_steps_in_words(verdict.steps) if verdict else "",
        facets=facets,
        first_of=tuple(facet for facet in facets.items() if facet not in seen),
    )


def _headline(sites: Sequence[Site], verified: bool) -> str:
    """What a reader takes away: how much can be rewritten, and how much of that is proven."""
    if not sites:
        return ""
    fixable = sum(site.finding.fixable for site in sites)
    proven = sum(site.facets["verdict"] in _PROVEN for site in sites)
    text = f"{fixable} of {count(len(sites), 'site')} can be rewritten"
    return f"{text}, {proven} proven" if verified else text


def _story(sites: Sequence[Site], verified: bool) -> str:
    """The same in three sentences at most: what is safe, what is proven, what is left."""
    levels = Counter(site.finding.applicability for site in sites)
    parts = [
        f"{_are(levels[Applicability.SAFE])} safe: `lrmigrate fix --write` applies them, no rate changes",
        f"{_are(levels[Applicability.UNSAFE])} unsafe, for an assumption that the reason names",
        f"{_are(levels[Applicability.MANUAL])} left to you",
    ]
    sentences = ["; ".join(parts) + "."]
    if verified:
        verdicts = Counter(site.facets["verdict"] for site in sites)
        same, close, wrong = (verdicts[outcome.value] for outcome in (*_SAME, Outcome.DIFFERENT))
        sentences.append(
            f"Old and new code were run side by side: {same} give the same rates to the bit, {close} within "
            f"the bound of their API, {wrong} differ and must not be applied."
        )
    rules = Counter(site.finding.code for site in sites if not site.finding.fixable)
    if rules:
        named = ", ".join(
            f"{table()[code].title} ({number})" for code, number in rules.most_common(_MOST_RULES)
        )
        sentences.append(f"Left are mostly: {named}.")
    return " ".join(sentences)


def _are(number: int) -> str:
    """`1 is`, `2 are`."""
    return f"{number} {'is' if number == 1 else 'are'}"


def _steps_in_words(steps: str) -> str:
    """The steps that were compared: `128 of the steps 0 to 285, and 6 behind them`."""
    match = _STEPS.fullmatch(steps)
    if not match:
        return steps
    some, last, beyond, epochs = match.groups()
    noun = epochs or "steps"
    text = f"{f'every {noun[:-1]}' if some == 'all' else f'{some} of the {noun}'} from 0 to {last}"
    return f"{text}, and {beyond} far behind" if beyond else text


def _tally(name: str, sites: Iterable[Site], title: str = "", why: str = "") -> Tally:
    """The counts of some sites."""
    counted = list(sites)
    facets = (value for site in counted for key, value in site.facets.items() if key != "rule")
    return Tally(name, len(counted), Counter(facets), title, why)


def _hunks(report: FileReport, finding: Finding, fixer: Fixer) -> Iterator[Hunk]:
    """The finding's own fix; the lines that it speaks of where there is none."""
    before = report.before
    if before is None:
        return
    after = fixer.after(report, finding)
    if not finding.cell:
        yield from [_excerpt(before, finding)] if after is None else hunks(before, after)
        return
    cells = _cells(before)
    if after is None:
        yield _excerpt(cells[finding.cell], finding)
        return
    changed = _cells(after)
    for number, source in cells.items():
        yield from hunks(source, changed[number], number)


def _excerpt(text: str, finding: Finding) -> Hunk:
    """The lines of a finding."""
    start, end = (finding.line, finding.column), (finding.end_line, finding.end_column)
    return excerpt(text, start, end, finding.cell)


@lru_cache(maxsize=2)
def _cells(raw: str) -> dict[int, str]:
    """The sources of a notebook's code cells by their numbers."""
    return {cell.number: cell.source for cell in Notebook.read(raw).cells}
