"""What of a user's code the verifier evaluates: little, within bounds, and nothing that could do harm."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrmigrate.analysis.syntax import CannotParse
from lrmigrate.verify.case import Pair, read, sides
from lrmigrate.verify.expression import Refused, evaluate, holes
from lrmigrate.verify.plan import Settings, plan
from lrmigrate.verify.program import Reader
from lrmigrate.verify.session import pairs_of_files
from tests.conftest import ROOT

HEAD = "import math\nimport numpy as np\nimport tensorflow as tf\n"


def value_of(expression: str, head: str = HEAD) -> Any:
    """The value of the last line of a text; a set of holes where there are any. Raises Refused."""
    reader = Reader(f"{head}\nvalue = {expression}\n")
    found = reader.read(reader.source.tree.body[-1].value)  # type: ignore[attr-defined]
    return set(holes(found)) or evaluate(found, {})


# --- bounds ------------------------------------------------------------------------------------------

LIMITED = """
import json, os, resource, sys
from tests.verify.test_expression import bounded
for name, text in json.load(sys.stdin).items():
    if os.fork() == 0:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (3, 3))
        print(f"{name}: {bounded(text)}")
        break
    os.wait()
"""
DOUBLED = "a0 = {0}\n" + "".join(f"a{n} = {{1}}\n".replace("@", f"a{n - 1}") for n in range(1, 24))
BOMBS = {
    "tower": "value = 10**10**10",
    "power": "value = 10**10**2",
    "power of a large number": "value = (2**31)**1000",
    "math.pow": "value = math.pow(10, 10**10)",
    "huge literal": "value = " + "9" * 4000,
    "digits from text": "value = int('9' * 4000)",
    "list": "value = [0] * 10**9",
    "list, turned round": "value = 10**9 * [0]",
    "lists of lists": "value = [[0] * 9999] * 9999",
    "lists of lists of lists": "value = [[[0] * 900] * 900] * 900",
    "range": "value = list(range(10**9))",
    "range of ranges": "value = [list(range(9999))] * 9999",
    "sum of lists": "value = sum([[0] * 9999] * 9999, [])",
    "string": "value = 'a' * 10**9",
    "string, turned round": "value = 10**9 * 'a'",
    "string of strings": "value = 'a' * 9999 * 9999",
    "format": "value = '%999999999d' % 3",
    "repeated list through names": DOUBLED.format("[0]", "@ + @") + "value = a23",
    "nested list through names": DOUBLED.format("1", "[@, @]") + "value = a23",
    "number through names": DOUBLED.format("1", "@ * @") + "value = a23",
    "comprehension": f"a = [{'1, ' * 5000}]\nvalue = [[a for i in a] for j in a]",
    "name of itself": "a = [b, b]\nb = [a, a]\nvalue = a",
    "signs": "value = " + "-" * 10_000 + "1",
    "brackets": "value = " + "[" * 10_000 + "]" * 10_000,
    "parentheses": "value = " + "(" * 10_000 + "1" + ")" * 10_000,
    "sum": "value = " + "+".join(["1"] * 10_000),
    "calls": "value = " + "abs(" * 10_000 + "1" + ")" * 10_000,
    "attributes": "value = x" + ".x" * 10_000,
}


def bounded(text: str) -> str:
    """How a text fares: refused, not parsed, hole, or how much there is to send to the worker."""
    import time

    began = time.perf_counter()
    try:
        reader = Reader(HEAD + text)
        found = reader.read(reader.source.tree.body[-1].value)  # type: ignore[attr-defined]
        result = "hole" if any(holes(found)) else f"{len(json.dumps(evaluate(found, {})))} characters"
    except Refused:
        result = "refused"
    except CannotParse:
        result = "not parsed"
    return f"{result} in time" if time.perf_counter() - began < 1 else f"{result}, but late"


@pytest.fixture(scope="module")
def fared() -> list[str]:
    """How each text fares in a process of its own, whose end takes nothing else with it."""
    command = [sys.executable, "-c", LIMITED]
    given = json.dumps(BOMBS)
    done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=ROOT, check=False)
    return [*done.stdout.splitlines(), done.stderr[-200:]]


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_grow_is_refused_at_once(name: str, fared: list[str]) -> None:
    (said,) = [line for line in fared if line.startswith(f"{name}: ")] or fared[-1:]
    assert said.removeprefix(f"{name}: ") in {"refused in time", "not parsed in time", "hole in time"}


@pytest.mark.parametrize(
    "expression",
    [
        *("1 / 0", "1 // 0", "1 % 0", "1.0 % 0", "0 ** -1", "0.0 ** -1", "math.log(0)", "math.sqrt(-1)"),
        *("1e308 * 10", "1e400", "-1e400", "10.0 ** 400", "math.exp(1000)", "float('inf')", "float('nan')"),
        *("(-1) ** 0.5", "2 ** 64", "int(1e300)", "float(10 ** 400)", "'a' + 1", "-'a'", "min([])", "max()"),
        *("range(1, 2, 0)", "range(0.5)", "len(3)", "[1] - [2]", "sum(['a'])", "int('x')", "max(1, 'a')"),
    ],
)
def test_what_python_or_float_cannot_do_is_refused(expression: str) -> None:
    with pytest.raises(Refused, match=r"^[a-z]"):
        value_of(expression)


# --- numbers -----------------------------------------------------------------------------------------

PURE = [
    *(
        "abs(-3)",
        "abs(-0.5)",
        "int(3.7)",
        "int(-3.7)",
        "int('12')",
        "float(3)",
        "float('1e-3')",
        "round(2.5)",
    ),
    *(
        "round(2.675, 2)",
        "min(3, 1.5)",
        "max([1, 2])",
        "len([1, 2, 3])",
        "sum([0.1] * 3)",
        "sorted([3, 1, 2])",
    ),
    *("list(range(2, 9, 3))", "math.exp(-0.5)", "math.log(10)", "math.log(8, 2)", "math.sqrt(2)"),
    *("math.floor(-2.5)", "math.ceil(2.1)", "math.cos(1)", "math.pow(0.5, 3)", "math.pow(10, -2)"),
    *("math.pow(10, 2)", "math.pow(10, 20)", "-7 // 2", "-7 % 3", "7 % -3", "2 ** -1", "-2 ** 2", "7 / 2"),
    *("True + 1", "[x / 10 for x in [1, 2, 0]]", "[0.1 * 0.5 ** i for i in (0, 1, 2)]", "[1] + [2] * 3"),
    *("[[i, -i] for i in [1, 2]]", "+3", "--3", "1_000", "0x10", "1e-4", "None", "'name'", "0.1 + 0.2"),
]


@pytest.mark.parametrize("expression", PURE)
def test_pure_functions_give_pythons_numbers(expression: str) -> None:
    assert repr(value_of(expression)) == repr(eval(expression, {"math": math}))


def test_casts_to_whole_numbers_cut() -> None:
    """What is dropped by a cast must not look equal to what keeps it."""
    for expression in ("tf.cast(3.7, tf.int64)", "tf.cast(3.7, dtype=tf.int32)", "tf.to_int32(3.7)"):
        assert value_of(expression) in (3, {expression})


_numbers = st.one_of(
    st.integers(-2000, 2000).map(repr),
    st.floats(-1e6, 1e6, allow_nan=False).map(repr),
    st.sampled_from(["1e-4", "0.1", "2**24", "1e300", "10**9"]),
)
_expressions = st.recursive(
    _numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner)
        .map(" ".join)
        .map("({})".format),
        inner.map("(-{})".format),
        st.tuples(st.sampled_from(["abs", "int", "float", "round", "math.exp", "math.sqrt"]), inner).map(
            "{0[0]}({0[1]})".format
        ),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map("{0[0]}({0[1]}, {0[2]})".format),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(_expressions)
def test_arithmetic_is_pythons_or_refused(expression: str) -> None:
    try:
        value = value_of(expression)
    except Refused:
        return
    assert repr(value) == repr(eval(expression, {"math": math}))


# --- names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "expression"),
    [
        ("def float(x): ...", "float(1)"),
        ("int = 3", "int(1.5)"),
        ("from mine import max", "max(1, 2)"),
        ("from mine import *", "max(1, 2)"),
        ("from keras.backend import *", "round(1.5)"),
        ("import mymath as math", "math.exp(1)"),
        ("import mymath.math as math", "math.exp(1)"),
        ("math = object()", "math.exp(1)"),
        ("import mine as np", "np.exp(1)"),
        ("class sum: ...", "sum([1])"),
        ("for abs in things: ...", "abs(-1)"),
        ("with opened as len: ...", "len([1])"),
        ("if (min := other): ...", "min(1, 2)"),
        ("try:\n    from mine import round\nexcept ImportError: ...", "round(1.5)"),
        ("", "math.exp(1)"),
        ("", "exp(1)"),
        ("", "pow(2, 3)"),
        ("", "eval('1')"),
    ],
)
def test_what_may_be_something_else_is_a_hole(head: str, expression: str) -> None:
    assert value_of(expression, head + "\n") == {expression}


def test_parameters_shadow() -> None:
    reader = Reader("def f(float, x=0.1):\n    value = float(x)\n")
    node = reader.source.tree.body[0].body[0].value  # type: ignore[attr-defined]
    assert list(holes(reader.read(node))) == ["float(x)"]


@pytest.mark.parametrize(
    ("head", "expression", "value"),
    [
        ("LR, EPOCHS = 0.1, 30", "LR / EPOCHS", 0.1 / 30),
        ("A = 2\nB = A * 3", "A + B", 8),
        ("LR: float = 0.1", "LR", 0.1),
        ("LR = 0.1\nLR *= 2", "LR", {"LR"}),
        ("LR = 0.1\nLR = 0.2", "LR", {"LR"}),
        ("LR = 0.1\nfor LR in (1, 2): ...", "LR", {"LR"}),
        ("LR = 0.1\ndef f():\n    global LR\n    LR = 1", "LR", {"LR"}),
        ("LR = read()", "LR", {"LR"}),
        ("STEPS = [10, 20]", "STEPS", [10, 20]),
        ("STEPS = [10, 20]\nSTEPS.append(30)", "STEPS", {"STEPS"}),
        ("STEPS = [10, 20]\nSTEPS[0] = 5", "STEPS", {"STEPS"}),
        ("STEPS = [10, 20]\nSTEPS += [30]", "STEPS", {"STEPS"}),
    ],
)
def test_constants_of_the_file_are_folded_only_if_nothing_can_change_them(
    head: str, expression: str, value: object
) -> None:
    assert value_of(expression, head + "\n") == value


# --- no code of the user's runs ----------------------------------------------------------------------

PAYLOADS = [
    "boom()",
    "float(boom())",
    "__import__('os').system('touch {path}')",
    "open('{path}', 'w')",
    "open('{path}', 'w').name",
    "(lambda: boom())()",
    "[boom() for i in [1, 2]]",
    "[i for i in boom()]",
    "(x := boom())",
    "[boom()][0]",
    "{{boom(): 1}}[0]",
    "f'{{boom()}}'",
    "Trap().attribute",
    "Trap()[0]",
    "Trap() + 1",
    "boom() if boom() else boom()",
    "tf.cast(boom(), tf.float32)",
    "np.exp(Trap())",
    "decorated()",
    "math.exp(boom())",
    "eval('boom()')",
    "exec('boom()')",
    "(yield_ for yield_ in [boom()])",
    "'%s' % Trap()",
]
SETUP = """\
import math
import numpy as np
import tensorflow as tf

def boom(*args, **kwargs):
    open({path!r}, "w").close()
    return boom

@boom
def decorated(default=boom()): ...

class Trap:
    attribute = property(boom)
    __init__ = __getitem__ = __add__ = __str__ = __float__ = __index__ = __getattr__ = boom

boom()
"""
POSITIONS = (
    ("exponential_decay({0}, step, 10, 0.5)", "ExponentialDecay({0}, 10, 0.5)(step)"),
    ("exponential_decay(0.1, {0}, 10, 0.5)", "ExponentialDecay(0.1, 10, 0.5)({0})"),
    ("exponential_decay(0.1, step, {0}, 0.5)", "ExponentialDecay(0.1, {0}, 0.5)(step)"),
    ("exponential_decay(0.1, step, 10, {0})", "ExponentialDecay(0.1, 10, {0})(step)"),
    ("exponential_decay(0.1, step, 10, 0.5, {0})", "ExponentialDecay(0.1, 10, 0.5, {0})(step)"),
    ("exponential_decay(0.1, step, 10, 0.5, name={0})", "ExponentialDecay(0.1, 10, 0.5, name={0})(step)"),
    ("piecewise_constant(step, {0}, [0.1, 0.2])", "PiecewiseConstantDecay({0}, [0.1, 0.2])(step)"),
    ("piecewise_constant(step, [{0}], [0.1, {0}])", "PiecewiseConstantDecay([{0}], [0.1, {0}])(step)"),
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_the_users_runs(tmp_path: Path, payload: str) -> None:
    sentinel = tmp_path / "ran"
    head = SETUP.format(path=str(sentinel))
    code = payload.format(path=sentinel)
    for old, new in POSITIONS:
        before = f"{head}\nrate = tf.train.{old.format(code)}\n"
        after = f"{head}\nrate = tf.keras.optimizers.schedules.{new.format(code)}\n"
        (pair,) = pairs_of_files(before, after, "trap.py")
        assert isinstance(pair, Pair)
        try:
            job = json.dumps(plan(read(sides(pair)), Settings()).job)
        except Refused:
            continue
        assert "boom" not in job
        assert "Trap" not in job
    assert not sentinel.exists()


def test_a_class_of_the_users_is_no_stand_in(tmp_path: Path) -> None:
    sentinel = tmp_path / "ran"
    head = SETUP.format(path=str(sentinel)) + "\nclass LinearCosineDecay:\n    __init__ = boom\n"
    before = f"{head}\nrate = tf.train.linear_cosine_decay(0.1, step, 10)\n"
    after = f"{head}\nrate = LinearCosineDecay(0.1, 10)(step)\n"
    (work,) = pairs_of_files(before, after, "trap.py")
    assert not isinstance(work, Pair)
    assert not sentinel.exists()
