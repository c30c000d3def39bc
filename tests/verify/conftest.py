"""Shared by the tests of the verifier: one worker, and short ways to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from lrmigrate.model import Applicability, Verdict
from lrmigrate.verify.client import Worker
from lrmigrate.verify.plan import Settings
from lrmigrate.verify.session import pairs_of_files, pairs_of_text, verify

Fixes: TypeAlias = "Callable[..., list[Verdict]]"
Versions: TypeAlias = "Callable[..., list[Verdict]]"


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """One process with TensorFlow for the whole session."""
    pytest.importorskip("tensorflow")
    with Worker() as one:
        yield one


@pytest.fixture(scope="session")
def fixes(worker: Worker) -> Fixes:
    """The verdicts on everything that `fix --unsafe` would rewrite in a text."""

    def verdicts(text: str, **settings: object) -> list[Verdict]:
        pairs = pairs_of_text(text, "train.py", Applicability.UNSAFE)
        return [verify(pair, worker, Settings(**settings)) for _, pair in pairs]  # type: ignore[arg-type]

    return verdicts


@pytest.fixture(scope="session")
def versions(worker: Worker) -> Versions:
    """The verdicts on two versions of a file."""

    def verdicts(before: str, after: str, **settings: object) -> list[Verdict]:
        work = pairs_of_files(before, after, "train.py")
        chosen = Settings(**settings)  # type: ignore[arg-type]
        return [item if isinstance(item, Verdict) else verify(item, worker, chosen) for item in work]

    return verdicts
