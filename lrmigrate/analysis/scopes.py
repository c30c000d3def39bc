"""Names resolved, not guessed: what a name at a place in a file can stand for.

Follows imports of every form, simple aliases (`train = tf.train`), star imports of known modules,
function, class and comprehension scopes, shadowing and rebinding. A name with two candidates gets
both; what cannot be followed is `None`. Knows Python's scoping rules and no library.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from lrmigrate.analysis.syntax import CannotParse, Source, children
from lrmigrate.catalog.taught import meant

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

#: Statements that bind their names whenever they run.
_SURE = (
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete, ast.Import, ast.ImportFrom),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With, ast.AsyncWith),
)

#: Fully qualified names that an expression may stand for; None: something that cannot be followed.
Candidates: TypeAlias = "frozenset[str | None]"
_DEEPEST = 300  # levels of an expression: whoever follows it takes some calls for each
UNKNOWN: Candidates = frozenset({None})


@dataclass(eq=False)
class Binding:
    """One place where a name gets a value.

    ``path`` is the imported name, for imports; ``value`` the assigned expression, for plain
    assignments to one name. Both are None for everything else (parameters, loops, defs, ...).
    """

    name: str
    node: ast.AST
    scope: Scope
    path: str | None = None
    value: ast.expr | None = None
    alias: ast.alias | None = None


@dataclass(eq=False)
class Scope:
    """A scope and the names bound in it. ``stars`` are the modules of its star imports."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[tuple[str, ast.ImportFrom]] = field(default_factory=list)
    elsewhere: dict[str, Scope] = field(default_factory=dict)  # names declared global or nonlocal

    @property
    def is_class(self) -> bool:
        """Class scopes are invisible to the functions within."""
        return isinstance(self.node, ast.ClassDef)

    def owner(self, name: str) -> Scope | None:
        """The scope whose binding a load of ``name`` in this scope sees."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.elsewhere:
                return scope.elsewhere[name].owner(name)
            if name in scope.bindings and (scope is self or not scope.is_class):
                return scope
            scope = scope.parent
        return None


class _Builder:
    """One walk over the tree: scopes, bindings, and every name that is read.

    Raises RecursionError where an expression is nested too deeply for those who will follow it.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(tree, None)
        self.scope = self.module
        self.scope_of: dict[ast.AST, Scope] = {}
        self.loads: list[ast.Name] = []
        self.visit(tree)

    def visit(self, node: ast.AST, depth: int = 0) -> None:
        """Remember the scope of every node on the way.

        Does what `ast.NodeVisitor` does, without its search for a method by the name of each node's type.
        """
        self.scope_of[node] = self.scope
        visitor = _VISITORS.get(type(node))
        if visitor is not None:
            visitor(self, node)
        else:
            self.generic_visit(node, depth)

    def generic_visit(self, node: ast.AST, depth: int = 0) -> None:
        """Visit everything below a node."""
        if depth > _DEEPEST:
            raise RecursionError
        for child in children(node):
            self.visit(child, depth + 1)

    def bind(self, name: str, node: ast.AST, **known: object) -> None:
        """Record a binding in the scope that owns it."""
        scope = self.scope.elsewhere.get(name, self.scope)
        scope.bindings.setdefault(name, []).append(Binding(name, node, scope, **known))  # type: ignore[arg-type]

    def within(self, node: ast.AST, *parts: ast.AST) -> None:
        """Visit ``parts`` in a new scope of ``node``."""
        outer, self.scope = self.scope, Scope(node, self.scope)
        if isinstance(node, FUNCTIONS):
            for argument in _parameters(node.args):
                self.bind(argument.arg, argument)
        for part in parts:
            self.visit(part)
        self.scope = outer

    def visit_function(self, node: Function) -> None:
        """Decorators, defaults and annotations belong outside, the body inside."""
        if not isinstance(node, ast.Lambda):
            self.bind(node.name, node)
            for decorator in node.decorator_list:
                self.visit(decorator)
            if node.returns:
                self.visit(node.returns)
        for part in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(part)
        for argument in _parameters(node.args):
            if argument.annotation:
                self.visit(argument.annotation)
        self.within(node, *([node.body] if isinstance(node, ast.Lambda) else node.body))

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Bases and decorators belong outside, the body inside."""
        self.bind(node.name, node)
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self.within(node, *node.body)

    def visit_comprehension_scope(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        """The first iterable is evaluated outside, the rest inside."""
        self.visit(node.generators[0].iter)
        parts: list[ast.AST] = []
        for index, generator in enumerate(node.generators):
            parts += [generator.target, *generator.ifs, *([generator.iter] if index else [])]
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self.within(node, *parts, *results)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_scope

    def visit_Import(self, node: ast.Import) -> None:
        """`import a.b` binds a; `import a.b as c` binds c."""
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.bind(name, node, path=alias.name if alias.asname else name, alias=alias)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """`from a import b as c` binds c; a relative module is the user's own."""
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.scope.stars.append((module, node))
            else:
                self.bind(alias.asname or alias.name, node, path=below(module, alias.name), alias=alias)

    def visit_Assign(self, node: ast.Assign) -> None:
        """`a = value` keeps the value; unpacking and the like bind names to the unknown."""
        self.visit(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, node, value=node.value)
            else:
                self.unpack(target, node)

    def unpack(self, target: ast.expr, node: ast.Assign) -> None:
        """`a, b = x, y` gives each name its value."""
        match target, node.value:
            case ast.Tuple(elts=names), ast.Tuple(elts=values) if len(names) == len(values):
                plain = not any(isinstance(part, ast.Starred) for part in (*names, *values))
                if plain and all(isinstance(name, ast.Name) for name in names):
                    for name, value in zip(names, values, strict=True):
                        assert isinstance(name, ast.Name)
                        self.bind(name.id, node, value=value)
                    return
        self.visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An annotation without a value binds nothing that can be read."""
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            if isinstance(node.target, ast.Name):
                self.bind(node.target.id, node, value=node.value)
                return
        self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """A walrus inside a comprehension binds outside of it."""
        self.visit(node.value)
        inner = self.scope
        while isinstance(self.scope.node, COMPREHENSIONS) and self.scope.parent:
            self.scope = self.scope.parent
        self.bind(node.target.id, node)
        self.scope = inner

    def visit_Global(self, node: ast.Global) -> None:
        """The names belong to the module; said in the module itself, it means nothing."""
        if self.scope is self.module:
            return
        self.scope.elsewhere.update(dict.fromkeys(node.names, self.module))

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        """The names belong to the nearest function outside that binds them."""
        for name in node.names:
            owner = self.scope.parent.owner(name) if self.scope.parent else None
            self.scope.elsewhere[name] = owner or self.module

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """`except E as name` binds name."""
        if node.name:
            self.bind(node.name, node)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        """Patterns bind names."""
        if node.name:
            self.bind(node.name, node)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        """Patterns bind names."""
        if node.name:
            self.bind(node.name, node)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """Patterns bind names."""
        if node.rest:
            self.bind(node.rest, node)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        """A load is remembered; a store or a deletion binds to the unknown."""
        if isinstance(node.ctx, ast.Load):
            self.loads.append(node)
        else:
            self.bind(node.id, node)


def below(module: str, name: str) -> str:
    """The qualified name of what is called ``name`` in a module, which may be no more than dots."""
    return f"{module}{name}" if module.endswith(".") else f"{module}.{name}"


_VISITORS: dict[type, Callable[[_Builder, Any], None]] = {
    getattr(ast, name.removeprefix("visit_")): method
    for name, method in vars(_Builder).items()
    if name.startswith("visit_") and hasattr(ast, name.removeprefix("visit_"))
}


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters of a function."""
    several = [arguments.vararg, arguments.kwarg]
    return [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        *(argument for argument in several if argument),
    ]


def attribute_by_name(node: ast.expr) -> tuple[str, ast.expr, ast.expr] | None:
    """What gives an attribute by its name, the object, and the name: `getattr(x, n)`, `vars(x)[n]`."""
    match node:
        case ast.Call(func=ast.Name(id="getattr" as by), args=[owner, name], keywords=[]):
            return by, owner, name
        case ast.Subscript(value=ast.Call(func=ast.Name(id="vars" as by), args=[owner]), slice=name):
            return by, owner, name
        case ast.Subscript(value=ast.Attribute(value=owner, attr="__dict__" as by), slice=name):
            return by, owner, name
    return None


class Names:
    """The names of one source, and what they stand for.

    ``exports`` tells whether a fully qualified name exists in a library that is known; a star import
    of a module with another root could bring anything. ``follow`` gives what a qualified name stands for
    that leads into another file of the program; None for one that leads into a library, an empty set where
    a module of the program has no such name. Raises CannotParse where the tree is too deep.
    """

    def __init__(
        self,
        source: Source,
        exports: Callable[[str], bool],
        follow: Callable[[str], Candidates | None] = lambda _: None,
    ) -> None:
        self.source = source
        self.exports = exports
        self.follow = follow
        try:
            built = _Builder(source.tree)
        except RecursionError:
            raise CannotParse("too deeply nested", 1, 1) from None
        self.module = built.module
        self.scope_of = built.scope_of
        self.loads = built.loads
        self._busy: set[Binding] = set()
        self._circular: dict[Binding, bool] = {}
        self._resolved: dict[ast.expr, Candidates] = {}

    @cached_property
    def scopes(self) -> frozenset[Scope]:
        """Every scope of the file."""
        return frozenset({self.module, *self.scope_of.values()})

    def close(self) -> None:
        """Forget everything. Scopes and bindings know each other, and would keep the tree in memory."""
        for scope in self.scopes:
            scope.bindings.clear()
            scope.elsewhere.clear()

    def resolve(self, node: ast.expr) -> Candidates:
        """What an expression may stand for. Many rules ask for the same ones."""
        found = self._resolved.get(node)
        if found is None:
            found = self._resolve(node)
            if not self._busy:  # else it may be half of the truth, about an alias of itself
                self._resolved[node] = found
        return found

    def _resolve(self, node: ast.expr) -> Candidates:
        """What `resolve` gives, found out."""
        match node:
            case ast.Name():
                return self.lookup(node.id, node)
            case ast.Attribute():
                return self._attribute(node.value, node.attr)
            case ast.Call() | ast.Subscript() if (asked := attribute_by_name(node)) is not None:
                by, owner, name = asked
                if isinstance(name, ast.Constant) and self.scope_of[node].owner(by) is None:
                    return self._attribute(owner, str(name.value))
        return UNKNOWN

    def _attribute(self, owner: ast.expr, name: str) -> Candidates:
        """What an attribute of an expression may stand for."""
        found: set[str | None] = set()
        for path in self.resolve(owner):
            found |= self.followed(f"{path}.{name}") if path else {None}
        return frozenset(found)

    def certain(self, node: ast.expr) -> str | None:
        """The one fully qualified name that an expression stands for, if there is just one."""
        candidates = self.resolve(node)
        return next(iter(candidates)) if len(candidates) == 1 else None

    def lookup(self, name: str, at: ast.expr) -> Candidates:
        """What ``name`` stands for when it is read where ``at`` stands."""
        if self.scope_of[at].owner(name) is None:
            return self._from_stars(name)
        found: set[str | None] = set()
        for binding in self.live(name, at):
            found |= self._targets(binding)
        return frozenset(found) or UNKNOWN

    def live(self, name: str, at: ast.expr) -> list[Binding]:
        """The bindings that a load of ``name`` where ``at`` stands may see.

        In straight-line code the last one before it; in a loop, or in a function that is called
        later, whatever is not surely overwritten.
        """
        owner = self.scope_of[at].owner(name)
        if owner is None:
            return []
        if len(owner.bindings[name]) == 1:  # as most names have, wherever they are read
            return owner.bindings[name]
        bindings = sorted(owner.bindings[name], key=lambda binding: self._start(binding.node))
        loop = self._loop_over(name, at, owner)
        if loop is not None:
            span = self.source.span(loop)
            bindings = [b for b in bindings if span.start <= self._start(b.node) < span.end]
        elif self._in_order(at, owner):
            offset = self.source.span(at).start
            bindings = [b for b in bindings if self._end(b.node) <= offset] or bindings
        certain = [i for i, b in enumerate(bindings) if self._unconditional(b, owner)]
        return bindings[certain[-1] :] if certain else bindings

    def _loop_over(self, name: str, at: ast.expr, owner: Scope) -> ast.stmt | None:
        """The `for` loop around ``at`` that gives ``name`` a value in every round."""
        inner: ast.AST = at
        for node in self.source.ancestors(at):
            if node is owner.node or isinstance(node, FUNCTIONS):
                return None
            if isinstance(node, ast.For | ast.AsyncFor) and inner in node.body:
                if isinstance(node.target, ast.Name) and node.target.id == name:
                    return node
            inner = node
        return None

    def single(self, name: str, at: ast.expr) -> ast.expr | None:
        """The expression that ``name`` was assigned, where that is the only binding it can have.

        None for `n = n * 2`, whose other `n` came from somewhere else.
        """
        owner = self.scope_of[at].owner(name)
        if owner is None or len(owner.bindings[name]) != 1:
            return None
        binding = owner.bindings[name][0]
        return None if self._is_circular(binding) else binding.value

    def _is_circular(self, binding: Binding) -> bool:
        """Whether the value of a name that is bound once is made from that name, maybe through others."""
        if binding not in self._circular:
            seen: set[Binding] = set()
            waiting = [binding]
            while waiting and binding not in seen:
                found = [b for b in self._read_by(waiting.pop()) if b not in seen]
                seen.update(found)
                waiting += found
            self._circular[binding] = binding in seen
        return self._circular[binding]

    def _read_by(self, binding: Binding) -> list[Binding]:
        """The bindings of the names, each bound once, that the value of a binding reads."""
        found = []
        for node in ast.walk(binding.value) if binding.value is not None else ():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                owner = self.scope_of[node].owner(node.id)
                if owner is not None and len(owner.bindings[node.id]) == 1:
                    found.append(owner.bindings[node.id][0])
        return found

    def alias_target(self, value: ast.expr) -> ast.Name | None:
        """`name` of a plain `name = value` outside a class body, whose value can be followed."""
        statement = self.source.parents[value]
        match statement:
            case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
                return None if self.scope_of[statement].is_class else target
        return None

    def _in_order(self, at: ast.expr, owner: Scope) -> bool:
        """Whether ``at`` runs once, in the order of the text, among the statements of ``owner``."""
        for node in self.source.ancestors(at):
            if node is owner.node:
                return True
            if isinstance(node, (*FUNCTIONS, ast.For, ast.While, ast.AsyncFor)):
                return False
        return False

    def _unconditional(self, binding: Binding, owner: Scope) -> bool:
        """Whether a binding takes place whenever its scope runs."""
        node = binding.node
        if isinstance(node, ast.arg):
            return True
        if isinstance(node, ast.NamedExpr) or node not in self.source.parents:
            return False
        statement = self.source.statement(node)
        return isinstance(statement, _SURE) and self.source.parents[statement] is owner.node

    def _start(self, node: ast.AST) -> int:
        """Where a binding begins."""
        return self.source.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def _end(self, node: ast.AST) -> int:
        """Where a binding is over; a loop or a `with` binds at its beginning, and so does a `def`."""
        inner = self.source.parents.get(node)
        statement = node if isinstance(node, ast.stmt) or inner is None else self.source.statement(node)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom)):
            return self.source.span(statement).end
        return self._start(node)

    def _targets(self, binding: Binding) -> set[str | None]:
        """What one binding makes its name stand for; nothing for `name = None`."""
        if binding.path is not None:
            return self.followed(binding.path)
        match binding.value:
            case ast.Constant(value=None):
                return set()
            case ast.Name() | ast.Attribute() if binding not in self._busy:
                self._busy.add(binding)
                try:
                    return set(self.resolve(binding.value))
                finally:
                    self._busy.discard(binding)
        return set() if binding in self._busy else {None}

    def followed(self, path: str) -> set[str | None]:
        """What a qualified name stands for, through the other files of the program."""
        path = meant(path)
        found = self.follow(path)
        return {path} if found is None else set(found or UNKNOWN)

    def paths(self, node: ast.expr) -> set[str]:
        """The qualified names by which imports of this file reach an expression, not followed any farther."""
        if isinstance(node, ast.Attribute):
            return {f"{path}.{node.attr}" for path in self.paths(node.value)}
        if not isinstance(node, ast.Name):
            return set()
        bindings = self.live(node.id, node)
        if not bindings:
            return {below(module, node.id) for module, _ in self.module.stars}
        return {binding.path for binding in bindings if binding.path}

    def of_module(self, name: str) -> Candidates:
        """What a name of the module stands for when all of it has run; empty where there is no such name."""
        bindings = self.module.bindings.get(name)
        if bindings is None:
            return self._from_stars(name) - UNKNOWN if self.module.stars else frozenset()
        return frozenset(path for binding in bindings for path in self._targets(binding)) or UNKNOWN

    def _from_stars(self, name: str) -> Candidates:
        """What a name that nothing binds may be, star imports considered: the last one wins."""
        found: set[str | None] = set()
        for module, _ in reversed(self.module.stars):
            own = self.follow(below(module, name))
            if own:
                return own
            if self.exports(f"{module}.{name}"):
                found.add(f"{module}.{name}")
                break
            if own is None and not self.exports(module.partition(".")[0]):
                found.add(None)
        return frozenset(found) or UNKNOWN
