"""Site -> fix: small disjoint edits and how far they may be trusted. One function per kind of row."""

from __future__ import annotations

from lrmigrate.analysis.context import Context
from lrmigrate.analysis.sites import Site
from lrmigrate.catalog.schema import Decay
from lrmigrate.rules.optimizers.repair import propose_optimizer
from lrmigrate.rules.proposal import Proposal
from lrmigrate.rules.schedules.decay import propose_decay

__all__ = ["Context", "Proposal", "propose"]


def propose(context: Context, site: Site) -> Proposal | None:
    """What to say of ``site`` and what to write in its place; None when it is modern already."""
    if isinstance(site.legacy.row, Decay):
        return propose_decay(context, site, site.legacy.row)
    return propose_optimizer(context, site, site.legacy.row)
