"""What `report` writes: the page, and the proof that it shows. Loaded when the command is called."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import click

from lrmigrate.cli.errors import BadOutput
from lrmigrate.cli.proof import processes, prove
from lrmigrate.model import FileReport
from lrmigrate.report.fixer import Fixer
from lrmigrate.report.html import GENERATOR, render
from lrmigrate.report.html.view import Proof
from lrmigrate.verify.client import Workers
from lrmigrate.verify.plan import Settings
from lrmigrate.verify.session import pairs_of_report

_POINTS = 120  # of a long curve: what a picture of this size can show
_HEAD = 4096  # bytes within which a report names its generator


def verified(reports: Sequence[FileReport], python: str | None) -> Proof:
    """Run old and new code of every site that has a fix; raises CannotVerify."""
    pairs = [(report.path, *found) for report in reports for found in pairs_of_report(report)]
    with Workers(processes(len(pairs)), python or sys.executable) as workers:
        verdicts = prove([pair for _, _, pair in pairs], workers, Settings(even=_POINTS))
        keys = [(path, finding) for path, finding, _ in pairs]
        return Proof(dict(zip(keys, verdicts, strict=True)), workers.versions)


def write(reports: Sequence[FileReport], fixer: Fixer, proof: Proof | None, output: str) -> None:
    """Write the page to ``output`` (`-`: standard output); raises BadOutput."""
    page = render(reports, fixer, proof, _origin()).encode()
    if output == "-":
        click.echo(page, nl=False)
        return
    path = Path(output)
    try:
        _replace(path, page)
    except OSError as error:
        raise BadOutput(f"{output}: not written: {error.strerror}") from None
    click.echo(f"Wrote {output}.")


def _origin() -> str:
    """Which project the page is about, as of which commit, and when it was made."""
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return f"Project {Path.cwd().name}, {day}"
    commit = done.stdout.strip() if done.returncode == 0 else ""
    return ", ".join(filter(None, [f"Project {Path.cwd().name}", commit, day]))


def check_output(output: str) -> None:
    """Raise BadOutput where ``output`` is a file that is not a report, which must not be lost."""
    path = Path(output)
    if output == "-" or not os.path.exists(path):
        if output != "-" and not os.path.isdir(path.absolute().parent):
            raise BadOutput(f"{output}: there is no folder {path.parent}")
        return
    if path.is_dir():
        raise BadOutput(f"{output} is a folder: name the file to write")
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise BadOutput(f"{output}: cannot be read: {error.strerror}") from None
    if head and f'<meta name="generator" content="{GENERATOR} '.encode() not in head:
        raise BadOutput(f"{output} is not a report of lrmigrate: choose another name, or remove it first")


def _replace(path: Path, data: bytes) -> None:
    """Write a file in one step; raises OSError and leaves an old one as it was."""
    target = Path(os.path.realpath(path))
    handle, temporary = tempfile.mkstemp(prefix=".lrmigrate-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
