"""The cache saves work and nothing else: not in a hostile repository, not when files or options change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lrmigrate.catalog.schema import Target
from lrmigrate.options import Around, Options
from lrmigrate.project import cache
from lrmigrate.project.cache import FOLDER, Cache, Marker, opened
from lrmigrate.project.runner import Task, look, run
from tests.conftest import ROOT, run_cli

LEGACY = b"import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, 100)\n"
MODERN = b"import keras\noptimizer = keras.optimizers.SGD(learning_rate=0.1)\n"
SECRET, OTHER = b"s" * 32, b"o" * 32
OPTIONS = Options()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Enough files for a cache, one of them legacy, none of them just written."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    for number in range(80):
        (folder / f"m{number}.py").write_bytes(MODERN)
    (folder / "m40.py").write_bytes(LEGACY)
    return folder


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled at once."""
    monkeypatch.setattr(cache, "RECENT", -(10**18))


def check(project: Path, *options: str, user: str = "user") -> subprocess.CompletedProcess[bytes]:
    """A run with a cache, by a user who has a secret of their own."""
    home = str(project.parent / user)
    return run_cli("check", ".", *options, cwd=project, XDG_CACHE_HOME=home, LRMIGRATE_NO_CACHE="")


def codes(folder: Path, secret: bytes, options: Options = OPTIONS) -> list[tuple[str, str]]:
    """What a run finds that uses the cache in the folder itself."""
    paths = sorted(map(str, folder.rglob("*.py")))
    reports = run(paths, lambda _: options, cache=Cache(folder / FOLDER, secret))
    return [(Path(report.path).name, finding.code) for report in reports for finding in report.findings]


@pytest.mark.processes
def test_the_second_run_says_the_same(project: Path) -> None:
    first = check(project)
    assert first.returncode == 1
    assert b"m40.py" in first.stdout
    time.sleep(2.1)  # after which the files are settled
    runs = [check(project).stdout for _ in range(3)]
    assert runs == [first.stdout] * 3
    assert (project / FOLDER / "untouched").stat().st_size == 79 * 16
    assert (project / FOLDER / ".gitignore").read_text() == "*\n"
    assert (project / FOLDER / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172")
    assert check(project, "--no-cache").stdout == first.stdout


def test_untouched_files_are_known(project: Path, old: None) -> None:
    assert codes(project, SECRET) == [("m40.py", "LR106")]
    marks = Cache(project / FOLDER, SECRET)
    untouched = [p.name for p in project.glob("*.py") if marks.is_untouched(str(p), OPTIONS)]
    assert sorted(untouched) == sorted(p.name for p in project.glob("*.py") if p.name != "m40.py")


def test_a_change_that_hides_its_time_is_seen(project: Path, old: None) -> None:
    """The same size, inode and time of modification: the time of change tells."""
    path = project / "m1.py"
    path.write_bytes(MODERN + b"#" * (len(LEGACY) - len(MODERN)))
    assert codes(project, SECRET) == [("m40.py", "LR106")]
    before = path.stat()
    with path.open("r+b") as stream:
        stream.write(LEGACY)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_ino, after.st_mtime_ns) == (
        before.st_size,
        before.st_ino,
        before.st_mtime_ns,
    )
    assert ("m1.py", "LR106") in codes(project, SECRET)


def test_a_file_that_was_just_written_is_read_again(project: Path) -> None:
    """Its next change could fall into the same tick of the file system's clock."""
    codes(project, SECRET)
    marks = Cache(project / FOLDER, SECRET)
    assert not any(marks.is_untouched(str(path), OPTIONS) for path in project.glob("*.py"))


def test_a_known_content_is_not_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(MODERN)
    task, marker = Task(str(path), OPTIONS), Marker(SECRET)
    (first,) = look([task], marker)
    assert first.report is None
    assert first.content == marker.of_content(str(path), OPTIONS, MODERN)
    path.write_bytes(LEGACY)  # found, were it not for a mark that says otherwise
    marks = frozenset({marker.of_content(str(path), OPTIONS, LEGACY)})
    assert look([task], marker, marks)[0].report is None
    assert look([task], marker)[0].report is not None


def test_marks_are_of_one_path_content_and_set_of_options() -> None:
    marker = Marker(SECRET)
    mark = marker.of_content("a.py", OPTIONS, MODERN)
    others = [
        Marker(OTHER).of_content("a.py", OPTIONS, MODERN),
        marker.of_content("b.py", OPTIONS, MODERN),
        marker.of_content("a.py", OPTIONS, LEGACY),
        marker.of_content("a.py", replace(OPTIONS, codes=frozenset({"LR101"})), MODERN),
        marker.of_content("a.py", replace(OPTIONS, target=Target.TF2), MODERN),
        marker.of_content("a.py", replace(OPTIONS, fix=True), MODERN),
        marker.of_content("a.py", replace(OPTIONS, around=Around("", "", "/p", ("/p/src",))), MODERN),
        marker.of_content("a.py", replace(OPTIONS, around=Around("", "", "/p", ("/p/lib",))), MODERN),
    ]
    assert len({mark, *others}) == 1 + len(others)
    runs = [replace(OPTIONS, around=Around(f"/{name}", name)) for name in ("one", "two")]
    assert len({marker.of_content("a.py", options, MODERN) for options in runs}) == 1
    assert mark == marker.of_content("a.py", replace(OPTIONS), MODERN)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_marks_are_the_same_in_every_process(seed: str) -> None:
    """Sets have another order in every process, which must not tell."""
    code = (
        "from lrmigrate.project.cache import Marker; from lrmigrate.options import Options; "
        "print(Marker(b's' * 32).of_content('/a.py', Options(), b'').hex())"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    assert done.stdout.decode().strip() == Marker(SECRET).of_content("/a.py", OPTIONS, b"").hex()


def test_another_source_of_lrmigrate_has_other_marks(tmp_path: Path) -> None:
    """Whoever works on lrmigrate sees what the change does, at once."""
    shutil.copytree(ROOT / "lrmigrate", tmp_path / "lrmigrate")
    code = "from lrmigrate.project.cache import digest_of_source; print(digest_of_source())"

    def digest() -> bytes:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-c", code]
        return subprocess.run(command, capture_output=True, env=environment, check=True, cwd=tmp_path).stdout

    before = digest()
    assert before.decode().strip() == cache.digest_of_source()
    with (tmp_path / "lrmigrate" / "rules" / "runtime" / "logs.py").open("a") as stream:
        stream.write("# changed\n")
    assert digest() != before


def test_a_hostile_cache_hides_nothing(project: Path, old: None) -> None:
    """A repository comes with marks that say that its legacy file is clean, made with all but the secret."""
    path = str(project / "m40.py")
    for secret in (OTHER, SECRET):
        marker = Marker(secret)
        folder = project / FOLDER
        folder.mkdir(exist_ok=True)
        (folder / "contents").write_bytes(marker.of_content(path, OPTIONS, LEGACY))
        (folder / "untouched").write_bytes(marker.of_untouched(path, OPTIONS, os.stat(path)))
        hidden = codes(project, SECRET) == []
        assert hidden == (secret == SECRET)


@pytest.mark.processes
def test_a_cache_of_another_user_hides_nothing(project: Path) -> None:
    clean = (project / "m40.py").with_suffix(".txt")
    (project / "m40.py").rename(clean)
    (project / "m40.py").write_bytes(MODERN)
    time.sleep(2.1)
    assert check(project, user="attacker").returncode == 0
    assert (project / FOLDER / "untouched").stat().st_size > 0
    clean.replace(project / "m40.py")
    assert check(project, user="victim").returncode == 1
    assert check(project, user="attacker").returncode == 1


def test_a_folder_that_is_a_link_is_left_alone(project: Path) -> None:
    """Else a repository could have files of ours put anywhere, such as a .gitignore at home."""
    elsewhere = project.parent / "elsewhere"
    elsewhere.mkdir()
    (project / FOLDER).symlink_to(elsewhere)
    assert check(project).returncode == 1
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "garbage", "long", "empty"])
def test_odd_files_of_marks_are_ignored(project: Path, old: None, kind: str) -> None:
    marks = project / FOLDER / "untouched"
    marks.parent.mkdir()
    precious = project.parent / "precious"
    precious.write_bytes(b"x" * 32)
    if kind == "link":
        marks.symlink_to(precious)
    elif kind == "pipe":
        os.mkfifo(marks)
    elif kind == "folder":
        marks.mkdir()
    elif kind == "long":
        with marks.open("wb") as stream:
            stream.truncate(2**40)
    else:
        marks.write_bytes(b"" if kind == "empty" else b"\0garbage\xff" * 9)
    for _ in range(2):
        assert codes(project, SECRET) == [("m40.py", "LR106")]
    assert precious.read_bytes() == b"x" * 32


def test_files_that_came_with_the_folder_are_not_overwritten(project: Path, old: None) -> None:
    precious = project.parent / "precious"
    precious.write_text("mine")
    (project / FOLDER).mkdir()
    (project / FOLDER / ".gitignore").symlink_to(precious)
    codes(project, SECRET)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("trouble", ["open to all", "short", "relative"])
def test_no_cache_without_a_safe_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "user" if trouble == "relative" else str(tmp_path / "user"))
    assert opened() is not None
    home = tmp_path / "home" / ".cache" if trouble == "relative" else tmp_path / "user"
    secret = home / "lrmigrate" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_bytes()) == 32
    if trouble == "relative":
        assert not (tmp_path / "user").exists()
        return
    secret.write_bytes(b"s" if trouble == "short" else SECRET)
    secret.chmod(0o644 if trouble == "open to all" else 0o600)
    assert opened() is None


def test_no_place_for_a_secret_is_no_reason_to_complain(project: Path) -> None:
    (project.parent / "user").write_text("a file where a folder should be")
    done = check(project)
    assert done.returncode == 1
    assert done.stderr == b""
    assert not (project / FOLDER).exists()


@pytest.mark.processes
def test_runs_at_the_same_time_share_a_cache(project: Path) -> None:
    time.sleep(2.1)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LRMIGRATE_NO_CACHE": ""}
    environment["XDG_CACHE_HOME"] = str(project.parent / "user")
    command = [sys.executable, "-m", "lrmigrate", "check", "."]
    for _ in range(2):
        runs = [
            subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, env=environment) for _ in range(4)
        ]
        outputs = {process.communicate()[0] for process in runs}
        assert len(outputs) == 1
        assert b"Found 1 finding in 1 file" in outputs.pop()
    assert {path.name for path in (project / FOLDER).iterdir()} == {
        *(".gitignore", "CACHEDIR.TAG", "contents", "untouched"),
    }
    assert (project / FOLDER / "untouched").stat().st_size % 16 == 0


@pytest.mark.processes
def test_a_fix_is_computed_whatever_the_cache_says(project: Path) -> None:
    """Nothing but the absence of findings is stored, so a fix is the same with a warm cache."""
    home = str(project.parent / "user")
    fresh = run_cli("fix", ".", cwd=project).stdout
    time.sleep(2.1)
    for _ in range(2):
        done = run_cli("fix", ".", cwd=project, XDG_CACHE_HOME=home, LRMIGRATE_NO_CACHE="")
        assert done.stdout == fresh
    run_cli("fix", "--write", ".", cwd=project, XDG_CACHE_HOME=home, LRMIGRATE_NO_CACHE="")
    assert b"CosineDecay(0.1, 100)(step)" in (project / "m40.py").read_bytes()
    assert check(project).returncode == 0


def test_few_files_and_no_cache_leave_no_trace(project: Path) -> None:
    assert check(project, "--no-cache").returncode == 1
    home = str(project.parent / "user")
    run_cli("check", "m1.py", cwd=project, XDG_CACHE_HOME=home, LRMIGRATE_NO_CACHE="")
    assert not (project / FOLDER).exists()
    assert not (project.parent / "user").exists()


@pytest.mark.processes
def test_a_folder_of_ones_own_keeps_its_files_visible(project: Path) -> None:
    """`--cache-dir .` must not hide a whole project from git."""
    time.sleep(2.1)
    assert check(project, "--cache-dir", ".").returncode == 1
    assert (project / "untouched").exists()
    assert not (project / ".gitignore").exists()


def test_marks_that_are_of_no_use_are_cleared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_SPARED", 4)
    path = tmp_path / "marks"
    used = {bytes([n]) * 16 for n in range(3)}
    path.write_bytes(b"".join(os.urandom(16) for _ in range(11)))
    cache._merge(path, used)
    assert len(path.read_bytes()) == 14 * 16
    cache._merge(path, used)
    assert path.read_bytes() == b"".join(sorted(used))
