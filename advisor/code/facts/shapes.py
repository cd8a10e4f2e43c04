"""Reshapes: which axes of a tensor a `view` or `reshape` keeps in place, and which it moves.

A reshape lays the numbers out anew in row-major order. An axis keeps its meaning when as many
numbers lie before it as there did: when the product of the dimensions in front of it is the same
before and after. An axis that turns up with its full length behind another product has changed
places with its neighbours in name only: its numbers are mixed with theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from advisor.code import symbols
from advisor.code.events import Reshaped
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.library.torch_tensors import completed
from advisor.code.symbols import Number
from advisor.code.values import Shape, shape_of
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class Reshape(Fact):
    """A `view` or `reshape`, with the dimensions before and after; all divisions are exact."""

    event: Reshaped
    before: tuple[Number, ...]
    after: tuple[Number, ...]

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every reshape whose dimensions are known well enough to compare."""
        found = []
        for event in run.events(Reshaped):
            shape = shape_of(event.tensor)
            if shape is None:
                continue
            dims = _dims_before(shape)
            after = tuple(symbols.exact(dim) for dim in completed(shape, event.dims))
            if dims is None or (shape.rank is not None and not _consistent(dims, after)):
                continue
            found.append(cls(event, dims, after))
        return found

    @property
    def operation(self) -> str:
        """`view` or `reshape`."""
        return self.event.operation

    def moved_axis(self) -> tuple[int, int] | None:
        """The first axis that turns up in another place, as its index before and after, with proof
        that its numbers are mixed with others; None when there is none."""
        for position, axis in enumerate(self.before):
            if axis.is_one or not axis.factors or self._stays(axis):
                continue
            for other, dim in enumerate(self.after):
                if dim == axis and self._is_crossed(position, other):
                    return position, other
        return None

    def is_permutation_of_sizes(self) -> bool:
        """Whether, behind a batch axis that stays, the dimensions are those from before in another
        order, judged by their sizes alone."""
        before, after = self.before[1:], self.after[1:]
        if len(before) < 2 or self.before[0] != self.after[0]:
            return False
        if self.before[0].constant is not None:
            return False
        sizes = [dim.constant for dim in before if not dim.is_one]
        wished = [dim.constant for dim in after if not dim.is_one]
        if sizes == wished or None in sizes or None in wished:
            return False
        return sorted(map(str, sizes)) == sorted(map(str, wished))

    def finding(self, message: str) -> Draft:
        """A finding at the call."""
        return draft(self.event, message)

    def _stays(self, axis: Number) -> bool:
        """Whether some axis of this length is in its place before and after."""
        before = {
            _length(self.before[:index]) for index, dim in enumerate(self.before) if dim == axis
        }
        after = {_length(self.after[:index]) for index, dim in enumerate(self.after) if dim == axis}
        return bool(before & after)

    def _is_crossed(self, position: int, other: int) -> bool:
        """Whether what lies in front of the axis changes by something that is more than one."""
        old = symbols.product(self.before[:position])
        new = symbols.product(self.after[:other])
        ratio = symbols.divide(new, old)
        if ratio is None or symbols.without_names(ratio).is_one:
            return False
        if ratio.constant is not None:
            return True
        if any(power < 0 and not self._is_asked_for(symbol) for symbol, power in ratio.factors):
            # The axis it used to follow is not named any more: it may go by another name.
            return False
        return any(not symbol.is_axis or self._is_asked_for(symbol) for symbol, _ in ratio.factors)

    def _is_asked_for(self, symbol: symbols.Symbol) -> bool:
        """Whether a symbol is a dimension that the program asks for by its own: a real axis. An
        axis that it does not name may well have length one."""
        return any(
            dim is not None and Number(1, ((symbol, 1),)) == symbols.exact(dim)
            for dim in self.event.dims
        )


def _dims_before(shape: Shape) -> tuple[Number, ...] | None:
    if shape.dims is not None:
        return tuple(symbols.exact(dim) for dim in shape.dims)
    leading = [index for index in shape.known_axes if index >= 0]
    if not leading:
        return None
    return tuple(symbols.exact(shape.axis(index)) for index in range(max(leading) + 1))


def _consistent(before: tuple[Number, ...], after: tuple[Number, ...]) -> bool:
    """Whether both hold equally many numbers, and no dimension is a broken number."""
    if any(not _is_whole(dim) for dim in after):
        return False
    return _length(before) == _length(after)


def _length(dims: tuple[Number, ...]) -> Number:
    """How many numbers dimensions hold, whatever the dimensions are called."""
    return symbols.without_names(symbols.product(dims))


def _is_whole(dim: Number) -> bool:
    constant = dim.constant
    return isinstance(constant, int) if constant is not None else isinstance(dim.coefficient, int)
