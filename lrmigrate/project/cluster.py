"""A Dask cluster that works on files. Loads `distributed`, of the extra `dask`, when it is asked for one.

A cluster shares the file system with this machine and runs the same lrmigrate on the same Python; both
are asked of every worker before anything is done, since a worker that sees other files finds other things.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lrmigrate.model import UserError
from lrmigrate.project.cache import digest_of_source

_SAMPLE = 20  # files that are compared
_PATIENCE = "10s"  # for the scheduler to answer


class NoCluster(UserError):
    """The cluster cannot do the work. A sentence."""


@dataclass(frozen=True)
class Sight:
    """What a process runs, and which files and folders it sees.

    ``files`` are their digests by path, "" for one that it cannot read.
    """

    python: str
    program: str
    files: dict[str, str]


@contextmanager
def executor(address: str, paths: Sequence[str], folders: Sequence[str] = ()) -> Iterator[Executor]:
    """The executor of the cluster whose scheduler has an address, for work on ``paths``; raises NoCluster.

    ``folders`` are those of the program, which are read for what they say of the files.
    """
    try:
        from distributed import Client
        from distributed.comm import get_address_host
    except ImportError as error:
        raise NoCluster(
            f"--dask needs more packages ({error}): `pip install 'distributed>=2024.1'`"
        ) from None
    try:
        get_address_host(address)  # raises what a client raises, which then waits for its end and is loud
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise NoCluster(f"{address}: no Dask scheduler answers there: {reason}") from None
    with client:
        _compare(address, client, [os.path.abspath(path) for path in paths], folders)
        yield client.get_executor()


def _compare(address: str, client: Any, paths: Sequence[str], folders: Sequence[str]) -> None:
    """Whether every worker has the same lrmigrate, files and folders; raises NoCluster."""
    sample = [*paths[:: max(1, len(paths) // _SAMPLE)], *paths[-1:], *folders]
    here = sight(sample)
    sights = client.run(sight, sample, on_error="return")
    if not sights:
        raise NoCluster(f"{address}: the cluster has no workers")
    for worker, there in sights.items():
        if not isinstance(there, Sight):
            raise NoCluster(f"worker {worker} cannot run lrmigrate {_same_here()}: {there}")
        if (there.program, there.python) != (here.program, here.python):
            raise NoCluster(f"worker {worker} has another lrmigrate or Python than {_same_here()}")
        other = next((path for path in sample if there.files[path] != here.files[path]), None)
        if other is not None:
            raise NoCluster(f"worker {worker} does not see the same {other}: a shared file system is needed")


def sight(paths: Sequence[str]) -> Sight:
    """What this process runs, and which of ``paths`` it sees."""
    python = ".".join(map(str, sys.version_info[:3]))
    return Sight(python, digest_of_source(), {path: _digest(path) for path in paths})


def _digest(path: str) -> str:
    """The digest of a file, or of the names in a folder; "" if it cannot be read."""
    try:
        if os.path.isdir(path):
            return hashlib.blake2b(repr(sorted(os.listdir(path))).encode()).hexdigest()
        with open(path, "rb") as stream:
            return hashlib.blake2b(stream.read()).hexdigest()
    except OSError:
        return ""


def _same_here() -> str:
    """The program and Python of this process."""
    from lrmigrate import __version__

    return f"{__version__} on Python {sys.version.split()[0]}"
