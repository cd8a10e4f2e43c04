"""Softmax calls: over which dimension, and what becomes of the result."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Self

import libcst as cst

from advisor.code.events import (
    ChoiceMade,
    LayerRun,
    LogarithmTaken,
    LossComputed,
    PredictionsCompared,
    SoftmaxApplied,
    WeightsApplied,
)
from advisor.code.facts.losses import LossCall
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.gradients import made_from
from advisor.code.library.lineages import is_noise
from advisor.code.values import (
    Activation,
    Cosine,
    Layer,
    PutFirst,
    Scalar,
    Scale,
    Sequence,
    Shape,
    Tensor,
    Value,
    known_text,
    scale_of,
    shape_of,
)
from advisor.findings import Severity
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

_WITHIN_ONE = frozenset([Activation.SOFTMAX, Activation.SIGMOID, Activation.TANH])


@dataclass(frozen=True, slots=True)
class SoftmaxCall(Fact):
    """Softmax, or log-softmax, of a tensor, with the losses that its result goes into as it is, the
    logarithms that are taken of it, the choices that are made by it, those of them that are `scored` by
    what is right, all weights that are `applied` as rows of a matrix, and the losses that it `aims` at:
    it is their target."""

    event: SoftmaxApplied
    losses: tuple[LossCall, ...] = ()
    logarithms: tuple[LogarithmTaken, ...] = ()
    applied: tuple[WeightsApplied, ...] = ()
    choices: tuple[ChoiceMade, ...] = ()
    is_of_single_scores: bool = False
    scored: tuple[ChoiceMade, ...] = ()
    aims: tuple[LossCall, ...] = ()

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every softmax of a run."""
        losses = list(run.events(LossComputed))
        # A unit test takes a loss apart on purpose.
        logarithms = [] if holds_unit_tests(run) else list(run.events(LogarithmTaken))
        applied, choices = tuple(run.events(WeightsApplied)), list(run.events(ChoiceMade))
        compared = [value for each in run.events(PredictionsCompared) for value in each.values]
        for event in run.events(SoftmaxApplied):
            mine = tuple(each for each in choices if _is_of(each.tensor.scale, event))
            yield cls(
                event,
                tuple(
                    LossCall(each) for each in losses if _is_of(scale_of(each.prediction), event)
                ),
                tuple(each for each in logarithms if _is_taken_of(each, event)),
                applied,
                mine,
                _goes_over_single_scores(run, event),
                tuple(
                    each
                    for each in mine
                    if any(part is each.tensor for value in compared for part in made_from(value))
                ),
                tuple(LossCall(each) for each in losses if _is_of(scale_of(each.target), event)),
            )

    @property
    def operation(self) -> str:
        """`softmax` or `log_softmax`."""
        return self.event.operation

    @property
    def is_of_written_numbers(self) -> bool:
        """Whether it is shown on numbers that are written down in the program, or drawn where they are
        shown: no model has made them, and nothing is learned by them."""
        tensor = self.event.tensor
        if tensor.graph is not False:
            return False
        sources = tensor.sources or ()
        drawn = tensor.lineage is not None and is_noise(tensor.lineage.rows)
        return drawn or (bool(sources) and all(map(_is_written_down, sources)))

    @property
    def is_of_small_scores(self) -> bool:
        """Whether no score is far from the others: they are cosines, or an activation has limited them. No
        share comes to zero."""
        tensor = self.event.tensor
        limited = tensor.scale is not None and tensor.scale.activation in _WITHIN_ONE
        return limited or isinstance(tensor.meaning, Cosine)

    @property
    def is_implicit(self) -> bool:
        """Whether the dimension is left to torch, and may be another one than is meant: of a single
        dimension there is none, and of three that has been put in front which torch takes."""
        tensor = self.event.tensor
        rank = tensor.shape.rank
        known = rank == 1 or (rank != 2 and isinstance(tensor.meaning, PutFirst))
        return self.event.implicit and not known

    @property
    def takes_first_of_three(self) -> bool:
        """Whether the dimension that torch chooses is the first of three, and nobody has put another
        one there for it."""
        dims, whole = self.event.tensor.shape.dims, self.event.tensor.whole
        if not self.event.implicit or dims is None or len(dims) != 3:
            return False
        before = None if whole is None else whole.shape.dims
        return before is None or len(before) != 3 or before[0] == dims[0]

    @property
    def weighs_other_rows(self) -> bool:
        """Whether it goes over the first of several axes, the samples of a batch, though each of the
        rows of what comes out is taken for the weights of a mean."""
        rank = self.event.tensor.shape.rank
        if rank is None and any(map(self._sums_up_elsewhere, self.applied)):
            return True
        if rank is None or rank < 2 or self.event.axis not in {0, -rank} or self.event.implicit:
            return False
        if any(self._weighs_other_samples(each) for each in self.applied):
            return True
        if any(self._sums_up_scores(each) for each in self.applied):
            return True
        if any(self._is_one_of_a_batch(each) for each in self.applied):
            return True
        return rank > 2 and any(
            each.weights.scale is self.event.result.scale
            for each in self.applied
            if not each.summed
        )

    def _sums_up_elsewhere(self, applied: WeightsApplied) -> bool:
        """Whether one score for each place, as a layer makes it, goes over the first axis, and the sum
        of what it weighs over another one, however many there are."""
        scale, last = self.event.tensor.scale, self.event.tensor.shape.known_axes.get(-1)
        made_here = scale is not None and scale.activation is Activation.LOGITS
        single = last is not None and last.is_one and self.event.axis == 0
        elsewhere = applied.summed and (applied.axis or 0) > 0
        shape = self.event.tensor.shape
        if shape.has_lost_first or not shape.is_open:
            return False  # what came first is gone, or may be, and the places are first now
        return made_here and single and elsewhere and _is_of(applied.weights.scale, self.event)

    def _sums_up_scores(self, applied: WeightsApplied) -> bool:
        """Whether the scores of a layer weigh what is added up for each sample."""
        scale, dims = self.event.tensor.scale, self.event.tensor.shape.dims or ()
        made_here = scale is not None and scale.activation is Activation.LOGITS
        others = [dim for dim in dims[1:] if not dim.is_one and dim != dims[0]]
        along = applied.summed and applied.over in others
        return made_here and along and _is_of(applied.weights.scale, self.event)

    def _is_one_of_a_batch(self, applied: WeightsApplied) -> bool:
        """Whether each row has become a matrix of its own, by which something is multiplied."""
        rows, matrices = self.event.tensor.shape.dims, applied.weights.shape.dims
        if applied.summed or not rows or not matrices or len(rows) != 2 or len(matrices) != 3:
            return False
        alone = matrices[0] == rows[0] and matrices[1].is_one and matrices[2] == rows[1]
        return alone and _is_of(applied.weights.scale, self.event)

    @property
    def weighs_other_places(self) -> bool:
        """Whether each row of a square of weights is taken for those of a mean, though it is the
        columns that sum to one."""
        dims, axis = self.event.tensor.shape.dims, self.event.axis
        if dims is None or len(dims) < 3 or axis is None or self.event.implicit:
            return False
        square = dims[-1] == dims[-2] and axis % len(dims) == len(dims) - 2
        made = self.event.result.scale
        return square and any(
            each.weights.scale is made for each in self.applied if not each.summed
        )

    @property
    def takes_samples_for_classes(self) -> bool:
        """Whether the scores of a layer, several for each sample, are made to sum to one over the
        samples, for no mean over these."""
        tensor, made = self.event.tensor, self.event.result.scale
        dims, scale = tensor.shape.dims, tensor.scale
        if dims is None or len(dims) != 2 or self.event.axis not in {0, -2} or made is None:
            return False
        samples, scores = dims[0].axis, dims[1].integer
        if samples is None or not samples.is_batch or (scores is not None and scores < 2):
            return False
        if scores is None and (dims[1].axis is not None or dims[1] == dims[0]):
            return False  # not as many as a layer was built for
        weighs = any(_is_of(each.weights.scale, self.event) for each in self.applied)
        return scale is not None and scale.activation is Activation.LOGITS and not weighs

    @property
    def chooses_along_other_axis(self) -> bool:
        """Whether scores are made to sum to one over the first of several axes, and one of them is
        chosen, or drawn, along another. They are those of a layer, or what is chosen is then compared with
        what is right."""
        scale, axis = self.event.tensor.scale, self.event.axis
        if axis is None or (scale is not None and scale.activation is not Activation.LOGITS):
            return False
        choices = self.scored if scale is None else self.choices
        return any(
            self._lies_elsewhere(axis, each) for each in choices if self._has_same_axes(each)
        )

    def _has_same_axes(self, choice: ChoiceMade) -> bool:
        """Whether the axes of what a choice is made of are those of the softmax: they were not put
        elsewhere, as those of samples are where these are stacked."""
        made, chosen = self.event.result.scale, choice.tensor.scale
        return made is not None and chosen is not None and made.axis == chosen.axis is not None

    def _lies_elsewhere(self, axis: int, choice: ChoiceMade) -> bool:
        shape, along = self.event.tensor.shape, choice.axis
        if shape.rank is not None:
            return shape.rank > 1 and axis % shape.rank == 0 != along % shape.rank
        if axis != 0:
            return False
        return along > 0 or (along == -1 and _has_samples_in_front(shape))

    @property
    def goes_over_one(self) -> bool:
        """Whether there is a single number along the dimension, though a layer has made several
        scores along another, or one for each of several steps: all that comes out is 1."""
        shape, scale, axis = self.event.tensor.shape, self.event.tensor.scale, self.event.axis
        if scale is None or scale.activation is not Activation.LOGITS or axis is None:
            return False
        if axis != 0:
            return self.is_of_single_scores
        dims = dict(enumerate(shape.dims)) if shape.dims else shape.known_axes
        last = shape.known_axis(-1)
        several = last is not None and (last.integer or 0) > 1
        return several and 0 in dims and dims[0].is_one

    def _weighs_other_samples(self, applied: WeightsApplied) -> bool:
        """Whether the mean goes over another axis than the samples that the weights go over."""
        samples = self.event.tensor.shape.axis(0)
        over = None if applied.over is None else applied.over.axis
        if samples.axis is None or not samples.axis.is_batch or applied.over is None:
            return False
        differs = applied.over != samples and not (over is not None and over.is_batch)
        return differs and _is_of(applied.weights.scale, self.event)

    def wrong_axes(self) -> Iterator[tuple[int, int, LossCall]]:
        """The dimension that softmax is taken over and the one with the classes, for each loss that
        expects them elsewhere."""
        for loss in self.aims:
            axis, other = self.event.axis, _axis_of(loss.event.prediction)
            if loss.is_kl_divergence and axis == 0 and other is not None and other > 0:
                yield axis, other, loss
        for loss in self.losses:
            prediction = loss.event.prediction
            rank = prediction.shape.rank if isinstance(prediction, Tensor) else None
            scale = scale_of(prediction)
            axis = None if scale is None else scale.axis
            if (
                rank is None
                and axis == 0
                and (_takes_mean_over_first(loss) or self._is_over_samples(loss))
            ):
                yield 0, 1, loss
            elsewhere = self._other_than_last_of_rows(loss)
            if axis is None and elsewhere is not None:
                yield (*elsewhere, loss)
            if rank is None or rank < 2 or axis is None or not -rank <= axis < rank:
                continue
            if loss.is_categorical or loss.is_kl_divergence:
                last = loss.is_of_keras or loss.is_kl_divergence
                classes = rank - 1 if last else 1
                wrong = axis % rank != classes and not (loss.is_kl_divergence and axis % rank)
                if wrong:
                    yield axis % rank, classes, loss

    def _is_over_samples(self, loss: LossCall) -> bool:
        """Whether a loss that chooses among classes is given samples along the first axis: there are as
        many targets, or a layer has made several scores along the last."""
        scale, target = self.event.tensor.scale, shape_of(loss.event.target)
        made_here = scale is not None and scale.activation is Activation.LOGITS
        told = target is not None and target.rank == 1
        return (
            made_here
            and loss.is_categorical
            and (told or _has_samples_in_front(self.event.tensor.shape))
        )

    def _other_than_last_of_rows(self, loss: LossCall) -> tuple[int, int] | None:
        """The dimension that softmax goes over, and the last one, where that is another, which the loss is given
        as the classes once all axes in front of it are laid one behind the other."""
        prediction, shape, axis = loss.event.prediction, self.event.tensor.shape, self.event.axis
        dims = prediction.shape.dims if isinstance(prediction, Tensor) else None
        if dims is None or len(dims) != 2 or not shape.dims or len(shape.dims) < 3 or axis is None:
            return None
        classes, last = shape.dims[-1], len(shape.dims) - 1
        scale = self.event.tensor.scale
        made_here = scale is not None and scale.activation is Activation.LOGITS
        alone = classes not in shape.dims[:-1] and not classes.is_one
        equal = (
            dims[1] == classes if classes.integer is None else dims[1].integer == classes.integer
        )
        same = equal and loss.is_categorical
        wrong = axis % len(shape.dims) != last
        found = axis % len(shape.dims), last
        return found if made_here and alone and same and wrong else None

    def finding(self, message: str, severity: Severity | None = None) -> Draft:
        """A finding where the dimension is written, or should be."""
        return replace(draft(self.event, message), severity=severity)


def _axis_of(prediction: Value | None) -> int | None:
    """The dimension that the probabilities of a prediction sum to one over, from the first on."""
    scale, shape = scale_of(prediction), shape_of(prediction)
    axis = None if scale is None else scale.axis
    if axis is None or axis >= 0 or shape is None or shape.rank is None:
        return axis
    return axis % shape.rank


def _is_taken_of(logarithm: LogarithmTaken, softmax: SoftmaxApplied) -> bool:
    """Whether a logarithm is taken of a softmax: where something else may be in its place, and a condition
    of its own says whether it is taken, that may well be so for the other alone."""
    if not _is_of(scale_of(logarithm.tensor), softmax):
        return False
    around = {guard.node for guard in softmax.context.guards}
    own = [guard for guard in logarithm.context.guards if guard.node not in around]
    return logarithm.decided or not own


def _goes_over_single_scores(run: AbstractRun, event: SoftmaxApplied) -> bool:
    """Whether it goes over the only score that a layer makes for each step of a sequence, where the layer
    was built for one on purpose: of heads, or of experts, there may be one in this program alone."""
    shape, scale = event.tensor.shape, event.tensor.scale
    rank = shape.rank or 0
    if rank < 3 or event.axis is None or event.axis % rank != rank - 1:
        return False
    if not shape.axis(-1).is_one or scale is None or scale.place is None:
        return False
    node = scale.place.node
    return any(
        each.place.node is node and _is_written_for_one(each.layer)
        for each in run.events(LayerRun)
        if each.index < event.index
    )


def _is_written_for_one(layer: Layer) -> bool:
    """Whether a linear layer is built for one output, and says so in so many words."""
    match None if layer.place is None else layer.place.node:
        case cst.Call(args=[_, cst.Arg(value=cst.Integer(value="1")), *_]):
            return layer.path == "torch.nn.Linear"
    return False


def _is_written_down(value: Value) -> bool:
    """Whether a value is a number without a symbol, or a list of such."""
    if isinstance(value, Sequence):
        return bool(value.items) and all(map(_is_written_down, value.items or ()))
    return isinstance(value, Scalar) and value.number.constant is not None


def _has_samples_in_front(shape: Shape) -> bool:
    """Whether there is an axis in front of the scores, though nobody knows how many there are."""
    first, last = shape.known_axes.get(0), shape.known_axes.get(-1)
    if first is None or last is None or (last.integer or 2) < 2:
        return False
    return first.is_one or (
        first.axis is not None and (first.axis.is_batch or first.axis.is_stacked)
    )


def _takes_mean_over_first(loss: LossCall) -> bool:
    """Whether a loss is told that the samples lie along the first axis."""
    return loss.is_kl_divergence and known_text(loss.option("reduction")) == "batchmean"


def _is_of(scale: Scale | None, event: SoftmaxApplied) -> bool:
    """Whether numbers have the range that a softmax gave them, and still stand in its order."""
    made = event.result.scale
    if scale is None or made is None:
        return False
    logarithm = scale.activation is Activation.LOG_SOFTMAX and made.activation is Activation.SOFTMAX
    if scale is made:
        return True
    if scale.place is None or logarithm:
        return False
    return scale.place in {made.place, event.place} and scale.activation is made.activation
