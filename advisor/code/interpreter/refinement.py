"""What the outcome of a test says about what is tested, on the side of a condition that it leads to."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.events import Guard
from advisor.code.interpreter import calls, operators
from advisor.code.interpreter.machine import join_all
from advisor.code.values import (
    Arguments,
    Constant,
    Instance,
    Joined,
    Library,
    Scalar,
    Unknown,
    Value,
    alternatives,
    is_constant,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Whether the outcome of a test is certain for one of the values that are possible.
Verdict = Callable[[Value], bool | None]
# A name, what it held before a condition, and what it holds on this side of it.
Settled = tuple[str, Value, Value]
_TELLING = frozenset(
    (cst.Comparison, cst.Name, cst.UnaryOperation, cst.Call, cst.BooleanOperation, cst.Attribute)
)
_COMPARING = frozenset((cst.Comparison, cst.BooleanOperation))
_SETTLING = frozenset((Scalar, Constant, Unknown, Joined))


def refine(machine: "Machine", test: cst.CSTNode, taken: bool) -> None:
    """Leave to a name, or an attribute, the values with which a test has an outcome: of what may be
    `None` or a schedule, the schedule behind `if schedule is not None`."""
    if type(test) not in _TELLING:  # of many, without a slow match
        return
    match test:
        case cst.Comparison(
            left=left,
            comparisons=[
                cst.ComparisonTarget(operator=operator, comparator=cst.Name(value="None"))
            ],
        ):
            is_none = isinstance(operator, (cst.Is, cst.Equal))
            _leave(machine, left, taken, lambda value: is_constant(value, None) == is_none)
        case cst.Name() | cst.Attribute():
            _leave(machine, test, taken, lambda value: not is_constant(value, None))
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            refine(machine, inner, not taken)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            if isinstance(operator, cst.And) == taken:
                refine(machine, left, taken)
                refine(machine, right, taken)
        case cst.Call(func=cst.Name(value="isinstance"), args=[subject, kind]):
            _leave_instances(machine, test, subject.value, kind.value, taken)


def settle(machine: "Machine", guards: Sequence[Guard]) -> list[Settled]:
    """What names hold on one side of conditions that compare them with a word or a number: the
    word, behind `if split == "train"`, and no longer a default that has been ruled out."""
    settled: list[Settled] = []
    for guard in guards:
        if type(guard.node) in _COMPARING:
            _settle(machine, guard.node, guard.taken, settled)
    return settled


def unsettle(machine: "Machine", settled: list[Settled]) -> None:
    """Behind the condition a name holds again what it held before, unless it was bound anew."""
    for name, before, within in reversed(settled):
        if machine.scope.fields.get(name) is within:
            machine.store(machine.scope.fields, name, before)


def _settle(machine: "Machine", test: cst.CSTNode, taken: bool, settled: list[Settled]) -> None:
    match test:
        case cst.Comparison(
            left=cst.Name(value=name),
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.Equal() | cst.NotEqual() as operator,
                    comparator=cst.SimpleString() | cst.Integer() as literal,
                )
            ],
        ):
            before = machine.scope.fields.get(name)
            if before is None or type(before) not in _SETTLING:
                return
            equal = isinstance(operator, cst.Equal) == taken
            within = _settled(machine, name, before, machine.evaluate(literal), equal)
            if within is not None:
                machine.store(machine.scope.fields, name, within)
                settled.append((name, before, within))
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            if isinstance(operator, cst.And) == taken:
                _settle(machine, left, taken, settled)
                _settle(machine, right, taken, settled)


def _settled(
    machine: "Machine", name: str, before: Value, literal: Value, equal: bool
) -> Value | None:
    """What a name holds where it is, or is not, equal to a literal; none where that says nothing new.
    What nobody knows may be a tensor, unless it is compared with a word."""
    if type(before) is Scalar and type(literal) is Scalar:
        same = before.number.constant == literal.number.constant
        kept = before.names
    elif type(before) is Constant and type(literal) is Constant:
        same = before.value == literal.value
        kept = frozenset[str]()
    elif type(literal) is Constant and equal and any(map(_may_be_text, alternatives(before))):
        return literal
    else:
        return None
    if before.configurable is None or same == equal:
        return None
    if not equal:
        return Unknown(name, place=before.place)
    return Scalar(literal.number, kept) if type(literal) is Scalar else literal


def _may_be_text(value: Value) -> bool:
    return type(value) is Unknown or (type(value) is Constant and value.configurable is not None)


def _leave_instances(
    machine: "Machine",
    node: cst.Call,
    subject: cst.BaseExpression,
    kind: cst.BaseExpression,
    taken: bool,
) -> None:
    if _held(machine, subject) is None:
        return
    function, of = machine.evaluate(node.func), machine.evaluate(kind)
    if not isinstance(function, Library):
        return

    def is_instance(value: Value) -> bool | None:
        given = Arguments([value, of])
        return operators.truth(calls.call(machine, function, given, node))

    _leave(machine, subject, taken, is_instance)


def _leave(machine: "Machine", node: cst.BaseExpression, taken: bool, verdict: Verdict) -> None:
    held = _held(machine, node)
    if held is None:
        return
    fields, key, value = held
    kept = [option for option in value.alternatives if verdict(option) in {taken, None}]
    if kept and len(kept) < len(value.alternatives):
        machine.store(fields, key, join_all(kept))


def _held(
    machine: "Machine", node: cst.BaseExpression
) -> tuple[dict[Any, Any], str, Joined] | None:
    """Where a name or an attribute keeps one of several values, and which they are."""
    fields: dict[Any, Any]
    match node:
        case cst.Name(value=name):
            fields = machine.scope.fields
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
            receiver = machine.scope.fields.get(owner)
            if not isinstance(receiver, Instance):
                return None
            fields = receiver.fields
        case _:
            return None
    value = fields.get(name)
    return (fields, name, value) if isinstance(value, Joined) else None
