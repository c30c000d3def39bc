"""How the value of a site is used, and in which of TensorFlow's two modes the file runs.

Stays within one function body and says "unknown" early. Decides nothing about texts.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from lrmigrate.match import optimizer_of
from lrmigrate.scopes import FUNCTIONS, Names
from lrmigrate.syntax import Source


class Use(Enum):
    """What becomes of a value."""

    KERAS_RATE = "the learning rate of a Keras optimizer"
    TF1_RATE = "the learning rate of a TensorFlow 1 optimizer"
    CALLED = "called"
    NUMBER = "used as a number"
    UNKNOWN = "unknown"


_GRAPH_CALLS = frozenset(
    [
        "Session",
        "InteractiveSession",
        "MonitoredTrainingSession",
        "MonitoredSession",
        "Supervisor",
        "placeholder",
        "placeholder_with_default",
        "Graph",
        "get_default_graph",
        "get_or_create_global_step",
        "create_global_step",
        "global_variables_initializer",
        "initialize_all_variables",
        "disable_eager_execution",
        "disable_v2_behavior",
        "EstimatorSpec",
        "TPUEstimatorSpec",
        "Estimator",
        "TPUEstimator",
        "get_variable",
        "variable_scope",
    ]
)
_TF_OPTIMIZER = re.compile(r"tensorflow\.(compat\.v1\.)?train\.\w*Optimizer$")
_VERSION_TEST = re.compile(r"hasattr|version|(?i:is_?tf_?[12]|tf_?[12]$|keras_?[123]$)")
_API_ERRORS = {"ImportError", "ModuleNotFoundError", "AttributeError", "TypeError"}
_STEP_FUNCTIONS = {"get_global_step", "get_or_create_global_step", "create_global_step"}


@dataclass(frozen=True)
class Mode:
    """What a file shows of the mode that it runs in."""

    graph: bool
    eager: bool
    reference_variables: bool  # disable_v2_behavior and the like


class Flow:
    """The uses of values in one source."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names

    @cached_property
    def mode(self) -> Mode:
        """The evidence for graph or eager mode."""
        called: set[str] = set()
        step_given = False
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Call):
                path = self._tensorflow_name(node.func)
                called.add(path.rpartition(".")[2])
                method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                if method in {"minimize", "apply_gradients"}:
                    step_given |= any(keyword.arg == "global_step" for keyword in node.keywords)
        eager = bool(called & {"enable_eager_execution", "GradientTape", "enable_v2_behavior"})
        graph = bool(called & _GRAPH_CALLS) or (step_given and not eager)
        references = bool(called & {"disable_v2_behavior", "disable_resource_variables"})
        return Mode(
            graph, (eager and "enable_eager_execution" in called) or (eager and not graph), references
        )

    def _tensorflow_name(self, func: ast.expr) -> str:
        """The qualified name of a TensorFlow function, "" for anything else."""
        if isinstance(func, ast.Attribute | ast.Name):
            for path in self.names.resolve(func):
                if path and path.startswith("tensorflow"):
                    return path
        return ""

    def uses(self, node: ast.expr) -> set[Use]:
        """What becomes of the value of ``node``; a local name is followed to where it is read."""
        parent = self.source.parents[node]
        match parent:
            case ast.Assign(targets=[ast.Name(id=name)]):
                return self._uses_of_name(name, parent)
            case ast.AnnAssign(target=ast.Name(id=name)):
                return self._uses_of_name(name, parent)
        return {self._use(node, parent)}

    def _uses_of_name(self, name: str, statement: ast.stmt) -> set[Use]:
        """What becomes of a value that was just assigned to ``name``."""
        uses: set[Use] = set()
        for load in self.names.loads:
            if load.id != name:
                continue
            live = self.names.live(name, load)
            if any(binding.node is statement for binding in live):
                uses.add(self._use(load, self.source.parents[load]))
                if len(live) > 1 and self._use(load, self.source.parents[load]) is not Use.NUMBER:
                    uses.add(Use.UNKNOWN)
        return uses or {Use.UNKNOWN}

    def _use(self, node: ast.expr, parent: ast.AST) -> Use:
        """What the node around ``node`` does with it."""
        match parent:
            case ast.Call(func=func) if func is node:
                return Use.CALLED
            case ast.Call():
                return self._use_in_call(node, parent, "")
            case ast.keyword(arg=name):
                call = self.source.parents[parent]
                return (
                    self._use_in_call(node, call, name or "**") if isinstance(call, ast.Call) else Use.UNKNOWN
                )
            case ast.BinOp() | ast.UnaryOp() | ast.Compare():
                return Use.NUMBER
        return Use.UNKNOWN

    def _use_in_call(self, node: ast.expr, call: ast.Call, keyword: str) -> Use:
        """What a call does with its argument ``node``."""
        first = bool(call.args) and call.args[0] is node
        is_rate = keyword in {"learning_rate", "lr"} or (not keyword and first)
        if optimizer_of(self.names, call):
            return Use.KERAS_RATE if is_rate else Use.NUMBER
        path = self._tensorflow_name(call.func)
        if _TF_OPTIMIZER.match(path):
            return Use.TF1_RATE if is_rate else Use.NUMBER
        if path and not path.startswith(("tensorflow.keras", "tensorflow.estimator", "tensorflow.train")):
            return Use.NUMBER
        return Use.UNKNOWN

    def is_step_counter(self, node: ast.expr) -> bool:
        """Whether ``node`` plainly is the training step, neither scaled nor shifted."""
        if isinstance(node, ast.Name):
            value = self.names.single(node.id, node)
            return "step" in node.id.lower() if value is None else self.is_step_counter(value)
        if isinstance(node, ast.Attribute):
            return node.attr in {"iterations", "global_step"}
        if isinstance(node, ast.Call):
            name = self._tensorflow_name(node.func).rpartition(".")[2]
            return name in _STEP_FUNCTIONS or name in {"Variable", "get_variable"}
        return False

    def is_tensor(self, node: ast.expr) -> bool:
        """Whether ``node`` is in sight a tensor: the result of a TensorFlow function."""
        if isinstance(node, ast.Name):
            value = self.names.single(node.id, node)
            return value is not None and not isinstance(value, ast.Name) and self.is_tensor(value)
        if isinstance(node, ast.BinOp):
            return self.is_tensor(node.left) or self.is_tensor(node.right)
        if not isinstance(node, ast.Call):
            return False
        path = self._tensorflow_name(node.func)
        return bool(path) and not path.startswith(
            ("tensorflow.keras", "tensorflow.optimizers", "tensorflow.flags")
        )

    def constant(self, node: ast.expr) -> object:
        """The number, string, flag or None that ``node`` is, through names bound once; else ``...``."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return -value
            case ast.Name(id=name):
                assigned = self.names.single(name, node)
                return ... if assigned is None or isinstance(assigned, ast.Name) else self.constant(assigned)
        return ...

    def is_float(self, node: ast.expr) -> bool:
        """Whether ``node`` is certainly a Python float."""
        match node:
            case ast.Constant(value=value):
                return isinstance(value, float)
            case ast.UnaryOp(operand=operand):
                return self.is_float(operand)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), left=left, right=right):
                return self.is_float(left) or self.is_float(right)
            case ast.Call(func=ast.Name(id="float")):
                return self.names.lookup("float", node) == frozenset({None}) and not self.names.live(
                    "float", node
                )
            case ast.Name(id=name):
                assigned = self.names.single(name, node)
                return isinstance(assigned, ast.Constant) and self.is_float(assigned)
        return False

    def guard(self, node: ast.expr) -> str:
        """Why ``node`` may be there for another version of the library; "" when nothing says so."""
        inner: ast.AST = node
        for outer in self.source.ancestors(node):
            if isinstance(outer, FUNCTIONS) and not isinstance(outer, ast.Lambda):
                break
            if isinstance(outer, ast.Try) and inner not in outer.finalbody:
                caught = {name for handler in outer.handlers for name in _names_in(handler.type)}
                if caught & _API_ERRORS:
                    return f"it stands in a `try` that catches {sorted(caught & _API_ERRORS)[0]}"
            if isinstance(outer, ast.If | ast.IfExp) and inner is not outer.test:
                test = ast.unparse(outer.test)
                if _VERSION_TEST.search(test):
                    return f"it depends on `{test}`"
            inner = outer
        return ""


def _names_in(node: ast.AST | None) -> set[str]:
    """The identifiers in an expression."""
    parts = ast.walk(node) if node else ()
    return {getattr(part, "id", getattr(part, "attr", "")) for part in parts}
