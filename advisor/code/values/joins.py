"""Values that depend on the way the program took."""

from advisor.code.symbols import Number, fresh
from advisor.code.values.meanings import MEANING, Bounded, Rated, Subtracted, rating
from advisor.code.values.objects import Layer, Library
from advisor.code.values.plain import Constant, Scalar, Value
from advisor.code.values.rows import either_part, join_lineages
from advisor.code.values.shapes import Dims, Shape
from advisor.code.values.tensors import Tensor, Unknown

MOST_ALTERNATIVES = 6
# On one of the ways the program has seen to it that exponentials do not overflow.
_SETTLED = frozenset({Bounded, Subtracted})


class Joined(Value):
    """One of several values, depending on the way the program took."""

    __slots__ = ("alternatives",)

    def __init__(self, alternatives: tuple[Value, ...]) -> None:
        super().__init__(alternatives[0].place)
        self.alternatives = alternatives

    def __repr__(self) -> str:
        return f"Joined{self.alternatives}"


def alternatives(value: Value | None) -> tuple[Value, ...]:
    """What a value may be: its alternatives, or just itself."""
    if value is None:
        return ()
    return value.alternatives if type(value) is Joined else (value,)


def join(left: Value, right: Value) -> Value:
    """A value for either of two."""
    if left is right or same(left, right):
        return left
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return _join_tensors(left, right)
    distinct = list(alternatives(left))
    for value in alternatives(right):
        if value not in distinct and not any(same(value, seen) for seen in distinct):
            distinct.append(value)
    if len(distinct) == len(alternatives(left)):
        return left
    if len(distinct) > MOST_ALTERNATIVES:
        distinct = _one_of_each_place(distinct)
    if len(distinct) > MOST_ALTERNATIVES:
        return _one_of_many(distinct)
    return Joined(tuple(distinct))


def _one_of_each_place(values: list[Value]) -> list[Value]:
    """Of layers that one place has made again and again only the first: the others are like it."""
    if not all(isinstance(each, Layer) and each.place is not None for each in values):
        return values
    first = {each.place.node: each for each in reversed(values) if each.place is not None}
    return [each for each in values if each in first.values()]


def _one_of_many(values: list[Value]) -> Unknown:
    """A value for any one of more than are kept apart: a score of the same samples if each of them is."""
    many = Unknown("one of many", place=values[0].place)
    scores = [
        rating(each.fields.get(MEANING)) if isinstance(each, Unknown) else None for each in values
    ]
    first = scores[0]
    if first is not None and all(each is not None and _rate_alike(first, each) for each in scores):
        many.fields[MEANING] = first
    return many


def _rate_alike(first: Rated, second: Rated) -> bool:
    """Whether two scores were computed of the same samples, by the same calls."""
    calls = [[each.node for each in score.made.calls] for score in (first, second) if score.made]
    same_calls = len(calls) < 2 or calls[0] == calls[1]
    return first.rises is second.rises and first.rows == second.rows and same_calls


def same(left: Value, right: Value) -> bool:
    """Whether two values are known to be equal and interchangeable."""
    if left is right:
        return True
    if isinstance(left, Constant) and isinstance(right, Constant):
        return (
            type(left.value) is type(right.value)
            and left.value == right.value
            and left.configurable == right.configurable
        )
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return left.number == right.number and left.configurable == right.configurable
    if isinstance(left, Library) and isinstance(right, Library):
        return left.path == right.path
    return False


def _in_common(left: Shape, right: Shape) -> Shape:
    """What is known of a shape that is one or the other."""
    if left.dims and left.dims == right.dims:
        return left
    axes = _axes_in_common(left.dims, right.dims)
    if axes is not None:
        return Shape(axes)
    lasts = [each.known_axis(-1) for each in (left, right)]
    first, second = lasts
    if first is None or second is None or first.constant is None:
        return Shape()
    return Shape(last=first) if first.constant == second.constant else Shape()


def _axes_in_common(left: Dims | None, right: Dims | None) -> Dims | None:
    """The axes of what is one or the other, where only the number of samples may not be the same."""
    if not left or not right or len(left) != len(right):
        return None
    if not all(map(_as_long, left[1:], right[1:])):
        return None
    first, second = left[0].axis, right[0].axis
    if first is None or second is None or not (first.is_batch and second.is_batch):
        return None
    if None not in (left[0].integer, right[0].integer):
        return None
    either = fresh(first.name, is_axis=True)
    if either.axis is not None:
        either.axis.is_batch = True
    return (either, *left[1:])


def _as_long(first: Number, second: Number) -> bool:
    return first == second or (first.integer is not None and first.integer == second.integer)


def _join_tensors(left: Tensor, right: Tensor) -> Value:
    same_scale = (
        left.scale is not None
        and right.scale is not None
        and left.scale.activation is right.scale.activation
    )
    lineage = left.lineage or right.lineage
    if left.lineage is not right.lineage and left.lineage and right.lineage:
        lineage = join_lineages(left.lineage, right.lineage)
        if lineage is None and (left.lineage.matters or right.lineage.matters):
            return Joined((left, right))
        if lineage is None:
            lineage = either_part(left.lineage, right.lineage)
    joined = Tensor(
        left.shape if left.shape is right.shape else _in_common(left.shape, right.shape),
        scale=left.scale if same_scale else None,
        dtype=left.dtype if left.dtype == right.dtype else None,
        graph=left.graph if left.graph == right.graph else None,
        cut=left.cut if right.cut is not None else None,
        terms=(left, right),
        lineage=lineage,
        library=left.library,
        text=left.text,
        place=left.place,
    )
    if type(left.meaning) is type(right.meaning):
        joined.meaning = left.meaning
    elif None in (left.meaning, right.meaning) and type(left.meaning or right.meaning) in _SETTLED:
        joined.meaning = Bounded()
    return joined
