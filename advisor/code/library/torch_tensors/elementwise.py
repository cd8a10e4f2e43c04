"""Operations on each number by itself, with broadcasting."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import Bent, BytesSubtracted, LossClamped
from advisor.code.gradients import combined, computed, cut_off, gradient_of, is_learned
from advisor.code.library.lineages.names import FRAME
from advisor.code.library.models import Call, function, hook, method
from advisor.code.library.torch_tensors.broadcasting import (
    broadcast,
    tell_broadcast,
    tell_choices_paired,
)
from advisor.code.library.torch_tensors.bytes import are_bytes, tell_wrapped, wraps
from advisor.code.library.torch_tensors.casts import WHOLE
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.torch_tensors.products import product_of
from advisor.code.values import (
    DTYPE,
    Activation,
    AtLeast,
    Constant,
    Dictionary,
    Difference,
    Joined,
    Object,
    Scalar,
    Scale,
    Shape,
    Tensor,
    Unknown,
    Value,
    alternatives,
    give_meaning,
    is_array,
    is_constant,
    is_plain_number,
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
    "subtract",
    "multiply",
    "divide",
    "remainder",
    "fmod",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "addcmul",
    "addcdiv",
    "acos",
    "arccos",
    "asin",
    "arcsin",
    "atan",
    "arctan",
    "atan2",
    "arctan2",
    "acosh",
    "asinh",
    "atanh",
    "hypot",
    "logaddexp",
    "xlogy",
    "erfc",
    "erfinv",
    "tan",
    "sinh",
    "cosh",
    "logit",
    "frac",
    "trunc",
    "hardsigmoid",
    "hardswish",
    "mish",
    "celu",
    "hardshrink",
    "softshrink",
    "tanhshrink",
    "softsign",
    "threshold",
    "flip",
    "roll",
    "tril",
    "triu",
    "fliplr",
    "flipud",
]

# Functions that stand between two layers so that they are not one.
_BENT = frozenset(
    [
        *("leaky_relu", "elu", "gelu", "selu", "silu", "softplus", "hardtanh", "hardsigmoid"),
        *("hardswish", "mish", "celu", "softsign", "sin", "cos"),
    ]
)

_PLAIN = (Scalar, Constant, SequenceValue)

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
    if _bounds_at_zero(call):
        result = result.replace(scale=Scale(Activation.RELU, call.place), place=call.place)
    operands = _others(call)
    _tell_broadcast_with_others(call, tensor)
    if call.path.rsplit(".", 1)[-1] in {"sub", "subtract", "sub_"}:
        tell_wrapped(call, tensor, call.operand(0, "other"), result)
    if _bounds_from_above(call):
        call.machine.emit(LossClamped(call.place, call.context, tensor, result))
    if result.shape is tensor.shape:
        result.reduced = tensor.reduced
    least = _lower_bound(call) if result.dtype == "uint8" else None
    if least is not None:
        result.meaning = AtLeast(least)
    _tell_bent(call, tensor, result)
    return computed(result, call.subject, *operands)


def _tell_bent(call: Call, tensor: Tensor, result: Tensor) -> None:
    """Tell of what is no straight line, and of whatever changes the tensor itself."""
    name = call.path.rsplit(".", 1)[-1]
    in_place = name.endswith("_") or is_constant(call.arguments.keywords.get("inplace"), True)
    if in_place or name in _BENT or _bounds_at_zero(call):
        event = Bent(call.place, call.context, name.removesuffix("_"), tensor, result, in_place)
        call.machine.emit(event)


def _tell_broadcast_with_others(call: Call, tensor: Tensor) -> None:
    for value in _others(call):
        other = as_tensor(value)
        if other is not None:
            tell_broadcast(call.machine, tensor, other, call.node)


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
    if name not in {"clamp", "clip", "clamp_max", "minimum", "fmin"}:
        return False
    largest = call.operand(1 if name in {"clamp", "clip"} else 0, "max")
    if name in {"minimum", "fmin"}:
        largest = call.operand(0, "other")
        return isinstance(largest, Tensor) and largest.graph is False and largest.shape.dims == ()
    known = isinstance(largest, Unknown) and largest.place is not None
    return isinstance(largest, Scalar) or (known and gradient_of(largest) is not True)


def _bounds_at_zero(call: Call) -> bool:
    """Whether numbers are clamped at 0 from below, and nowhere else, as a ReLU does it."""
    if _lower_bound(call) != 0:
        return False
    return call.path.rstrip("_").endswith("clamp_min") or call.operand(1, "max") is None


def _lower_bound(call: Call) -> float | None:
    """The number that numbers are clamped at from below."""
    name = call.path.rsplit(".", 1)[-1].removesuffix("_")
    if name not in {"clamp", "clip", "clamp_min"} or call.arguments.unknown:
        return None
    least = known_number(call.operand(0, "min"))
    return None if least is None or least.constant is None else float(least.constant)


def _same_if_alone(call: Call, tensor: Tensor) -> Shape:
    if call.path.endswith(("masked_fill", "masked_fill_")):
        return tensor.shape
    others = [value for value in _others(call) if not isinstance(value, _PLAIN)]
    shapes = [shape_of(value) for value in others]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(others) or call.arguments.unknown:
        return Shape()
    return broadcast([tensor.shape, *known]) if known else tensor.shape


for _name in _ELEMENTWISE:
    method("tensor", _name, f"{_name}_")(_elementwise)
    function(f"torch.{_name}", f"torch.nn.functional.{_name}")(_elementwise)
# Nothing but tensors has these.
method("unknown", "clamp", "clamp_", "clamp_max", "clamp_max_")(_elementwise)


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
        return product_of(machine, left, right, node)
    options = [value for value in (left, right) if value is not None]
    if any(isinstance(each, Object) and each.path == FRAME for each in options):
        return None  # a table, whatever is added to it
    if not any(is_array(option) for each in options for option in alternatives(each)):
        return None
    if any(isinstance(each, (Dictionary, SequenceValue, Constant)) for each in options):
        return None
    tensors = [None if is_plain_number(each) else as_tensor(each) for each in options]
    known = [tensor for tensor in tensors if tensor is not None]
    if not known:
        return None
    first = known[0]
    others = [each for each, tensor in zip(options, tensors, strict=True) if tensor is None]
    if len(known) == 2:
        tell_broadcast(machine, known[0], known[1], node)
    shape = first.shape if len(known) == 1 else broadcast([tensor.shape for tensor in known])
    if any(isinstance(other, (Joined, Object)) for other in others):
        shape = Shape()
    place = machine.place(node)
    result = Tensor(
        shape,
        scale=_raw_scores(operator, left, right),
        dtype=_common_dtype(operator, known, others),
        lineage=lineage_of(first),
        library=first.library,
        text=first.text,
        place=place,
    )
    if len(known) == 1 and shape is first.shape:
        result.reduced = first.reduced
    if are_bytes(left, right) and operator == "-":
        give_meaning(result, Difference(place))
    elif wraps(operator, left, right):
        machine.emit(BytesSubtracted(place, machine.context, right, result))
    return result


def _raw_scores(operator: str, left: Value, right: Value | None) -> Scale | None:
    """The scores of a layer, which remain raw scores when numbers or parameters shift and scale them, or
    when scores are added."""
    scores, other = (left, right) if _are_scores(left) else (right, left)
    if not isinstance(scores, Tensor) or not _are_scores(scores):
        return None
    if operator in {"-", "/"} and scores is not left:
        return None
    if isinstance(other, Scalar) or is_learned(other):
        return scores.scale if operator in {"+", "-", "*", "/"} else None
    return scores.scale if operator == "+" and _are_scores(other) else None


def _are_scores(value: Value | None) -> bool:
    scale = value.scale if isinstance(value, Tensor) else None
    return scale is not None and scale.activation is Activation.LOGITS


def _common_dtype(operator: str, tensors: list[Tensor], others: list[Value]) -> str | None:
    """The type of a sum, difference or product; a quotient is a fraction, and what connects truth
    values is one."""
    words = {tensor.dtype for tensor in tensors}
    if operator in _CONNECTIVES:
        return "bool" if words == {"bool"} else None
    if "float" in words or operator == "/":
        return "float"
    numbers = [known_number(other) for other in others]
    whole = all(each is not None and isinstance(each.coefficient, int) for each in numbers)
    return words.pop() if whole and len(words) == 1 and operator in {"+", "-", "*"} else None


_CONNECTIVES = frozenset(["&", "|", "^", "~"])
_TESTS = ["eq", "ne", "gt", "ge", "lt", "le", "isnan", "isinf", "isfinite", "isclose"]
_TESTS += ["logical_and", "logical_or", "logical_not", "logical_xor"]


def _test(call: Call) -> Value | None:
    """Truth values: one for each number."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    name = call.path.rsplit(".", 1)[-1]
    _tell_broadcast_with_others(call, tensor)
    if name in {"eq", "ne"}:
        tell_choices_paired(call.machine, tensor, call.operand(0, "other"), call.node)
    made = Tensor(_same_if_alone(call, tensor), dtype="bool", place=call.place)
    return cut_off(made, call.place, name)


for _name in _TESTS:
    method("tensor", _name)(_test)
    function(f"torch.{_name}")(_test)


@hook("comparison")
def comparison(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """Comparing tensors gives truth values."""
    if isinstance(left, Unknown) and DTYPE in left.fields:
        left = as_tensor(left) or left
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        tell_broadcast(machine, left, right, node)
        if operator in {"Equal", "NotEqual"}:
            tell_choices_paired(machine, left, right, node)
    if isinstance(left, Tensor) and operator not in {"Is", "IsNot", "In", "NotIn"}:
        place = machine.place(node)
        other = shape_of(right)
        shape = left.shape if other is None else broadcast([left.shape, other])
        if other is None and not isinstance(right, _PLAIN):
            shape = Shape()
        graph, _ = combined((left, right))
        return cut_off(Tensor(shape, dtype="bool", graph=graph, place=place), place, "a comparison")
    return None
