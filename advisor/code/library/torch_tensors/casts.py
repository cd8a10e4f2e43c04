"""Types of the numbers in tensors: what casts make of them.

A type is a word: `float` for floating point of any width, `long`, `int` (whole numbers of other
widths), `uint8`, `bool`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.library.models import Call, hook, method
from advisor.code.values import (
    DTYPE,
    FALSE,
    TRUE,
    Activation,
    Constant,
    Library,
    Method,
    Scalar,
    Sequence,
    Tensor,
    Truncated,
    Unknown,
    Value,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

_WORDS = {
    **dict.fromkeys(["float", "float16", "float32", "float64", "bfloat16", "half"], "float"),
    **dict.fromkeys(["double", "single", "FloatTensor", "DoubleTensor", "HalfTensor"], "float"),
    **dict.fromkeys(["long", "int64", "LongTensor"], "long"),
    **dict.fromkeys(["int", "int32", "short", "int16", "int8", "IntTensor"], "int"),
    **dict.fromkeys(["uint8", "byte", "ByteTensor"], "uint8"),
    **dict.fromkeys(["bool", "bool_", "BoolTensor"], "bool"),
}
# Python's and NumPy's own names, where they mean something else than torch's.
_OF_PYTHON = {"builtins.int": "long", "builtins.float": "float", "builtins.bool": "bool"}
WHOLE = frozenset({"long", "int", "uint8", "bool"})


def named_dtype(value: Value | None) -> str | None:
    """The word for a type that is handed over: `torch.long`, `np.float32`, `"torch.LongTensor"`."""
    if isinstance(value, Library):
        return _OF_PYTHON.get(value.path) or _WORDS.get(value.path.rsplit(".", 1)[-1])
    text = known_text(value)
    return None if text is None else _WORDS.get(text.rsplit(".", 1)[-1])


def cast(tensor: Tensor, dtype: str | None) -> Tensor:
    """The numbers as another type: whole numbers have no gradient and no activation, but ones and
    zeros stay what they are."""
    if dtype not in WHOLE:
        return tensor.replace(dtype=dtype, whole=tensor.whole)
    scale = tensor.scale
    kept = scale if scale is not None and scale.activation is Activation.ONE_HOT else None
    return tensor.replace(dtype=dtype, graph=False, scale=kept, whole=tensor)


def cast_at(call: Call, tensor: Tensor, dtype: str | None) -> Tensor:
    """The numbers as another type; whole ones remember where they became so."""
    made = cast(tensor, dtype)
    if dtype in {"long", "int"} and tensor.dtype not in WHOLE:
        made.meaning = Truncated(call.place)
    return made


@method("tensor", "float", "double", "half", "bfloat16", "long", "int", "short", "byte", "bool")
def cast_by_name(call: Call) -> Value | None:
    """`x.long()`."""
    tensor = call.receiver
    assert isinstance(tensor, Tensor)
    return cast_at(call, tensor, _WORDS[call.path.rsplit(".", 1)[-1]])


@method("unknown", "long", "short")
def whole_numbers(call: Call) -> Value | None:
    """Only a tensor has these methods."""
    value = call.receiver
    assert isinstance(value, Unknown)
    tensor = Tensor(value.shape, lineage=value.lineage, text=value.name, place=value.place)
    return cast(tensor, _WORDS[call.path.rsplit(".", 1)[-1]])


@method("tensor", "to", "type")
def cast_by_argument(call: Call) -> Value | None:
    """`x.to(...)` of a device, a type or both; `x.type(torch.LongTensor)`."""
    tensor = call.receiver
    assert isinstance(tensor, Tensor)
    for value in call.arguments.values():
        if isinstance(value, Tensor):
            return cast(tensor, value.dtype)
        word = named_dtype(value)
        if word is not None:
            return cast_at(call, tensor, word)
        if isinstance(value, Method) and value.name == "dtype":  # `x.to(other.dtype)`
            return cast(tensor, getattr(value.receiver, "dtype", None))
        if isinstance(value, Unknown) and value.name.endswith("dtype"):
            return cast(tensor, None)
    given = call.arguments.keywords.get("dtype")
    surely_kept = given is None and call.path.endswith(".to")
    return tensor if surely_kept else tensor.replace(dtype=None, whole=tensor.whole)


@hook("comparison")
def types_compared(
    machine: "Machine", operator: str, left: Value, right: Value, node: cst.CSTNode
) -> Value | None:
    """`x.dtype == np.uint8`: known where the numbers are bytes, or fractions of whatever width."""
    if operator not in {"Equal", "NotEqual", "Is", "IsNot"}:
        return None
    for asked, other in ((left, right), (right, left)):
        if isinstance(asked, Method) and asked.name == "dtype":
            known = asked.receiver.dtype if isinstance(asked.receiver, Tensor) else None
            words = {known, named_dtype(other)}
            if "uint8" in words and words <= {"uint8", "float"}:
                is_same = len(words) == 1
                return TRUE if is_same is (operator in {"Equal", "Is"}) else FALSE
    return None


@method("tensor", "type_as")
def cast_like(call: Call) -> Value | None:
    """`x.type_as(other)`."""
    tensor, other = call.receiver, call.argument(0, "other")
    assert isinstance(tensor, Tensor)
    return cast(tensor, other.dtype if isinstance(other, Tensor) else None)


def dtype_of_data(value: Value | None) -> str | None:
    """The type that `torch.tensor` finds for numbers written down; None when they are not known."""
    words = {dtype_of_number(each) for each in _numbers(value)}
    if None in words or not words:
        return None
    for word in ("float", "long", "bool"):
        if word in words:
            return word
    return None


def _numbers(value: Value | None) -> Iterator[Value | None]:
    if isinstance(value, Sequence) and value.items is not None:
        for item in value.items:
            yield from _numbers(item)
    else:
        yield value


def dtype_of_number(value: Value | None) -> str | None:
    """The type that a number of Python becomes in a tensor."""
    if isinstance(value, Unknown):
        found: str | None = value.fields.get(DTYPE)
        return found
    if isinstance(value, Constant) and isinstance(value.value, bool):
        return "bool"
    if isinstance(value, Scalar) and not value.number.factors:
        return "long" if isinstance(value.number.coefficient, int) else "float"
    return None
