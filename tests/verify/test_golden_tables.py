"""Old and new, inside a graph, against what the real TensorFlow 1.15.5 returned."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lrmigrate.catalog import SCHEDULES
from lrmigrate.engine.passes import fix_text
from lrmigrate.engine.text import check_text
from lrmigrate.model import Applicability
from lrmigrate.verify.case import DECAY_ROWS, Case, read, sides
from lrmigrate.verify.compare import Bound, compare
from lrmigrate.verify.plan import Columns
from lrmigrate.verify.plan import sources as stand_ins
from lrmigrate.verify.session import Pair, pairs_of_files
from lrmigrate.verify.worker import build
from tests.conftest import FIXTURES

pytestmark = pytest.mark.tensorflow

TABLES = json.loads((FIXTURES / "golden/tables.json").read_text())
CASES = TABLES["cases"]
ULPS = {"cosine_decay_restarts": 2}  # of tf.compat.v1 against TensorFlow 1.15.5; 0 for all others
CORNERS = [  # those that ran
    case
    for case in TABLES["corners"]
    if "error" not in case and all(len(result) == 2 for result in case["results"])
]
HEAD = "import math\nimport tensorflow as tf\n\n"


def name_of(case: dict[str, Any]) -> str:
    return f"{case['function']}{list(case['kwargs'].values())}".replace(" ", "")


def legacy_program(case: dict[str, Any]) -> str:
    """A program that calls the legacy function with the arguments of a case."""
    step = DECAY_ROWS[case["function"]].step
    given = ", ".join(f"{name}={value!r}" for name, value in case["kwargs"].items())
    return f"{HEAD}rate = tf.train.{case['function']}({step}=step, {given})\n"


def modern_program(case: dict[str, Any]) -> str:
    """Its twin by the catalogue's own templates; the rewriter has no part in it."""
    row = DECAY_ROWS[case["function"]]
    assert row.new
    given = ", ".join(
        f"{modern}={template.format(**case['kwargs'])}"
        for modern, template in row.new.arguments.items()
        if row.new.origin(modern) in case["kwargs"]
    )
    space = f"tf.keras.{SCHEDULES}"
    head = HEAD + row.subclass.format(tf="tf", schedule=f"{space}.LearningRateSchedule")
    path = row.new.name if row.subclass else f"{space}.{row.new.name}"
    return f"{head}\nrate = {path}({given})(step)\n"


def both_sides(before: str, after: str) -> Case:
    """The one site of two programs, as the verifier reads it."""
    (pair,) = pairs_of_files(before, after, "golden")
    assert isinstance(pair, Pair)
    return read(sides(pair))


def rates(tree: Any, steps: list[int], dtype: str) -> list[float]:
    """One side at ``steps``, one by one, through a placeholder as a TensorFlow 1 program would feed it."""
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        step = tf.compat.v1.placeholder(dtype, [])
        rate = tf.convert_to_tensor(build(tree, [step], {"sources": stand_ins()}))
        run = session.make_callable(rate, feed_list=[step])
        return [float(run(number)) for number in steps]


def hold(case: Case, golden: list[Any], steps: list[int], dtype: str, ulps: int = 0) -> None:
    """Hold both sides against golden rates: the old one to the bit, the new one within the row's bounds."""
    numbers = [float(value) for value in golden]
    point: list[Any] = [{"step": 0}]
    old, new = (rates(Columns(point).plain(side), steps, dtype) for side in (case.old, case.new))
    assert compare(numbers, old, Bound()).ulps <= ulps
    found = compare(numbers, new, Bound(case.row.relative, case.row.absolute))  # type: ignore[union-attr]
    assert found.first is None, (steps[found.first], found)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_case(case: dict[str, Any], dtype: str) -> None:
    both = both_sides(legacy_program(case), modern_program(case))
    hold(both, case[dtype], case["steps"], dtype, ULPS.get(case["function"], 0))


@pytest.mark.parametrize("case", CORNERS, ids=name_of)
def test_corner(case: dict[str, Any]) -> None:
    """Unusual arguments that TensorFlow 1 accepted: a fix gives its numbers, or there is none."""
    before = legacy_program(case)
    after = fix_text(before, level=Applicability.UNSAFE).after
    if after == before:
        assert [finding.reason for finding in check_text(before).findings] != []  # left alone, and says why
        return
    steps, golden = [list(column) for column in zip(*case["results"], strict=True)]
    hold(both_sides(before, after), golden, steps, case["step_dtype"])


def test_every_function_with_a_twin_has_cases() -> None:
    rows = {name for name, row in DECAY_ROWS.items() if row.new}
    assert {case["function"] for case in CASES} == rows - {"piecewise_constant_decay"}
    assert all(case["steps"][-1] == 2**31 - 1 for case in CASES)
    assert TABLES["versions"]["tensorflow"] == "1.15.5"


def test_recorded_signatures_are_those_of_the_rows() -> None:
    assert TABLES["signatures"] == {name: f"({row.signature.text})" for name, row in DECAY_ROWS.items()}


def test_recorded_tensor_names_tell_whether_name_names_the_result() -> None:
    named = {name: names["lr"] == "lr:0" for name, names in TABLES["tensor_names"].items()}
    assert named == {name: DECAY_ROWS[name].names_result for name in named}
