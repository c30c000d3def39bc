"""`--dask` on a real cluster of two processes: the same findings, whatever happens to a worker."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from tests.conftest import ROOT, run_cli

pytestmark = pytest.mark.processes

LEGACY = "import tensorflow as tf\nlr = tf.train.cosine_decay(0.1, step, {})\n"
SLOW = "x = [1, 2, 3]\n" * 500  # behind which a worker is still busy when it is killed
FILES = 100


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two worker processes, which a nanny starts anew when they die."""
    os.environ["PYTHONPATH"] = str(ROOT)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as started:
        yield started


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(FILES):
        (tmp_path / f"m{number}.py").write_text(LEGACY.format(number + 1))
    (tmp_path / "clean.py").write_text("x = 1\n")
    return tmp_path


def test_check_finds_the_same(cluster: LocalCluster, tree: Path) -> None:
    """Files are named as they were given, however far away they were looked at."""
    here = run_cli("check", ".", cwd=tree)
    there = run_cli("check", ".", "--dask", cluster.scheduler_address, cwd=tree)
    assert there.stderr.decode() == ""
    assert there.stdout == here.stdout
    assert there.returncode == here.returncode == 1


def test_workers_read_the_folders_of_the_program(cluster: LocalCluster, tmp_path: Path) -> None:
    build = (
        "import keras\ndef build():\n    m = keras.Sequential()\n"
        "    m.compile(keras.optimizers.SGD(lr=0.1, decay=1e-3))\n    return m\n"
    )
    for name, call in (("app", "fit(x)"), ("old", "optimizer.lr = rate")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.py").write_text(f"from make import build\nm = build()\nm.{call}\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "make.py").write_text(build)
    (tmp_path / "lrmigrate.toml").write_text('program = ["src", "app"]\n')
    options = ("--dask", cluster.scheduler_address, "--output-format", "json")
    done = run_cli("check", "src", *options, cwd=tmp_path)
    assert b'"applicability": "safe"' in done.stdout
    (tmp_path / "lrmigrate.toml").write_text('program = ["src", "app", "old"]\n')
    done = run_cli("check", "src", *options, cwd=tmp_path)
    assert b"train.py line 3 sets the rate" in done.stdout


def test_workers_that_see_another_program(cluster: LocalCluster, tree: Path) -> None:
    (tree / "lrmigrate.toml").write_text('program = [".", "/proc/self/fdinfo"]\n')
    done = run_cli("check", ".", "--dask", cluster.scheduler_address, cwd=tree)
    assert done.returncode == 2
    assert b"does not see the same /proc/self/fdinfo: a shared file system is needed" in done.stderr


def test_a_worker_killed_in_the_middle(cluster: LocalCluster, tree: Path) -> None:
    """Nothing is lost, nothing half-written, and the report is that of a run in which nobody was killed."""
    for path in tree.glob("m*.py"):
        path.write_text(path.read_text() + SLOW)
    twin = tree.parent / "twin"
    shutil.copytree(tree, twin)
    wanted = run_cli("fix", "--write", ".", cwd=twin).stdout
    command = [sys.executable, "-m", "lrmigrate", "fix", "--write", ".", "--dask", cluster.scheduler_address]
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        victim = next(iter(client.run(os.getpid).values()))
    before = (tree / "m0.py").read_text()
    process = subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and (tree / "m0.py").read_text() == before:
        time.sleep(0.001)
    assert process.poll() is None  # the first file is written, most others are not
    os.kill(victim, signal.SIGKILL)
    output, _ = process.communicate(timeout=300)
    assert output == wanted
    assert {path.name: path.read_text() for path in tree.iterdir()} == {
        path.name: path.read_text() for path in twin.iterdir()
    }


def test_workers_that_see_other_files(cluster: LocalCluster, tree: Path) -> None:
    """What is below /proc/self differs from process to process, as all does where nothing is shared."""
    descriptor = os.open(tree / "m1.py", os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    command = [sys.executable, "-m", "lrmigrate", "check", f"/proc/self/fd/{descriptor}"]
    done = subprocess.run(
        [*command, "--dask", cluster.scheduler_address],
        capture_output=True,
        pass_fds=[descriptor],
        check=False,
    )
    os.close(descriptor)
    assert done.returncode == 2
    assert b"does not see the same /proc/self/fd" in done.stderr
    assert b"a shared file system is needed" in done.stderr


def test_workers_with_another_lrmigrate(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(ROOT / "lrmigrate", other / "lrmigrate")
    with (other / "lrmigrate" / "analysis" / "flow.py").open("a") as stream:
        stream.write("# another one\n")
    code = (
        "from distributed import LocalCluster\nimport sys\nif __name__ == '__main__':\n"
        "    cluster = LocalCluster(n_workers=1, dashboard_address=None)\n"
        "    print(cluster.scheduler_address, flush=True)\n    sys.stdin.read()\n"
    )
    (other / "serve.py").write_text(code)
    process = subprocess.Popen(
        [sys.executable, str(other / "serve.py")],
        cwd=other,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(other)},
    )
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    done = run_cli("check", ".", "--dask", address, cwd=tree)
    process.communicate(timeout=60)
    assert done.returncode == 2
    assert b"has another lrmigrate or Python than 0." in done.stderr


def test_no_workers(tree: Path) -> None:
    with LocalCluster(n_workers=0, dashboard_address=None) as empty:
        done = run_cli("check", ".", "--dask", empty.scheduler_address, cwd=tree)
    assert done.returncode == 2
    assert b"the cluster has no workers" in done.stderr


def python(first: str, tree: Path, address: str) -> subprocess.CompletedProcess[bytes]:
    """`lrmigrate check . --dask ADDRESS` in a Python that does something else before."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"{first}\nfrom lrmigrate.cli import main; main()",
            "check",
            ".",
            "--dask",
            address,
        ],
        cwd=tree,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


def test_no_scheduler(tree: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        done = python("from lrmigrate.project import cluster; cluster._PATIENCE = '1s'", tree, address)
    assert done.returncode == 2
    lines = done.stderr.decode().splitlines()
    assert lines[-1].startswith(f"Error: {address}: no Dask scheduler answers there")
    assert len(lines) == 1


@pytest.mark.parametrize("address", ["nowhere", "spdy://127.0.0.1:1"])
def test_no_address(tree: Path, address: str) -> None:
    done = run_cli("check", ".", "--dask", address, cwd=tree)
    (line,) = done.stderr.decode().splitlines()
    assert (done.returncode, line.partition(" answers")[0]) == (2, f"Error: {address}: no Dask scheduler")


def test_not_with_what_asks_or_verifies(tree: Path) -> None:
    for option in ("--interactive", "--verify"):
        done = run_cli("fix", option, ".", "--dask", "tcp://127.0.0.1:1", cwd=tree)
        assert done.returncode == 2
        assert b"--dask works without --verify and --interactive" in done.stderr


def test_without_distributed(tree: Path) -> None:
    done = python("import sys; sys.modules['distributed'] = None", tree, "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert b"pip install 'distributed>=2024.1'" in done.stderr
