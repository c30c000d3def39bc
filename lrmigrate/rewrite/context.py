"""What every rewriting function works with, and what it gives back."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property

from lrmigrate.catalog import KERAS_ROOTS, SCHEDULES
from lrmigrate.catalog.keras2 import STANDALONE_TF2
from lrmigrate.catalog.schema import Rule, Target
from lrmigrate.flow import Flow
from lrmigrate.imports import Speller
from lrmigrate.match import known, optimizer_of
from lrmigrate.model import Applicability, Edit
from lrmigrate.rewrite.rate import RateUse, rate_uses
from lrmigrate.scopes import Names
from lrmigrate.syntax import Source


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
        is_standalone = name.startswith(f"keras.{SCHEDULES}.")
        return STANDALONE_TF2 if self.target is Target.TF2 and is_standalone else ""

    @cached_property
    def imports_keras(self) -> bool:
        """Whether the file imports Keras or TensorFlow at all."""
        scopes = self.names.scopes
        paths = [b.path or "" for scope in scopes for found in scope.bindings.values() for b in found]
        paths += [module for module, _ in self.names.module.stars]
        return any(path.partition(".")[0] in {"keras", "tensorflow"} for path in paths)

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


@dataclass
class Proposal:
    """A rule that a site breaks, and a fix in the making.

    Starts as safe; every doubt lowers it and adds its reason.
    """

    rule: Rule
    message: str
    edits: list[Edit] = field(default_factory=list)
    applicability: Applicability = Applicability.SAFE
    reasons: list[str] = field(default_factory=list)

    def lower(self, level: Applicability, reason: str) -> None:
        """Trust the fix no further than ``level``, because of ``reason`` (a clause)."""
        self.applicability = self.applicability.lowered_to(level)
        if reason not in self.reasons:
            self.reasons.append(reason)

    def unsafe(self, reason: str) -> None:
        """The numbers are expected to agree, but something else changes."""
        self.lower(Applicability.UNSAFE, reason)

    def manual(self, reason: str) -> Proposal:
        """Nothing can be written; returns itself, so that a function can end with it."""
        self.lower(Applicability.MANUAL, reason)
        self.edits.clear()
        return self


def for_target(proposal: Proposal, target: Target) -> Proposal | None:
    """What is left of a proposal where the code must run on ``target``."""
    otherwise = proposal.rule.tf2 if target is Target.TF2 else None
    if otherwise is None:
        return proposal
    if otherwise.level is None:
        return None
    if otherwise.level is Applicability.MANUAL:
        return proposal.manual(otherwise.why)
    proposal.unsafe(otherwise.why)
    return proposal


def keras_targets(path: str, name: str) -> tuple[str, ...]:
    """The qualified names of ``name`` (below a Keras root) that fit code which spells ``path``."""
    if path.startswith("keras."):
        return (f"keras.{name}",)
    return tuple(f"{root}.{name}" for root in KERAS_ROOTS if root.startswith("tensorflow"))
