"""How fast files are checked, as ratios.

    python -m tests.benchmarks.check ENVIRONMENT REPOSITORIES TF1_TREE [ROUNDS]

ENVIRONMENT is the folder of a virtual environment with the extra `verify`: its packages are copied
into a tree of 84 MB, and its tf_upgrade_v2 is measured against. REPOSITORIES is a folder of checkouts of old
code, with notebooks; TF1_TREE one checkout of much TensorFlow 1 code, such as tensor2tensor. Needs Ruff, and
Linux for the memory.

The contestants of one row take turns, so that what else the machine does disturbs all of them alike. Each
round gives one ratio; a row shows their median, and the least and the largest one. What takes minutes has
fewer rounds. Memory is that of all processes together, shared pages divided among those that share them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

SIZE = 84_000_000  # bytes of the large tree
ROUNDS = 9
SLOW_ROUNDS = 3
ROOT = Path(__file__).parents[2]
LRMIGRATE = [sys.executable, "-m", "lrmigrate", "check"]
RUFF = [sys.executable, "-m", "ruff", "check", "--no-cache", "--isolated", "--select", "NPY201"]
CLEAN = "import torch\n\noptimizer = torch.optim.SGD(parameters, lr=0.1)\n"
FOUND = """import tensorflow.compat.v1 as tf

step = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.1, step, 1000, 0.96)
train_op = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=step)
"""


def large_tree(environment: Path, target: Path) -> None:
    """Copy the packages of an environment, in the order of their paths, up to SIZE bytes of source."""
    packages = next(environment.glob("lib/python*/site-packages"))
    size = 0
    for path in sorted(packages.rglob("*.py")):
        length = path.stat().st_size
        if size + length <= SIZE:
            size += length
            copy = target / path.relative_to(packages)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    print(f"large tree: {len(list(target.rglob('*.py')))} files, {size / 1e6:.0f} MB")


def seconds(command: Sequence[str | Path], where: Path) -> float:
    """How long a command takes; one that fails (exit code 2 or more) ends the measurement."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=where, capture_output=True, check=False, env=environment(where))
    took = time.perf_counter() - began
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command}: {done.stderr.decode()[-2000:]}")
    return took


def environment(where: Path) -> dict[str, str]:
    """This checkout, and a place of its own for the secret of the cache."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(where / "user")}


def row(
    title: str, target: str, ours: Callable[[], float], other: Callable[[], float], rounds: int, faster: bool
) -> None:
    """Measure two contestants in turns, and print their ratio: ours to the other, or the inverse."""
    pairs = [(ours(), other()) for _ in range(rounds)]
    ratios = sorted(b / a if faster else a / b for a, b in pairs)
    medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
    unit = "times faster" if faster else "of it"
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) {unit}"
    print(f"{title:48} {spread:38} {target:12} {medians[0]:7.3f} s against {medians[1]:.3f} s", flush=True)


def memory(command: Sequence[str | Path], where: Path) -> float:
    """The largest memory, in MB, of a command's processes together: their proportional set sizes."""
    running = subprocess.Popen(
        command, cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(where)
    )
    largest = 0
    while running.poll() is None:
        largest = max(largest, sum(map(proportional, family(running.pid))))
        time.sleep(0.005)
    return largest / 1024


def family(pid: int) -> list[int]:
    """A process and those that it has started."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
    return found


def proportional(pid: int) -> int:
    """The proportional set size of a process, in KiB; 0 if it is gone."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return 0


def growth(tree: Path, where: Path, rounds: int) -> None:
    """Print how long one, two and four copies of a tree take."""
    folders = []
    for copies in (1, 2, 4):
        folder = where / f"times{copies}"
        for number in range(copies):
            shutil.copytree(tree, folder / str(number), copy_function=os.link)
        folders.append(folder)
    timings = [[seconds([*LRMIGRATE, "--no-cache", f], where) for f in folders] for _ in range(rounds)]
    once, twice, four = (statistics.median(column) for column in zip(*timings, strict=True))
    print(f"{'large tree once, twice, four times':48} 1 : {twice / once:.2f} : {four / once:.2f}")


def packages_of(environment: Path, target: Path) -> None:
    """Copy the packages of TensorFlow and Keras alone: code that is full of the words we look for."""
    packages = next(environment.glob("lib/python*/site-packages"))
    for name in ("tensorflow", "keras", "tf_keras"):
        shutil.copytree(packages / name, target / name, ignore=_all_but_modules)
    print(f"TensorFlow and Keras: {len(list(target.rglob('*.py')))} files")


def _all_but_modules(folder: str, names: list[str]) -> list[str]:
    return [n for n in names if not n.endswith(".py") and not Path(folder, n).is_dir()]


class Contestants:
    """The commands that take turns."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def timed(self, *command: str | Path) -> Callable[[], float]:
        return lambda: seconds(command, self.where)

    def check(self, *arguments: str | Path) -> Callable[[], float]:
        return self.timed(*LRMIGRATE, *arguments)

    def ruff(self, tree: Path) -> Callable[[], float]:
        return self.timed(*RUFF, tree)

    def upgrade(self, tools: Path, tree: Path) -> Callable[[], float]:
        """TensorFlow's own script, which writes a copy."""
        out = self.where / "out"
        command = [tools / "tf_upgrade_v2", "--intree", tree, "--outtree", out]
        command += ["--copyotherfiles", "False", "--reportfile", self.where / "report.txt"]

        def run() -> float:
            shutil.rmtree(out, ignore_errors=True)
            return seconds(command, self.where)

        return run


def large(run: Contestants, environment: Path, rounds: int) -> None:
    """A tree in which almost nothing is found."""
    tree = run.where / "large"
    large_tree(environment, tree)
    cold, warm, ruff = run.check("--no-cache", tree), run.check(tree), run.ruff(tree)
    cold(), time.sleep(2), warm()  # the cache of the disk, and ours: files just written are not trusted
    row("large tree, cold, to Ruff", "<= 1", cold, ruff, rounds, faster=False)
    row("large tree, warm, to Ruff", "<= 0.5", warm, ruff, rounds, faster=False)
    megabytes = memory([*LRMIGRATE, "--no-cache", tree], run.where)
    print(f"{'memory on the large tree':48} {megabytes:.0f} MB (<= 300)")
    growth(tree, run.where, min(rounds, SLOW_ROUNDS))
    hook(run, tree, rounds)
    many_modules(run)


def hook(run: Contestants, tree: Path, rounds: int) -> None:
    """One file with a finding in a large program, as a hook is called when it alone has changed."""
    (tree / "lrmigrate.toml").write_text("")  # the root of the program
    changed, alone = tree / "training" / "train.py", run.where / "alone" / "train.py"
    for path in (changed, alone):
        path.parent.mkdir()
        path.write_text(FOUND)
    cold, warm, without = run.check("--no-cache", changed), run.check(changed), run.check(alone)
    row(
        "one file of the large tree, cold, to Ruff on all", "<= 1", cold, run.ruff(tree), rounds, faster=False
    )
    time.sleep(2), warm()  # files just written are not trusted
    row("one file of the large tree, warm, to it alone", "<= 2", warm, without, rounds, faster=False)


def many_modules(run: Contestants, count: int = 20_000) -> None:
    """Print how much memory a program of many small modules takes, each of which imports another one."""
    tree = run.where / "many"
    for number in range(count):
        folder = tree / f"package{number % 200}"
        folder.mkdir(parents=True, exist_ok=True)
        other = (number * 7 + 1) % count
        imported = f"import package{other % 200}.module{other}"
        text = f"import torch\n{imported}\n\n\ndef function{number}(lr): ...\n"
        (folder / f"module{number}.py").write_text(text)
    (tree / "lrmigrate.toml").write_text("")
    (tree / "train.py").write_text(FOUND)
    megabytes = memory([*LRMIGRATE, "--no-cache", tree], run.where)
    print(f"{f'memory on {count:,} modules':48} {megabytes:.0f} MB (<= 300)")


def full_of_words(run: Contestants, environment: Path, rounds: int) -> None:
    """The packages of TensorFlow and Keras, where almost every file names what we look for."""
    tree = run.where / "frameworks"
    packages_of(environment, tree)
    cold = run.check("--no-cache", tree)
    cold()
    row("TensorFlow's and Keras's packages, to Ruff", "<= 1", cold, run.ruff(tree), rounds, faster=False)


def single(run: Contestants, rounds: int) -> None:
    """One file, as a hook is called."""
    clean, found = run.where / "clean" / "clean.py", run.where / "found" / "found.py"
    for path, text in ((clean, CLEAN), (found, FOUND)):
        path.parent.mkdir()
        path.write_text(text)
    click = run.timed(sys.executable, "-c", "import click")
    once = run.check("--no-cache", clean)
    row("one clean file, to `import click`", "<= 2.5", once, click, 3 * rounds, faster=False)
    row(
        "one file with one finding, to a clean one",
        "<= 2",
        run.check("--no-cache", found),
        once,
        3 * rounds,
        False,
    )


def legacy(run: Contestants, repositories: Path, rounds: int) -> None:
    """Many checkouts of old code, with their notebooks."""
    cold = run.check("--no-cache", repositories)
    cold()
    row("old repositories and notebooks, to Ruff", "<= 3", cold, run.ruff(repositories), rounds, faster=False)


def transformers(run: Contestants, tools: Path, tree: Path, rounds: int) -> None:
    """One tree of much TensorFlow 1 code, against other rewriters of Python."""
    cold = run.check("--no-cache", tree)
    plain = run.timed(sys.executable, "-m", "tests.benchmarks.plain_codemod", tree)
    row("TensorFlow 1 tree, than a plain LibCST codemod", ">= 10", cold, plain, rounds, faster=True)
    row("TensorFlow 1 tree, than tf_upgrade_v2", ">= 20", cold, run.upgrade(tools, tree), rounds, faster=True)


def main(environment: str, repositories: str, tf1: str, rounds: int = ROUNDS) -> None:
    """Measure everything."""
    installed = Path(environment).absolute()
    with tempfile.TemporaryDirectory() as scratch:
        run = Contestants(Path(scratch))
        single(run, rounds)
        full_of_words(run, installed, rounds)
        legacy(run, Path(repositories).absolute(), min(rounds, SLOW_ROUNDS))
        large(run, installed, rounds)
        transformers(run, installed / "bin", Path(tf1).absolute(), min(rounds, SLOW_ROUNDS))


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:5]))
