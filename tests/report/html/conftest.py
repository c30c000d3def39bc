"""Shared by the tests of the HTML report: a small project, its page, and a browser that watches it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from lrmigrate.model import Curve, FileReport, Finding, Outcome, Verdict
from lrmigrate.options import Options
from lrmigrate.project.files import discover
from lrmigrate.project.fixer import Fixer
from lrmigrate.project.runner import process
from lrmigrate.report.html import render
from lrmigrate.report.html.view import Proof

PROJECT = {
    "models/decay.py": "import tensorflow as tf\n\n"
    "lr = tf.train.exponential_decay(0.1, step, 100, 0.96)\n"
    "rate = tf.train.linear_cosine_decay(0.1, step, 100)\n",
    "models/optimizer.py": "from keras.optimizers import SGD\n\nopt = SGD(lr=0.1, decay=1e-6)\n",
    "run.py": "import tensorflow as tf\n\n"
    "rate = tf.train.noisy_linear_cosine_decay(0.1, step, 100)\n"
    "lr = tf.train.cosine_decay(0.1, step, 100)\n",
}
Opened: TypeAlias = "Callable[..., Watched]"


@dataclass
class Watched:
    """A page, and everything that it did and should not have done."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def shows(self, titles: list[str]) -> None:
        """Wait until these sites are what can be seen, in order: a filter acts in the page's next turn."""
        expect(self.page.locator("article:visible h4 a")).to_have_text(titles)


def reports_of(folder: Path, project: dict[str, str]) -> list[FileReport]:
    """Write a project into a folder, and check it."""
    for name, text in project.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    paths = [str(Path(path).relative_to(folder)) for path in discover([str(folder)])]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return [process(path, Options()) for path in paths]


def proof_of(reports: list[FileReport], detail: str = "") -> Proof:
    """A verdict of each kind in turn for every finding with a fix, with curves that fit it."""
    findings: list[tuple[str, Finding]] = [(r.path, f) for r in reports for f in r.findings if f.fixable]
    verdicts = {}
    for number, (path, finding) in enumerate(findings):
        outcome = list(Outcome)[number % 4]
        old = (0.1, 0.05, 0.025)
        new = (0.1, 0.07, 0.05) if outcome is Outcome.DIFFERENT else old
        curve = None if outcome is Outcome.REFUSED else Curve((0, 100, 200), old, new, (100,))
        verdicts[path, finding] = Verdict(
            path, finding.line, "old", "new", outcome, "all of 0..200", 2, 5, 1e-3, detail, curve
        )
    return Proof(verdicts, {"tensorflow": "2", "keras": "3"})


@pytest.fixture(scope="session")
def project_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the small project, verified."""
    folder = tmp_path_factory.mktemp("project")
    reports = reports_of(folder, PROJECT)
    path = folder / "report.html"
    path.write_text(render(reports, Fixer(), proof_of(reports)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window: the system's, or else the one that Playwright has installed."""
    path = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    with sync_playwright() as driver:
        one = driver.chromium.launch(executable_path=path)
        yield one
        one.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Open a page in a context of its own; what it asks of the network is noted, what it complains too."""
    contexts: list[BrowserContext] = []

    def open_page(path: Path, hash: str = "", width: int = 1280, **options: Any) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        watched = Watched(context.new_page())

        def note(request: Request) -> None:
            if not request.url.startswith(path.as_uri()) and request.url != "data:,":
                watched.requests.append(request.url)

        watched.page.on("request", note)
        watched.page.on("console", lambda message: watched.complaints.append(message.text))
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        watched.page.on("dialog", lambda dialog: watched.complaints.append(dialog.message))
        watched.page.goto(path.as_uri() + hash)
        return watched

    yield open_page
    for context in contexts:
        context.close()
