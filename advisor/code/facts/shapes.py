"""Reshapes: which axes of a tensor a `view` or `reshape` keeps in place, and which it moves.

A reshape lays the numbers out anew in row-major order. An axis keeps its meaning when as many
numbers lie before it as there did: when the product of the dimensions in front of it is the same
before and after. An axis that turns up with its full length behind another product has changed
places with its neighbours in name only: its numbers are mixed with theirs.
"""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Self

from advisor.code import symbols
from advisor.code.events import LayerRun, Multiplied, RandomDrawn, Reshaped
from advisor.code.facts.modules import is_parameter
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.gradients import made_from
from advisor.code.library.torch_tensors.operations import as_tensor
from advisor.code.library.torch_tensors.reshapes import completed
from advisor.code.symbols import Number
from advisor.code.values import (
    Activation,
    ComparedToOne,
    Lengthened,
    Shape,
    Tensor,
    Value,
    meaning_of,
    scale_of,
    shape_of,
)
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What programs call the last two axes of pictures and kernels.
_WIDTH = re.compile(r"(k|kernel_?)?(w|width)\d*", re.IGNORECASE)
_HEIGHT = re.compile(r"(k|kernel_?)?(h|height)\d*", re.IGNORECASE)
# How far back is looked for what an axis was made of, and through how many layers at one call.
_MOST_TENSORS = 200
_MOST_LAYERS = 16


@dataclass(frozen=True, eq=False)
class Reshape(Fact):
    """A `view` or `reshape`, with the dimensions before and after; all divisions are exact. It
    `has_heads_in_front` where what a layer makes for each step is asked for as `(b, h, -1, d)`, and
    `is_unfolded_otherwise` where two axes that were made one come apart in the other order."""

    event: Reshaped
    before: tuple[Number, ...]
    after: tuple[Number, ...]
    has_heads_in_front: bool = False
    is_unfolded_otherwise: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every reshape whose dimensions are known well enough to compare."""
        found: list[Self] = []
        for event in run.events(Reshaped):
            shape = shape_of(event.tensor)
            if shape is None or _is_learned(event.tensor):
                continue
            ones = _known_to_be_one(event)
            if _puts_heads_in_front(event, shape):
                products = run.events(Multiplied)
                if any(_is_made_of(each, event.tensor) for each in products):
                    found.append(cls(event, (), (), has_heads_in_front=True))
                continue
            if _comes_apart_otherwise(run, event, shape):
                found.append(cls(event, (), (), is_unfolded_otherwise=True))
                continue
            before = _dims_before(shape)
            before = None if before is None else _with_ones(before, ones)
            if shape.rank is None and before is not None and event.dims[1:] == before:
                # One more axis in front, which is of length one when these are all there are.
                continue
            after = _with_ones(_dims_after(shape, event.dims), ones)
            if before is not None and shape.rank is None:
                found.append(cls(event, before, after))
            reconciled = None if before is None else _reconciled(before, after)
            if shape.rank is not None and reconciled is not None:
                found.append(cls(event, *reconciled))
            elif shape.rank is not None and before is not None:
                # Sides that patches of a known size divide.
                divided = cls(event, before, after)
                found.extend([divided] if divided.is_cut_into_patches() else [])
        moving = [each for each in found if each.moved_axis() is not None]
        undone = {id(each) for each in moving if each.is_of_drawn_weights(run)}
        undone |= {
            id(each)
            for each in moving
            for other in found
            if each is not other and each.is_undone_with(other)
        }
        asked = list(run.events(Reshaped))
        undone |= {id(each) for each in moving if any(map(each.shifts_rows_of, asked))}
        return [each for each in found if id(each) not in undone]

    @property
    def operation(self) -> str:
        """`view` or `reshape`."""
        return self.event.operation

    def moved_axis(self) -> tuple[int, int] | None:
        """The first axis that turns up in another place, as its index before and after, with proof
        that its numbers are mixed with others; None when there is none."""
        return self._moved_axis

    @cached_property
    def _moved_axis(self) -> tuple[int, int] | None:
        if self._is_of_equal_sides() or self._may_be_split_in_order() or self._repeats_a_vector():
            return None
        if self._skews_rows or self._may_be_one_grey_picture() or self._enlarges_by_copies():
            return None
        for position, axis in enumerate(self.before):
            if axis.is_one or not axis.factors:
                continue
            found = [other for other, dim in enumerate(self.after) if _is_same(dim, axis)]
            if not found or self._stays(axis, found) or self._is_misnamed(position):
                continue
            if self._may_have_the_size_asked_for(position):
                continue
            for other in found:
                if self._is_crossed(position, other):
                    return position, other
        return None

    def _is_of_equal_sides(self) -> bool:
        """Whether only axes of length one come or go: both sides of a picture are of one length here,
        whatever they are called."""
        before, after = (
            [dim for dim in dims if not dim.is_one] for dims in (self.before, self.after)
        )
        return len(before) == len(after) and all(map(_is_as_long, before, after))

    def _may_be_one_grey_picture(self) -> bool:
        """Whether a batch is asked to be one picture with its channels last, of which nobody knows how many
        there are: a single one has its numbers in that order."""
        if len(self.before) != 4 or self.before[1].integer is not None:
            return False
        samples, channels, height, width = self.before
        picture = len(self.after) == 3 and not _is_among(samples, self.after)
        return picture and all(map(_is_same, self.after, (height, width, channels)))

    def _may_be_split_in_order(self) -> bool:
        """Whether the first axis, which the program does not ask for, may be as long as all that it asks
        for: `(rows, classes)` as `(classes, queries, -1)`, where each class has so many rows."""
        *asked, rest = self.event.dims or (None,)
        lengths = [dim for dim in asked if dim is not None]
        if rest is not None or not self.before or len(lengths) < len(asked):
            return False
        first = self.before[0]
        if not any(dim.factors and not _is_among(dim, self.before) for dim in lengths):
            return False
        if first.integer is not None:
            return symbols.product(lengths).integer in {None, first.integer}
        only = first.factors[0][0] if len(first.factors) == 1 else None
        alone = only is not None and first == Number(1, ((only, 1),)) and only.definition is None
        return alone and only is not None and not self._is_asked_for(only)

    def _repeats_a_vector(self) -> bool:
        """Whether it is of one row or column that was expanded: each number of it as often as the
        other axis is long, one behind the other."""
        tensor = as_tensor(self.event.tensor)
        length = _length(self.before)
        while tensor is not None and tensor.whole is not None:
            tensor = tensor.whole
            dims = [dim for dim in tensor.shape.dims or () if not dim.is_one]
            if len(dims) == 1 and tensor.shape.rank != 1 and _length((dims[0],)) != length:
                return True
        return False

    def _enlarges_by_copies(self) -> bool:
        """Whether each number stands as often in a new last axis as whole rows stand side by side:
        `x[..., None].repeat(1, 1, k, k)` as `(-1, height * k, width * k)` has each number in a square."""
        tensor = as_tensor(self.event.tensor)
        source = None if tensor is None else tensor.whole
        dims = None if tensor is None else tensor.shape.dims
        before = None if source is None else source.shape.dims
        if dims is None or before is None or len(dims) != len(before) or len(dims) < 2:
            return False
        times, wished = dims[-1], self.event.dims[-1:]
        if times.is_one or not before[-1].is_one or None in wished:
            return False
        side_by_side = _is_same(dims[-2], symbols.multiply(before[-2], times))
        return side_by_side and all(
            each is not None and _is_same(each, dims[-2]) for each in wished
        )

    @cached_property
    def _skews_rows(self) -> bool:
        """Whether the last two axes change places and rows are longer by one than they were, or than there
        are of them: counted out anew, each begins one further on, as relative attention wants them."""
        if len(self.before) < 2 or len(self.before) != len(self.after):
            return False
        count, length = self.before[-2:]
        wished = *self.before[:-2], length, count
        if any(_length((a,)) != _length((b,)) for a, b in zip(self.after, wished, strict=True)):
            return False
        if isinstance(meaning_of(self.event.tensor), Lengthened):
            return True
        return symbols.subtract(length, count).constant == 1 or _is_one_more(length)

    def _may_have_the_size_asked_for(self, position: int) -> bool:
        """Whether nothing would change if one axis, of which nobody knows how long it is, were as
        long as the number that is asked for in its place: `x.view(beams, -1)` of a row for each beam."""
        asked, axis = self.event.dims, self.before[position].axis
        if axis is None or axis.is_batch or None not in asked or len(asked) != len(self.before):
            return False
        pairs = zip(asked, self.before, strict=True)
        others = [
            index
            for index, (wished, dim) in enumerate(pairs)
            if wished is not None and not _is_same(wished, dim)
        ]
        number = asked[position]
        return others == [position] and number is not None and not _has_axes(number)

    def _is_misnamed(self, position: int) -> bool:
        """Whether it is one of two axes that are called width and height where libraries have height
        and width: those who ask for them the right way round afterwards leave them where they are."""
        pairs = pairwise(range(len(self.before)))
        return any(
            position in pair
            and _is_called(self.before[pair[0]], _WIDTH)
            and _is_called(self.before[pair[1]], _HEIGHT)
            for pair in pairs
        )

    def is_cut_into_patches(self) -> bool:
        """Whether pictures are asked to be patches of all channels, `(b, c, h, w)` to
        `(b, h / p * w / p, c * p * p)`: what comes of it are rows of one channel."""
        if len(self.before) != 4 or len(self.after) != 3 or self.before[0] != self.after[0]:
            return False
        counts = symbols.without_names(self.after[1])
        patches, inside = (dict(symbols.without_names(dim).factors) for dim in self.after[1:])
        channels, *sides = (dict(symbols.without_names(dim).factors) for dim in self.before[1:])
        if not all(list(each.values()) == [1] for each in (channels, *sides)):
            return False
        counted = all(patches.get(next(iter(side))) == 1 for side in sides)
        divided = min(patches.values(), default=1) < 0 or isinstance(counts.coefficient, Fraction)
        return counted and inside.get(next(iter(channels))) == 1 and divided

    def is_permutation_of_sizes(self) -> bool:
        """Whether, behind a batch axis that stays, the dimensions are those from before in another
        order, judged by their sizes alone."""
        if self._skews_rows:
            return False
        before, after = self.before[1:], self.after[1:]
        if len(before) < 2 or not _is_same(self.before[0], self.after[0]):
            return False
        if self.before[0].constant is not None:
            return False
        sizes = [dim.constant for dim in before if not dim.is_one]
        wished = [dim.constant for dim in after if not dim.is_one]
        if sizes == wished or None in sizes or None in wished:
            return False
        return sorted(map(str, sizes)) == sorted(map(str, wished))

    def is_picture_with_channels_in_front(self) -> bool:
        """Whether pictures with their channels behind height and width are asked to have them in
        front, judged by their sizes alone."""
        if not {len(self.before), len(self.after)} <= {3, 4}:
            return False
        sizes = [symbols.without_names(dim).integer for dim in self.before]
        wished = [symbols.without_names(dim).integer for dim in self.after]
        height, width, channels = sizes[-3:]
        large = height is not None and width is not None and min(height, width) > 4
        return large and channels == 3 and wished[-3:] == [channels, height, width]

    @property
    def leaves_colours_behind(self) -> bool:
        """Whether pictures with their three channels behind height and width are only asked to have them in
        front."""
        before, after = (
            [symbols.without_names(dim).integer for dim in dims[-3:]]
            for dims in (self.before, self.after)
        )
        if len(before) < 3 or len(after) < 3 or before[-1] != 3 or after[0] != 3:
            return False
        return (
            self.moved_axis() is not None
            or self.is_permutation_of_sizes()
            or self.is_picture_with_channels_in_front()
        )

    @property
    def folds_samples(self) -> bool:
        """Whether the samples lie along the second axis, and rows are asked for of which nobody says that
        they are to be the samples: `state.view(-1, 2 * width)` of the last states of a recurrent layer."""
        moved = self.moved_axis()
        if moved != (1, 0) or len(self.after) >= len(self.before) or self.event.dims[0] is not None:
            return False
        return any(symbol.is_batch for symbol, _ in self.before[1].factors)

    def is_of_drawn_weights(self, run: AbstractRun) -> bool:
        """Whether the numbers have just been drawn to fill weights with: in another order they are as
        good."""
        return any(
            event.for_weights
            and event.context.functions == self.event.context.functions
            and _is_part_of(self.event.tensor, event.tensor)
            for event in run.events_within(0, self.event.index, RandomDrawn)
        )

    def is_undone_with(self, other: "Reshape") -> bool:
        """Whether one of two reshapes moves axes and the other one puts any of them back, as in the
        shift of relative attention: a view, a slice, a view back."""
        first, second = sorted((self, other), key=lambda each: each.event.index)
        if first.event.context.calls != second.event.context.calls:
            return False
        if not _is_part_of(second.event.tensor, first.event.tensor):
            return False
        return first.moved_axis() is not None and any(
            second.before[other : other + 1] == second.after[position : position + 1] == (axis,)
            for position, axis in enumerate(first.before)
            for other, dim in enumerate(first.after)
            if position != other and axis == dim and axis.factors
        )

    def shifts_rows_of(self, earlier: Reshaped) -> bool:
        """Whether an earlier reshape has made rows that are longer by one, of which one has been cut
        off since: the shift of relative attention once more."""
        dims = self.event.tensor.shape.dims if isinstance(self.event.tensor, Tensor) else None
        whole = shape_of(earlier.tensor)
        if dims is None or whole is None or earlier.index >= self.event.index:
            return False
        if len(dims) != len(earlier.dims):
            return False
        if earlier.context.calls != self.event.context.calls:
            return False
        pairs = zip(dims, completed(whole, earlier.dims), earlier.dims, strict=True)
        changed = [each for each in pairs if _length((each[0],)) != _length((each[1],))]
        if len(changed) != 1:
            return False
        now, then, asked = changed[0]
        return asked is None or symbols.subtract(then, now).constant in {1, -1}

    def finding(self, message: str) -> Draft:
        """A finding at the call."""
        return draft(self.event, message)

    def _stays(self, axis: Number, after: Sequence[int]) -> bool:
        """Whether some axis of this length is in its place before and after, where `after` are the
        places that such axes have afterwards."""
        before = [index for index, dim in enumerate(self.before) if _is_same(dim, axis)]
        lengths = {_length(self.after[:index]) for index in after}
        return any(_length(self.before[:index]) in lengths for index in before)

    def _is_crossed(self, position: int, other: int) -> bool:
        """Whether what lies in front of the axis changes by something that is more than one. Where
        all that lies behind it stays, so does all in front, whatever it is called."""
        behind = symbols.divide(
            symbols.product(self.after[other:]), symbols.product(self.before[position:])
        )
        if behind is not None and symbols.without_names(behind).is_one:
            return False
        if self._may_be_as_long(self.before[position + 1 :], self.after[other + 1 :]):
            return False
        old = symbols.product(self.before[:position])
        new = symbols.product(self.after[:other])
        ratio = symbols.divide(new, old)
        if ratio is None or symbols.without_names(ratio).is_one:
            return False
        if ratio.constant is not None:
            return True
        signs = {power > 0 for _, power in ratio.factors}
        if len(signs) > 1 and not any(symbol.is_axis for symbol, _ in ratio.factors):
            # Numbers that go by several names may be one and the same.
            return False
        if len(signs) == 1:
            return any(self._is_known(symbol) for symbol, _ in ratio.factors)
        if any(power < 0 and not self._is_asked_for(symbol) for symbol, power in ratio.factors):
            # The axis it used to follow is not named any more: it may go by another name.
            return False
        if all(
            symbol.is_axis and not self._is_known(symbol) for symbol, n in ratio.factors if n > 0
        ):
            # Axes that the program has no name for may be as long as those it asks for.
            return False
        return any(not symbol.is_axis or self._is_asked_for(symbol) for symbol, _ in ratio.factors)

    def _may_be_as_long(self, before: Sequence[Number], after: Sequence[Number]) -> bool:
        """Whether axes are those from before, one by one, but for lengths that the program asks for by a
        name and that other tensors have shown as a number."""
        if not before or len(before) != len(after):
            return False
        shown: dict[symbols.Symbol, int] = {}
        for dim, wished in zip(before, after, strict=True):
            if _is_same(dim, wished):
                continue
            factors = symbols.without_names(wished).factors
            only = factors[0] if len(factors) == 1 else None
            if only is None or only[1] != 1 or only[0].definition is not None:
                return False
            length = dim.integer
            if length is None or any(only[0] in each.symbols() for each in self.before):
                return False
            if shown.setdefault(only[0], length) != length:
                return False
        return True

    def _is_known(self, symbol: symbols.Symbol) -> bool:
        """Whether a symbol is a number of the program, or an axis that the program has to do with."""
        if self._is_asked_for(symbol):
            return True
        if symbol.is_axis or symbol.definition is None:
            return not symbol.is_axis or _has_a_name(symbol)
        parts = Number(1, ((symbol, 1),)).symbols() - {symbol}
        return all(self._is_known(each) for each in parts if each.definition is None)

    def _is_asked_for(self, symbol: symbols.Symbol) -> bool:
        """Whether a symbol is part of a dimension that the program asks for: a real axis. An axis
        that it does not name may well have length one."""
        return any((symbol, 1) in symbols.exact(dim).factors for dim in self.event.dims if dim)


def _is_learned(value: Value) -> bool:
    """Whether a value is a parameter: its axes stand for nothing but what they are asked for."""
    return is_parameter(value) and isinstance(value, Tensor) and value.graph is not False


def _known_to_be_one(event: Reshaped) -> list[symbols.Symbol]:
    """The lengths that are 1 wherever this happens, as conditions around it say."""
    found = []
    for guard in event.context.guards:
        asked = None if guard.condition is None else meaning_of(guard.condition)
        if isinstance(asked, ComparedToOne) and asked.holds is guard.taken:
            match asked.number.factors:
                case ((only, 1),):
                    found.append(only)
    return found


def _with_ones(dims: tuple[Number, ...], ones: Iterable[symbols.Symbol]) -> tuple[Number, ...]:
    """Dimensions with 1 filled in for lengths that are known to be that."""
    for each in ones:
        dims = tuple(_with(dim, each, symbols.ONE) for dim in dims)
    return dims


def _comes_apart_otherwise(run: AbstractRun, event: Reshaped, shape: Shape) -> bool:
    """Whether the first axis is asked for as the two that it was made of, the inner one in front."""
    outer, inner = event.dims[:2] if len(event.dims) > 1 else (None, None)
    # A mask that is one row of pixels may be filled column by column, and be turned afterwards.
    if not shape.dims or len(shape.dims) == 1 or inner is None or inner.is_one:
        return False
    whole = symbols.without_names(shape.dims[0])
    rest = symbols.divide(whole, symbols.without_names(inner))
    if rest is None or rest.is_one or rest == whole or not _is_product(rest):
        return False
    if outer is not None and not _is_same(outer, rest):
        return False
    axes = _made_one_of(run, event, shape.dims[0])
    if axes is None or _is_same(*axes):
        return False
    return _is_same(axes[0], inner) and _is_same(axes[1], rest)


def _is_product(length: Number) -> bool:
    whole = isinstance(length.coefficient, int)
    return whole and all(power > 0 for _, power in length.factors)


def _made_one_of(run: AbstractRun, event: Reshaped, length: Number) -> tuple[Number, Number] | None:
    """The two axes that the first one was made of, before layers and functions went over the tensor."""
    given = run.once(_given_to_layers)
    waiting, seen = [event.tensor], set[int]()
    while waiting and len(seen) < _MOST_TENSORS:
        for each in made_from(waiting.pop()):
            if not isinstance(each, Tensor) or id(each) in seen:
                continue
            seen.add(id(each))
            dims, before = each.shape.dims, None if each.whole is None else each.whole.shape.dims
            if not dims or not _is_same(dims[0], length):
                continue
            if before and len(before) > 1 and not _is_same(before[0], length):
                first, second = before[:2]
                both = symbols.multiply(first, second)
                return (first, second) if _is_same(both, length) else None
            waiting += [] if each.whole is None else [each.whole]
            earlier = given.get(None if each.place is None else each.place.node, ())
            behind = [other.tensor for other in earlier if other.index < event.index]
            waiting += behind[-_MOST_LAYERS:]
    return None


def _given_to_layers(run: AbstractRun) -> dict[object, list[LayerRun]]:
    """The runs of layers by the calls that they happen at."""
    found: dict[object, list[LayerRun]] = {}
    for event in run.events(LayerRun):
        found.setdefault(event.place.node, []).append(event)
    return found


def _puts_heads_in_front(event: Reshaped, shape: Shape) -> bool:
    """Whether the output of a linear layer is asked for as `(b, h, -1, d)`: of a single row for each
    sample there was no need to say -1."""
    scale = scale_of(event.tensor)
    made_here = scale is not None and scale.activation is Activation.LOGITS
    if not made_here or shape.rank is not None or len(event.dims) != 4:
        return False
    samples, heads, steps, width = event.dims
    plain = steps is None and None not in (heads, width)
    return plain and samples is not None and samples == shape.known_axes.get(0)


def _is_made_of(product: Multiplied, tensor: Value) -> bool:
    """Whether one of the matrices shows the numbers of a tensor."""
    for each in (product.left, product.right):
        whole: Value | None = each
        while isinstance(whole, Tensor) and whole is not tensor:
            whole = whole.whole
        if whole is tensor:
            return True
    return False


def _is_part_of(later: Value, earlier: Value) -> bool:
    """Whether a tensor is another one in a different shape: it came into being at the same place,
    and no layer has changed its numbers."""
    first, second = as_tensor(earlier), as_tensor(later)
    if first is None or second is None or first.place is None:
        return False
    return first.place is second.place and first.text == second.text


def _has_axes(dim: Number) -> bool:
    return any(symbol.is_axis for symbol in symbols.exact(dim).symbols())


def _has_a_name(symbol: symbols.Symbol) -> bool:
    """Whether the program gives an axis a name, as it does to those that are more than one long."""
    return any(name.strip("_") for name in symbol.called)


def _is_called(axis: Number, name: re.Pattern[str]) -> bool:
    return axis.axis is not None and any(map(name.fullmatch, axis.axis.called))


def _dims_after(shape: Shape, asked: tuple[Number | None, ...]) -> tuple[Number, ...]:
    """The dimensions after a reshape. Where all sizes are known the computed one may equal another
    by chance: unless the rest are sizes from before, it is anything."""
    dims = tuple(symbols.exact(dim) for dim in completed(shape, asked))
    if None not in asked or shape.dims is None:
        return dims
    known = [symbols.without_names(dim).integer for dim in shape.dims]
    wished = [symbols.without_names(dim).integer for dim in asked if dim is not None]
    if None in known or None in wished or all(known.count(n) >= wished.count(n) for n in wished):
        return dims
    anything = symbols.fresh("-1", is_axis=True)
    return tuple(anything if each is None else dim for each, dim in zip(asked, dims, strict=True))


def _dims_before(shape: Shape) -> tuple[Number, ...] | None:
    if shape.dims is not None:
        return tuple(symbols.exact(dim) for dim in shape.dims)
    leading = [index for index in shape.known_axes if index >= 0]
    if not leading:
        return None
    return tuple(symbols.exact(shape.axis(index)) for index in range(max(leading) + 1))


def _reconciled(
    before: tuple[Number, ...], after: tuple[Number, ...]
) -> tuple[tuple[Number, ...], tuple[Number, ...]] | None:
    """Dimensions that hold equally many numbers before and after, as they must when the program
    runs: one length that it does not state is computed from the others. None when that cannot be."""
    surplus = symbols.divide(_length(after), _length(before))
    if surplus is not None and not surplus.is_one:
        unstated = [pair for pair in surplus.factors if pair[0].is_axis and abs(pair[1]) == 1]
        unstated = unstated or [pair for pair in surplus.factors if _is_free(*pair)]
        if not unstated:
            return None
        symbol, power = unstated[0]
        axis = Number(1, ((symbol, 1),))
        length = symbols.multiply(axis, surplus) if power < 0 else symbols.divide(axis, surplus)
        if length is None or not _is_whole(length) or any(power < 0 for _, power in length.factors):
            return None
        before = tuple(_with(dim, symbol, length) for dim in before)
        after = tuple(_with(dim, symbol, length) for dim in after)
    # What is an eighth of a width stays what it is: the program has it divided without a rest.
    possible = all(_is_whole(dim) or any(_is_same(dim, each) for each in before) for dim in after)
    return (before, after) if possible else None


def _is_free(symbol: symbols.Symbol, power: int) -> bool:
    """Whether a symbol is a size from before that nobody knows: the width of a layer that may be
    asked for any."""
    return power == -1 and symbol.value is None and symbol.definition is None


def _with(dim: Number, symbol: symbols.Symbol, length: Number) -> Number:
    """A dimension with the length of one axis filled in."""
    result = dim
    for _ in range(abs(dict(dim.factors).get(symbol, 0))):
        axis = Number(1, ((symbol, 1),))
        ratio = symbols.divide(length, axis)
        assert ratio is not None
        inverse = (symbol, -1) in dim.factors
        found = symbols.divide(result, ratio) if inverse else symbols.multiply(result, ratio)
        result = found if found is not None else result
    return result


def _is_as_long(dim: Number, axis: Number) -> bool:
    """Whether a dimension is the same as an axis, or both are known to be of one length."""
    return dim == axis or (axis.constant is not None and dim.constant == axis.constant)


def _is_same(dim: Number, axis: Number) -> bool:
    """Whether a dimension is an axis: known axes of equal length are told apart by their names."""
    if axis.constant is not None:
        return dim == axis
    return symbols.without_names(dim) == symbols.without_names(axis)


def _is_one_more(length: Number) -> bool:
    """Whether a length is that of something, and one. One is also added where windows are counted that
    fit into a length: that makes no row longer."""
    symbol = length.factors[0][0] if len(length.factors) == 1 else None
    if symbol is None or symbol.definition is None or length != Number(1, ((symbol, 1),)):
        return False
    operation, parts = symbol.definition
    if operation != "+" or not any(part.is_one for part in parts):
        return False
    return not any(_is_count_of_windows(part) for part in parts)


def _is_count_of_windows(number: Number) -> bool:
    """Whether a number is how often one goes into another."""
    symbol = number.factors[0][0] if number.factors else None
    return symbol is not None and symbol.definition is not None and symbol.definition[0] == "//"


def _is_among(dim: Number, axes: Iterable[Number]) -> bool:
    return any(_is_same(dim, axis) for axis in axes)


def _length(dims: tuple[Number, ...]) -> Number:
    """How many numbers dimensions hold, whatever the dimensions are called."""
    return symbols.without_names(symbols.product(dims))


def _is_whole(dim: Number) -> bool:
    constant = dim.constant
    if constant is not None:
        return isinstance(constant, int)
    # Lengths that go by a name are lengths still: all of a batch may be divided by them.
    return isinstance(symbols.without_names(dim).coefficient, int)
