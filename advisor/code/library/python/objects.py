"""Objects: their attributes, classes, copies, and what makes classes."""

from copy import copy

from advisor.code.events import BackwardRun, PersonAsked
from advisor.code.interpreter import attributes, calls, classes
from advisor.code.interpreter.loops import items_of
from advisor.code.library.models import Call, function
from advisor.code.values import (
    FALSE,
    NONE,
    ORIGINAL,
    TRUE,
    UNKNOWN_MEMBER,
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
    Original,
    Partial,
    Scalar,
    Schedule,
    Sequence,
    Tensor,
    Unknown,
    Value,
    join,
    known_text,
    written_out,
)


@function("builtins.getattr")
def get_attribute(call: Call) -> Value | None:
    """`getattr(object, name, default)`."""
    receiver, name = call.argument(0, "object"), known_text(call.argument(1, "name"))
    if receiver is None or name is None:
        if isinstance(receiver, Library):
            # One of the classes of a library, chosen by name: which one is not known.
            return Library(f"{receiver.path}{UNKNOWN_MEMBER}", call.place)
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
        attributes.forget_settings(call.machine, receiver, call.node)
    return NONE


@function("builtins.isinstance")
def is_instance(call: Call) -> Value | None:
    """`isinstance(object, class)`, where both are known."""
    value, kind = call.argument(0, "object"), call.argument(1, "class")
    kinds = items_of(kind) if isinstance(kind, Sequence) else (kind,)
    if value is None or not kinds or isinstance(value, Joined):
        return None
    if isinstance(value, Unknown):
        return TRUE if any(map(_is_tensor, kinds)) and _has_gone_back(call, value) else None
    results = [_is_a(value, each) for each in kinds]
    if True in results:
        return TRUE
    return None if None in results else FALSE


@function("torch.is_tensor")
def is_tensor(call: Call) -> Value | None:
    """`torch.is_tensor(object)`, where the object is known."""
    value = call.argument(0, "obj")
    if isinstance(value, Unknown):
        return TRUE if _has_gone_back(call, value) else None
    return TRUE if isinstance(value, Tensor) and value.library == "torch" else None


def _has_gone_back(call: Call, value: Unknown) -> bool:
    """Whether something unknown has been back-propagated, as only tensors are."""
    return any(isinstance(each, BackwardRun) and each.loss is value for each in call.machine.trace)


def _is_tensor(kind: Value | None) -> bool:
    return isinstance(kind, Library) and kind.path in _TENSORS


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
            return _is_of_library(value, kind.path)
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
            return kind.path in _TENSORS or (None if kind.path.startswith("torch") else False)
    return None


# A variable has been a tensor, and each tensor one, since they became the same.
_TENSORS = frozenset({"torch.Tensor", "torch.autograd.Variable"})
_SCHEDULES = "torch.optim.lr_scheduler."
# Classes of torch that others of the same module inherit from.
_FAMILIES = {
    "torch.nn.Module": "torch.nn.",
    "torch.optim.Optimizer": "torch.optim.",
    "torch.optim.lr_scheduler.LRScheduler": _SCHEDULES,
    "torch.optim.lr_scheduler._LRScheduler": _SCHEDULES,
}


def _is_of_library(value: Object, kind: str) -> bool | None:
    """Whether an object of a library is of a class of one."""
    if value.path == kind:
        return True
    if kind in _FAMILIES:
        # A schedule that watches a metric has become one of the others in later versions only.
        changed = value.path.endswith(".ReduceLROnPlateau")
        return True if value.path.startswith(_FAMILIES[kind]) and not changed else None
    if kind.startswith(_SCHEDULES) and value.path.startswith(_SCHEDULES):
        return False
    if kind.rpartition(".")[2].startswith("_"):
        return None  # what layers have in common: `_BatchNorm`
    return False if value.path.startswith("torch.nn.") else None


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
    return attributes.class_of(value) if isinstance(value, (Instance, Object)) else None


@function("builtins.bool")
def truth_of(call: Call) -> Value | None:
    """`bool(value)`."""
    value = call.argument(0, "x")
    return value if isinstance(value, Constant) and isinstance(value.value, bool) else None


@function("builtins.str", "builtins.repr")
def text_of(call: Call) -> Value | None:
    """`str(value)`."""
    value = call.argument(0, "object")
    if known_text(value) is not None:
        return value
    if isinstance(value, Instance):
        form = "__repr__" if call.path.endswith("repr") else "__str__"
        made = classes.as_text(call.machine, value, call.node, form)
        return None if made is value else made
    written = written_out(value)
    return None if written is None else Constant(written)


@function("builtins.input")
def typed_in(call: Call) -> Value | None:
    """`input("Which one? ")`: what somebody types in."""
    call.machine.emit(PersonAsked(call.place, call.context))
    return None


@function("builtins.print")
def printed(call: Call) -> Value | None:
    """`print(meter)`: the object's class says how it is written."""
    for value in call.arguments.positional:
        classes.as_text(call.machine, value, call.node)
    return None


@function("functools.partial")
def partial(call: Call) -> Value | None:
    """A callable with some arguments already given."""
    if not call.arguments.positional:
        return None
    callee, *rest = call.arguments.positional
    given = Arguments(rest, call.arguments.keywords, call.arguments.unknown)
    return Partial(callee, given, call.place)


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
            copied = copy(value)
            copied.fields = {}
            if isinstance(copied, Schedule):
                copied.names = set()  # it goes by other ones
        case Sequence():
            copied = Sequence(value.kind, value.items, value.element, value.place)
        case Dictionary():
            copied = Dictionary({}, None, value.place)
        case Unknown():
            # It goes by the names that it will be given: what is named after a model trains on, and
            # its copy stays as it was.
            copied = Unknown(place=value.place, lineage=value.lineage)
            copied.shape = value.shape
            return copied
        case Joined():
            options = [deep_copied(option, done) or option for option in value.alternatives]
            return Joined(tuple(options))
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
    if isinstance(value, (Instance, Object)):
        copied.fields[ORIGINAL] = Original(value)
    return copied


@function("builtins.vars")
def variables(call: Call) -> Value | None:
    """The attributes of an object as a dictionary."""
    value = call.argument(0, "object")
    return _attributes_of(value, call) if isinstance(value, (Object, Instance)) else None


@function("dataclasses.asdict", "attrs.asdict", "attr.asdict")
def as_dictionary(call: Call) -> Value | None:
    """The fields of a dataclass as a dictionary, and those of dataclasses among them."""
    value = call.argument(0, "obj") or call.argument(0, "inst")
    return _as_plain(value, call) if isinstance(value, Instance) else None


def _as_plain(value: Value, call: Call) -> Value:
    if not isinstance(value, Instance):
        return value
    found = _attributes_of(value, call)
    items = {key: _as_plain(each, call) for key, each in found.items.items()}
    return Dictionary(items, None, call.place)


def _attributes_of(value: Object | Instance, call: Call) -> Dictionary:
    items: dict[object, Value] = {
        key: field for key, field in value.fields.items() if isinstance(field, Value)
    }
    return Dictionary(items, None, call.place)


@function("dataclasses.replace", "attrs.evolve", "attr.evolve")
def replaced(call: Call) -> Value | None:
    """A dataclass with other values in some of its fields."""
    value = call.argument(0, "obj")
    if not isinstance(value, Instance) or call.arguments.unknown:
        return None
    changed = Instance(value.cls, call.place)
    changed.fields.update(value.fields)
    given = {name: each for name, each in call.arguments.keywords.items() if name != "obj"}
    changed.fields.update(given)
    return changed


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
