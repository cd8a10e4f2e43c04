"""Output biases: the last layer of a classifier of classes that are known to be of different size."""

import re
from collections.abc import Iterable
from typing import Self

from advisor.code.events import (
    BackwardRun,
    ClassesWeighted,
    Event,
    ForwardRun,
    LossComputed,
    StateUsed,
)
from advisor.code.facts.modules import CONVOLUTIONS, LINEAR
from advisor.code.facts.relations import origin_of
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.part_names import words
from advisor.code.sources import NodePlace
from advisor.code.values import Layer, Value, is_constant
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# The option of a loss that says how much rarer one class is than the others.
_WEIGHTS = {
    "binary_cross_entropy_with_logits": "pos_weight",
    "BCEWithLogitsLoss": "pos_weight",
    "cross_entropy": "weight",
    "CrossEntropyLoss": "weight",
}
# What programs call how frequent a rare class is.
_RARE = re.compile(
    r"\b(base_rate|prevalence|class_priors?|(pos|positives?|fraud|lesions?|anomaly|defects?|minority|rare|event"
    r"|churn|spam|failure|click)_(rate|frac|fraction|share|ratio|prior))\b",
    re.IGNORECASE,
)
_DENSE = "keras.layers.Dense"
_LAST = LINEAR | CONVOLUTIONS | {_DENSE}
_KERAS_LOSS = re.compile(r"^keras\.losses\.\w*Crossentropy$")
_FOCAL = "sigmoid_focal_loss"


@dataclass(frozen=True, eq=False, slots=True)
class OutputBias(Fact):
    """The last layer of a model that is trained, with a bias that starts where torch starts it, and
    the `loss`; where it is `said` that some class is rare: by the loss, or to a training of Keras."""

    layer: Layer
    loss: LossComputed
    said: NodePlace

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Each such layer once."""
        named = _RARE.search(run.source.text) is not None
        weighted = [each for each in run.events(ClassesWeighted) if each.text == "class_weight"]
        uneven = [
            each
            for each in run.events(LossComputed)
            if _knows_rare_class(each, named) or (weighted and _KERAS_LOSS.search(each.path))
        ]
        if not uneven or holds_unit_tests(run) or any(True for _ in _loaded(run)):
            return
        trainings: list[Event] = [*run.events(BackwardRun), *weighted]
        last = max((event.index for event in trainings), default=-1)
        outputs: dict[Value, Value] = {}
        for event in run.events(ForwardRun):
            module, made = event.module, event.output
            if isinstance(module, Layer) and module.path in _LAST and made:
                outputs[made] = module
        seen: set[Layer] = set()
        for loss in uneven:
            layer = origin_of(loss.prediction, outputs)
            if loss.index < last and isinstance(layer, Layer) and layer not in seen:
                seen.add(layer)
                if _starts_by_default(layer):
                    of_keras = loss.path.startswith("keras.")
                    yield cls(layer, loss, weighted[0].place if of_keras else loss.place)

    def finding(self, message: str) -> Draft:
        """A finding where the layer is built."""
        place: NodePlace = self.layer.place or self.loss.place
        return Draft(place, message, ((self.said, "it is said so here"),))


def _loaded(run: AbstractRun) -> Iterable[StateUsed]:
    return (event for event in run.events(StateUsed) if event.module is not None)


def _knows_rare_class(loss: LossComputed, named: bool) -> bool:
    name = loss.path.rsplit(".", 1)[-1]
    if name == _FOCAL or (named and _WEIGHTS.get(name) == "pos_weight"):
        return True
    option = _WEIGHTS.get(name)
    given = None if option is None else loss.options.keywords.get(option)
    if given is None and option == "weight" and loss.options.positional:
        given = loss.options.positional[0]
    if given is not None and not is_constant(given, None):
        return True
    # A focal loss by hand goes by that name.
    functions = loss.context.functions
    owner = functions[-1].owner if functions else None
    said = words(functions[-1].name) if functions else set()
    return option is not None and "focal" in said | (words(owner.name) if owner else set())


def _starts_by_default(layer: Layer) -> bool:
    if layer.path == _DENSE:
        told = {"bias_initializer", "use_bias"} & layer.arguments.keywords.keys()
        return not told and len(layer.arguments.positional) < 3 and not layer.arguments.unknown
    bias = layer.argument(2 if layer.path in LINEAR else 7, "bias")
    has_one = bias is None or is_constant(bias, True)
    return has_one and not layer.arguments.unknown and TOUCHED not in layer.fields
