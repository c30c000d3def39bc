"""`lrmigrate verify`: the verdicts on the fixes of files, on two versions of a file, or on the catalogue."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lrmigrate.cli.exits import CLEAN, FINDINGS
from lrmigrate.cli.parameters import configured

if TYPE_CHECKING:
    from lrmigrate.project.config import Flags


@click.command(epilog="Exit status: 0 nothing differs, 1 a difference, 2 an error.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@configured
@click.option("--unsafe/--no-unsafe", default=None, help="The sites of unsafe fixes too.")
@click.option("--before", metavar="OLD.py", help="Compare two versions of a file of your own: the old one.")
@click.option("--after", metavar="NEW.py", help="Compare two versions of a file of your own: the new one.")
@click.option("--catalog", is_flag=True, help="Every API that lrmigrate knows, independent of any file.")
@click.option(
    "--set", "pins", multiple=True, metavar="NAME=VALUE", help="Pin a value that the text leaves open."
)
@click.option("--steps", type=click.IntRange(1, 2**31 - 1), metavar="N", help="The last step to look at.")
@click.option("--steps-per-epoch", type=click.IntRange(1), metavar="N", help="Show the rates per epoch.")
@click.option(
    "--samples", type=click.IntRange(1), metavar="N", help="With --batch-size, for --steps-per-epoch."
)
@click.option("--batch-size", type=click.IntRange(1), metavar="N", help="With --samples.")
@click.option("--csv", metavar="FILE", help="Write every step's rates.")
@click.option("--plot", metavar="FOLDER", help="Write a picture for each site (extra `plot`).")
@click.option("--python", metavar="PATH", help="The Python of another environment that has TensorFlow.")
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 86400.0),
    default=60.0,
    show_default=True,
    help="Seconds for one site.",
)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(paths: tuple[str, ...], flags: Flags, **options: Any) -> None:
    """Prove fixes: run old and new code side by side and compare the rates at every step."""
    from lrmigrate.cli import proof

    proof.rich_is_there()
    sys.exit(FINDINGS if proof.run(paths, flags, options) else CLEAN)
