"""How the interpreter asks what a library does.

A library is modelled by small functions registered under the names of what they model:

    @function("torch.relu", "torch.nn.functional.relu")
    @method("tensor", "relu")
    def relu(call: Call) -> Value | None: ...

A model returns the resulting value, or None when it has nothing to say; it emits events through
`call.machine`. To teach the interpreter a new function, add its name to the model that fits, or
a line to one of the tables in the library's module.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.events import Context
from advisor.code.interpreter.loops import Iteration
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Arguments,
    Unknown,
    Value,
)
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

Index = Value | slice
# What torch also calls its arguments, as numpy does.
_ALIASES = {"dim": "axis", "keepdim": "keepdims"}


@dataclass(slots=True)
class Call:
    """A call of something that is modelled: by whom, on what, with what."""

    machine: "Machine"
    path: str
    arguments: Arguments
    node: cst.CSTNode
    receiver: Value | None = None

    @property
    def place(self) -> NodePlace:
        """Where the call stands."""
        return self.machine.place(self.node)

    @property
    def context(self) -> Context:
        """What the call stands in."""
        return self.machine.context

    @property
    def subject(self) -> Value | None:
        """The value that an operation is about: the receiver of a method, else the first argument
        of a function."""
        if self.receiver is not None:
            return self.receiver
        return self.arguments.get(0, "input")

    def argument(self, index: int, name: str) -> Value | None:
        """An argument by position or name. For operations that exist as a function and as a method
        the position counts from the one behind the subject."""
        found = self.arguments.get(index, name)
        return (
            self.arguments.keywords.get(_ALIASES[name])
            if found is None and name in _ALIASES
            else found
        )

    def operand(self, index: int, name: str) -> Value | None:
        """An argument behind the subject of an operation."""
        return self.argument(index if self.receiver is not None else index + 1, name)

    def unknown(self) -> Unknown:
        """A result nothing is known about."""
        return self.machine.unknown(f"{self.path.rsplit('.', 1)[-1]}()", self.node)


Model = Callable[[Call], Value | None]
AttributeModel = Callable[["Machine", Any, cst.CSTNode], Value | None]
IterationModel = Callable[["Machine", Any, cst.CSTNode], Iteration | None]
ItemModel = Callable[["Machine", Any, Sequence[Index], cst.CSTNode], Value | None]
Reader = Callable[["Machine", Value, cst.CSTNode], None]
Observer = Callable[..., bool | None]

ATTRIBUTES_OF = "attributes of"
"""What stands for `self.__dict__`: an object with this path, and the instance as its argument."""

FUNCTIONS: dict[str, Model] = {}
METHODS: dict[tuple[str, str], Model] = {}
ATTRIBUTES: dict[tuple[str, str], AttributeModel] = {}
ITERATIONS: dict[str, IterationModel] = {}
ITEMS: dict[str, ItemModel] = {}
READERS: dict[str, list[Reader]] = {}
FAMILIES: list[tuple[str, str]] = []
HOOKS: dict[str, list[Callable[..., Any]]] = {}
OBSERVERS: dict[str, list[Observer]] = {}


def function(*paths: str) -> Callable[[Model], Model]:
    """Model the functions or classes with these paths."""

    def register(model: Model) -> Model:
        for path in paths:
            FUNCTIONS[path] = model
        return model

    return register


def asked_first(*paths: str) -> Callable[[Model], Model]:
    """Model functions with these paths for some of what they are given; where the model says
    nothing, those that other modules have registered before are asked."""

    def register(model: Model) -> Model:
        for path in paths:
            FUNCTIONS[path] = _one_after_the_other(model, FUNCTIONS.get(path))
        return model

    return register


def _one_after_the_other(first: Model, second: Model | None) -> Model:
    if second is None:
        return first

    def model(call: Call) -> Value | None:
        found = first(call)
        return second(call) if found is None else found

    return model


def method(family: str, *names: str) -> Callable[[Model], Model]:
    """Model methods of a family of values: `tensor`, `module`, `optimizer`, a class's path, …

    The name `*` stands for all methods that have no model of their own.
    """

    def register(model: Model) -> Model:
        for name in names:
            METHODS[family, name] = model
        return model

    return register


def attribute(family: str, *names: str) -> Callable[[AttributeModel], AttributeModel]:
    """Model attributes of a family of values; `*` stands for all others."""

    def register(model: AttributeModel) -> AttributeModel:
        for name in names:
            ATTRIBUTES[family, name] = model
        return model

    return register


def iteration(*families: str) -> Callable[[IterationModel], IterationModel]:
    """Model what going through a value of these families yields."""

    def register(model: IterationModel) -> IterationModel:
        for each in families:
            ITERATIONS[each] = model
        return model

    return register


def item(*families: str) -> Callable[[ItemModel], ItemModel]:
    """Model subscripts of values of these families. Where there is a model already, that one is asked
    when the new one has nothing to say."""

    def register(model: ItemModel) -> ItemModel:
        for each in families:
            ITEMS[each] = _one_or_other(model, ITEMS[each]) if each in ITEMS else model
        return model

    return register


def _one_or_other(model: ItemModel, other: ItemModel) -> ItemModel:
    def ask(
        machine: "Machine", value: Any, indices: Sequence[Index], node: cst.CSTNode
    ) -> Value | None:
        found = model(machine, value, indices, node)
        return found if found is not None else other(machine, value, indices, node)

    return ask


def reads(*names: str) -> Callable[[Reader], Reader]:
    """See when an attribute of one of these names is read, whatever the value is."""

    def register(model: Reader) -> Reader:
        for name in names:
            READERS.setdefault(name, []).append(model)
        return model

    return register


def observes(*operations: str) -> Callable[[Observer], Observer]:
    """See what comes of functions, methods and operators of these names, whatever they belong to."""

    def register(model: Observer) -> Observer:
        for operation in dict.fromkeys(operations):
            OBSERVERS.setdefault(operation, []).append(model)
        return model

    return register


def family(name: str, *prefixes: str) -> None:
    """Let objects whose path starts with one of the prefixes belong to a family."""
    FAMILIES.extend((prefix, name) for prefix in prefixes)


def hook(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Take part in something that every library may have a say in: `arithmetic`, `comparison`,
    `enter` (a context manager), `decorated` (a function under a decorator is entered), `handled` (an
    exception is passed over without a word), `gradient_mode` (of a context manager or decorator), `bound` (a
    name to a value), `called_back` (a method that only the library calls), `assign_attribute`, `assign_item`, `deleted_item`, `item_read`, `augmented`,
    `named_only` (a statement that is an attribute and nothing else), `returned by` a method of the
    project, `made_alone` (an object of a class that the program makes none of), `drawn` (a random
    number from a generator), `tested` (a function that stands where a truth value is expected),
    `branched` (a condition of which one side does nothing); and `followed`, which sees what came of an operation on values that hold samples and may put another result in place."""

    if name == "observed":
        raise ValueError("every operation takes time: `observes` says which ones are meant")

    def register(model: Callable[..., Any]) -> Callable[..., Any]:
        HOOKS.setdefault(name, []).append(model)
        return model

    return register


def put_in_order(modules: Sequence[str]) -> None:
    """Let all that take part in something be asked in the order of these modules, and families that say
    more of a path before others, whichever module was imported first."""
    ranks = {name: rank for rank, name in enumerate(modules)}

    def rank(model: Callable[..., Any]) -> tuple[int, str]:
        name = model.__module__.removeprefix(f"{__package__}.")
        return ranks.get(name.partition(".")[0], len(ranks)), name

    for taking_part in (*OBSERVERS.values(), *HOOKS.values()):
        taking_part.sort(key=rank)
    FAMILIES.sort(key=lambda family: (-len(family[0]), *family))
