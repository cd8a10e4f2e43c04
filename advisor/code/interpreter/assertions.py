"""What an `assert` tells of values: how many dimensions tensors have, and how many rows data."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.values import Instance, known_number, shape_of

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_RANKS = frozenset({"dim", "ndimension"})
_SIZES = frozenset({"shape", "size"})


def believe(machine: "Machine", test: cst.BaseExpression) -> None:
    """Learn the ranks that an expression states which is true from here on: `x.ndim == 1`,
    `x.dim() == 1`, `len(x.shape) == 1`, several of them joined by `and`."""
    if type(test) is cst.BooleanOperation and type(test.operator) is cst.And:
        believe(machine, test.left)
        believe(machine, test.right)
    if type(test) is not cst.Comparison or len(test.comparisons) != 1:
        return
    compared = test.comparisons[0]
    if type(compared.operator) is not cst.Equal:
        return
    _believe_length(machine, test.left, compared.comparator)
    tensor = _ranked(machine, test.left)
    if tensor is None:
        return
    rank = _rank(machine, compared.comparator)
    shape = shape_of(machine.evaluate(tensor))
    if rank is not None and shape is not None:
        shape.settle(rank)


def _believe_length(
    machine: "Machine", left: cst.BaseExpression, right: cst.BaseExpression
) -> None:
    """Learn that data has so many rows: `len(x) == 1000`, `x.shape[0] == 1000`."""
    measured = _measured(machine, left)
    if measured is None or not isinstance(right, cst.Name | cst.Integer):
        return
    count = known_number(machine.evaluate(right))
    if count is not None and count.integer is not None:
        machine.models.measured(machine, machine.evaluate(measured), count.integer)


def _measured(machine: "Machine", node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The data whose length an expression is."""
    match node:
        case cst.Call(func=cst.Name("len"), args=[cst.Arg(value=counted)]):
            return _held(machine, counted)
        case cst.Subscript(
            value=cst.Attribute(value=counted, attr=cst.Name("shape")),
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer("0")))],
        ):
            return _held(machine, counted)
    return None


def _rank(machine: "Machine", node: cst.BaseExpression) -> int | None:
    if type(node) is not cst.Integer:
        return None
    number = known_number(machine.evaluate(node))
    return None if number is None else number.integer


def _ranked(machine: "Machine", node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The tensor whose rank an expression is."""
    if type(node) is cst.Attribute and node.attr.value == "ndim":
        return _held(machine, node.value)
    if type(node) is not cst.Call or not isinstance(node.func, cst.Name | cst.Attribute):
        return None
    called = node.func
    if type(called) is cst.Attribute:
        return (
            _held(machine, called.value) if called.attr.value in _RANKS and not node.args else None
        )
    if called.value != "len" or len(node.args) != 1:
        return None
    size = node.args[0].value
    if type(size) is cst.Call and not size.args:
        size = size.func
    is_size = type(size) is cst.Attribute and size.attr.value in _SIZES
    return _held(machine, size.value) if is_size and isinstance(size, cst.Attribute) else None


def _held(machine: "Machine", node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What can be looked up once more without anything happening: a name, or what an object keeps."""
    match node:
        case cst.Name():
            return node
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
            receiver = machine.scope.fields.get(owner)
            return node if isinstance(receiver, Instance) and name in receiver.fields else None
    return None
