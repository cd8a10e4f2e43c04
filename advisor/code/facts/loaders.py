"""Data loaders: what they hold, in which order they give it, and what it is used for."""

import re
from collections.abc import Iterable, Iterator
from typing import Self, TypeGuard

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    Context,
    DataGiven,
    Escaped,
    Event,
    ForwardRun,
    LoaderBuilt,
    Loop,
    NeighboursUsed,
    OptimizerStepped,
    RowsShuffled,
)
from advisor.code.facts.loop_lengths import data_of
from advisor.code.facts.made_alike import asked_for_at
from advisor.code.facts.origins import outputs_of
from advisor.code.facts.passes import head_of, stands_in
from advisor.code.facts.run import AbstractRun, Fact, code_of
from advisor.code.facts.sides import Side, side_of
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.gradients import BEHIND, made_from
from advisor.code.library.keras_data import FOLDER
from advisor.code.library.lineages import all_of, is_noise
from advisor.code.library.streams import HUGGING_FACE, OF_ARRAYS, READER
from advisor.code.library.torch_data import LOADER, SEQUENTIAL, SUBSET, loaded_from
from advisor.code.nodes import passed_by_name
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Function,
    Instance,
    Object,
    Scalar,
    Sequence,
    Shape,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_always,
    is_constant,
    known_number,
    length_kept,
    lineage_of,
    names_of,
)
from advisor.lazy_dataclasses import dataclass

# Classes of data sets that give a sample for a number.
_MAP_STYLE = frozenset(
    [
        *("torch.utils.data.Dataset", "torch.utils.data.TensorDataset"),
        *("torch.utils.data.Subset", "torch.utils.data.ConcatDataset"),
        *("torch_geometric.data.Dataset", "torch_geometric.data.InMemoryDataset"),
    ]
)
_OF_SERIES = re.compile(
    r"time_?series|forecast|\.window\(|sliding|n_steps|look_?back", re.IGNORECASE
)
# What data goes by whose order is kept on purpose, and training that is only tried out.
# What data sets are called that make their samples up.
_INVENTED = frozenset(["random", "dummy", "fake", "synthetic"])
_IN_ORDER = frozenset(
    [
        *("series", "timeseries", "temporal", "forecast", "forecasting", "sliding", "window"),
        *("windows", "windowed", "stock", "stocks", "price", "prices", "stream", "streaming"),
        *("video", "videos", "frames", "trajectory", "continual", "incremental", "curriculum"),
        *(
            "dummy",
            "fake",
            "overfit",
            "debug",
            "sanity",
            "benchmark",
            "profile",
            "tiny",
            "bptt",
            "stateful",
        ),
    ]
)


# The random orders that a data set keeps.
_ORDERS = re.compile(r"\bself\.(\w+) *= *[\w.]*\b(?:permutation|randperm)\(")


def has_sampler(loader: Object) -> bool:
    """Whether something else may say which samples a loader yields, and in which order."""
    samplers = (loader.argument(3, "sampler"), loader.argument(4, "batch_sampler"))
    return not all(each is None or _keeps_order(each) for each in samplers)


def _keeps_order(sampler: Value) -> bool:
    sequential = isinstance(sampler, Object) and sampler.path == SEQUENTIAL
    return sequential or is_constant(sampler, None)


@dataclass(frozen=True, eq=False, slots=True)
class TrainingLoader(Fact):
    """A data loader that a model is trained with, or a data set of tf.data that goes through arrays."""

    run: AbstractRun
    event: Event
    loader: Object

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every loader whose batches an optimizer steps on, or that a trainer is given to train."""
        seen: set[Object] = set()
        if holds_unit_tests(run):
            return
        for event, loader in _trained_with(run):
            if loader not in seen:
                seen.add(loader)
                yield cls(run, event, loader)

    @property
    def place(self) -> NodePlace:
        """Where it is built, or used if that is in another file."""
        asked = self._asked_for_at()
        if asked is not None and self.run.may_tell_of(asked.source):
            return asked
        if self.loader.place is not None and self.run.may_tell_of(self.loader.place.source):
            return self.loader.place
        for loop in reversed(self.event.context.loops):
            head = head_of(self.run, loop)
            if head is not None and self.loader in alternatives(data_of(loop)):
                return head
        return self.event.place

    def _asked_for_at(self) -> NodePlace | None:
        """Where a function is called that makes loaders of all kinds, and is told which kind by those
        who call it: one of them has not asked for another order."""
        if isinstance(self.event, DataGiven) and _stands_for_others(self.run, self.event):
            return asked_for_at(self.run, self.event.data, training=True) or self.event.place
        for event in self.run.events(LoaderBuilt):
            if event.loader is self.loader and event.context.functions:
                made = event.context.functions[-1]
                told = self.loader.arguments.get(2, "shuffle") is not None
                return event.context.calls[-1] if told and _is_told_order(made, event) else None
        return None

    @property
    def dataset(self) -> Value | None:
        """What it loads from."""
        return loaded_from(self.loader)

    def keeps_order(self) -> bool:
        """Whether it is certain that it gives the samples in the same order each time."""
        if self._is_stream:
            return not self.loader.fields.keys() & {"shuffled", "reshuffled"}
        if self._goes_through_folders:
            return is_always(self.loader.argument(-1, "shuffle"), False)
        passed = self.loader.arguments
        if passed.unknown or not self._is_off(passed.get(2, "shuffle")):
            return False
        if is_constant(passed.get(1, "batch_size"), None):
            return False  # the data set makes the batches, in an order of its own
        if has_sampler(self.loader) or self._is_made_of_a_new_choice():
            return False
        return not self._is_one_of_several_ways()

    def _is_one_of_several_ways(self) -> bool:
        """Whether the program does not train with it after all where it makes it, or makes one instead
        that is told to shuffle: then somebody chooses."""
        for event in self.run.events(LoaderBuilt):
            if event.loader is self.loader and _exclude_one_another(
                event.context, self.event.context
            ):
                return True
        given = [data_of(each) for each in self.event.context.loops]
        given += [self.event.data] if isinstance(self.event, DataGiven) else []
        ways = [alternatives(each) for each in given]
        others = [each for options in ways if self.loader in options for each in options]
        return any(is_always(_order_of(each), True) for each in others)

    def _is_made_of_a_new_choice(self) -> bool:
        """Whether each round of a loop makes it anew, of samples that it chooses anew."""
        chosen = self.dataset
        if not isinstance(chosen, Object) or chosen.path != SUBSET or chosen.place is None:
            return False
        indices = chosen.argument(1, "indices")
        if isinstance(indices, Object) and indices.path == "builtins.range":
            return False
        built = (each for each in self.run.events(LoaderBuilt) if each.loader is self.loader)
        loops = [loop for each in built for loop in each.context.loops]
        return any(stands_in(chosen.place, loop) for loop in loops)

    @property
    def _is_stream(self) -> bool:
        return OF_ARRAYS in self.loader.fields

    @property
    def _goes_through_folders(self) -> bool:
        """Whether it gives the pictures of one class after those of another, if nothing shuffles them."""
        return FOLDER in self.loader.fields

    @staticmethod
    def _is_off(value: Value | None) -> bool:
        return value is None or is_always(value, False)

    def gives_several_batches(self) -> bool:
        """Whether there is more than one batch, as far as is known."""
        length = self.loader.fields.get("length")
        if isinstance(length, Scalar) and length.number.is_one:
            return False
        size = known_number(self.loader.argument(1, "batch_size"))
        whole = length_kept(self.dataset)
        if self.loader.place is not None and _is_length(self.loader.place.node):
            return False
        return whole is None or size is None or whole.number != size

    def is_gone_through_once(self) -> bool:
        """Whether there is one epoch, as far as is known: there is no second one with another order."""
        if self._goes_through_folders:
            return False
        if not isinstance(self.event, DataGiven):
            loops = self.event.context.loops
            own = [n for n, each in enumerate(loops) if self.loader in alternatives(data_of(each))]
            trials = self._loops_of_trials()
            around = [each for n, each in enumerate(loops) if n not in own and each not in trials]
            if own and not around and trials:
                return True
            if own and around and own[0] == 0:
                return True  # the epochs are inside of it: each batch has a training of its own
            if own and not around and self.run.is_script:
                return self._passes() == 1
            return bool(around) and all(_is_once(each) and not _is_set(each) for each in around)
        uses = [
            each
            for each in self.run.events(DataGiven)
            if each.use == "training" and each.data is self.event.data
        ]
        # Each of several models may go through it once.
        models = {_learner_in(each) for each in uses}
        return len(models) == len(uses) and all(each.once for each in uses)

    def _passes(self) -> int:
        """How many loops go through it, of those in which a model learns."""
        steps = self.run.events(OptimizerStepped)
        loops = {loop for each in steps for loop in each.context.loops}
        return sum(self.loader in alternatives(data_of(each)) for each in loops)

    def _loops_of_trials(self) -> tuple[Loop, ...]:
        """The loops that make a loader of other batches in each round, to try out how large they may be:
        no epochs."""
        place = self.loader.place
        if place is None:
            return ()
        alike = [each for each in self.run.events(LoaderBuilt) if each.loader.place is not None]
        alike = [each for each in alike if each.place.node is place.node]
        sizes = {known_number(each.loader.argument(1, "batch_size")) for each in alike}
        return alike[0].context.loops if len(sizes) > 1 and None not in sizes else ()

    def order_is_free(self) -> bool:
        """Whether the samples stand in an order that only the loader could change: those of a
        data set that gives one for a number, with nothing said of time or of a trial."""
        if self._goes_through_folders:
            return not self._said() & _IN_ORDER
        if not all(gives_by_number(each) for each in alternatives(self.dataset)):
            return False
        if self.run.once(_carries_state) or self._is_brought_into_another_order():
            return False
        if self._is_stream and _OF_SERIES.search(self.run.source.text):
            return False
        lineage = lineage_of(self.dataset)
        if lineage is not None and side_of(lineage.rows) is Side.HELD_OUT:
            return False
        if lineage is not None and any(map(is_noise, lineage.rows.history())):
            return False  # numbers that nobody will ask about
        if isinstance(self.dataset, Instance) and words(self.dataset.cls.name) & _INVENTED:
            return False
        return not self._said() & _IN_ORDER and not self._follow_one_another()

    def _is_brought_into_another_order(self) -> bool:
        """Whether something is shuffled in the loop over the epochs, before the loop over the batches or
        behind it: what the data set holds, as far as anybody knows."""
        around = [
            loop
            for loop in self.event.context.loops
            if self.loader not in alternatives(data_of(loop))
        ]
        return bool(around) and any(
            loop.node is around[-1].node
            for each in self.run.events(RowsShuffled)
            for loop in each.context.loops
        )

    def _follow_one_another(self) -> bool:
        """Whether the samples are windows of a series, or get something of those before them. Those of
        many series lie one series behind the other, and whoever says nothing of that may not know it."""
        known = [lineage for each in alternatives(self.dataset) for lineage in all_of(each)]
        rows = {each for lineage in known for each in lineage.rows.history()}
        rows |= {one for each in rows for part in each.collected for one in part.history()}
        on_purpose = _order_of(self.loader) is not None
        return any(
            each.rows in rows and not each.grouped and (on_purpose or len(each.context.loops) < 2)
            for each in self.run.events(NeighboursUsed)
        )

    def _said(self) -> set[str]:
        found: set[str] = set()
        for each in alternatives(self.dataset):
            for name in names_of(each):
                found |= words(name)
            if isinstance(each, Instance):
                found |= words(each.cls.name)
        lineage = lineage_of(self.loader if self._is_stream else self.dataset)
        if lineage is not None:
            for name in (name for rows in lineage.rows.ancestors() for name in rows.names):
                found |= words(name)
        for function in self.event.context.functions:
            found |= words(function.name)
        for loop in self.event.context.loops:
            found |= words(code_of(getattr(loop.node, "iter", cst.Name("loop"))))
        return found


def _order_of(loader: Value) -> Value | None:
    return loader.arguments.get(2, "shuffle") if isinstance(loader, Object) else None


def _learner_in(event: DataGiven) -> str:
    """What is told to learn from data, as written."""
    function = getattr(event.place.node, "func", event.place.node)
    return code_of(function.value if isinstance(function, cst.Attribute) else function)


def _is_told_order(function: Function, event: LoaderBuilt) -> bool:
    """Whether the order of a loader is a parameter of the function that builds it."""
    call, node = event.place.node, function.node
    if not isinstance(node, cst.FunctionDef):
        return False
    given = passed_by_name(call, "shuffle")
    parameters = (*node.params.params, *node.params.kwonly_params)
    return isinstance(given, cst.Name) and any(
        each.name.value == given.value for each in parameters
    )


def _stands_for_others(run: AbstractRun, event: DataGiven) -> bool:
    """Whether the same code has made the data that a model is trained on and other data for it."""
    place = event.data.place
    return place is not None and any(
        each.use != "training"
        and each.data.place is not None
        and each.data.place.node is place.node
        for each in run.events(DataGiven)
    )


# What methods are called that make a model forget the batches before.
_CLEARS = frozenset(["reset", "clear", "init", "forget"])
_STATES = frozenset(["state", "states", "hidden", "memory"])


def _carries_state(run: AbstractRun) -> bool:
    """Whether a model, or a layer in it, is given what came out of its last pass: its batches follow one
    another. What a layer is given within one pass of the model, step by step, is none of that."""
    made: dict[int, tuple[Value, int]] = {}
    whole = -1
    for event in run.events(ForwardRun):
        if not event.context.running:
            whole = event.index
        state = list(event.arguments.values())[1:]
        earlier = (made.get(id(part)) for each in state for part in _origins(each))
        if any(each and each[0] is event.module and each[1] != whole for each in earlier):
            return True
        made.update((id(part), (event.module, whole)) for part in outputs_of(event.output))
    return _clears_states(run)


def _clears_states(run: AbstractRun) -> bool:
    """Whether a model that nobody knows is told to forget its state, and not anew for each batch."""
    batches = {
        event.context.loops[-1].node for event in run.events(BackwardRun) if event.context.loops
    }
    for event in run.events(Escaped):
        named = event.callee
        said = words(named.name) if isinstance(named, Unknown) else set[str]()
        if said & _CLEARS and said & _STATES:
            return not any(loop.node in batches for loop in event.context.loops)
    return False


def _uncut(value: Value) -> Iterator[Value]:
    """A value, and what it is when nothing had cut it off."""
    yield value
    if isinstance(value, Tensor) and value.whole is not None:
        yield from _uncut(value.whole)
    if isinstance(value, Unknown) and isinstance(before := value.fields.get(BEHIND), Value):
        yield from _uncut(before)


def _origins(value: Value | None) -> Iterator[Value]:
    """What a value was made from, whether or not a gradient can flow through."""
    for option in alternatives(value):
        for each in made_from(option):
            yield from _uncut(each)


def _trained_with(run: AbstractRun) -> Iterator[tuple[Event, Object]]:
    begun: set[Object] = set()
    for event in run.events_among(OptimizerStepped, DataGiven):
        if isinstance(event, OptimizerStepped):
            for loop in reversed(event.context.loops):
                options = alternatives(data_of(loop))
                loaders = [each for each in options if is_loader(each)]
                if loaders and len(loaders) == len(options):
                    yield from ((event, each) for each in loaders if isinstance(each, Object))
                    break
                streams = [each for each in options if _is_stream(each)]
                if streams and len(streams) == len(options):
                    later = _is_in_later_epoch(event, loop)
                    yield from ((event, each) for each in streams if later and each in begun)
                    begun.update(() if later else streams)
                    break
        elif isinstance(event, DataGiven) and event.use == "training":
            for each in alternatives(event.data):
                if isinstance(each, Object) and _gives_batches(each):
                    yield event, each
                elif event.ordered and _holds_samples_in_any_order(run, each):
                    yield event, _taken_in_order(event, each)


def _is_stream(value: Value | None) -> TypeGuard[Object]:
    """Whether a value is a data set of tf.data that goes through arrays."""
    return isinstance(value, Object) and bool(value.fields.get(OF_ARRAYS))


def _is_in_later_epoch(event: Event, loop: Loop) -> bool:
    """Whether a loop is gone through once more: what it goes over may have been made anew for that."""
    around = [each for each in event.context.rounds if each.loop.node is not loop.node]
    return any(each.index and not _is_once(each.loop) for each in around)


def _is_once(loop: Loop) -> bool:
    return loop.trips is not None and loop.trips.is_one and not loop.configurable


def _is_set(loop: Loop) -> bool:
    """Whether the number of rounds is a setting of something, such as `settings.epochs`."""
    return "." in code_of(getattr(loop.node, "iter", loop.node))


def _exclude_one_another(one: Context, other: Context) -> bool:
    """Whether what happens in one place does not where the other is reached, as the same condition is
    asked in both."""
    first, second = _decided(one), _decided(other)
    return any(second.get(text, taken) is not taken for text, taken in first.items())


def _decided(context: Context) -> dict[str, bool]:
    """How conditions that are asked around a place have turned out, as they are written."""
    found: dict[str, bool] = {}
    for guard in context.guards:
        node, taken = guard.node, guard.taken
        while isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            node, taken = node.expression, not taken
        found[code_of(node)] = taken
    return found


# Networks that read a series, and names of what their samples are taken of.
_READS_SERIES = re.compile(
    r"\b(LSTM|GRU|SimpleRNN|ConvLSTM2D|Conv1D|Attention)\b|stateful|\b(lags?|dates?|times?(tamp)?|hour)\b|\.shift\("
    r"|\.rolling\(|parse_dates|sort_values",
    re.IGNORECASE,
)


def _holds_samples_in_any_order(run: AbstractRun, data: Value) -> bool:
    """Whether a whole array is given, and nothing speaks of a series."""
    whole = isinstance(data, Tensor) or (isinstance(data, Unknown) and lineage_of(data) is not None)
    return whole and _READS_SERIES.search(run.source.text) is None


def _taken_in_order(event: DataGiven, data: Value) -> Object:
    """What a model of Keras makes of an array when it is told not to shuffle: batches in their order."""
    rows = data if isinstance(data, Tensor) else Tensor(Shape(), lineage=lineage_of(data))
    return Object("keras.batches", place=event.place, fields={OF_ARRAYS: True, "dataset": rows})


def _gives_batches(data: Object) -> bool:
    return is_loader(data) or bool(data.fields.get(OF_ARRAYS)) or FOLDER in data.fields


def is_loader(value: Value | None) -> bool:
    """Whether a value is a data loader of torch."""
    return isinstance(value, Object) and value.path == LOADER


def gives_by_number(dataset: Value) -> bool:
    """Whether a data set gives the single sample that is asked for by its number."""
    match dataset:
        case Instance():
            return _class_gives_by_number(dataset)
        case Object() if dataset.path == HUGGING_FACE:
            return READER in dataset.fields and not dataset.fields.get("shuffled")
        case Object():
            return dataset.path in _MAP_STYLE or dataset.path.startswith("torchvision.datasets.")
        case Sequence():
            return dataset.kind == "list"
        case Tensor():
            return True
    return False


def _class_gives_by_number(dataset: Instance) -> bool:
    """Whether a class gives the sample that is asked for: not one it draws itself, nor one of an
    order that it changes."""
    cls = dataset.cls
    code = code_of(cls.node)
    if cls.has_unknown_base() or "shuffle" in code or cls.find("__iter__"):
        return False
    if not set(cls.library_bases()) <= _MAP_STYLE | {"builtins.object", "abc.ABC"}:
        return any(path.startswith("torchvision.datasets.") for path in cls.library_bases())
    get = cls.find("__getitem__")
    if not isinstance(get, Function) or not isinstance(get.node, cst.FunctionDef):
        return bool(set(cls.library_bases()) & _MAP_STYLE) and cls.find("get") is None
    kept = _ORDERS.findall(code)
    read = code_of(get.node.body) if kept else ""
    return looks_at_number(get.node) and not any(f"self.{each}[" in read for each in kept)


def looks_at_number(function: cst.FunctionDef) -> bool:
    """Whether a `__getitem__` looks at the number it is given: not only at whether it is even, nor at another
    one that takes its name before."""
    parameters = function.params.params
    if len(parameters) < 2:
        return False
    name = rf"(?<!\.)\b{parameters[1].name.value}\b"
    body = code_of(function.body)
    first = re.search(rf"{name}(?! *% *2\b)(?P<written> *=(?!=)(?P<value>[^;\n]*))?", body)
    if first is None:
        return False
    return first["written"] is None or re.search(name, first["value"]) is not None


def _is_length(call: cst.CSTNode) -> bool:
    """Whether a loader is told that a batch is as large as something that has a length: `batch_size=len(data)`."""
    size = passed_by_name(call, "batch_size")
    return (
        isinstance(size, cst.Call) and isinstance(size.func, cst.Name) and size.func.value == "len"
    )
