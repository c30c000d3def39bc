"""The process that runs old and new code; the only file that imports TensorFlow.

Reads one job as JSON per line from standard input and writes one answer per line to the descriptor it
was started with; whatever the libraries print goes elsewhere. Imports nothing of lrmigrate, so that it
runs in any environment that has TensorFlow. Jobs hold plain data: names of catalogued functions,
numbers, lists. Nothing in them is evaluated as code, except the stand-in classes that lrmigrate itself
writes, whose source comes with the job.

Both sides are evaluated inside a graph: in eager mode TensorFlow divides where a graph multiplies by a
reciprocal, and staircases can drop one step earlier.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

FACTORS = (1.0, 0.5, 1.5, 0.8)  # by which the gradient changes from update to update


class Failure(Exception):
    """One side raised. `side` is "old" or "new"."""

    def __init__(self, side: str, error: BaseException) -> None:
        first = str(error).strip().splitlines() or [""]
        super().__init__(f"{type(error).__name__}: {first[0][:300]}")
        self.side = side


def answer(job: Any) -> Any:
    """The result of one job: rates or weights of both sides, as exact doubles."""
    try:
        return {"id": job["id"], **(optimizer(job) if job["task"] == "optimizer" else schedule(job))}
    except Failure as failure:
        return {"id": job["id"], "failed": failure.side, "error": str(failure)}


def schedule(job: Any) -> Any:
    """Evaluate both sides of a schedule at every step of every draw, for every type of step."""
    draws = []
    for draw in job["draws"]:
        for dtype in draw["dtypes"]:
            old = rates("old", draw["old"], draw["old_steps"], dtype, job)
            new = rates("new", draw["new"], draw["new_steps"], dtype, job)
            draws.append({"old": old, "new": new, "dtype": dtype})
    return {"draws": draws}


def rates(side: str, tree: Any, columns: Any, dtype: str, job: Any) -> list[float]:
    """The values of ``tree`` in a graph; ``columns`` holds, per step expression, its value at each step."""
    import tensorflow as tf

    try:
        with tf.Graph().as_default():
            inputs = [tf.compat.v1.placeholder(dtype, []) for _ in columns]
            value = tf.convert_to_tensor(build(tree, inputs, job))
            with tf.compat.v1.Session() as session:
                run = session.make_callable(value, feed_list=inputs)
                return [float(run(*row)) for row in zip(*columns, strict=True)]
    except Exception as error:
        raise Failure(side, error) from None


def build(tree: Any, inputs: list[Any], job: Any) -> Any:
    """Plain data -> numbers, schedules, tensors."""
    if isinstance(tree, list):
        return [build(item, inputs, job) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "column" in tree:
        return inputs[tree["column"]]
    args = [build(item, inputs, job) for item in tree["args"]]
    kwargs = {name: build(item, inputs, job) for name, item in tree["kwargs"].items()}
    made = constructor(tree["kind"], tree["name"], job)(*args, **kwargs)
    return made(build(tree["step"], inputs, job)) if "step" in tree else made


def constructor(kind: str, name: str, job: Any) -> Any:
    """The function or class that a name stands for, in the world that the kind says."""
    import tensorflow as tf

    if kind == "legacy":
        return getattr(tf.compat.v1.train, name)
    if kind == "schedule":
        return getattr(tf.keras.optimizers.schedules, name)
    if kind == "new optimizer":
        return getattr(tf.keras.optimizers, name)
    if kind == "old optimizer":
        import tf_keras

        return getattr(tf_keras.optimizers.legacy, name)
    if kind == "stand-in":
        space: dict[str, Any] = {"tf": tf}
        exec(job["sources"][name], space)  # lrmigrate's own text, see the module docstring
        return space[name]
    raise ValueError(f"unknown kind {kind!r}")


def optimizer(job: Any) -> Any:
    """Train both sides of an optimizer on one convex problem, and read the rate at many steps."""
    draws = []
    for draw in job["draws"]:
        old = trained("old", draw["old"], job, draw["steps"])
        new = trained("new", draw["new"], job, draw["steps"])
        draws.append(
            {
                "old": old["rates"],
                "new": new["rates"],
                "old_weights": old["weights"],
                "new_weights": new["weights"],
            }
        )
    return {"draws": draws}


def trained(side: str, tree: Any, job: Any, steps: list[int]) -> Any:
    """Weights after each update of a training run, and the rate in force at each of ``steps``.

    The loss is a sum of softplus terms of very different sizes: convex, its gradient never zero and
    never of another sign, so that rounding does not grow and every argument of an optimizer tells.
    The weights start at zero, where float32 has the most digits.
    """
    import tensorflow as tf

    try:
        made = build(tree, [], job)
        scales = tf.constant(job["scales"])
        weights = tf.Variable(tf.zeros_like(scales))
        path = []
        for update in range(job["updates"]):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(scales * FACTORS[update % len(FACTORS)] * tf.math.softplus(weights))
            if side == "old":
                made.minimize(loss, [weights], tape=tape)
            else:
                made.apply_gradients([(tape.gradient(loss, weights), weights)])
            path.append([float(weight) for weight in weights.numpy()])
        return {"weights": path, "rates": [rate_at(made, step, job) for step in steps]}
    except Exception as error:
        raise Failure(side, error) from None


def rate_at(made: Any, step: int, job: Any) -> float:
    """The rate that an optimizer would use at its update number ``step``."""
    import tensorflow as tf

    made.iterations.assign(step)
    if not hasattr(made, "_decayed_lr"):
        return float(made.learning_rate)
    if job["decay_ignored"]:
        return float(made._get_hyper("learning_rate"))
    return float(made._decayed_lr(tf.float32))


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(int(sys.argv[1]), "w")
    os.dup2(2, 1)
    import tensorflow as tf

    versions = {"tensorflow": tf.__version__, "keras": tf.keras.__version__}
    print(json.dumps({"id": -1, "versions": versions}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
