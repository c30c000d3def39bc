"""What every rewriting function works with, and what it gives back."""

from __future__ import annotations

import ast
from functools import cached_property

from lrmigrate.analysis.flow import Flow
from lrmigrate.analysis.imports import Speller
from lrmigrate.analysis.rate_uses import RateUse, rate_uses
from lrmigrate.analysis.scopes import Names
from lrmigrate.analysis.sites import Site, known, names_another, optimizer_of, sites
from lrmigrate.analysis.syntax import Source
from lrmigrate.catalog import LIBRARIES, SCHEDULES
from lrmigrate.catalog.keras2 import NO_SCHEDULES
from lrmigrate.model import Target


class Context:
    """One source with everything that was found out about it."""

    def __init__(self, source: Source, target: Target = Target.KERAS3) -> None:
        self.source = source
        self.target = target
        self.names = Names(source, known)
        self.flow = Flow(source, self.names)
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
    def decays(self) -> bool:
        """Whether an optimizer of this file has a decay that takes effect."""
        return any(
            optimizer_of(self.names, node)
            and any(k.arg == "decay" and self.flow.constant(k.value) not in (0, None) for k in node.keywords)
            for node in self.source.nodes(ast.Call)
        )

    @cached_property
    def scheduled(self) -> bool:
        """Whether an optimizer of this file is built with a schedule as rate."""
        for node in self.source.nodes(ast.Call):
            if optimizer_of(self.names, node):
                rates = [k.value for k in node.keywords if k.arg in {"lr", "learning_rate"}] + node.args[:1]
                if any(self.flow.is_schedule(rate) for rate in rates):
                    return True
        return False

    @cached_property
    def rate_uses(self) -> tuple[RateUse, ...]:
        """Where the file reads or sets an optimizer's rate."""
        return rate_uses(self.source, self.names)
