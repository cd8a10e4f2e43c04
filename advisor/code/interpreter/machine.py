"""The machine that runs a program over abstract values: its state, its branches, its budget."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field
from enum import Enum, auto
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.events import Context, Event, ForwardRun, Guard, Round, ThresholdTried
from advisor.code.sources import NodePlace, Source
from advisor.code.symbols import fresh
from advisor.code.values import (
    GROWN,
    LAST,
    Constant,
    Function,
    Lineage,
    Scalar,
    Scope,
    Shape,
    Tensor,
    Unknown,
    Value,
    alternatives,
    join,
    join_lineages,
)
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.library.dispatch import Models
    from advisor.code.project import Project

MOST_STEPS = 300_000
MOST_STEPS_OF_FUNCTION = 40_000
MOST_STEPS_PER_FILE = 400_000
MOST_EXTRA_STEPS_PER_FILE = 60_000
MOST_SECONDS = 10.0
# Of a file's functions that nothing calls, most that call one and the same function show the same.
MOST_STEPS_PER_CALLEE = 2_500
DEEPEST_CALL = 24
_MISSING: Any = object()

Writes = dict[tuple[int, Any], tuple[dict[Any, Any], Any, Any]]


class OutOfBudget(Exception):
    """An entry point took more steps or time than it is given: nothing is said about it."""


class Completion(Enum):
    """How a statement ends. `GONE` means that every way through it has left the block."""

    NORMAL = auto()
    RETURN = auto()
    BREAK = auto()
    CONTINUE = auto()
    RAISE = auto()
    GONE = auto()


@dataclass(slots=True)
class Frame:
    """A function call under way. Ways that have returned early wait in `returned`; `log` is the
    number of the log that was begun with the call. What is `yielded` is so one after the other,
    unless that depends on something, or comes in a loop: then it is `uncounted`; `yields_in` is the
    outermost loop that it comes in. `standing` are the numbers of rounds and of conditions that the
    call stands in. What a context manager is entered for goes on where it yields, with `resume`; the
    steps that this takes are `spent_outside`."""

    function: Function | None
    scope: Scope
    receiver: Value | None = None
    results: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    uncounted: bool = False
    yields_in: cst.CSTNode | None = None
    standing: tuple[int, int] = (0, 0)
    returned: list[Writes] = field(default_factory=list)
    log: int = 0
    resume: Callable[[Value], None] | None = None
    spent_outside: int = 0


@dataclass(slots=True)
class LoopFrame:
    """A loop round under way. Ways that have left it early wait for the next round or the end;
    `log` and `round_log` are the numbers of the logs begun with the loop and with the round.
    `stands_for_many` tells that a round is run for all that there may be."""

    broken: list[Writes] = field(default_factory=list)
    continued: list[Writes] = field(default_factory=list)
    log: int = 0
    round_log: int = 0
    stands_for_many: bool = False


class Machine:
    """Runs programs in the abstract. What happens is appended to `trace`."""

    def __init__(self, project: "Project", models: "Models") -> None:
        from advisor.code.interpreter.expressions import evaluate

        self.project = project
        self.models = models
        # The call that a block is entered with, and what goes on where that yields.
        self.awaited: tuple[cst.CSTNode, Callable[[Value], None]] | None = None
        # The value of an expression.
        self.evaluate: Callable[[cst.BaseExpression], Value] = partial(evaluate, self)
        self.trace: list[Event] = []
        self.latest_pass: ForwardRun | None = None
        # What has tried one threshold after the other.
        self.thresholds_tried: list[ThresholdTried] = []
        self.context = Context()
        self.frames: list[Frame] = []
        self.loops: list[LoopFrame] = []
        # In how many ways the calls under way may turn out: of one of several things each.
        self.ways = 1
        # How often the length was asked of lists that rounds of a loop have put items into.
        self.lengths_asked = 0
        # The variables of loops that fill lists whose numbers each round changes.
        self.counted: dict[cst.CSTNode, list[str]] = {}
        # The variables of loops whose tensors have another shape after more rounds: the axes that have
        # another length, None where nobody knows.
        self.stretched: dict[cst.CSTNode, dict[str, tuple[int, ...] | None]] = {}
        self.main: Source | None = None
        self.main_scope: Scope | None = None
        self.defined: list[Function] = []
        self.entered: set[cst.CSTNode] = set()
        # Whether what happens only shows what code would come to.
        self.imagines = False
        # What is changed for good: imported modules are shared, and are as they were at the end.
        self._lasting: Writes = {}
        self._logs: list[Writes] = [self._lasting]
        self._steps = 0
        self._steps_before = 0
        self._extra = 0
        # Functions that were not entered each time they were called.
        self.left_alone: set[str] = set()
        self._steps_in: dict[cst.CSTNode, int] = {}
        self._charges = False
        self._deadline = 0.0
        self.ran_out_of_time = False
        self.start()

    # --- budget ---------------------------------------------------------------------------

    def start(self, most_steps: int = MOST_STEPS) -> None:
        """Begin a new entry point, with an empty trace and a full budget, where the last one ended."""
        self._reset(most_steps)
        self.settle()

    def start_function(self) -> None:
        """Begin an entry point that is a function; `rewind` forgets all that has changed since the
        first one, `settle` keeps it."""
        self._reset(MOST_STEPS_OF_FUNCTION)
        self._charges = True
        if len(self._logs) == 1:
            self.begin()
        while len(self._logs) > 2:
            self.keep()

    def settle(self) -> None:
        """Keep what has changed for good."""
        while len(self._logs) > 1:
            self.keep()

    def rewind(self) -> None:
        """Be as before the first function that was started after the last `settle` or `rewind`."""
        while len(self._logs) > 1:
            self.undo()

    def _reset(self, most_steps: int) -> None:
        self.trace = []
        self.latest_pass = None
        self.thresholds_tried = []
        self.context = Context()
        self.frames = []
        self.loops = []
        self.ways = 1
        self._steps_before += self._steps
        self._steps = 0
        self._limit = min(most_steps, MOST_STEPS_PER_FILE - self._steps_before)
        self._deadline = time.process_time() + MOST_SECONDS

    def finish(self) -> None:
        """Leave the modules that other files import as they were."""
        self.start()
        self.undo()
        self._lasting = {}
        self._logs = [self._lasting]

    @contextmanager
    def imagining(self) -> Iterator[list[Event]]:
        """See what code would come to: nothing that it does happens, or changes anything. The events
        that there would be are in the list afterwards."""
        trace, entered, frames = list(self.trace), set(self.entered), len(self.frames)
        logs = self.begin()
        imagined: list[Event] = []
        before, self.imagines = self.imagines, True
        try:
            yield imagined
        finally:
            self.imagines = before
            imagined.extend(self.trace[len(trace) :])
            del self.frames[frames:]
            while len(self._logs) > logs:
                self.undo()
            self.trace, self.entered = trace, entered

    @property
    def is_exhausted(self) -> bool:
        """Whether the file has had its share of steps."""
        return self._steps_before + self._steps >= MOST_STEPS_PER_FILE

    def tick(self) -> None:
        """Count one step; raises `OutOfBudget` when the entry point, or the file, has had its
        share. Steps decide, so that the outcome is always the same; time is the last resort."""
        self._steps += 1
        if self._steps > self._limit:
            whole = self._limit + self._steps_before >= MOST_STEPS_PER_FILE
            raise OutOfBudget("the file takes too long" if whole else "it takes too long")
        if not self._steps & 4095 and time.process_time() > self._deadline:
            self.ran_out_of_time = True
            raise OutOfBudget(f"more than {MOST_SECONDS:g} seconds")

    @contextmanager
    def extra(self, most_steps: int) -> Iterator[None]:
        """Give what runs a number of steps that the entry point is not charged for, as long as the
        file has some left for that."""
        limit, steps, charges = self._limit, self._steps, self._charges
        self._charges = False
        self._limit = steps + min(most_steps, MOST_EXTRA_STEPS_PER_FILE - self._extra)
        try:
            yield
        finally:
            self._extra += self._steps - steps
            self._limit, self._steps, self._charges = limit, steps, charges

    @property
    def steps(self) -> int:
        """How many steps the entry point has taken so far."""
        return self._steps

    def take_resumption(
        self, function: Function, node: cst.CSTNode
    ) -> Callable[[Value], None] | None:
        """What goes on where a function yields that is entered as a context manager by this call."""
        awaited = self.awaited
        if awaited is None or awaited[0] is not node:
            return None
        paths = (getattr(each, "path", "") for each in function.decorators)
        return awaited[1] if "contextlib.contextmanager" in paths else None

    def charge(self, function: Function, since: int) -> None:
        """Count what a function has taken since a step, with all that it has called."""
        if self._charges:
            spent = self._steps_in.get(function.node, 0)
            self._steps_in[function.node] = spent + self._steps - since

    def is_worn_out(self, function: Function) -> bool:
        """Whether a function has had its share of the steps after the script has run: it is
        entered no more."""
        return self._steps_in.get(function.node, 0) > MOST_STEPS_PER_CALLEE

    # --- where we are ---------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        """The innermost call."""
        return self.frames[-1]

    @property
    def scope(self) -> Scope:
        """The names in reach."""
        return self.frames[-1].scope

    @property
    def source(self) -> Source:
        """The file being run."""
        return self.frames[-1].scope.source

    def place(self, node: cst.CSTNode) -> NodePlace:
        """The place of a node of the file being run."""
        return NodePlace(self.frames[-1].scope.source, node)

    def emit(self, event: Event) -> None:
        """Record that something happened."""
        event.index = len(self.trace)
        self.trace.append(event)

    def round(self, round_: Round) -> AbstractContextManager[None]:
        """Be in a round of a loop."""
        standing = _Standing(self)
        self.context = self.context.in_round(round_)
        return standing

    @contextmanager
    def choosing(self, options: Sequence[Value]) -> Iterator[None]:
        """Call one of several things, whichever it is. An optional one may be missing."""
        before = self.ways
        self.ways *= max(1, sum(not isinstance(option, Constant) for option in options))
        try:
            yield
        finally:
            self.ways = before

    @contextmanager
    def decided(self) -> Iterator[None]:
        """Run what is the same whichever of several things was called."""
        before, self.ways = self.ways, 1
        try:
            yield
        finally:
            self.ways = before

    def guarded(self, *guards: Guard) -> AbstractContextManager[None]:
        """Be on one side of a condition."""
        standing = _Standing(self)
        self.stand_under(*guards)
        return standing

    def stand_under(self, *guards: Guard) -> None:
        """Be on one side of a condition from here on, until the block ends."""
        now = self.context
        depth = len(now.rounds)
        standing = [
            Guard(
                each.node, each.taken, each.condition, depth, each.ends, each.every, each.question
            )
            for each in guards
        ]
        self.context = now.under(standing)

    # --- state and branches ---------------------------------------------------------------

    def store(self, fields: dict[Any, Any], key: Any, value: Any) -> None:
        """Change a field of a scope or an object so that the change can be undone and joined."""
        if self._logs:
            log = self._logs[-1]
            identity = (id(fields), key)
            if identity not in log:
                log[identity] = (fields, key, fields.get(key, _MISSING))
        if value is _MISSING:
            fields.pop(key, None)
        else:
            fields[key] = value

    def forget(self, fields: dict[Any, Any], key: Any) -> None:
        """Take a field away, as `store` changes it."""
        self.store(fields, key, _MISSING)

    def begin(self) -> int:
        """Start to record changes; returns the number of the log that records them."""
        self._logs.append({})
        return len(self._logs) - 1

    def undo(self) -> Writes:
        """Undo the changes since `begin` and return what they were."""
        writes: Writes = {}
        for identity, (fields, key, before) in self._logs.pop().items():
            writes[identity] = (fields, key, fields.get(key, _MISSING))
            if before is _MISSING:
                fields.pop(key, None)
            else:
                fields[key] = before
        return writes

    def keep(self) -> Writes:
        """Keep the changes since `begin`; return what was there before them."""
        log = self._logs.pop()
        if self._logs:
            outer = self._logs[-1]
            for identity, entry in log.items():
                outer.setdefault(identity, entry)
        return log

    def is_of_this_round(self, fields: dict[Any, Any], key: Any) -> bool:
        """Whether a field was set since the innermost round began; always, where that is one of
        those that are run one by one."""
        if not self.loops or not self.loops[-1].stands_for_many:
            return True
        identity = (id(fields), key)
        return any(identity in log for log in self._logs[self.loops[-1].round_log :])

    def leaving(self, writes: Writes, log: int) -> Writes:
        """The state of a way that leaves its block: what it changed itself, and what had been
        changed before it since a log was begun."""
        state: Writes = {}
        for each in self._logs[log:]:
            for identity, (fields, key, _) in each.items():
                state[identity] = (fields, key, fields.get(key, _MISSING))
        state.update(writes)
        return state

    def merge_left(self, ways: Sequence[Writes], including_current: bool) -> None:
        """Join ways that have left early with the current state, where they were going. What is
        changed by the others only, since the last `begin`, is in them as it was before."""
        before = self._logs[-1]
        self.merge([{**before, **way} for way in ways], including_current)

    def merge(self, ways: Sequence[Writes], including_current: bool) -> None:
        """Let the state be what it is after any of several ways."""
        if not ways:
            return
        touched: dict[tuple[int, Any], tuple[dict[Any, Any], Any]] = {}
        for way in ways:
            for identity, (fields, key, _) in way.items():
                touched.setdefault(identity, (fields, key))
        for identity, (fields, key) in touched.items():
            current = fields.get(key, _MISSING)
            values = [way[identity][2] if identity in way else current for way in ways]
            if including_current:
                values.append(current)
            if key == "items" and not any(isinstance(value, Value) for value in values):
                # not what a variable of that name stands for
                self._merge_items(fields, values)
            elif key == LAST:
                same = all(value is values[0] for value in values)
                self.store(fields, LAST, values[0] if same and values[0] is not _MISSING else ())
            else:
                self.store(fields, key, _join_fields(values))

    def _merge_items(self, fields: dict[Any, Any], values: list[Any]) -> None:
        items, others = _join_items([value for value in values if value is not _MISSING])
        self.store(fields, "items", items)
        if items is None and any(value is not None for value in values):
            self.store(fields, LAST, ())
        element = fields.get("element")
        known = [*others, *([element] if element is not None else [])]
        if items is None and known:
            self.store(fields, "element", join_all(known))

    def widen(self, before: Writes) -> list[str]:
        """Forget the exact numbers that a loop round has changed: the next round changes them
        again. Returns the names of those that are variables."""
        changed: list[str] = []
        for fields, key, value in list(before.values()):
            old, new = _numbers(value), _numbers(fields.get(key))
            if not old or not new:
                continue
            if {each.number for each in old} != {each.number for each in new}:
                names = frozenset(name for each in (*old, *new) for name in each.names)
                self.store(fields, key, Scalar(fresh(str(key)), names))
                if fields is self.scope.fields:
                    changed.append(key)
        return changed

    def widen_again(self, names: Iterable[str]) -> None:
        """Forget the exact numbers of variables before a round that stands for all there are."""
        for name in names:
            value = self.scope.fields.get(name)
            if isinstance(value, Scalar):
                self.store(self.scope.fields, name, Scalar(fresh(name), value.names))

    def blur(self, before: Writes) -> bool:
        """After a round, or a loop of unknown length, forget how many items were put into lists and
        dicts. Returns whether any list has become longer."""
        has_grown = False
        for fields, key, value in list(before.values()):
            if value is _MISSING and isinstance(key, tuple) and key[0] == "key" and key in fields:
                self.store(fields, GROWN, True)
            if key in {"items", LAST} and fields.get(LAST):
                self.store(fields, LAST, ())
            if key != "items" or value is _MISSING:
                continue
            items = fields.get("items")
            if isinstance(items, tuple) and (value is None or len(items) != len(value)):
                known = [item for item in (fields.get("element"), *items) if item is not None]
                self.store(fields, "items", None)
                self.store(fields, "element", join_all(known) if known else None)
                self.store(fields, GROWN, True)
                has_grown = True
        return has_grown

    def blur_shapes(self, before: Writes) -> dict[str, tuple[int, ...] | None]:
        """After a loop of which only the first rounds have run, forget the lengths of axes that the
        last one has changed: nobody knows how often others would. Returns those axes of the tensors
        that are variables, None where the last round leaves no axis known."""
        stretched: dict[str, tuple[int, ...] | None] = {}
        for fields, key, value in list(before.values()):
            new = fields.get(key)
            if not isinstance(value, Tensor) or not isinstance(new, Tensor):
                continue
            axes = new.shape.grown_axes(value.shape)
            shape = new.shape.without_lengths(axes)
            if shape is not new.shape:
                self.store(fields, key, new.seen_as(shape))
            if fields is self.scope.fields:
                if axes:
                    stretched[key] = axes
                elif new.shape.dims is None and value.shape.dims is not None:
                    stretched[key] = None
        return stretched

    def blur_shapes_again(self, stretched: Mapping[str, tuple[int, ...] | None]) -> None:
        """Forget what is known of the shapes of variables after one round that more of them change."""
        for name, axes in stretched.items():
            value = self.scope.fields.get(name)
            if isinstance(value, Tensor):
                shape = Shape(name=name) if axes is None else value.shape.without_lengths(axes)
                if shape is not value.shape:
                    self.store(self.scope.fields, name, value.seen_as(shape))

    # --- running --------------------------------------------------------------------------

    def execute(self, body: Iterable[cst.CSTNode]) -> Completion:
        """Run statements in order."""
        from advisor.code.interpreter.statements import execute_block

        return execute_block(self, body)

    def unknown(self, name: str, node: cst.CSTNode | None = None) -> Unknown:
        """A fresh value nothing is known about."""
        return Unknown(name, place=None if node is None else self.place(node))


class _Standing:
    """What is left goes back to the context in which it was entered. There are many: what is made of a
    generator takes three times as long."""

    __slots__ = ("_before", "_machine")

    def __init__(self, machine: Machine) -> None:
        self._machine, self._before = machine, machine.context

    def __enter__(self) -> None:
        pass

    def __exit__(self, *fault: object) -> None:
        self._machine.context = self._before


def join_all(values: Sequence[Value]) -> Value:
    """A value for any of several; there must be at least one."""
    result = values[0]
    for value in values[1:]:
        result = join(result, value)
    return result


def _numbers(value: Any) -> list[Scalar]:
    """The numbers that a value may be, when it can be nothing else."""
    options = alternatives(value) if isinstance(value, Value) else ()
    numbers = [option for option in options if isinstance(option, Scalar)]
    return numbers if len(numbers) == len(options) else []


def _join_fields(values: list[Any]) -> Any:
    present = [value for value in values if value is not _MISSING]
    if not present:
        return _MISSING
    first = present[0]
    if all(value is first for value in present):
        return first
    if all(isinstance(value, Value) for value in present):
        return join_all(present)
    return _join_plain(present)


def _join_plain(values: list[Any]) -> Any:
    """Join what is no value itself: an optional element, a lineage."""
    if all(isinstance(value, Lineage) for value in values):
        return reduce(join_lineages, values)
    kept = [value for value in values if isinstance(value, Value)]
    return join_all(kept) if kept else None


def _join_items(values: list[Any]) -> tuple[Any, list[Value]]:
    """Join the items of a list item by item; when the lengths differ, or some are not known, the
    second result is all that are."""
    tuples = [value for value in values if isinstance(value, tuple)]
    if len(tuples) == len(values) and len({len(each) for each in tuples}) == 1:
        return tuple(join_all(column) for column in zip(*tuples, strict=True)), []
    return None, [item for each in tuples for item in each]


__all__ = ["Completion", "Frame", "LoopFrame", "Machine", "OutOfBudget", "join_all"]
