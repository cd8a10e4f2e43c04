"""Lists, tuples, sets and dicts."""

from typing import TYPE_CHECKING, Any

from advisor.code.values.plain import Value

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace


# Under this key a list or dict knows that rounds of a loop have put items into it, nobody knows how
# many.
GROWN = "grown"
# Under this key a list whose items are not all known has those at its end; nothing where they are not.
LAST = ("last",)
# Under this key an iterable says that it never ends.
ENDLESS = "endless"
# Under this key a dict says that its values are attributes as well.
NAMESPACE = "namespace"
# Under this key something unknown says what was put under a key of it that nobody knows.
OTHER_ITEM = "other item"


class Sequence(Value):
    """A list, tuple or set: its items where they are known, else one value that stands for all."""

    __slots__ = ("fields", "kind")

    def __init__(
        self,
        kind: str,
        items: tuple[Value, ...] | None,
        element: Value | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.kind = kind
        self.fields: dict[Any, Any] = {"items": items, "element": element}

    @property
    def items(self) -> tuple[Value, ...] | None:
        """The items in order, when every one of them is known."""
        found: tuple[Value, ...] | None = self.fields["items"]
        return found

    @property
    def element(self) -> Value | None:
        """What stands for any item when the items are not known one by one."""
        found: Value | None = self.fields["element"]
        return found

    @property
    def last(self) -> tuple[Value, ...]:
        """The items at the end, as far as they are known, where the others are not."""
        found: tuple[Value, ...] | None = self.fields.get(LAST)
        return found or ()

    @property
    def is_part(self) -> bool:
        """Whether it was cut out of a longer list, nobody knows where."""
        return self.fields.get("part") is True

    def __repr__(self) -> str:
        return f"Sequence({self.kind}, {self.items}, {self.element})"


class Dictionary(Value):
    """A dict: the values under known keys, and one value that stands for any other key."""

    __slots__ = ("fields",)

    def __init__(
        self,
        items: dict[object, Value],
        other: Value | None = None,
        place: "NodePlace | None" = None,
    ) -> None:
        super().__init__(place)
        self.fields: dict[Any, Any] = {("key", key): value for key, value in items.items()}
        self.fields["other"] = other

    @property
    def items(self) -> dict[object, Value]:
        """The values under known keys."""
        return {
            key[1]: value
            for key, value in self.fields.items()
            if isinstance(key, tuple) and value is not None
        }

    @property
    def other(self) -> Value | None:
        """What stands for the value under any other key; None when there is none."""
        found: Value | None = self.fields["other"]
        return found
