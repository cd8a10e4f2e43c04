"""Questions that are asked of any value: its number, its text, its shape, its rows."""

from collections.abc import Collection
from typing import TYPE_CHECKING, TypeGuard

from advisor.code.symbols import Number, fresh, named, number
from advisor.code.values.containers import Sequence
from advisor.code.values.definitions import Instance
from advisor.code.values.joins import alternatives
from advisor.code.values.meanings import MEANING, Meaning, Rated, Scale, rating
from advisor.code.values.objects import Object
from advisor.code.values.plain import TRUE, Constant, Scalar, Value
from advisor.code.values.rows import CHANGED_LINEAGE, Lineage, RowSet
from advisor.code.values.shapes import Shape
from advisor.code.values.tensors import COLLATED, Tensor, Unknown

if TYPE_CHECKING:
    from advisor.code.sources import NodePlace

# Under this key an object of a project class has what the program calls it.
CALLED = ("called",)
# An unknown has this key once it was used where only a number can stand; under the next one it has
# what it was computed from.
PLAIN_NUMBER = ("number only",)
# Under this key an object of a project class has the number that its `__len__` gave.
LENGTH_ASKED = ("length",)
OPERANDS = ("operands",)


def known_number(value: Value | None) -> Number | None:
    """The number a value is, if it is one."""
    if type(value) is Scalar:
        return value.number
    if type(value) is Constant and isinstance(value.value, bool):
        return number(int(value.value))
    return None


def known_integer(value: Value | None) -> int | None:
    """The whole number a value is, if it is one."""
    found = known_number(value)
    return None if found is None else found.integer


def known_constant(value: Value | None) -> float | None:
    """The number a value is, where it is written out."""
    found = known_number(value)
    return None if found is None or found.constant is None else float(found.constant)


def number_of(value: Value | None) -> Number | None:
    """The number a value stands for where only a number can stand: an unknown gets a symbol."""
    if isinstance(value, Unknown):
        found = value.fields.get("number")
        if not isinstance(found, Scalar):
            found = Scalar(fresh(value.name), frozenset({value.name}))
            value.fields["number"] = found
        return found.number
    return known_number(value)


def length_kept(value: Value | None) -> Scalar | None:
    """How many items something holds, if that was ever asked for or told."""
    key = LENGTH_ASKED if isinstance(value, Instance) else "length"
    found = value.fields.get(key) if isinstance(value, (Object, Unknown, Instance)) else None
    return found if isinstance(found, Scalar) else None


def one_or_several(value: Value | None) -> tuple[Value, ...]:
    """The items of a sequence, as far as they are known, or the one value that may stand alone."""
    if isinstance(value, Sequence):
        return value.items or ()
    return () if value is None else (value,)


def size_of_axis(value: Value | None) -> Number | None:
    """The number a value stands for as the length of an axis: a constant that goes by a name keeps
    that name, so that axes of equal length are told apart as the program tells them apart."""
    if isinstance(value, Scalar) and len(value.names) == 1:
        length, is_default = value.number.integer, value.configurable is not None
        if not value.number.factors and length is not None and length > 1 - is_default:
            return named(next(iter(value.names)), length, is_default)
    if isinstance(value, Unknown):
        _mark_plain(value)
    return number_of(value)


def _mark_plain(value: Unknown) -> None:
    """Note that an unknown is a number, and so is all that it was computed from."""
    value.fields[PLAIN_NUMBER] = TRUE
    operands = value.fields.get(OPERANDS)
    for each in (operands.items or ()) if isinstance(operands, Sequence) else ():
        if isinstance(each, Unknown) and PLAIN_NUMBER not in each.fields:
            _mark_plain(each)


def is_plain_number(value: Value | None) -> bool:
    """Whether a value is a number and no array, though perhaps an unknown one: it is the length of
    an axis somewhere, or computed from such."""
    if isinstance(value, Unknown):
        operands = value.fields.get(OPERANDS)
        known = (operands.items or ()) if isinstance(operands, Sequence) else ()
        return PLAIN_NUMBER in value.fields or (bool(known) and all(map(is_plain_number, known)))
    return isinstance(value, Scalar)


def part_of(value: Unknown, name: str, place: "NodePlace | None" = None) -> Unknown:
    """A new unknown that is a part of another one; the parts of a batch share its first axis."""
    part = Unknown(name, value, place)
    collated = value.fields.get(COLLATED)
    if isinstance(collated, Scalar):
        part.shape.start_with(collated.number)
    return part


def known_text(value: Value | None) -> str | None:
    """The string a value is, if it is one."""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return value.value
    return None


def written_out(value: Value | None) -> str | None:
    """How a value is written in a text: itself, or the digits of a whole number that no option
    changes."""
    if isinstance(value, Scalar) and value.configurable is None:
        whole = value.number.integer
        return None if whole is None else str(whole)
    return known_text(value)


def is_constant(value: object, wanted: object) -> bool:
    """Whether a value is `None`, `True`, `False` or `...`, if only by a default."""
    return isinstance(value, Constant) and value.value is wanted


def is_always(value: Value | None, wanted: object) -> bool:
    """Whether a value is `None`, `True` or `False`, and no option changes it."""
    return isinstance(value, Constant) and value.value is wanted and not value.configurable


def known_truth(value: Value | None) -> bool | None:
    """The truth value that a value is, if it is one that no option changes."""
    if isinstance(value, Constant) and isinstance(value.value, bool) and not value.configurable:
        return value.value
    return None


def by_default(name: str, default: Value | None, place: "NodePlace | None") -> Value:
    """What is passed under a name where nobody knows the caller: a number, a text or a truth value
    that is the default, which may be another; else an unknown."""
    origin = f"the default of `{name}`"
    if isinstance(default, Scalar) and default.number.constant is not None:
        return Scalar(default.number, default.names | {name}, origin, place)
    if isinstance(default, Constant) and isinstance(default.value, (str, bool)):
        return Constant(default.value, origin, place)
    return Unknown(name, place=place)


def shape_of(value: Value | None) -> Shape | None:
    """The shape of a tensor, or of an unknown that may be one."""
    return value.shape if isinstance(value, (Tensor, Unknown)) else None


def is_made_new(result: Value, operands: Collection[Value]) -> TypeGuard[Tensor | Unknown]:
    """Whether an operation has made an array, or what may be one, of operands that it is none of."""
    return bool(operands) and isinstance(result, (Tensor, Unknown)) and result not in operands


def is_array(value: Value | None) -> bool:
    """Whether a value is an array of numbers: made as one, asked for its axes, or used as samples."""
    if isinstance(value, Unknown):
        if value.lineage is not None and value.lineage.rows.how != "all":
            return True
        return value.shape.dims is not None or bool(value.shape.known_axes)
    return isinstance(value, Tensor)


def scale_of(value: Value | None) -> Scale | None:
    """The scale of a tensor's numbers, if it is known on every way."""
    options = [
        option.scale if isinstance(option, Tensor) else None for option in alternatives(value)
    ]
    first = options[0] if options else None
    if first is None or any(
        option is None or option.activation is not first.activation for option in options
    ):
        return None
    return first


def lineage_of(value: Value | None) -> Lineage | None:
    """Where the samples in a value come from, if it holds samples."""
    if type(value) is Tensor:  # asked of nearly every value
        return value.lineage
    if type(value) is Unknown:
        changed = value.fields.get(CHANGED_LINEAGE)
        return changed if isinstance(changed, Lineage) else value.lineage
    if type(value) is Sequence:
        changed = value.fields.get(CHANGED_LINEAGE)
        return changed if isinstance(changed, Lineage) else None
    if isinstance(value, Object):
        found = value.fields.get("lineage")
        return found if isinstance(found, Lineage) else None
    return None


def rows_of(value: Value | None) -> RowSet | None:
    """The rows that a value holds, if it holds samples."""
    lineage = lineage_of(value)
    return None if lineage is None else lineage.rows


def any_of_list(item: Value) -> Value:
    """What stands for every item of a list, taken out of it: its rows are others each time."""
    for option in alternatives(item):
        parts = option.items if isinstance(option, Sequence) else None
        for part in parts or ():
            any_of_list(part)
        rows = rows_of(option)
        if rows is not None:
            rows.are_any_of_list = True
    return item


def meaning_of(value: Value | None) -> Meaning | None:
    """What the numbers in a value say, if that is known."""
    if type(value) is Tensor:  # asked of nearly every value
        return value.meaning
    if type(value) is Unknown:
        found: Meaning | None = value.fields.get(MEANING)  # nothing else is kept there
        return found
    return None


def rating_of(value: Value | None) -> Rated | None:
    """What a number says of how good a model is, whichever way it was put together."""
    return rating(meaning_of(value))


def give_meaning(value: Value, meaning: Meaning) -> None:
    """Say what the numbers in a value say that has just been made."""
    if isinstance(value, Tensor):
        value.meaning = meaning
    elif isinstance(value, Unknown):
        value.fields[MEANING] = meaning


def forget_meaning(value: Value) -> None:
    """Say nothing more of the numbers in a value, which have been changed."""
    if isinstance(value, Tensor):
        value.meaning = None
    elif isinstance(value, Unknown):
        value.fields.pop(MEANING, None)


def names_of(value: Value | None) -> set[str]:
    """What the program calls the samples in a value, or the object that holds them."""
    lineage = lineage_of(value)
    names = set() if lineage is None else set(lineage.rows.names)
    if isinstance(value, Instance):
        names |= value.fields.get(CALLED, set())
    return names


def call_by_key(value: Value, key: object) -> None:
    """Remember the key under which a dictionary holds a data set, or what loads it: it says what that is
    for as well as a name does."""
    if isinstance(key, str) and (isinstance(value, Instance) or type(value) is Object):
        call_it(value, key)


def call_it(value: Value, name: str) -> None:
    """Remember what the program calls a value: an unknown, the length of an axis, or rows of
    samples."""
    if isinstance(value, Unknown):
        value.names.add(name)
    if isinstance(value, Instance):
        value.fields.setdefault(CALLED, set()).add(name)
    if isinstance(value, Scalar):
        if value.number.axis is not None:
            value.number.axis.called.add(name)
        return
    lineage = lineage_of(value)
    # A mask says of all rows whether they are meant.
    if lineage is not None and "mask" not in name.lower():
        lineage.rows.names.add(name)
