"""Tree x catalogue -> sites: where a file uses a legacy name, and with which arguments.

The only module that looks for things. Says nothing of what a site should become.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from lrmigrate import catalog
from lrmigrate.analysis.refusal import Refusal
from lrmigrate.analysis.scopes import Candidates, Names, attribute_by_name
from lrmigrate.analysis.syntax import Source
from lrmigrate.catalog.schema import Optimizer, Parameter, Signature
from lrmigrate.catalog.taught import meant

_LARGE_EPSILON = 0.01  # no epsilon is that large, but a momentum or an accumulator is
_Reference: TypeAlias = "ast.Name | ast.Attribute | ast.Call | ast.Subscript"
_FLAGS = frozenset({"True", "False"})
_TF = frozenset({"tf", "tf1", "tfv1"})


@dataclass(frozen=True, eq=False)
class Site:
    """A use of a legacy name.

    ``call`` is None for a bare reference. ``doubt`` is a sentence when the name may stand for
    something else too; such a site is reported and left alone. ``paths`` are all the spellings of the same
    API that the name may stand for, as behind an import in a `try`; ``path`` and ``legacy`` are the first.
    ``is_indirect``: the name is not what is called (`analysis.built`). ``reached`` is the call as the API
    gets it then, or where its arguments are written in a dictionary, ``written``, that it unpacks.
    """

    legacy: catalog.Legacy
    path: str
    reference: ast.expr
    call: ast.Call | None
    doubt: str = ""
    others: tuple[str, ...] = ()
    reached: ast.Call | None = None
    written: ast.Call | ast.Dict | None = None
    is_indirect: bool = False

    @property
    def text(self) -> ast.Call | ast.Dict:
        """Where the arguments are written."""
        found = self.written or self.call
        assert found is not None
        return found

    @property
    def given(self) -> ast.Call | None:
        """The call with the arguments that are the API's own."""
        return self.reached or self.call

    @property
    def paths(self) -> tuple[str, ...]:
        """All that the name may stand for."""
        return (self.path, *self.others)

    @property
    def origins(self) -> frozenset[str]:
        """The doors through which the name may have been reached."""
        return frozenset(catalog.legacy_names()[path].origin for path in self.paths)

    def spelled(self, path: str) -> Site:
        """The site as if its name stood for one of its paths; the others are remembered."""
        others = tuple(other for other in self.paths if other != path)
        return replace(self, legacy=catalog.legacy_names()[path], path=path, others=others)

    def targets(self, name: str) -> tuple[str, ...]:
        """The qualified names of ``name`` (below a Keras root) that fit what the site may stand for."""
        return keras_names(self.paths, name)

    @property
    def node(self) -> ast.expr:
        """The call, or the bare reference."""
        return self.call or self.reference


class Mismatch(Refusal):
    """The arguments of a call do not fit a signature, or cannot be seen."""


def keras_names(paths: Iterable[str | None], name: str) -> tuple[str, ...]:
    """The qualified names of ``name`` (below a Keras root) that fit code which may spell any of ``paths``."""
    targets = [target for path in paths for target in catalog.keras_targets(path or "", name)]
    return tuple(dict.fromkeys(targets))


def known(path: str) -> bool:
    """Whether a fully qualified name is a legacy API or a module on the way to one."""
    return path in catalog.legacy_names() or path in catalog.legacy_prefixes()


def sites(source: Source, names: Names) -> Iterator[Site]:
    """Every use of a catalogued name, in the order of the text."""
    interesting = catalog.terminals() | _local_names(names)
    found: list[Site] = []
    patched: set[str | None] = set()
    nodes: list[_Reference] = [n for n in source.nodes(ast.Name) if n.id in interesting]
    nodes += [node for node in source.nodes(ast.Attribute) if node.attr in interesting]
    nodes += [node for node in source.nodes(ast.Call) if _is_by_name(node, interesting)]
    nodes += [node for node in source.nodes(ast.Subscript) if _is_by_name(node, interesting)]
    for node in nodes:
        if not isinstance(node, ast.Call) and not isinstance(node.ctx, ast.Load):
            patched |= names.resolve(node) if isinstance(node, ast.Attribute) else set()
        elif site := _site(source, names, node):
            found.append(site)
    for site in sorted(found, key=lambda site: source.span(site.reference).start):
        doubt = (
            "this file assigns something else to that name, so the call may run something else"
            if not patched.isdisjoint(site.paths)
            else site.doubt
        )
        yield replace(site, doubt=doubt)


def _is_by_name(node: ast.Call | ast.Subscript, interesting: frozenset[str]) -> bool:
    """Whether an expression gives an attribute by a name that is catalogued."""
    asked = attribute_by_name(node)
    return asked is not None and getattr(asked[2], "value", None) in interesting


def names_another(source: Source, names: Names, site: Site) -> bool:
    """Whether a site only names what other sites stand for, as in `decay = tf.train.exponential_decay`."""
    return not site.call and (_names_an_alias(names, site) or _is_followed_alias(source, names, site))


def _names_an_alias(names: Names, site: Site) -> bool:
    """Whether a bare reference only names an alias, which is reported where it is made."""
    reference = site.reference
    if not isinstance(reference, ast.Name):
        return False
    values = (binding.value for binding in names.live(reference.id, reference))
    return any(value is not None and names.resolve(value) == set(site.paths) for value in values)


def _is_followed_alias(source: Source, names: Names, site: Site) -> bool:
    """Whether a bare reference is `name = tf.train.x` whose every use is a site of its own."""
    target = names.alias_target(site.reference)
    loads = [load for load in names.loads if load.id == target.id] if target is not None else []
    paths = set(site.paths)
    return bool(loads) and all(_is_callee(source, n) and names.resolve(n) == paths for n in loads)


def _is_callee(source: Source, node: ast.expr) -> bool:
    """Whether a node is what is called."""
    call = source.parents[node]
    return isinstance(call, ast.Call) and call.func is node


def _local_names(names: Names) -> frozenset[str]:
    """The names of this file that an import or an alias has bound to a catalogued name."""
    found = set()
    for scope in names.scopes:
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                alias = isinstance(binding.value, ast.Name | ast.Attribute)
                if (binding.path and known(meant(binding.path))) or alias:
                    found.add(name)
    return frozenset(found)


def _site(source: Source, names: Names, node: _Reference) -> Site | None:
    """The site at ``node``, if its name stands for a catalogued one."""
    candidates = names.resolve(node)
    table = catalog.legacy_names()
    hits = sorted(path for path in candidates if path in table)
    parent = source.parents.get(node)
    call = parent if isinstance(parent, ast.Call) and parent.func is node else None
    if not hits:
        if isinstance(node, ast.Call | ast.Subscript):
            return None
        return _unseen(names, node, call) if candidates == frozenset({None}) or len(candidates) == 1 else None
    doubt = ""
    if len(candidates) > 1 and _are_one_api(candidates):
        return Site(table[hits[0]], hits[0], node, call, others=tuple(hits[1:]))
    if len(candidates) > 1:
        others = " or ".join(sorted(str(path or "something of this file's own") for path in candidates))
        doubt = f"`{ast.unparse(node)}` may be {others}, depending on what ran before: keep one of them"
    return Site(table[hits[0]], hits[0], node, call, doubt)


def _are_one_api(candidates: Candidates) -> bool:
    """Whether all names are spellings of one and the same legacy API."""
    table = catalog.legacy_names()
    found = [table[path] for path in candidates if path in table]
    return len(found) == len(candidates) and len({(id(each.row), each.alias) for each in found}) == 1


def _unseen(names: Names, node: ast.Name | ast.Attribute, call: ast.Call | None) -> Site | None:
    """A legacy name below `tf`, `keras` or nothing at all that comes from somewhere that cannot be seen."""
    root, path = _usual_path(names, node, call)
    owner = names.scope_of[node].owner(root)
    bindings = owner.bindings[root] if owner else []
    if (
        any(b.path is None or isinstance(b.node, ast.Import) or _is_own(b.path, root) for b in bindings)
        or path not in catalog.legacy_names()
    ):
        return None
    origin = f"comes from `{bindings[0].path}`" if bindings else "is not imported here by name"
    doubt = f"`{root}` {origin}: whether it is {'TensorFlow' if root in _TF else 'Keras'} cannot be seen"
    return Site(catalog.legacy_names()[path], path, node, call, doubt)


def _is_own(path: str, root: str) -> bool:
    """Whether a name is that of a module of the package itself, which is no Keras."""
    return path.startswith(".") and root not in _TF


def _usual_path(names: Names, node: ast.Name | ast.Attribute, call: ast.Call | None) -> tuple[str, str]:
    """The name that an expression starts with, and what it would be if that were imported as usual."""
    match node:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=root), attr="train")) if root in _TF:
            return root, f"tensorflow.train.{node.attr}"
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="keras" as root), attr="optimizers")):
            return root, f"keras.optimizers.{node.attr}"
        case ast.Attribute() if names.module.stars and call and _only_keras_takes(call):
            root, _, rest = ast.unparse(node).partition(".")
            return root, f"{'tensorflow' if root in _TF else root}.{rest}"
        case ast.Name(id=name) if names.module.stars and call and _only_keras_takes(call):
            return name, f"keras.optimizers.{name}"
    return "", ""


def _only_keras_takes(call: ast.Call) -> bool:
    """Whether a call names `lr` and gives nothing by position: other libraries want the parameters first."""
    names = {keyword.arg for keyword in call.keywords}
    return not call.args and "lr" in names and "params" not in names


def bind(signature: Signature, call: ast.Call, extra: frozenset[str] = frozenset()) -> dict[str, ast.expr]:
    """The arguments of ``call`` by parameter; raises Mismatch.

    ``extra`` names keywords that are accepted beyond the signature.
    """
    bound: dict[str, ast.expr] = {}
    for position, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            raise Mismatch(f"`*{ast.unparse(argument.value)}` hides which arguments are given")
        if position >= len(signature.names):
            raise Mismatch("the call has more positional arguments than the function has parameters")
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


def constant(names: Names, node: ast.expr) -> object:
    """The number, string, flag or None that ``node`` is, through names bound once; else ``...``."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Name(id=name):
            assigned = names.single(name, node)
            return ... if assigned is None or isinstance(assigned, ast.Name) else constant(names, assigned)
    return ...


def optimizer_order(names: Names, legacy: catalog.Legacy, call: ast.Call) -> tuple[Signature, str, bool]:
    """The signature that the positional arguments follow, a doubt, and whether it is Keras 2's.

    Where the orders disagree, the values decide: a flag is never a rate, a number never a flag,
    and None has only ever been an epsilon of Keras 2.
    """
    row = legacy.row
    assert isinstance(row, Optimizer)
    if legacy.origin == "experimental":
        return row.keras3, "", False
    old_votes = new_votes = 0
    conflict = False
    for index, value in enumerate(call.args):
        old, new = _parameter(row.keras2, index), _parameter(row.keras3, index)
        given = constant(names, value)
        if index == 0 or (old and new and old.name == new.name):
            old_votes += index > 0 and given is None
            continue
        if old is None:
            new_votes += 1
            continue
        conflict = True
        new_is_flag = new is not None and new.default in _FLAGS
        if isinstance(given, bool):
            old_votes += old.default in _FLAGS
            new_votes += new_is_flag
        elif new is None or given is None or (isinstance(given, int | float) and new_is_flag):
            old_votes += 1
        elif old.name == "epsilon" and isinstance(given, int | float) and not 0 < given < _LARGE_EPSILON:
            new_votes += 1
    if not conflict or (new_votes and not old_votes):
        return row.keras3, "", False
    if not old_votes or new_votes:
        return (
            row.keras2,
            "the values do not tell whether Keras 2's order is meant or Keras 3's: give the arguments by "
            "name",
            True,
        )
    if legacy.origin != "keras" and len(call.args) <= len(row.tfkeras.parameters):
        return (
            row.keras2,
            "the order of positional arguments was another one in tf.keras than in Keras 2",
            True,
        )
    return row.keras2, "", True


def _parameter(signature: Signature, index: int) -> Parameter | None:
    """The parameter at a position, if the signature is that long."""
    return signature.parameters[index] if index < len(signature.parameters) else None


def optimizer_of(names: Names, node: ast.expr) -> catalog.Legacy | None:
    """What ``node`` builds, when it is a call of a catalogued Keras optimizer, by whatever spelling."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr not in catalog.terminals():
        return None
    candidates = names.resolve(node.func)
    path = min(filter(None, candidates), default="")
    legacy = catalog.legacy_names().get(path)
    is_sure = len(candidates) == 1 or _are_one_api(candidates)
    return legacy if legacy and is_sure and isinstance(legacy.row, Optimizer) else None
