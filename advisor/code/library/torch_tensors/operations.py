"""What the models of all tensor operations share."""

from collections.abc import Callable

from advisor.code.gradients import cut_of, gradient_of
from advisor.code.library.models import Call, function, method
from advisor.code.symbols import Number
from advisor.code.values import (
    DTYPE,
    LIBRARY,
    MEANING,
    Activation,
    ClassIndices,
    Joined,
    Pixels,
    Scale,
    Shape,
    Tensor,
    Unknown,
    Value,
    is_constant,
    join,
    known_integer,
    known_number,
)


def as_tensor(value: Value | None) -> Tensor | None:
    """A value as a tensor, if it may be one."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Unknown):
        made = Tensor(
            value.shape,
            dtype=value.fields.get(DTYPE),
            graph=gradient_of(value),
            cut=cut_of(value),
            terms=(value,),
            lineage=value.lineage,
            library=value.fields.get(LIBRARY, "torch"),
            text=value.name,
            place=value.place,
        )
        meaning = value.fields.get(MEANING)
        if isinstance(meaning, Pixels):
            made.meaning = meaning
        return made
    return None


def on_each_way(value: Value | None) -> Tensor | None:
    """A value as a tensor, if it may be one on each way that the program can take: what is known of it
    on all of them. `None` is no tensor on any."""
    if not isinstance(value, Joined):
        return as_tensor(value)
    ways = [as_tensor(each) for each in value.alternatives if not is_constant(each, None)]
    known = [each for each in ways if each is not None]
    if not known or len(known) < len(ways):
        return None
    found: Value = known[0]
    for each in known[1:]:
        found = join(found, each)
    return found if isinstance(found, Tensor) else None


def tensor_operation(name: str, *functions: str) -> Callable[..., Callable[[Call], Value | None]]:
    """Model an operation that exists as a method and as functions of the same name."""

    def register(model: Callable[[Call], Value | None]) -> Callable[[Call], Value | None]:
        method("tensor", name)(model)
        method("unknown", name)(model)
        function(f"torch.{name}", f"torch.Tensor.{name}", *functions)(model)
        return model

    return register


def moved(tensor: Tensor, shape: Shape) -> Tensor:
    """The tensor under another shape: its scale stays, the axis of a softmax is forgotten."""
    scale = tensor.scale
    if scale is not None and scale.axis is not None:
        scale = Scale(scale.activation, scale.place)
    result = tensor.replace(shape=shape, scale=scale, whole=tensor)
    if isinstance(tensor.meaning, ClassIndices):
        result.meaning = tensor.meaning
    return result


def axis_of(value: Value | None, rank: int) -> int | None:
    """The index of an axis that may be counted from the end; None when unknown or out of range."""
    number = known_number(value)
    if number is None or number.integer is None or not -rank <= number.integer < rank:
        return None
    return number.integer % rank


def settle_scores(call: Call, tensor: Tensor, dim: Value | None) -> None:
    """Take what a linear layer has made for scores of samples, `(samples, scores)`, where the program
    asks for their second axis by number behind the model."""
    shape, scale = tensor.shape, tensor.scale
    if shape.dims is not None or -1 not in shape.known_axes or call.context.running:
        return
    if scale is None or scale.activation is not Activation.LOGITS or known_integer(dim) != 1:
        return
    if shape.settle(2):
        samples = shape.axis(0).axis
        if samples is not None and not shape.axis(0).is_one:
            samples.is_stacked = True


def dims_of(tensor: Tensor) -> tuple[Number, ...] | None:
    """The dimensions of a tensor where its axes are asked for by number: the output of a sequence
    layer is taken for a batch of sequences then, though it could be a single one."""
    shape = tensor.shape
    if shape.dims is None and tensor.layout is not None and {0, 1} <= set(shape.known_axes):
        return shape.axis(0), shape.axis(1), shape.axis(-1)
    return shape.dims
