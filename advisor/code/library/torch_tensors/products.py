"""Sums of products: matrix products and `einsum`."""

from advisor.code.gradients import computed
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.operations import as_tensor, tensor_operation
from advisor.code.symbols import Number
from advisor.code.values import Sequence as SequenceValue
from advisor.code.values import Shape, Tensor, Value, known_text, shape_of


@function("torch.einsum")
def einstein_sum(call: Call) -> Value | None:
    """`torch.einsum`: each letter is a dimension."""
    equation = known_text(call.argument(0, "equation"))
    if equation is None or "." in equation or "->" not in equation:
        return None
    operands: list[Value] = list(call.arguments.positional[1:])
    if len(operands) == 1 and isinstance(operands[0], SequenceValue):
        operands = list(operands[0].items or ())
    inputs, output = equation.replace(" ", "").split("->")
    sizes: dict[str, Number] = {}
    for letters, operand in zip(inputs.split(","), operands, strict=False):
        shape = shape_of(operand)
        if shape is not None and shape.settle(len(letters)) and shape.dims is not None:
            for letter, dim in zip(letters, shape.dims, strict=True):
                sizes.setdefault(letter, dim)
    known = all(letter in sizes for letter in output)
    dims = tuple(sizes[letter] for letter in output) if known else None
    return Tensor(Shape(dims), place=call.place)


@tensor_operation("matmul", "torch.bmm", "torch.mm", "torch.baddbmm")
def matrix_product(call: Call) -> Value | None:
    """`a @ b`."""
    return product_of(call.subject, call.operand(0, "other"), call.place)


method("tensor", "bmm", "mm")(matrix_product)


def product_of(left: Value | None, right: Value | None, place: object) -> Value | None:
    """The matrix product of two tensors."""
    first, second = as_tensor(left), as_tensor(right)
    if first is None or second is None:
        return None
    shape = Shape()
    a, b = first.shape.dims, second.shape.dims
    if (
        a is not None
        and b is not None
        and len(a) == len(b) >= 2
        or a is not None
        and b is not None
        and len(b) == 2
        and len(a) > 2
    ):
        shape = Shape((*a[:-1], b[-1]))
    return computed(Tensor(shape), left, right)
