"""The fuzzing corpus, and with it everything that fuzzing has ever found, as ordinary tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import FIXTURES
from tests.fuzz.target import NAMES, examine

CORPUS = [(kind, path) for kind in NAMES for path in sorted((FIXTURES / "fuzz" / kind).iterdir())]


@pytest.mark.parametrize(("kind", "path"), CORPUS, ids=[f"{kind}/{path.name}" for kind, path in CORPUS])
def test_corpus(kind: str, path: Path) -> None:
    examine(NAMES[kind], path.read_bytes())


def test_every_kind_has_a_corpus() -> None:
    assert {kind for kind, _ in CORPUS} == set(NAMES)
