"""Sequence layers: whether the axis that a layer takes for time is the one that holds samples."""

from collections.abc import Iterable
from typing import Self

from advisor.code.events import AxisRead, LayerRun
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.library.torch_sequences import RECURRENT, layout_of
from advisor.code.library.torch_tensors.operations import dims_of
from advisor.code.symbols import Number
from advisor.code.values import Layer, Layout, Tensor, Value
from advisor.code.values import Sequence as SequenceValue
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What programs call the number of samples in a batch, and the number of steps in time.
_BATCH_NAMES = frozenset(
    [
        "batch",
        "batch_size",
        "batchsize",
        "batch_sz",
        "batch_len",
        "bsz",
        "bs",
        "b_size",
        "n_batch",
        "nbatch",
        "nbatches",
        "n_batches",
        "batch_dim",
        "minibatch",
        "mini_batch",
        "minibatch_size",
        "num_samples",
        "n_samples",
    ]
)
_TIME_NAMES = frozenset(
    [
        "seq_len",
        "seq_length",
        "seqlen",
        "sequence_length",
        "seq_size",
        "time_steps",
        "timesteps",
        "n_steps",
        "num_steps",
        "time_step",
        "max_len",
        "max_length",
        "src_len",
        "tgt_len",
        "trg_len",
        "window_size",
    ]
)
# Steps, samples and features.
_WITH_FEATURES = 3


@dataclass(frozen=True, slots=True)
class SequenceUse(Fact):
    """What is given to a sequence layer, or taken of its output along one axis. `layout` are the
    axes as the layer sees them, `given` is the run of the layer that the output comes from."""

    event: LayerRun | AxisRead
    layout: Layout
    given: LayerRun | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every use of a sequence layer whose axes are known."""
        mistaken: set[Layer] = set()
        runs: dict[Layer, LayerRun] = {}
        for given in run.events(LayerRun):
            runs[given.layer] = given
            layout = layout_of(given.layer, given.tensor.shape)
            # Of several layers that a setting chooses from, others may be given it like this.
            if layout is not None and given.decided:
                use = cls(given, layout)
                if use.samples_given_as_time():
                    mistaken.add(given.layer)
                yield use
        for read in run.events(AxisRead):
            # Of a layer that is given samples as time, what is read of its output says no more.
            if read.tensor.layout is not None and read.tensor.layout.layer not in mistaken:
                layer = read.tensor.layout.layer
                yield cls(read, read.tensor.layout, runs.get(layer))

    @property
    def layer(self) -> str:
        """The layer's class, such as `LSTM`."""
        return self.layout.layer.path.rsplit(".", 1)[-1]

    @property
    def batch_first(self) -> bool:
        """Whether the layer takes the samples along the first axis."""
        return self.layout.batch_first

    def samples_given_as_time(self) -> bool:
        """Whether the layer is given samples along the axis that it takes for time."""
        if not isinstance(self.event, LayerRun) or self.batch_first:
            return False
        return _holds_samples(self.event.tensor.shape.known_axis(0))

    def time_given_as_samples(self) -> bool:
        """Whether the layer is given time along the axis that it takes for the samples."""
        if not isinstance(self.event, LayerRun) or not self.batch_first:
            return False
        first, second = (self.event.tensor.shape.known_axis(index) for index in (0, 1))
        named_time = first is not None and _is_called(first, _TIME_NAMES)
        return named_time and second is not None and _is_called(second, _BATCH_NAMES)

    def state_along_time(self) -> bool:
        """Whether the first state has as many samples as there are steps of time."""
        if not isinstance(self.event, LayerRun) or self.event.layer.path not in RECURRENT:
            return False
        time, samples = self.layout.time, _samples_of(self.event.state)
        if samples is None or samples.axis is None:
            return False
        return samples == time and samples != self.layout.batch

    def last_of_samples(self) -> bool:
        """Whether, where the last step was meant, the last sample is taken."""
        if not isinstance(self.event, AxisRead) or not self._reads_samples(self.event):
            return False
        if self.event.place_taken is None:
            return False
        if self.batch_first:
            several = _holds_samples(self.event.length) or self._is_a_batch_for_sure(self.event)
            return self.event.place_taken == -1 and several
        attends = self.layout.layer.path not in RECURRENT
        return self.event.place_taken == -1 or (attends and self.event.place_taken == 0)

    def last_of_state(self) -> bool:
        """Whether the last sample is taken of the last state, as if the layers lay along another
        axis than the first."""
        if not isinstance(self.event, AxisRead) or not self.layout.is_state:
            return False
        batch = self.layout.batch
        same = self.event.length == batch and batch.constant != 1 and batch != self.layout.time
        return same and self.event.axis == 1 and self.event.place_taken == -1

    def reduced_samples(self) -> bool:
        """Whether, where the steps were meant, the samples are put into one number."""
        if not isinstance(self.event, AxisRead) or not self._reads_samples(self.event):
            return False
        if self.event.place_taken is not None:
            return False
        return not self.batch_first or _holds_samples(self.event.length)

    def _is_a_batch_for_sure(self, event: AxisRead) -> bool:
        """Whether the first of three axes is longer than one: what the layer is given is no single
        sequence."""
        return event.tensor.shape.rank == 3 and (event.length.integer or 0) > 1

    def is_read_as_meant(self) -> bool:
        """Whether what is read of the output shows how it is meant, rather than to be a mistake
        itself: nothing else says that the samples lie along the second axis."""
        return (
            isinstance(self.event, AxisRead)
            and not self.batch_first
            and not self.layout.is_state
            and self.given is not None
            and not _holds_samples(self.layout.batch)
        )

    def finding(self, message: str) -> Draft:
        """A finding at the use, with the place where the layer was built beside it; where something
        is read of the output as it is meant, at the layer that is given its input otherwise."""
        built = (self.layout.layer.place, f"`{self.layer}` is built here")
        if self.given is not None and self.is_read_as_meant():
            return draft(self.given, message, built, (self.event.place, "its output is read here"))
        return draft(self.event, message, built)

    def _reads_samples(self, event: AxisRead) -> bool:
        """Whether it is the axis of the samples that is read, of what still has the steps of time."""
        batch, dims = self.layout.batch, dims_of(event.tensor) or ()
        if self.layout.swapped:
            return False  # Who lets the axes change places keeps count of them.
        if self.layout.is_state or (len(dims) < _WITH_FEATURES and self.layout.time not in dims):
            return False
        return event.length == batch and batch != self.layout.time and batch.constant != 1


def _holds_samples(length: Number | None) -> bool:
    if length is None or length.axis is None:
        return False
    return length.axis.is_batch or _is_called(length, _BATCH_NAMES)


def _is_called(length: Number, names: frozenset[str]) -> bool:
    if length.axis is None:
        return False
    called = {name.lower() for name in length.axis.called}
    return bool(called & names) and not called & (_BATCH_NAMES | _TIME_NAMES) - names


def _samples_of(state: Value | None) -> Number | None:
    """How many samples a first state is for: `(layers, samples, features)`, in a pair for LSTM."""
    if isinstance(state, SequenceValue) and state.items:
        state = state.items[0]
    if not isinstance(state, Tensor) or state.shape.rank != 3:
        return None
    return state.shape.axis(1)
