"""Dataclasses whose methods are written when they are first called, and whose objects are made by plain
assignments.

The `dataclass` of the standard library writes out the methods of each class and compiles them when the
class is defined; a run makes objects of few of the hundreds there are. Those of frozen classes it makes
by a call for each field, which takes three times as long.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass", "postpone_constructor"]

Class = TypeVar("Class", bound=type)

_NOT_GIVEN: Any = object()


def postpone_constructor(
    kind: type, made_of: Mapping[str, Callable[[Any], Any]] | None = None
) -> None:
    """Give a dataclass a constructor that is written when it is first called: plain assignments and no
    checks, also where the class is frozen. `made_of` tells what makes the values of some fields of those
    passed."""

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        constructor = _constructor(kind, made_of or {})
        setattr(kind, "__init__", constructor)  # noqa: B010
        constructor(self, *values, **named)

    __init__.__qualname__ = f"{kind.__qualname__}.__init__"
    setattr(kind, "__init__", __init__)  # noqa: B010


def _constructor(kind: type, made_of: Mapping[str, Callable[[Any], Any]]) -> Callable[..., None]:
    parameters, statements = ["self"], ["pass"]
    known: dict[str, Any] = {"_not_given": _NOT_GIVEN}
    for each in dataclasses.fields(kind):
        name, value = each.name, each.name
        if not each.init and each.default is MISSING and each.default_factory is MISSING:
            continue
        parameter = _parameter(each, known)
        if name in made_of:
            known[f"_make_{name}"] = made_of[name]
            value = f"_make_{name}({name})"
        elif each.default_factory is not MISSING:
            known[f"_make_{name}"] = each.default_factory
            value = f"_make_{name}() if {name} is _not_given else {name}"
        if each.init:
            parameters.append(parameter)
        else:
            value = f"_default_{name}" if each.default is not MISSING else f"_make_{name}()"
        statements.append(f"self.{name} = {value}")
    body = "\n ".join(statements)
    exec(f"def __init__({', '.join(parameters)}):\n {body}", known)  # noqa: S102
    constructor: Callable[..., None] = known["__init__"]
    constructor.__qualname__ = f"{kind.__qualname__}.__init__"
    return constructor


def _parameter(field: "Field[Any]", known: dict[str, Any]) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}=_not_given"
    if field.default is not MISSING:
        known[f"_default_{field.name}"] = field.default
        return f"{field.name}=_default_{field.name}"
    return field.name


@recursive_repr()
def _written(self: Any) -> str:
    shown = (each.name for each in dataclasses.fields(self) if each.repr)
    parts = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({parts})"


def _compares(kind: type) -> Callable[[Any, Any], Any]:
    told = _told(kind, [each.name for each in dataclasses.fields(kind) if each.compare])

    def __eq__(self: Any, other: Any) -> Any:
        return told(self) == told(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hashes(kind: type) -> Callable[[Any], int]:
    counted = [
        each.name
        for each in dataclasses.fields(kind)
        if (each.compare if each.hash is None else each.hash)
    ]
    told = _told(kind, counted)

    def __hash__(self: Any) -> int:
        return hash(told(self))

    return __hash__


def _told(kind: type, names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: kind


def _with_methods(kind: type, own: Mapping[str, Any], eq: bool, frozen: bool) -> None:
    by_name = any(each.kw_only for each in dataclasses.fields(kind))
    if by_name or hasattr(kind, "__post_init__"):
        raise TypeError(f"{kind.__qualname__}: the constructor of such a dataclass cannot wait")
    methods: dict[str, Any] = {"__repr__": _written}
    if eq:
        methods["__eq__"] = _compares(kind)
        methods["__hash__"] = _hashes(kind) if frozen else None
    if "__init__" not in own:
        postpone_constructor(kind)
    for name, method in methods.items():
        if own.get(name) is None:
            setattr(kind, name, method)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        kind: Class | None = None, /, *, eq: bool = True, frozen: bool = False, slots: bool = False
    ) -> Any:
        """What `dataclasses.dataclass` does, as far as these options go; that a class is frozen is left
        to the type checker to see to."""

        def made(kind: Class) -> Class:
            own = dict(vars(kind))
            plain = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(kind)
            _with_methods(plain, own, eq, frozen)
            return plain

        return made if kind is None else made(kind)
