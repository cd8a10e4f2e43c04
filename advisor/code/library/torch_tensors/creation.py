"""New tensors of given dimensions."""

from collections.abc import Iterator

from advisor.code import symbols
from advisor.code.events import RandomDrawn, WeightsFilled
from advisor.code.gradients import computed, cut_off, fill, gradient_of, want_gradients
from advisor.code.library.lineages import noise, of_list
from advisor.code.library.models import Call, function, method
from advisor.code.library.torch_tensors.casts import dtype_of_data, dtype_of_number, named_dtype
from advisor.code.library.torch_tensors.choices import tell_choice
from advisor.code.library.torch_tensors.operations import as_tensor, tensor_operation
from advisor.code.library.torch_tensors.sizes import dimensions, is_size
from advisor.code.values import (
    OPERANDS,
    PERMUTATION,
    Activation,
    Alike,
    Arguments,
    ClassIndices,
    Drawn,
    Library,
    Lineage,
    RowSet,
    Scalar,
    Scale,
    Sequence,
    Shape,
    Tensor,
    Truncated,
    Unknown,
    Value,
    alternatives,
    is_array,
    is_constant,
    is_plain_number,
    known_number,
    known_text,
    size_of_axis,
)


@function(
    *(f"torch.{name}" for name in ("as_tensor", "tensor", "from_numpy")),
    *(f"torch.{kind}Tensor" for kind in ("Float", "Double", "Half", "Long", "Int", "Byte", "Bool")),
)
def made_of_data(call: Call) -> Value | None:
    """A tensor of given data."""
    value = call.argument(0, "data")
    given = call.argument(1, "dtype")
    dtype = named_dtype(Library(call.path)) if given is None else named_dtype(given)
    if call.path.endswith("Tensor") and _is_size(value):
        return Tensor(_shape_asked_for(call), graph=False, dtype=dtype, place=call.place)
    made = _made_of(call, value, dtype)
    if made is None:
        made = call.unknown()
    if not isinstance(made, Tensor) or isinstance(value, Sequence):
        computed(made, *_numbers_in(value))
    if call.path == "torch.tensor" and gradient_of(made) is not False:
        made = cut_off(made, call.place, "torch.tensor")
    if wants_gradients(call):
        want_gradients(made)
    listed = of_list(value) if isinstance(value, Sequence) else None
    if listed is not None and isinstance(made, Unknown):
        made.lineage = listed
    if listed is not None and isinstance(made, Tensor):
        known, made = made, made.replace(lineage=listed)
        made.sources = known.sources
    return made


@function("torch.Tensor")
def made_of_written_numbers(call: Call) -> Value | None:
    """`torch.Tensor([[1, 2]])`: of what else is given to it, little is known."""
    value = call.argument(0, "data")
    if isinstance(value, Tensor) and value.library != "torch" and value.shape.dims:
        return _made_of(call, value, "float")  # the rows of a table
    if not isinstance(value, Sequence) or not lengths_of(value):
        return None
    return _written_down(call, value, "float")


def _is_size(value: Value | None) -> bool:
    """Whether `torch.FloatTensor(…)` is given dimensions, not numbers."""
    return isinstance(value, Scalar) or is_size(value)


def _shape_asked_for(call: Call) -> Shape:
    dims = dimensions(call)
    known = dims is not None and None not in dims
    return Shape(tuple(symbols.new_axis(dim) for dim in dims or () if dim) if known else None)


def _made_of(call: Call, value: Value | None, dtype: str | None) -> Value | None:
    if isinstance(value, Sequence):
        return _written_down(call, value, dtype)
    if isinstance(value, Scalar):
        number = Tensor(Shape(()), graph=False, dtype=dtype, place=call.place)
        number.sources = (value,)
        return number
    known = as_tensor(value)
    if known is None:
        return None
    if is_plain_number(value) and not known.shape.known_axes:
        known = known.replace(shape=Shape(()))
    if call.argument(1, "dtype") is None and dtype is None:
        dtype = known.dtype
    made = known.replace(library="torch", dtype=dtype, terms=(), whole=known)
    if dtype in {"long", "int"} and known.dtype == "float":
        made.meaning = Truncated(call.place)
    return made


def _numbers_in(value: Value | None) -> Iterator[Value | None]:
    if isinstance(value, Sequence):
        yield from value.items if value.items is not None else (value.element,)
    else:
        yield value


def _written_down(call: Call, value: Sequence, dtype: str | None) -> Value | None:
    """A tensor of numbers that stand in the program."""
    dims = lengths_of(value)
    if dims is None and value.items is None and _holds_numbers(value):
        if dtype is None and call.argument(1, "dtype") is None:
            types = {_dtype_of_item(each) for each in alternatives(value.element)}
            dtype = types.pop() if len(types) == 1 else None
        shape = Shape((symbols.stacked_axis(),))
        return Tensor(shape, graph=False, dtype=dtype, place=call.place)
    if dims is None:
        return None
    if dtype is None and call.argument(1, "dtype") is None:
        dtype = dtype_of_data(value)
    axes = tuple(symbols.new_axis(symbols.number(length)) for length in dims)
    made = Tensor(Shape(axes), graph=False, dtype=dtype, place=call.place)
    made.sources = (value,)
    return made


def _holds_numbers(value: Sequence) -> bool:
    options = alternatives(value.element)
    if options and all(isinstance(each, Tensor) and each.shape.dims == () for each in options):
        return True
    if not options or not any(is_plain_number(each) or _is_computed(each) for each in options):
        return False
    return all(isinstance(each, (Scalar, Unknown)) and not is_array(each) for each in options)


def _dtype_of_item(value: Value) -> str | None:
    return value.dtype if isinstance(value, Tensor) else dtype_of_number(value)


def _is_computed(value: Value) -> bool:
    """Whether a value is computed of numbers by arithmetic, as a running sum is, though nobody knows
    what they are: `torch.tensor` takes no list of tensors for more than a row."""
    return isinstance(value, Unknown) and OPERANDS in value.fields


def lengths_of(value: Value) -> tuple[int, ...] | None:
    """The dimensions of nested lists of numbers; None when that is not what they are."""
    if known_number(value) is not None or is_plain_number(value):
        return ()
    if not isinstance(value, Sequence) or not value.items:
        return None
    inner = {lengths_of(item) for item in value.items}
    first = next(iter(inner))
    return None if len(inner) > 1 or first is None else (len(value.items), *first)


@function("torch.nn.functional.one_hot")
def one_hot(call: Call) -> Value | None:
    """Indices as rows of zeros with a one."""
    given, classes = as_tensor(call.argument(0, "tensor")), call.argument(1, "num_classes")
    dims, width = None if given is None else given.shape.dims, size_of_axis(classes)
    known = dims is not None and width is not None and (width.integer or 1) > 0
    shape = Shape((*dims, width)) if known and dims is not None and width is not None else Shape()
    return Tensor(shape, scale=Scale(Activation.ONE_HOT, call.place), dtype="long", graph=False)


@function(*(f"torch.{name}" for name in ("zeros", "ones", "empty", "rand", "randn")))
def made_of_sizes(call: Call) -> Value | None:
    """A new tensor of given dimensions."""
    passed = list(call.arguments.positional)
    alone = Call(call.machine, call.path, Arguments(passed, {}, call.arguments.unknown), call.node)
    size = call.arguments.keywords.get("size")
    if size is not None:
        alone.arguments.positional = [size]
    leaf, shape = wants_gradients(call), _shape_asked_for(alone)
    tensor = Tensor(shape, graph=leaf, dtype=_asked_for(call, "float"), place=call.place)
    return _filled(call, tensor)


def _asked_for(call: Call, default: str | None) -> str | None:
    given = call.arguments.keywords.get("dtype")
    return default if given is None else named_dtype(given)


def wants_gradients(call: Call) -> bool:
    """Whether a new tensor is made with `requires_grad=True`, or may be."""
    wish = call.arguments.keywords.get("requires_grad")
    return wish is not None and not is_constant(wish, False)


@function(
    *(f"torch.{name}_like" for name in ("zeros", "ones", "empty", "rand", "randn", "full")),
)
def made_like(call: Call) -> Value | None:
    """A new tensor of another one's dimensions."""
    tensor = as_tensor(call.argument(0, "input"))
    if tensor is None:
        return None
    dtype = _asked_for(call, tensor.dtype)
    leaf = wants_gradients(call)
    return _filled(call, Tensor(tensor.shape, graph=leaf, dtype=dtype, place=call.place))


def tell_alike(call: Call, tensor: Tensor, given: Value | None) -> None:
    """Tell of a tensor that is to learn, made of numbers that are all the same."""
    made = [getattr(each, "meaning", None) for each in alternatives(given)]
    if tensor.graph is True and made and all(isinstance(each, Alike) for each in made):
        tensor.meaning = Alike()
        call.machine.emit(WeightsFilled(call.place, call.context, tensor, "constant_", True))


def _filled(call: Call, tensor: Tensor) -> Tensor:
    """Say of a new tensor whether its numbers are random, or all the same."""
    if any(word in call.path for word in (".zeros", ".ones", ".full")):
        tensor.meaning = Alike(0 if ".zeros" in call.path else None)
        tell_alike(call, tensor, tensor)
    if ".rand" in call.path:
        tensor.lineage = noise(call.place)
        call.machine.emit(RandomDrawn(call.place, call.context, tensor))
    return tensor


@function("torch.randint")
def random_whole_numbers(call: Call) -> Value | None:
    """`torch.randint(low, high, size)`: `low` may be left out."""
    sizes = [each for each in call.arguments.values() if isinstance(each, Sequence)]
    items = sizes[0].items if len(sizes) == 1 else None
    known = [known_number(item) for item in items or ()]
    axes = [symbols.new_axis(each) for each in known if each is not None]
    dims = tuple(axes) if items is not None and len(axes) == len(items) else None
    dtype = _asked_for(call, "long")
    drawn = Tensor(Shape(dims), graph=False, dtype=dtype, place=call.place)
    if drawn.shape.rank == 1 and call.context.rounds:
        # Numbers that are drawn anew in each round may be the places of a batch.
        drawn.meaning = Drawn(symbols.batch_axis())
    elif not call.context.rounds:
        drawn.meaning = _classes_between(call.arguments)
    return drawn


def _classes_between(passed: Arguments) -> ClassIndices | None:
    """What random numbers from zero on say as labels: how many classes there are."""
    bounds = [each for each in passed.positional if isinstance(each, Scalar)]
    given = [bound for bound in bounds if bound.configurable is None]
    numbers = [each.number.integer for each in given]
    if passed.unknown or {"low", "high"} & passed.keywords.keys() or len(given) < len(bounds):
        return None
    if len(numbers) == 2 and numbers[0] == 0:
        numbers = numbers[1:]
    known = numbers[0] if len(numbers) == 1 else None
    return ClassIndices(known, mixed=True) if known is not None and known > 1 else None


@function("torch.arange", "torch.randperm")
def counted(call: Call) -> Value | None:
    """One number after the other."""
    numbers = [known_number(each) for each in call.arguments.positional]
    whole = all(each is not None and isinstance(each.coefficient, int) for each in numbers)
    dtype = _asked_for(call, "long" if whole else None)
    only = size_of_axis(call.arguments.positional[0]) if len(numbers) == 1 else None
    known = [each.integer for each in numbers if each is not None and each.integer is not None]
    length = symbols.fresh("n", is_axis=True)
    if only is not None and not call.arguments.unknown and not _named_bounds(call):
        length = symbols.new_axis(only)
    elif len(known) == len(numbers) > 1 and not _named_bounds(call) and 0 not in known[2:]:
        length = symbols.axis_of_length(len(range(*known[:3])))
    made = Tensor(Shape((length,)), graph=False, dtype=dtype, place=call.place)
    if call.path == "torch.randperm":
        # Each number stands for a row of something.
        rows = RowSet(PERMUTATION, place=call.place)
        rows.axis = length
        made = made.replace(lineage=Lineage(rows))
        made.meaning = Drawn()
    return made


def _named_bounds(call: Call) -> bool:
    return any(name in call.arguments.keywords for name in ("start", "end", "step"))


@function("torch.linspace", "torch.logspace")
def in_even_steps(call: Call) -> Value | None:
    """So many numbers between two."""
    steps = size_of_axis(call.argument(2, "steps"))
    shape = Shape(None if steps is None else (symbols.new_axis(steps),))
    return Tensor(shape, graph=wants_gradients(call), dtype="float", place=call.place)


@function("torch.eye", "numpy.eye", "numpy.identity")
def unit_matrix(call: Call) -> Value | None:
    """A matrix with ones on its diagonal: each row is the one-hot row of its number."""
    rows = size_of_axis(call.argument(0, "n"))
    columns = size_of_axis(call.argument(1, "m")) or rows
    shape = Shape() if rows is None or columns is None else Shape((rows, columns))
    scale = Scale(Activation.ONE_HOT, call.place)
    dtype, library = _asked_for(call, "float"), call.path.split(".", 1)[0]
    return Tensor(shape, scale=scale, graph=False, dtype=dtype, library=library, place=call.place)


@function("torch.full", "torch.normal")
def made_of_size_and_numbers(call: Call) -> Value | None:
    """A tensor of given dimensions that are one argument among others."""
    size = call.argument(0 if call.path.endswith("full") else 2, "size")
    if not isinstance(size, Sequence):
        return None
    alone = Call(call.machine, call.path, Arguments([size]), call.node)
    dims = dimensions(alone)
    known = dims is not None and None not in dims
    shape = Shape(tuple(symbols.new_axis(dim) for dim in dims or () if dim) if known else None)
    leaf, dtype = wants_gradients(call), _asked_for(call, None)
    return _filled(call, Tensor(shape, graph=leaf, dtype=dtype, place=call.place))


@method("tensor", "new_zeros", "new_ones", "new_empty", "new_full", "new_tensor")
def made_beside(call: Call) -> Value | None:
    """A new tensor of given dimensions, of the type of another one."""
    assert isinstance(call.receiver, Tensor)
    passed = call.arguments.positional[:1] if call.path.endswith("full") else None
    passed = call.arguments.positional if passed is None else passed
    alone = Call(call.machine, call.path, Arguments(list(passed)), call.node)
    dims = None if call.path.endswith("new_tensor") else dimensions(alone)
    known = dims is not None and None not in dims and not call.arguments.unknown
    shape = Shape(tuple(symbols.new_axis(dim) for dim in dims or () if dim) if known else None)
    dtype = _asked_for(call, call.receiver.dtype)
    return Tensor(shape, graph=wants_gradients(call), dtype=dtype, place=call.place)


@method("tensor", "normal_", "uniform_", "random_", "log_normal_", "exponential_", "cauchy_")
def filled_at_random(call: Call) -> Value | None:
    """`x.normal_()`: the tensor itself, its numbers drawn anew."""
    assert isinstance(call.receiver, Tensor)
    call.receiver.overwrite()
    call.machine.emit(RandomDrawn(call.place, call.context, call.receiver))
    return call.receiver


@method("tensor", "zero_", "fill_", "copy_")
def filled_in_place(call: Call) -> Value | None:
    """`x.zero_()`: the tensor itself, with other numbers."""
    assert isinstance(call.receiver, Tensor)
    call.receiver.overwrite()
    value = call.argument(0, "src") if call.path.endswith("copy_") else None
    if value is not None and call.context.gradients is not False:
        fill(call.receiver, value)
    return call.receiver


@tensor_operation("bernoulli")
def drawn_for_each(call: Call) -> Value | None:
    """A random number for each number."""
    tensor = as_tensor(call.subject)
    if tensor is None:
        return None
    return Tensor(tensor.shape, graph=False, dtype=tensor.dtype, place=call.place)


@tensor_operation("multinomial")
def drawn_places(call: Call) -> Value | None:
    """Places that are drawn, for each row."""
    tensor, number = as_tensor(call.subject), size_of_axis(call.operand(0, "num_samples"))
    if tensor is None:
        return None
    tell_choice(call, tensor, -1, drawn=True)
    dims = tensor.shape.dims
    shape = Shape() if not dims or number is None else Shape((*dims[:-1], number))
    return Tensor(shape, graph=False, dtype="long", place=call.place)


@function("torch.meshgrid")
def grid(call: Call) -> Value | None:
    """The coordinates of each crossing, axis by axis."""
    axes = [as_tensor(each) for each in call.arguments.positional]
    if (
        len(axes) == 1
        or None in axes
        or known_text(call.arguments.keywords.get("indexing")) != "ij"
    ):
        return None
    lengths = [each.shape.axis(0) for each in axes if each is not None and each.shape.rank == 1]
    shape = Shape(tuple(lengths) if len(lengths) == len(axes) else None)
    parts = tuple(Tensor(shape, graph=False, place=call.place) for _ in axes)
    return Sequence("tuple", parts, place=call.place)
