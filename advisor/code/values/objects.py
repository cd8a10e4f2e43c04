"""What libraries make: their modules, classes and functions, and the objects that these build."""

from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any

from advisor.code.values.plain import Value
from advisor.lazy_dataclasses import dataclass

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

# How the path ends of a member of a library that was chosen by a name which is not known.
UNKNOWN_MEMBER = ".?"


class Library(Value):
    """A module, class or function of a library, by its canonical dotted path."""

    __slots__ = ("path",)

    def __init__(self, path: str, place: "NodePlace | None" = None) -> None:
        super().__init__(place)
        self.path = path

    def __repr__(self) -> str:
        return f"Library({self.path})"


# Under this key a copy has what it was copied from.
ORIGINAL = ("original",)


@dataclass(frozen=True, eq=False, slots=True)
class Original:
    """What something was copied from, which is no part of it."""

    value: Value


@dataclass(slots=True)
class Arguments:
    """What a call passes. `unknown` means that `*args` or `**kwargs` of unknown length take part;
    `rest` stands for any of those that are passed so, where it is known what they may be; `repeated`
    says that it is each of them; `last` are the ones at the end, where these are known; `written` that they stand like this in a call of the program."""

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    unknown: bool = False
    rest: Value | None = None
    repeated: bool = False
    last: tuple[Value, ...] = ()
    written: bool = False

    def get(self, index: int, name: str) -> Value | None:
        """The argument at a position or under a name, if it was passed. A negative index means
        that it can only be passed by name."""
        if 0 <= index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(name)

    def values(self) -> Iterator[Value]:
        """All passed values."""
        yield from self.positional
        yield from self.keywords.values()


class Object(Value):
    """An instance of a library's class: its path, what it was built with, and its attributes."""

    __slots__ = ("arguments", "fields", "path")

    def __init__(
        self,
        path: str,
        arguments: Arguments | None = None,
        place: "NodePlace | None" = None,
        fields: dict[Any, Any] | None = None,
    ) -> None:
        super().__init__(place)
        self.path = path
        self.arguments = arguments or Arguments()
        self.fields: dict[Any, Any] = fields or {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path})"

    def argument(self, index: int, name: str) -> Value | None:
        """An argument it was built with."""
        return self.arguments.get(index, name)


class Layer(Object):
    """A module of a deep-learning library: a layer, a loss, a container, a whole ready model."""

    __slots__ = ()


class Parameters(Value):
    """The parameters of some modules, as optimizers take them. `complete` is False when other
    parameters may be among them."""

    __slots__ = ("complete", "owners")

    def __init__(
        self,
        owners: tuple[Value, ...],
        complete: bool = True,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.owners = owners
        self.complete = complete


class Optimizer(Object):
    """An optimizer: the modules whose parameters it updates and its learning rate."""

    __slots__ = ("complete", "owners")

    def __init__(
        self,
        path: str,
        arguments: Arguments,
        owners: tuple[Value, ...],
        complete: bool,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(path, arguments, place)
        self.owners = owners
        self.complete = complete


class Schedule(Object):
    """A learning-rate schedule over an optimizer; `names` are what the program calls it."""

    __slots__ = ("loops", "names", "optimizer")

    def __init__(
        self,
        path: str,
        arguments: Arguments,
        optimizer: Value | None,
        loops: tuple[Any, ...] = (),
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(path, arguments, place)
        self.optimizer = optimizer
        self.loops = loops
        self.names: set[str] = set()


class Method(Value):
    """A method of a library object or of a tensor, not yet called."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Value, name: str, place: "NodePlace | None" = None) -> None:
        super().__init__(place)
        self.receiver = receiver
        self.name = name

    def __repr__(self) -> str:
        return f"Method({self.receiver}.{self.name})"
