"""`lrmigrate show`: the rates of schedules, as a table and as a picture."""

from __future__ import annotations

import sys

import click

from lrmigrate.cli.exits import CLEAN, ERROR


@click.command(epilog="Exit status: 0 all are shown, 2 one cannot be shown, or an error.")
@click.argument("schedules", nargs=-1, required=True, metavar="SCHEDULE|FILE...")
@click.option("--steps-per-epoch", type=click.IntRange(1), metavar="N", help="Show the rates per epoch.")
@click.option(
    "--samples", type=click.IntRange(1), metavar="N", help="With --batch-size, for --steps-per-epoch."
)
@click.option("--batch-size", type=click.IntRange(1), metavar="N", help="With --samples.")
@click.option(
    "--epochs", type=click.IntRange(1, 10_000), default=10, show_default=True, metavar="N", help="How many."
)
@click.option(
    "--steps", type=click.IntRange(1, 2**31 - 1), metavar="N", help="Without epochs: the last step."
)
@click.option("--set", "pins", multiple=True, metavar="NAME=VALUE", help="A value that the text leaves open.")
@click.option("--plot", metavar="FILE", help="Draw all of them into one picture (extra `plot`).")
@click.option("--log", is_flag=True, help="A logarithmic axis of rates.")
@click.option("--python", metavar="PATH", help="The Python of another environment that has TensorFlow.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(
    schedules: tuple[str, ...],
    steps_per_epoch: int | None,
    samples: int | None,
    batch_size: int | None,
    epochs: int,
    steps: int | None,
    pins: tuple[str, ...],
    plot: str | None,
    log: bool,
    python: str | None,
    output_format: str,
) -> None:
    """Show the rates that schedules give.

    A SCHEDULE is spelled as in TensorFlow 1, Keras 2 or Keras 3, such as "ExponentialDecay(0.1, 95, 0.95)"
    or "tf.train.exponential_decay(0.1, step, 95, 0.95)" or "SGD(lr=0.1, decay=0.01)". Of a FILE every
    schedule is shown. A formula of the catalogue is enough for most; where float32 could tell, it is run.
    """
    from lrmigrate.cli.curves import Wish, run
    from lrmigrate.cli.proof import pinned
    from lrmigrate.cli.proof import steps_per_epoch as per_epoch

    wish = Wish(
        per_epoch(steps_per_epoch, samples, batch_size),
        epochs,
        steps,
        pinned(pins),
        plot,
        log,
        python or sys.executable,
        output_format == "json",
    )
    sys.exit(CLEAN if run(schedules, wish) else ERROR)
