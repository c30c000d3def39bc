"""Tree x catalogue -> sites: where a file uses a legacy name, and with which arguments.

The only module that looks for things. Says nothing of what a site should become.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from lrmigrate import catalog
from lrmigrate.catalog.schema import Decay, Optimizer, Signature
from lrmigrate.scopes import Names
from lrmigrate.syntax import Source


@dataclass(frozen=True, eq=False)
class Site:
    """A use of a legacy name.

    ``call`` is None for a bare reference. ``doubt`` is a sentence when the name may stand for
    something else too; such a site is reported and left alone.
    """

    legacy: catalog.Legacy
    path: str
    reference: ast.Name | ast.Attribute
    call: ast.Call | None
    doubt: str = ""

    @property
    def node(self) -> ast.expr:
        """The call, or the bare reference."""
        return self.call or self.reference


class Mismatch(Exception):
    """The arguments of a call do not fit a signature, or cannot be seen. A clause, for a reason."""


def known(path: str) -> bool:
    """Whether a fully qualified name is a legacy API or a module on the way to one."""
    return path in catalog.legacy_names() or path in catalog.legacy_prefixes()


def sites(source: Source, names: Names) -> Iterator[Site]:
    """Every use of a catalogued name, in the order of the text."""
    interesting = catalog.terminals() | _local_names(names)
    found = [
        site
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and isinstance(node.ctx, ast.Load)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) in interesting
        and (site := _site(source, names, node))
    ]
    yield from sorted(found, key=lambda site: source.span(site.reference).start)


def _local_names(names: Names) -> frozenset[str]:
    """The names of this file that an import or an alias has bound to a catalogued name."""
    found = set()
    for scope in {names.module, *names.scope_of.values()}:
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                alias = isinstance(binding.value, ast.Name | ast.Attribute)
                if (binding.path and known(binding.path)) or alias:
                    found.add(name)
    return frozenset(found)


def _site(source: Source, names: Names, node: ast.Name | ast.Attribute) -> Site | None:
    """The site at ``node``, if its name stands for a catalogued one."""
    candidates = names.resolve(node)
    table = catalog.legacy_names()
    hits = sorted(path for path in candidates if path in table)
    parent = source.parents.get(node)
    call = parent if isinstance(parent, ast.Call) and parent.func is node else None
    if not hits:
        return _unseen(names, node, call) if candidates == frozenset({None}) or len(candidates) == 1 else None
    doubt = ""
    if len(candidates) > 1:
        others = " or ".join(sorted(str(path or "something of this file's own") for path in candidates))
        doubt = f"`{ast.unparse(node)}` may be {others}"
    return Site(table[hits[0]], hits[0], node, call, doubt)


def _unseen(names: Names, node: ast.Name | ast.Attribute, call: ast.Call | None) -> Site | None:
    """`tf.train.exponential_decay` where `tf` comes from somewhere that cannot be seen from here."""
    match node:
        case ast.Attribute(
            value=ast.Attribute(value=ast.Name(id="tf" | "tf1" | "tfv1" as root), attr="train")
        ):
            path = f"tensorflow.train.{node.attr}"
        case _:
            return None
    owner = names.scope_of[node].owner(root)
    bindings = owner.bindings[root] if owner else []
    if any(binding.path is None for binding in bindings) or path not in catalog.legacy_names():
        return None
    origin = f"comes from `{bindings[0].path}`" if bindings else "is not imported here"
    doubt = f"`{root}` {origin}, which may or may not be TensorFlow"
    return Site(catalog.legacy_names()[path], path, node, call, doubt)


def bind(signature: Signature, call: ast.Call, extra: frozenset[str] = frozenset()) -> dict[str, ast.expr]:
    """The arguments of ``call`` by parameter; raises Mismatch.

    ``extra`` names keywords that are accepted beyond the signature.
    """
    bound: dict[str, ast.expr] = {}
    for position, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            raise Mismatch(f"`*{ast.unparse(argument.value)}` hides which arguments are given")
        if position >= len(signature.names):
            raise Mismatch("there are more positional arguments than the function has parameters")
        bound[signature.names[position]] = argument
    for keyword in call.keywords:
        if keyword.arg is None:
            raise Mismatch(f"`**{ast.unparse(keyword.value)}` hides which arguments are given")
        if keyword.arg not in signature.names and keyword.arg not in extra:
            raise Mismatch(f"the function has no parameter `{keyword.arg}`")
        if keyword.arg in bound:
            raise Mismatch(f"`{keyword.arg}` is given twice")
        bound[keyword.arg] = keyword.value
    missing = [p.name for p in signature.parameters if p.default is None and p.name not in bound]
    if missing:
        raise Mismatch(f"the required argument `{missing[0]}` is missing")
    return bound


def is_decay(site: Site) -> bool:
    """Whether the site is a TensorFlow 1 schedule function."""
    return isinstance(site.legacy.row, Decay)


def optimizer_of(names: Names, node: ast.expr) -> catalog.Legacy | None:
    """What ``node`` builds, when it is a call of a catalogued Keras optimizer."""
    if not isinstance(node, ast.Call):
        return None
    path = names.certain(node.func)
    legacy = catalog.legacy_names().get(path) if path else None
    return legacy if legacy and isinstance(legacy.row, Optimizer) else None
