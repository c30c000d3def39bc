"""What is known about one source: what every rule works with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from lrmigrate.analysis.flow import Flow
from lrmigrate.analysis.imports import Speller
from lrmigrate.analysis.rate_uses import RateFacts, RateUse, is_scheduled, rate_uses
from lrmigrate.analysis.scopes import Names
from lrmigrate.analysis.sites import Site, known, names_another, sites
from lrmigrate.analysis.syntax import Source
from lrmigrate.analysis.values import Values
from lrmigrate.catalog import LIBRARIES, SCHEDULES
from lrmigrate.catalog.keras2 import NO_SCHEDULES
from lrmigrate.model import Target


class Context:
    """One source with everything that was found out about it; ``values`` where it is part of a program."""

    def __init__(self, source: Source, target: Target = Target.KERAS3, values: Values | None = None) -> None:
        self.source = source
        self.target = target
        self.values = values or Values(source, Names(source, known))
        self.names = self.values.names
        self.flow = Flow(self.values)
        self.speller = Speller(source, self.names)

    def lacks(self, name: str) -> str:
        """Why a qualified name of a schedule class does not exist where the code must run; "" if it does."""
        root = name.partition(f".{SCHEDULES}.")[0]
        return NO_SCHEDULES.get(self.target, {}).get(root, "")

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every use of a catalogued name, in the order of the text."""
        return tuple(sites(self.source, self.names))

    @cached_property
    def own_sites(self) -> tuple[Site, ...]:
        """The sites that are to be spoken of; others only name what one of these stands for."""
        return tuple(site for site in self.sites if not names_another(self.source, self.names, site))

    @cached_property
    def imports_keras(self) -> bool:
        """Whether the file imports Keras or TensorFlow at all."""
        scopes = self.names.scopes
        paths = [b.path or "" for scope in scopes for found in scope.bindings.values() for b in found]
        paths += [module for module, _ in self.names.module.stars]
        return any(path.partition(".")[0] in LIBRARIES for path in paths)

    @cached_property
    def trains_unseen(self) -> bool:
        """Whether the file compiles a model as Keras does, with what a star import may have brought."""
        return bool(self.names.module.stars) and any(
            isinstance(node.func, ast.Attribute)
            and node.func.attr == "compile"
            and {keyword.arg for keyword in node.keywords} & {"loss", "metrics", "optimizer"}
            for node in self.source.nodes(ast.Call)
        )

    @cached_property
    def decays_elsewhere(self) -> bool:
        """Whether Keras 3 ignores a decay without a word in another file that runs with this one."""
        return any(facts.decays for facts in self._elsewhere)

    @cached_property
    def scheduled(self) -> bool:
        """Whether an optimizer that runs with this file is built with a schedule as rate."""
        return is_scheduled(self.values) or any(facts.scheduled for facts in self._elsewhere)

    @cached_property
    def rate_uses(self) -> tuple[RateUse, ...]:
        """Where the file reads or sets an optimizer's rate."""
        return rate_uses(self.values)

    def all_rate_uses(self) -> Iterator[RateUse]:
        """Where this file and those that run with it read or set an optimizer's rate, this one first.

        The others are looked at one by one: whoever has found what he looks for need not go on.
        """
        yield from self.rate_uses
        for facts in self._elsewhere:
            yield from facts.uses

    @cached_property
    def key_is_written_elsewhere(self) -> bool:
        """Whether a file that runs with this one puts `lr` into a dictionary."""
        return any(facts.writes_key for facts in self._elsewhere)

    def made_elsewhere(self) -> str:
        """Where a file that runs with this one builds an optimizer with `lr=`; "" for nowhere."""
        return next((facts.made for facts in self._elsewhere if facts.made), "")

    @cached_property
    def _elsewhere(self) -> tuple[RateFacts, ...]:
        """What the files that may run with this one do with rates."""
        return self.values.outside.rates_elsewhere(self.values)
