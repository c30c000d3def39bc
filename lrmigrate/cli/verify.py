"""`lrmigrate verify`: the verdicts on the fixes of files, on two versions of a file, or on the catalogue."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lrmigrate.cli.exits import CLEAN, FINDINGS
from lrmigrate.cli.grouped import A_FILE, A_FOLDER, DOING, OUTPUT, Command, option
from lrmigrate.cli.parameters import coloured, configured, exit_zero

if TYPE_CHECKING:
    from lrmigrate.project.config import Flags


@click.command(cls=Command, epilog="Exit status: 0 nothing differs, 1 a difference, 2 an error.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=A_FILE)
@configured
@option(DOING)("--unsafe/--no-unsafe", default=None, help="The sites of unsafe fixes too.")
@option(DOING)(
    "--before", metavar="OLD.py", type=A_FILE, help="Compare two versions of a file of your own: the old one."
)
@option(DOING)(
    "--after", metavar="NEW.py", type=A_FILE, help="Compare two versions of a file of your own: the new one."
)
@option(DOING)("--catalog", is_flag=True, help="Every API that lrmigrate knows, independent of any file.")
@option(DOING)(
    "--set", "pins", multiple=True, metavar="NAME=VALUE", help="Pin a value that the text leaves open."
)
@option(DOING)("--steps", type=click.IntRange(1, 2**31 - 1), metavar="N", help="The last step to look at.")
@option(DOING)("--steps-per-epoch", type=click.IntRange(1), metavar="N", help="Show the rates per epoch.")
@option(DOING)(
    "--samples", type=click.IntRange(1), metavar="N", help="With --batch-size, for --steps-per-epoch."
)
@option(DOING)("--batch-size", type=click.IntRange(1), metavar="N", help="With --samples.")
@option(DOING)(
    "--python",
    metavar="PATH",
    type=A_FILE,
    help="The Python of another environment that has TensorFlow.",
)
@option(DOING)(
    "--time-limit",
    type=click.FloatRange(0.1, 86400.0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one site may take.",
)
@option(OUTPUT)("--csv", metavar="FILE", type=A_FILE, help="Write every step's rates.")
@option(OUTPUT)(
    "--plot", metavar="FOLDER", type=A_FOLDER, help="Write a picture for each site (extra `plot`)."
)
@option(OUTPUT)(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to report. [default: text]",
)
@option(OUTPUT)("-o", "--output-file", metavar="FILE", type=A_FILE, help="Write the report to a file.")
@coloured
@exit_zero
def verify(paths: tuple[str, ...], flags: Flags, **options: Any) -> None:
    """Prove fixes: run old and new code side by side and compare the rates at every step."""
    from lrmigrate.cli import proof

    proof.rich_is_there()
    differs = proof.run(paths, flags, options)
    sys.exit(FINDINGS if differs and not options["exit_zero"] else CLEAN)
