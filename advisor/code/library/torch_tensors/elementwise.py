"""Operations on each number by itself, with broadcasting."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import Broadcast, BytesSubtracted, LossClamped
from advisor.code.gradients import computed, cut_off
from advisor.code.library.models import Call, function, hook, method
from advisor.code.library.torch_tensors.casts import WHOLE
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.torch_tensors.products import product_of
from advisor.code.symbols import Number
from advisor.code.values import (
    Constant,
    Dictionary,
    Difference,
    Joined,
    Object,
    Scalar,
    Shape,
    Tensor,
    Unknown,
    Value,
    alternatives,
    give_meaning,
    is_array,
    known_number,
    lineage_of,
    shape_of,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_ELEMENTWISE = [
    "exp",
    "sqrt",
    "rsqrt",
    "abs",
    "pow",
    "square",
    "sign",
    "clamp",
    "clip",
    "clamp_min",
    "clamp_max",
    "sin",
    "cos",
    "erf",
    "floor",
    "ceil",
    "round",
    "neg",
    "reciprocal",
    "log1p",
    "log2",
    "log10",
    "expm1",
    "add",
    "sub",
    "mul",
    "div",
    "true_divide",
    "masked_fill",
    "leaky_relu",
    "elu",
    "gelu",
    "selu",
    "silu",
    "softplus",
    "hardtanh",
    "nan_to_num",
    "lerp",
    "where",
]

# What whole numbers remain whole under.
_KEEP_WHOLE = frozenset(
    ["abs", "square", "sign", "clamp", "clip", "clamp_min", "clamp_max", "neg", "masked_fill"]
)


def _elementwise(call: Call) -> Value | None:
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    if call.path.endswith("_"):
        tensor.overwrite()
    result = tensor.replace(
        scale=None, shape=_same_if_alone(call, tensor), dtype=_dtype_of_result(call, tensor)
    )
    operands = _others(call)
    if _bounds_from_above(call):
        call.machine.emit(LossClamped(call.place, call.context, tensor, result))
    return computed(result, call.subject, *operands)


def _dtype_of_result(call: Call, tensor: Tensor) -> str | None:
    """Fractions stay fractions. Whole numbers stay what they are under a few operations that are
    given nothing else."""
    name = call.path.rsplit(".", 1)[-1].removesuffix("_")
    if tensor.dtype not in WHOLE:
        return tensor.dtype
    alone = not any(isinstance(each, (Tensor, Unknown)) for each in _others(call))
    return tensor.dtype if name in _KEEP_WHOLE and alone else None


def _others(call: Call) -> list[Value]:
    return [value for value in call.arguments.values() if value is not call.subject]


def _bounds_from_above(call: Call) -> bool:
    """Whether numbers are clamped with a largest one."""
    name = call.path.rsplit(".", 1)[-1].removesuffix("_")
    if name not in {"clamp", "clip", "clamp_max"}:
        return False
    largest = call.operand(0 if name == "clamp_max" else 1, "max")
    return isinstance(largest, Scalar)


def _same_if_alone(call: Call, tensor: Tensor) -> Shape:
    if call.path.endswith(("masked_fill", "masked_fill_")):
        return tensor.shape
    others = [shape_of(value) for value in call.arguments.positional if value is not tensor]
    return tensor.shape if all(other is None for other in others) else Shape()


for _name in _ELEMENTWISE:
    method("tensor", _name, f"{_name}_")(_elementwise)
    function(f"torch.{_name}", f"torch.nn.functional.{_name}")(_elementwise)


@function(
    "torch.nn.functional.normalize",
    "torch.nn.functional.layer_norm",
    "torch.nn.functional.batch_norm",
)
def shape_kept(call: Call) -> Value | None:
    """The same shape, other numbers."""
    tensor = as_tensor(call.argument(0, "input"))
    if tensor is None:
        return None
    return computed(tensor.replace(scale=None), *call.arguments.values())


@hook("arithmetic")
def arithmetic(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """Operators on tensors: the result has no known scale; broadcasting gives its shape."""
    if operator == "@":
        return product_of(left, right, machine.place(node))
    options = [value for value in (left, right) if value is not None]
    if not any(is_array(option) for each in options for option in alternatives(each)):
        return None
    if any(isinstance(each, (Dictionary, SequenceValue, Constant)) for each in options):
        return None
    tensors = [as_tensor(each) for each in options]
    known = [tensor for tensor in tensors if tensor is not None]
    if not known:
        return None
    first = known[0]
    others = [each for each in options if as_tensor(each) is None]
    if len(known) == 2:
        tell_broadcast(machine, known[0], known[1], node)
    shape = first.shape if len(known) == 1 else _broadcast([tensor.shape for tensor in known])
    if any(isinstance(other, (Joined, Object)) for other in others):
        shape = Shape()
    place = machine.place(node)
    result = Tensor(
        shape,
        dtype=_common_dtype(operator, known, others),
        lineage=lineage_of(first),
        library=first.library,
        text=first.text,
        place=place,
    )
    if _are_bytes(left, right) and operator == "-":
        give_meaning(result, Difference(place))
    elif _wraps(operator, left, right):
        machine.emit(BytesSubtracted(place, machine.context, right))
    return result


def _are_bytes(left: Value, right: Value | None) -> bool:
    return all(isinstance(each, Tensor) and each.dtype == "uint8" for each in (left, right))


def _wraps(operator: str, left: Value, right: Value | None) -> bool:
    """Whether the sign of bytes is turned, or a whole number is subtracted from them that is not
    one: what is below zero becomes a number near 256."""
    if operator not in {"-", "neg"} or not isinstance(left, Tensor) or left.dtype != "uint8":
        return False
    number = known_number(right)
    if right is None or number is None or number.integer is None:
        return right is None
    return number.integer > 1 and isinstance(number.coefficient, int)


def _common_dtype(operator: str, tensors: list[Tensor], others: list[Value]) -> str | None:
    """The type of a sum, difference or product; a quotient is a fraction."""
    words = {tensor.dtype for tensor in tensors}
    if "float" in words or operator == "/":
        return "float"
    numbers = [known_number(other) for other in others]
    whole = all(each is not None and isinstance(each.coefficient, int) for each in numbers)
    return words.pop() if whole and len(words) == 1 and operator in {"+", "-", "*"} else None


def tell_broadcast(machine: "Machine", left: Tensor, right: Tensor, node: cst.CSTNode) -> None:
    """Tell that a column and a row of the same samples become a matrix."""
    for column, row in ((left, right), (right, left)):
        if _is_column(column.shape) and row.shape.rank == 1:
            first, length = column.shape.axis(0), row.shape.axis(0)
            alike = first == length
            if first.integer is not None and length.integer is not None:
                alike = first.integer == length.integer
            if alike and not length.is_one:
                event = Broadcast(machine.place(node), machine.context, column, row)
                machine.emit(event)


def _is_column(shape: Shape) -> bool:
    """Whether the last of the axes, which is no first one, is one of length one from a layer."""
    axes = shape.known_axes
    if shape.dims is not None:
        axes = dict(enumerate(shape.dims)) if shape.rank == 2 else {}
        axes = {0: axes[0], -1: axes[1]} if axes else {}
    last = axes.get(-1)
    return 0 in axes and last is not None and last.axis is not None and last.is_one


def _broadcast(shapes: list[Shape]) -> Shape:
    known = [shape.dims for shape in shapes if shape.dims is not None]
    if len(known) != len(shapes):
        return Shape()
    rank = max(len(dims) for dims in known)
    result: list[Number] = []
    for position in range(1, rank + 1):
        found = {dims[-position] for dims in known if len(dims) >= position}
        larger = {dim for dim in found if not dim.is_one}
        if len(larger) > 1:
            return Shape()
        result.append(larger.pop() if larger else symbols.ONE)
    return Shape(tuple(reversed(result)))


@hook("comparison")
def comparison(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """Comparing tensors gives truth values."""
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        tell_broadcast(machine, left, right, node)
    if isinstance(left, Tensor) and operator not in {"Is", "IsNot", "In", "NotIn"}:
        place = machine.place(node)
        return cut_off(Tensor(left.shape, dtype="bool", place=place), place, "a comparison")
    return None
