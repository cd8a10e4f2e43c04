"""NaN and infinity: where they are looked for, replaced, or passed over."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import BatchSkipped, NotNumbersReplaced
from advisor.code.library.models import Index, hook, observes
from advisor.code.library.torch_tensors.gradients import is_gradient
from advisor.code.values import (
    NotFinite,
    Tensor,
    Unknown,
    Value,
    alternatives,
    give_meaning,
    meaning_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_NOT_FINITE = frozenset(["isnan", "isinf"])
_TESTS = (*_NOT_FINITE, "isfinite", "NotEqual")
_KEEP = frozenset(["any", "item", "bool", "cpu"])
_NEGATIONS = frozenset(["not", "~", "logical_not"])
_EITHER = frozenset(["|", "logical_or"])
_CONNECTIVES = (*_NEGATIONS, *_EITHER, "all")


@observes("nan_to_num", "nan_to_num_", "where", "masked_fill", *_TESTS, *_KEEP, *_CONNECTIVES)
def observed(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """Say what the result of a test means, and see that NaN is replaced."""
    if not operands:
        return
    if operation in {"nan_to_num", "nan_to_num_"}:
        place = machine.place(node)
        in_place = operation.endswith("_") and is_gradient(operands[0])
        machine.emit(NotNumbersReplaced(place, machine.context, operands[0], result, in_place))
        return
    if operation in {"where", "masked_fill"} and _replaces(operation, operands):
        value = operands[-1 if operation == "where" else 0]
        machine.emit(NotNumbersReplaced(machine.place(node), machine.context, value, result))
        return
    meaning = _meaning(operation, operands)
    if meaning is not None and isinstance(result, (Tensor, Unknown)):
        give_meaning(result, meaning)


def _meaning(operation: str, operands: Sequence[Value]) -> NotFinite | None:
    first = operands[0]
    if operation in _NOT_FINITE:
        return NotFinite(first)
    if operation == "isfinite":
        return NotFinite(first, negated=True)
    if operation == "NotEqual" and len(operands) == 2 and first is operands[1]:
        return NotFinite(first)
    meaning = meaning_of(first)
    if not isinstance(meaning, NotFinite):
        return None
    if operation in _NEGATIONS:
        return NotFinite(meaning.of, not meaning.negated)
    if operation in _EITHER and len(operands) == 2:
        other = meaning_of(operands[1])
        return meaning if isinstance(other, NotFinite) else None
    if operation == "all" and meaning.negated:
        return meaning
    return meaning if operation in _KEEP else None


def _replaces(operation: str, operands: Sequence[Value]) -> bool:
    """Whether numbers are chosen by whether they are finite."""
    test = operands[0 if operation == "where" else 1] if len(operands) > 1 else None
    return isinstance(meaning_of(test), NotFinite)


@hook("assign_item")
def replaced_item(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Index],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`loss[torch.isnan(loss)] = 0`."""
    index = indices[0] if len(indices) == 1 else None
    if isinstance(index, Value) and isinstance(meaning_of(index), NotFinite):
        place, in_place = machine.place(node), is_gradient(receiver)
        machine.emit(NotNumbersReplaced(place, machine.context, receiver, receiver, in_place))
    return False


@hook("branched")
def branched(machine: "Machine", test: Value, taken: bool, node: cst.BaseExpression) -> None:
    """A condition of which one side does nothing, or leaves the round, without a word: `taken` says
    which one."""
    found = [meaning_of(option) for option in alternatives(test)]
    tests = [each for each in found if isinstance(each, NotFinite)]
    if tests and len(tests) == len(found) and all(each.negated is not taken for each in tests):
        machine.emit(BatchSkipped(machine.place(node), machine.context, tests[0].of))
