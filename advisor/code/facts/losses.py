"""Loss calls: what a loss is given and what it expects."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Self

import libcst as cst

from advisor.code.events import LossComputed, SoftmaxApplied
from advisor.code.facts.announced_failures import is_announced
from advisor.code.facts.argument_names import (
    ORIGINALS,
    PREDICTIONS,
    RECONSTRUCTIONS,
    TARGETS,
    name_of,
)
from advisor.code.facts.compiled_losses import is_put_to_use
from advisor.code.facts.old_keras import is_for_old_keras
from advisor.code.facts.old_torch import is_for_old_torch
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.facts.steps import contexts_exclude
from advisor.code.gradients import gradient_of
from advisor.code.sources import NodePlace, Stretch
from advisor.code.symbols import ONE, Number, fresh
from advisor.code.values import (
    COLLATED,
    SAMPLE_OF,
    Activation,
    ClassIndices,
    PlacesOfLargest,
    Scale,
    Shape,
    Tensor,
    Truncated,
    Unknown,
    Value,
    alternatives,
    meaning_of,
    scale_of,
    shape_of,
)
from advisor.findings import Severity
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# An activation and a loss that are no further apart are shown together.
MOST_ROWS = 3
_APPLIES_ITSELF = frozenset({"logits", "binary_logits"})
# Losses over classes of which one is right, and over classes that are right or not each by itself.
_CATEGORICAL = frozenset(
    {
        "CategoricalCrossentropy",
        "CategoricalFocalCrossentropy",
        "NLLLoss",
        "NLLLoss2d",
        "SparseCategoricalCrossentropy",
        "nll_loss",
        "nll_loss2d",
    }
)
_BINARY = frozenset(
    {"BCELoss", "BinaryCrossentropy", "BinaryFocalCrossentropy", "binary_cross_entropy"}
)
_ELEMENTWISE = frozenset(
    {"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"}
    | {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"}
)
_KL_DIVERGENCE = frozenset({"KLDivLoss", "kl_div"})
_SYMMETRIC = _ELEMENTWISE | frozenset(
    {"CosineSimilarity", "Huber", "LogCosh", "MeanAbsoluteError", "MeanSquaredError"}
)
_OF_INDICES = frozenset(
    {"NLLLoss", "NLLLoss2d", "nll_loss", "nll_loss2d", "SparseCategoricalCrossentropy"}
    | {"sparse_softmax_cross_entropy_with_logits", "sparse_softmax_cross_entropy"}
)
_OF_FRACTIONS = frozenset(
    {"BCELoss", "binary_cross_entropy"} | {"BCEWithLogitsLoss", "binary_cross_entropy_with_logits"}
)
OVER_CLASSES = frozenset({Activation.SOFTMAX, Activation.LOG_SOFTMAX})
_SURE_TARGETS = re.compile(r"label|target|truth", re.IGNORECASE)
_OF_A_NETWORK = frozenset(
    {
        Activation.LOGITS,
        Activation.SOFTMAX,
        Activation.SIGMOID,
        Activation.LOG_SOFTMAX,
        Activation.LOG_SIGMOID,
    }
)


@dataclass(frozen=True, slots=True)
class LossCall(Fact):
    """A loss computed from a prediction. `others` may be computed in its place; `first` is the first
    one that is given what the same activation makes; `softmaxes` are those that its prediction may come
    from."""

    event: LossComputed
    others: tuple[LossComputed, ...] = ()
    first: LossComputed | None = None
    softmaxes: tuple[SoftmaxApplied, ...] = ()

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every loss that is computed in any case, not replaced before any training with it, and not of
        a model that is only shown among others."""
        first = run.once(_first_of_each_activation)
        return [
            cls(
                event,
                tuple(each for each in same_call if each is not event),
                first.get(event),
                _softmaxes_behind(run, event),
            )
            for same_call in run.once(_calls)
            if not _is_one_of_several(same_call)
            for event in same_call
            if is_put_to_use(run, event) and not _is_chosen_instead(run, event)
        ]

    @property
    def is_of_old_torch(self) -> bool:
        """Whether the file runs on a torch of long ago alone, where whole numbers had whole quotients."""
        return is_for_old_torch(self.event.place.source.text)

    @property
    def name(self) -> str:
        """The loss's own name, such as `CrossEntropyLoss`."""
        return self.event.name or self.event.path.rsplit(".", 1)[-1]

    @property
    def expects_logits(self) -> bool:
        """Whether the loss applies softmax or sigmoid itself."""
        return self.event.expects in _APPLIES_ITSELF

    @property
    def expects_probabilities(self) -> bool:
        """Whether the loss expects numbers between 0 and 1."""
        return self.event.expects == "probabilities"

    @property
    def expects_log_probabilities(self) -> bool:
        """Whether the loss expects logarithms of probabilities."""
        return self.event.expects == "log_probabilities"

    @property
    def is_of_keras(self) -> bool:
        """Whether it is a loss of Keras or TensorFlow."""
        return self.event.path.startswith(("keras.", "tensorflow."))

    @property
    def is_categorical(self) -> bool:
        """Whether one of several classes is right."""
        return self.event.expects == "logits" or self._class in _CATEGORICAL

    @property
    def is_binary(self) -> bool:
        """Whether each number is a yes or no by itself."""
        return self.event.expects == "binary_logits" or self._class in _BINARY

    @property
    def is_kl_divergence(self) -> bool:
        """Whether it is torch's Kullback-Leibler divergence."""
        return self._class in _KL_DIVERGENCE

    @property
    def is_symmetric(self) -> bool:
        """Whether prediction and targets may change places."""
        return self._class in _SYMMETRIC

    @property
    def takes_indices_alone(self) -> bool:
        """Whether targets can only be indices of classes."""
        return self._class in _OF_INDICES

    @property
    def is_elementwise(self) -> bool:
        """Whether numbers are compared one by one, and shapes are broadcast to that end."""
        return self._class in _ELEMENTWISE

    @property
    def _class(self) -> str:
        return self.event.path.rsplit(".", 1)[-1]

    def option(self, name: str) -> Value | None:
        """What the loss was told under a name; None when it was not told."""
        return self.event.options.keywords.get(name)

    @property
    def is_set_up_alike(self) -> bool:
        """Whether all that may be computed here were told the same."""
        own = self.event.options.keywords
        return all(
            own.keys() == each.options.keywords.keys()
            and all(value is each.options.keywords[name] for name, value in own.items())
            for each in self.others
        )

    @property
    def options_are_known(self) -> bool:
        """Whether all options were given by name, so that the others have their defaults."""
        options = self.event.options
        return not options.unknown and not options.positional and self.is_set_up_alike

    @property
    def width(self) -> int | None:
        """How many numbers are predicted for a sample, along the axis of the classes."""
        prediction = self.event.prediction
        shape = prediction.shape if isinstance(prediction, Tensor) else None
        if shape is None or not isinstance(prediction, Tensor):
            return None
        if prediction.graph is False and prediction.scale is None:
            return None  # no model has made it
        if shape.dims is None:
            last = shape.known_axes.get(-1)
            return None if last is None else last.integer
        if not shape.dims:
            return None
        middle = not self.is_of_keras and self.is_categorical and len(shape.dims) > 1
        return shape.dims[1 if middle else -1].integer

    @property
    def is_over_single_outputs(self) -> bool:
        """Whether the softmax that made the prediction went over one number for each sample, rather
        than that one of several was taken of what it had made."""
        if self.width != 1:
            return False
        return all(_length_of_softmax(each) == 1 for each in self.softmaxes)

    @property
    def classes(self) -> int | None:
        """How many classes the data set has that the targets come from, if it is a well-known one."""
        meaning = meaning_of(self.event.target)
        return meaning.number if isinstance(meaning, ClassIndices) else None

    @property
    def target_scale(self) -> Scale | None:
        """The scale of the targets, when it is the same on every way."""
        return scale_of(self.event.target)

    @property
    def target(self) -> Tensor | None:
        """The targets, when enough is known of them."""
        return self.event.target if isinstance(self.event.target, Tensor) else None

    @property
    def is_given_indices(self) -> bool:
        """Whether the targets are one number for each sample, and not one for each class, for sure: rows
        of zeros and ones are whole numbers, too."""
        target = self.target
        if target is None or target.scale is not None:
            return False
        if isinstance(meaning_of(target), (ClassIndices, PlacesOfLargest)):
            return True
        if self.target_has_one_axis_less:
            return True
        dims = target.shape.dims
        return dims is not None and (len(dims) == 1 or (len(dims) > 1 and dims[-1].integer == 1))

    @property
    def takes_fractions_alone(self) -> bool:
        """Whether targets of whole numbers are refused."""
        return self._class in _OF_FRACTIONS

    @property
    def target_has_one_axis_less(self) -> bool:
        """Whether the targets are one number where the prediction is one for each class."""
        prediction, target = self.event.prediction, self.target
        if not isinstance(prediction, Tensor) or target is None:
            return False
        first, second = prediction.shape, target.shape
        if first.rank is None and second.rank == 1:
            # Scores for several classes lie behind the samples, however many axes there are.
            samples, scores = first.known_axes.get(0), first.known_axes.get(-1)
            several = scores is not None and (scores.integer or 0) > 1
            along_samples = _row_of(second) is not None or samples == second.axis(0)
            return several and along_samples and second.axis(0) != scores
        return first.rank is not None and second.rank == first.rank - 1

    @property
    def judges_one_class_of_several(self) -> bool:
        """Whether the targets of samples are classes, written as a row for each of them with a single
        one in it."""
        scale, target = self.target_scale, self.target
        if target is None or scale is None or scale.activation is not Activation.ONE_HOT:
            return False
        current: Tensor | None = target
        while current is not None:
            if current.scale is scale and current.shape.rank not in {None, 2}:
                return False  # a sequence of classes, or a picture of them
            current = current.whole
        return target.shape.rank == 2 and (self.width or 3) > 2

    @property
    def cuts_targets(self) -> bool:
        """Whether the targets are cast to whole numbers from something else."""
        return self._cut is not None

    @property
    def cut_at(self) -> NodePlace | None:
        """Where the targets are cast to whole numbers, if that is known."""
        meaning = None if self._cut is None else self._cut.meaning
        return meaning.place if isinstance(meaning, Truncated) else None

    @property
    def _cut(self) -> Tensor | None:
        """The targets as they were right behind the cast to whole numbers; they may be fractions
        again since."""
        current, whole = self.target, None
        if current is None or _is_whole(self.event.prediction):
            return None
        while current is not None:
            if _is_whole(current):
                whole = current
            elif whole is not None:
                known = _is_whole(self.event.target) or current.dtype == "float"
                return whole if current.scale is None and known else None
            current = current.whole
        return None

    @property
    def broadcast(self) -> tuple[Shape, Shape] | None:
        """The shapes of prediction and targets when comparing them makes a larger one of both."""
        prediction, target = self.event.prediction, shape_of(self.event.target)
        if not isinstance(prediction, Tensor) or target is None:
            return None
        if self.target is None and target.rank != 1:
            return None
        first = prediction.shape.dims or _column_of(prediction.shape)
        second = target.dims or _column_of(target)
        if first and not second:
            second = _row_of(target)
        elif second and not first and len(second) == 1:
            first = _any_column_of(prediction)
        if not first or not second:
            return None
        stretched = [_stretches(first, second), _stretches(second, first)]
        return (Shape(first), Shape(second)) if all(stretched) else None

    @property
    def is_swapped(self) -> bool:
        """Whether the targets stand where the prediction belongs, and the other way round."""
        first, second = self.event.prediction, self.event.target
        if second is None or _is_network_output(first):
            return False
        if self.event.path.startswith("keras.") and is_for_old_keras(self.event.place.source.text):
            return False
        is_given = self._compares_classes and (_is_given(first) or _comes_with_samples(first))
        is_given = is_given or (self.is_categorical and _has_one_axis_less(first, second))
        if is_given and _is_network_output(second):
            return True
        names = self._names
        if names is None:
            return False
        prediction, target = names
        if ORIGINALS.fullmatch(prediction) and RECONSTRUCTIONS.fullmatch(target):
            return True
        if self._compares_classes and _is_given(first) and PREDICTIONS.fullmatch(target):
            return True
        if TARGETS.fullmatch(target) and not _is_whole(first):
            return False
        looks_like_targets = bool(TARGETS.fullmatch(prediction)) or _is_whole(first)
        if not looks_like_targets or PREDICTIONS.fullmatch(prediction):
            return False
        if _is_network_output(second) or PREDICTIONS.fullmatch(target):
            return True
        return bool(_SURE_TARGETS.search(prediction)) and _leads_alone(second, first)

    @property
    def swapped_at(self) -> NodePlace:
        """Where targets and prediction change places: at the loss, or at the call of a function that
        hands its own parameters over under names that are in order."""
        context, names = self.event.context, self._names
        call = context.calls[-1] if context.calls else None
        if names is None or call is None or not isinstance(call.node, cst.Call):
            return self.event.place
        if not context.functions or names[0] == names[1]:
            return self.event.place
        parameters = context.functions[-1].node.params.params
        own = {each.name.value for each in parameters}
        prediction, target = names
        in_order = PREDICTIONS.fullmatch(prediction) or TARGETS.fullmatch(target)
        is_handed_on = own.issuperset(names) and not TARGETS.fullmatch(prediction)
        return call if in_order and is_handed_on else self.event.place

    @property
    def _compares_classes(self) -> bool:
        """Whether it is a loss between scores or probabilities and what is right."""
        return (self.is_categorical or self.is_binary) and not self.is_kl_divergence

    @property
    def _names(self) -> tuple[str, str] | None:
        """What the program calls the prediction and the targets, where it hands them over."""
        node = self.event.place.node
        if not isinstance(node, cst.Call) or len(node.args) < 2:
            return None
        first, second = node.args[:2]
        if first.star or second.star or first.keyword is not None or second.keyword is not None:
            return None
        names = name_of(first.value), name_of(second.value)
        return (names[1], names[0]) if self.is_of_keras else names

    @property
    def is_announced_to_fail(self) -> bool:
        """Whether the program says that the loss cannot be computed: a lesson shows what must not be."""
        return is_announced(self.event.place, self.event.context)

    @property
    def scale(self) -> Scale | None:
        """The scale of the prediction, when it is the same on every way the program can take."""
        return scale_of(self.event.prediction)

    def is_given(self, activation: Activation) -> bool:
        """Whether the prediction comes out of this activation, on every way."""
        scale = self.scale
        return scale is not None and scale.activation is activation

    @property
    def activation(self) -> NodePlace | None:
        """Where the activation is applied that the prediction comes out of."""
        return _activation_behind(self.event)

    def finding_here(self, message: str, severity: Severity | None = None) -> Draft:
        """A finding at the loss, with the layer or activation that the prediction comes from."""
        origin = None if self.scale is None else self.scale.place
        found = draft(self.event, message, (origin, "the prediction comes from here"))
        return replace(found, severity=severity)

    def finding_at_cast(self, message: str, severity: Severity | None = None) -> Draft:
        """A finding where the targets are cast, with the loss beside it."""
        place = self.cut_at
        if place is None:
            return self.finding_here(message, severity)
        loss = (self.event.place, f"`{self.name}` is computed here")
        related = () if place.node is self.event.place.node else (loss,)
        return Draft(place, message, related, severity=severity)

    def finding(self, message: str) -> Draft:
        """A finding at the activation, which is what has to go, with the first loss beside it: up to
        the loss where that is near; at the loss when the activation lies in another file."""
        told = self.first or self.event
        activation, loss = self.activation, told.place
        if activation is None or activation.source is not loss.source:
            return draft(told, message, (activation, "the activation is applied here"))
        place = activation
        if 0 < loss.locate().row - activation.locate().row <= MOST_ROWS:
            place = Stretch(activation.source, activation.node, loss.node)
        return Draft(place, message, ((loss, f"`{self.name}` is computed here"),))


@dataclass(frozen=True, slots=True)
class SquashedLoss(LossCall):
    """A loss computed from a prediction, be it one of several that the program chooses from, if all of
    them apply an activation themselves: `BCEWithLogitsLoss() if classes == 1 else CrossEntropyLoss()`.
    """

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every loss that is computed in any case, and the first of those that want the same."""
        known, first = run.facts(LossCall), run.once(_first_of_each_activation)
        either = [
            cls(one, tuple(others), first.get(one), _softmaxes_behind(run, one))
            for one, *others in run.once(_calls)
            if _want_logits_alike([one, *others])
            and all(is_put_to_use(run, each) for each in (one, *others))
        ]
        same = [cls(each.event, each.others, each.first, each.softmaxes) for each in known]
        return [*same, *either]


def _activation_behind(loss: LossComputed) -> NodePlace | None:
    scale = scale_of(loss.prediction)
    return None if scale is None else scale.place


def _first_of_each_activation(run: AbstractRun) -> dict[LossComputed, LossComputed]:
    """For each loss that is given what an activation makes, the first one that is given the same."""
    by_activation: dict[object, LossComputed] = {}
    return {
        event: by_activation.setdefault(activation.node, event)
        for event in run.events(LossComputed)
        if (activation := _activation_behind(event)) is not None
    }


def _softmaxes_behind(run: AbstractRun, event: LossComputed) -> tuple[SoftmaxApplied, ...]:
    """The softmaxes whose numbers a loss may be given."""
    scale = scale_of(event.prediction)
    if scale is None or scale.place is None or scale.activation not in OVER_CLASSES:
        return ()
    return tuple(run.once(_softmaxes_by_place).get(scale.place, ()))


def _softmaxes_by_place(run: AbstractRun) -> dict[NodePlace, list[SoftmaxApplied]]:
    found: dict[NodePlace, list[SoftmaxApplied]] = {}
    for event in run.events(SoftmaxApplied):
        made = event.result.scale
        for place in {event.place, None if made is None else made.place}:
            if isinstance(place, NodePlace):
                found.setdefault(place, []).append(event)
    return found


def _length_of_softmax(event: SoftmaxApplied) -> int | None:
    """How many numbers a softmax made sum to one."""
    axis, shape = -1 if event.axis is None else event.axis, event.tensor.shape
    length = shape.known_axis(axis)
    if length is None and shape.dims is None:
        length = shape.known_axis(-1)
    return None if length is None else length.integer


def _calls(run: AbstractRun) -> list[list[LossComputed]]:
    """The losses that may be computed at one call: one, unless several may be called."""
    by_call: dict[tuple[object, ...], list[LossComputed]] = {}
    for event in run.events(LossComputed):
        context = event.context
        way = (context.rounds, context.guards, context.calls)
        by_call.setdefault((event.place.node, event.prediction, *way), []).append(event)
    return list(by_call.values())


def _is_one_of_several(same_call: list[LossComputed]) -> bool:
    """Whether another loss may be computed in its place that expects something else, or nobody knows
    what: which one it is may depend on what the prediction is."""
    unlike = len({each.expects for each in same_call}) > 1
    return unlike or len(same_call) < max(each.ways for each in same_call)


def _is_chosen_instead(run: AbstractRun, event: LossComputed) -> bool:
    """Whether a setting chooses a loss for the same prediction that expects something else: which one it
    is may depend on what the prediction is."""
    return any(
        other.prediction is event.prediction
        and other.expects != event.expects
        and not {other.expects, event.expects} <= _APPLIES_ITSELF
        and contexts_exclude(event.context, other.context)
        for other in run.events(LossComputed)
    )


def _want_logits_alike(same_call: list[LossComputed]) -> bool:
    """Whether all that may be computed at a call are known, expect something else, and apply an
    activation themselves."""
    unlike = len({each.expects for each in same_call}) > 1
    all_known = len(same_call) >= max(each.ways for each in same_call)
    return unlike and all_known and all(each.expects in _APPLIES_ITSELF for each in same_call)


def _is_network_output(value: Value) -> bool:
    """Whether a network has surely made a value: it leads to parameters through an activation."""
    scale = scale_of(value)
    return (
        scale is not None
        and scale.activation in _OF_A_NETWORK
        and all(isinstance(each, Tensor) and each.graph is True for each in alternatives(value))
    )


def _leads_alone(value: Value, other: Value) -> bool:
    """Whether gradients flow through a value for sure, and through another one perhaps not."""
    ways = alternatives(value)
    if not all(isinstance(each, Tensor) and each.graph is True for each in ways):
        return False
    return not any(isinstance(each, Tensor) and each.graph is True for each in alternatives(other))


def _is_given(value: Value) -> bool:
    """Whether numbers surely come from no network: no gradient could flow to them, and nothing has
    cut them off."""
    return all(
        isinstance(each, Tensor)
        and each.graph is False
        and each.cut is None
        and (each.scale is None or each.scale.activation is Activation.ONE_HOT)
        for each in alternatives(value)
    )


def _has_one_axis_less(value: Value, other: Value) -> bool:
    """Whether numbers without gradients have an axis less than others, as classes have than the scores
    of them."""
    shape, longer = shape_of(value), shape_of(other)
    if shape is None or longer is None or shape.rank is None or longer.rank is None:
        return False
    return gradient_of(value) is False and 0 < shape.rank == longer.rank - 1


def _comes_with_samples(value: Value) -> bool:
    """Whether numbers of which little is known are a part of what a loop goes through, or tell for each
    of some numbers whether they compare: no network has made them."""
    for current in alternatives(value):
        found: Value = current
        while isinstance(found, Tensor) and found.graph is None:
            parts = (found.whole,) if found.whole is not None else found.terms
            if len(parts) != 1 or parts[0] is None:
                return False
            found = parts[0]
        if not isinstance(found, Unknown) or found.place is None:
            return False
        around = {} if found.parent is None else found.parent.fields
        is_part = SAMPLE_OF in around or COLLATED in around
        if not is_part and not isinstance(found.place.node, cst.Comparison):
            return False
    return True


def _column_of(shape: Shape) -> tuple[Number, ...] | None:
    """The axes of what a layer has made one number for each sample of, though there may be more."""
    axes = shape.known_axes
    first, last = axes.get(0), axes.get(-1)
    if first is None or last is None or last.axis is None or not last.is_one:
        return None
    return (first, last) if first.axis is not None and first.axis.is_batch else None


def _row_of(shape: Shape) -> tuple[Number, ...] | None:
    """The last axis, where samples that are many lie along it, however many there are in front."""
    last = shape.known_axis(-1)
    axis = None if last is None else last.axis
    if last is None or axis is None or last.is_one or not (axis.is_batch or axis.is_stacked):
        return None
    return (last,)


def _any_column_of(tensor: Tensor) -> tuple[Number, ...] | None:
    """The axes of what a layer has made one number for each of some samples of."""
    axes, scale = tensor.shape.known_axes, tensor.scale
    last = axes.get(-1)
    if last is None or last.axis is None or not last.is_one or scale is None:
        return None
    return (axes.get(0) or fresh("samples", is_axis=True), last)


def _stretches(dims: tuple[Number, ...], other: tuple[Number, ...]) -> bool:
    """Whether an axis of one, or none at all, meets a longer one of another shape."""
    same_rank = len(dims) == len(other)
    for position in range(1, len(other) + 1):
        own = dims[-position] if position <= len(dims) else ONE
        if not own.is_one or other[-position].is_one:
            continue
        if not same_rank or _is_longer(other[-position], dims):
            return True
    return False


def _is_longer(length: Number, others: tuple[Number, ...]) -> bool:
    """Whether an axis is longer than one where shapes have as many axes: there nobody has forgotten one,
    and lengths that nobody knows may be one. Where one shape has it elsewhere, it is a length that matters."""
    axis = length.axis
    if length.integer is not None or (axis is not None and (axis.is_batch or axis.is_stacked)):
        return True
    return length in others


def _is_whole(value: Value | None) -> bool:
    return isinstance(value, Tensor) and value.dtype in {"long", "int", "uint8", "bool"}
