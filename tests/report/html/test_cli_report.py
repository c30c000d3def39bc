"""`lrmigrate report` on the command line: what is written, what is refused, what is left alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_cli
from tests.report.html.conftest import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_report_writes_one_page(project: Path) -> None:
    done = run_cli("report", ".", "-o", "report.html", cwd=project)
    assert done.returncode == 1
    wrote, summary = done.stdout.decode().splitlines()
    assert wrote == "Wrote report.html."
    assert summary.startswith("Found 5 findings in 3 files: 3 fixable")
    page = (project / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "Nothing was verified." in page
    assert len(re.findall(r'<article id="site-\d"', page)) == 5
    assert not re.findall(r"""\b(?:src|href)=["'](?!#|data:,)""", page)
    again = run_cli("report", ".", "-o", "report.html", "--exit-zero", cwd=project)
    assert again.returncode == 0
    assert (project / "report.html").read_text(encoding="utf-8") == page  # byte for byte the same page


def test_report_goes_to_standard_output(project: Path) -> None:
    done = run_cli("report", "models", "-o", "-", cwd=project)
    assert done.stdout.startswith(b"<!DOCTYPE html>")
    assert done.stdout.endswith(b"</html>\n") or done.stdout.endswith(b"</html>")
    assert done.stderr.decode().startswith("Found 3 findings")
    assert run_cli("report", "-", "-o", "-", stdin=b"x = 1\n").returncode == 0


def test_report_without_findings_says_so(tmp_path: Path) -> None:
    done = run_cli("report", ".", "-o", "out.html", cwd=tmp_path)
    assert done.returncode == 0
    assert "No legacy learning-rate code found." in (tmp_path / "out.html").read_text(encoding="utf-8")


def test_report_lists_what_could_not_be_read(project: Path) -> None:
    (project / "models" / "gone.py").symlink_to("nowhere.py")
    (project / "bytes.py").write_bytes(b"import tensorflow as tf\n# \xff\nlr = tf.train.cosine_decay()\n")
    done = run_cli("report", ".", "models/gone.py", "-o", "report.html", cwd=project)
    assert done.returncode == 2
    assert b"models/gone.py" in done.stderr
    assert not (project / "report.html").exists()
    done = run_cli("report", ".", "-o", "report.html", cwd=project)
    assert "LR902" in (project / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("run.py", "run.py is not a report of lrmigrate: choose another name, or remove it first"),
        ("models", "models is a folder: name the file to write"),
        ("no/where.html", "no/where.html: there is no folder no"),
    ],
)
def test_report_never_replaces_what_is_not_a_report(project: Path, output: str, why: str) -> None:
    done = run_cli("report", ".", "-o", output, cwd=project)
    assert done.returncode == 2
    assert done.stderr.decode() == f"Error: {why}\n"
    assert (project / "run.py").read_text(encoding="utf-8") == PROJECT["run.py"]
    assert sorted(path.name for path in project.iterdir()) == ["models", "run.py"]


def test_report_says_what_to_install(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    shadow = tmp_path_factory.mktemp("shadow")
    (shadow / "jinja2.py").write_text("raise ImportError(\"No module named 'jinja2'\")\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "lrmigrate", "report", ".", "-o", "report.html"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": f"{shadow}{os.pathsep}{ROOT}"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "Error: the report needs Jinja2 (No module named 'jinja2'): `pip install 'jinja2>=3.1'`\n"
    )


def test_report_that_cannot_verify_says_why_and_writes_nothing(project: Path) -> None:
    done = run_cli("report", ".", "-o", "report.html", "--verify", "--python", "/no/python", cwd=project)
    assert done.returncode == 2
    assert done.stderr.decode() == "Error: /no/python cannot be started: No such file or directory\n"
    assert not (project / "report.html").exists()


def test_report_verifies_where_nothing_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "broken.ipynb").write_text('{"cells": "tf.train.cosine_decay"', encoding="utf-8")
    done = run_cli("report", ".", "-o", "report.html", "--verify", "--python", "/no/python", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "LR901" in page
    assert "Nothing was verified." not in page


@pytest.mark.tensorflow
def test_verified_report_has_verdicts_and_curves(project: Path) -> None:
    done = run_cli("report", ".", "-o", "report.html", "--verify", cwd=project)
    assert done.returncode == 1, done.stderr
    page = (project / "report.html").read_text(encoding="utf-8")
    assert "Nothing was verified." not in page
    assert re.search(r"verified with tensorflow [\d.]+, keras [\d.]+", page)
    articles = re.findall(r"<article.*?</article>", page, re.DOTALL)
    verdicts = [re.findall(r'data-verdict="(\w+)"', article)[0] for article in articles]
    assert set(verdicts[:3]) <= {"identical", "close"}
    assert verdicts[3] == "unverified"  # noise has no twin
    for article, verdict in zip(articles, verdicts, strict=True):
        curves = re.findall(r'<path class="(?:old|new)" d="(M\d[^"]{6,})"', article)
        assert len(curves) == 2 * (verdict != "unverified")
