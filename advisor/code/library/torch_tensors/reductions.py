"""One number for many."""

from advisor.code.library.models import Call, method
from advisor.code.library.torch_tensors.operations import as_tensor, axis_of, tensor_operation
from advisor.code.values import Shape, Tensor, Value


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
        axis = None if dims is None else axis_of(dim, len(dims))
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
