"""A grammar of all that has elements: calls, dictionaries, lists, tuples, imports, laid out in every way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Draw: TypeAlias = "Callable[[st.SearchStrategy[T]], T]"

VALUES = (
    "1",
    "(1)",
    "( (1) )",
    "'#'",
    "'a, b'",
    '"é" ")"',
    "f(a, b)",
    "[1, 2,]",
    "{'a': (1,), **b}",
    "(x for x in y)",
    "lambda a, b=1: (a, b)",
    "(w := 1)",
    "a if b else c",
    "'''a\n, #b'''",
    "(a +\n b)",
    "f(a,  # inner\n b)",
    "(1  # inner\n )",
    "x \\\n  [0]",
)
INSIDE = ("", "", "", " ", "  ", "\n", "\n    ", "\n\n  ", "  # c\n", " # , (\n    # d\n  ", " \\\n ", "\t")
OUTSIDE = ("", " ", "  ", " \\\n    ", "\t")
BEFORE = ("", "", "x = 1\n", "if c:\n    ", "# top\n", "if c: ", "a; ")
BEHIND = ("", "\n", "  # tail\n", ";\n", "; b\n", " ; # tail\ny = 2\n", "\n\ny = 2", "; \\\nb\n", " \\\n\n")
KINDS = ("call", "dict", "list", "tuple", "bare tuple", "import", "from", "from (")
NEWLINES = ("\n", "\n", "\r\n", "\r")


@dataclass(frozen=True)
class Written:
    """A program, the kind of what has elements in it, and which of these are to go."""

    text: str
    kind: str
    gone: tuple[int, ...]


def element(draw: Draw[object], kind: str, number: int) -> str:
    """One element of a kind."""

    def one_of(texts: Sequence[str]) -> str:
        return str(draw(st.sampled_from(texts)))

    gap = OUTSIDE if kind in ("import", "from", "bare tuple") else INSIDE
    name, value = f"n{number}", one_of(VALUES)
    match kind:
        case "import":
            return one_of((name, f"{name} as b", f"{name} . m", f"a.{name}{one_of(gap)} as{one_of(gap)} c"))
        case "from" | "from (":
            return one_of((name, f"{name} as b", f"{name}{one_of(gap)} as{one_of(gap)} c"))
        case "call":
            sign = f"{one_of(gap)}={one_of(gap)}"
            return one_of((name, f"{name}{sign}{value}", f"{name}{sign}{value}", f"**{one_of(gap)}{value}"))
        case "dict":
            sign = f"{one_of(gap)}:{one_of(gap)}"
            return one_of((f"'{name}'{sign}{value}", f"('{name}'){sign}{value}", f"**{one_of(gap)}a"))
    return one_of((name, value, value, f"*{one_of(gap)}a"))


def listed(draw: Draw[object], elements: Sequence[str], kind: str) -> str:
    """Elements with commas, and what stands around these."""
    gaps = st.sampled_from(OUTSIDE if kind in ("import", "from", "bare tuple") else INSIDE)
    last = len(elements) - 1
    pieces = (f"{draw(gaps)}{text}{draw(gaps)}{',' * (i < last)}" for i, text in enumerate(elements))
    text = "".join(pieces)
    is_one = kind.endswith("tuple") and not last
    if is_one or (kind not in ("bare tuple", "import", "from") and draw(st.booleans())):
        text += f",{draw(gaps)}"
    return text


@st.composite
def written(draw: Draw[object]) -> Written:
    """A program with elements of one kind."""
    kind = str(draw(st.sampled_from(KINDS)))
    count: int = draw(st.integers(1, 5))  # type: ignore[assignment, arg-type]
    text = listed(draw, [element(draw, kind, number) for number in range(count)], kind)
    whole = {
        "call": f"f({text})",
        "dict": f"d = {{{text}}}",
        "list": f"d = [{text}]",
        "tuple": f"d = ({text})",
        "bare tuple": f"d = {text}",
        "import": f"import {text}",
        "from": f"from .. m import {text}",
        "from (": f"from m import ({text})",
    }[kind]
    gone: list[int] = draw(st.lists(st.integers(0, count - 1), unique=True))  # type: ignore[assignment, arg-type]
    before, behind, newline = (draw(st.sampled_from(texts)) for texts in (BEFORE, BEHIND, NEWLINES))
    return Written(f"{before}{whole}{behind}".replace("\n", str(newline)), kind, tuple(gone))


DECAYS = ("exponential_decay", "natural_exp_decay", "inverse_time_decay", "polynomial_decay", "cosine_decay")
PLACES = ("{}\n", "# top\n{}\n", "x = 1; import os\n{}\n", "def f(step):\n    {}\n    ", "if c:\n    {}\n\n")
TAILS = ("", "", "  ", ";", "  # tail", "; # tail", "; import os", "  ;  import os; import re  # t")


@dataclass(frozen=True)
class Imported:
    """A program with one import of legacy functions; names that it reads, and names that it does not."""

    text: str
    read: frozenset[str]
    unread: frozenset[str]


@st.composite
def imported(draw: Draw[object]) -> Imported:
    """A program that calls some of the functions that it imports."""
    names: list[str] = draw(st.lists(st.sampled_from(DECAYS), min_size=1, unique=True))  # type: ignore[assignment, arg-type]
    kind = str(draw(st.sampled_from(("from", "from ("))))
    text = listed(draw, names, kind)
    if kind == "from":
        text = text.rstrip(" \t\n\\")  # a statement with a backslash behind it is left alone
    whole = (
        f"from tensorflow.train import {text}" if kind == "from" else f"from tensorflow.train import ({text})"
    )
    read = draw(st.sets(st.sampled_from(names)))
    uses = "; ".join(f"{name}(0.1, step, 10, 0.5)" for name in sorted(read)) or "pass"  # type: ignore[call-overload]
    place, tail, newline = (draw(st.sampled_from(texts)) for texts in (PLACES, TAILS, NEWLINES))
    program = str(place).format(f"{whole}{tail}") + f"{uses}\n"
    return Imported(program.replace("\n", str(newline)), frozenset(read), frozenset(names) - frozenset(read))  # type: ignore[call-overload]
