"""A Keras optimizer call, read: its arguments by name, and what is wrong with it. Writes nothing."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.sites import Mismatch, Site, bind, optimizer_order
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

    @property
    def rate(self) -> ast.expr | None:
        """The rate that is given."""
        return self.bound.get("lr", self.bound.get("learning_rate"))

    def trouble(self, rule: Rule) -> None:
        """Note that the call breaks ``rule``."""
        self.troubles.add(rule.code)


def read_call(context: Context, site: Site, row: Optimizer) -> tuple[Call, str]:
    """The arguments of the call, in Keras 2's order or in Keras 3's, and why a fix would be a guess."""
    assert site.call is not None
    keywords = {keyword.arg for keyword in site.call.keywords}
    hidden = None in keywords or any(isinstance(a, ast.Starred) for a in site.call.args)
    if hidden:
        return _hidden(context, site, site.call, row)
    signature, reason, old = optimizer_order(context.names, site.legacy, site.call)
    try:
        bound = bind(signature, site.call, _SHARED | frozenset(k for k in keywords if k))
    except Mismatch as mismatch:
        bound = {k.arg: k.value for k in site.call.keywords if k.arg}
        reason = reason or str(mismatch)
    call = Call(site, row, bound, list(site.call.args))
    if old:
        call.trouble(rules.POSITIONAL)
    return call, reason


def _hidden(context: Context, site: Site, call: ast.Call, row: Optimizer) -> tuple[Call, str]:
    """A call with `*args` or `**kwargs`: only the arguments that are written out are known."""
    stars = [f"*{ast.unparse(a.value)}" for a in call.args if isinstance(a, ast.Starred)]
    stars += [f"**{ast.unparse(k.value)}" for k in call.keywords if k.arg is None]
    bound = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    found = Call(site, row, bound, [])
    for keyword in call.keywords:
        keys = _keys(context, keyword.value) if keyword.arg is None else set()
        for rule in (rules.LR, rules.DECAY):
            if rule.code in {_CODES.get(key) for key in keys}:
                found.trouble(rule)
    return found, f"`{stars[0]}` may hold `decay` or other arguments that Keras 3 ignores"


def _keys(context: Context, node: ast.expr) -> set[str]:
    """The keys of the dictionaries that an expression may be, as far as they are written out."""
    found: set[str] = set()
    for way in context.values.ways(node):
        match way.node:
            case ast.Dict(keys=keys):
                found |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                found |= {keyword.arg for keyword in keywords if keyword.arg}
    return found


def look(context: Context, call: Call) -> None:
    """Note every trouble of the call."""
    legacy = call.site.legacy
    if call.site.call and any(keyword.arg == "lr" for keyword in call.site.call.keywords):
        call.trouble(rules.LR)
    if "decay" in call.bound:
        call.trouble(rules.DECAY)
    if "schedule_decay" in call.bound:
        call.trouble(rules.SCHEDULE_DECAY)
    if "epsilon" in call.bound and context.flow.constant(call.bound["epsilon"]) is None:
        call.trouble(rules.EPSILON)
    if legacy.alias:
        call.trouble(rules.ALIAS)
    if not rules.LEGACY.is_found_on(context.target):
        return
    if legacy.origin in ("legacy", "experimental") or (legacy.origin == "private" and call.troubles):
        call.trouble(rules.LEGACY)


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
