"""A Keras optimizer call, read: its arguments by name, and what is wrong with it. Writes nothing."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.sites import Mismatch, Site, bind, optimizer_order
from lrmigrate.analysis.unpacked import unpacked, written_out
from lrmigrate.catalog.keras2 import OPTIMIZERS
from lrmigrate.catalog.schema import Optimizer
from lrmigrate.rules import optimizers as rules
from lrmigrate.rules.rule import Rule

_SHARED = frozenset(
    [
        "name",
        "clipnorm",
        "clipvalue",
        "global_clipnorm",
        "lr",
        "decay",
        "learning_rate",
        "epsilon",
        "amsgrad",
        "schedule_decay",
        "centered",
        "momentum",
        "rho",
    ]
)

_MENDED = frozenset({"lr", "decay", "schedule_decay", "epsilon"})
_KEPT = frozenset({"name", "rho", "centered", "amsgrad"})
_NEVER_WHOLE = frozenset(name for row in OPTIMIZERS for name in row.never_whole)
_CODES = {"lr": rules.LR.code, "decay": rules.DECAY.code}


@dataclass
class Call:
    """An optimizer call under repair: its arguments by name, and what is wrong with it."""

    site: Site
    row: Optimizer
    bound: dict[str, ast.expr]
    positional: list[ast.expr]
    troubles: set[str] = field(default_factory=set)  # codes
    removed: list[ast.expr] = field(default_factory=list)
    decays: bool = False  # whether `decay=` becomes a schedule
    renamed: dict[str, str] = field(default_factory=lambda: {"lr": "learning_rate"})
    added: list[str] = field(default_factory=list)  # arguments as text that go behind the others
    elsewhere: dict[str, ast.expr] = field(default_factory=dict)  # given, but not in the text of this call

    @property
    def written(self) -> list[ast.expr]:
        """The values that are written where the arguments stand."""
        text = self.site.text
        if isinstance(text, ast.Dict):
            return text.values
        return [*text.args, *(keyword.value for keyword in text.keywords)]

    @property
    def rate(self) -> ast.expr | None:
        """The rate that is given."""
        return self.bound.get("lr", self.bound.get("learning_rate"))

    def trouble(self, rule: Rule) -> None:
        """Note that the call breaks ``rule``."""
        self.troubles.add(rule.code)


def read_call(context: Context, site: Site, row: Optimizer) -> tuple[Call, str]:
    """The arguments of the call, in Keras 2's order or in Keras 3's, and why a fix would be a guess."""
    site = _with_dictionary(context, site)
    assert site.given is not None
    given = _without_harmless(context, site.given)
    keywords = {keyword.arg for keyword in given.keywords}
    hidden = None in keywords or any(isinstance(a, ast.Starred) for a in given.args)
    if hidden:
        return _hidden(context, site, given, row)
    signature, reason, old = optimizer_order(context.names, site.legacy, given)
    try:
        bound = bind(signature, given, _SHARED | frozenset(k for k in keywords if k))
    except Mismatch as mismatch:
        bound = {k.arg: k.value for k in given.keywords if k.arg}
        reason = reason or str(mismatch)
    call = Call(site, row, bound, list(given.args))
    if old:
        call.trouble(rules.POSITIONAL)
    return call, _apart(call) or reason


def _apart(call: Call) -> str:
    """Put aside what another call gives, by a partial or on its way; why a fix would be a guess."""
    here = set(call.written)
    call.elsewhere = {name: value for name, value in call.bound.items() if value not in here}
    call.bound = {name: value for name, value in call.bound.items() if value in here}
    call.positional = [value for value in call.positional if value in here]
    if call.site.written is not None and not _NEVER_WHOLE.isdisjoint(call.elsewhere):
        return "some arguments stand in a dictionary, others do not: write all of them in one place"
    rates = {"lr", "learning_rate"}
    for decayed, rate in (("decay", rates), *((name, {"decay"}) for name in sorted(rates))):
        other = next((name for name in sorted(rate) if name in call.elsewhere), "")
        if decayed in call.bound and other:
            line = call.elsewhere[other].lineno
            return f"`{decayed}=` is given here and `{other}=` in line {line}: write both in one call"
    return ""


def _with_dictionary(context: Context, site: Site) -> Site:
    """A call that unpacks one dictionary, which is in sight and which nobody else reads, with its entries."""
    assert site.given is not None
    stars = [keyword for keyword in site.given.keywords if keyword.arg is None]
    found = written_out(context.values, stars[0].value) if len(stars) == 1 else None
    if found is None or not any(entry.arg in _MENDED for entry in found[1]):
        return site
    others = [keyword for keyword in site.given.keywords if keyword is not stars[0]]
    given = ast.Call(site.given.func, site.given.args, [*others, *found[1]])
    return replace(site, reached=given, written=found[0])


def _without_harmless(context: Context, given: ast.Call) -> ast.Call:
    """A call without each `**options` that for certain holds nothing that Keras 3 takes otherwise."""
    stars = [keyword for keyword in given.keywords if keyword.arg is None]
    found = {star: unpacked(context.values, star.value) for star in stars}
    harmless = [star for star, one in found.items() if one.closed and all(map(_is_kept, one.entries()))]
    kept = [keyword for keyword in given.keywords if keyword not in harmless]
    return ast.Call(given.func, given.args, kept) if harmless else given


def _is_kept(entry: tuple[str, ast.expr]) -> bool:
    """Whether Keras 3 takes an argument as Keras 2 did."""
    key, value = entry
    if key in _NEVER_WHOLE:
        return isinstance(value, ast.Constant) and isinstance(value.value, float)
    return key in _KEPT or key not in _SHARED


def _hidden(context: Context, site: Site, given: ast.Call, row: Optimizer) -> tuple[Call, str]:
    """A call with `*args` or `**kwargs`: only the arguments that are written out are known."""
    stars = [f"*{ast.unparse(a.value)}" for a in given.args if isinstance(a, ast.Starred)]
    stars += [f"**{ast.unparse(k.value)}" for k in given.keywords if k.arg is None]
    bound = {keyword.arg: keyword.value for keyword in given.keywords if keyword.arg}
    call = Call(site, row, bound, [])
    reason = f"`{stars[0]}` may hold `decay` or other arguments that Keras 3 ignores"
    for keyword in given.keywords:
        if keyword.arg is None and not _is_taken(context, keyword.value):
            found = unpacked(context.values, keyword.value)
            held = [key for key in _CODES if key in found.keys]
            for rule in (rules.LR, rules.DECAY):
                if rule.code in {_CODES[key] for key in held}:
                    call.trouble(rule)
            if held and found.closed and len(stars) == 1:
                reason = (
                    f"`{stars[0]}` holds `{'` and `'.join(held)}`, and is not for this call alone: write "
                    "there what Keras 3 takes"
                )
    return call, _apart(call) or reason


def _is_taken(context: Context, node: ast.expr) -> bool:
    """Whether an expression is what a function was given: then its callers are looked at themselves."""
    binding = context.names.live(node.id, node) if isinstance(node, ast.Name) else []
    return any(isinstance(one.node, ast.arg) for one in binding)


def look(context: Context, call: Call) -> None:
    """Note every trouble of the call."""
    legacy = call.site.legacy
    given = call.site.given
    if given and any(keyword.arg == "lr" for keyword in given.keywords):
        if "lr" in call.bound or not call.site.reached:
            call.trouble(rules.LR)
    if "decay" in call.bound:
        call.trouble(rules.DECAY)
    if "schedule_decay" in call.bound:
        call.trouble(rules.SCHEDULE_DECAY)
    if "epsilon" in call.bound and context.flow.constant(call.bound["epsilon"]) is None:
        call.trouble(rules.EPSILON)
    if call.site.is_indirect:
        return  # the name of the class stands elsewhere
    if legacy.alias:
        call.trouble(rules.ALIAS)
    if not rules.LEGACY.is_found_on(context.target):
        return
    if is_gone(call.site) or (legacy.origin == "private" and call.troubles):
        call.trouble(rules.LEGACY)


def is_gone(site: Site) -> bool:
    """Whether Keras 3 has no such module; that of TensorFlow's own copy of Keras 2 is still there."""
    is_private = site.legacy.origin == "private" and not site.path.startswith("tensorflow.python.")
    return is_private or site.legacy.origin in ("legacy", "experimental")


def message(call: Call) -> str:
    """One sentence on the whole call."""
    parts = []
    if rules.LR.code in call.troubles:
        parts.append("`lr=` is now `learning_rate=`")
    if rules.DECAY.code in call.troubles:
        parts.append("`decay=` is ignored by Keras 3")
    if rules.SCHEDULE_DECAY.code in call.troubles:
        parts.append("`schedule_decay=` is gone")
    if rules.EPSILON.code in call.troubles:
        parts.append("`epsilon=None` fails at the first update")
    if rules.POSITIONAL.code in call.troubles:
        parts.append("Keras 3 reads the positional arguments in another order")
    if rules.LEGACY.code in call.troubles:
        parts.append("this optimizer does not work with Keras 3")
    if rules.ALIAS.code in call.troubles:
        parts.append("the lower-case name is gone")
    return f"`{ast.unparse(call.site.reference)}`: " + "; ".join(parts)
