"""What is known of the numbers in a table or one of its columns: their type, and how many axes there
are."""

from typing import TYPE_CHECKING

from advisor.code import symbols
from advisor.code.library.lineages import COLUMN, FRAME, NUMBERS
from advisor.code.values import (
    Activation,
    Constant,
    Dictionary,
    Object,
    Scalar,
    Scale,
    Shape,
    Tensor,
    Value,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace


def numbers_in(table: Value | None) -> Tensor | None:
    """What is known of the numbers in a table: an array like the one that they are. A column has one
    axis."""
    if not isinstance(table, Object) or table.path != FRAME:
        return None
    found = table.fields.get(NUMBERS)
    if isinstance(found, Tensor):
        return found
    return of_column() if isinstance(table.fields.get(COLUMN), Constant) else None


def of_column(dtype: str | None = None) -> Tensor:
    """The numbers of a column."""
    axis = symbols.fresh("rows", is_axis=True)
    return Tensor(Shape((axis,)), dtype=dtype, graph=False, library="numpy")


def of_indicators(place: "NodePlace") -> Tensor:
    """A column for each class, of which one is 1 in each row."""
    scale = Scale(Activation.ONE_HOT, place)
    return Tensor(scale=scale, graph=False, library="numpy", place=place)


def of_classes(mapping: Value | None) -> Tensor | None:
    """What `column.map({"cat": 0, "dog": 1})` makes of a column, when it is known."""
    if not isinstance(mapping, Dictionary) or mapping.other is not None or not mapping.items:
        return None
    numbers = [each.number for each in mapping.items.values() if isinstance(each, Scalar)]
    if len(numbers) < len(mapping.items):
        return None
    whole = all(isinstance(each.coefficient, int) for each in numbers)
    return of_column("long" if whole else "float")


def holding_numbers(result: Object, numbers: Tensor | None) -> Object:
    """A new table that something is known of the numbers of."""
    if numbers is not None:
        result.fields[NUMBERS] = numbers
    return result


def same_numbers(result: Object, table: Value | None) -> Object:
    """A table that holds numbers of the same kind as another one."""
    return holding_numbers(result, numbers_in(table))


def assign_numbers(machine: "Machine", table: Object, name: str, value: Value) -> None:
    """Let a column of a table be a value."""
    found = value if isinstance(value, Tensor) else numbers_in(value)
    known = found is not None and found.shape.rank == 1 and found.dtype is not None
    machine.store(table.fields, (NUMBERS, name), found if known else of_column())


def numbers_of_column(table: Object, name: str | None) -> Tensor | None:
    """What is known of the numbers of a column that was assigned."""
    found = table.fields.get((NUMBERS, name))
    return found if isinstance(found, Tensor) else None
