"""Batches: what becomes of the axis that samples lie along."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import prod
from typing import Self

from advisor.code import symbols
from advisor.code.events import (
    Broadcast,
    ForwardRun,
    LayerRun,
    LossComputed,
    Reshaped,
    Squeezed,
)
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.shapes import Reshape
from advisor.code.library.torch_tensors.reshapes import completed
from advisor.code.symbols import Number
from advisor.code.values import Instance, Tensor, shape_of
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class BatchAxis(Fact):
    """Something that is done to a batch. Only loaders are trusted to have put one together, except
    where a column meets a row. `folded` is the reshape that has put the samples where a layer has its
    features; it `is_cut_into_channels` where pictures as a loader gives them become a row for each channel; rows that are given
    other dimensions again are `is_put_back`. A layer `is_for_one` where the model around it is given a single sample."""

    event: LayerRun | Reshaped | Squeezed | Broadcast
    is_unmatched: bool = False
    folded: Reshaped | None = None
    is_cut_into_channels: bool = False
    is_put_back: bool = False
    is_folded: bool = False
    is_for_one: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Everything that may do something to the axis. A reshape is unmatched when it makes several
        rows of a sample of which a loss knows one target."""
        unmatched = {
            event for loss in run.events(LossComputed) for event in _multiplying(run, loss)
        }
        reshapes = list(run.events(Reshaped))
        in_one_row = {each.event for each in run.facts(Reshape) if each.folds_samples}
        for reshaped in reshapes:
            back = any(_puts_back(each, reshaped) for each in reshapes)
            cut = _cuts_into_channels(reshaped) and not back
            is_unmatched, is_folded = reshaped in unmatched, reshaped in in_one_row
            yield cls(
                reshaped,
                is_unmatched,
                is_cut_into_channels=cut,
                is_put_back=back,
                is_folded=is_folded,
            )
        for kind in (Squeezed, Broadcast):
            yield from map(cls, run.events(kind))
        for given in run.events(LayerRun):
            folded = _folding(run, given)
            is_for_one = folded is not None and _is_for_one(run, given)
            yield cls(given, folded=folded, is_for_one=is_for_one)

    @property
    def layer(self) -> str:
        """The layer that is run, such as `Linear`."""
        return self.event.layer.path.rsplit(".", 1)[-1] if isinstance(self.event, LayerRun) else ""

    def is_taken_for_features(self) -> bool:
        """Whether a layer is given samples along the axis of the features."""
        if not isinstance(self.event, LayerRun) or self.event.layer.path != "torch.nn.Linear":
            return False
        dims = self.event.tensor.shape.dims
        if not self.event.decided or not dims or not _holds_batch(dims[-1]) or self.is_for_one:
            return False
        # A number that the batch is divided by may be the number of its samples.
        whole = isinstance(dims[-1].coefficient, int)
        return whole and all(power > 0 for _, power in dims[-1].factors)

    def is_cut(self) -> bool:
        """Whether a reshape makes rows that do not end where the samples do."""
        if not isinstance(self.event, Reshaped) or self.event.dims[1:].count(None):
            return False
        shape = shape_of(self.event.tensor)
        if shape is None or not shape.dims or not _holds_batch(shape.dims[0]):
            return False
        rows = symbols.without_names(completed(shape, self.event.dims)[0])
        sizes_are_known = len(rows.factors) == 1 and _holds_batch(rows)
        if not sizes_are_known or not isinstance(rows.coefficient, Fraction):
            return False
        # Nobody but a loader says for sure that a row is a sample: it may be a frame of a clip.
        samples = _samples_along(rows)
        if any(symbol.is_loaded for symbol in samples):
            return True
        if any(symbol.is_rest for symbol in samples) and rows.coefficient.numerator == 1:
            return False  # the model has cut what it is given into rows, and puts whole ones together again
        return not _sets_rows_apart(shape.dims[1:], self.event.dims[1:])

    def is_cut_across_axes(self) -> bool:
        """Whether a reshape cuts each sample into rows that end somewhere within its axes: not at
        the end of one of them, nor after an even part of it."""
        if not isinstance(self.event, Reshaped) or self.event.dims[0] is not None:
            return False
        dims = self.event.tensor.shape.dims if isinstance(self.event.tensor, Tensor) else None
        if not dims or not _holds_batch(dims[0]) or dims[0].axis is None:
            return False
        own = [dim.integer for dim in dims[1:]]
        wished = [None if dim is None else dim.integer for dim in self.event.dims[1:]]
        lengths = [length for length in own if length is not None]
        row = prod(length for length in wished if length is not None)
        if len(lengths) < len(own) or None in wished or row < 1:
            return False
        rows = prod(lengths) // row
        if rows <= 1 or rows * row != prod(lengths):
            return False
        return self._is_part_of_channels(lengths, row) or not _ends_at_axis(lengths, row)

    def _is_part_of_channels(self, lengths: Sequence[int], row: int) -> bool:
        """Whether flat rows hold some of the channels that a convolution has made, several but not all."""
        event = self.event
        if not isinstance(event, Reshaped) or not isinstance(event.tensor, Tensor):
            return False
        flat = len(event.dims) == 2 and len(lengths) == 3 and event.tensor.graph is True
        some, rest = divmod(row, prod(lengths[1:]))
        return flat and rest == 0 and 1 < some < lengths[0] and not self.is_put_back

    def is_cut_into_rows(self) -> bool:
        """Whether a reshape makes rows that are no samples."""
        return (
            self.is_unmatched
            or self.is_cut()
            or self.is_cut_across_axes()
            or self.is_cut_into_channels
        )

    def may_vanish(self) -> bool:
        """Whether all axes of length one are dropped, which a batch of one has one more of."""
        if not isinstance(self.event, Squeezed):
            return False
        shape = self.event.tensor.shape
        first, others = shape.known_axis(0), (*(shape.dims or ())[1:], shape.known_axis(-1))
        if first is not None and first.is_one and shape.rank == 3:
            # The last state of a recurrent layer: the layers come first.
            first, others = shape.known_axis(1), (first,)
        may_be_one = first is not None and _holds_batch(first) and first.axis is not None
        may_be_one = may_be_one and first is not None and first.integer is None
        is_full = first is not None and first.axis is not None and first.axis.is_full
        drops_another = any(each is not None and each.is_one for each in others)
        return may_be_one and not is_full and drops_another

    def is_squared(self) -> bool:
        """Whether a column that a layer has made meets a row of the same samples."""
        return isinstance(self.event, Broadcast) and not self.is_out_of_place()

    def is_squared_by_reduction(self) -> bool:
        """Whether it is a column of a reduction that has kept its axis."""
        return isinstance(self.event, Broadcast) and self.event.is_kept

    def is_squared_by_choice(self) -> bool:
        """Whether it is a column of the classes that were chosen, which has kept its axis."""
        column = self.event.column if isinstance(self.event, Broadcast) else None
        return column is not None and column.reduced is not None and column.reduced.chosen

    def is_out_of_place(self) -> bool:
        """Whether a tensor meets the statistic of another of its axes."""
        return isinstance(self.event, Broadcast) and self.event.is_reduced

    def finding(self, message: str) -> Draft:
        """A finding where it happens; of samples that are taken for features, where they become so."""
        if self.folded is not None and isinstance(self.event, LayerRun):
            return draft(self.folded, message, (self.event.place, f"`{self.layer}` runs here"))
        return draft(self.event, message)


def _folding(run: AbstractRun, given: LayerRun) -> Reshaped | None:
    """The last reshape that has put samples along the axis that a layer takes for the features."""
    dims = given.tensor.shape.dims
    if not dims or not _holds_batch(dims[-1]):
        return None
    samples = _samples_along(dims[-1])
    for event in reversed(list(run.events(Reshaped))):
        shape = shape_of(event.tensor)
        if event.index < given.index and shape is not None:
            made, last = completed(shape, event.dims), shape.known_axis(-1)
            before = set() if last is None else _samples_along(last)
            if made and samples & _samples_along(made[-1]) - before:
                return event
    return None


def _is_for_one(run: AbstractRun, given: LayerRun) -> bool:
    """Whether the outermost model around a layer is given a batch of one sample: then that may well be
    flattened as a whole."""
    running = given.context.running
    if not running or not isinstance(running[0], Instance):
        return False  # it is the layer alone that is given this
    for each in run.events_within(0, given.index, ForwardRun):
        if each.module is running[0] and each.end > given.index:
            shape = shape_of(next(iter(each.arguments.values()), None))
            count = None if shape is None else shape.known_axis(0)
            return count is not None and count.integer == 1
    return False


def _multiplying(run: AbstractRun, loss: LossComputed) -> Iterable[Reshaped]:
    """The last reshape before a loss that has made as many rows of a batch as the loss is given,
    when it is given targets for a batch only."""
    predicted, wanted = shape_of(loss.prediction), shape_of(loss.target)
    rows, samples = (
        None if shape is None else shape.known_axis(0) for shape in (predicted, wanted)
    )
    if rows is None or samples is None or not _holds_batch(samples) or samples.axis is None:
        return
    ratio = symbols.divide(symbols.without_names(rows), samples)
    if ratio is None or ratio.constant is None or ratio.is_one:
        return
    for event in reversed(list(run.events(Reshaped))):
        shape = shape_of(event.tensor)
        if event.index > loss.index or shape is None or not shape.dims:
            continue
        made = symbols.without_names(completed(shape, event.dims)[0])
        if shape.dims[0] == samples and made == symbols.without_names(rows):
            yield event
            return


def _cuts_into_channels(event: Reshaped) -> bool:
    """Whether pictures of three channels, as a loader gives them, are made one row for each channel:
    `view(-1, 28 * 28)`."""
    given = event.tensor if isinstance(event.tensor, Tensor) else None
    dims = None if given is None else given.shape.dims
    if given is None or not dims or len(dims) != 4 or given.graph is not False:
        return False
    samples, channels, *sides = dims
    if event.dims[0] is not None or samples.axis is None or not samples.axis.is_batch:
        return False
    known = [side.integer for side in sides if side.integer is not None]
    wished = [None if dim is None else dim.integer for dim in event.dims[1:]]
    return channels.integer == 3 and len(known) == 2 and wished == [prod(known)]


def _puts_back(later: Reshaped, earlier: Reshaped) -> bool:
    """Whether rows that an earlier reshape has made of a batch are given other dimensions again."""
    if later.index <= earlier.index or len(later.dims) < 3:
        return False
    rows, shape = shape_of(earlier.tensor), shape_of(later.tensor)
    if rows is None or shape is None or not shape.dims:
        return False
    made = completed(rows, earlier.dims)[0]
    return _samples_along(shape.dims[0]) == _samples_along(made)


def _sets_rows_apart(own: Sequence[Number], wished: Sequence[Number | None]) -> bool:
    """Whether a reshape puts several whole rows side by side along an axis of its own, as the frames of
    a clip, or along that of their channels."""
    kept = [symbols.without_names(length) for length in own]
    asked = [symbols.without_names(length) for length in wished if length is not None]
    row = symbols.product(kept)
    along_channels = len(asked) == len(kept) > 1 and asked[1:] == kept[1:]
    return along_channels or any(
        symbols.product(asked[start:]) == row for start in range(1, len(asked))
    )


def _ends_at_axis(lengths: Sequence[int], row: int) -> bool:
    """Whether rows of a length end where an axis does, or even parts of one."""
    inner = 1
    for length in reversed(lengths):
        if row % inner == 0 and length % (row // inner) == 0:
            return True
        inner *= length
    return False


def _holds_batch(length: Number) -> bool:
    return bool(_samples_along(length))


def _samples_along(length: Number) -> set[symbols.Symbol]:
    """The axes of samples that are a factor of a length."""
    return {symbol for symbol, power in length.factors if symbol.is_batch and power > 0}
