"""The rules: one table, of what the modules in this folder declare.

A module, or the folder of a family, has its rules in ``RULES``; that is all it takes to add one. Selection,
reports and gates read the table. It is light: what finds a rule is loaded when a source may break it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, TypeAlias

from lrmigrate.rules.rule import Rule

if TYPE_CHECKING:
    import ast

    from lrmigrate.analysis.context import Context
    from lrmigrate.rules.proposal import Proposal

Finder: TypeAlias = "Callable[[Context], Iterator[tuple[ast.expr, Proposal]]]"

_SHARED = frozenset({"arguments", "proposal", "rule"})  # what rules are written with


@cache
def table() -> dict[str, Rule]:
    """Code -> rule, in the order of the codes."""
    modules = [module.name for module in iter_modules(__path__) if module.name not in _SHARED]
    declared = [rule for name in modules for rule in import_module(f"{__name__}.{name}").RULES]
    rules = {rule.code: rule for rule in sorted(declared, key=lambda rule: rule.code)}
    if len(rules) < len(declared):
        raise ValueError("two rules have the same code")
    return rules


@cache
def code_named(word: str) -> str:
    """The code of a rule by its code or its name, in whatever case; the word itself where there is none."""
    wanted = word.strip().lower()
    found = (rule.code for rule in table().values() if wanted in (rule.name, rule.code.lower()) and wanted)
    return next(found, word)


def finder(name: str) -> Finder:
    """The function that a rule names as its finder."""
    module, _, function = name.partition(":")
    found: Finder = getattr(import_module(module), function)
    return found
