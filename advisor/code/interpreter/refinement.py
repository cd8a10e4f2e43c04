"""What the outcome of a test says about what is tested, on the side of a condition that it leads to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code.interpreter import calls, operators
from advisor.code.interpreter.machine import join_all
from advisor.code.values import (
    Arguments,
    Instance,
    Joined,
    Library,
    Value,
    is_constant,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Whether the outcome of a test is certain for one of the values that are possible.
Verdict = Callable[[Value], bool | None]
_TELLING = frozenset(
    (cst.Comparison, cst.Name, cst.UnaryOperation, cst.Call, cst.BooleanOperation, cst.Attribute)
)


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
