"""What can go wrong in a rewrite: kinds of mistakes, and the programs into which they are planted.

A mistake is a change of the honest new text, made on its tree: names of arguments are paths
(`learning_rate.decay_rate` is an argument of the schedule that stands for the rate), new values are
templates in which `{}` is the old value. Nothing here knows how the verifier works.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.model import Applicability, Outcome
from lrmigrate.verify.case import Pair
from lrmigrate.verify.session import pairs_of_text
from tests.verify.programs import Program

SIGNATURES = {row.new.name: tuple(row.new.arguments) for row in DECAYS if row.new} | {
    row.name: row.keras3.names for row in OPTIMIZERS
}
SIGNATURES |= {f"Decayed{row.name}": (*row.keras3.names, "decay") for row in OPTIMIZERS}
CAUGHT = frozenset({Outcome.DIFFERENT})
REFUSAL = frozenset({Outcome.REFUSED})
NOT_PROVEN = CAUGHT | {Outcome.REFUSED}


class Inapplicable(Exception):
    """The honest text has nothing that this mistake could be made with."""


class Site:
    """The new expression of a pair: `made`, the class that is called, and `called`, its call with a step."""

    def __init__(self, pair: Pair) -> None:
        nodes = (node for node in ast.walk(ast.parse(pair.after)) if isinstance(node, ast.expr))
        self.pair = pair
        self.node = next(node for node in nodes if start(pair.after, node) == pair.new_offset)
        self.end = end(pair.after, self.node)
        inner = self.node.body if isinstance(self.node, ast.Lambda) else self.node
        assert isinstance(inner, ast.Call)
        self.called = inner if isinstance(inner.func, ast.Call) else None
        self.made = inner.func if isinstance(inner.func, ast.Call) else inner
        for call in ast.walk(self.node):
            if isinstance(call, ast.Call):
                spell_out(call)

    def written(self) -> Pair:
        """The pair with the changed expression in its new text."""
        before, after = self.pair.after[: self.pair.new_offset], self.pair.after[self.end :]
        return replace(self.pair, after=before + ast.unparse(self.node) + after)

    def locate(self, path: str) -> tuple[ast.Call, str]:
        """The call that a path leads to, and the name of the argument in it."""
        *outer, name = path.split(".")
        call = self.made
        for step in outer:
            inner = argument(call, step).value
            if not isinstance(inner, ast.Call):
                raise Inapplicable
            call = inner
        return call, name

    def value(self, path: str) -> ast.keyword:
        """The argument that a path leads to."""
        return argument(*self.locate(path))


def start(text: str, node: ast.expr) -> int:
    """Where a node begins in a text of ASCII characters."""
    return sum(map(len, text.splitlines(keepends=True)[: node.lineno - 1])) + node.col_offset


def end(text: str, node: ast.expr) -> int:
    """Where a node ends in a text of ASCII characters."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return sum(map(len, text.splitlines(keepends=True)[: node.end_lineno - 1])) + node.end_col_offset


def class_of(call: ast.Call) -> str:
    """The last component of the name that is called."""
    return ast.unparse(call.func).rpartition(".")[2]


def spell_out(call: ast.Call) -> None:
    """Give the positional arguments of a known class by name."""
    names = SIGNATURES.get(class_of(call))
    if names:
        given = [ast.keyword(name, value) for name, value in zip(names, call.args, strict=False)]
        call.args, call.keywords = [], given + call.keywords


def argument(call: ast.Call, name: str) -> ast.keyword:
    """An argument by its name."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword
    raise Inapplicable


def parsed(text: str) -> ast.expr:
    """An expression from its text."""
    return ast.parse(text, mode="eval").body


def filled(template: str, value: ast.expr) -> ast.expr:
    """A template with a value in it."""
    return parsed(template.format(f"({ast.unparse(value)})"))


Change: TypeAlias = "Callable[[Site], None]"


def altered(path: str, template: str) -> Change:
    """Put another value in the place of an argument's."""

    def change(site: Site) -> None:
        keyword = site.value(path)
        keyword.value = filled(template, keyword.value)

    return change


def dropped(path: str) -> Change:
    """Leave an argument out."""

    def change(site: Site) -> None:
        call, name = site.locate(path)
        call.keywords.remove(argument(call, name))

    return change


def added(path: str, text: str) -> Change:
    """Give an argument that the class has and the honest text leaves out."""

    def change(site: Site) -> None:
        call, name = site.locate(path)
        if name not in SIGNATURES[class_of(call)] or any(k.arg == name for k in call.keywords):
            raise Inapplicable
        call.keywords.append(ast.keyword(name, parsed(text)))

    return change


def renamed(path: str, name: str) -> Change:
    """Give an argument under another name."""

    def change(site: Site) -> None:
        site.value(path).arg = name

    return change


def swapped(one: str, other: str) -> Change:
    """Give two arguments the other way round."""

    def change(site: Site) -> None:
        first, second = site.value(one), site.value(other)
        first.value, second.value = second.value, first.value

    return change


def made_by(old: str, new: str, path: str = "", **names: str) -> Change:
    """Call the class ``new`` for ``old``; ``names`` renames arguments, what ``new`` lacks is left out."""

    def change(site: Site) -> None:
        call = site.made if not path else site.value(path).value
        if not isinstance(call, ast.Call) or class_of(call) != old:
            raise Inapplicable
        family = "optimizers" if new in {row.name for row in OPTIMIZERS} else "optimizers.schedules"
        call.func = parsed(f"tf.keras.{family}.{new}")
        for keyword in call.keywords:
            keyword.arg = names.get(keyword.arg or "", keyword.arg)
        call.keywords = [keyword for keyword in call.keywords if keyword.arg in SIGNATURES[new]]

    return change


def stepped(template: str) -> Change:
    """Call the schedule at another step."""

    def change(site: Site) -> None:
        if site.called is None:
            raise Inapplicable
        site.called.args[0] = filled(template, site.called.args[0])

    return change


def operand_only(site: Site) -> None:
    """Lose what the step is multiplied by, or moved by."""
    if site.called is None or not isinstance(site.called.args[0], ast.BinOp):
        raise Inapplicable
    site.called.args[0] = site.called.args[0].left


def items(path: str, change_items: Callable[[list[ast.expr]], list[ast.expr]]) -> Change:
    """Change the elements of a list that is written out; there must be two or more."""

    def change(site: Site) -> None:
        value = site.value(path).value
        if not isinstance(value, ast.List) or len(value.elts) < 2:
            raise Inapplicable
        value.elts = change_items(value.elts)

    return change


def each(template: str) -> Callable[[list[ast.expr]], list[ast.expr]]:
    """Every element changed in the same way."""
    return lambda elements: [filled(template, element) for element in elements]


def both(*changes: Change) -> Change:
    """Several changes at once."""

    def change(site: Site) -> None:
        for part in changes:
            part(site)

    return change


def bare_exponent(template: str) -> Change:
    """Put something else in the place of `math.exp(-rate)`; ``{}`` is the rate."""

    def change(site: Site) -> None:
        keyword = site.value("decay_rate")
        match keyword.value:
            case ast.Call(args=[ast.UnaryOp(operand=rate)]):
                keyword.value = filled(template, rate)
            case _:
                raise Inapplicable

    return change


def constant_rate(site: Site) -> None:
    """Give an optimizer the initial rate where the honest text gives it a schedule."""
    site.value("learning_rate").value = site.value("learning_rate.initial_learning_rate").value


def decay_as_weight_decay(site: Site) -> None:
    """Mistake the decay of the rate for one of the weights."""
    decay = site.value("learning_rate.decay_rate").value
    constant_rate(site)
    site.made.keywords.append(ast.keyword("weight_decay", decay))


def subclass_forgotten(site: Site) -> None:
    """Call the optimizer itself, which ignores the decay, instead of the subclass that applies it."""
    name = class_of(site.made)
    if not name.startswith("Decayed"):
        raise Inapplicable
    site.made.func = parsed(f"tf.keras.optimizers.{name.removeprefix('Decayed')}")


def in_subclass(old: str, new: str) -> Change:
    """Write something else, equally long, in the class that the fix adds to the file."""

    def change(site: Site) -> None:
        if old not in site.pair.after:
            raise Inapplicable
        site.pair = replace(site.pair, after=site.pair.after.replace(old, new))

    return change


def uncalled(site: Site) -> None:
    """Leave the object where the old code had a number."""
    if site.called is None or isinstance(site.node, ast.Lambda):
        raise Inapplicable
    site.node = site.made


def called_object(site: Site) -> None:
    """Give a Keras optimizer the number of one step."""
    if site.called is not None or class_of(site.made) in {row.name for row in OPTIMIZERS}:
        raise Inapplicable
    site.node = ast.Call(site.made, [parsed("global_step")], [])


def legacy_kept(site: Site) -> None:
    """Leave the old expression as it was, arguments and all."""
    before, offset = site.pair.before, site.pair.old_offset
    nodes = (node for node in ast.walk(ast.parse(before)) if isinstance(node, ast.expr))
    site.node = next(node for node in nodes if start(before, node) == offset)


def legacy_arguments_kept(*names: str) -> Change:
    """Leave the old expression as it was, where it has one of the given arguments."""

    def change(site: Site) -> None:
        legacy_kept(site)
        assert isinstance(site.node, ast.Call)
        if not {keyword.arg for keyword in site.node.keywords} & set(names):
            raise Inapplicable

    return change


@dataclass(frozen=True)
class Kind:
    """A kind of mistake, the variants of programs it is made in, and the outcomes that count as caught."""

    name: str
    change: Change
    variants: tuple[str, ...] = ("full",)
    styles: tuple[str, ...] = ("literal", "holes", "names")
    caught: frozenset[Outcome] = CAUGHT


@dataclass(frozen=True)
class Mutant:
    """A kind of mistake planted into the new text of one program."""

    kind: Kind
    program: Program
    pair: Pair

    @property
    def id(self) -> str:
        return f"{self.kind.name}-{self.program.id}".replace(" ", "_")


@cache
def honest(program: Program) -> Pair:
    """The pair of texts that lrmigrate itself makes of a program."""
    ((_, pair),) = pairs_of_text(program.text, f"{program.id}.py", Applicability.UNSAFE)
    return pair


def respelled(program: Program) -> Pair:
    """The honest pair with a new text that says the same in other words."""
    site = Site(honest(program))
    for call in ast.walk(site.node):
        if isinstance(call, ast.Call) and class_of(call) in SIGNATURES:
            call.keywords.reverse()
    for name in ("decay_steps", "first_decay_steps", "momentum", "beta_1"):
        try:
            altered(name, "0 + {}")(site)
        except Inapplicable:
            continue
    return site.written()


def planted(kind: Kind, program: Program) -> Mutant | None:
    """A kind of mistake in a program; None where there is nothing to make it with."""
    if program.variant not in kind.variants or program.style not in kind.styles:
        return None
    if program.row == "Nadam" and kind.name not in _SEEN_IN_THE_RATE:
        return None
    site = Site(honest(program))
    try:
        kind.change(site)
    except Inapplicable:
        return None
    return Mutant(kind, program, site.written())


# Nadam's weights differ anyway, and every rewrite is refused: only a wrong rate can be caught.
_SEEN_IN_THE_RATE = frozenset(
    {
        "rate lost",
        "rate slightly scaled",
        "rate rounded",
        "rate from another hole",
        "whole rate copied",
        "lr= kept",
    }
)
_FULL_AND_BARE = ("full", "bare")
_FORMS = ("full", "object", "thunk")  # the schedule as a number, as an object, and behind a lambda
_CALLED = ("full", "thunk", "scaled", "shifted")
_WRITTEN = ("literal", "names")  # where the digits of a value are known


def _schedule_kinds() -> Iterator[Kind]:
    """Mistakes with schedules."""
    for steps in ("decay_steps", "first_decay_steps"):
        yield Kind("decay_steps one more", altered(steps, "{} + 1"), _FORMS)
        yield Kind("decay_steps one less", altered(steps, "{} - 1"), _FULL_AND_BARE)
        yield Kind("decay_steps times ten", altered(steps, "{} * 10"), (*_FORMS, "bare", "coarse"))
        yield Kind("rate and decay_steps swapped", swapped("initial_learning_rate", steps))
    yield Kind("boundaries one later", items("boundaries", each("{} + 1")), _FORMS)
    yield Kind("boundaries one earlier", items("boundaries", each("{} - 1")), _FORMS)
    yield Kind("last boundary one later", items("boundaries", lambda b: [*b[:-1], filled("{} + 1", b[-1])]))
    yield Kind("boundaries reversed", items("boundaries", lambda b: b[::-1]))
    yield Kind("values reversed", items("values", lambda v: v[::-1]))
    yield Kind("first values swapped", items("values", lambda v: [v[1], v[0], *v[2:]]))
    yield Kind("values rotated", items("values", lambda v: [*v[1:], v[0]]))
    yield Kind(
        "last stage lost", both(items("values", lambda v: v[:-1]), items("boundaries", lambda b: b[:-1]))
    )
    yield Kind(
        "first stage lost", both(items("values", lambda v: v[1:]), items("boundaries", lambda b: b[1:]))
    )
    yield Kind("last value lost", items("values", lambda v: v[:-1]))
    yield Kind("values sorted", altered("values", "sorted({})"), ("full", "lists"))
    # A slice of a list that is not known is code that the old text does not have: refused, and rightly.
    yield Kind("values reversed", altered("values", "{}[::-1]"), ("lists",), caught=NOT_PROVEN)
    yield Kind("staircase lost", dropped("staircase"))
    yield Kind("staircase added", added("staircase", "True"), ("bare",))
    yield Kind("staircase inverted", altered("staircase", "1 - {}"))
    yield Kind("rate not exponentiated", bare_exponent("{}"), _FULL_AND_BARE)
    yield Kind("sign of the exponent lost", bare_exponent("math.exp({})"), _FULL_AND_BARE)
    yield Kind("power of two for one of e", bare_exponent("2.0 ** -{}"), _FULL_AND_BARE)
    yield Kind("rate exponentiated", altered("decay_rate", "2.718281828459045 ** -{}"), _FULL_AND_BARE)
    yield Kind("decay rate inverted", altered("decay_rate", "1 / max({}, 0.01)"))
    yield Kind("decay rate complemented", altered("decay_rate", "1 - {} / 3"))
    yield Kind("rate and decay rate swapped", swapped("initial_learning_rate", "decay_rate"))
    yield Kind("decay_steps and decay rate swapped", swapped("decay_steps", "decay_rate"))
    yield Kind("end rate lost", dropped("end_learning_rate"))
    yield Kind("rate and end rate swapped", swapped("initial_learning_rate", "end_learning_rate"))
    yield Kind("end rate and power swapped", swapped("end_learning_rate", "power"))
    yield Kind("power lost", dropped("power"))
    yield Kind("power changed", altered("power", "{} + 1"))
    yield Kind("power inverted", altered("power", "1 / {}"))
    yield Kind("cycle lost", dropped("cycle"))
    yield Kind("cycle added", added("cycle", "True"), ("bare",))
    yield Kind("alpha lost", dropped("alpha"))
    yield Kind("alpha added", added("alpha", "0.1"), ("bare",))
    yield Kind("alpha as an absolute rate", altered("alpha", "{} / 10"))
    yield Kind("t_mul and m_mul swapped", swapped("t_mul", "m_mul"))
    yield Kind("t_mul lost", dropped("t_mul"))
    yield Kind("m_mul lost", dropped("m_mul"))
    yield Kind("m_mul and alpha swapped", swapped("m_mul", "alpha"))
    yield Kind("num_periods lost", dropped("num_periods"))
    yield Kind("beta lost", dropped("beta"))
    yield Kind("alpha and beta swapped", swapped("alpha", "beta"))
    yield Kind("warm-up added", warm_up, ("bare",))
    yield Kind("whole rate copied", altered("initial_learning_rate", "int({})"), ("whole",))
    yield Kind("rate times ten", altered("initial_learning_rate", "{} * 10"), _FULL_AND_BARE)
    yield Kind("rate slightly scaled", altered("initial_learning_rate", "{} * 1.00001"))
    # With a hole the last digit of a rate of 0.5 is within the bound of natural_exp_decay.
    yield Kind("rate rounded", altered("initial_learning_rate", "round({}, 6)"), styles=_WRITTEN)
    yield Kind("rate halved", altered("initial_learning_rate", "{} / 2"), ("bare",))


def warm_up(site: Site) -> None:
    """Warm up, as only CosineDecay of Keras 3 can."""
    if class_of(site.made) != "CosineDecay":
        raise Inapplicable
    target = ast.unparse(site.value("initial_learning_rate").value)
    site.made.keywords += [
        ast.keyword("warmup_target", parsed(f"2 * {target}")),
        ast.keyword("warmup_steps", parsed("5")),
    ]


def _form_kinds() -> Iterator[Kind]:
    """Mistakes with the step and the form of a schedule."""
    yield Kind("step frozen at zero", stepped("0"), (*_CALLED, "coarse"))
    yield Kind("step one more", stepped("{} + 1"), _CALLED)
    # One less than a multiple of 32 is on the same side of a boundary that is a multiple of 32.
    yield Kind("step one less", stepped("{} - 1"), ("full", "thunk", "shifted"))
    yield Kind("step doubled", stepped("{} * 2"), _CALLED)
    yield Kind("step expression cut", operand_only, ("scaled", "shifted", "coarse"))
    yield Kind("step invented", stepped("iterations"), caught=NOT_PROVEN)  # a hole of the new text only
    yield Kind("step lost", uncalled, ("consumed",), ("literal",), NOT_PROVEN)
    yield Kind("object called", called_object, ("object",), ("literal",), NOT_PROVEN)
    # Elsewhere the renamed legacy call is right: in graph code, and behind `rate()` in eager code.
    yield Kind("legacy callable passed on", legacy_kept, ("object",), ("literal",), NOT_PROVEN)
    yield Kind("rate from another hole", altered("initial_learning_rate", "OTHER"), caught=NOT_PROVEN)


def _class_kinds() -> Iterator[Kind]:
    """Other classes than the right one."""
    first = {"decay_steps": "first_decay_steps"}
    back = {"first_decay_steps": "decay_steps"}
    for old, new, names in (
        ("ExponentialDecay", "InverseTimeDecay", {}),
        ("ExponentialDecay", "PolynomialDecay", {"decay_rate": "end_learning_rate"}),
        ("InverseTimeDecay", "ExponentialDecay", {}),
        ("PolynomialDecay", "CosineDecay", {}),
        ("CosineDecay", "PolynomialDecay", {"alpha": "end_learning_rate"}),
        ("CosineDecay", "CosineDecayRestarts", first),
        ("CosineDecayRestarts", "CosineDecay", back),
        ("LinearCosineDecay", "CosineDecay", {}),
        ("LinearCosineDecay", "PolynomialDecay", {}),
    ):
        yield Kind(f"{new} for {old}", made_by(old, new, **names), _FULL_AND_BARE)


def _optimizer_kinds() -> Iterator[Kind]:
    """Mistakes with optimizers. A staircase with decay_steps=1 is none: every step is a stair."""
    rate, base = "learning_rate", "learning_rate.initial_learning_rate"
    decay, decay_steps = "learning_rate.decay_rate", "learning_rate.decay_steps"
    decayed = ("full", "whole", "positional")
    plain = ("clipnorm", "clipvalue", "epsilon", "amsgrad")
    yield Kind("decay lost", constant_rate, decayed)
    yield Kind("decay divided by epochs", altered(decay, "{} / 30"), decayed)
    yield Kind("decay doubled", altered(decay, "{} * 2"), decayed)
    yield Kind("decay as rate kept", altered(decay, "1 - {}"))
    yield Kind("sign of decay lost", altered(decay, "-{}"))
    yield Kind("decay per 1000 steps", altered(decay_steps, "1000"), decayed)
    yield Kind("decay per two steps", altered(decay_steps, "2"))
    yield Kind("decay as weight_decay", decay_as_weight_decay)
    yield Kind("ExponentialDecay for decay=", made_by("InverseTimeDecay", "ExponentialDecay", rate))
    yield Kind("rate and decay swapped", swapped(base, decay))
    yield Kind("default rate of another version", altered(base, "{} * 10"), ("default",))
    yield Kind("rate lost", dropped(rate), ("full", "rate", "whole"))
    yield Kind("rate slightly scaled", altered(base, "{} * 1.00001"))
    yield Kind("rate slightly scaled", altered(rate, "{} * 1.00001"), ("rate",))
    yield Kind("rate rounded", altered(base, "round({}, 6)"), styles=_WRITTEN)
    yield Kind("rate rounded", altered(rate, "round({}, 6)"), ("rate",), _WRITTEN)
    yield Kind("whole rate copied", altered(base, "int({})"), ("whole",))
    yield Kind("whole rate copied", altered(rate, "int({})"), ("one",))
    yield Kind("rate from another hole", altered(rate, "OTHER"), ("rate",), caught=NOT_PROVEN)
    yield Kind("Keras 2's order kept", legacy_kept, ("positional",))
    yield Kind("lr= kept", legacy_arguments_kept("lr"), ("rate",))
    yield Kind("decay= kept", legacy_arguments_kept("decay"), ("default",))
    yield Kind("epsilon=None kept", legacy_arguments_kept("epsilon"), ("none",))
    yield Kind("decay lost", dropped("decay"), ("set",))
    yield Kind("decay doubled", altered("decay", "{} * 2"), ("set",))
    yield Kind("decay as rate kept", altered("decay", "1 - {}"), ("set",))
    yield Kind("rate and decay swapped", swapped(rate, "decay"), ("set",))
    yield Kind("rate slightly scaled", altered(rate, "{} * 1.00001"), ("set",))
    yield Kind("subclass as decay=", subclass_forgotten, ("set",))
    yield Kind(
        "subclass divides otherwise", in_subclass("1.0 + self", "2.0 + self"), ("set",), caught=REFUSAL
    )
    yield Kind("subclass multiplies", in_subclass("_rate / (1", "_rate * (1"), ("set",), caught=REFUSAL)
    yield Kind("momentum lost", dropped("momentum"))
    yield Kind("momentum added", added("momentum", "0.5"), ("rate",))
    yield Kind("nesterov lost", dropped("nesterov"), ("full", "positional"))
    yield Kind("nesterov added", added("nesterov", "True"), ("momentum",))
    yield Kind("momentum as nesterov", both(dropped("momentum"), added("nesterov", "True")), ("momentum",))
    yield Kind("momentum as nesterov", dropped("momentum"), ("positional",))
    yield Kind("rho lost", dropped("rho"))
    yield Kind("rho complemented", altered("rho", "1 - {}"))
    yield Kind("rho and momentum swapped", swapped("rho", "momentum"))
    yield Kind("betas swapped", swapped("beta_1", "beta_2"))
    yield Kind("beta_1 lost", dropped("beta_1"))
    yield Kind("beta_2 lost", dropped("beta_2"))
    yield Kind("epsilon added", added("epsilon", "1e-3"), ("rate",))
    yield Kind("epsilon lost", dropped("epsilon"), ("full", "epsilon"))
    yield Kind("amsgrad lost", dropped("amsgrad"), ("full", "amsgrad"))
    yield Kind("centered lost", dropped("centered"))
    yield Kind("accumulator's start lost", dropped("initial_accumulator_value"))
    yield Kind("learning_rate_power lost", dropped("learning_rate_power"))
    for norm in ("l1", "l2"):
        yield Kind(f"{norm} lost", dropped(f"{norm}_regularization_strength"))
    yield Kind("l1 and l2 swapped", swapped("l1_regularization_strength", "l2_regularization_strength"))
    yield Kind("clipnorm lost", dropped("clipnorm"), plain)
    yield Kind("clipvalue lost", dropped("clipvalue"), plain)
    yield Kind("clipvalue as clipnorm", renamed("clipvalue", "clipnorm"), plain)
    yield Kind("clipnorm as clipvalue", renamed("clipnorm", "clipvalue"), plain)
    yield Kind("clipnorm as global_clipnorm", renamed("clipnorm", "global_clipnorm"), plain)
    for old, new in zip(_ALL_OPTIMIZERS, (*_ALL_OPTIMIZERS[1:], _ALL_OPTIMIZERS[0]), strict=True):
        if old != "Nadam":
            yield Kind(f"{new} for {old}", made_by(old, new))


_ALL_OPTIMIZERS = tuple(row.name for row in OPTIMIZERS)
KINDS = (*_schedule_kinds(), *_form_kinds(), *_class_kinds(), *_optimizer_kinds())
