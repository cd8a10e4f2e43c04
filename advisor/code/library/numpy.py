"""numpy, and the array functions of scipy, skimage and OpenCV: what they do to samples."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import libcst as cst

from advisor.code import symbols
from advisor.code.events import NoiseAdded
from advisor.code.gradients import cut_off
from advisor.code.interpreter import attributes, calls
from advisor.code.interpreter.statements import assign
from advisor.code.library import lineages
from advisor.code.library.lineages import STATISTIC_NAMES
from advisor.code.library.models import Call, asked_first, attribute, function, hook, method
from advisor.code.library.paths import text_of_path
from advisor.code.library.readings import rows_of_file
from advisor.code.library.torch_tensors.bytes import are_bytes, holds_bytes, tell_wrapped
from advisor.code.library.torch_tensors.casts import cast, cast_at, named_dtype
from advisor.code.library.torch_tensors.creation import lengths_of
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.torch_tensors.reductions import reduction
from advisor.code.library.torch_tensors.reshapes import flat
from advisor.code.values import (
    CHANGED_LINEAGE,
    COUNTED,
    DTYPE,
    LIBRARY,
    NONE,
    PERMUTATION,
    REPEATED,
    SHUFFLED,
    Alike,
    Arguments,
    Columns,
    Constant,
    Dictionary,
    Lineage,
    Object,
    PlacesOfLargest,
    Predicted,
    RowSet,
    Scalar,
    Shape,
    Tensor,
    Unknown,
    Value,
    alternatives,
    give_meaning,
    known_number,
    lineage_of,
    meaning_of,
    shape_of,
    size_of_axis,
)
from advisor.code.values import Sequence as SequenceValue

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace

# --- functions that keep the rows ---------------------------------------------------------

_CONVERSIONS = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "copy")
_ELEMENTWISE = [
    "abs",
    "absolute",
    "around",
    "cbrt",
    "clip",
    "cos",
    "cosh",
    "deg2rad",
    "divide",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "float32",
    "float64",
    "floor_divide",
    "int32",
    "int64",
    "int_",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_not",
    "maximum",
    "minimum",
    "multiply",
    "nan_to_num",
    "negative",
    "power",
    "real",
    "reciprocal",
    "rint",
    "round",
    "round_",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "uint8",
    "vectorize",
]


@function(*(f"numpy.{name}" for name in _CONVERSIONS))
def converted(call: Call) -> Value | None:
    """An array of what was given."""
    value = call.argument(0, "object")
    if isinstance(value, Tensor):
        given = call.argument(1, "dtype")
        if value.library == "torch" and value.graph is True:
            return cut_off(value, call.place, "np.array")  # an array has no way back
        return value if given is None else cast(value, named_dtype(given))
    if isinstance(value, Unknown):
        known, given = as_tensor(value), call.argument(1, "dtype")
        if given is None:
            return value
        named = named_dtype(given)
        return cast(known, named) if known and named == "uint8" else _of_dtype(value, named)
    lineage = lineages.of_list(value)
    dtype = call.argument(1, "dtype")
    if named_dtype(dtype) == "uint8" if dtype is not None else holds_bytes(value):
        return bytes_of_shape(call, _of_items(value, lineage), lineage)
    if lineage is None:
        dims = None if value is None else lengths_of(value)
        axes = [symbols.new_axis(symbols.number(length)) for length in dims or ()]
        return array_of_shape(call, Shape(tuple(axes))) if axes else None
    return lineages.array(lineage, call.place, _of_items(value, lineage))


def _of_items(value: Value | None, lineage: Lineage | None) -> Shape | None:
    """The dimensions of an array of arrays that were put into a list one by one."""
    if not isinstance(value, SequenceValue) or value.items is not None:
        return None
    shapes = [shape_of(each) for each in alternatives(value.element)]
    found = {None if shape is None or not shape.dims else shape.dims for shape in shapes}
    inner = found.pop() if len(found) == 1 else None
    rows = None if lineage is None else lineages.axis_of_rows(lineage)
    return None if inner is None else Shape((rows or symbols.stacked_axis(), *inner))


_AXES_OF_TABLE = 2


@function("numpy.load", "numpy.loadtxt", "numpy.genfromtxt")
def read(call: Call) -> Value | None:
    """An array from a file: rows of their own. Archives hold several arrays."""
    path = call.argument(0, "file") or call.argument(-1, "fname")
    name = text_of_path(path)
    if call.path == "numpy.load" and (name is None or not name.endswith(".npy")):
        return None
    result = call.unknown()
    if call.path != "numpy.load":
        given = call.argument(1, "dtype")
        result.fields[DTYPE] = "float" if given is None else named_dtype(given)
    some = call.arguments.keywords.keys() & {"skiprows", "max_rows", "skip_header", "skip_footer"}
    columns = None if call.path == "numpy.load" else Columns(result)
    if columns is not None:
        result.shape.most = _AXES_OF_TABLE
    result.lineage = Lineage(rows_of_file(call, None if some else path), columns=columns)
    return result


def _bytes_subtracted(call: Call, left: Value | None, right: Value | None) -> Tensor | None:
    difference = left is not None and right is not None and are_bytes(left, right)
    result = bytes_of_shape(call, None) if difference else None
    tell_wrapped(call, left, right, result)
    return result


@function(*(f"numpy.{name}" for name in _ELEMENTWISE), "scipy.special.boxcox1p")
def elementwise(call: Call) -> Value | None:
    """A number for each number."""
    if call.path == "numpy.subtract":
        bytes_left = _bytes_subtracted(call, call.argument(0, "x1"), call.argument(1, "x2"))
        if bytes_left is not None:
            return bytes_left
    index = 1 if call.path == "numpy.where" else 0
    value, other = call.argument(index, "x"), call.argument(index + 1, "y")
    if lineages.known(value) is None and lineages.known(other) is None:
        return None
    operator = {"numpy.subtract": "-", "numpy.divide": "/", "numpy.true_divide": "/"}
    lineage = lineages.computed(operator.get(call.path, "*"), value, other, call.place)
    if lineage is None:
        return None
    if not lineages.holds_rows(lineage):
        return lineages.array(lineage, call.place)
    return _of_any_type(lineages.alike(value, lineage, call.place))


def _of_any_type(value: Value) -> Value:
    return value.replace(dtype=None) if isinstance(value, Tensor) else value


@function("numpy.where", "numpy.nonzero", "numpy.flatnonzero", "numpy.argwhere")
def positions(call: Call) -> Value | None:
    """`np.where(y == 1)`: where the rows stand that a condition holds for."""
    if call.argument(1, "x") is not None:
        return elementwise(call)
    condition = call.argument(0, "condition") or call.argument(0, "a")
    lineage = lineages.known(condition)
    key = None if condition is None else lineages.mask_key(condition)
    if lineage is None or key is None or key is condition:
        return None
    if not isinstance(key, RowSet):
        lineage = lineage.of(lineage.rows.part(("positions", key), lineages.MASK, call.place))
    found = lineages.array(lineage, call.place)
    if call.path.endswith(("flatnonzero", "argwhere")):
        return found
    return SequenceValue("tuple", (found,), place=call.place)


@function("numpy.squeeze", "numpy.expand_dims", "numpy.atleast_2d", "numpy.ravel", "numpy.moveaxis")
@function(*(f"scipy.sparse.{kind}_matrix" for kind in ("csr", "csc", "coo", "lil")))
def laid_out(call: Call) -> Value | None:
    """The same numbers under other dimensions."""
    value = call.argument(0, "a")
    lineage = lineages.known(value)
    return None if lineage is None else lineages.array(lineage, call.place)


@function("numpy.argmax", "numpy.argmin")
def place_of_largest(call: Call) -> Value | None:
    """Along an axis behind the rows: a whole number for each row."""
    value, axis = call.argument(0, "a"), call.argument(1, "axis")
    lineage = lineages.known(value)
    if lineage is None or axis is None or _is_zero(axis):
        return None
    made = lineages.array(lineage.holding(None), call.place)
    made.dtype, made.meaning = "long", PlacesOfLargest()
    return made


@function("numpy.apply_along_axis")
def applied_along_axis(call: Call) -> Value | None:
    """What a function makes of each row; along the rows it puts them together."""
    value, axis = call.argument(2, "arr"), call.argument(1, "axis")
    lineage = lineages.known(value)
    if lineage is None or axis is None or _is_zero(axis):
        return None
    return lineages.array(lineage, call.place)


@method("tensor", "astype", "ravel", "toarray", "todense", "tocsr", "tocsc", "copy", "to_numpy")
def kept(call: Call) -> Value | None:
    """The same rows in another form."""
    tensor = call.receiver
    if isinstance(tensor, Tensor) and call.path.endswith("ravel"):
        return tensor.replace(shape=flat(tensor.shape, 0, -1))
    if isinstance(tensor, Tensor) and call.path.endswith(("toarray", "todense")):
        return tensor.replace(shape=Shape())
    if isinstance(tensor, Tensor) and _is_cast(call):
        made = cast_at(call, tensor, named_dtype(call.argument(0, "dtype")))
        if made is not tensor:
            made.place = call.place
        return made
    return tensor


@method("unknown", "astype", "ravel", "toarray", "todense", "tocsr", "tocsc", "to_numpy")
def kept_unknown(call: Call) -> Value | None:
    """The same rows of an unknown in another form."""
    tensor = as_tensor(call.receiver)
    if call.path.endswith("ravel") and tensor is not None and tensor.shape.dims is not None:
        return tensor.replace(shape=flat(tensor.shape, 0, -1))
    if _is_cast(call) and tensor is not None:
        # Of all types that tables and arrays are cast to, bytes are for pictures alone.
        dtype = named_dtype(call.argument(0, "dtype"))
        return cast(tensor, dtype) if dtype == "uint8" else _of_dtype(call.receiver, dtype)
    return call.receiver


def _is_cast(call: Call) -> bool:
    """`x.astype("float32")`, `column.to_numpy(dtype="float32")`."""
    if call.path.endswith("to_numpy"):
        return call.argument(0, "dtype") is not None
    return call.path.endswith("astype")


def _of_dtype(value: Value | None, dtype: str | None) -> Value | None:
    """The same samples as numbers of another type."""
    if not isinstance(value, Unknown) or (dtype is None and DTYPE not in value.fields):
        return value
    made = Unknown(value.name, value.parent, value.place, value.lineage)
    made.shape, made.names = value.shape, value.names
    made.fields = {**value.fields, DTYPE: dtype}
    return made


# --- new arrays --------------------------------------------------------------------------


def array_of_shape(call: Call, shape: Shape | None) -> Unknown:
    """A new array about which no more is known than its dimensions, if these are."""
    result = call.unknown()
    result.fields[LIBRARY] = "numpy"
    if shape is not None:
        result.shape = shape
    return result


def shape_of_sizes(given: Sequence[Value]) -> Shape | None:
    """The dimensions that are handed over one by one or as a tuple; None when they are not known."""
    if len(given) == 1 and isinstance(given[0], SequenceValue):
        given = given[0].items or ()
    sizes = [size_of_axis(each) for each in given]
    dims = [symbols.new_axis(each) for each in sizes if each is not None]
    return Shape(tuple(dims)) if dims and len(dims) == len(sizes) else None


@function("numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full")
def filled(call: Call) -> Value | None:
    """A new array of given dimensions."""
    size = call.argument(0, "shape")
    known = size is not None and not call.arguments.unknown
    shape = shape_of_sizes([size]) if known and size is not None else None
    given = call.argument(2 if call.path.endswith("full") else 1, "dtype")
    if named_dtype(given) == "uint8":
        return bytes_of_shape(call, shape)
    result = array_of_shape(call, shape)
    if call.path.endswith((".zeros", ".ones")):
        give_meaning(result, Alike())
    default = None if call.path.endswith("full") else "float"
    result.fields[DTYPE] = default if given is None else named_dtype(given)
    return result


@function("numpy.frombuffer", "numpy.fromfile")
def read_bytes(call: Call) -> Value | None:
    """The numbers that stand in a file."""
    is_bytes = named_dtype(call.argument(1, "dtype")) == "uint8"
    return bytes_of_shape(call, None) if is_bytes else None


def bytes_of_shape(call: Call, shape: Shape | None, lineage: Lineage | None = None) -> Tensor:
    """A new array of bytes."""
    made = Tensor(shape, dtype="uint8", graph=False, library="numpy", place=call.place)
    made.lineage = lineage
    return made


@function("numpy.arange")
def arranged(call: Call) -> Value | None:
    """Numbers in a row; often they stand for the rows of something."""
    given = call.arguments.positional
    plain = len(given) == 1 and not call.arguments.keywords and not call.arguments.unknown
    length = shape_of_sizes(given) if plain else None
    made = lineages.array(
        Lineage(RowSet(COUNTED, place=call.place)),
        call.place,
        length or Shape((symbols.fresh("n", is_axis=True),)),
    )
    numbers = [known_number(each) for each in given]
    if plain and all(each is not None and isinstance(each.coefficient, int) for each in numbers):
        made.dtype = "long"
    return made


# --- statistics ---------------------------------------------------------------------------

_STATISTICS = tuple(STATISTIC_NAMES)


@function(*(f"numpy.{name}" for name in _STATISTICS))
def statistic(call: Call) -> Value | None:
    """A statistic over rows, or over the numbers of each row."""
    value = call.argument(0, "a")
    name = call.path.rsplit(".", 1)[-1]
    if value is None or isinstance(value, (Scalar, Constant, SequenceValue, Dictionary)):
        return None
    position = 2 if "quantile" in name or "percentile" in name else 1
    lineage = _reduced(value, name, call.argument(position, "axis"), call)
    made = _of_any_type(lineages.alike(value, lineage, call.place))
    # An axis less, or as many with one that is 1.
    return made.replace(shape=Shape()) if isinstance(made, Tensor) else made


@method("unknown", "mean", "std", "var", "amax", "amin")
def statistic_of_unknown(call: Call) -> Value | None:
    """A statistic of data nothing is known about yet."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    name = call.path.rsplit(".", 1)[-1]
    axis = call.argument(0, "axis") or call.argument(-1, "dim")
    result = reduction(call)
    if isinstance(result, Tensor) and over_rows(axis):
        return result.replace(lineage=_reduced(receiver, name, axis, call))
    return result


@method("unknown", "max", "min", "median", "ptp")
def extreme_of_unknown(call: Call) -> Value | None:
    """The largest numbers of data nothing else is known about; with a dimension there may be places
    beside them."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    axis = call.argument(0, "axis") or call.argument(-1, "dim")
    is_data = lineages.known(receiver) is not None or (axis is not None and _is_zero(axis))
    if not is_data or not over_rows(axis):
        own = attributes.unknown_attribute(
            call.machine, receiver, call.path.split(".")[-1], call.node
        )
        return calls.call(call.machine, own, call.arguments, call.node)
    result = call.unknown()
    result.lineage = _reduced(receiver, call.path.rsplit(".", 1)[-1], axis, call)
    return result


_OF_TORCH = ("mean", "std", "var", "median", "max", "min", "amax", "amin")
_TOLD_FIRST = frozenset(["input", "dim"])


@asked_first(*(f"torch.{name}" for name in _OF_TORCH))
def statistic_of_torch(call: Call) -> Value | None:
    """`torch.mean(x, dim=0)` of rows: the same as `x.mean(dim=0)`."""
    value, dim = call.argument(0, "input"), call.argument(1, "dim")
    is_data = isinstance(value, Unknown) or lineages.holds_rows(lineages.known(value))
    if value is None or not is_data or not isinstance(dim, Scalar) or dim.number.integer != 0:
        return None
    others = {
        name: each for name, each in call.arguments.keywords.items() if name not in _TOLD_FIRST
    }
    passed = Arguments([dim, *call.arguments.positional[2:]], others)
    return calls.call_method(call.machine, value, call.path.rsplit(".", 1)[-1], passed, call.node)


def _reduced(value: Value, name: str, axis: Value | None, call: Call) -> Lineage:
    lineage = lineages.samples(value)
    if not lineages.holds_rows(lineage) or not over_rows(axis):
        return lineage
    result = lineages.statistic(lineage, STATISTIC_NAMES[name], call.place)
    result.rows.context = call.context
    return result


def over_rows(axis: Value | None) -> bool:
    """Whether a reduction along these axes puts the rows together."""
    if axis is None or (isinstance(axis, Constant) and axis.value in {None, "index", "rows"}):
        return True
    if isinstance(axis, SequenceValue) and axis.items is not None:
        return any(_is_zero(item) for item in axis.items)
    return _is_zero(axis)


def _is_zero(value: Value) -> bool:
    number = known_number(value)
    return number is not None and number.integer == 0


# --- putting together and taking apart ----------------------------------------------------


@function("numpy.concatenate", "numpy.vstack", "numpy.row_stack", "scipy.sparse.vstack")
def concatenated(call: Call) -> Value | None:
    """Samples one after the other, or more numbers for each sample."""
    given = call.argument(0, "arrays")
    parts = parts_of(given)
    if not parts:
        copied = lineages.repeated_whole(given, call.place, call.context)
        if copied is not None:
            return lineages.array(copied, call.place)
        return _of_batches(call, given, _of_list(given, call))
    axis = call.argument(1, "axis") if call.path == "numpy.concatenate" else None
    if axis is not None and not _is_zero(axis):
        return beside(parts, call)
    one = lineages.versions_of_one(parts) if call.path.endswith(("vstack", "row_stack")) else None
    if one is not None:
        made = lineages.copies("duplicated", call.place, call.context, sources=(one,))
        return lineages.array(Lineage(made), call.place)
    return None if lineages.are_of_one(parts) else after_each_other(parts, call)


@function("numpy.hstack", "numpy.column_stack", "numpy.dstack", "scipy.sparse.hstack")
def stacked_beside(call: Call) -> Value | None:
    """More numbers for each sample."""
    parts = parts_of(call.argument(0, "arrays"))
    return beside(parts, call) if parts else None


@function("numpy.stack")
def stacked(call: Call) -> Value | None:
    """An array of the samples in a list."""
    given, axis = call.argument(0, "arrays"), call.argument(1, "axis")
    made = _of_list(given, call)
    if made is None and axis is not None and not _is_zero(axis):
        lineage = lineage_of(beside(parts_of(given), call))
        made = None if lineage is None else lineages.array(lineage, call.place)
    return bytes_of_shape(call, None, lineage_of(made)) if holds_bytes(given) else made


def _of_batches(call: Call, value: Value | None, known: Value | None) -> Value | None:
    """What is known of arrays that are put together, with the shape that it has where a model or a
    loader has made them in the rounds of a loop."""
    element = value.element if isinstance(value, SequenceValue) else None
    dims = element.shape.dims if isinstance(element, Tensor) else None
    axis = call.argument(1, "axis")
    if not dims or not (axis is None or _is_zero(axis)):
        return known
    if dims[0].axis is None or not dims[0].axis.is_batch:
        return known
    if call.path != "numpy.concatenate" and len(dims) < 2:
        return known
    shape = Shape((symbols.stacked_axis(), *dims[1:]))
    if isinstance(known, Tensor):
        return known.replace(shape=shape)
    return Tensor(shape, library="numpy", place=call.place)


def _of_list(value: Value | None, call: Call) -> Value | None:
    lineage = lineages.of_listed(value, call.place, call.context)
    return (
        None if lineage is None else lineages.array(lineage, call.place, _of_items(value, lineage))
    )


@function("numpy.append")
def appended(call: Call) -> Value | None:
    """Two arrays one after the other."""
    parts = [call.argument(0, "arr"), call.argument(1, "values")]
    axis = call.argument(2, "axis")
    given = [part for part in parts if part is not None]
    if axis is None or len(given) < 2:
        return None
    return after_each_other(given, call) if _is_zero(axis) else beside(given, call)


def parts_of(value: Value | None) -> list[Value]:
    """The arrays or tables in a list, when they are known one by one."""
    items = value.items if isinstance(value, SequenceValue) else None
    if not items or any(isinstance(item, (Scalar, Constant)) for item in items):
        return []
    return list(items)


def after_each_other(parts: Sequence[Value], call: Call) -> Value | None:
    """The samples of several values as one."""
    found = [lineages.samples(part) for part in parts]
    lineage = lineages.together(found, call.place, call.context)
    if lineage is None:
        return None
    made = lineages.alike(parts[0], lineage, call.place)
    if any(isinstance(meaning_of(part), Predicted) for part in parts):
        give_meaning(made, Predicted())
    return made


def beside(parts: Sequence[Value], call: Call) -> Value | None:
    """Several values side by side: the rows of the first."""
    known = [lineages.known(part) for part in parts]
    certain = [each for each in known if lineages.holds_rows(each)]
    if not certain or certain[0] is None:
        return None
    lineages.notice_shifted(call.machine, certain, call.node)
    fits = [fit for each in certain if each is not None for fit in each.fits]
    return lineages.alike(parts[0], certain[0].after(*fits), call.place)


@function("numpy.repeat", "numpy.tile")
def repeated(call: Call) -> Value | None:
    """Copies of samples; along other axes than the first one they are no copies."""
    value = call.argument(0, "a")
    if not isinstance(value, (Tensor, Unknown)):
        return None
    lineage = lineages.known(value)
    if _copies_rows(call):
        rows = lineages.samples(value).rows
        how = "resampled" if lineages.is_chosen_by_condition(rows) else "duplicated"
        copied = lineages.copies(how, call.place, call.context, rows)
        return lineages.array(lineages.samples(value).of(copied), call.place)
    if lineage is None:
        return None
    plain = call.path == "numpy.repeat" and call.argument(2, "axis") is None
    if plain and lineage.rows.parent is None and lineage.columns is None:
        lineage = Lineage(RowSet(REPEATED, lineage.rows, call.place))
    return lineages.array(lineage, call.place)


def _copies_rows(call: Call) -> bool:
    if call.path == "numpy.repeat":
        axis = call.argument(2, "axis")
        return axis is not None and _is_zero(axis)
    times = call.argument(1, "reps")
    items = times.items if isinstance(times, SequenceValue) else None
    if not items or len(items) < 2:
        return False
    first, *rest = [known_number(item) for item in items]
    others = all(number is not None and number.is_one for number in rest)
    return others and not (first is not None and first.is_one)


@function("numpy.split", "numpy.array_split")
def split(call: Call) -> Value | None:
    """Pieces one after the other."""
    value, cuts = call.argument(0, "ary"), call.argument(1, "indices_or_sections")
    axis = call.argument(2, "axis")
    if value is None or not isinstance(cuts, SequenceValue) or cuts.items is None:
        return None
    if axis is not None and not _is_zero(axis):
        return None
    ends = [None, *cuts.items, None]
    pieces = []
    for start, stop in pairwise(ends):
        lineage = lineages.part(call.machine, value, slice(start, stop, None), call.node)
        pieces.append(lineages.alike(value, lineage, call.place))
    return SequenceValue("list", tuple(pieces), place=call.place)


# --- what operations on samples make of them ----------------------------------------------


@hook("followed")
def follow(
    machine: "Machine",
    operation: str,
    operands: Sequence[Value | None],
    details: Sequence[Any],
    result: Value,
    node: cst.CSTNode,
) -> Value:
    """The lineage of a result of a subscript, an operator or a method of an array."""
    receiver = operands[0]
    if isinstance(receiver, SequenceValue) and isinstance(result, SequenceValue):
        if operation == "[]" and isinstance(details[0], slice):
            part = lineages.part(machine, receiver, details[0], node)
            machine.store(result.fields, CHANGED_LINEAGE, part)
        return result
    if isinstance(receiver, Object) or not isinstance(result, (Tensor, Unknown)):
        if operation in _WITH_PLACES and isinstance(result, SequenceValue) and result.items:
            _tell_extremes(machine, receiver, operation, details[0], result.items[0], node)
        return result
    place = machine.place(node)
    lineage: Lineage | None
    if operation == "[]" and receiver is not None:
        in_order = any(map(_is_random_order, details[1:]))
        if in_order:
            _put_in_order(receiver, details[1:], place)
        if in_order or any(map(_takes_share, details[1:])):
            # The samples lie along another axis: `x[:, idx]`, `x[:, : int(0.8 * x.shape[1])]`.
            return result.replace(lineage=None) if isinstance(result, Tensor) else result
        lineage = lineages.part(machine, receiver, details[0], node)
        _tell_length(result, lineage)
        fit = lineages.chosen_by(details[1]) if len(details) > 1 else None
        if fit is not None:
            lineage = lineages.applied(lineage, fit)
        lineage = lineage.holding(_columns_taken(machine, receiver, lineage, details, node))
    elif len(operands) == 2 and operation not in {"Is", "IsNot", "In", "NotIn"}:
        lineage = lineages.computed(operation, operands[0], operands[1], place)
        lineages.notice_by_hand(machine, operands[0], lineage, node)
        if lineage is not None and lineage.augmentations and machine.context.functions:
            _tell_noise(machine, lineage, node)
    elif operation in STATISTIC_NAMES and receiver is not None:
        passed: Arguments = details[0]
        call = Call(machine, operation, passed, node, receiver)
        lineage = _reduced(receiver, operation, passed.get(0, "axis") or passed.get(0, "dim"), call)
    elif operation == "tolist":
        lineage = lineages.known(receiver)
    elif operation in {"argmax", "argmin"}:
        chosen_of: Arguments = details[0]
        axis = chosen_of.get(0, "axis") or chosen_of.get(0, "dim")
        known = lineages.known(receiver)
        if known is None or axis is None or _is_zero(axis):
            return result
        lineage = known.holding(None)
    else:
        return result
    if result is receiver or result.lineage is lineage:
        return result
    if isinstance(result, Tensor):
        return _of_lineage(result, lineage)
    if result.lineage is None:
        result.lineage = lineage
    return result


def _takes_share(index: Any) -> bool:
    """Whether a slice ends or begins at a share of what there is along its axis."""
    ends = (index.start, index.stop) if isinstance(index, slice) else ()
    return any(end is not None and lineages.is_share(end) for end in ends)


def _tell_length(result: Tensor | Unknown, lineage: Lineage) -> None:
    """Say how many rows a slice holds, as whoever asks for its length is told."""
    rows = lineage.rows
    if rows.how != "part" or rows.axis is not None or result.shape.dims == ():
        return
    axis = result.shape.axis(0)
    if axis.integer is None:
        rows.axis = axis


# Of which torch says where they stand as well.
_WITH_PLACES = frozenset(["max", "min", "median", "mode"])


def _tell_extremes(
    machine: "Machine",
    receiver: Value | None,
    name: str,
    passed: Arguments,
    extremes: Value,
    node: cst.CSTNode,
) -> None:
    """Say of what rows the largest numbers are that are returned together with their places."""
    if receiver is not None and lineages.known(receiver) and isinstance(extremes, Tensor):
        call = Call(machine, name, passed, node, receiver)
        extremes.lineage = _reduced(receiver, name, passed.get(0, "dim"), call)


@attribute("unknown", "values")
def values_of_extremes(machine: "Machine", receiver: Unknown, node: cst.CSTNode) -> Value | None:
    """`x.min(0).values` of data nothing is known about: the numbers, without their places."""
    lineage = receiver.lineage
    return receiver if lineage is not None and lineage.rows.is_statistic else None


def _is_random_order(index: Any) -> bool:
    """Whether an index holds places in a random order, or some of them."""
    lineage = lineage_of(index) if isinstance(index, (Tensor, Unknown)) else None
    if lineage is None and isinstance(index, SequenceValue):
        lineage = lineages.known(index)
        return lineage is not None and lineage.rows.how == SHUFFLED
    return lineage is not None and any(each.how == PERMUTATION for each in lineage.rows.ancestors())


def _put_in_order(array: Value, indices: Sequence[Any], place: "NodePlace") -> None:
    """See that each of what lies along the first axis was put in random orders of its own axes."""
    lineage = lineages.known(array)
    if lineage is None or not lineages.holds_rows(lineage):
        return
    item = lineage.of_item().rows
    for order in (lineages.known(each) for each in indices if _is_random_order(each)):
        if order is not None:
            item.part(("index", order.rows), order.rows.how, place)


def _tell_noise(machine: "Machine", lineage: Lineage, node: cst.CSTNode) -> None:
    if lineage.augmentations[-1].node is node:
        machine.emit(NoiseAdded(machine.place(node), machine.context))


def _of_lineage(tensor: Tensor, lineage: Lineage | None) -> Tensor:
    """The same tensor, once it is known where its samples come from."""
    return tensor.restated(lineage=lineage, whole=tensor.whole)


def _columns_taken(
    machine: "Machine",
    array: Value,
    lineage: Lineage,
    details: Sequence[Any],
    node: cst.CSTNode,
) -> Columns | None:
    """The columns that a subscript leaves of an array of rows and columns."""
    if len(details) == 1 and not isinstance(details[0], Constant):
        return lineage.columns
    if all(each is NONE for each in details[1:]):
        return lineage.columns  # `y[:, None]`
    if len(details) != 2 or not lineages.holds_rows(lineage):
        return None
    whole = lineage.columns or Columns(array)
    return lineages.columns_at(whole, details[1], machine.place(node))


@hook("arithmetic")
def noisy(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """The complement of a mask keeps its relation to it."""
    if operator == "~" and isinstance(left, Unknown):
        result = machine.unknown("~", node)
        result.fields["not",] = left
        return result
    return None


@hook("assign_item")
def assigned_part(
    machine: "Machine",
    receiver: Value,
    indices: Sequence[Value | slice],
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`X[:, 1:] = scaler.fit_transform(X[:, 1:])`: the whole array went through it."""
    new = lineages.known(value)
    if new is None or not new.fits or not isinstance(receiver, (Tensor, Unknown)):
        return False
    if isinstance(receiver, Unknown):
        if isinstance(indices[0], slice):
            lineage = lineages.samples(receiver).after(*new.fits)
            machine.store(receiver.fields, CHANGED_LINEAGE, lineage)
    elif receiver.lineage is not None and isinstance(node, cst.Subscript):
        assign(machine, node.value, receiver.replace(lineage=receiver.lineage.after(*new.fits)))
    return False
