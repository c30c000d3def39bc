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

import importlib
import json
import os
import sys
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.pop("TF_USE_LEGACY_KERAS", None)  # with it the new side would be Keras 2
os.environ["KERAS_BACKEND"] = "tensorflow"

OLDEST_KERAS = (3, 5)  # the first one whose variables can be given to float() and multiplied by one

SIDES = ("old", "new")
SPOTS = 12  # how many steps between the first and the last are computed one by one
FACTORS = (1.0, 0.5, 1.5, 0.8)  # by which the gradient changes from update to update,
FADING = 0.01  # and by which it is smaller in the second half: a maximum of the past tells there
CUT = 0.3  # what a program that sets the rate makes of it, after a third of the updates


class Failure(Exception):
    """One side raised. `side` is "old" or "new"."""

    def __init__(self, side: str, error: BaseException) -> None:
        first = str(error).strip().splitlines() or [""]
        super().__init__(f"{type(error).__name__}: {first[0][:300]}")
        self.side = side


def answer(job: Any) -> Any:
    """The result of one job: rates or weights of both sides, as exact doubles."""
    try:
        return {"id": job["id"], **TASKS[job["task"]](job)}
    except Failure as failure:
        return {"id": job["id"], "failed": failure.side, "error": str(failure)}


def plain(name: str) -> Any:
    """Give a library its own defaults back, whatever ~/.keras/keras.json says."""
    library = importlib.import_module(name)
    library.backend.set_floatx("float32")
    library.backend.set_epsilon(1e-7)
    return library


def schedule(job: Any) -> Any:
    """Evaluate both sides of a schedule for every draw: the rates at the steps of those ``indices``.

    A draw ``beyond`` the domain that the old side refuses is left out, and counted.
    """
    found, left_out = [], 0
    for number, draw in enumerate(job["draws"]):
        try:
            found += [{**result, "draw": number} for result in Race(draw, job).run()]
        except Failure as failure:
            if failure.side != "old" or not draw.get("beyond"):
                raise
            left_out += 1
    return {"draws": found, "left_out": left_out}


class Race:
    """Both sides of one draw in one graph, fed with the same steps.

    All steps go in as one vector where both sides take it; a few, spread over the range, are computed
    one by one too, in every type of step, as a program would. Where that gives other numbers than the
    vector (more than rounding), all steps are computed one by one.
    """

    def __init__(self, draw: Any, job: Any) -> None:
        self.draw, self.job = draw, job
        self.columns = {side: draw[f"{side}_steps"] for side in SIDES}
        self.count = max((len(column) for columns in self.columns.values() for column in columns), default=1)

    def run(self) -> list[Any]:
        """The results: all steps in the first type, the spots in every type; raises Failure."""
        import tensorflow as tf

        dtypes = self.draw["dtypes"]
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            single = [self.built(side, dtype, []) for dtype in dtypes for side in SIDES]
            spots = self.spots()
            rows = self.singles(session, single, spots)
            every = None
            for mapped in (False, True) if self.count > len(spots) else ():
                if every is None or not self.agree(every, rows, spots):
                    every = self.vectors(session, mapped)
            if every is None or not self.agree(every, rows, spots):
                firsts = self.singles(session, single[:2], range(self.count))
                every = [[row[k] for row in firsts] for k in (0, 1)]
        results = [{"indices": list(range(self.count)), "old": every[0], "new": every[1]}]
        for number in range(len(dtypes)):
            old, new = ([row[2 * number + k] for row in rows] for k in (0, 1))
            results.append({"indices": spots, "old": old, "new": new})
        return results

    def built(self, side: str, dtype: str, shape: list[Any]) -> Any:
        """One side as (inputs, value); raises Failure."""
        import tensorflow as tf

        try:
            inputs = [tf.compat.v1.placeholder(dtype, shape) for _ in self.columns[side]]
            return inputs, tf.convert_to_tensor(build(self.draw[side], inputs, self.job))
        except Exception as error:
            raise Failure(side, error) from None

    def vectors(self, session: Any, mapped: bool) -> Any:
        """The rates of both sides at all steps, in one run; None where a side does not take that.

        ``mapped``: by a loop inside the graph, step by step; else all steps as one vector.
        """
        import tensorflow as tf

        feeds: dict[Any, Any] = {}
        values = []
        try:
            for side in SIDES:
                if mapped:
                    inputs = [
                        tf.compat.v1.placeholder(self.draw["dtypes"][0], [None]) for _ in self.columns[side]
                    ]
                    value = tf.map_fn(partial(self.element, side), inputs, fn_output_signature=tf.float64)
                else:
                    inputs, value = self.built(side, self.draw["dtypes"][0], [None])
                feeds.update(zip(inputs, self.columns[side], strict=True))
                values.append(tf.cast(value, tf.float64))
            rates = session.run(values, feeds)
        except Exception:
            return None
        return [rate.tolist() for rate in rates] if all(r.shape == (self.count,) for r in rates) else None

    def element(self, side: str, inputs: list[Any]) -> Any:
        """One side at one step, inside a loop of the graph."""
        import tensorflow as tf

        return tf.cast(build(self.draw[side], inputs, self.job), tf.float64)

    def singles(self, session: Any, single: Any, chosen: Any) -> list[list[float]]:
        """The rates at the chosen steps, one by one: old and new for each type of step."""
        import tensorflow as tf

        inputs = [node for nodes, _ in single for node in nodes]
        values = tf.stack([tf.cast(value, tf.float64) for _, value in single])  # one fetch is much faster
        try:
            call = session.make_callable(values, feed_list=inputs)
            return [call(*self.feed(index, len(single) // 2)).tolist() for index in chosen]
        except Exception as error:
            for number, (nodes, value) in enumerate(single[:2]):
                self.alone(session, SIDES[number], nodes, value, chosen)
            raise Failure("old", error) from None

    def feed(self, index: int, types: int) -> list[Any]:
        """The steps at one place of the columns, in the order of the inputs."""
        return [column[index] for side in SIDES for column in self.columns[side]] * types

    def alone(self, session: Any, side: str, nodes: Any, value: Any, chosen: Any) -> None:
        """Run one side by itself, to see whether it is the one that fails; raises Failure."""
        try:
            call = session.make_callable(value, feed_list=nodes)
            for index in chosen:
                call(*[column[index] for column in self.columns[side]])
        except Exception as error:
            raise Failure(side, error) from None

    def spots(self) -> list[int]:
        """The places that are computed one by one: the first, the last, and some between."""
        between = range(0, self.count, max(1, self.count // SPOTS))
        ends = [*range(4), *range(self.count - 8, self.count)]
        return sorted({place for place in (*between, *ends) if 0 <= place < self.count})

    def agree(self, vectors: Any, rows: Any, chosen: Any) -> bool:
        """Whether the vectors are the single numbers, rounding apart."""
        pairs = ((row[k], vectors[k][index]) for index, row in zip(chosen, rows, strict=True) for k in (0, 1))
        return all(one == other or abs(one - other) <= 1e-6 * abs(one) for one, other in pairs)


def build(tree: Any, inputs: list[Any], job: Any) -> Any:
    """Plain data -> numbers, schedules, tensors."""
    if isinstance(tree, list):
        return [build(item, inputs, job) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "column" in tree:
        return inputs[tree["column"]]
    if "float" in tree:
        return float(build(tree["float"], inputs, job))
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
        return getattr(plain("tf_keras").optimizers.legacy, name)
    if kind in {"stand-in", "decayed optimizer"}:
        space: dict[str, Any] = {"tf": tf}
        exec(job["sources"][name], space)  # lrmigrate's own text, see the module docstring
        return space[name]
    raise ValueError(f"unknown kind {kind!r}")


def optimizer(job: Any) -> Any:
    """Train both sides of an optimizer on one convex problem, and read the rate at many steps."""
    draws = []
    for number, draw in enumerate(job["draws"]):
        old = trained("old", draw["old"], job, draw["steps"])
        new = trained("new", draw["new"], job, draw["steps"])
        draws.append(
            {
                "draw": number,
                "indices": list(range(len(draw["steps"]))),
                "old": old["rates"],
                "new": new["rates"],
                "old_weights": old["weights"],
                "new_weights": new["weights"],
            }
        )
    return {"draws": draws}


def trained(side: str, tree: Any, job: Any, steps: list[int]) -> Any:
    """Weights after each update of a training run, and the rate in force at each of ``steps``.

    The loss is a sum of softplus terms of very different sizes, in two variables: convex, its gradient
    never zero and never of another sign, so that rounding does not grow and every argument of an
    optimizer tells. The weights start at zero, where float32 has the most digits.
    """
    import tensorflow as tf

    try:
        made = build(tree, [], job)
        half = len(job["scales"]) // 2
        scales = [tf.constant(job["scales"][:half]), tf.constant(job["scales"][half:])]
        weights = [tf.Variable(tf.zeros_like(scale)) for scale in scales]
        path = []
        for update in range(job["updates"]):
            if job["sets_rate"] and update == job["updates"] // 3:
                made.learning_rate = CUT * float(made.learning_rate)
            factor = FACTORS[update % len(FACTORS)] * (FADING if 2 * update >= job["updates"] else 1.0)
            with tf.GradientTape() as tape:
                terms = [scale * tf.math.softplus(w) for scale, w in zip(scales, weights, strict=True)]
                loss = factor * sum(tf.reduce_sum(term) for term in terms)
            if side == "old":
                made.minimize(loss, weights, tape=tape)
            else:
                made.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            path.append([float(value) for weight in weights for value in weight.numpy()])
        return {"weights": path, "rates": [rate_at(made, step, job) for step in steps]}
    except Exception as error:
        raise Failure(side, error) from None


def rate_at(made: Any, step: int, job: Any) -> float:
    """The rate that an optimizer would use at its update number ``step``."""
    import tensorflow as tf

    made.iterations.assign(step)
    if not hasattr(made, "_decayed_lr"):
        return handed_down(made) if job["sets_rate"] else float(made.learning_rate)
    if job["decay_ignored"]:
        return float(made._get_hyper("learning_rate"))
    return float(made._decayed_lr(tf.float32))


def handed_down(made: Any) -> float:
    """The rate that a subclass hands to the update of the optimizer that it is made from."""
    base: Any = type(made).__mro__[1]
    original, rates = base.update_step, []
    base.update_step = lambda *arguments: rates.append(float(arguments[-1]))
    try:
        made.update_step(None, None, made.learning_rate)
    finally:
        base.update_step = original
    return rates[0]


def function(job: Any) -> Any:
    """The rates that a function gives, against those in force in an optimizer of Keras 3, point by point."""
    draws = []
    for number, draw in enumerate(job["draws"]):
        old = old_rates(draw, job)
        first, *new = rates_in_force(draw, job)
        indices = list(range(len(new)))
        draws.append({"draw": number, "indices": indices, "old": old, "new": new})
        draws.append({"draw": number, "indices": [0], "old": old[:1], "new": [first]})
    return {"draws": draws}


def old_rates(draw: Any, job: Any) -> list[float]:
    """The rates of the function as an optimizer keeps them, in float32; raises Failure."""
    import numpy as np

    try:
        return [float(np.float32(float(build(rate, [], job)))) for rate in draw["old"]]
    except Exception as error:
        raise Failure("old", error) from None


def rates_in_force(draw: Any, job: Any) -> list[float]:
    """The rate before training, and at each point: an epoch of a LearningRateScheduler, else an update.

    Read inside a function of TensorFlow, as a training step does: see the module docstring.
    """
    import tensorflow as tf

    try:
        made = getattr(tf.keras.optimizers, draw["optimizer"])(learning_rate=build(draw["rate"], [], job))
        made.build([tf.keras.Variable(0.0)])
        rate = tf.function(lambda: tf.convert_to_tensor(made.learning_rate))
        rates = [float(rate())]
        if "scheduler" in draw:
            callback = scheduler(made, [build(value, [], job) for value in draw["scheduler"]], draw["points"])
        for point in draw["points"]:
            if "scheduler" in draw:
                callback.on_epoch_begin(point)
            else:
                made.iterations.assign(point)
            rates.append(float(rate()))
        return rates
    except Exception as error:
        raise Failure("new", error) from None


def scheduler(made: Any, values: list[Any], epochs: list[int]) -> Any:
    """Keras's own LearningRateScheduler on a model with the optimizer, giving a value for each epoch."""
    import tensorflow as tf

    model = tf.keras.Sequential()
    model.compile(optimizer=made)
    table = dict(zip(epochs, values, strict=True))
    callback = tf.keras.callbacks.LearningRateScheduler(lambda epoch: table[epoch])
    callback.set_model(model)
    return callback


TASKS = {"schedule": schedule, "optimizer": optimizer, "function": function}


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(int(sys.argv[1]), "w")
    os.dup2(2, 1)
    import tensorflow as tf

    keras = plain("keras")
    if tuple(map(int, keras.__version__.split(".")[:2])) < OLDEST_KERAS:
        wanted = ".".join(map(str, OLDEST_KERAS))
        sys.exit(f"Keras {keras.__version__} is too old, {wanted} is the oldest one that fixes are made for")
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    print(json.dumps({"id": -1, "versions": versions}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
