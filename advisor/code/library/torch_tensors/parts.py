"""Parts of a tensor: chunks, splits, slices, items."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import AxisRead, Bent
from advisor.code.gradients import fill, made_from
from advisor.code.library.models import Call, Index, hook, item, method
from advisor.code.library.torch_tensors.bytes import part_chosen
from advisor.code.library.torch_tensors.loop_slices import piece_of_loop
from advisor.code.library.torch_tensors.operations import (
    as_tensor,
    axis_of,
    dims_of,
    moved,
    settle_scores,
    tensor_operation,
)
from advisor.code.symbols import Number
from advisor.code.values import (
    MEANING,
    Activation,
    Alike,
    AtLeast,
    Blank,
    ClassIndices,
    Constant,
    Drawn,
    Joined,
    Scalar,
    Scale,
    Shape,
    Tensor,
    Unknown,
    Value,
    following,
    is_constant,
    known_integer,
    known_number,
    meaning_of,
    shape_of,
    size_of_axis,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


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
    if isinstance(tensor.meaning, Drawn):
        batches = SequenceValue("tuple", None, _drawn(tensor))
        rows, rows_of_batch = tensor.shape.axis(0).integer, known_integer(size)
        if rows is not None and rows_of_batch:
            batches.fields["length"] = Scalar(symbols.number(-(-rows // rows_of_batch)))
        return batches
    length = size_of_axis(size)
    dims = tensor.shape.dims
    axis = None if dims is None else axis_of(dim, len(dims))
    if dims is None or axis is None or length is None:
        return SequenceValue("tuple", None, moved(tensor, Shape()))
    whole, step = dims[axis].integer, length.integer
    if whole is not None and step is not None and step > 0 and whole <= 16 * step:
        sizes = [min(step, whole - start) for start in range(0, whole, step)] or [0]
        same = {each: _resized(tensor, dim, symbols.number(each)) for each in set(sizes)}
        return SequenceValue("tuple", tuple(same[each] for each in sizes))
    number = symbols.divide(symbols.exact(dims[axis]), symbols.exact(length))
    if number is not None and number.integer is not None:
        part = _resized(tensor, dim, length)
        return SequenceValue("tuple", (part,) * min(number.integer, 16))
    return SequenceValue("tuple", None, _resized(tensor, dim, symbols.fresh("part")))


def _drawn(tensor: Tensor) -> Tensor:
    """The places of a batch, out of a random order of all."""
    batch = moved(tensor, Shape((symbols.batch_axis(),)))
    batch.meaning = Drawn(batch.shape.axis(0))
    return batch


def _divided(tensor: Tensor, dim: Value, number: Number) -> Tensor:
    dims = tensor.shape.dims
    axis = None if dims is None else axis_of(dim, len(dims))
    if dims is None or axis is None:
        return moved(tensor, Shape())
    return _resized(tensor, dim, symbols.divide(symbols.exact(dims[axis]), number))


def _resized(tensor: Tensor, dim: Value, length: Number | None) -> Tensor:
    dims = tensor.shape.dims
    axis = None if dims is None else axis_of(dim, len(dims))
    if dims is None or axis is None or length is None:
        return moved(tensor, Shape())
    return moved(tensor, Shape((*dims[:axis], length, *dims[axis + 1 :])))


@tensor_operation("tensor_split")
def split_into(call: Call) -> Value | None:
    """So many parts along a dimension, the first ones longer by one where it does not come out."""
    tensor = as_tensor(call.subject)
    number = known_number(call.operand(0, "indices_or_sections"))
    if tensor is None or number is None or number.integer is None or not 0 < number.integer <= 16:
        return None
    dim, dims = call.operand(1, "dim") or Scalar(symbols.ZERO), tensor.shape.dims
    axis = None if dims is None else axis_of(dim, len(dims))
    length = None if dims is None or axis is None else dims[axis].integer
    if length is None:
        return SequenceValue("tuple", (moved(tensor, Shape()),) * number.integer)
    each, more = divmod(length, number.integer)
    sizes = [each + (index < more) for index in range(number.integer)]
    return SequenceValue(
        "tuple", tuple(_resized(tensor, dim, symbols.number(size)) for size in sizes)
    )


@tensor_operation("narrow")
def narrowed(call: Call) -> Value | None:
    """So many items along a dimension."""
    tensor, length = as_tensor(call.subject), known_number(call.operand(2, "length"))
    dim = call.operand(0, "dim")
    return None if tensor is None or dim is None else _resized(tensor, dim, length)


@tensor_operation("select")
def selected(call: Call) -> Value | None:
    """One item along a dimension."""
    tensor = as_tensor(call.subject)
    dims = None if tensor is None else tensor.shape.dims
    axis = None if dims is None else axis_of(call.operand(0, "dim"), len(dims))
    if tensor is None or dims is None or axis is None:
        return None if tensor is None else moved(tensor, Shape())
    return moved(tensor, Shape((*dims[:axis], *dims[axis + 1 :])))


@tensor_operation("index_select")
def items_selected(call: Call) -> Value | None:
    """Some items along a dimension."""
    tensor, index = as_tensor(call.subject), shape_of(call.operand(1, "index"))
    dim = call.operand(0, "dim")
    if tensor is None or dim is None:
        return None
    known = index is not None and index.rank == 1
    part = _resized(tensor, dim, index.axis(0) if known and index is not None else None)
    part.chosen = call.node
    return part


@tensor_operation("gather", "torch.take_along_dim")
def gathered(call: Call) -> Value | None:
    """A number for each place that is asked for."""
    tensor, index = as_tensor(call.subject), shape_of(call.operand(1, "index"))
    if tensor is None:
        return None
    settle_scores(call, tensor, call.operand(0, "dim"))
    if tensor.shape.rank == 2 and known_integer(call.operand(0, "dim")) == 1:
        one = symbols.axis_of_length(1)
        if index is None or index.dims is None or index.dims[-1:] == (symbols.ONE,):
            # One of the scores of each sample: there is nothing else to ask for them by.
            return moved(tensor, Shape((tensor.shape.axis(0), one)))
    return moved(tensor, index or Shape())


@tensor_operation("diagonal")
def diagonal(call: Call) -> Value | None:
    """The numbers whose places along two axes are the same."""
    tensor = as_tensor(call.subject)
    dims = None if tensor is None else tensor.shape.dims
    if tensor is None or dims is None or call.operand(0, "offset") is not None:
        return None if tensor is None else moved(tensor, Shape())
    first = axis_of(call.operand(1, "dim1") or Scalar(symbols.ZERO), len(dims))
    second = axis_of(call.operand(2, "dim2") or Scalar(symbols.ONE), len(dims))
    if first is None or second is None:
        return moved(tensor, Shape())
    known = [dims[axis].integer for axis in (first, second)]
    shorter = (
        symbols.fresh("part")
        if None in known
        else symbols.number(min(filter(None, known), default=0))
    )
    if dims[first] == dims[second]:
        shorter = dims[first]
    rest = [dim for index, dim in enumerate(dims) if index not in {first, second}]
    return moved(tensor, Shape((*rest, shorter)))


@tensor_operation("diag")
def diagonal_of_matrix(call: Call) -> Value | None:
    """The diagonal of a matrix; of a vector, a matrix is made."""
    tensor = as_tensor(call.subject)
    return None if tensor is None or tensor.shape.rank != 2 else diagonal(call)


@tensor_operation("unbind")
def unbound(call: Call) -> Value | None:
    """The slices along a dimension."""
    tensor = as_tensor(call.subject)
    if tensor is None or tensor.shape.dims is None:
        return None
    dims = tensor.shape.dims
    axis = axis_of(call.operand(0, "dim") or Scalar(symbols.ZERO), len(dims))
    if axis is None:
        return None
    part = moved(tensor, Shape((*dims[:axis], *dims[axis + 1 :])))
    number = dims[axis].integer
    if number is not None and number <= 16:
        return SequenceValue("tuple", (part,) * number)
    return SequenceValue("tuple", None, part)


@item("tensor", "unknown")
def item_of_tensor(
    machine: "Machine", receiver: Value, indices: Sequence[Index], node: cst.CSTNode
) -> Value | None:
    """`x[:, 0]`, `x[-1]`, `x[None]`: a part of the tensor; its scale stays."""
    tensor = as_tensor(receiver)
    if tensor is None:
        return None
    named = sum(1 for index in indices if not _adds(index))
    most = tensor.shape.most == named or _names_all_axes(indices)
    if tensor.shape.dims is None and most and (tensor.shape.most or tensor.shape.is_open):
        tensor.shape.settle(named)
    alone = len(indices) == 1 and not isinstance(indices[0], slice)
    if isinstance(receiver, Unknown) and alone and receiver.shape.dims is None:
        return None
    _tell_axes_read(machine, tensor, indices, node)
    if isinstance(tensor.meaning, Drawn) and machine.context.rounds and _is_slice(indices):
        return _drawn(tensor)
    shape = _indexed(tensor.shape, indices)
    if shape.dims is None and alone:
        shape.most = tensor.shape.most
    axis = piece_of_loop(machine, tensor.shape.rank, indices[0])
    if axis is not None and shape.dims is not None:
        shape = Shape((axis, *shape.dims[1:]))
    part = moved(tensor, shape)
    if indices and isinstance(indices[0], (Tensor, Unknown, Joined, SequenceValue)):
        part.chosen = node
    if part_chosen(tensor, indices):
        part.meaning = AtLeast(None)
    labels = part.meaning
    if isinstance(labels, ClassIndices) and any(_may_lack_some(labels, each) for each in indices):
        part.meaning = None
    return part


def _may_lack_some(labels: ClassIndices, index: Index) -> bool:
    """Whether a part of labels may lack some classes: it was chosen by a condition, or is a stretch of
    labels that may stand in order."""
    if isinstance(index, slice):
        if labels.mixed:
            return False
        numbers = [known_number(bound) for bound in (index.start, index.stop)]
        return any(number is not None and number.constant is not None for number in numbers)
    if isinstance(index, Tensor):
        return not isinstance(index.meaning, Drawn)
    return not isinstance(index, (Scalar, Constant))


def _tell_axes_read(
    machine: "Machine", tensor: Tensor, indices: Sequence[Index], node: cst.CSTNode
) -> None:
    """Tell which axis of a sequence layer's output a place is taken of; one step of one sample is
    taken of both."""
    dims, layout = dims_of(tensor), tensor.layout
    if layout is None or dims is None or len(indices) > len(dims):
        return
    if not all(isinstance(index, (slice, Scalar)) for index in indices):
        return
    places = {
        axis: number.integer
        for axis, index in enumerate(indices)
        if isinstance(index, Scalar) and (number := known_number(index)) is not None
    }
    if {layout.batch, layout.time} <= {dims[axis] for axis in places}:
        return
    for axis, place in places.items():
        if place is not None:
            at = machine.place(node)
            machine.emit(AxisRead(at, machine.context, tensor, axis, dims[axis], place))


@hook("assign_item")
def overwritten(
    machine: "Machine", receiver: Value, indices: Sequence[Index], value: Value, node: cst.CSTNode
) -> bool:
    """`x[:, 0] = ...`: the numbers are no longer all of one range."""
    if isinstance(receiver, Tensor):
        receiver.overwrite()
        if machine.context.gradients is not False:
            fill(receiver, value)
        if any(isinstance(each, Tensor) for each in indices):
            place = machine.place(node)
            machine.emit(Bent(place, machine.context, "[]", receiver, receiver, in_place=True))
        meaning, receiver.meaning = receiver.meaning, None
        one = known_number(value) if len(indices) == 1 else None
        is_vector = receiver.shape.rank == 1 and not isinstance(indices[0], (slice, Tensor))
        if isinstance(meaning, Alike) and meaning.number == 0 and _is_one(value):
            kind = Activation.ONE_HOT
            is_hot = (is_vector and one is not None) or _names_one_of_each_row(receiver, indices)
            receiver.scale = Scale(kind, machine.place(node)) if is_hot else None
        elif not isinstance(meaning, (Alike, Blank)):
            receiver.meaning = meaning
    elif (
        isinstance(receiver, Unknown)
        and isinstance(meaning_of(receiver), Alike)
        and all(each is not receiver for each in made_from(value))
    ):
        del receiver.fields[MEANING]
    return False


@method("tensor", "scatter", "scatter_")
def scattered(call: Call) -> Value | None:
    """`x.scatter_(1, labels.unsqueeze(1), 1)`: numbers put at a place in each row."""
    tensor, index = call.receiver, shape_of(call.argument(1, "index"))
    if not isinstance(tensor, Tensor):
        return None
    value = call.argument(2, "src") or call.argument(-1, "value")
    zeros = isinstance(tensor.meaning, Alike) and tensor.meaning.number == 0
    axes = {} if index is None else dict(enumerate(index.dims or ())) or index.known_axes
    single = 1 in axes and axes[1].is_one
    # The places have as many axes as what is put into.
    of_rows = 2 in {tensor.shape.rank, None if index is None else index.rank}
    along = known_integer(call.argument(0, "dim")) in {1, -1} and of_rows
    is_hot = zeros and single and along and _is_one(value)
    scale = Scale(Activation.ONE_HOT, call.place) if is_hot else None
    if call.path.endswith("_"):
        tensor.overwrite()
        if value is not None and call.context.gradients is not False:
            fill(tensor, value)
        tensor.scale, tensor.meaning = scale, None
        return tensor
    return tensor.replace(scale=scale, whole=tensor)


def _is_one(value: Value | None) -> bool:
    """Whether a number is one."""
    number = known_number(value)
    return number is not None and number.is_one


def _names_one_of_each_row(table: Tensor, indices: Sequence[Index]) -> bool:
    """Whether one place is named in each row of a table, as in `x[torch.arange(len(x)), labels]`."""
    if len(indices) != 2 or table.shape.rank != 2:
        return False
    rows, places = indices
    all_rows = isinstance(rows, Tensor) and rows.shape.dims == (table.shape.axis(0),)
    counted = isinstance(rows, Tensor) and rows.dtype == "long" and rows.meaning is None
    return all_rows and counted and isinstance(places, (Tensor, Unknown))


def _indexed(shape: Shape, indices: Sequence[Index]) -> Shape:
    if shape.dims is None:
        first = _chosen(indices[0]) if len(indices) == 1 else None
        if first is not None and len(first) == 1:
            return Shape.of_axes({0: first[0]})
        return _indexed_later(shape, indices)
    lists = [index for index in indices if _is_list(index)]
    if len(lists) > 1:
        return Shape()
    result: list[Number] = []
    position = 0
    dims = shape.dims
    for index in indices:
        if _adds(index):
            result.append(symbols.ONE)
        elif is_constant(index, ...):
            taken = sum(1 for each in indices if not _adds(each)) - 1
            skipped = len(dims) - taken
            result.extend(dims[position : position + skipped])
            position += skipped
        elif position >= len(dims):
            return Shape()
        elif isinstance(index, slice):
            result.append(_sliced(dims[position], index))
            position += 1
        elif isinstance(index, Scalar):
            position += 1
        elif (chosen := _chosen(index)) is not None:
            result.extend(chosen)
            position += 1
        else:
            return Shape()
    if position > len(dims):
        return Shape()
    return Shape((*result, *dims[position:]))


def _indexed_later(shape: Shape, indices: Sequence[Index]) -> Shape:
    """What is known of a part of a tensor whose rank is not known yet."""
    if any(_is_list(index) for index in indices):
        return Shape()
    plain = all(isinstance(index, (slice, Scalar)) or _adds(index) for index in indices)
    added = sum(map(_adds, indices)) - sum(isinstance(index, Scalar) for index in indices)
    whole = isinstance(indices[0], slice) and indices[0] == slice(None, None, None)
    later = following(
        shape, lambda dims: _indexed(Shape(dims), indices).dims, added if plain else None
    )
    return Shape(base=shape if whole else None, derived=later)


def _names_all_axes(indices: Sequence[Index]) -> bool:
    """Whether an axis behind all others is named though it stays whole, as in `x[:, -1, :]`."""
    plain = all(isinstance(index, (slice, Scalar)) for index in indices)
    taken = any(isinstance(index, Scalar) for index in indices)
    return plain and taken and len(indices) > 2 and indices[-1] == slice(None, None, None)


def _is_slice(indices: Sequence[Index]) -> bool:
    """Whether so many items are taken from a place on that is not always the same."""
    part = indices[0] if len(indices) == 1 else None
    start = known_number(part.start) if isinstance(part, slice) else None
    return start is not None and start.constant is None


def _is_list(index: Index) -> bool:
    return isinstance(index, (SequenceValue, Tensor))


def _chosen(index: Index) -> tuple[Number, ...] | None:
    """The axes that a list of places along one axis leaves of it; truth values choose anew."""
    if isinstance(index, Tensor):
        if isinstance(index.meaning, Drawn) and index.meaning.axis is not None:
            return (index.meaning.axis,)
        dims = index.shape.dims
        return dims if index.dtype in {"long", "int"} and dims is not None else None
    if isinstance(index, SequenceValue) and index.items:
        plain = all(known_number(each) is not None for each in index.items)
        truths = any(isinstance(each, Constant) for each in index.items)
        return (symbols.number(len(index.items)),) if plain and not truths else None
    return None


def _sliced(length: Number, part: slice) -> Number:
    """How long an axis is behind a slice: known when the axis is, or when it only drops some items
    at the ends."""
    known = _counted(length.integer, part)
    if known is not None:
        return length if known == length.integer else symbols.number(known)
    front, back = (known_number(bound) or symbols.ZERO for bound in (part.start, part.stop))
    if part.start is not None and part.step is None and symbols.subtract(back, front).is_one:
        return symbols.ONE  # `x[:, n : n + 1]`
    starts = part.start is None or (front.integer or -1) > 0
    stops = part.stop is None or (back.integer or 1) < 0
    if not starts or not stops or part.step is not None:
        return symbols.fresh("part")
    return symbols.subtract(length, symbols.subtract(front, back))


def _counted(length: int | None, part: slice) -> int | None:
    """How many items a slice of numbers takes of so many."""
    bounds = (part.start, part.stop, part.step)
    numbers = [None if bound is None else known_number(bound) for bound in bounds]
    given = [None if number is None else number.integer for number in numbers]
    if length is None or any(
        bound is not None and number is None for bound, number in zip(bounds, given, strict=True)
    ):
        return None
    return None if given[2] == 0 else len(range(*slice(*given).indices(length)))


def _adds(index: Index) -> bool:
    return is_constant(index, None)
