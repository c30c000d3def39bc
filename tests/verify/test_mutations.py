"""The verifier, tested by planting mistakes into what the rewriter writes.

A mistake survives when the verifier calls it identical or close. The programs without a mistake, and
those that say the same in other words, must pass: no verdict comes from comparing texts, and none from
refusing everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from lrmigrate.model import Outcome, Verdict
from lrmigrate.verify.case import Pair
from lrmigrate.verify.client import Worker
from lrmigrate.verify.plan import Settings
from lrmigrate.verify.session import verify
from tests.verify.mutations import KINDS, Mutant, honest, planted, respelled
from tests.verify.programs import OPTIMIZER_ARGUMENTS, Program, programs

pytestmark = pytest.mark.tensorflow

PROGRAMS = tuple(programs())
MUTANTS = tuple(mutant for program in PROGRAMS for kind in KINDS if (mutant := planted(kind, program)))
PROVEN = frozenset({Outcome.IDENTICAL, Outcome.CLOSE})
CORNERS = 2  # draws: the middle of each domain, its lower end, and both values of a flag


@dataclass
class Tally:
    """What became of the mistakes."""

    planted: int = 0
    survivors: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        killed = self.planted - len(self.survivors)
        return f"mutations: killed {killed} of {self.planted} planted, {len(self.kinds)} kinds"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Called by pytest at the very end."""
        terminalreporter.write_line(self.text)
        for survivor in self.survivors:
            terminalreporter.write_line(f"  survivor: {survivor}")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One process with TensorFlow for all mistakes."""
    pytest.importorskip("tensorflow")
    with Worker() as one:
        yield one


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Tally:
    """Counts the mistakes, and says so on the terminal when all are done."""
    count = Tally()
    request.config.pluginmanager.register(count)
    return count


def hunted(mutant: Mutant, worker: Worker) -> Verdict:
    """The verdict on a mistake. The first look is a part of the whole one: what it catches is caught."""
    optimizer = mutant.program.row in OPTIMIZER_ARGUMENTS  # whose rate is read at every step to 198
    first = verify(mutant.pair, worker, Settings(draws=1, horizon=40 if optimizer else None))
    return first if first.outcome in mutant.kind.caught else verify(mutant.pair, worker, Settings())


def allowed(program: Program) -> frozenset[Outcome]:
    """Nadam's update rule is another one in Keras 3, so its rewrites are refused."""
    return frozenset({Outcome.REFUSED}) if program.row == "Nadam" else PROVEN


def said(pair: Pair, verdict: Verdict) -> str:
    return f"{verdict.outcome.value}: {verdict.old} -> {verdict.new}\n{verdict.detail}\n{pair.after}"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)
def test_no_mistake(worker: Worker, program: Program) -> None:
    verdict = verify(honest(program), worker, Settings(draws=CORNERS))
    assert verdict.outcome in allowed(program), said(honest(program), verdict)


@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p.variant in {"full", "positional"}], ids=lambda program: program.id
)
def test_other_words_for_the_same(worker: Worker, program: Program) -> None:
    pair = respelled(program)
    assert pair.after != honest(program).after
    verdict = verify(pair, worker, Settings(draws=1))
    assert verdict.outcome in allowed(program), said(pair, verdict)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_mistake(worker: Worker, tally: Tally, mutant: Mutant) -> None:
    verdict = hunted(mutant, worker)
    tally.planted += 1
    tally.kinds.add(mutant.kind.name)
    if verdict.outcome not in mutant.kind.caught:
        tally.survivors.append(f"{mutant.id} ({verdict.outcome.value})")
        pytest.fail(said(mutant.pair, verdict), pytrace=False)


def test_mistakes_are_many_and_all_kinds_occur() -> None:
    occurring = {mutant.kind.name for mutant in MUTANTS}
    assert occurring == {kind.name for kind in KINDS}
    assert len(occurring) >= 36
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS)
    assert all(mutant.pair.after != honest(mutant.program).after for mutant in MUTANTS)
