"""`lrmigrate record`: runs a program in its own Python, and notes the rate in force at every update."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from lrmigrate.cli.exits import ERROR

_HEAD = 64  # bytes within which a record says what it is


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="Exit status: that of the program.",
)
@click.option("--python", metavar="PATH", help="The Python that runs the program. [default: lrmigrate's own]")
@click.option(
    "-o", "--output-file", metavar="FILE", help="Where to write the record. [default: SCRIPT.rates.jsonl]"
)
@click.option(
    "--steps", type=click.IntRange(1), metavar="N", help="Stop when an optimizer has made N updates."
)
@click.option("-m", "module", is_flag=True, help="SCRIPT is a module, as with `python -m`.")
@click.argument("script", metavar="SCRIPT")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")
def record(
    script: str,
    arguments: tuple[str, ...],
    python: str | None,
    output_file: str | None,
    steps: int | None,
    module: bool,
) -> None:
    """Run a program as Python does, and record the learning rate at every update.

    Python 3.6 or later, TensorFlow 1.12 or later, Keras 2.2 or later.
    `lrmigrate compare` compares two records.
    """
    import lrmigrate.verify.record

    output = output_file or f"{Path(script).stem}.rates.jsonl"
    _check(output, script, module)
    recorder = Path(lrmigrate.verify.record.__file__).with_name("recorder.py")
    command = [python or sys.executable, str(recorder), "-o", output]
    command += ["--steps", str(steps)] * (steps is not None) + ["-m"] * module + ["--", script, *arguments]
    _become(command)


def _check(output: str, script: str, module: bool) -> None:
    """Raise BadRequest or BadOutput where nothing can be run or written."""
    from lrmigrate.cli.errors import BadOutput, BadRequest
    from lrmigrate.engine.kinds import Notebook, kind_of

    if not module and isinstance(kind_of(script), Notebook):
        raise BadRequest(f"{script}: save the notebook as a script first: `jupyter nbconvert --to script`")
    path = Path(output)
    if path.is_dir():
        raise BadOutput(f"{output} is a folder: name the file to write")
    if not path.absolute().parent.is_dir():
        raise BadOutput(f"{output}: there is no folder {path.parent}")
    if path.is_file():
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
        if head and not head.startswith(b'{"record":'):
            raise BadOutput(f"{output} is not a record of lrmigrate: choose another name, or remove it first")


def _become(command: list[str]) -> None:
    """Become the program, so that signals, terminal and exit status are its own."""
    from lrmigrate.cli.errors import BadRequest

    try:
        if os.name == "posix":
            os.execvp(command[0], command)
        sys.exit(subprocess.call(command))
    except OSError as error:
        raise BadRequest(f"{command[0]} cannot be started: {error.strerror}") from None
    finally:
        sys.stdout.flush()
    sys.exit(ERROR)
