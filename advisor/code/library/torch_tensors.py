"""torch tensors: shapes, scales, gradients."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import GradientsCleared, Reshaped
from advisor.code.interpreter.loops import Iteration
from advisor.code.library.models import (
    Call,
    Index,
    attribute,
    function,
    hook,
    item,
    iteration,
    method,
)
from advisor.code.symbols import Number
from advisor.code.values import (
    Activation,
    Arguments,
    Constant,
    Dictionary,
    Joined,
    Object,
    Scalar,
    Scale,
    Shape,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_array,
    known_number,
    known_text,
    lineage_of,
    scale_of,
    shape_of,
    size_of_axis,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


def as_tensor(value: Value | None) -> Tensor | None:
    """A value as a tensor, if it may be one."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Unknown):
        return Tensor(value.shape, lineage=value.lineage, text=value.name, place=value.place)
    return None


def tensor_operation(name: str, *functions: str) -> Callable[..., Callable[[Call], Value | None]]:
    """Model an operation that exists as a method and as functions of the same name."""

    def register(model: Callable[[Call], Value | None]) -> Callable[[Call], Value | None]:
        method("tensor", name)(model)
        method("unknown", name)(model)
        function(f"torch.{name}", f"torch.Tensor.{name}", *functions)(model)
        return model

    return register


# --- what keeps everything ----------------------------------------------------------------

_KEEPS = [
    "contiguous",
    "cpu",
    "cuda",
    "to",
    "clone",
    "float",
    "double",
    "half",
    "bfloat16",
    "type",
    "type_as",
    "pin_memory",
    "requires_grad_",
    "share_memory_",
    "numpy",
    "npu",
    "mps",
    "xpu",
]
_DTYPES = {"float": "float", "double": "float", "half": "float", "bfloat16": "float"}


@method("tensor", *_KEEPS)
def same_tensor(call: Call) -> Value | None:
    """The same numbers elsewhere, or of another type."""
    tensor = call.receiver
    assert isinstance(tensor, Tensor)
    name = call.path.rsplit(".", 1)[-1]
    return tensor.replace(dtype=_DTYPES[name]) if name in _DTYPES else tensor


@method("unknown", *_KEEPS, "long", "int", "byte", "tolist", "bool")
def same_unknown(call: Call) -> Value | None:
    """An unknown that is moved or cast is the same unknown."""
    return call.receiver


@method("tensor", "long", "int", "byte", "bool")
def cast_to_integers(call: Call) -> Value | None:
    """A tensor of whole numbers: no gradient, no activation."""
    tensor = call.receiver
    assert isinstance(tensor, Tensor)
    name = call.path.rsplit(".", 1)[-1]
    return tensor.replace(dtype="long" if name == "int" else name, graph=False, scale=None)


@tensor_operation("detach")
def detach(call: Call) -> Value | None:
    """The same numbers without a gradient path."""
    if isinstance(call.subject, Unknown):
        return call.subject
    tensor = as_tensor(call.subject)
    return None if tensor is None else tensor.replace(graph=False)


@attribute("tensor", "data")
def data(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`.data`: the same numbers without a gradient path."""
    return receiver.replace(graph=False)


@function("torch.autograd.Variable", "torch.nn.Parameter", "torch.nn.parameter.Parameter")
def wrapped(call: Call) -> Value | None:
    """Wrappers around a tensor."""
    value = call.argument(0, "data")
    if call.path.endswith("Parameter"):
        shape = shape_of(value) or Shape()
        return Tensor(shape, graph=True, text="parameter", place=call.place)
    return value


@function("torch.as_tensor", "torch.tensor", "torch.from_numpy", "torch.FloatTensor")
def made_of_data(call: Call) -> Value | None:
    """A tensor of given data."""
    value = call.argument(0, "data")
    known = as_tensor(value)
    if known is None:
        return None
    cut = call.path == "torch.tensor"
    return known.replace(graph=False if cut else known.graph, library="torch")


# --- shape --------------------------------------------------------------------------------


@attribute("tensor", "shape")
@attribute("unknown", "shape")
def shape(machine: "Machine", receiver: Value, node: cst.CSTNode) -> Value | None:
    """`x.shape`."""
    return size_of(receiver)


def size_of(value: Value) -> Value:
    """The dimensions of a tensor as a tuple, or as something to ask for them."""
    found = shape_of(value)
    if found is not None and found.dims is not None:
        return SequenceValue("tuple", tuple(Scalar(dim) for dim in found.dims))
    return Object("torch.Size", Arguments([value]))


@method("tensor", "size")
@method("unknown", "size")
def size(call: Call) -> Value | None:
    """`x.size()` and `x.size(dim)`."""
    receiver = call.receiver
    assert receiver is not None
    dim = call.argument(0, "dim")
    if dim is None:
        return size_of(receiver)
    index = known_number(dim)
    found = shape_of(receiver)
    if found is None or index is None or index.integer is None:
        return None
    return Scalar(found.axis(index.integer))


@item("torch.Size")
def item_of_size(
    machine: "Machine", size: Object, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`x.shape[1]`."""
    found = shape_of(size.arguments.positional[0])
    index = known_number(indices[0]) if isinstance(indices[0], Value) else None
    if found is None or index is None or index.integer is None:
        return _some_axes(found, indices)
    return Scalar(found.axis(index.integer))


def _some_axes(found: Shape | None, indices: Sequence[Index]) -> Value | None:
    """`x.shape[:2]`, `x.shape[-2:]`: the axes that are asked for, though the rank is unknown."""
    part = indices[0]
    if found is None or not isinstance(part, slice) or part.step is not None:
        return None
    start, stop = known_number(part.start), known_number(part.stop)
    if part.start is None and stop is not None and (stop.integer or -1) > 0:
        axes = range(stop.integer or 0)
    elif part.stop is None and start is not None and (start.integer or 1) < 0:
        axes = range(start.integer or 0, 0)
    else:
        return None
    return SequenceValue("tuple", tuple(Scalar(found.axis(index)) for index in axes))


@iteration("torch.Size")
def iterate_size(machine: "Machine", size: Object, node: cst.CSTNode) -> Iteration | None:
    """Going through the dimensions."""
    found = shape_of(size.arguments.positional[0])
    if found is None or found.dims is None:
        return None
    return Iteration(tuple(Scalar(dim) for dim in found.dims))


@method("torch.Size", "numel")
@method("tensor", "numel", "nelement")
def count(call: Call) -> Value | None:
    """How many numbers a tensor holds."""
    receiver = call.receiver
    found = shape_of(receiver.arguments.positional[0] if isinstance(receiver, Object) else receiver)
    if found is None or found.dims is None:
        return None
    return Scalar(symbols.product(found.dims))


@method("tensor", "dim", "ndimension")
def rank(call: Call) -> Value | None:
    """How many dimensions a tensor has."""
    found = shape_of(call.receiver)
    if found is None or found.rank is None:
        return None
    return Scalar(symbols.number(found.rank))


def dimensions(call: Call, skip: int = 0) -> tuple[Number | None, ...] | None:
    """The wished dimensions of a `view` or `reshape`; None for the one the library computes, and
    None altogether when they are not known."""
    if call.arguments.unknown:
        return None
    values = call.arguments.positional[skip:]
    named = call.arguments.keywords.get("shape") or call.arguments.keywords.get("size")
    if named is not None:
        values = [named]
    if len(values) == 1 and isinstance(values[0], SequenceValue):
        if values[0].items is None:
            return None
        values = list(values[0].items)
    elif len(values) == 1 and isinstance(values[0], Object) and values[0].path == "torch.Size":
        return None
    if len(values) == 1 and isinstance(values[0], Unknown):
        return None
    found: list[Number | None] = []
    for value in values:
        known = size_of_axis(value)
        if known is None:
            return None
        found.append(None if known.integer == -1 else known)
    return tuple(found) if found and found.count(None) <= 1 else None


@method("tensor", "view", "reshape", "view_as", "reshape_as")
@method("unknown", "view", "reshape", "view_as", "reshape_as")
@function("torch.reshape", "torch.Tensor.view", "torch.Tensor.reshape", "numpy.reshape")
def reshaped(call: Call) -> Value | None:
    """`view` and `reshape`: the same numbers in row-major order under other dimensions."""
    subject = call.subject
    tensor = as_tensor(subject)
    if tensor is None or subject is None:
        return None
    operation = call.path.rsplit(".", 1)[-1]
    if operation.endswith("_as"):
        other = shape_of(call.operand(0, "other"))
        return moved(tensor, other or Shape())
    dims = dimensions(call, skip=0 if call.receiver is not None else 1)
    if dims is None:
        return moved(tensor, Shape())
    event = Reshaped(call.place, call.context, tensor, operation, dims)
    call.machine.emit(event)
    return moved(tensor, Shape(completed(tensor.shape, dims)))


def completed(source: Shape, dims: tuple[Number | None, ...]) -> tuple[Number, ...]:
    """The dimensions of a reshaped tensor, with the computed one filled in."""
    if None not in dims:
        return tuple(dim for dim in dims if dim is not None)
    rest = symbols.product([symbols.exact(dim) for dim in dims if dim is not None])
    missing: Number | None = None
    if source.dims is not None:
        whole = symbols.product([symbols.exact(dim) for dim in source.dims])
        missing = symbols.divide(whole, rest)
    filled = missing if missing is not None else symbols.fresh("-1", is_axis=True)
    return tuple(dim if dim is not None else filled for dim in dims)


def moved(tensor: Tensor, shape: Shape) -> Tensor:
    """The tensor under another shape: its scale stays, the axis of a softmax is forgotten."""
    scale = tensor.scale
    if scale is not None and scale.axis is not None:
        scale = Scale(scale.activation, scale.place)
    return tensor.replace(shape=shape, scale=scale)


def _axis(value: Value | None, rank: int) -> int | None:
    number = known_number(value)
    if number is None or number.integer is None or not -rank <= number.integer < rank:
        return None
    return number.integer % rank


@tensor_operation("transpose", "torch.swapaxes", "torch.swapdims")
def transposed(call: Call) -> Value | None:
    """Two dimensions change places."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    if dims is None:
        return moved(tensor, Shape())
    first = _axis(call.operand(0, "dim0"), len(dims))
    second = _axis(call.operand(1, "dim1"), len(dims))
    if first is None or second is None:
        return moved(tensor, Shape())
    swapped = list(dims)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return moved(tensor, Shape(tuple(swapped)))


method("tensor", "swapaxes", "swapdims")(transposed)


@tensor_operation("permute")
def permuted(call: Call) -> Value | None:
    """The dimensions in another order."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    values = call.arguments.positional
    order = _order(values if call.receiver is not None else values[1:])
    if order is None:
        return moved(tensor, Shape())
    if dims is None and tensor.shape.settle(len(order)):
        dims = tensor.shape.dims
    if dims is None or sorted(index % len(dims) for index in order) != list(range(len(dims))):
        return moved(tensor, Shape())
    return moved(tensor, Shape(tuple(dims[index] for index in order)))


def _order(values: Sequence[Value]) -> list[int] | None:
    if len(values) == 1 and isinstance(values[0], SequenceValue):
        values = values[0].items or ()
    numbers = [known_number(value) for value in values]
    order = [number.integer for number in numbers if number is not None]
    if not order or len(order) != len(values):
        return None
    known = [index for index in order if index is not None]
    return known if len(known) == len(order) else None


@tensor_operation("t")
def two_dimensional_transpose(call: Call) -> Value | None:
    """A matrix on its side."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    return moved(tensor, Shape(dims[::-1]) if dims is not None and len(dims) == 2 else Shape())


@attribute("tensor", "T", "mT")
def transpose_attribute(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`x.T`."""
    dims = receiver.shape.dims
    shape = Shape(dims[::-1]) if dims is not None and len(dims) == 2 else Shape()
    return moved(receiver, shape)


@tensor_operation("unsqueeze")
def unsqueezed(call: Call) -> Value | None:
    """A dimension of one is added."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    axis = None if dims is None else _axis(call.operand(0, "dim"), len(dims) + 1)
    if dims is None or axis is None:
        return moved(tensor, Shape())
    return moved(tensor, Shape((*dims[:axis], symbols.ONE, *dims[axis:])))


@tensor_operation("squeeze")
def squeezed(call: Call) -> Value | None:
    """Dimensions of one are dropped."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dims = tensor.shape.dims
    dim = call.operand(0, "dim")
    if dims is None:
        return moved(tensor, Shape())
    if dim is None:
        if any(each.constant is None for each in dims):
            return moved(tensor, Shape())
        return moved(tensor, Shape(tuple(each for each in dims if not each.is_one)))
    axis = _axis(dim, len(dims))
    if axis is None or dims[axis].constant is None:
        return moved(tensor, Shape())
    kept = dims if not dims[axis].is_one else (*dims[:axis], *dims[axis + 1 :])
    return moved(tensor, Shape(kept))


@tensor_operation("flatten")
def flattened(call: Call) -> Value | None:
    """Neighbouring dimensions become one."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    start = known_number(call.operand(0, "start_dim")) or symbols.ZERO
    end = known_number(call.operand(1, "end_dim")) or symbols.number(-1)
    return moved(tensor, flat(tensor.shape, start.integer, end.integer))


def flat(shape: Shape, start: int | None, end: int | None) -> Shape:
    """A shape with the dimensions from `start` to `end` (inclusive) made one."""
    dims = shape.dims
    if dims is None or start is None or end is None or not dims:
        return Shape()
    first, last = start % len(dims), end % len(dims)
    if first > last:
        return Shape()
    merged = symbols.product([symbols.exact(dim) for dim in dims[first : last + 1]])
    return Shape((*dims[:first], merged, *dims[last + 1 :]))


@tensor_operation("chunk")
def chunked(call: Call) -> Value | None:
    """Equal parts along a dimension."""
    tensor = as_tensor(call.subject)
    number = known_number(call.operand(0, "chunks"))
    if tensor is None or number is None or number.integer is None or number.integer > 16:
        return None
    dim = call.operand(1, "dim") or Scalar(symbols.ZERO)
    part = _divided(tensor, dim, number)
    return SequenceValue("tuple", (part,) * number.integer)


@tensor_operation("split")
def split(call: Call) -> Value | None:
    """Parts of a given size along a dimension."""
    tensor = as_tensor(call.subject)
    size = call.operand(0, "split_size")
    dim = call.operand(1, "dim") or Scalar(symbols.ZERO)
    if tensor is None or size is None:
        return None
    if isinstance(size, SequenceValue) and size.items is not None:
        parts = [_resized(tensor, dim, known_number(each)) for each in size.items]
        return SequenceValue("tuple", tuple(parts))
    length = known_number(size)
    dims = tensor.shape.dims
    axis = None if dims is None else _axis(dim, len(dims))
    part = _resized(tensor, dim, length)
    if dims is not None and axis is not None and length is not None:
        parts_number = symbols.divide(symbols.exact(dims[axis]), symbols.exact(length))
        if parts_number is not None and parts_number.integer is not None:
            return SequenceValue("tuple", (part,) * min(parts_number.integer, 16))
    return SequenceValue("tuple", None, part)


def _divided(tensor: Tensor, dim: Value, number: Number) -> Tensor:
    dims = tensor.shape.dims
    axis = None if dims is None else _axis(dim, len(dims))
    if dims is None or axis is None:
        return moved(tensor, Shape())
    return _resized(tensor, dim, symbols.divide(symbols.exact(dims[axis]), number))


def _resized(tensor: Tensor, dim: Value, length: Number | None) -> Tensor:
    dims = tensor.shape.dims
    axis = None if dims is None else _axis(dim, len(dims))
    if dims is None or axis is None or length is None:
        return moved(tensor, Shape())
    return moved(tensor, Shape((*dims[:axis], length, *dims[axis + 1 :])))


@tensor_operation("unbind")
def unbound(call: Call) -> Value | None:
    """The slices along a dimension."""
    tensor = as_tensor(call.subject)
    if tensor is None or tensor.shape.dims is None:
        return None
    dims = tensor.shape.dims
    axis = _axis(call.operand(0, "dim") or Scalar(symbols.ZERO), len(dims))
    if axis is None:
        return None
    part = moved(tensor, Shape((*dims[:axis], *dims[axis + 1 :])))
    number = dims[axis].integer
    if number is not None and number <= 16:
        return SequenceValue("tuple", (part,) * number)
    return SequenceValue("tuple", None, part)


@function("torch.cat", "torch.concat", "torch.concatenate")
def concatenated(call: Call) -> Value | None:
    """Tensors put together along a dimension."""
    parts = _parts(call)
    if not parts:
        return None
    scales = {part.scale.activation if part.scale else None for part in parts}
    scale = parts[0].scale if len(scales) == 1 else None
    shape = _joined_shape(parts, call.argument(1, "dim") or Scalar(symbols.ZERO))
    complete = _complete(call)
    return Tensor(
        shape if complete else Shape(),
        scale=scale if complete else None,
        graph=True if any(part.graph for part in parts) else None,
        place=call.place,
    )


def _complete(call: Call) -> bool:
    first = call.argument(0, "tensors")
    return isinstance(first, SequenceValue) and first.items is not None


def _parts(call: Call) -> list[Tensor]:
    first = call.argument(0, "tensors")
    if not isinstance(first, SequenceValue):
        return []
    values = first.items if first.items is not None else (first.element,)
    parts = [as_tensor(value) for value in values if value is not None]
    known = [part for part in parts if part is not None]
    return known if len(known) == len(values) else []


def _joined_shape(parts: list[Tensor], dim: Value) -> Shape:
    shapes = [part.shape.dims for part in parts]
    known = [dims for dims in shapes if dims is not None]
    if len(known) != len(parts) or len({len(dims) for dims in known}) != 1:
        return Shape()
    axis = _axis(dim, len(known[0]))
    if axis is None:
        return Shape()
    total = symbols.ZERO
    for dims in known:
        total = symbols.add(total, dims[axis])
    return Shape((*known[0][:axis], total, *known[0][axis + 1 :]))


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


@function("torch.stack")
def stacked(call: Call) -> Value | None:
    """Tensors put together along a new dimension."""
    parts = _parts(call)
    if not parts:
        return None
    dims = parts[0].shape.dims
    first = call.argument(0, "tensors")
    items = first.items if isinstance(first, SequenceValue) else None
    shape = Shape()
    if dims is not None:
        axis = _axis(call.argument(1, "dim") or Scalar(symbols.ZERO), len(dims) + 1)
        number = symbols.number(len(items)) if items is not None else symbols.fresh("n")
        if axis is not None:
            shape = Shape((*dims[:axis], number, *dims[axis:]))
    scales = {part.scale.activation if part.scale else None for part in parts}
    return Tensor(
        shape,
        scale=parts[0].scale if len(scales) == 1 else None,
        graph=True if any(part.graph for part in parts) else None,
        place=call.place,
    )


@tensor_operation("repeat", "torch.tile")
def repeated(call: Call) -> Value | None:
    """Copies along each dimension."""
    tensor = as_tensor(call.subject)
    return None if tensor is None else moved(tensor, Shape())


@tensor_operation("expand")
def expanded(call: Call) -> Value | None:
    """Dimensions of one seen as larger."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    wished = dimensions(call, skip=0 if call.receiver is not None else 1)
    if wished is None or None in wished:
        return moved(tensor, Shape())
    return moved(tensor, Shape(tuple(dim for dim in wished if dim is not None)))


# --- activations --------------------------------------------------------------------------


def activated(
    tensor: Tensor, activation: Activation, call: Call, axis: int | None = None
) -> Tensor:
    """The tensor after an activation."""
    return tensor.replace(scale=Scale(activation, call.place, axis), place=call.place)


def _activation(kind: Activation) -> Callable[[Call], Value | None]:
    def model(call: Call) -> Value | None:
        tensor = as_tensor(call.subject)
        if tensor is None:
            return None
        dim = known_number(call.operand(0, "dim"))
        return activated(tensor, kind, call, dim.integer if dim is not None else None)

    return model


_ACTIVATIONS = {
    "softmax": Activation.SOFTMAX,
    "log_softmax": Activation.LOG_SOFTMAX,
    "sigmoid": Activation.SIGMOID,
    "relu": Activation.RELU,
    "tanh": Activation.TANH,
}
for _name, _kind in _ACTIVATIONS.items():
    tensor_operation(_name, f"torch.nn.functional.{_name}", f"torch.special.{_name}")(
        _activation(_kind)
    )
function("torch.nn.functional.logsigmoid")(_activation(Activation.LOG_SIGMOID))
function("torch.special.expit")(_activation(Activation.SIGMOID))
method("tensor", "sigmoid_")(_activation(Activation.SIGMOID))
method("tensor", "relu_")(_activation(Activation.RELU))
function("torch.nn.functional.relu_")(_activation(Activation.RELU))


@tensor_operation("log")
def logarithm(call: Call) -> Value | None:
    """The logarithm turns probabilities into log-probabilities."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    scale = scale_of(tensor)
    after = {
        Activation.SOFTMAX: Activation.LOG_SOFTMAX,
        Activation.SIGMOID: Activation.LOG_SIGMOID,
    }
    kind = after.get(scale.activation) if scale is not None else None
    return tensor.replace(scale=Scale(kind, call.place) if kind else None)


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


def _elementwise(call: Call) -> Value | None:
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    return tensor.replace(scale=None, shape=_same_if_alone(call, tensor))


def _same_if_alone(call: Call, tensor: Tensor) -> Shape:
    if call.path.endswith(("masked_fill", "masked_fill_")):
        return tensor.shape
    others = [shape_of(value) for value in call.arguments.positional if value is not tensor]
    return tensor.shape if all(other is None for other in others) else Shape()


for _name in _ELEMENTWISE:
    method("tensor", _name, f"{_name}_")(_elementwise)
    function(f"torch.{_name}", f"torch.nn.functional.{_name}")(_elementwise)


@function(
    "torch.nn.functional.dropout",
    "torch.nn.functional.dropout1d",
    "torch.nn.functional.dropout2d",
    "torch.nn.functional.normalize",
    "torch.nn.functional.layer_norm",
    "torch.nn.functional.batch_norm",
)
def shape_kept(call: Call) -> Value | None:
    """The same shape, other numbers."""
    tensor = as_tensor(call.argument(0, "input"))
    return None if tensor is None else tensor.replace(scale=None)


@method("tensor", "item", "tolist")
def python_number(call: Call) -> Value | None:
    """A plain number: nothing flows back through it."""
    return call.unknown()


_REDUCTIONS = ["sum", "mean", "prod", "std", "var", "norm", "logsumexp", "amax", "amin"]


def reduction(call: Call) -> Value | None:
    """One number for many, of the whole tensor or along dimensions."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    dim, keeps = call.operand(0, "dim"), call.operand(1, "keepdim")
    dims = tensor.shape.dims
    if dim is None:
        shape = Shape(())
    else:
        axis = None if dims is None else _axis(dim, len(dims))
        keep = keeps is not None
        if dims is None or axis is None or keep:
            shape = Shape()
        else:
            shape = Shape((*dims[:axis], *dims[axis + 1 :]))
    return Tensor(shape, graph=tensor.graph, lineage=None, place=call.place)


for _name in _REDUCTIONS:
    tensor_operation(_name)(reduction)


@method("tensor", "max", "min", "median", "topk", "sort")
def with_indices(call: Call) -> Value | None:
    """The largest number, or with a dimension the largest ones and where they stand."""
    tensor = call.receiver
    assert isinstance(tensor, Tensor)
    if call.argument(0, "dim") is None:
        return Tensor(Shape(()), graph=tensor.graph)
    return None


@tensor_operation("argmax")
def index_of_largest(call: Call) -> Value | None:
    """Class indices: whole numbers."""
    if as_tensor(call.subject) is None:
        return None
    return Tensor(Shape(), dtype="long", graph=False, place=call.place)


@function("torch.nn.functional.one_hot")
def one_hot(call: Call) -> Value | None:
    """Indices as rows of zeros with a one."""
    return Tensor(Shape(), scale=Scale(Activation.ONE_HOT, call.place), dtype="long", graph=False)


@function(*(f"torch.{name}" for name in ("zeros", "ones", "empty", "rand", "randn")))
def made_of_sizes(call: Call) -> Value | None:
    """A new tensor of given dimensions."""
    passed = list(call.arguments.positional)
    alone = Call(call.machine, call.path, Arguments(passed, {}, call.arguments.unknown), call.node)
    size = call.arguments.keywords.get("size")
    if size is not None:
        alone.arguments.positional = [size]
    dims = dimensions(alone)
    if dims is None or None in dims:
        return Tensor(Shape(), graph=False, place=call.place)
    axes = tuple(_new_axis(dim) for dim in dims if dim is not None)
    return Tensor(Shape(axes), graph=False, place=call.place)


def _new_axis(length: Number) -> Number:
    whole = length.integer
    if length.factors or whole is None or whole <= 1:
        return length
    return symbols.axis_of_length(whole)


@function(
    *(f"torch.{name}_like" for name in ("zeros", "ones", "empty", "rand", "randn", "full")),
)
def made_like(call: Call) -> Value | None:
    """A new tensor of another one's dimensions."""
    tensor = as_tensor(call.argument(0, "input"))
    return None if tensor is None else Tensor(tensor.shape, graph=False, place=call.place)


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
    return Tensor(shape, graph=True if first.graph or second.graph else None)


@hook("arithmetic")
def arithmetic(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """Operators on tensors: the result has no known scale; broadcasting gives its shape."""
    if operator == "@":
        return product_of(left, right, node)
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
    shape = first.shape if len(known) == 1 else _broadcast([tensor.shape for tensor in known])
    if any(isinstance(other, (Joined, Object)) for other in others):
        shape = Shape()
    return Tensor(
        shape,
        graph=True if any(tensor.graph for tensor in known) else _common_graph(known),
        lineage=lineage_of(first),
        library=first.library,
        text=first.text,
        place=machine.place(node),
    )


def _common_graph(tensors: list[Tensor]) -> bool | None:
    return False if all(tensor.graph is False for tensor in tensors) else None


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
    if isinstance(left, Tensor) and operator not in {"Is", "IsNot", "In", "NotIn"}:
        return Tensor(left.shape, dtype="bool", graph=False, place=machine.place(node))
    return None


@item("tensor", "unknown")
def item_of_tensor(
    machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`x[:, 0]`, `x[-1]`, `x[None]`: a part of the tensor; its scale stays."""
    tensor = as_tensor(receiver)
    if tensor is None:
        return None
    alone = len(indices) == 1 and not isinstance(indices[0], slice)
    if isinstance(receiver, Unknown) and alone and receiver.shape.dims is None:
        return None
    return moved(tensor, _indexed(tensor.shape, indices))


def _indexed(shape: Shape, indices: Sequence[Index]) -> Shape:
    if shape.dims is None:
        return Shape()
    result: list[Number] = []
    position = 0
    dims = shape.dims
    for index in indices:
        if isinstance(index, slice):
            if position >= len(dims):
                return Shape()
            result.append(_sliced(dims[position], index))
            position += 1
        elif isinstance(index, Constant) and index.value is None:
            result.append(symbols.ONE)
        elif isinstance(index, Constant) and index.value is ...:
            taken = sum(1 for each in indices if not _adds(each)) - 1
            skipped = len(dims) - taken
            result.extend(dims[position : position + skipped])
            position += skipped
        elif isinstance(index, Scalar):
            position += 1
        else:
            return Shape()
    if position > len(dims):
        return Shape()
    return Shape((*result, *dims[position:]))


def _sliced(length: Number, part: slice) -> Number:
    """How long an axis is behind a slice: known when it only drops some items at the ends."""
    front, back = (known_number(bound) or symbols.ZERO for bound in (part.start, part.stop))
    starts = part.start is None or (front.integer or -1) > 0
    stops = part.stop is None or (back.integer or 1) < 0
    if not starts or not stops or part.step is not None:
        return symbols.fresh("part")
    return symbols.add(length, symbols.subtract(back, front))


def _adds(index: Index) -> bool:
    return isinstance(index, Constant) and index.value is None


# --- gradients ----------------------------------------------------------------------------


@hook("assign_attribute")
def assigned_gradient(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`p.grad = None` clears a gradient."""
    if name == "grad":
        machine.emit(GradientsCleared(machine.place(node), machine.context, receiver))
    return False


@attribute("tensor", "grad")
def gradient(machine: "Machine", receiver: Tensor, node: cst.CSTNode) -> Value | None:
    """`p.grad`."""
    return Object("torch.grad", Arguments([receiver]))


@attribute("torch.grad", "data")
def gradient_data(machine: "Machine", receiver: Object, node: cst.CSTNode) -> Value | None:
    """`p.grad.data`."""
    return receiver


@method("torch.grad", "detach", "detach_")
def detached_gradient(call: Call) -> Value | None:
    """`p.grad.detach_()`."""
    return call.receiver


@method("torch.grad", "zero_", "fill_", "mul_")
def cleared_gradient(call: Call) -> Value | None:
    """`p.grad.zero_()`."""
    receiver = call.receiver
    assert isinstance(receiver, Object)
    call.machine.emit(GradientsCleared(call.place, call.context, receiver.arguments.positional[0]))
    return receiver


@method("unknown", "zero_")
def cleared_unknown(call: Call) -> Value | None:
    """`something.grad.zero_()` on an unknown."""
    receiver = call.receiver
    current = receiver
    while isinstance(current, Unknown):
        if current.name == "grad":
            target = current.parent or current
            call.machine.emit(GradientsCleared(call.place, call.context, target))
            break
        current = current.parent
    return receiver
