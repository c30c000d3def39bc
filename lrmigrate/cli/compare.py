"""`lrmigrate compare`: two runs side by side, as `lrmigrate record` or a logger kept them."""

from __future__ import annotations

import sys

import click

from lrmigrate.cli.exits import CLEAN, FINDINGS


@click.command(epilog="Exit status: 0 nothing differs, 1 a difference, 2 an error.")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--tolerance",
    type=click.FloatRange(0.0, 1.0),
    metavar="R",
    help="How far apart rates may be, relative to the rate. [default: 2e-06]",
)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Compare the first N updates alone.")
@click.option("--steps-per-epoch", type=click.IntRange(1), metavar="N", help="Show the rates per epoch.")
@click.option("--csv", metavar="FILE", help="Write every step's rates.")
@click.option("--plot", metavar="FOLDER", help="Write a picture for each optimizer (extra `plot`).")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def compare(
    old: str,
    new: str,
    tolerance: float | None,
    steps: int | None,
    steps_per_epoch: int | None,
    csv: str | None,
    plot: str | None,
    output_format: str,
) -> None:
    """Compare the learning rates of two runs, update by update.

    OLD and NEW are records of `lrmigrate record`, or CSV files with the columns step and rate (or value).
    """
    from lrmigrate.cli.proof import rich_is_there, save
    from lrmigrate.model import Outcome
    from lrmigrate.verify.record.match import TOLERANCE, epochs, verdicts
    from lrmigrate.verify.record.read import read

    if output_format == "text":
        rich_is_there()
    from lrmigrate.verify import table

    runs = read(old), read(new)
    found = verdicts(*runs, TOLERANCE if tolerance is None else tolerance, steps)
    if output_format == "json":
        libraries = {
            f"{side} {name}": v
            for side, run in zip(("old", "new"), runs, strict=True)
            for name, v in run.libraries.items()
        }
        click.echo(table.to_json(found, libraries))
    else:
        table.show(found, list(epochs(*runs, steps_per_epoch)))
        for run in runs:
            for note in run.notes:
                click.echo(f"{run.path}: {note}")
    save(found, csv, plot, steps_per_epoch, output_format == "json")
    compared = all(verdict.outcome in (Outcome.IDENTICAL, Outcome.CLOSE) for verdict in found)
    sys.exit(CLEAN if compared else FINDINGS)
