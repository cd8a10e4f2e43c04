"""NaN and infinity: where they are looked for, replaced, or passed over."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    BatchSkipped,
    FailureIgnored,
    FailureRaised,
    NotNumbersReplaced,
)
from advisor.code.library.models import Call, Index, hook, method, observes
from advisor.code.library.torch_tensors.gradients import is_gradient
from advisor.code.nodes import as_written
from advisor.code.sources import NodePlace
from advisor.code.values import (
    NotFinite,
    Scalar,
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
# What puts a number in the place of NaN, or leaves it out of a sum.
_REPLACE = ("nan_to_num", "nan_to_num_", "nanmean", "nansum", "nanmedian")
_CONNECTIVES = (*_NEGATIONS, *_EITHER, "all")


@observes(*_REPLACE, "where", "masked_fill", *_TESTS, *_KEEP, *_CONNECTIVES)
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
    if operation in _REPLACE:
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


@method("torch.grad", "nan_to_num_")
def gradient_replaced(call: Call) -> Value | None:
    """`p.grad.nan_to_num_()`."""
    assert call.receiver is not None
    event = NotNumbersReplaced(call.place, call.context, call.receiver, call.receiver, True)
    call.machine.emit(event)
    return call.receiver


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


@hook("bound")
def replaced_name(machine: "Machine", name: str, value: Value, node: cst.CSTNode) -> None:
    """`if torch.isnan(loss): loss = torch.tensor(0.0)`."""
    guard = machine.context.guards[-1] if machine.context.guards else None
    if guard is None or guard.condition is None or isinstance(value, Scalar):
        return
    tested = _not_finite(guard.condition, guard.taken)
    if tested is not None and re.search(rf"\b{re.escape(name)}\b", as_written(guard.node)):
        machine.emit(NotNumbersReplaced(machine.place(node), machine.context, tested, value))


_ALL_FAILURES = frozenset(
    ["Exception", "BaseException", "RuntimeError", "FloatingPointError", "ArithmeticError"]
)


@hook("handled")
def failure_ignored(machine: "Machine", handler: cst.ExceptHandler, first: int) -> None:
    """`except Exception: continue`, or `except Diverged: continue` of what was raised for a loss that is
    not finite."""
    types: list[cst.BaseExpression | None] = [handler.type]
    if isinstance(handler.type, cst.Tuple):
        types = [each.value for each in handler.type.elements]
    caught = [None if each is None else as_written(each) for each in types]
    if any(each is None or each in _ALL_FAILURES for each in caught):
        event = FailureIgnored(machine.place(handler), machine.context, first)
        machine.emit(event)
        return
    for raised in machine.trace[first:]:
        if isinstance(raised, FailureRaised) and raised.name in caught:
            guard = raised.context.guards[-1] if raised.context.guards else None
            tested = None if guard is None else _not_finite(guard.condition, guard.taken)
            if guard is not None and tested is not None:
                place = NodePlace(raised.place.source, guard.node)
                machine.emit(BatchSkipped(place, raised.context, tested, raised))
                return


def _not_finite(condition: Value | None, taken: bool) -> Value | None:
    """What is not finite, for sure, on one side of a condition."""
    options = alternatives(condition)
    tests = [found for each in options if isinstance(found := meaning_of(each), NotFinite)]
    if not tests or len(tests) < len(options):
        return None
    return None if any(each.negated is taken for each in tests) else tests[0].of


@hook("branched")
def branched(machine: "Machine", test: Value, taken: bool, node: cst.BaseExpression) -> None:
    """A condition of which one side does nothing, or leaves the round, without a word: `taken` says
    which one."""
    tested = _not_finite(test, taken)
    if tested is not None:
        machine.emit(BatchSkipped(machine.place(node), machine.context, tested))
