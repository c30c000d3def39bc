"""How the value of a site is used, and in which of TensorFlow's two modes the file runs.

Stays within one function body and says "unknown" early. Decides nothing about texts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from enum import Enum

from lrmigrate.analysis.library import Kind
from lrmigrate.analysis.scopes import FUNCTIONS, Binding
from lrmigrate.analysis.sites import optimizer_of
from lrmigrate.analysis.values import Values, comes_from_schedule
from lrmigrate.catalog import legacy_names


class Use(Enum):
    """What becomes of a value."""

    KERAS_RATE = "the learning rate of a Keras optimizer"
    TF1_RATE = "the learning rate of a TensorFlow 1 optimizer"
    CALLED = "called"
    NUMBER = "used as a number"
    UNKNOWN = "unknown"


_TF_OPTIMIZER = re.compile(r"tensorflow\.(compat\.v1\.)?train\.\w*Optimizer$")
_STEP_NAME = re.compile(r"(?:^|_)(?:step|iteration)(?:$|_(?!per_|s$))")
_COUNTS_STEPS = re.compile(r"(?i)step|iter|batch|update")
#: What takes a callable as well as a number, or shows it whatever it is.
_TAKE_ANYTHING = (
    *("tensorflow.keras", "tensorflow.estimator", "tensorflow.train", "tensorflow.compat.v1.train"),
    *("tensorflow.logging", "tensorflow.compat.v1.logging", "tensorflow.print", "tensorflow.cond"),
)
_VERSION_TEST = re.compile(r"hasattr|(?<![A-Za-z])(?i:version)|(?i:is_?tf_?[12]|tf_?[12]$|keras_?[123]$)")
_API_ERRORS = {"ImportError", "ModuleNotFoundError", "AttributeError", "TypeError"}
_STEP_FUNCTIONS = {"get_global_step", "get_or_create_global_step", "create_global_step"}


class Flow:
    """The uses of values in one source."""

    def __init__(self, values: Values) -> None:
        self.source = values.source
        self.names = values.names
        self.values = values

    def _tensorflow_name(self, func: ast.expr) -> str:
        """The qualified name of a TensorFlow function, "" for anything else."""
        if isinstance(func, ast.Attribute | ast.Name):
            for path in self.names.resolve(func):
                if path and path.startswith("tensorflow"):
                    return path
        return ""

    def uses(self, node: ast.expr) -> set[Use]:
        """What becomes of the value of ``node``; a local name is followed to where it is read."""
        return self._uses(node, frozenset())

    def _uses(self, node: ast.expr, seen: frozenset[ast.AST]) -> set[Use]:
        """What becomes of a value; ``seen`` are the assignments that were followed already."""
        parent = self.source.parents[node]
        match parent:
            case ast.Assign(targets=targets):
                return set().union(*(self._uses_of_target(target, parent, seen) for target in targets))
            case ast.AnnAssign(target=target):
                return self._uses_of_target(target, parent, seen)
            case ast.AugAssign(target=target):
                return {Use.NUMBER} | self._uses_of_target(target, parent, seen)
            case ast.Call(func=func) if func is node:
                return {Use.CALLED}
            case ast.Call():
                return {self._use_in_call(node, parent, "")}
            case ast.keyword(arg=name):
                call = self.source.parents[parent]
                return (
                    {self._use_in_call(node, call, name or "**")}
                    if isinstance(call, ast.Call)
                    else {Use.UNKNOWN}
                )
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str()), right=right) if right is node:
                return set()  # `"%s" % rate` shows whatever it is
            case ast.BinOp() | ast.UnaryOp():
                return {Use.NUMBER} | (self._uses(parent, seen) - {Use.UNKNOWN})
            case ast.IfExp() if node is not parent.test:
                return self._uses(parent, seen)
            case ast.Compare(ops=ops) if not any(isinstance(op, ast.Is | ast.IsNot) for op in ops):
                return {Use.NUMBER}
            case ast.Compare():
                return set()  # `rate is not None`, whatever it is
            case ast.Return() if parent not in seen:
                return {Use.UNKNOWN} | self._keras_rates(self._calls_around(parent), seen | {parent})
            case ast.Tuple() if isinstance(statement := self.source.parents[parent], ast.Assign):
                return self._uses_in_tuple(node, parent, statement, seen)
        return {Use.UNKNOWN}

    def _uses_in_tuple(
        self, node: ast.expr, values: ast.Tuple, statement: ast.Assign, seen: frozenset[ast.AST]
    ) -> set[Use]:
        """What becomes of one value of `a, b = x, y`."""
        match statement.targets:
            case [ast.Tuple(elts=targets)] if len(targets) == len(values.elts):
                return self._uses_of_target(targets[values.elts.index(node)], statement, seen)
        return {Use.UNKNOWN}

    def _uses_of_target(self, target: ast.expr, statement: ast.stmt, seen: frozenset[ast.AST]) -> set[Use]:
        """What becomes of a value that a statement puts into ``target``."""
        if statement in seen:
            return set()
        if isinstance(target, ast.Attribute):
            called = any(
                isinstance(node.func, ast.Attribute) and node.func.attr == target.attr
                for node in self.source.nodes(ast.Call)
            )
            uses = self._keras_rates(self._same_attributes(target), seen | {statement})
            return {Use.UNKNOWN, Use.CALLED} | uses if called else {Use.UNKNOWN} | uses
        if not isinstance(target, ast.Name):
            return {Use.UNKNOWN}
        return self._uses_of_name(target.id, statement, seen | {statement})

    def _keras_rates(self, nodes: Iterable[ast.expr], seen: frozenset[ast.AST]) -> set[Use]:
        """Whether one of several expressions is the rate of a Keras optimizer; not all uses are in sight."""
        return {Use.KERAS_RATE} & set().union(*(self._uses(node, seen) for node in nodes))

    def _same_attributes(self, target: ast.Attribute) -> list[ast.expr]:
        """Where an attribute (`self.rate`) is read that a statement of the same class assigns."""
        text, owner = ast.unparse(target), self.values.class_of(target)
        reads = [n for n in self.source.nodes(ast.Attribute) if n.attr == target.attr]
        reads = [n for n in reads if isinstance(n.ctx, ast.Load) and ast.unparse(n) == text]
        return [node for node in reads if self.values.class_of(node) is owner]

    def _calls_around(self, statement: ast.Return) -> list[ast.expr]:
        """The calls of the function that a `return` stands in, by its name or as a method."""
        around = self.source.ancestors(statement)
        function = next((outer for outer in around if isinstance(outer, FUNCTIONS)), around[-1])
        name = getattr(function, "name", "")
        return [call for call in self.source.nodes(ast.Call) if self._calls(call.func, name, function)]

    def _calls(self, func: ast.expr, name: str, function: ast.AST) -> bool:
        """Whether a callee is a function of this file that has a name."""
        match func:
            case ast.Name(id=called) if called == name:
                return any(binding.node is function for binding in self.names.live(name, func))
            case ast.Attribute(attr=called, value=ast.Name(id="self")):
                return called == name
        return False

    def _uses_of_name(self, name: str, statement: ast.stmt, seen: frozenset[ast.AST]) -> set[Use]:
        """What becomes of a value that was just assigned to ``name``."""
        uses: set[Use] = set()
        changed = [b.node for b in self._bindings(name, statement) if self._is_augmented(b.node)]
        for load in self.names.loads:
            if load.id != name:
                continue
            live = [binding.node for binding in self.names.live(name, load)]
            if any(self._statement(node) is statement for node in live):
                found = self._uses(load, seen)
                uses |= found if len(live) == 1 or Use.NUMBER in found else found | {Use.UNKNOWN}
            elif any(node in changed for node in live):
                uses |= {Use.NUMBER} | (self._uses(load, seen) - {Use.UNKNOWN})
        return uses or {Use.UNKNOWN}

    def _bindings(self, name: str, statement: ast.stmt) -> list[Binding]:
        """All bindings of a name in the scope that a statement assigns it in."""
        owner = self.names.scope_of[statement].owner(name)
        return owner.bindings[name] if owner else []

    def _statement(self, node: ast.AST) -> ast.AST:
        """The statement that a binding belongs to."""
        return self.source.statement(node) if node in self.source.parents else node

    def _is_augmented(self, node: ast.AST) -> bool:
        """Whether a binding is that of `name += x`."""
        return isinstance(self.source.parents.get(node), ast.AugAssign)

    def _use_in_call(self, node: ast.expr, call: ast.Call, keyword: str) -> Use:
        """What a call does with its argument ``node``."""
        first = bool(call.args) and call.args[0] is node
        is_rate = keyword in {"learning_rate", "lr"} or (not keyword and first)
        if optimizer_of(self.names, call):
            return Use.KERAS_RATE if is_rate else Use.NUMBER
        path = self._tensorflow_name(call.func)
        if _TF_OPTIMIZER.match(path):
            takes_callable = not path.endswith("FtrlOptimizer")
            return Use.TF1_RATE if is_rate and takes_callable else Use.NUMBER
        if path and not path.startswith(_TAKE_ANYTHING):
            return Use.NUMBER
        return Use.UNKNOWN

    def is_step_counter(self, node: ast.expr) -> bool:
        """Whether ``node`` plainly is the training step, neither scaled nor shifted."""
        if isinstance(node, ast.Name):
            value = self.names.single(node.id, node)
            return bool(_STEP_NAME.search(node.id)) if value is None else self.is_step_counter(value)
        if isinstance(node, ast.Attribute):
            return node.attr in {"iterations", "global_step"}
        if isinstance(node, ast.Call):
            name = self._tensorflow_name(node.func).rpartition(".")[2]
            return name in _STEP_FUNCTIONS or name in {"Variable", "get_variable"}
        return False

    def is_tensor(self, node: ast.expr) -> bool:
        """Whether ``node`` may, in sight, be a tensor."""
        return self.values.may_be_tensor(node)

    def is_variable(self, node: ast.expr) -> bool:
        """Whether ``node`` may, in sight, be a variable itself, and not something computed from one."""
        return self.values.may_be(node, Kind.VARIABLE)

    def is_schedule(self, node: ast.expr) -> bool:
        """Whether ``node`` is in sight a schedule, or a schedule function's result."""
        return comes_from_schedule(self.values.of(node))

    def constant(self, node: ast.expr) -> object:
        """The number, string, flag or None that ``node`` certainly is."""
        return self.values.constant(node)

    def is_float(self, node: ast.expr) -> bool:
        """Whether ``node`` is certainly a float."""
        return self.values.is_float(node)

    def import_guard(self, reference: ast.expr, path: str) -> str:
        """Why the very import of a legacy function may be there for another version; "" if it is not."""
        root = reference
        while isinstance(root, ast.Attribute):
            root = root.value
        for binding in self.names.live(root.id, root) if isinstance(root, ast.Name) else ():
            if binding.path == path and (reason := self.guard(binding.node)):
                return reason
        return ""

    def guard(self, node: ast.AST) -> str:
        """Why ``node`` may be there for another version of the library; "" when nothing says so."""
        inner: ast.AST = node
        for outer in self.source.ancestors(node):
            if isinstance(outer, FUNCTIONS) and not isinstance(outer, ast.Lambda):
                break
            if isinstance(outer, ast.Try) and inner not in outer.finalbody:
                caught = {name for handler in outer.handlers for name in _names_in(handler.type)}
                if caught & _API_ERRORS:
                    return f"it stands in a `try` with `except {sorted(caught & _API_ERRORS)[0]}`"
            if isinstance(outer, ast.If | ast.IfExp) and inner is not outer.test:
                test = ast.unparse(outer.test)
                if _VERSION_TEST.search(test) and not self._is_alike(outer):
                    return f"it depends on `{test}`"
            if isinstance(outer, ast.BoolOp):
                tests = [ast.unparse(value) for value in outer.values if value is not inner]
                if found := next(filter(_VERSION_TEST.search, tests), None):
                    return f"it depends on `{found}`"
            inner = outer
        return ""

    def _is_alike(self, choice: ast.If | ast.IfExp) -> bool:
        """Whether both branches say the same, in two spellings of one API: either becomes the same code."""
        return self._shape(choice.body) == self._shape(choice.orelse)

    def _shape(self, part: object) -> object:
        """What an expression or a statement says, however it spells the names of the catalogue."""
        if isinstance(part, list):
            return [self._shape(one) for one in part]
        if not isinstance(part, ast.AST):
            return part
        if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Load):
            legacy = legacy_names().get(self.names.certain(part) or "")
            if legacy is not None:
                return id(legacy.row), legacy.alias
        return type(part), [self._shape(value) for _, value in ast.iter_fields(part)]


def counts_steps(name: str) -> bool:
    """Whether a name is plainly that of a count of steps, and not of epochs."""
    return bool(_COUNTS_STEPS.search(name))


def _names_in(node: ast.AST | None) -> set[str]:
    """The identifiers in an expression."""
    parts = ast.walk(node) if node else ()
    return {getattr(part, "id", getattr(part, "attr", "")) for part in parts}
