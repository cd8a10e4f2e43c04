"""What loops go through: ranges, counters, progress bars, maps."""

from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import BatchDrawn
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.loops import Iteration, element_of, items_of, iterate
from advisor.code.interpreter.machine import join_all
from advisor.code.library.models import Call, function, hook, iteration
from advisor.code.library.python.numbers import configurable_of, names_of
from advisor.code.values import (
    ENDLESS,
    TRUE,
    Arguments,
    Constant,
    Dictionary,
    Object,
    Parameters,
    Scalar,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    call_by_key,
    known_number,
    shape_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@function("builtins.range")
def counted(call: Call) -> Value | None:
    """`range(start, stop, step)`."""
    values = list(call.arguments.positional)
    if call.arguments.unknown or not values:
        return None
    if len(values) == 1:
        values.insert(0, Scalar(symbols.ZERO))
    return Object("builtins.range", Arguments(values), call.place)


@iteration("builtins.range")
def iterate_range(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """The numbers of a range, as one symbol that counts."""
    if len(value.arguments.positional) < 2:
        return None
    start, stop, *rest = value.arguments.positional
    first, last = known_number(start), known_number(stop)
    step = known_number(rest[0]) if rest else symbols.ONE
    symbol = symbols.Symbol("i")
    counter = symbols.Number(1, ((symbol, 1),))
    trips = None
    if first is not None and last is not None and step is not None:
        span = symbols.subtract(last, first)
        trips = symbols.floor_divide(span, step) if step.integer != -1 else symbols.negate(span)
        if trips is not None and trips.integer is not None and trips.integer < 0:
            trips = symbols.ZERO
        if step.integer not in {1, -1} and trips is not None and span.integer is not None:
            size = abs(step.integer or 1)
            trips = symbols.number(-(-abs(span.integer) // size))
    names = names_of(start, stop)
    start_number = first if first is not None and step is not None and step.is_one else None
    return Iteration(
        make=lambda: Scalar(counter),
        trips=trips,
        symbol=symbol if start_number is not None else None,
        start=start_number,
        names=names,
        configurable=configurable_of(start, stop),
    )


# Under this key what goes through the first so many of something has how many they are.
STOP = ("stop",)
_THROUGH = (
    "tqdm.tqdm",
    "tqdm.trange",
    "tqdm.std.tqdm",
    "tqdm.rich.tqdm",
    "rich.progress.track",
    "builtins.iter",
    "itertools.islice",
    "itertools.cycle",
    "fastprogress.progress_bar",
    "fastprogress.master_bar",
)


@function(*_THROUGH)
def passed_through(call: Call) -> Value | None:
    """Wrappers that yield what they are given."""
    if call.path == "tqdm.trange":
        return counted(call)
    value = call.argument(0, "iterable")
    if value is None:
        return None
    if call.path == "itertools.cycle":
        fields = {ENDLESS: TRUE}
        return Object("builtins.endless", Arguments([value]), call.place, fields)
    if call.path == "itertools.islice":
        return _beginning_of(call, value)
    if call.path.startswith("tqdm") and isinstance(value, (Unknown, Object)):
        return Object("tqdm.tqdm", Arguments([value]), call.place)
    return value


def _beginning_of(call: Call, value: Value) -> Value:
    """`islice(iterable, 1000)`: so many items of what never ends, of others nobody knows how many."""
    made = Object("builtins.endless", Arguments([value]), call.place)
    count = call.arguments.positional[1] if len(call.arguments.positional) == 2 else None
    ends = not isinstance(value, (Object, Sequence)) or value.fields.get(ENDLESS) is not TRUE
    if isinstance(count, Scalar) and not ends:
        made.fields["length"] = count
    if count is not None:
        made.fields[STOP] = count
    return made


@function("itertools.count")
def counted_without_end(call: Call) -> Value | None:
    """`count()`."""
    return Object("itertools.count", call.arguments, call.place, {ENDLESS: TRUE})


@iteration("itertools.count")
def iterate_count(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """The numbers from 0 on, as one symbol that counts."""
    if value.arguments.positional or value.arguments.keywords:
        return None
    symbol = symbols.Symbol("i")
    counter = symbols.Number(1, ((symbol, 1),))
    return Iteration(make=lambda: Scalar(counter), symbol=symbol, start=symbols.ZERO)


@function("builtins.reversed")
def turned_round(call: Call) -> Value | None:
    """The items from the last to the first."""
    return Object("builtins.reversed", call.arguments, call.place)


# So many numbers of a range that is gone through from its end are told apart.
_TOLD_APART = 16


@iteration("builtins.reversed")
def iterate_reversed(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """What the iterable yields, the last item first."""
    inner = value.argument(0, "sequence")
    if inner is None:
        return None
    through = iterate(machine, inner, node)
    count, first = through.trips, through.start
    if through.items is not None:
        return Iteration(tuple(reversed(through.items)), trips=count)
    if first is None or count is None or count.integer is None or count.integer > _TOLD_APART:
        # The counter goes down: what is known of one that goes up does not hold.
        return replace(through, symbol=None, start=None)
    numbers = (symbols.add(first, symbols.number(each)) for each in reversed(range(count.integer)))
    return Iteration(tuple(map(Scalar, numbers)), trips=count)


@iteration("tqdm.tqdm")
def iterate_progress_bar(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """What the wrapped iterable yields."""
    inner = value.argument(0, "iterable")
    return None if inner is None else iterate(machine, inner, node)


@iteration("builtins.endless")
def iterate_endless(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """What the wrapped iterable yields, nobody knows how often."""
    inner = value.argument(0, "iterable")
    assert inner is not None
    length = value.fields.get("length")
    known = length if isinstance(length, Scalar) else None
    return Iteration(
        make=lambda: element_of(machine, inner, node),
        trips=None if known is None else known.number,
        names=frozenset() if known is None else known.names,
        configurable=None if known is None else known.configurable,
    )


@function("builtins.enumerate", "builtins.zip", "itertools.product", "builtins.map")
def combined(call: Call) -> Value | None:
    """Iterables over several things; they are looked into when they are gone through."""
    path = call.path if call.path != "itertools.product" else "builtins.product"
    return Object(path, call.arguments, call.place)


@iteration("builtins.enumerate")
def iterate_enumerate(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """Pairs of a counter and an item."""
    inner = value.argument(0, "iterable")
    if inner is None:
        return None
    through = iterate(machine, inner, node)
    start = known_number(value.argument(1, "start")) or symbols.ZERO
    if through.items is not None:
        pairs = tuple(
            Sequence("tuple", (Scalar(symbols.add(start, symbols.number(index))), item))
            for index, item in enumerate(through.items)
        )
        return Iteration(pairs, trips=through.trips)
    symbol = symbols.Symbol("i")
    counter = Scalar(symbols.Number(1, ((symbol, 1),)))
    return Iteration(
        make=lambda: Sequence("tuple", (counter, through.element(machine, node))),
        trips=through.trips,
        symbol=symbol,
        names=through.names,
        configurable=through.configurable,
        unrolls=False,
    )


@iteration("builtins.zip")
def iterate_zip(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """Tuples of items that stand at the same place."""
    columns_of_rows = _turned(value.arguments)
    if columns_of_rows is not None:
        return Iteration(columns_of_rows, trips=symbols.number(len(columns_of_rows)))
    parts = [iterate(machine, each, node) for each in value.arguments.positional]
    if not parts or value.arguments.unknown:
        return None
    columns = [part.items for part in parts]
    if all(column is not None for column in columns):
        rows = zip(*[column for column in columns if column is not None], strict=False)
        items = tuple(Sequence("tuple", row) for row in rows)
        return Iteration(items, trips=symbols.number(len(items)))
    trips = next((part.trips for part in parts if part.trips is not None), None)
    return Iteration(
        make=lambda: Sequence("tuple", tuple(part.element(machine, node) for part in parts)),
        trips=trips,
    )


def _turned(passed: Arguments) -> tuple[Value, ...] | None:
    """The columns that `zip(*rows)` makes of rows, nobody knows how many, when it is known what is in
    a row."""
    row = passed.rest
    if passed.positional or not isinstance(row, Sequence) or row.items is None:
        return None
    return tuple(Sequence("tuple", None, each) for each in row.items)


@iteration("builtins.product")
def iterate_product(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """Tuples of all combinations."""
    parts = [iterate(machine, each, node) for each in value.arguments.positional]
    return Iteration(
        make=lambda: Sequence("tuple", tuple(part.element(machine, node) for part in parts))
    )


@iteration("builtins.map")
def iterate_map(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """What a function makes of each item."""
    positional = value.arguments.positional
    if len(positional) < 2:
        return None
    mapper, *over = positional
    parts = [iterate(machine, each, node) for each in over]
    first = parts[0].items if len(parts) == 1 else None
    if first is not None and len(first) <= 16:
        results = tuple(calls.call(machine, mapper, Arguments([item]), node) for item in first)
        return Iteration(results, trips=parts[0].trips)

    def make() -> Value:
        passed = Arguments([part.element(machine, node) for part in parts])
        return calls.call(machine, mapper, passed, node)

    return Iteration(make=make, trips=parts[0].trips)


@function("builtins.next")
def next_item(call: Call) -> Value | None:
    """The next item of an iterator."""
    value = call.argument(0, "iterator")
    for each in alternatives(value):
        if isinstance(each, Object) and "dataset" in each.fields:
            call.machine.emit(BatchDrawn(call.place, call.context, each))
    return None if value is None else element_of(call.machine, value, call.node)


@function("builtins.filter")
def filtered(call: Call) -> Value | None:
    """The items that pass a test; of parameters they are parameters still."""
    value = call.argument(1, "iterable")
    if isinstance(value, Parameters):
        return Parameters(value.owners, complete=True, place=call.place)
    if value is None:
        return None
    return Sequence("list", None, element_of(call.machine, value, call.node), call.place)


# Under this key a list of files says that they stand in no order.
LISTING = ("listing",)
# Under this key a list says that it holds only so many items, the last ones.
DROPS_OLDEST = ("drops oldest",)


def _in_order(found: Iteration, call: Call) -> Iteration:
    """Items that were sorted: whole numbers are put in order, of others nobody knows which comes
    first."""
    items = found.items or ()
    sizes = [None if (size := known_number(item)) is None else size.integer for item in items]
    known = [size for size in sizes if size is not None]
    if len(known) == len(items) and not call.arguments.keywords:
        pairs = sorted(zip(known, items, strict=True), key=itemgetter(0))
        return replace(found, items=tuple(item for _, item in pairs))
    if len(items) < 2:
        return found
    return Iteration(make=lambda: join_all(items), trips=found.trips)


def _converted(kind: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        value = call.argument(0, "iterable")
        if value is None:
            return Sequence(kind, (), place=call.place)
        if isinstance(value, Parameters):
            return value
        if isinstance(value, Unknown):
            is_ordered = call.path == "builtins.sorted" and LISTING in value.fields
            return call.unknown() if is_ordered else value
        found = iterate(call.machine, value, call.node)
        if found.items is not None and call.path == "builtins.sorted":
            found = _in_order(found, call)
        if found.items is not None:
            return Sequence(kind, found.items, place=call.place)
        if isinstance(value, Tensor):
            return value
        element = found.make() if found.make is not None else None
        result = Sequence(kind, None, element, call.place)
        if found.trips is not None:
            result.fields["length"] = Scalar(found.trips, found.names)
        return result

    return model


for _kind in ("list", "tuple", "set"):
    function(f"builtins.{_kind}")(_converted(_kind))
function("builtins.sorted", "builtins.frozenset")(_converted("list"))


@function("collections.deque")
def double_ended_queue(call: Call) -> Value | None:
    """`deque(items, maxlen=20)`: a list, which may drop its oldest items."""
    result = _converted("list")(call)
    if call.argument(1, "maxlen") is not None and isinstance(result, Sequence):
        result.fields[DROPS_OLDEST] = TRUE
    return result


@function("itertools.chain")
def chained(call: Call) -> Value | None:
    """One iterable after another; of parameters it is all of them."""
    values = call.arguments.positional
    owners: list[Value] = []
    if values and all(isinstance(value, Parameters) for value in values):
        for value in values:
            assert isinstance(value, Parameters)
            owners.extend(value.owners)
        complete = all(isinstance(value, Parameters) and value.complete for value in values)
        return Parameters(tuple(owners), complete, call.place)
    result = Sequence("list", (), place=call.place)
    for value in values:
        attributes.extend(call.machine, result, value)
    return result


@function("builtins.dict", "collections.OrderedDict", "types.SimpleNamespace", "argparse.Namespace")
def dictionary(call: Call) -> Value | None:
    """A dictionary, or a namespace, from keywords, pairs or another dictionary."""
    items: dict[object, Value] = {}
    items.update(call.arguments.keywords.items())
    other: Value | None = call.unknown() if call.arguments.unknown else None
    first = call.argument(0, "mapping")
    if isinstance(first, Object) and first.path == "torch.state_dict" and not items:
        return first  # with the very same weights
    if isinstance(first, Dictionary):
        items = {**first.items, **items}
        other = first.other or other
    elif isinstance(first, Sequence) and first.items is not None:
        for pair in first.items:
            parts = items_of(pair)
            key = parts[0] if parts and len(parts) == 2 else None
            if parts is not None and isinstance(key, Constant):
                items[key.value] = parts[1]
            else:
                other = call.unknown()
    elif first is not None:
        other = call.unknown()
    if call.path in {"argparse.Namespace", "types.SimpleNamespace"}:
        return Object("argparse.Namespace", place=call.place, fields=dict(items))
    for name, value in items.items():
        call_by_key(value, name)
    return Dictionary(items, other, call.place)


@function("collections.defaultdict", "collections.Counter")
def dictionary_with_default(call: Call) -> Value | None:
    """A dictionary that makes the values it lacks."""
    factory = call.argument(0, "default_factory")
    other: Value = call.unknown()
    made = Dictionary({}, other, call.place)
    if factory is not None and call.path == "collections.defaultdict":
        made.fields["other"] = calls.call(call.machine, factory, Arguments(), call.node)
        made.fields[attributes.FACTORY] = factory
    return made


@hook("unpack")
def unpack_size(
    machine: "Machine", value: Value, count: int, node: cst.CSTNode
) -> list[Value] | None:
    """`b, t, c = x.shape` tells the rank of `x`."""
    if isinstance(value, Object) and value.path == "torch.Size":
        shape = shape_of(value.arguments.positional[0])
        if shape is not None and shape.settle(count):
            return [Scalar(shape.axis(index)) for index in range(count)]
    return None
