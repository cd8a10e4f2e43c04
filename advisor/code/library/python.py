"""Python itself: builtins, the standard library, and the small libraries around every loop."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.gradients import cut_off
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.loops import (
    Iteration,
    element_of,
    items_of,
    iterate,
    key_value,
)
from advisor.code.interpreter.machine import join_all
from advisor.code.library.models import (
    Call,
    attribute,
    family,
    function,
    hook,
    iteration,
    method,
)
from advisor.code.values import (
    FALSE,
    NONE,
    TRUE,
    Arguments,
    Bound,
    Class,
    Constant,
    Dictionary,
    Function,
    Instance,
    Joined,
    Library,
    Object,
    Parameters,
    Partial,
    Scalar,
    Sequence,
    Tensor,
    Unknown,
    Value,
    join,
    known_number,
    known_text,
    shape_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# --- numbers ------------------------------------------------------------------------------


def _names(*values: Value | None) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for value in values:
        if isinstance(value, Scalar):
            found |= value.names
    return found


def _configurable(*values: Value | None) -> str | None:
    for value in values:
        if isinstance(value, Scalar) and value.configurable:
            return value.configurable
    return None


@function("builtins.int", "math.floor", "math.trunc", "numpy.floor")
def rounded_down(call: Call) -> Value | None:
    """A number without its fraction."""
    return _rounded(call, "floor")


@function("math.ceil", "numpy.ceil")
def rounded_up(call: Call) -> Value | None:
    """The next whole number."""
    return _rounded(call, "ceil")


def _rounded(call: Call, way: str) -> Value | None:
    value = call.argument(0, "x")
    if not isinstance(value, Scalar):
        return None
    number = value.number
    if number.integer is not None:
        return value
    if number.constant is None and _whole(number):
        return value
    return Scalar(symbols.apply(way, number), value.names, value.configurable)


def _whole(number: symbols.Number) -> bool:
    return isinstance(number.coefficient, int) and all(power > 0 for _, power in number.factors)


@function("builtins.float")
def decimal(call: Call) -> Value | None:
    """A number as a float."""
    value = call.argument(0, "x")
    text = known_text(value)
    if text is not None:
        try:
            return Scalar(symbols.number(float(text)))
        except ValueError:
            return None
    if isinstance(value, (Tensor, Unknown)):
        return cut_off(call.unknown(), call.place, "float()")
    return value if isinstance(value, Scalar) else None


@function("builtins.round")
def rounded(call: Call) -> Value | None:
    """A number to so many digits."""
    value = call.argument(0, "number")
    if not isinstance(value, Scalar):
        return None
    constant = value.number.constant
    digits = known_number(call.argument(1, "ndigits"))
    if constant is None:
        return value
    places = digits.integer if digits is not None else None
    return Scalar(symbols.number(round(constant, places)), value.names, value.configurable)


def _extreme(name: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        values = call.arguments.positional
        if len(values) == 1:
            values = list(items_of(values[0]) or ())
        numbers = [value.number for value in values if isinstance(value, Scalar)]
        if len(numbers) != len(values) or not numbers:
            return None
        result = numbers[0]
        for other in numbers[1:]:
            result = symbols.apply(name, result, other)
        return Scalar(result, _names(*values), _configurable(*values))

    return model


function("builtins.min")(_extreme("min"))
function("builtins.max")(_extreme("max"))


def _mathematical(name: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        value = call.argument(0, "x")
        if not isinstance(value, Scalar):
            return None
        return Scalar(symbols.apply(name, value.number), value.names, value.configurable)

    return model


for _name in ("sqrt", "cos", "sin", "exp", "log"):
    function(f"math.{_name}")(_mathematical(_name))
function("builtins.abs", "math.fabs")(_mathematical("abs"))


@function("math.pow", "builtins.pow")
def to_the_power(call: Call) -> Value | None:
    """`base ** exponent`."""
    base, exponent = call.argument(0, "x"), call.argument(1, "y")
    if not isinstance(base, Scalar) or not isinstance(exponent, Scalar):
        return None
    result = symbols.power(base.number, exponent.number)
    names, option = _names(base, exponent), _configurable(base, exponent)
    return None if result is None else Scalar(result, names, option)


@attribute("constant", "math.pi", "numpy.pi")
def pi(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """The number π."""
    return Scalar(symbols.number(3.141592653589793))


@function("builtins.len")
def length(call: Call) -> Value | None:
    """How many items a value has: the same number each time it is asked."""
    value = call.argument(0, "obj")
    match value:
        case Sequence() if value.items is not None:
            return Scalar(symbols.number(len(value.items)))
        case Dictionary() if value.other is None:
            return Scalar(symbols.number(len(value.items)))
        case Tensor():
            return Scalar(value.shape.axis(0))
        case Constant() if isinstance(value.value, str) and not value.configurable:
            return Scalar(symbols.number(len(value.value)))
        case Instance() if isinstance(value.cls.find("__len__"), Function):
            return calls.call_method(call.machine, value, "__len__", Arguments(), call.node)
        case Unknown() | Object() | Sequence() | Instance():
            return known_length(value)
    return None


def known_length(value: Unknown | Object | Sequence | Instance) -> Scalar:
    """The number that stands for the length of a value."""
    key = "length"
    found = value.fields.get(key)
    if not isinstance(found, Scalar):
        name = value.name if isinstance(value, Unknown) else type(value).__name__.lower()
        found = Scalar(symbols.fresh(f"len({name})"), frozenset({f"len({name})"}))
        value.fields[key] = found
    return found


@function("builtins.sum")
def total(call: Call) -> Value | None:
    """The sum of items; of tensors it is a tensor."""
    value = call.argument(0, "iterable")
    if value is None:
        return None
    items = items_of(value)
    if items and all(isinstance(item, Scalar) for item in items):
        result = symbols.ZERO
        for item in items:
            assert isinstance(item, Scalar)
            result = symbols.add(result, item.number)
        return Scalar(result, _names(*items), _configurable(*items))
    element = element_of(call.machine, value, call.node)
    if isinstance(element, Tensor):
        return call.machine.models.arithmetic(call.machine, "+", element, element, call.node)
    return None


# --- going through things -----------------------------------------------------------------


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
    names = _names(start, stop)
    start_number = first if first is not None and step is not None and step.is_one else None
    return Iteration(
        make=lambda: Scalar(counter),
        trips=trips,
        symbol=symbol if start_number is not None else None,
        start=start_number,
        names=names,
        configurable=_configurable(start, stop),
    )


_THROUGH = (
    "tqdm.tqdm",
    "tqdm.trange",
    "tqdm.std.tqdm",
    "tqdm.rich.tqdm",
    "rich.progress.track",
    "builtins.iter",
    "builtins.reversed",
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
    if call.path in {"itertools.cycle", "itertools.islice"}:
        return Object("builtins.endless", Arguments([value]), call.place)
    if call.path.startswith("tqdm") and isinstance(value, (Unknown, Object)):
        return Object("tqdm.tqdm", Arguments([value]), call.place)
    return value


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
    return Iteration(make=lambda: element_of(machine, inner, node))


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


def _converted(kind: str) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        value = call.argument(0, "iterable")
        if value is None:
            return Sequence(kind, (), place=call.place)
        if isinstance(value, Parameters):
            return value
        if isinstance(value, Unknown):
            return value
        found = iterate(call.machine, value, call.node)
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
function("builtins.sorted", "collections.deque", "builtins.frozenset")(_converted("list"))


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


@function("builtins.dict", "collections.OrderedDict", "easydict.EasyDict", "argparse.Namespace")
def dictionary(call: Call) -> Value | None:
    """A dictionary, or a namespace, from keywords, pairs or another dictionary."""
    items: dict[object, Value] = {}
    items.update(call.arguments.keywords.items())
    other: Value | None = call.unknown() if call.arguments.unknown else None
    first = call.argument(0, "mapping")
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
    if call.path in {"argparse.Namespace", "easydict.EasyDict"}:
        return Object("argparse.Namespace", place=call.place, fields=dict(items))
    return Dictionary(items, other, call.place)


@function("collections.defaultdict", "collections.Counter")
def dictionary_with_default(call: Call) -> Value | None:
    """A dictionary that makes the values it lacks."""
    factory = call.argument(0, "default_factory")
    other: Value = call.unknown()
    if factory is not None and call.path == "collections.defaultdict":
        other = calls.call(call.machine, factory, Arguments(), call.node)
    return Dictionary({}, other, call.place)


# --- lists, dictionaries, strings ---------------------------------------------------------


@method("list", "append", "add", "appendleft")
@method("set", "add")
@method("sequence", "append", "add")
def append(call: Call) -> Value | None:
    """`list.append(value)`."""
    value = call.argument(0, "object")
    if isinstance(call.receiver, Sequence) and value is not None:
        attributes.append(call.machine, call.receiver, value)
        for observer in _appends:
            observer(call, call.receiver, value)
    return NONE


_appends: list[Callable[[Call, Sequence, Value], None]] = []


def on_append(observer: Callable[[Call, Sequence, Value], None]) -> None:
    """Let a library see what is appended to lists."""
    _appends.append(observer)


@method("list", "extend")
@method("sequence", "extend")
def extend(call: Call) -> Value | None:
    """`list.extend(values)`."""
    value = call.argument(0, "iterable")
    if isinstance(call.receiver, Sequence) and value is not None:
        attributes.extend(call.machine, call.receiver, value)
    return NONE


@method("sequence", "insert")
def insert(call: Call) -> Value | None:
    """`list.insert(index, value)`."""
    receiver, value = call.receiver, call.argument(1, "object")
    if isinstance(receiver, Sequence) and value is not None:
        position = known_number(call.argument(0, "index"))
        index = position.integer if position is not None else None
        if receiver.items is not None and index is not None:
            items = list(receiver.items)
            items.insert(index, value)
            call.machine.store(receiver.fields, "items", tuple(items))
        else:
            attributes.append(call.machine, receiver, value)
    return NONE


@method("sequence", "pop", "popleft")
def pop(call: Call) -> Value | None:
    """`list.pop()`: the item, which the list then lacks."""
    receiver = call.receiver
    if not isinstance(receiver, Sequence) or not receiver.items:
        return receiver.element if isinstance(receiver, Sequence) else None
    first = Scalar(symbols.number(0 if call.path.endswith("popleft") else -1))
    position = known_number(call.argument(0, "index") or first)
    items = list(receiver.items)
    index = None if position is None else position.integer
    if index is None or not -len(items) <= index < len(items):
        attributes.forget_places(call.machine, receiver)
        return receiver.element
    found = items.pop(index)
    call.machine.store(receiver.fields, "items", tuple(items))
    return found


@method("sequence", "remove", "sort", "reverse", "rotate", "discard")
def reordered(call: Call) -> Value | None:
    """Methods after which nobody knows which item is where."""
    receiver = call.receiver
    assert isinstance(receiver, Sequence)
    if call.path.endswith("reverse") and receiver.items is not None:
        call.machine.store(receiver.fields, "items", receiver.items[::-1])
    else:
        attributes.forget_places(call.machine, receiver)
    return NONE


@method("sequence", "clear")
def cleared(call: Call) -> Value | None:
    """`list.clear()`."""
    receiver = call.receiver
    assert isinstance(receiver, Sequence)
    call.machine.store(receiver.fields, "items", ())
    return NONE


@method("sequence", "copy")
def copy_of_list(call: Call) -> Value | None:
    """`list.copy()`."""
    receiver = call.receiver
    assert isinstance(receiver, Sequence)
    return Sequence(receiver.kind, receiver.items, receiver.element, call.place)


@method("dict", "items")
def items_of_dictionary(call: Call) -> Value | None:
    """Pairs of keys and values."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    pairs = tuple(
        Sequence("tuple", (key_value(key), value)) for key, value in receiver.items.items()
    )
    if receiver.other is None:
        return Sequence("list", pairs, place=call.place)
    element = Sequence("tuple", (call.unknown(), receiver.other))
    return Sequence("list", None, element, call.place)


@method("dict", "values")
def values_of_dictionary(call: Call) -> Value | None:
    """The values."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    values = tuple(receiver.items.values())
    if receiver.other is None:
        return Sequence("list", values, place=call.place)
    return Sequence("list", None, join_all([*values, receiver.other]), call.place)


@method("dict", "keys")
def keys_of_dictionary(call: Call) -> Value | None:
    """The keys."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    if receiver.other is not None:
        return Sequence("list", None, call.unknown(), call.place)
    return Sequence("list", tuple(key_value(key) for key in receiver.items), place=call.place)


@method("dict", "get", "setdefault", "pop")
def get_from_dictionary(call: Call) -> Value | None:
    """`dictionary.get(key, default)`; `pop` takes the key away, `setdefault` puts it in."""
    receiver, key = call.receiver, call.argument(0, "key")
    if receiver is None or key is None:
        return None
    default = call.argument(1, "default") or NONE
    if not isinstance(receiver, Dictionary) or not isinstance(key, Constant):
        some = attributes.get_item(call.machine, receiver, [key], call.node)
        may_lack_it = isinstance(receiver, Dictionary) and call.path.endswith("get")
        return join(some, default) if may_lack_it else some
    found = receiver.items.get(key.value)
    if found is None:
        found = default if receiver.other is None else join(receiver.other, default)
    if call.path.endswith("setdefault"):
        call.machine.store(receiver.fields, ("key", key.value), found)
    elif call.path.endswith("pop") and key.value in receiver.items:
        call.machine.forget(receiver.fields, ("key", key.value))
    return found


@method("dict", "update")
def update(call: Call) -> Value | None:
    """`dictionary.update(other, key=value)`."""
    receiver, other = call.receiver, call.argument(0, "other")
    assert isinstance(receiver, Dictionary)
    given: dict[object, Value] = {}
    given.update(call.arguments.keywords.items())
    if isinstance(other, Dictionary):
        given.update(other.items)
    for key, value in given.items():
        call.machine.store(receiver.fields, ("key", key), value)
    if call.arguments.unknown or (other is not None and not isinstance(other, Dictionary)):
        call.machine.store(receiver.fields, "other", receiver.other or call.unknown())
    return NONE


@method("dict", "copy")
def copy_of_dictionary(call: Call) -> Value | None:
    """`dictionary.copy()`."""
    receiver = call.receiver
    assert isinstance(receiver, Dictionary)
    return Dictionary(receiver.items, receiver.other, call.place)


@method("str", "lower", "upper", "strip")
def changed_text(call: Call) -> Value | None:
    """A string in other letters."""
    receiver = call.receiver
    assert isinstance(receiver, Constant)
    assert isinstance(receiver.value, str)
    changed = getattr(receiver.value, call.path.rsplit(".", 1)[-1])()
    return Constant(changed, receiver.configurable)


# --- objects ------------------------------------------------------------------------------


@function("builtins.getattr")
def get_attribute(call: Call) -> Value | None:
    """`getattr(object, name, default)`."""
    receiver, name = call.argument(0, "object"), known_text(call.argument(1, "name"))
    if receiver is None or name is None:
        if isinstance(receiver, Library):
            # One of the classes of a library, chosen by name: which one is not known.
            return Library(f"{receiver.path}.?", call.place)
        return None
    default = call.argument(2, "default")
    if default is not None and isinstance(receiver, Object) and name not in receiver.fields:
        return join(call.unknown(), default)
    return attributes.get(call.machine, receiver, name, call.node)


@function("builtins.setattr")
def set_attribute(call: Call) -> Value | None:
    """`setattr(object, name, value)`."""
    receiver, value = call.argument(0, "object"), call.argument(2, "value")
    name = known_text(call.argument(1, "name"))
    if receiver is not None and value is not None and name is not None:
        attributes.set_attribute(call.machine, receiver, name, value, call.node)
    elif receiver is not None and value is not None:
        call.machine.models.assign_attribute(call.machine, receiver, "?", value, call.node)
    return NONE


@function("builtins.isinstance")
def is_instance(call: Call) -> Value | None:
    """`isinstance(object, class)`, where both are known."""
    value, kind = call.argument(0, "object"), call.argument(1, "class")
    kinds = items_of(kind) if isinstance(kind, Sequence) else (kind,)
    if value is None or not kinds or isinstance(value, (Unknown, Joined)):
        return None
    results = [_is_a(value, each) for each in kinds]
    if True in results:
        return TRUE
    return None if None in results else FALSE


def _is_a(value: Value, kind: Value | None) -> bool | None:
    match value, kind:
        case Instance(), Class():
            return kind in value.cls.lineage() or (None if value.cls.has_unknown_base() else False)
        case Instance(), Library():
            if kind.path in value.cls.library_bases():
                return True
            if kind.path == "torch.nn.DataParallel" or kind.path.endswith("DataParallel"):
                return False
            return None
        case Object(), Library():
            if value.path == kind.path:
                return True
            if kind.path in {"torch.nn.Module", "torch.optim.Optimizer"}:
                return None
            return False if value.path.startswith("torch.nn.") else None
        case Sequence(), Library():
            return kind.path == f"builtins.{value.kind}"
        case Dictionary(), Library():
            return kind.path in {"builtins.dict", "collections.OrderedDict"}
        case Scalar(), Library():
            if kind.path in {"builtins.int", "builtins.float"} and value.number.integer is None:
                return None
            return kind.path in {"builtins.int", "builtins.float", "numbers.Number"}
        case Constant(), Library():
            return kind.path == f"builtins.{type(value.value).__name__}"
        case Tensor(), Library() if value.library == "torch":
            return kind.path in {"torch.Tensor"} or (
                None if kind.path.startswith("torch") else False
            )
    return None


@function("builtins.hasattr")
def has_attribute(call: Call) -> Value | None:
    """`hasattr(object, name)`, where it is certain."""
    receiver, name = call.argument(0, "object"), known_text(call.argument(1, "name"))
    if not isinstance(receiver, Instance) or name is None:
        return None
    return TRUE if name in receiver.fields or receiver.cls.find(name) is not None else None


@function("builtins.type")
def type_of(call: Call) -> Value | None:
    """`type(object)`."""
    value = call.argument(0, "object")
    if isinstance(value, Instance):
        return value.cls
    return Library(value.path) if isinstance(value, Object) else None


@function("builtins.bool")
def truth_of(call: Call) -> Value | None:
    """`bool(value)`."""
    value = call.argument(0, "x")
    return value if isinstance(value, Constant) and isinstance(value.value, bool) else None


@function("builtins.str", "builtins.repr")
def text_of(call: Call) -> Value | None:
    """`str(value)`."""
    value = call.argument(0, "object")
    return value if known_text(value) is not None else None


@function("functools.partial")
def partial(call: Call) -> Value | None:
    """A callable with some arguments already given."""
    if not call.arguments.positional:
        return None
    callee, *rest = call.arguments.positional
    return Partial(callee, Arguments(rest, call.arguments.keywords, call.arguments.unknown))


@function("copy.copy")
def shallow_copy(call: Call) -> Value | None:
    """A copy that shares what it holds."""
    return call.argument(0, "x")


@function("copy.deepcopy")
def deep_copy(call: Call) -> Value | None:
    """A copy of everything: another object with other parameters."""
    return deep_copied(call.argument(0, "x"), {})


def deep_copied(value: Value | None, done: dict[int, Value]) -> Value | None:
    """A copy of a value and of all mutable values in it."""
    if value is None or id(value) in done:
        return done.get(id(value)) if value is not None else None
    copied: Value
    match value:
        case Instance():
            copied = Instance(value.cls, value.place)
        case Object():
            copied = type(value).__new__(type(value))
            for name in ("path", "arguments", "place", "owners", "complete", "loops", "optimizer"):
                if hasattr(value, name):
                    setattr(copied, name, getattr(value, name))
            copied.fields = {}
        case Sequence():
            copied = Sequence(value.kind, value.items, value.element, value.place)
        case Dictionary():
            copied = Dictionary({}, None, value.place)
        case Unknown():
            copied = Unknown(value.name, place=value.place, lineage=value.lineage)
            copied.shape = value.shape
            return copied
        case _:
            return value
    done[id(value)] = copied
    for key, field in value.fields.items():
        if isinstance(field, Value):
            copied.fields[key] = deep_copied(field, done)
        elif isinstance(field, tuple):
            copied.fields[key] = tuple(
                deep_copied(each, done) if isinstance(each, Value) else each for each in field
            )
        else:
            copied.fields[key] = field
    return copied


# --- command lines ------------------------------------------------------------------------

family("parser", "argparse.ArgumentParser", "configargparse.", "argparse.")


@function("argparse.ArgumentParser", "configargparse.ArgumentParser", "configargparse.ArgParser")
def parser(call: Call) -> Value | None:
    """An argument parser; it collects the options and their defaults."""
    return Object("argparse.ArgumentParser", call.arguments, call.place)


@method("parser", "add_argument_group", "add_mutually_exclusive_group")
def argument_group(call: Call) -> Value | None:
    """A group adds its options to the parser."""
    return call.receiver


@method("parser", "add_argument", "add")
def add_argument(call: Call) -> Value | None:
    """An option: its name, and the default that holds until the user says otherwise."""
    names = [known_text(value) for value in call.arguments.positional]
    flags = [name for name in names if name is not None]
    target = known_text(call.argument(-1, "dest"))
    if target is None and flags:
        long = next((flag for flag in flags if flag.startswith("--")), flags[0])
        target = long.lstrip("-").replace("-", "_")
    if target is None or not isinstance(call.receiver, Object):
        return NONE
    option = max(flags, key=len) if flags else target
    default = call.argument(-1, "default")
    action = known_text(call.argument(-1, "action"))
    if default is None and action in {"store_true", "store_false"}:
        default = Constant(action == "store_false")
    call.machine.store(call.receiver.fields, ("option", target), _default(default, option, call))
    return NONE


def _default(default: Value | None, option: str, call: Call) -> Value:
    origin = f"the default of `{option}`"
    match default:
        case Scalar():
            return Scalar(default.number, default.names | {option}, origin, call.place)
        case Constant() if isinstance(default.value, str):
            converter = call.argument(-1, "type")
            if isinstance(converter, Library) and converter.path in {
                "builtins.int",
                "builtins.float",
            }:
                try:
                    number = symbols.number(float(default.value))
                    return Scalar(number, frozenset({option}), origin, call.place)
                except ValueError:
                    pass
            return Constant(default.value, origin, call.place)
        case Constant() if isinstance(default.value, bool):
            return Constant(default.value, origin, call.place)
        case Sequence() if default.items is not None:
            items = tuple(_default(item, option, call) for item in default.items)
            return Sequence(default.kind, items, place=call.place)
    return Unknown(option.lstrip("-").replace("-", "_"), place=call.place)


@method("parser", "set_defaults")
def set_defaults(call: Call) -> Value | None:
    """Defaults of several options."""
    for name, value in call.arguments.keywords.items():
        if isinstance(call.receiver, Object):
            stored = _default(value, f"--{name}", call)
            call.machine.store(call.receiver.fields, ("option", name), stored)
    return NONE


@method("parser", "parse_args", "parse_known_args")
def parse_args(call: Call) -> Value | None:
    """The namespace of all options at their defaults."""
    receiver = call.receiver
    assert isinstance(receiver, Object)
    options = {
        key[1]: value
        for key, value in receiver.fields.items()
        if isinstance(key, tuple) and key[0] == "option"
    }
    namespace = Object("argparse.Namespace", place=call.place, fields=options)
    if call.path.endswith("parse_known_args"):
        return Sequence("tuple", (namespace, call.unknown()))
    return namespace


@function("builtins.vars")
def variables(call: Call) -> Value | None:
    """The attributes of an object as a dictionary."""
    value = call.argument(0, "object")
    if isinstance(value, (Object, Instance)):
        items: dict[object, Value] = {
            key: field for key, field in value.fields.items() if isinstance(field, Value)
        }
        return Dictionary(items, None, call.place)
    return None


@function("dataclasses.field", "pydantic.Field", "attr.ib", "attrs.field")
def dataclass_field(call: Call) -> Value | None:
    """The default of a dataclass field."""
    default = call.argument(-1, "default")
    if default is not None:
        return default
    factory = call.argument(-1, "default_factory")
    if isinstance(factory, (Function, Library, Class, Bound)):
        return calls.call(call.machine, factory, Arguments(), call.node)
    return call.argument(0, "default")


@function("collections.namedtuple")
def named_tuple(call: Call) -> Value | None:
    """A class of tuples with names; its instances are namespaces."""
    return Library("argparse.Namespace")


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
