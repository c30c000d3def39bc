"""What is distributed: built, looked into, installed, and tried."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.processes
pytest.importorskip("hatchling", reason="the extra `test-fast`")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    for kind in ("wheel", "sdist"):
        command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def test_the_wheel_has_the_package_and_nothing_else(built: dict[str, Path]) -> None:
    names = zipfile.ZipFile(built["wheel"]).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"lrmigrate"}
    assert "lrmigrate/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "lrmigrate").rglob("*.py")}
    assert sources <= {*names}


def test_the_source_has_all_that_the_tests_need(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ["tests/conftest.py", "README.md", "docs/configuration.md", "CHANGELOG.md", "SECURITY.md"]
    assert [name for name in wanted if name not in names] == []
    assert any(name.startswith("fixtures/tf1/") for name in names)


def test_the_metadata_says_where_things_are(built: dict[str, Path]) -> None:
    archive = zipfile.ZipFile(built["wheel"])
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    text = archive.read(name).decode()
    for label in ("Homepage", "Documentation", "Repository", "Issues", "Changelog"):
        assert f"\nProject-URL: {label}, https://" in text
    assert "\nClassifier: Typing :: Typed\n" in text


def test_the_wheel_works_where_nothing_else_is(built: dict[str, Path], tmp_path: Path) -> None:
    """Its dependencies are those of this environment: what counts is what the wheel brings along."""
    environment = tmp_path / "fresh"
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", str(environment)], check=True)
    python = str(environment / "bin" / "python")
    install = [python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--force-reinstall"]
    subprocess.run([*install, str(built["wheel"])], check=True)
    done = subprocess.run(
        [str(environment / "bin" / "lrmigrate"), "demo"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert b"6 findings in 3 files" in done.stderr
