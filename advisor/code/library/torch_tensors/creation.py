"""New tensors of given dimensions."""

from advisor.code import symbols
from advisor.code.library.models import Call, function
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.torch_tensors.sizes import dimensions
from advisor.code.symbols import Number
from advisor.code.values import Activation, Arguments, Scale, Shape, Tensor, Value


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
