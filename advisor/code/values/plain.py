"""Values that Python itself has: constants and numbers."""

from typing import TYPE_CHECKING

from advisor.code.symbols import Number

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace


class Value:
    """Anything a name can stand for. `place` is where it came into being, if that is known."""

    __slots__ = ("place",)

    def __init__(self, place: "NodePlace | None" = None) -> None:
        self.place = place


class Constant(Value):
    """A known object of Python that is no number: a string, `None`, a truth value, `...`.

    `configurable` is the way a user can change it (`--model`): it is only a default then.
    """

    __slots__ = ("configurable", "value")

    def __init__(
        self,
        value: object,
        configurable: str | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        self.place = place  # this class is made too often to ask another one's constructor
        self.value = value
        self.configurable = configurable

    def __repr__(self) -> str:
        return f"Constant({self.value!r})"


NONE = Constant(None)


TRUE = Constant(True)


FALSE = Constant(False)


class Scalar(Value):
    """A number, known or symbolic.

    `names` are the constants, options and parameters it was computed from. `configurable` is the
    way a user can change it (`--epochs`), and means that the value is only a default.
    """

    __slots__ = ("configurable", "names", "number")

    def __init__(
        self,
        value: Number,
        names: frozenset[str] = frozenset(),
        configurable: str | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        self.place = place  # this class is made too often to ask another one's constructor
        self.number = value
        self.names = names
        self.configurable = configurable

    def __repr__(self) -> str:
        return f"Scalar({self.number})"
