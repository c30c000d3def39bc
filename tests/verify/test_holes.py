"""Sites as they stand in real code: what is open becomes a hole, and the verdict holds for every value."""

from __future__ import annotations

import pytest

from lrmigrate.model import Outcome, Verdict
from lrmigrate.verify.case import Pair, read, sides
from lrmigrate.verify.plan import Settings, plan
from lrmigrate.verify.session import pairs_of_files
from tests.verify.conftest import Fixes, Versions

pytestmark = pytest.mark.tensorflow

TF = "import math\nimport tensorflow as tf\n"
KERAS = "from tensorflow.keras.optimizers import SGD, Adam, RMSprop\nfrom tensorflow import keras\n"
NEW = "tf.keras.optimizers.schedules."
GOOD = (Outcome.IDENTICAL, Outcome.CLOSE)


def one(verdicts: list[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


# --- holes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "exponential_decay(FLAGS.lr, step, FLAGS.decay_steps, FLAGS.rate, staircase=FLAGS.staircase)",
        "exponential_decay(params['lr'], step, params['steps'], 0.5)",
        "exponential_decay(self.lr / 2, self.global_step, 10 * self.n, self.rate ** 2)",
        "exponential_decay(lr(), step, steps_of(data, n=3), 1 - r)",
        "natural_exp_decay(float(FLAGS.lr), step, int(FLAGS.steps), FLAGS.rate)",
        "inverse_time_decay(lr, step, n_samples // batch_size, decay)",
        "polynomial_decay(lr, step, steps, lr / 100, power=power, cycle=cycle)",
        "polynomial_decay(lr, step, steps - warmup, end_learning_rate=end)",
        "cosine_decay(lr if big else 0.1, step, max(steps, 10), alpha)",
        "cosine_decay_restarts(lr, step, first, t_mul=t, m_mul=m, alpha=a)",
        "linear_cosine_decay(lr, step, steps, num_periods=p, alpha=a, beta=b)",
        "piecewise_constant(step, boundaries, values)",
        "piecewise_constant(step, [b1, b2, b3], [lr, lr * 0.1, lr * 0.01, lr * 0.001])",
        "piecewise_constant(step, [n * 30, n * 60, n * 80], [0.1, 0.01, 0.001, 1e-4])",
        "piecewise_constant(step, [int(n * e) for e in [30, 60]], [lr * d for d in [1.0, 0.1, 0.01]])",
        "piecewise_constant(step, boundaries, [0.1, 0.01, 0.001])",
        "piecewise_constant(step, [100, 200], values)",
    ],
)
def test_holes_on_both_sides(fixes: Fixes, call: str) -> None:
    verdict = one(fixes(f"{TF}rate = tf.train.{call}\n"))
    assert verdict.outcome in GOOD, verdict.detail
    assert verdict.draws >= 8


def test_parameters_of_functions_are_holes(fixes: Fixes) -> None:
    text = f"{TF}def rate(lr, step, n=10, *, r=0.5):\n    return tf.train.exponential_decay(lr, step, n, r)\n"
    verdict = one(fixes(text))
    assert verdict.outcome in GOOD
    assert verdict.draws >= 8


def test_a_name_that_is_defined_by_itself_is_a_hole(fixes: Fixes) -> None:
    """`lr = tf.train.exponential_decay(lr, ...)` where the first lr comes from elsewhere."""
    text = f"from settings import *\n{TF}lr = tf.train.exponential_decay(lr, step, 100, 0.5)\n"
    verdict = one(fixes(text))
    assert verdict.outcome in GOOD, verdict.detail


def test_a_hole_that_only_the_new_side_has_is_refused(versions: Versions) -> None:
    verdict = one(
        versions(
            f"{TF}rate = tf.train.cosine_decay(lr, step, 100)\n",
            f"{TF}rate = {NEW}CosineDecay(lr, decay_steps)(step)\n",
        )
    )
    assert (verdict.outcome, verdict.detail) == (
        Outcome.REFUSED,
        "`decay_steps` stands in the new text only",
    )


def test_every_hole_gets_corners_and_the_same_value_on_both_sides() -> None:
    before = f"{TF}rate = tf.train.exponential_decay(lr, step, n, r, staircase=s)\n"
    after = f"{TF}rate = {NEW}ExponentialDecay(lr, n, r, s)(step)\n"
    (pair,) = pairs_of_files(before, after, "train.py")
    assert isinstance(pair, Pair)
    planned = plan(read(sides(pair)), Settings())
    again = plan(read(sides(pair)), Settings())
    assert planned.job == again.job
    for draw in planned.draws:
        old, new = draw.job["old"], draw.job["new"]
        kept = [value for value in old["args"] if not isinstance(value, dict)]
        assert [*kept, *old["kwargs"].values()] == new["args"]
    values = {name: {draw.values[name] for draw in planned.draws} for name in ("lr", "n", "r", "s")}
    assert values["s"] == {True, False}
    assert {1e-6, 1.0} <= values["lr"]
    assert 1.0 in values["r"]
    assert 1 in values["n"]
    assert max(values["n"]) >= 10_000


def test_pinned_values(fixes: Fixes) -> None:
    text = f"{TF}rate = tf.train.exponential_decay(FLAGS.lr, step, params['n'], 0.5, True)\n"
    verdict = one(fixes(text, pinned={"FLAGS.lr": 0.1, "params['n']": 3}, horizon=9))
    assert verdict.curve is not None
    assert verdict.curve.steps == tuple(range(10))
    assert verdict.curve.landmarks == (3,)
    assert verdict.draws == 1, "nothing is left to draw"
    rates = [round(rate, 6) for rate in verdict.curve.new]
    assert rates == [0.1] * 3 + [0.05] * 3 + [0.025] * 3 + [0.0125]


@pytest.mark.parametrize(
    ("head", "n"),
    [
        ("EPOCHS = 30\nN = 90 // EPOCHS", "N"),
        ("EPOCHS, SIZE = 30, 90", "SIZE / EPOCHS"),
        ("N: int = 3", "N"),
        ("N = int(3.9)", "N * 1"),
        ("NS = [3, 4]", "min(NS)"),
    ],
)
def test_constants_of_the_file_are_folded(fixes: Fixes, head: str, n: str) -> None:
    verdict = one(fixes(f"{TF}{head}\nrate = tf.train.exponential_decay(0.1, step, {n}, 0.5, True)\n"))
    assert verdict.outcome in GOOD
    assert verdict.draws == 1
    assert verdict.curve is not None
    assert verdict.curve.landmarks == (3,)


# --- steps -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        "batch * BATCH_SIZE",
        "batch * 64",
        "step - warmup",
        "step - 100",
        "tf.maximum(step - 10, 0)",
        "tf.cast(step, tf.float32)",
        "tf.cast(step, tf.int32)",
        "tf.cast(step, tf.float32) / 7",
        "step // 3",
        "step + 1",
        "2 * step + offset",
        "tf.identity(step)",
        "tf.train.get_or_create_global_step()",
        "tf.train.get_global_step()",
        "self.global_step",
        "steps['g']",
        "epoch * steps_per_epoch + i",
        "tf.constant(5)",
        "17",
    ],
)
@pytest.mark.parametrize("call", ["exponential_decay(0.1, {0}, 41, 0.5, True)", "cosine_decay(0.1, {0}, 41)"])
def test_steps_that_are_expressions(fixes: Fixes, step: str, call: str) -> None:
    verdict = one(fixes(f"{TF}rate = tf.train.{call.format(step)}\n"))
    assert verdict.outcome in GOOD, verdict.detail


def test_a_step_expression_meets_the_landmarks(fixes: Fixes) -> None:
    text = f"{TF}rate = tf.train.piecewise_constant(batch * 64, [6400, 64000], [0.1, 0.2, 0.3])\n"
    verdict = one(fixes(text))
    assert verdict.curve is not None
    assert {99, 100, 101, 999, 1000, 1001} <= set(verdict.curve.steps)


@pytest.mark.parametrize("wrong", ["step + 1", "step", "2 * step", "step * SIZE + 1"])
def test_another_step_on_the_new_side_is_seen(versions: Versions, wrong: str) -> None:
    before = f"{TF}SIZE = 3\nrate = tf.train.exponential_decay(0.1, step * SIZE, 50, 0.5)\n"
    after = f"{TF}SIZE = 3\nrate = {NEW}ExponentialDecay(0.1, 50, 0.5)({wrong})\n"
    assert one(versions(before, after)).outcome is Outcome.DIFFERENT


def test_a_cast_that_cuts_is_not_lost(versions: Versions) -> None:
    before = f"{TF}rate = tf.train.exponential_decay(0.1, tf.cast(step / 7, tf.int64), 50, 0.5)\n"
    after = f"{TF}rate = {NEW}ExponentialDecay(0.1, 50, 0.5)(step / 7)\n"
    assert one(versions(before, after)).outcome not in GOOD


def test_both_types_of_step() -> None:
    before = f"{TF}rate = tf.train.cosine_decay(0.1, step, 50)\n"
    (pair,) = pairs_of_files(before, f"{TF}rate = {NEW}CosineDecay(0.1, 50)(step)\n", "train.py")
    assert isinstance(pair, Pair)
    (draw,) = plan(read(sides(pair)), Settings()).draws
    assert sorted(draw.job["dtypes"]) == ["int32", "int64"]
    assert draw.steps.chosen[-1] == 2**31 - 1


def test_horizon_and_epoch(fixes: Fixes) -> None:
    text = f"{TF}rate = tf.train.cosine_decay(0.1, step, 50)\n"
    every = one(fixes(text, horizon=120))
    assert every.steps == "all of 0..120"
    assert every.curve is not None
    assert every.curve.steps == tuple(range(121))
    epochs = one(fixes(text, epoch=1000))
    assert epochs.curve is not None
    assert set(range(0, 10_000, 1000)) <= set(epochs.curve.steps)
    long = one(fixes(text.replace("50", "100000")))
    assert long.curve is not None
    assert {0, 1, 99_999, 100_000, 100_001, 200_000, 300_000, 2**24, 2**31 - 1} <= set(long.curve.steps)
    near = [step for step in long.curve.steps if step <= 300_000]
    assert long.steps == f"{len(near)} of 0..300000, {len(long.curve.steps) - len(near)} beyond"


@pytest.mark.parametrize(
    "text",
    [
        "rate = tf.train.exponential_decay(tf.train.cosine_decay(0.1, step, 90), step, 7, 0.5, True)",
        "inner = tf.train.cosine_decay(0.1, step, 90)\n"
        "rate = tf.train.exponential_decay(inner, step, 7, 0.5, True)",
        "rate = tf.train.polynomial_decay(0.1, step, 20, "
        "end_learning_rate=tf.train.piecewise_constant(step, [5, 9], [0.1, 0.2, 0.3]))",
    ],
)
def test_schedules_within_schedules(fixes: Fixes, text: str) -> None:
    verdicts = fixes(f"{TF}{text}\n")
    assert len(verdicts) == 2
    assert all(verdict.outcome in GOOD for verdict in verdicts), [v.detail for v in verdicts]


# --- counterexamples ---------------------------------------------------------------------------------


def test_counterexample_names_step_and_rates(versions: Versions) -> None:
    before = f"{TF}rate = tf.train.exponential_decay(0.1, step, 10, 0.5, staircase=True)\n"
    after = f"{TF}rate = {NEW}ExponentialDecay(0.1, 11, 0.5, staircase=True)(step)\n"
    verdict = one(versions(before, after))
    assert verdict.outcome is Outcome.DIFFERENT
    assert verdict.detail == "at step 10 the old rate is 0.0500000007, the new one 0.100000001"
    assert verdict.old == "tf.train.exponential_decay(0.1, step, 10, 0.5, staircase=True)"
    assert verdict.new == f"{NEW}ExponentialDecay(0.1, 11, 0.5, staircase=True)(step)"


def test_counterexample_names_the_values_of_the_holes(versions: Versions) -> None:
    before = f"{TF}rate = tf.train.natural_exp_decay(0.1, step, FLAGS.n, 0.5)\n"
    verdict = one(versions(before, f"{TF}rate = {NEW}ExponentialDecay(0.1, FLAGS.n, 0.5)(step)\n"))
    assert verdict.outcome is Outcome.DIFFERENT
    assert "at step 1 the old rate is" in verdict.detail
    assert "for FLAGS.n = " in verdict.detail


def test_new_code_that_raises_differs(versions: Versions) -> None:
    before = f"{TF}rate = tf.train.cosine_decay(0.1, step, 50)\n"
    verdict = one(versions(before, f"{TF}rate = {NEW}CosineDecay(0.1, 50, beta=1)(step)\n"))
    assert verdict.outcome is Outcome.DIFFERENT
    assert verdict.detail.startswith("the new code fails: TypeError")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("*args", "`*` hides"),
        ("0.1, step, *rest", "`*` hides"),
        ("0.1, step, 50, **more", "`**` hides"),
        ("0.1, step, 50, bogus=1", "do not fit"),
        ("0.1, step, -50", "no values were found"),
        ("0.1, [1, 2], 50", ""),
        ("0.1, 'step', 50", ""),
        ("0.1, None, 50", ""),
        ("None, step, 50", ""),
        ("'fast', step, 50", ""),
        ("0.1, step, 50, 'alpha'", ""),
        ("0.1, step, [50]", ""),
    ],
)
def test_refusals(versions: Versions, arguments: str, reason: str) -> None:
    before = f"{TF}rate = tf.train.cosine_decay({arguments})\n"
    verdict = one(versions(before, f"{TF}rate = {NEW}CosineDecay(0.1, 50)(step)\n"))
    assert verdict.outcome is Outcome.REFUSED
    assert reason in verdict.detail
    assert verdict.detail


# --- optimizers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "SGD(lr=0.1, decay=1e-2)",
        "SGD(lr=1, decay=1e-6, momentum=0.9, nesterov=True)",
        "SGD(lr=FLAGS.lr, decay=FLAGS.lr / EPOCHS, momentum=FLAGS.momentum)",
        "SGD(lr=0.1, clipnorm=0.01)",
        "SGD(lr=0.1, clipvalue=0.3, decay=0.1)",
        "SGD(lr=lr, clipnorm=norm)",
        "Adam(lr=1e-3, decay=1e-3, amsgrad=True)",
        "Adam(lr=args.lr, beta_1=0.5, epsilon=1e-3)",
        "Adam(1e-3, 0.5, decay=args.decay)",
        "RMSprop(lr=1e-3, rho=0.5, decay=1e-2)",
        "keras.optimizers.Adagrad(lr=0.1, decay=1e-2)",
        "keras.optimizers.Adadelta(lr=1, epsilon=None)",
        "keras.optimizers.Adamax(lr=2e-3, decay=1e-2)",
    ],
)
def test_optimizers(fixes: Fixes, call: str) -> None:
    verdict = one(fixes(f"{KERAS}EPOCHS = 30\noptimizer = {call}\n"))
    assert verdict.outcome in GOOD, verdict.detail


@pytest.mark.parametrize(
    "call",
    ["SGD(0.1, 0.9, 1e-2, True)", "RMSprop(1e-3, 0.5, None, 1e-2)", "Adam(1e-3, 0.5, 0.9, None, 1e-2)"],
)
def test_positional_orders_of_keras_2(fixes: Fixes, call: str) -> None:
    verdict = one(fixes(f"from keras.optimizers import SGD, Adam, RMSprop\noptimizer = {call}\n"))
    assert verdict.outcome in GOOD, verdict.detail


S = "keras.optimizers.schedules.InverseTimeDecay"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SGD(lr=0.1, momentum=0.9)", "SGD(learning_rate=0.1, momentum=0.9, nesterov=True)"),
        ("SGD(lr=0.1, momentum=0.9, nesterov=True)", "SGD(learning_rate=0.1, momentum=0.9)"),
        ("SGD(lr=0.1, clipnorm=0.01)", "SGD(learning_rate=0.1)"),
        ("SGD(lr=0.1, clipnorm=0.01)", "SGD(learning_rate=0.1, clipvalue=0.01)"),
        ("SGD(lr=0.1, decay=1e-2)", "SGD(learning_rate=0.1)"),
        ("SGD(lr=1, decay=1e-2)", f"SGD(learning_rate={S}(1, 1, 1e-2))"),
        ("SGD(lr=0.1, decay=1e-2)", f"SGD(learning_rate={S}(0.1, 10, 1e-2))"),
        ("SGD(lr=0.1)", "Adam(learning_rate=0.1)"),
        ("Adam(lr=0.1)", "Adam(learning_rate=0.1, epsilon=1e-3)"),
        ("Adam(lr=0.1, amsgrad=True)", "Adam(learning_rate=0.1)"),
        ("Adam(lr=0.1, beta_1=0.8, beta_2=0.9)", "Adam(learning_rate=0.1, beta_1=0.9, beta_2=0.8)"),
        ("Adam(lr=lr)", "Adam(learning_rate=2 * lr)"),
        ("RMSprop(lr=0.1, rho=0.5)", "RMSprop(learning_rate=0.1, momentum=0.5)"),
        ("SGD(lr=0.1)", "SGD(lr=0.1)"),
        ("SGD(lr=0.1, decay=1e-2)", "SGD(learning_rate=0.1, decay=1e-2)"),
    ],
)
def test_wrong_optimizers_differ(versions: Versions, old: str, new: str) -> None:
    verdict = one(versions(f"{KERAS}o = {old}\n", f"{KERAS}o = {new}\n"))
    assert verdict.outcome is Outcome.DIFFERENT, verdict


# --- two versions of a file --------------------------------------------------------------------------


def test_sites_are_matched_by_name_then_by_order(versions: Versions) -> None:
    before = f"{TF}a = tf.train.cosine_decay(0.1, step, 10)\nb = tf.train.cosine_decay(0.2, step, 20)\n"
    after = f"{TF}b = {NEW}CosineDecay(0.2, 20)(step)\n\na = {NEW}CosineDecay(0.1, 10)(step)\n"
    assert [verdict.outcome for verdict in versions(before, after)] == [Outcome.IDENTICAL] * 2
    renamed = after.replace("\nb =", "\nrate_b =")
    assert [verdict.outcome for verdict in versions(before, renamed)] == [Outcome.IDENTICAL] * 2
    swapped = before.replace("tf.train.cosine_decay(0.1, step, 10)", f"{NEW}CosineDecay(0.2, 20)(step)")
    assert versions(before, swapped)[0].outcome is Outcome.DIFFERENT


def test_an_unnamed_site_does_not_take_the_counterpart_of_a_named_one(versions: Versions) -> None:
    before = f"{TF}use(tf.train.cosine_decay(0.1, step, 10))\nb = tf.train.cosine_decay(0.2, step, 20)\n"
    after = f"{TF}b = {NEW}CosineDecay(0.2, 20)(step)\nuse({NEW}CosineDecay(0.1, 10)(step))\n"
    assert [verdict.outcome for verdict in versions(before, after)] == [Outcome.IDENTICAL] * 2


def test_a_site_without_counterpart_is_refused(versions: Versions) -> None:
    before = f"{TF}a = tf.train.cosine_decay(0.1, step, 10)\nb = tf.train.cosine_decay(0.2, step, 20)\n"
    first, second = versions(before, f"{TF}b = {NEW}CosineDecay(0.2, 20)(step)\n")
    assert (first.outcome, first.line, first.detail) == (
        Outcome.REFUSED,
        3,
        "there is no counterpart in the new file",
    )
    assert second.outcome is Outcome.IDENTICAL


def test_optimizers_are_no_counterpart_of_schedules(versions: Versions) -> None:
    before = f"{TF}rate = tf.train.cosine_decay(0.1, step, 10)\no = tf.keras.optimizers.SGD(lr=0.1)\n"
    after = f"{TF}o = tf.keras.optimizers.SGD(learning_rate=0.1)\nrate = {NEW}CosineDecay(0.1, 10)(step)\n"
    assert [verdict.outcome for verdict in versions(before, after)] == [Outcome.IDENTICAL] * 2


def test_a_schedule_that_is_not_called_and_a_thunk(versions: Versions) -> None:
    before = f"{TF}rate = tf.train.cosine_decay(0.1, step, 10)\n"
    for form in ("{0}(step)", "lambda: {0}(step)"):
        after = f"{TF}rate = {form.format(NEW + 'CosineDecay(0.1, 10)')}\n"
        assert one(versions(before, after)).outcome is Outcome.IDENTICAL, form


@pytest.mark.parametrize(
    ("use", "outcome"),
    [
        ("tf.keras.optimizers.SGD(rate)", Outcome.IDENTICAL),
        ("tf.compat.v1.train.GradientDescentOptimizer(rate)", Outcome.DIFFERENT),
        ("2 * rate", Outcome.DIFFERENT),
        ("unseen(rate)", Outcome.REFUSED),
    ],
)
def test_an_object_is_only_for_keras_optimizers(versions: Versions, use: str, outcome: Outcome) -> None:
    before = f"{TF}rate = tf.train.cosine_decay(0.1, step, 10)\nused = {use}\n"
    after = before.replace("tf.train.cosine_decay(0.1, step, 10)", f"{NEW}CosineDecay(0.1, 10)")
    assert versions(before, after)[0].outcome is outcome


def test_a_number_is_not_for_keras_optimizers(versions: Versions) -> None:
    before = f"{TF}o = tf.keras.optimizers.SGD(tf.compat.v1.train.cosine_decay(0.1, step, 10))\n"
    after = before.replace(
        "tf.compat.v1.train.cosine_decay(0.1, step, 10)", f"{NEW}CosineDecay(0.1, 10)(step)"
    )
    assert one(versions(before, after)).outcome is not Outcome.IDENTICAL


def test_a_thunk_with_a_frozen_step_differs(versions: Versions) -> None:
    before = f"{TF}rate = tf.train.cosine_decay(0.1, step, 10)\n"
    assert one(versions(before, f"{TF}rate = {NEW}CosineDecay(0.1, 10)(0)\n")).outcome is Outcome.DIFFERENT


def test_modern_files_have_nothing_to_verify(versions: Versions) -> None:
    text = f"{TF}rate = {NEW}CosineDecay(0.1, 10)(step)\n"
    assert versions(text, text) == []


# --- what a single choice of values does not see -----------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exponential_decay(0.1, step, N / B, 0.9)", "ExponentialDecay(0.1, N // B, 0.9)(step)"),
        ("exponential_decay(max(a, b), step, 10, 0.9)", "ExponentialDecay(a, 10, 0.9)(step)"),
        ("exponential_decay(min(lr, 1.0), step, 10, 0.9)", "ExponentialDecay(lr, 10, 0.9)(step)"),
        ("exponential_decay(abs(lr), step, 10, 0.9)", "ExponentialDecay(lr, 10, 0.9)(step)"),
        ("cosine_decay(lr, step, int(n))", "CosineDecay(lr, n)(step)"),
        ("exponential_decay(a, step, 10, b, staircase=s)", "ExponentialDecay(a, 10, b, staircase=t)(step)"),
        ("polynomial_decay(a, step, n, b, cycle=s)", "PolynomialDecay(a, n, b, cycle=t)(step)"),
    ],
)
def test_holes_do_not_hide_each_other(versions: Versions, old: str, new: str) -> None:
    verdict = one(versions(f"{TF}rate = tf.train.{old}\n", f"{TF}rate = {NEW}{new}\n"))
    assert verdict.outcome not in GOOD


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        (
            "exponential_decay(next(it), step, q.get(), 0.9)",
            "ExponentialDecay(decay_steps=q.get(), initial_learning_rate=next(it), decay_rate=0.9)(step)",
            Outcome.DIFFERENT,
        ),
        (
            "exponential_decay(rng.uniform(), step, 9, args.pop())",
            "ExponentialDecay(decay_rate=args.pop(), decay_steps=9, "
            "initial_learning_rate=rng.uniform())(step)",
            Outcome.DIFFERENT,
        ),
        (
            "exponential_decay(first(), step, second(), 0.9)",
            "ExponentialDecay(decay_steps=second(), initial_learning_rate=first(), decay_rate=0.9)(step)",
            Outcome.REFUSED,
        ),
        (
            "exponential_decay(next(it), step, q.get(), 0.9)",
            "ExponentialDecay(next(it), q.get(), 0.9)(step)",
            Outcome.IDENTICAL,
        ),
        (
            "exponential_decay(conf.get('lr'), step, tf.shape(x), 0.9)",
            "ExponentialDecay(decay_steps=tf.shape(x), initial_learning_rate=conf.get('lr'), "
            "decay_rate=0.9)(step)",
            Outcome.IDENTICAL,
        ),
        (
            "exponential_decay(next(it), step, 10, 0.9)",
            "(lambda: ExponentialDecay(next(it), 10, 0.9)(step))",
            Outcome.DIFFERENT,
        ),
    ],
)
def test_what_is_evaluated_in_another_turn(versions: Versions, old: str, new: str, outcome: Outcome) -> None:
    new = f"lambda: {NEW}{new[9:-1]}" if new.startswith("(lambda") else f"{NEW}{new}"
    verdict = one(versions(f"{TF}rate = tf.train.{old}\n", f"{TF}rate = {new}\n"))
    assert verdict.outcome is outcome


def test_values_beyond_the_domain_are_tried() -> None:
    """A clamp tells only there; what the old code refuses is left out."""
    text = f"{TF}rate = tf.train.exponential_decay(lr, step, n, 0.9)\n"
    new = f"{TF}rate = {NEW}ExponentialDecay(lr, n, 0.9)(step)\n"
    both = sides(Pair("x.py", text, new, text.index("tf.train"), new.index("tf.keras")))
    jobs = [draw.job for draw in plan(read(both), Settings()).draws]
    assert [job["beyond"] for job in jobs].count(True) == 2


@pytest.mark.parametrize(
    ("new", "use", "outcome"),
    [
        ("ExponentialDecay(lr, 10, 0.9)(step)", "print(rate())", Outcome.DIFFERENT),
        ("ExponentialDecay(lr, 10, 0.9)(step)", "print(2.0 * rate)", Outcome.IDENTICAL),
        ("lambda: ExponentialDecay(lr, 10, 0.9)(step)", "print(2.0 * rate)", Outcome.DIFFERENT),
        ("lambda: ExponentialDecay(lr, 10, 0.9)(step)", "print(rate())", Outcome.IDENTICAL),
    ],
)
def test_a_number_is_no_function(versions: Versions, new: str, use: str, outcome: Outcome) -> None:
    head = f"{TF}from tensorflow.keras.optimizers.schedules import ExponentialDecay\n"
    old = f"{head}rate = tf.train.exponential_decay(lr, step, 10, 0.9)\n{use}\n"
    assert one(versions(old, f"{head}rate = {new}\n{use}\n")).outcome is outcome
