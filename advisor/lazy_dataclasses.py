"""Dataclasses whose methods are written when they are first called, and whose objects are made by plain
assignments.

The `dataclass` of the standard library writes out the methods of each class and compiles them when the
class is defined; a run makes objects of few of the hundreds there are. Those of frozen classes it makes
by a call for each field, which takes three times as long.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

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
    known: dict[str, Any] = {"_not_given": _NOT_GIVEN}
    names: list[str] = []
    ways: list[_Way] = []
    defaults: list[Any] = []
    for each in dataclasses.fields(kind):
        way = _way_of(each, made_of)
        if way is None:
            continue
        number = len(names)
        names.append(each.name)
        ways.append(way)
        if way.is_passed and each.default_factory is not MISSING:
            defaults.append(_NOT_GIVEN)
        elif way.is_passed and each.default is not MISSING:
            defaults.append(each.default)
        if way.value == "_made{0}":
            known[f"_made{number}"] = each.default
        elif each.default_factory is not MISSING:
            known[f"_make{number}"] = each.default_factory
        elif each.name in made_of:
            known[f"_make{number}"] = made_of[each.name]
    called = {f"field{number}": name for number, name in enumerate(names)}
    pattern = _pattern(tuple(ways))
    code = pattern.replace(
        co_names=tuple(called.get(name, name) for name in pattern.co_names),
        co_varnames=tuple(called.get(name, name) for name in pattern.co_varnames),
    )
    constructor = FunctionType(code, known, "__init__", tuple(defaults))
    constructor.__qualname__ = f"{kind.__qualname__}.__init__"
    return constructor


class _Way(NamedTuple):
    """How a field gets its value: whether that is passed, and what is made of it, where `{0}` stands for
    the field's number."""

    is_passed: bool
    value: str


def _way_of(field: "Field[Any]", made_of: Mapping[str, Callable[[Any], Any]]) -> _Way | None:
    has_factory = field.default_factory is not MISSING
    if not field.init:
        if has_factory:
            return _Way(False, "_make{0}()")
        return None if field.default is MISSING else _Way(False, "_made{0}")
    if field.name in made_of:
        return _Way(True, "_make{0}(field{0})")
    if has_factory:
        return _Way(True, "_make{0}() if field{0} is _not_given else field{0}")
    return _Way(True, "field{0}")


@cache
def _pattern(ways: "tuple[_Way, ...]") -> CodeType:
    """The code of a constructor of fields that are called by their numbers. To compile one takes longer
    than to give its names to a copy, and a third of all are alike but for these."""
    parameters = [f", field{number}" for number, way in enumerate(ways) if way.is_passed]
    statements = [
        f"self.field{number} = {way.value.format(number)}" for number, way in enumerate(ways)
    ]
    body = "\n ".join(["pass", *statements])
    module = compile(f"def __init__(self{''.join(parameters)}):\n {body}", "<constructor>", "exec")
    return next(each for each in module.co_consts if isinstance(each, CodeType))


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
