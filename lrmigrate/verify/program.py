"""Source text -> expressions with holes: the second, independent reading of a site.

Takes texts and offsets, never findings or edits. Resolves names by itself; folds constants that the
file defines; evaluates nothing.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from lrmigrate import catalog
from lrmigrate.analysis.scopes import Names
from lrmigrate.analysis.sites import Mismatch, bind, known, optimizer_order
from lrmigrate.analysis.syntax import Source
from lrmigrate.catalog.keras2 import DECAYED_CLASS
from lrmigrate.catalog.schema import Decay, Optimizer
from lrmigrate.catalog.tf1 import DECAYS
from lrmigrate.verify.expression import (
    MAX_LENGTH,
    MAX_PARTS,
    OPERATIONS,
    Expression,
    Hole,
    Invocation,
    Items,
    Literal,
    Operation,
    Refused,
    checked,
)

BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_BUILTINS = frozenset(
    ["float", "int", "round", "abs", "min", "max", "len", "range", "list", "tuple", "sorted", "sum"]
)
_LIBRARY = {
    "tensorflow.identity": "same",
    "tensorflow.convert_to_tensor": "same",
    "tensorflow.constant": "same",
    "tensorflow.to_float": "float",
    "numpy.float32": "float",
    "numpy.float64": "float",
    "numpy.exp": "math.exp",
    "numpy.sqrt": "math.sqrt",
    "numpy.log": "math.log",
    "numpy.power": "math.pow",
    "numpy.floor": "math.floor",
    "tensorflow.exp": "math.exp",
    "tensorflow.math.exp": "math.exp",
    "tensorflow.keras.backend.exp": "math.exp",
    "keras.backend.exp": "math.exp",
}
_NEVER_EXPORTED = frozenset({"float", "int", "len", "list", "tuple", "sorted"})  # by TensorFlow or Keras
_INTEGERS = frozenset({"int32", "int64", "int"})
_FLOATS = frozenset({"float32", "float64", "float"})
_DEPTH = 60
_PLAIN = frozenset({"str", "bool", "dict", "getattr", "isinstance", "type", "divmod", "pow", "set", "zip"})
_COMPUTE = frozenset({"tensorflow", "keras", "numpy", "math", "os"})
_STAND_INS = {row.new.name: row for row in DECAYS if row.new and row.subclass}


@dataclass(frozen=True)
class Place:
    """A call in a file that belongs to one of the two worlds, and the name it is assigned to."""

    kind: str
    node: ast.expr
    line: int
    target: str
    text: str


class Reader:
    """Reads expressions of one text."""

    def __init__(self, text: str) -> None:
        """Parse ``text``; raises CannotParse."""
        self.source = Source(text)
        self.names = Names(self.source, known)
        self.open: list[ast.expr] = []  # the values of names that are being read
        self.parts = 0  # read so far, folded constants counted each time
        self.turns = 0  # evaluations so far of what may give another value each time
        self.effects: dict[str, bool] = {}  # such holes, and whether they surely do

    def at(self, offset: int) -> ast.expr:
        """The outermost expression that begins at ``offset`` and belongs to one of the two worlds."""
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.expr) and self.source.span(node).start == offset:
                call = _thunk_body(node) or self._named(node)
                if self.kind(call):
                    return call
        raise Refused("it is not a call there, so there is nothing to run")

    def _named(self, node: ast.expr) -> ast.expr:
        """What `tf.identity(x, name="lr")` gives a name; any other expression is itself."""
        match node:
            case ast.Call(args=[inner], keywords=[ast.keyword(arg="name")]) if self.kind(inner):
                if self._operation(node) == "same":
                    return inner
        return node

    def places(self, kinds: frozenset[str]) -> list[Place]:
        """The outermost calls of the given kinds, in the order of the text."""
        found: list[Place] = []
        inner: set[ast.AST] = set()
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Call) and node not in inner and self.kind(node) in kinds:
                inner.update(ast.walk(node))
                found.append(self._place(node))
        return sorted(found, key=lambda place: self.source.span(place.node).start)

    def _place(self, node: ast.expr) -> Place:
        """A call with its line and the name it is assigned to."""
        statement = self.source.statement(node)
        target = ast.unparse(statement.targets[0]) if isinstance(statement, ast.Assign) else ""
        return Place(self.kind(node), node, node.lineno, target, self.source.slice(node))

    def kind(self, node: ast.expr) -> str:
        """The kind of Invocation that a call is, at once called or not; "" for a call of neither world."""
        if not isinstance(node, ast.Call):
            return ""
        if isinstance(node.func, ast.Call):
            inner = self._known(node.func)[0]
            return inner if inner in {"schedule", "stand-in"} else ""
        return self._known(node)[0]

    def _known(self, call: ast.Call) -> tuple[str, str]:
        """The kind and the name of the function that is called."""
        for path in self.names.resolve(call.func):
            module, _, name = (path or "").rpartition(".")
            if module.endswith(f"keras.{catalog.SCHEDULES}"):
                return "schedule", name
            legacy = catalog.legacy_names().get(path or "")
            if legacy and isinstance(legacy.row, Decay):
                return "legacy", name
            if legacy and isinstance(legacy.row, Optimizer):
                return "optimizer", legacy.row.name
        if isinstance(call.func, ast.Name) and self._stand_in(call.func.id):
            return "stand-in", call.func.id
        if isinstance(call.func, ast.Name) and self._decayed(call.func.id):
            return "decayed optimizer", call.func.id
        return "", ""

    def _decayed(self, name: str) -> bool:
        """Whether the file defines the catalogue's own subclass of an optimizer, to the letter."""
        bindings = self.names.module.bindings.get(name, [])
        match [binding.node for binding in bindings]:
            case [ast.ClassDef(bases=[base]) as found]:
                legacy = catalog.legacy_names().get(self.names.certain(base) or "")
                if legacy is None or not isinstance(legacy.row, Optimizer):
                    return False
                form = DECAYED_CLASS.format(optimizer=legacy.row.name, base=ast.unparse(base))
                return ast.dump(found) == ast.dump(ast.parse(form).body[0])
        return False

    def _stand_in(self, name: str) -> bool:
        """Whether the file defines the catalogue's own class of that name, to the letter."""
        row = _STAND_INS.get(name)
        bindings = self.names.module.bindings.get(name, [])
        if row is None or len(bindings) != 1 or not isinstance(bindings[0].node, ast.ClassDef):
            return False
        found = ast.dump(bindings[0].node)
        forms = (
            row.subclass.format(tf=root, schedule=f"{root}.keras.{catalog.SCHEDULES}.LearningRateSchedule")
            for root in ("tf", "tensorflow")
        )
        return any(found == ast.dump(ast.parse(form).body[0]) for form in forms)

    def read(self, node: ast.expr, depth: int = 0) -> Expression:
        """An expression with holes; raises Refused."""
        self.parts += 1
        if not depth:
            self.turns = 0
        if depth > _DEPTH:
            raise Refused("it is too deeply nested")
        if self.parts > MAX_PARTS:
            raise Refused("it is too large")
        match node:
            case ast.Constant(value=int() | float() | str() | None as value):
                return Literal(checked(value))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                name = "neg" if isinstance(op, ast.USub) else "pos"
                return Operation(name, (self.read(operand, depth + 1),))
            case ast.BinOp(op=op, left=left, right=right) if type(op) in BINARY:
                operands = self.read(left, depth + 1), self.read(right, depth + 1)
                return Operation(BINARY[type(op)], operands)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return Items(tuple(self.read(element, depth + 1) for element in elements))
            case ast.ListComp():
                return self._comprehension(node, depth)
            case ast.Name():
                return self._name(node, depth)
            case ast.Call():
                return self._call(node, depth)
            case ast.Starred():
                raise Refused("`*` hides which arguments are given")
        return self._hole(node)

    def _hole(self, node: ast.expr) -> Hole:
        """An expression that cannot be evaluated: by its text, and by its turn where that may tell."""
        text = ast.unparse(node)
        effect = self._effect(node)
        if effect is None:
            return Hole(text)
        self.turns += 1
        if self.turns > 1:
            text = f"{text} [{self.turns}]"
        self.effects[text] = effect
        return Hole(text)

    def _effect(self, node: ast.expr) -> bool | None:
        """Whether an expression gives another value each time: surely, perhaps (False), or not (None)."""
        found = [self._effect_of_call(part) for part in ast.walk(node) if isinstance(part, ast.Call)]
        if any(isinstance(part, ast.NamedExpr | ast.Await | ast.Yield) for part in ast.walk(node)):
            return True
        told = [effect for effect in found if effect is not None]
        return any(told) if told else None

    def _effect_of_call(self, call: ast.Call) -> bool | None:
        """The same for what one call does itself; libraries that compute are known to do no more."""
        paths = {path or "" for path in self.names.resolve(call.func)}
        match call.func:
            case ast.Name(id="next"):
                return True
            case ast.Attribute(attr="pop" | "popleft" | "popitem" | "read" | "readline"):
                return True
            case ast.Attribute(attr="get"):
                return None if call.args or call.keywords else True  # of a mapping, or of a queue
            case ast.Name() if self.is_builtin(call.func) and call.func.id in _BUILTINS | _PLAIN:
                return None
        if any("random" in path for path in paths) or "random" in ast.unparse(call.func):
            return True
        if isinstance(call.func, ast.Name) and self._only_computes(call.func):
            return None
        computes = all(path.partition(".")[0] in _COMPUTE for path in paths)
        return None if computes else False

    def _only_computes(self, name: ast.Name) -> bool:
        """Whether a name is a function of this file that returns a value and does nothing else."""
        bindings = [binding.node for binding in self.names.live(name.id, name)]
        match bindings:
            case [ast.FunctionDef(body=[*_, ast.Return(value=ast.expr())] as body, decorator_list=[])]:
                parts = [part for statement in body for part in ast.walk(statement)]
                if not all(isinstance(statement, ast.Return | ast.Expr) for statement in body):
                    return False
                calls = [part for part in parts if isinstance(part, ast.Call)]
                return all(
                    not isinstance(call.func, ast.Name) or call.func.id != name.id for call in calls
                ) and all(self._effect_of_call(call) is None for call in calls)
        return False

    def _name(self, node: ast.Name, depth: int) -> Expression:
        """A name: the constant that the file defines for it, or a hole."""
        value = self.names.single(node.id, node)
        if value is None or value in self.open or self._changed(node):
            return Hole(node.id)
        if self.source.span(value).contains(self.source.span(node)):
            return Hole(node.id)  # `rate = decay(rate, ...)`: the value before
        self.open.append(value)
        turns = self.turns
        folded = self.read(value, depth + 1)
        self.open.pop()
        self.turns = turns  # it was evaluated before, where the name was bound
        made = isinstance(folded, Invocation)
        return folded if made or _is_constant(folded) else Hole(node.id)

    def _changed(self, name: ast.Name) -> bool:
        """Whether a list could be changed through its name."""
        parents = self.source.parents
        loads = [load for load in self.names.loads if load.id == name.id]
        return any(isinstance(parents[load], ast.Attribute | ast.Subscript) for load in loads)

    def _comprehension(self, node: ast.ListComp, depth: int) -> Expression:
        """`[f(x) for x in literal]`, spelled out."""
        generator = node.generators[0]
        if len(node.generators) > 1 or generator.ifs or not isinstance(generator.target, ast.Name):
            return self._hole(node)
        over = self.read(generator.iter, depth + 1)
        if not isinstance(over, Items) or len(over.items) > MAX_LENGTH:
            return self._hole(node)
        before = self.parts
        body = self.read(node.elt, depth + 1)
        self.parts += (self.parts - before) * len(over.items)
        if self.parts > MAX_PARTS:
            raise Refused("it is too large")
        return Items(tuple(_replaced(body, generator.target.id, item) for item in over.items))

    def _call(self, node: ast.Call, depth: int) -> Expression:
        """A call: of one of the two worlds, a whitelisted function, or a hole."""
        kind, name = self._known(node)
        if kind:
            return self._invocation(node, kind, name, depth)
        if isinstance(node.func, ast.Call) and self.kind(node.func) in {"schedule", "stand-in"}:
            schedule = self._invocation(node.func, *self._known(node.func), depth)
            if len(node.args) != 1 or node.keywords:
                raise Refused("a schedule is called with something else than a step")
            return Invocation(
                schedule.kind,
                schedule.name,
                schedule.args,
                schedule.kwargs,
                self.read(node.args[0], depth + 1),
            )
        operation = self._operation(node)
        if operation and not node.keywords:
            operands = node.args[:1] if operation in {"float", "int", "same"} else node.args
            return Operation(operation, tuple(self.read(operand, depth + 1) for operand in operands))
        return self._hole(node)

    def _operation(self, node: ast.Call) -> str:
        """The whitelisted operation that a call is; "" for none."""
        if isinstance(node.func, ast.Name) and node.func.id in _BUILTINS:
            return node.func.id if self.is_builtin(node.func) else ""
        candidates = self.names.resolve(node.func)
        paths = {(path or "").replace("tensorflow.compat.v1.", "tensorflow.") for path in candidates}
        path = paths.pop() if len(paths) == 1 else ""
        if path in OPERATIONS:
            return path
        if path == "tensorflow.cast" and len(node.args) == 2:
            kind = ast.unparse(node.args[1]).rpartition(".")[2]
            return "float" if kind in _FLOATS else "int" if kind in _INTEGERS else ""
        return _LIBRARY.get(path, "")

    def is_builtin(self, name: ast.Name) -> bool:
        """Whether a name is surely the builtin: not bound here, nor by a star import that could have it."""
        if self.names.live(name.id, name):
            return False
        stars = [module for module, _ in self.names.module.stars]
        return not stars or (name.id in _NEVER_EXPORTED and all(map(known, stars)))

    def _invocation(self, node: ast.Call, kind: str, name: str, depth: int) -> Invocation:
        """A call of one of the two worlds, with its arguments as they are written."""
        if any(keyword.arg is None for keyword in node.keywords):
            raise Refused("`**` hides which arguments are given")
        args = tuple(self.read(argument, depth + 1) for argument in node.args)
        kwargs = tuple((k.arg or "", self.read(k.value, depth + 1)) for k in node.keywords)
        return Invocation(kind, name, args, kwargs)

    def old_optimizer(self, node: ast.Call) -> Invocation:
        """An optimizer call of the old world: positional arguments by the names they had there."""
        path = next(path for path in self.names.resolve(node.func) if path in catalog.legacy_names())
        legacy = catalog.legacy_names()[path or ""]
        assert isinstance(legacy.row, Optimizer)
        signature, doubt, _ = optimizer_order(self.names, legacy, node)
        if doubt:
            raise Refused(doubt)
        try:
            extra = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            bound = bind(signature, node, extra)
        except Mismatch as mismatch:
            raise Refused(str(mismatch)) from None
        self.turns = 0
        kwargs = {name: self.read(value, 1) for name, value in _as_written(bound).items()}
        if legacy.origin == "keras":
            kwargs = _as_standalone(legacy.row, kwargs)
        return Invocation("old optimizer", legacy.row.name, (), tuple(kwargs.items()))

    def new_optimizer(self, node: ast.Call) -> Invocation:
        """An optimizer call of the new world, its arguments as they are written."""
        kind, name = self._known(node)
        kind = kind if kind == "decayed optimizer" else "new optimizer"
        self.turns = 0
        return self._invocation(node, kind, name, 0)


def _as_written(bound: dict[str, ast.expr]) -> dict[str, ast.expr]:
    """Arguments in the order of the text, which is that of their evaluation."""
    return dict(sorted(bound.items(), key=lambda pair: (pair[1].lineno, pair[1].col_offset)))


def _as_standalone(row: Optimizer, given: dict[str, Expression]) -> dict[str, Expression]:
    """The arguments of tf.keras that do what those of Keras before 2.4 did, for which the rules take it."""
    defaults = dict(row.standalone)
    if row.keras2.names and not {"lr", "learning_rate"} & set(given):
        defaults["learning_rate"] = row.keras2.default("lr") or ""
    written = {name: Literal(float(text)) for name, text in defaults.items() if name not in given}
    return {
        "global_clipnorm" if name == "clipnorm" else name: value for name, value in given.items()
    } | written


def _thunk_body(node: ast.expr) -> ast.expr | None:
    """What `lambda: body` or `(lambda: body)()` evaluates."""
    match node:
        case ast.Lambda(args=ast.arguments(posonlyargs=[], args=[], kwonlyargs=[]), body=body):
            return body
        case ast.Call(func=ast.Lambda() as thunk, args=[], keywords=[]):
            return _thunk_body(thunk)
    return None


def _is_constant(expression: Expression) -> bool:
    """Whether an expression has neither holes nor calls of the two worlds."""
    match expression:
        case Literal():
            return True
        case Operation(operands=parts) | Items(items=parts):
            return all(map(_is_constant, parts))
    return False


def _replaced(expression: Expression, name: str, item: Expression) -> Expression:
    """``expression`` with the hole ``name`` filled by ``item``."""
    match expression:
        case Hole(text=text) if text == name:
            return item
        case Operation(name=operation, operands=parts):
            return Operation(operation, tuple(_replaced(part, name, item) for part in parts))
        case Items(items=parts):
            return Items(tuple(_replaced(part, name, item) for part in parts))
    return expression
