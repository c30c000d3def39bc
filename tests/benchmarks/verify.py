"""How fast sites are verified: `python -m tests.benchmarks.verify [SITES [STEPS]]`.

Makes one file of distinct schedule calls (in the shares that real code shows), verifies all of them up
to STEPS steps, and prints the time after TensorFlow's import, the import's time beside it, and the
worker's largest memory. Then the same sites once more: equal sites are evaluated once.
"""

from __future__ import annotations

import resource
import sys
import time

from lrmigrate.cli.proof import processes, prove
from lrmigrate.model import Applicability
from lrmigrate.verify.client import Workers
from lrmigrate.verify.plan import Settings
from lrmigrate.verify.session import pairs_of_text

CALLS = (
    "tf.train.exponential_decay(0.1, step, {n}, 0.96, staircase=True)",
    "tf.train.exponential_decay(0.05, step, {n}, 0.9)",
    "tf.train.exponential_decay(0.01, step, decay_steps={n}, decay_rate=0.5)",
    "tf.train.exponential_decay(0.1, step, {n}, 0.7, staircase=True)",
    "tf.train.polynomial_decay(0.1, step, {n}, end_learning_rate=0.001, power=2.0)",
    "tf.train.piecewise_constant(step, [{n}, 3 * {n}], [0.1, 0.01, 0.001])",
    "tf.train.cosine_decay(0.1, step, {n}, alpha=0.01)",
    "tf.train.inverse_time_decay(0.1, step, {n}, 0.5)",
)


def main(sites: int = 1000, steps: int = 2000) -> None:
    """Measure and print."""
    lines = [f"r{i} = " + CALLS[i % len(CALLS)].format(n=100 + i) for i in range(sites)]
    settings = Settings(horizon=steps - 1, even=steps)
    started = time.perf_counter()
    pairs = []
    for start in range(0, sites, 50):  # a file of 1,000 calls is nobody's
        text = "\n".join(["import tensorflow as tf", *lines[start : start + 50], ""])
        pairs += [pair for _, pair in pairs_of_text(text, "made", Applicability.SAFE)]
    planned = time.perf_counter() - started
    with Workers(processes(sites)) as workers:
        started = time.perf_counter()
        for worker in workers.all:
            worker.start()
        imported = time.perf_counter() - started
        started = time.perf_counter()
        outcomes = {verdict.outcome.value for verdict in prove(pairs, workers, settings)}
        first = time.perf_counter() - started
        started = time.perf_counter()
        prove(pairs, workers, settings)
        again = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{sites} sites x {steps} steps: {first:.1f} s ({outcomes}); the same again: {again:.1f} s")
    print(f"finding and rewriting them: {planned:.1f} s; TensorFlow's import: {imported:.1f} s")
    print(f"workers: {len(workers.all)}; largest memory of one: {memory:.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
