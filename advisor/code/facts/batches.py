"""Batches: what becomes of the axis that samples lie along."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from advisor.code import symbols
from advisor.code.events import Broadcast, LayerRun, Reshaped, Squeezed
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.library.torch_tensors.reshapes import completed
from advisor.code.symbols import Number
from advisor.code.values import Shape, shape_of
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class BatchAxis(Fact):
    """Something that is done to a batch. Only loaders are trusted to have put one together, except
    where a column meets a row."""

    event: LayerRun | Reshaped | Squeezed | Broadcast

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Everything that may do something to the axis."""
        for kind in (LayerRun, Reshaped, Squeezed, Broadcast):
            yield from map(cls, run.events(kind))

    @property
    def layer(self) -> str:
        """The layer that is run, such as `Linear`."""
        return self.event.layer.path.rsplit(".", 1)[-1] if isinstance(self.event, LayerRun) else ""

    def is_taken_for_features(self) -> bool:
        """Whether a layer is given samples along the axis of the features."""
        if not isinstance(self.event, LayerRun) or self.event.layer.path != "torch.nn.Linear":
            return False
        dims = self.event.tensor.shape.dims
        return self.event.decided and bool(dims) and _holds_batch((dims or ())[-1])

    def is_cut(self) -> bool:
        """Whether a reshape makes rows that do not end where the samples do."""
        if not isinstance(self.event, Reshaped) or self.event.dims[1:].count(None):
            return False
        shape = shape_of(self.event.tensor)
        if shape is None or not shape.dims or not _holds_batch(shape.dims[0]):
            return False
        rows = symbols.without_names(completed(shape, self.event.dims)[0])
        sizes_are_known = len(rows.factors) == 1 and _holds_batch(rows)
        return sizes_are_known and isinstance(rows.coefficient, Fraction)

    def may_vanish(self) -> bool:
        """Whether all axes of length one are dropped, which a batch of one has one more of."""
        if not isinstance(self.event, Squeezed):
            return False
        shape = self.event.tensor.shape
        first, last = _axis(shape, 0), _axis(shape, -1)
        may_be_one = first is not None and _holds_batch(first) and first.axis is not None
        is_full = first is not None and first.axis is not None and first.axis.is_full
        return may_be_one and not is_full and last is not None and last.is_one

    def is_squared(self) -> bool:
        """Whether a column that a layer has made meets a row of the same samples."""
        return isinstance(self.event, Broadcast)

    def finding(self, message: str) -> Draft:
        """A finding where it happens."""
        return draft(self.event, message)


def _axis(shape: Shape, index: int) -> Number | None:
    if shape.dims is None:
        return shape.known_axes.get(index)
    return shape.dims[index] if shape.dims else None


def _holds_batch(length: Number) -> bool:
    return any(symbol.is_batch and power > 0 for symbol, power in length.factors)
