"""Starts `lrmigrate` in a process of its own, forked from one that has loaded it: 300 ms less for each run.

`python -m tests.forking FD` serves requests on a socket until it is closed. A request is a JSON object
(arguments, working folder, environment) and three descriptors: standard input, output and error. The
answer is the exit code.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PATIENCE = 300.0  # seconds that one run may take
_LARGEST = 2**20  # bytes of a request
_HEAVY = ("lrmigrate.lsp", "lrmigrate.verify", "lrmigrate.project.cluster")  # pygls, TensorFlow, Dask


class Launcher:
    """The side of the tests. Starts the server at the first run, and anew if that one is gone."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None

    def run(
        self, arguments: list[str], cwd: Path | None, stdin: bytes, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        """What `python -m lrmigrate ARGUMENTS` does; raises TimeoutExpired."""
        if self.socket is None:
            self.socket = _started()
        request = {"arguments": arguments, "cwd": str(cwd or Path.cwd()), "environment": environment}
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(stdin)
            given.seek(0)
            descriptors = [given.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self.socket, [json.dumps(request).encode()], descriptors)
            try:
                code = int(self.socket.recv(64))
            except (TimeoutError, ValueError):
                self.socket.close()
                self.socket = None
                raise subprocess.TimeoutExpired(arguments, _PATIENCE) from None
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


def _started() -> socket.socket:
    """The end of a new server's socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    nothing = subprocess.DEVNULL  # what is no terminal, so that the server's streams will do for its children
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "tests.forking", str(theirs.fileno())],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            pass_fds=[theirs.fileno()],
            stdin=nothing,
            stdout=nothing,
        )
    ours.settimeout(_PATIENCE)
    return ours


def _serve(requests: socket.socket) -> None:
    """Answer requests until the socket is closed. Returns in each child, which then looks as was asked."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, _LARGEST, 3)
        if not data:
            sys.exit()
        child = os.fork()
        if child == 0:
            requests.close()
            _become(json.loads(data), descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        _, status = os.waitpid(child, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(request: dict[str, object], descriptors: list[int]) -> None:
    """Make this process look as if it had been started for the request."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(str(request["cwd"]))
    environment = request["environment"]
    assert isinstance(environment, dict)
    os.environ.clear()
    os.environ.update(environment)
    arguments = request["arguments"]
    assert isinstance(arguments, list)
    sys.argv[1:] = arguments
    sys.path[0] = os.getcwd()


def _load() -> None:
    """Import what most runs need."""
    import lrmigrate

    for module in pkgutil.walk_packages(lrmigrate.__path__, "lrmigrate."):
        if not module.name.startswith(_HEAVY) and not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # an extra that is not installed
                importlib.import_module(module.name)
    gc.freeze()


if __name__ == "__main__":
    _load()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("lrmigrate", run_name="__main__", alter_sys=True)
