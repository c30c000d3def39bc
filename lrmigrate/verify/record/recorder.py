"""Runs a program as Python would, and notes the learning rate in force at every update of its optimizers.

    python recorder.py -o FILE [--steps N] [--] SCRIPT [ARGS...]
    python recorder.py -o FILE [--steps N] -m MODULE [ARGS...]

One file of the standard library alone, for Python 3.6 to 3.13: it runs where TensorFlow 1.12 runs, and
where Keras 3 does. Nothing of lrmigrate is imported, and of the user's libraries only what the program
imports itself: each of them is given its hooks when its import is done.

Where the rate is read, so that it is the one that the update took:

- TensorFlow 1, a graph and a session: the tensor that feeds the update is fetched in the run that does the
  update. No operation is added to the graph, whose operations are numbered: the numbers are seeds.
- Eager mode: the value that the optimizer hands to its update.
- Inside of a `tf.function`, and so in `fit`: an operation beside the update writes the value into a variable
  of the recorder's own, which is read when the function has returned.

A file holds one JSON object on each line, written at once, so that a killed run leaves a readable record.
"""

import argparse
import atexit
import builtins
import contextlib
import functools
import importlib.machinery
import json
import os
import re
import runpy
import sys
import threading
import time
import types
import weakref
from typing import Any, Dict, List, Optional, Set, Tuple

FORMAT = 1
ROOTS = frozenset({"tensorflow", "tensorflow_core", "keras", "tf_keras"})
#: Frames of these packages are never the place where a program makes an optimizer.
LIBRARIES = ROOTS | {"tensorflow_estimator", "keras_preprocessing", "horovod", "importlib", "contextlib"}
HOOKED = re.compile(
    r"(^|[._])(\w*optimizer\w*|\w*optimizers|callbacks|callback_list|session|def_function|polymorphic_function)(\.|$)"
)
METHODS = (
    "apply_gradients",
    "apply",
    "get_updates",
    "update_step",
    "_backend_update_step",
    "_compute_current_learning_rate",
    "_prepare",
    "_decayed_lr",
)
#: What optimizers of TensorFlow 1 call the tensor that they hand to the update, the most certain first.
TENSORS = (
    "_learning_rate_tensor",
    "_lr_t",
    "_lr_tensor",
    "learning_rate",
    "_learning_rate",
    "_lr",
    "lr",
)
CAPACITY = 1 << 16  # updates that one call of a function may make
PAUSE = 0.05  # seconds between two readings of the variables


class Stopped(BaseException):
    """As many updates as were asked for have been made."""


class Log:
    """The file. Every line is one call of the system, so that none is half written when the run is killed."""

    def __init__(self, path: str, append: bool = False) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self.descriptor = os.open(path, flags if append else flags | os.O_TRUNC, 0o666)

    def write(self, entry: Dict[str, Any]) -> None:
        """Add one line."""
        text = json.dumps(entry, separators=(",", ":")) + "\n"
        with contextlib.suppress(OSError):  # a full disk must not end the user's run
            os.write(self.descriptor, text.encode("ascii"))


class Optimizer:
    """What is known of one optimizer of the program."""

    def __init__(self, name: str, kind: str, place: Dict[str, Any]) -> None:
        self.name, self.kind, self.place = name, kind, place
        self.updates = 0
        self.announced = False
        self.channel: "Optional[Channel]" = None


class Apply:
    """One call of `apply_gradients` or the like, while it lasts."""

    def __init__(self, optimizer: Any, state: "Optimizer") -> None:
        self.optimizer, self.state = optimizer, state
        self.rate: Any = None
        self.given = False  # whether the rate has been noted, or will be
        self.inner = False  # whether another optimizer was called, which does the update
        self.depth = 0  # of calls of update_step within each other
        self.deepest = 0


class Recorder:
    """All that is known of the run."""

    def __init__(self, log: "Log", steps: Optional[int]) -> None:
        self.log, self.steps = log, steps
        self.epoch: Optional[int] = None
        self.process = os.getpid()
        self.states: "Dict[int, Tuple[Any, Optimizer]]" = {}
        self.count = 0
        self.calls = threading.local()
        self.feeds: "Dict[int, Tuple[Any, List[Feed]]]" = {}
        self.channels: "List[Channel]" = []
        self.last_reading = 0.0
        self.told: Set[str] = set()
        self.stopping = False
        self.end = "whole"

    # The optimizers

    def state(self, optimizer: Any) -> "Optimizer":
        """What is known of an optimizer, from now on if it is new."""
        known = self.states.get(id(optimizer))
        if known is not None:
            return known[1]
        self.count += 1
        kind = type(optimizer)
        name = (
            str(self.count) if os.getpid() == self.process else "%d of process %d" % (self.count, os.getpid())
        )
        state = Optimizer(name, "%s.%s" % (kind.__module__, kind.__name__), place_of(optimizer))
        key = id(optimizer)
        self.states[key] = (weakref.ref(optimizer, lambda _: self.states.pop(key, None)), state)
        return state

    def stack(self) -> "List[Apply]":
        """The calls that this thread is in, the innermost last."""
        if not hasattr(self.calls, "stack"):
            self.calls.stack = []
        return self.calls.stack  # type: ignore[no-any-return]

    # What is noted

    def note(self, text: str, state: "Optional[Optimizer]" = None) -> None:
        """Say once in the record what it lacks."""
        if text not in self.told:
            self.told.add(text)
            self.log.write({"note": text, "place": state.place} if state else {"note": text})

    def update(self, state: "Optimizer", rate: float) -> None:
        """Note one update."""
        if self.stopping:
            return
        if not state.announced:
            state.announced = True
            self.log.write(dict({"optimizer": state.name, "class": state.kind}, **state.place))
        entry = {"o": state.name, "u": state.updates, "r": number(rate)}
        if self.epoch is not None:
            entry["e"] = self.epoch
        self.log.write(entry)
        state.updates += 1
        if self.steps is not None and state.updates >= self.steps:
            self.stopping = True

    def stop_if_done(self) -> None:
        """Leave the program once it has made the updates that were asked for."""
        if self.stopping:
            raise Stopped

    # Functions: the variables that hold rates

    def read_channels(self, now: bool = False) -> None:
        """Note what functions have written since the last time."""
        if not self.channels:
            return
        moment = time.time()
        now = now or os.getpid() != self.process  # a forked process may end without a word
        if now or self.steps is not None or moment - self.last_reading >= PAUSE:
            self.last_reading = moment
            for channel in self.channels:
                try:
                    channel.read(self)
                except Exception as error:  # the user's run goes on, whatever happens here
                    self.note("the rates of a function cannot be read: %s" % brief(error), channel.state)
                    channel.broken = True

    def set_epoch(self, epoch: Optional[int]) -> None:
        """Take over the number of the epoch that begins."""
        self.read_channels(now=True)
        self.epoch = epoch


class Feed:
    """In a graph: the tensor that feeds updates, and the operations of which each run does one."""

    def __init__(self, state: "Optimizer", rate: Any, operations: List[Any]) -> None:
        self.state, self.rate, self.operations = state, rate, operations


class Channel:
    """The variable into which a function writes the rates of one optimizer."""

    def __init__(self, state: "Optimizer", double: bool) -> None:
        variables, dtypes = library("ops.resource_variable_ops"), library("framework.dtypes")
        kind = dtypes.float64 if double else dtypes.float32
        self.state = state
        self.double = double
        self.rates = variables.ResourceVariable(
            library("ops.array_ops").zeros([CAPACITY], kind), trainable=False, dtype=kind
        )
        self.count = variables.ResourceVariable(0, trainable=False, dtype=dtypes.int64)
        self.known = 0
        self.broken = False

    def write(self, rate: Any) -> None:
        """Add the operations that keep a rate to the function that is being traced."""
        math, raw = library("ops.math_ops"), library("ops.gen_resource_variable_ops")
        array, dtypes = library("ops.array_ops"), library("framework.dtypes")
        place = math.mod(self.count.read_value(), CAPACITY)
        value = math.cast(rate, dtypes.float64 if self.double else dtypes.float32)
        update = raw.resource_scatter_update(
            self.rates.handle, array.reshape(place, [1]), array.reshape(value, [1])
        )
        del update  # a function runs all that has an effect
        self.count.assign_add(1, read_value=False)

    def read(self, recorder: "Recorder") -> None:
        """Note what was written since the last reading."""
        if self.broken:
            return
        count = int(self.count.numpy())
        fresh = count - self.known
        if not fresh:
            return
        if fresh > CAPACITY:
            recorder.note(
                "of %d updates in one call, the last %d alone are known" % (fresh, CAPACITY), self.state
            )
            self.state.updates += fresh - CAPACITY
            self.known = count - CAPACITY
        indices = [index % CAPACITY for index in range(self.known, count)]
        self.known = count
        rates = self.rates.sparse_read(indices).numpy()
        for rate in rates.tolist():
            recorder.update(self.state, rate)


def number(rate: float) -> Any:
    """A rate as JSON can hold it."""
    rate = float(rate)
    return rate if rate - rate == 0.0 else repr(rate)


def brief(error: BaseException) -> str:
    """The first line of an error."""
    lines = str(error).strip().splitlines() or [""]
    return "%s: %s" % (type(error).__name__, lines[0][:200])


def library(name: str) -> Any:
    """A module of TensorFlow that the program has imported."""
    for root in ("tensorflow", "tensorflow_core"):
        module = sys.modules.get("%s.python.%s" % (root, name))
        if module is not None:
            return module
    raise ImportError(name)


def place_of(optimizer: Any) -> Dict[str, Any]:
    """File, line and function in which the program makes an optimizer."""
    frame = sys._getframe(1)
    found = None
    while frame is not None:
        root = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if frame.f_globals is not globals() and root not in LIBRARIES:
            code = frame.f_code
            own = (
                code.co_name == "__init__"
                and code.co_argcount
                and (frame.f_locals.get(code.co_varnames[0]) is optimizer)
            )
            if not own:
                found = frame
                break
        frame = frame.f_back  # type: ignore[assignment]
    if found is None:
        return {"file": "", "line": 0, "function": ""}
    path = found.f_code.co_filename
    return {"file": path, "line": found.f_lineno, "function": found.f_code.co_name}


# Tensors


def is_symbolic(value: Any) -> bool:
    """Whether a value is a tensor that has no number yet."""
    return hasattr(value, "graph") and hasattr(value, "op") and not hasattr(value, "numpy")


def in_graph_of_function() -> Any:
    """The graph that operations go into, if it is that of a function; None in eager mode."""
    graph = library("framework.ops").get_default_graph()
    return graph if "FuncGraph" in [kind.__name__ for kind in type(graph).__mro__] else None


def eager() -> bool:
    """Whether TensorFlow computes at once."""
    try:
        return bool(library("eager.context").executing_eagerly())
    except ImportError:
        return False


def first_replica() -> bool:
    """Whether this is the first replica of a strategy, or none: the others take the same rate."""
    try:
        context = library(
            "distribute.distribution_strategy_context"
            if not has("distribute.distribute_lib")
            else ("distribute.distribute_lib")
        ).get_replica_context()
    except (ImportError, AttributeError):
        return True
    if context is None:
        return True
    number = getattr(context, "_replica_id_in_sync_group", 0)  # the public one adds an operation
    return not isinstance(number, int) or number == 0


def has(name: str) -> bool:
    """Whether a module of TensorFlow is imported and knows replicas."""
    try:
        return hasattr(library(name), "get_replica_context")
    except ImportError:
        return False


def plain_number(value: Any) -> Optional[float]:
    """A value as a number; None where it has none yet."""
    if isinstance(value, (int, float)):
        return float(value)
    if is_symbolic(value):
        return None
    inner = getattr(value, "value", None)  # a variable of Keras 3
    if inner is not None and not callable(inner) and is_symbolic(inner):
        return None
    try:
        return float(value)
    except Exception:
        try:
            return float(value.numpy())
        except Exception:
            return None


class Hooks:
    """What is put around the methods of the libraries. Never raises on its own account."""

    def __init__(self, recorder: "Recorder") -> None:
        self.recorder = recorder
        self.adopted = weakref.WeakSet()  # type: ignore[var-annotated]

    def guarded(self, function: Any, *arguments: Any) -> Any:
        """Do a thing of the recorder's own; what goes wrong is noted in the record."""
        try:
            return function(*arguments)
        except Exception as error:
            self.recorder.note("the recorder failed in %s: %s" % (function.__name__, brief(error)))
            return None

    # Modules

    def module(self, module: types.ModuleType) -> None:
        """Put hooks into a module that has been imported."""
        for value in list(vars(module).values()):
            if not isinstance(value, type) or value.__module__ != module.__name__:
                continue
            own = vars(value)
            if value.__name__ == "CallbackList" and "on_epoch_begin" in own:
                self.callbacks(value)
            elif value.__name__ == "BaseSession":
                self.session(value)
            elif (
                value.__name__ == "Function" and "__call__" in own and hasattr(value, "get_concrete_function")
            ):
                wrap(value, "__call__", self.function)
            elif (
                "Optimizer" in value.__name__
                and "__init__" in own
                and ("apply_gradients" in own or "get_updates" in own)
            ):
                wrap(value, "__init__", self.made)
                self.adopt(value)

    def adopt(self, kind: type) -> None:
        """Put hooks around the methods of a class of optimizers, and of all that it is made from."""
        for each in kind.__mro__:
            if each is object or each in self.adopted:
                continue
            self.adopted.add(each)
            for name in METHODS:
                if isinstance(vars(each).get(name), types.FunctionType):
                    wrap(each, name, getattr(self, HOOK_OF.get(name, "applied")))

    # The hooks

    def made(self, original: Any, optimizer: Any, *arguments: Any, **options: Any) -> Any:
        """`__init__` of an optimizer."""
        result = original(optimizer, *arguments, **options)
        self.guarded(self.recorder.state, optimizer)
        self.guarded(self.adopt, type(optimizer))
        return result

    def current(self, optimizer: Any) -> "Optional[Apply]":
        """The call of this very optimizer that this thread is in."""
        for apply in reversed(self.recorder.stack()):
            if apply.optimizer is optimizer:
                return apply
        return None

    def applied(self, original: Any, optimizer: Any, *arguments: Any, **options: Any) -> Any:
        """`apply_gradients` and the like: the outermost call of an optimizer is one update."""
        if self.current(optimizer) is not None:
            return original(optimizer, *arguments, **options)
        stack = self.recorder.stack()
        apply = Apply(optimizer, self.recorder.state(optimizer))
        for outer in stack:
            outer.inner = True
        stack.append(apply)
        try:
            result = original(optimizer, *arguments, **options)
        finally:
            stack.remove(apply)
        self.guarded(self.after, apply, result)
        self.recorder.stop_if_done()
        return result

    def after(self, apply: "Apply", result: Any) -> None:
        """Note the update that a call has made, or watch for the runs that will."""
        if apply.given or apply.inner:
            return
        rate = apply.rate if apply.rate is not None else attribute(apply.optimizer)
        if rate is None:
            self.recorder.note("the rate of an optimizer is not in sight", apply.state)
            return
        self.give(apply, rate, result)

    def give(self, apply: "Apply", rate: Any, result: Any = None) -> None:
        """Note a rate: at once, through a function's variable, or by fetching it in each run."""
        if apply.given or not first_replica_if_any():
            apply.given = True
            return
        if "tensorflow" not in sys.modules or eager():
            value = plain_number(rate)
            if value is not None:
                apply.given = True
                self.recorder.update(apply.state, value)
            else:
                self.traced(apply, rate)
        elif in_graph_of_function() is not None:
            apply.given = True
            self.channel(apply.state, rate)
        elif result is not None:
            apply.given = True
            self.feed(apply.state, rate, result)
        else:
            apply.rate = rate  # the operation is known when the call has returned

    def traced(self, apply: "Apply", rate: Any) -> None:
        """A rate inside of a function of another library: JAX's tells it as it runs."""
        apply.given = True
        jax = sys.modules.get("jax")
        if jax is None:
            self.recorder.note("the rate has no number where the update is made", apply.state)
            return
        state, value = apply.state, getattr(rate, "value", rate)
        jax.debug.callback(lambda number: self.recorder.update(state, float(number)), value)

    def channel(self, state: "Optimizer", rate: Any) -> None:
        """Let the function that is being traced keep its rates."""
        ops = library("framework.ops")
        rate = ops.convert_to_tensor(rate)
        if state.channel is None:
            with ops.init_scope():
                if not eager():
                    self.recorder.note("a function inside of a graph is not recorded", state)
                    return
                state.channel = Channel(state, rate.dtype.name == "float64")
                self.recorder.channels.append(state.channel)
        state.channel.write(rate)

    def feed(self, state: "Optimizer", rate: Any, result: Any) -> None:
        """Have every run that does an update fetch its rate, too."""
        results = result if isinstance(result, list) else [result]
        operations: List[Any] = [getattr(one, "op", one) for one in results]
        operations = [one for one in operations if hasattr(one, "control_inputs")]
        if not operations:
            self.recorder.note("the operation of an update is not in sight", state)
            return
        graph: Any = operations[0].graph
        if plain_number(rate) is None:
            rate = tensor_of(rate)
            if not graph.is_fetchable(rate):
                self.recorder.note("a rate inside of tf.cond or tf.while_loop cannot be fetched", state)
                return
        else:
            rate = plain_number(rate)
        feeds = self.recorder.feeds.setdefault(id(graph), (graph, []))[1]
        feeds.append(Feed(state, rate, operations))

    def updates(self, original: Any, optimizer: Any, *arguments: Any, **options: Any) -> Any:
        """`get_updates` of Keras 2: its local variable `lr` is what the updates are made with."""
        if self.current(optimizer) is not None:
            return original(optimizer, *arguments, **options)
        found: List[Any] = []
        code, before = unwrapped(original).__code__, sys.getprofile()

        def profile(frame: Any, event: str, _: Any) -> None:
            if event == "return" and frame.f_code is code:
                found.append(frame.f_locals.get("lr"))

        def watched(*given: Any, **named: Any) -> Any:
            sys.setprofile(profile)
            try:
                result = original(*given, **named)
            finally:
                sys.setprofile(before)
            apply = self.current(optimizer)
            if found and found[0] is not None and apply is not None and not apply.inner:
                apply.rate = found[0]
            return result

        return self.applied(watched, optimizer, *arguments, **options)

    def stepped(self, original: Any, optimizer: Any, *arguments: Any, **options: Any) -> Any:
        """`update_step` of Keras 3: the innermost call is given the rate that the update takes."""
        apply = self.current(optimizer)
        if apply is None:
            return original(optimizer, *arguments, **options)
        apply.depth += 1
        apply.deepest = apply.depth
        try:
            rate = options.get("learning_rate", arguments[2] if len(arguments) > 2 else None)
            if rate is not None and not apply.given and innermost(original):
                self.guarded(self.give, apply, rate)
            result = original(optimizer, *arguments, **options)
            if rate is not None and not apply.given and apply.deepest == apply.depth:
                self.guarded(self.give, apply, rate)
            return result
        finally:
            apply.depth -= 1

    def computed(self, original: Any, optimizer: Any, *arguments: Any, **options: Any) -> Any:
        """`_compute_current_learning_rate` of Keras 2.9 to 2.15: then the rate of the update is set."""
        result = original(optimizer, *arguments, **options)
        apply = self.current(optimizer)
        if apply is not None and not apply.given:
            self.guarded(lambda: self.give(apply, optimizer.learning_rate))
        return result

    def prepared(self, original: Any, optimizer: Any, *arguments: Any, **options: Any) -> Any:
        """`_prepare` of the optimizers of TensorFlow 1.15 to 2.10: what it returns has the rate."""
        result = original(optimizer, *arguments, **options)
        apply = self.current(optimizer)
        if apply is not None and isinstance(result, dict):
            for values in result.values():
                if isinstance(values, dict) and values.get("lr_t") is not None:
                    self.guarded(self.give, apply, values["lr_t"])
                    break
        return result

    def decayed(self, original: Any, optimizer: Any, *arguments: Any, **options: Any) -> Any:
        """`_decayed_lr`: the rate of an update, where nothing better is known."""
        result = original(optimizer, *arguments, **options)
        apply = self.current(optimizer)
        if apply is not None and apply.rate is None:
            apply.rate = result
        return result

    def function(self, original: Any, function: Any, *arguments: Any, **options: Any) -> Any:
        """A call of a `tf.function`: the rates that it has kept are read when it has returned."""
        result = original(function, *arguments, **options)
        recorder = self.recorder
        if recorder.channels and eager():
            recorder.read_channels()
            recorder.stop_if_done()
        return result

    def callbacks(self, kind: type) -> None:
        """Learn the number of the epoch from Keras."""
        recorder = self.recorder

        def begins(original: Any, this: Any, epoch: int, *arguments: Any, **options: Any) -> Any:
            recorder.set_epoch(int(epoch))
            return original(this, epoch, *arguments, **options)

        def ends(original: Any, this: Any, *arguments: Any, **options: Any) -> Any:
            recorder.set_epoch(None)
            return original(this, *arguments, **options)

        wrap(kind, "on_epoch_begin", begins)
        if "on_train_end" in vars(kind):
            wrap(kind, "on_train_end", ends)

    # Sessions

    def session(self, kind: type) -> None:
        """Have a session fetch the rates of the updates that its runs do."""
        wrap(kind, "run", self.run)
        wrap(kind, "make_callable", self.callable)
        if hasattr(kind, "_make_callable_from_options"):
            wrap(kind, "_make_callable_from_options", self.from_options)

    def run(self, original: Any, session: Any, fetches: Any, *arguments: Any, **options: Any) -> Any:
        """`Session.run`."""
        recorder = self.recorder
        if id(session.graph) not in recorder.feeds:
            return original(session, fetches, *arguments, **options)
        feeds = self.guarded(self.fed, session.graph, fetches) or []
        if not feeds:
            return original(session, fetches, *arguments, **options)
        wanted = [feed.rate for feed in feeds]
        tensors = [rate for rate in wanted if not isinstance(rate, float)]
        result, rates = original(session, [fetches, tensors], *arguments, **options)
        self.guarded(self.arrived, feeds, list(rates))
        recorder.stop_if_done()
        return result

    def arrived(self, feeds: "List[Feed]", rates: List[Any]) -> None:
        """Note the rates that came with a run."""
        for feed in feeds:
            self.recorder.update(
                feed.state, feed.rate if isinstance(feed.rate, float) else float(rates.pop(0))
            )

    def fed(self, graph: Any, fetches: Any) -> "List[Feed]":
        """The updates that a run does."""
        mapper = library("client.session")._FetchMapper
        with graph.as_default():
            unique = mapper.for_fetch(fetches).unique_fetches()
        return self.within(graph, frozenset(getattr(one, "op", one) for one in unique))

    def within(self, graph: Any, operations: Any) -> "List[Feed]":
        """The updates that some operations need."""
        feeds = self.recorder.feeds.get(id(graph), (None, []))[1]
        key = (id(graph), operations, len(feeds))
        if key not in CACHE:
            CACHE[key] = [feed for feed in feeds if needs(operations, feed.operations)]
        return CACHE[key]

    def callable(self, original: Any, session: Any, fetches: Any, *arguments: Any, **options: Any) -> Any:
        """`Session.make_callable`."""
        feeds = self.guarded(self.fed, session.graph, fetches) or []
        tensors = [feed.rate for feed in feeds if not isinstance(feed.rate, float)]
        if not feeds:
            return original(session, fetches, *arguments, **options)
        made = original(session, [fetches, tensors], *arguments, **options)

        def call(*given: Any, **named: Any) -> Any:
            result, rates = made(*given, **named)
            self.guarded(self.arrived, feeds, list(rates))
            self.recorder.stop_if_done()
            return result

        return call

    def from_options(self, original: Any, session: Any, wishes: Any, *arguments: Any, **options: Any) -> Any:
        """What Keras calls in a graph: names of tensors to fetch and of operations to run."""
        feeds = self.guarded(self.fed_by_names, session.graph, wishes) or []
        if not feeds:
            return original(session, wishes, *arguments, **options)
        extra = [feed.rate.name for feed in feeds if not isinstance(feed.rate, float)]
        wishes = type(wishes).FromString(wishes.SerializeToString())
        wishes.fetch.extend(extra)
        made = original(session, wishes, *arguments, **options)

        def call(*given: Any, **named: Any) -> Any:
            result = made(*given, **named)
            own = len(result) - len(extra)
            self.guarded(self.arrived, feeds, list(result[own:]))
            self.recorder.stop_if_done()
            return result[:own]

        call.made = made  # type: ignore[attr-defined]
        return call

    def fed_by_names(self, graph: Any, wishes: Any) -> "List[Feed]":
        """The updates that a callable of names does."""
        if id(graph) not in self.recorder.feeds:
            return []
        names = [name.partition(":")[0] for name in [*wishes.fetch, *wishes.target]]
        return self.within(graph, frozenset(graph.get_operation_by_name(name) for name in names))


HOOK_OF = {
    "get_updates": "updates",
    "update_step": "stepped",
    "_backend_update_step": "stepped",
    "_compute_current_learning_rate": "computed",
    "_prepare": "prepared",
    "_decayed_lr": "decayed",
}
CACHE: "Dict[Any, List[Feed]]" = {}


def first_replica_if_any() -> bool:
    """Whether a rate is to be noted here: once, however many replicas there are."""
    return "tensorflow" not in sys.modules or first_replica()


def innermost(original: Any) -> bool:
    """Whether this `update_step` calls no other one: a library's own, not the program's."""
    module = str(getattr(original, "__module__", ""))
    return original.__name__ == "update_step" and module.partition(".")[0] in ROOTS


def needs(operations: Any, wanted: List[Any]) -> bool:
    """Whether some operations cannot run without one of those that are wanted."""
    goal, seen, waiting = set(wanted), set(operations), list(operations)
    while waiting:
        operation = waiting.pop()
        if operation in goal:
            return True
        for other in [*operation.control_inputs, *(tensor.op for tensor in operation.inputs)]:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return False


def tensor_of(rate: Any) -> Any:
    """What to fetch of a rate, without a new operation: of a variable the tensor that a run takes for it."""
    for name in ("_graph_element", "_snapshot"):
        tensor = getattr(rate, name, None)
        if tensor is not None and hasattr(tensor, "op"):
            return tensor
    return rate


def attribute(optimizer: Any) -> Any:
    """The rate that an optimizer keeps; None where it has none that can be found."""
    for name in TENSORS:
        value = vars(optimizer).get(name)
        if value is not None and not callable(value) and not isinstance(value, (str, bool)):
            return value
    return None


def unwrapped(function: Any) -> Any:
    """A function without what was put around it."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def wrap(kind: type, name: str, hook: Any) -> None:
    """Put a hook around a method. It is called with the method and what the method was given."""
    original = vars(kind)[name]

    @functools.wraps(original)
    def method(*arguments: Any, **options: Any) -> Any:
        return hook(original, *arguments, **options)

    for mark in ("autograph_info__", "__ag_compiled", "ag_dnc_wrapper__"):
        setattr(method, mark, {})  # AutoGraph leaves it as it is
    setattr(kind, name, method)


class Finder:
    """Sees each import: modules with optimizers, sessions and callbacks are hooked when they are loaded."""

    def __init__(self, hooks: "Hooks", log: "Log") -> None:
        self.hooks, self.log = hooks, log
        self.busy = threading.local()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec that the other finders have, its loader hooked where the module matters."""
        root = name.partition(".")[0]
        if (
            root not in ROOTS
            or (name != root and not HOOKED.search(name))
            or getattr(self.busy, "now", False)
        ):
            return None
        self.busy.now = True
        try:
            spec = self.found(name, path, target)
        finally:
            self.busy.now = False
        loader = getattr(spec, "loader", None)
        if loader is not None and hasattr(loader, "exec_module"):
            self.hook(loader, name == root)
        return spec

    def found(self, name: str, path: Any, target: Any) -> Any:
        """What the finders behind this one find."""
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is not self and find is not None:
                spec = find(name, path, target)
                if spec is not None:
                    return spec
        return None

    def hook(self, loader: Any, is_root: bool) -> None:
        """Have a loader hook what it has loaded."""
        original = loader.exec_module

        def exec_module(module: types.ModuleType) -> None:
            original(module)
            if is_root:
                version = getattr(module, "__version__", None)
                if version is not None:
                    self.log.write({"library": module.__name__.replace("_core", ""), "version": str(version)})
            self.hooks.guarded(self.hooks.module, module)

        with contextlib.suppress(AttributeError):  # a loader of C code
            loader.exec_module = exec_module


# The run


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="lrmigrate record")
    parser.add_argument("-o", dest="output", required=True)
    parser.add_argument("--steps", type=int)
    parser.add_argument("-m", dest="module", action="store_true")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def stripped(traceback: Any) -> Any:
    """A traceback without the recorder's own frames (Python 3.6 cannot take them out)."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    step = traceback
    try:
        while step is not None and step.tb_next is not None:
            if step.tb_next.tb_frame.f_code.co_filename == __file__:
                step.tb_next = step.tb_next.tb_next
            else:
                step = step.tb_next
    except (AttributeError, TypeError):
        pass
    return traceback


def excepthook(kind: Any, error: BaseException, traceback: Any) -> None:
    """Show an error as Python does."""
    try:
        traceback = stripped(traceback)
        error.__traceback__ = traceback
    finally:
        sys.__excepthook__(kind, error, traceback)


def run(program: str, module: bool) -> None:
    """Run a program as the main one."""
    if module:
        sys.path[0] = "" if sys.version_info < (3, 7) else os.getcwd()
        runpy._run_module_as_main(program, alter_argv=True)  # type: ignore[attr-defined]
        return
    if os.path.isdir(program) or importlib.machinery.PathFinder.find_spec("__main__", [program]) is not None:
        sys.path[0] = program if sys.version_info < (3, 9) else os.path.abspath(program)
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
        return
    sys.path[0] = os.path.dirname(os.path.realpath(program))
    if sys.version_info >= (3, 9):
        program = os.path.abspath(program)  # as Python does since then
    try:
        with open(program, "rb") as stream:
            text = stream.read()
    except OSError as error:
        sys.stderr.write(
            "%s: can't open file %r: [Errno %s] %s\n" % (sys.executable, program, error.errno, error.strerror)
        )
        sys.exit(2)
    main = sys.modules["__main__"]
    main.__file__ = program
    exec(compile(text, program, "exec", dont_inherit=True), vars(main))


def main() -> None:
    """Run the program and record it."""
    given = arguments()
    log = Log(given.output)
    recorder = Recorder(log, given.steps)
    hooks = Hooks(recorder)
    sys.meta_path.insert(0, Finder(hooks, log))
    words = list(given.arguments)
    log.write(
        {
            "record": FORMAT,
            "python": sys.version.split()[0],
            "program": given.program,
            "arguments": words,
            "started": int(time.time()),
        }
    )
    sys.argv[:] = [given.program] + words
    sys.modules["_lrmigrate_recorder"] = sys.modules["__main__"]
    fresh = types.ModuleType("__main__")
    vars(fresh).update(
        __builtins__=builtins, __spec__=None, __package__=None, __cached__=None, __annotations__={}
    )
    sys.modules["__main__"] = fresh
    sys.excepthook = excepthook
    atexit.register(finish, recorder)
    try:
        run(given.program, given.module)
    except Stopped:
        recorder.end = "stopped"
    except SystemExit:
        raise
    except BaseException as error:
        recorder.end = type(error).__name__
        raise


def finish(recorder: "Recorder") -> None:
    """Note what is left, and that the program has come to its end."""
    if os.getpid() != recorder.process:
        return
    jax = sys.modules.get("jax")
    if jax is not None:
        jax.effects_barrier()
    recorder.read_channels(now=True)
    recorder.log.write({"end": recorder.end})


if __name__ == "__main__":
    main()
