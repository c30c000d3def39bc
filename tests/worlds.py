"""Runs small programs in the old world or in the new one, each in a process of its own.

The processes are forked from one that has TensorFlow. `python -m tests.worlds old` serves requests on
standard input, a JSON object a line: a script and its mode. The answer is a line, too: what the script
printed, and the end of its traceback.

Old: Keras 2 (`tf_keras`), with the optimizers that TensorFlow 1 and Keras 2 had, as `keras` and `tf.keras`.
New: Keras 3. The modes are *eager*, TensorFlow 2 as it is; *eager1* and *graph*, the plain names of
TensorFlow 1, taken from `tf.compat.v1`, with eager execution on and off. The new world lacks its schedules.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

_CLASSES = ("SGD", "Adam", "Adamax", "Adagrad", "Adadelta", "RMSprop", "Ftrl", "Nadam", "Optimizer")
_SCHEDULES = frozenset(
    [
        *("exponential_decay", "natural_exp_decay", "inverse_time_decay", "piecewise_constant"),
        *("piecewise_constant_decay", "polynomial_decay", "cosine_decay", "cosine_decay_restarts"),
        *("linear_cosine_decay", "noisy_linear_cosine_decay"),
    ]
)


@dataclass(frozen=True)
class Ran:
    """What a program printed, and the last line of its traceback, empty if it has none."""

    printed: str
    error: str


class World:
    """One of the two worlds; its process starts at the first run."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.server: subprocess.Popen[str] | None = None

    def run(self, script: Path, mode: str) -> Ran:
        """Run a program."""
        if self.server is None:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "tests.worlds", self.name],
                cwd=ROOT,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps({"script": str(script), "mode": mode}) + "\n")
        self.server.stdin.flush()
        return Ran(**json.loads(self.server.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        if self.server is not None:
            assert self.server.stdin is not None
            self.server.stdin.close()
            self.server.wait()


def _serve(world: str) -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _load(world)
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
            child = os.fork()
            if child == 0:
                _run(world, request["script"], request["mode"], out, error)
            os.waitpid(child, 0)
            out.seek(0)
            error.seek(0)
            answer = {"printed": out.read(), "error": error.read()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _run(world: str, script: str, mode: str, out: Any, error: Any) -> None:
    """Run a script in this process, and end it."""
    os.dup2(out.fileno(), 1)
    folder = os.path.dirname(script)
    os.chdir(folder)
    sys.argv = [script]
    sys.path[:] = [folder, *(path for path in sys.path if path not in ("", str(ROOT)))]
    try:
        if mode != "eager":
            _name_plainly(world, mode == "graph")
        runpy.run_path(script, run_name="__main__")
    except BaseException:
        error.write(traceback.format_exc().strip().splitlines()[-1])
        error.flush()
    sys.stdout.flush()
    os._exit(0)


def _load(world: str) -> None:
    """Import TensorFlow, and make Keras what it was or is."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_USE_LEGACY_KERAS"] = "1" if world == "old" else "0"
    if world == "new":
        importlib.import_module("keras")
        importlib.import_module("tensorflow.keras.optimizers")
        return
    homes = [importlib.import_module(f"{name}.optimizers") for name in ("tensorflow.keras", "tf_keras")]
    for home in homes:
        for name in _CLASSES:
            setattr(home, name, getattr(home.legacy, name))
    for name in [name for name in sys.modules if name.partition(".")[0] == "tf_keras"]:
        sys.modules[name.replace("tf_keras", "keras", 1)] = sys.modules[name]


def _name_plainly(world: str, graph: bool) -> None:
    """Give TensorFlow the names that its first version had."""
    import tensorflow as tf

    v1 = tf.compat.v1
    for new, old in ((tf, v1), (tf.train, v1.train)):
        for name in dir(old):
            if not hasattr(new, name) and (world == "old" or name not in _SCHEDULES):
                with contextlib.suppress(Exception):
                    setattr(new, name, getattr(old, name))
    if graph:
        v1.disable_eager_execution()


if __name__ == "__main__":
    _serve(sys.argv[1])
