"""Sums of products: matrix products and `einsum`."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Multiplied, WeightsApplied
from advisor.code.gradients import computed, gradient_of, is_learned
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.broadcasting import broadcast, differ, tell_clash
from advisor.code.library.torch_tensors.operations import as_tensor, tensor_operation
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import (
    Activation,
    Derivation,
    Scale,
    Shape,
    Tensor,
    Value,
    known_text,
    shape_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@function("torch.einsum")
def einstein_sum(call: Call) -> Value | None:
    """`torch.einsum`: each letter is a dimension."""
    equation = known_text(call.argument(0, "equation"))
    operands: list[Value] = list(call.arguments.positional[1:])
    if len(operands) == 1 and isinstance(operands[0], SequenceValue):
        operands = list(operands[0].items or ())
    shape = Shape() if equation is None or call.arguments.unknown else _summed(equation, operands)
    return computed(Tensor(shape, place=call.place), *operands)


def _summed(equation: str, operands: list[Value]) -> Shape:
    """The shape that an equation gives; where it names no output, that is each letter that stands
    in it once, in the order of the alphabet."""
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if "." in equation or len(letters) != len(operands):
        return Shape()
    if not arrow:
        output = "".join(sorted(each for each in set(inputs) - {","} if inputs.count(each) == 1))
    return summed([list(names) for names in letters], list(output), operands)


def summed(inputs: list[list[str]], output: list[str], operands: list[Value]) -> Shape:
    """The shape of a sum of products over the axes that the output does not name."""
    if len(inputs) != len(operands):
        return Shape()
    sizes: dict[str, Number] = {}
    for names, operand in zip(inputs, operands, strict=True):
        shape = shape_of(operand)
        if shape is not None and shape.settle(len(names)) and shape.dims is not None:
            for name, dim in zip(names, shape.dims, strict=True):
                sizes.setdefault(name, dim)
    known = all(name in sizes for name in output)
    return Shape(tuple(sizes[name] for name in output) if known else None)


_RANKS = {"bmm": 3, "mm": 2}


@tensor_operation(
    "matmul",
    *("torch.bmm", "torch.mm", "torch.mv", "torch.linalg.matmul"),
    *("torch.spmm", "torch.smm", "torch.sparse.mm"),
)
def matrix_product(call: Call) -> Value | None:
    """`a @ b`, and functions that take tensors of so many axes only."""
    rank = _RANKS.get(call.path.rsplit(".", 1)[-1])
    for each in (call.subject, call.operand(0, "other") or call.operand(0, "mat2")):
        shape = shape_of(each)
        if rank is not None and shape is not None:
            shape.settle(rank)
    return product_of(call.machine, call.subject, call.operand(0, "other"), call.node)


method("tensor", "bmm", "mm", "mv")(matrix_product)


def product_of(
    machine: "Machine", left: Value | None, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """The matrix product of two tensors."""
    first, second = as_tensor(left), as_tensor(right)
    if first is None or second is None:
        return None
    _tell_product_clash(machine, first.shape, second.shape, node)
    if first.scale is not None and first.scale.activation is Activation.SOFTMAX:
        over = first.shape.dims[-1] if first.shape.dims else None
        machine.emit(WeightsApplied(machine.place(node), machine.context, first, over))
    scores = _scores(left, right, machine.place(node))
    shape = _multiplied(first.shape, second.shape)
    if scores is not None and shape.dims is None:
        shape = Shape(last=second.shape.axis(-1))
    made = Tensor(shape, scale=scores, place=machine.place(node))
    _tell_weights(machine, left, right, made, node)
    return computed(made, left, right)


def _scores(left: Value | None, right: Value | None, place: NodePlace) -> Scale | None:
    """What a product is where it stands for a linear layer: raw scores, where something is multiplied
    by a matrix that is learned, or where those of a layer are summed up as given numbers say."""
    if not isinstance(right, Tensor):
        return None
    if is_learned(right):
        return Scale(Activation.LOGITS, place)
    scale = None if gradient_of(left) is True else right.scale
    return scale if scale is not None and scale.activation is Activation.LOGITS else None


def _tell_weights(
    machine: "Machine", left: Value | None, right: Value | None, made: Tensor, node: cst.CSTNode
) -> None:
    """Tell that gradients flow to one of the matrices."""
    if left is None or right is None:
        return
    if any(isinstance(each, Tensor) and each.graph is True for each in (left, right)):
        machine.emit(Multiplied(machine.place(node), machine.context, left, right, made))


def _tell_product_clash(machine: "Machine", left: Shape, right: Shape, node: cst.CSTNode) -> None:
    """Tell that the rows of one matrix are not as long as the columns of the other."""
    a, b = left.dims, right.dims
    if a and b and differ(a[-1], b[-2] if len(b) > 1 else b[0]):
        tell_clash(machine, "multiplied", left, right, node)


def _multiplied(left: Shape, right: Shape) -> Shape:
    """The shape of a matrix product: a vector on either side is a row or a column that vanishes
    again, and what lies in front of the last two axes is broadcast."""
    a, b = left.dims, right.dims
    if a is None or b is None:
        return Shape(derived=Derivation((left, right), None, _product))
    return Shape(_product(a, b))


def _product(a: tuple[Number, ...], b: tuple[Number, ...]) -> tuple[Number, ...] | None:
    if not a or not b:
        return None
    rows, columns = a[-2:-1], b[-1:] if len(b) > 1 else ()
    leading = broadcast([Shape(a[:-2]), Shape(b[:-2])]).dims
    if leading is None:
        equal = len(a) == len(b)
        leading = a[:-2] if equal or len(b) <= 2 else None
    return None if leading is None else (*leading, *rows, *columns)


@tensor_operation("dot")
def inner_product(call: Call) -> Value | None:
    """`a.dot(b)`: a number, once also of matrices; numpy's is the matrix product."""
    subject, other = call.subject, call.operand(0, "other")
    if isinstance(subject, Tensor) and subject.library == "numpy":
        return product_of(call.machine, subject, other, call.node)
    if as_tensor(subject) is None or as_tensor(other) is None:
        return None
    known = shape_of(subject)
    shape = Shape(()) if known is not None and known.rank == 1 else Shape()
    return computed(Tensor(shape, place=call.place), subject, other)


@tensor_operation("addmm", "torch.baddbmm")
def product_and_sum(call: Call) -> Value | None:
    """`input + a @ b`."""
    product = product_of(
        call.machine, call.operand(0, "batch1"), call.operand(1, "batch2"), call.node
    )
    return None if product is None else computed(product, call.subject, product)


method("tensor", "baddbmm")(product_and_sum)


@tensor_operation("outer", "torch.ger")
def outer_product(call: Call) -> Value | None:
    """Each number of one vector times each of another."""
    return _each_with_each(call, call.subject, call.operand(0, "vec2"), 1)


@function("torch.cdist")
def distances(call: Call) -> Value | None:
    """How far each of the rows is from each of the others."""
    return _each_with_each(call, call.argument(0, "x1"), call.argument(1, "x2"), 2)


def _each_with_each(call: Call, left: Value | None, right: Value | None, rank: int) -> Value | None:
    first, second = shape_of(left), shape_of(right)
    dims = None
    if first is not None and second is not None and first.rank == second.rank == rank:
        dims = (first.axis(0), second.axis(0))
    return computed(Tensor(Shape(dims), place=call.place), left, right)


@function("torch.nn.functional.linear")
def linear(call: Call) -> Value | None:
    """`F.linear`: raw numbers, as many for each row as the weights have rows."""
    given, weights = as_tensor(call.argument(0, "input")), shape_of(call.argument(1, "weight"))
    dims = None if given is None else given.shape.dims
    shape = Shape()
    if dims and weights is not None and weights.rank == 2:
        shape = Shape((*dims[:-1], weights.axis(0)))
    made = Tensor(shape, scale=Scale(Activation.LOGITS, call.place), graph=True, place=call.place)
    _tell_weights(call.machine, given, call.argument(1, "weight"), made, call.node)
    return made
