"""Random numbers of numpy and Python: what is drawn, and from which generator."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import NumbersDrawn, RandomDrawn
from advisor.code.library import lineages
from advisor.code.library.lineages import written
from advisor.code.library.lineages.parts import notice_other_draw
from advisor.code.library.models import Call, family, function, hook, method
from advisor.code.library.numpy import array_of_shape, bytes_of_shape, shape_of_sizes
from advisor.code.library.torch_tensors.casts import named_dtype
from advisor.code.values import (
    DTYPE,
    PERMUTATION,
    TRUE,
    Constant,
    Dictionary,
    Lineage,
    Object,
    Pixels,
    RowSet,
    Scalar,
    Shape,
    Value,
    give_meaning,
    is_constant,
    known_integer,
    known_number,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# Under this key a generator has the functions that it was made in.
MADE_IN = ("made in",)
# Under this key a generator says that something has been drawn from it.
_HAS_DRAWN = ("has drawn",)
# What the origin of a random order begins with that a seed brings about again.
SEEDED = "seeded"
# What draws nothing.
_IDLE = frozenset(
    [
        *("seed", "get_state", "set_state", "spawn", "default_rng", "RandomState", "Generator"),
        *("SeedSequence", "PCG64", "Random", "MT19937", "Philox", "bit_generator"),
    ]
)


family("numpy.random.Generator", "numpy.random.RandomState", "numpy.random.default_rng")
family("numpy.random.Generator", "random.Random")
_DRAWS = [
    "normal",
    "standard_normal",
    "randn",
    "rand",
    "random",
    "uniform",
    "random_sample",
    "ranf",
    "poisson",
    "laplace",
    "gamma",
    "beta",
    "exponential",
    "binomial",
    "multivariate_normal",
]
# Where they take the dimensions, counted from 0.
_SIZE_AT = {
    **dict.fromkeys(("normal", "uniform", "laplace", "gamma", "beta", "binomial"), 2),
    **dict.fromkeys(("poisson", "exponential"), 1),
    **dict.fromkeys(("standard_normal", "random", "random_sample", "ranf"), 0),
}
_ORDERS = ("permutation", "permuted")


@function(*(f"numpy.random.{name}" for name in _DRAWS))
@method("numpy.random.Generator", *_DRAWS)
def drawn(call: Call) -> Value | None:
    """Random numbers: added to samples they augment them."""
    result = array_of_shape(call, _drawn_shape(call))
    counts = call.path.endswith((".poisson", ".binomial"))
    result.fields[DTYPE] = "long" if counts else "float"
    result.lineage = lineages.noise(call.place)
    if call.context.running:
        call.machine.emit(RandomDrawn(call.place, call.context, result))
    return result


def _drawn_shape(call: Call) -> Shape | None:
    """The dimensions that random numbers are asked for in, when there are any."""
    name = call.path.rsplit(".", 1)[-1]
    if name in {"randn", "rand"}:
        given: list[Value] = list(call.arguments.positional)
    else:
        size = call.arguments.get(_SIZE_AT.get(name, -1), "size")
        given = [] if size is None else [size]
    return None if call.arguments.unknown else shape_of_sizes(given)


@function(*(f"numpy.random.{name}" for name in _ORDERS))
@method("numpy.random.Generator", *_ORDERS)
def permuted(call: Call) -> Value | None:
    """The same rows in another order, or a random order of so many numbers."""
    value = call.argument(0, "x")
    lineage = lineages.known(value)
    if isinstance(value, Scalar):
        order = _order(call)
        order.rows.axis = value.number
        numbers = lineages.array(order, call.place, shape_of_sizes([value]))
        numbers.dtype = "long"
        return numbers
    if lineage is None:
        return lineages.array(_order(call), call.place)
    return lineages.alike(value, lineage, call.place)


def _order(call: Call) -> Lineage:
    rows = RowSet(PERMUTATION, place=call.place)
    seed = _seed_of_first_draw(call)
    if seed is not None:
        rows.origin = SEEDED, seed
    return Lineage(rows)


def _seed_of_first_draw(call: Call) -> object:
    """The seed of a generator that has drawn nothing before: it draws the same each time."""
    generator = call.receiver
    if not isinstance(generator, Object) or _HAS_DRAWN in generator.fields:
        return None
    call.machine.store(generator.fields, _HAS_DRAWN, TRUE)
    seed = generator.argument(0, "seed")
    number = known_number(seed)
    return None if is_constant(seed, None) else number if number is not None else seed


@function("numpy.random.choice")
@method("numpy.random.Generator", "choice")
def numbers_drawn(call: Call) -> Value | None:
    """`choice(len(X), 100)`: so many of the numbers below one; `choice(np.where(y == 1)[0], 100)`:
    rows of a class, drawn as often as one wants."""
    drawn_from, size = call.argument(0, "a"), call.argument(1, "size")
    if size is None:
        return None
    if not isinstance(drawn_from, Scalar):
        return _of_class(call, drawn_from)
    numbers = lineages.array(_order(call), call.place, shape_of_sizes([size]))
    numbers.dtype = "long"
    return numbers


def _of_class(call: Call, drawn_from: Value | None) -> Value | None:
    lineage = lineages.known(drawn_from)
    if lineage is None or lineage.rows.how != lineages.MASK:
        return None
    if is_constant(call.argument(2, "replace"), False) and not _counts_all(call):
        return None
    drawn_rows = lineages.copies("resampled", call.place, call.context, lineage.rows)
    return lineages.array(lineage.of(drawn_rows), call.place)


@function("random.sample")
@method("numpy.random.Generator", "sample")
def sampled(call: Call) -> Value | None:
    """`random.sample(range(n), k)`: so many of the numbers."""
    whole = call.argument(0, "population")
    if not isinstance(whole, Object) or whole.path != "builtins.range":
        return None if whole is None else _some_of(call, whole)
    return lineages.array(_order(call), call.place)


def _some_of(call: Call, whole: Value) -> Value | None:
    """`random.sample(files, 100)`: some samples of a list, drawn apart from all other draws."""
    size = call.argument(1, "k")
    if call.context.loops or size is None or isinstance(whole, (Constant, Dictionary)):
        return None
    if known_number(size) is None or _counts_all(call):
        return None
    rows = lineages.samples(whole).rows
    drawn_rows = rows.part(("drawn", _order(call).rows), place=call.place)
    notice_other_draw(call.machine, rows, drawn_rows, call.node)
    result = call.unknown()
    result.lineage = Lineage(drawn_rows)
    return result


def _counts_all(call: Call) -> bool:
    """Whether as many are drawn as there are."""
    given = call.node.args if isinstance(call.node, cst.Call) else ()
    return any(written(each.value).startswith("len(") for each in given)


@function("numpy.random.RandomState", "numpy.random.default_rng", "numpy.random.Generator")
@function("random.Random")
def generator(call: Call) -> Value | None:
    """A source of random numbers."""
    made = Object(call.path, call.arguments, call.place)
    made.fields[MADE_IN] = call.context.functions
    return made


@function("numpy.random.randint")
@method("numpy.random.Generator", "integers", "randint")
def whole_numbers_drawn(call: Call) -> Value | None:
    """Random whole numbers, which may be labels or pictures."""
    size, dtype = call.argument(2, "size"), named_dtype(call.argument(3, "dtype"))
    known = size is not None and not call.arguments.unknown
    shape = shape_of_sizes([size]) if known and size is not None else None
    pixels = shape is not None and (shape.rank or 0) > 2 and _are_bytes(call)
    if dtype == "uint8":
        made = bytes_of_shape(call, shape)
        made.meaning = Pixels(call.place) if pixels else None
        return made
    result = array_of_shape(call, shape)
    result.fields[DTYPE] = dtype or "long"
    if pixels:
        give_meaning(result, Pixels(call.place))
    if _come_often(call):
        result.fields[lineages.DRAWN_OFTEN] = True
    return result


def _are_bytes(call: Call) -> bool:
    """Whether all numbers are drawn that a byte may be."""
    low, high = (known_integer(call.argument(at, name)) for at, name in ((0, "low"), (1, "high")))
    return (low, high) in {(0, 255), (0, 256), (255, None), (256, None)}


def _come_often(call: Call) -> bool:
    """Whether more numbers are drawn than there are different ones."""
    low, high = (known_number(call.argument(at, name)) for at, name in ((0, "low"), (1, "high")))
    size = known_number(call.argument(2, "size"))
    if high is None:
        low, high = symbols.ZERO, low
    counts = [None if each is None else each.integer for each in (low, high, size)]
    if counts[0] is None or counts[1] is None or counts[2] is None:
        return False
    return counts[2] >= 2 * (counts[1] - counts[0])


@hook("drawn")
def notice_draw(machine: "Machine", source: Object | None, name: str, node: cst.CSTNode) -> None:
    """See that a function draws from a generator, or from the one of numpy."""
    if name in _IDLE or not machine.context.functions:
        return
    function = node.func if isinstance(node, cst.Call) else node
    text = written(function.value if isinstance(function, cst.Attribute) else function)
    machine.emit(NumbersDrawn(machine.place(node), machine.context, source, text))
