"""Heads: ready classifiers that are trained with the outputs they came with."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    Escaped,
    ForwardRun,
    LossComputed,
)
from advisor.code.facts.doubts import method_called
from advisor.code.facts.modules import holds, is_pretrained, ready_name
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.library.families import HEADS
from advisor.code.library.torch_modes import TOUCHED
from advisor.code.library.torch_modules.ready_models import head_of
from advisor.code.sources import NodePlace
from advisor.code.values import Layer, Method, Value, alternatives
from advisor.lazy_dataclasses import dataclass

_READY = "torchvision.models."
# Ready models that classify images, by the start of their names.
_CLASSIFIERS = (
    *("alexnet", "convnext", "densenet", "efficientnet", "googlenet", "inception", "maxvit"),
    *("mnasnet", "mobilenet", "regnet", "resnet", "resnext", "shufflenet", "squeezenet", "swin"),
    *("vgg", "vit_", "wide_resnet"),
)
_HEAD_IN_TIMM = ("vit_", "swin", "convnext", "deit", "beit", "maxvit", "regnet")
_ASKS = frozenset({"parameters", "named_parameters", "requires_grad_", "eval", "train"})
# Attributes that were read once, when the model was built.
_READ_BY_NOBODY = frozenset({"out_features", "num_classes"})
# The data that the heads were made for, in any other role than in the name of weights.
_OWN_DATA = re.compile(r"imagenet(?!1k_v|\W*weights)|ilsvrc", re.IGNORECASE)


@dataclass(frozen=True, eq=False, slots=True)
class TrainedClassifier(Fact):
    """A ready classifier of torchvision's that is trained with a loss over its own outputs."""

    run: AbstractRun
    model: Layer
    loss: LossComputed

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The ready classifiers that are trained, each once."""
        outputs = {
            id(event.output): event.module
            for event in run.events(ForwardRun)
            if event.output is not None
        }
        seen: set[Value] = set()
        for loss in run.events(LossComputed):
            for option in alternatives(loss.prediction):
                model = outputs.get(id(option))
                if isinstance(model, Layer) and model not in seen and _classifies(model):
                    seen.add(model)
                    if _is_followed(run, loss) and _wants_classes(loss):
                        yield cls(run, model, loss)

    @property
    def name(self) -> str:
        """The model's name."""
        return ready_name(self.model) or self.model.path.rsplit(".", 1)[-1]

    @property
    def head(self) -> str:
        """What the model calls its head."""
        return self._own_head or "its head"

    @property
    def _own_head(self) -> str | None:
        """What the model's library calls the head: timm has other names for some than torchvision."""
        if not self.model.path.startswith(_READY) and self.name.startswith(_HEAD_IN_TIMM):
            return "head"
        return head_of(self.name)

    @property
    def place(self) -> NodePlace:
        """Where the model is built."""
        return self.model.place or self.loss.place

    def misplaced_head(self) -> tuple[str, NodePlace] | None:
        """The name and place of an attribute that was meant to give the model another head."""
        for event in self._assigned():
            if self._is_misplaced(event.name):
                return event.name, event.place
        # What is assigned before a function runs is no event of its run.
        for name, value in self.model.fields.items():
            if isinstance(value, Value) and value.place is not None and self._is_misplaced(name):
                return str(name), value.place
        return None

    def _is_misplaced(self, name: object) -> bool:
        own = self._own_head
        return (name in HEADS and own not in {None, name}) or name in _READ_BY_NOBODY

    def is_pretrained(self) -> bool:
        """Whether the model comes with weights, for sure."""
        return is_pretrained(self.model)

    def keeps_its_head(self) -> bool:
        """Whether nothing has given the model other outputs, or may have."""
        chosen = {
            "num_classes",
            "features_only",
            "global_pool",
        } & self.model.arguments.keywords.keys()
        if chosen or self.model.arguments.unknown:
            return False
        if TOUCHED in self.model.fields or any(True for _ in self._changes()):
            return False
        if any(name in self.model.fields and not self._is_misplaced(name) for name in HEADS):
            return False
        return _OWN_DATA.search(self.run.source.text) is None

    def _changes(self) -> Iterator[object]:
        yield from (each for each in self._assigned() if not self._is_misplaced(each.name))
        for escaped in self.run.events(Escaped):
            gets_it = any(holds(value, self.model) for value in escaped.values)
            if gets_it and not _only_asks(escaped):
                yield escaped

    def _assigned(self) -> Iterator[AttributeAssigned]:
        for event in self.run.events(AttributeAssigned):
            if event.owner is self.model and event.name != "requires_grad":
                yield event


def _only_asks(escaped: Escaped) -> bool:
    """Whether nothing but the parameters of a part are asked for: `model.features.parameters()`."""
    asked = all(isinstance(value, Method) for value in escaped.values)
    return asked and method_called(escaped) in _ASKS


def _classifies(model: Layer) -> bool:
    name = ready_name(model)
    return name is not None and name.startswith(_CLASSIFIERS)


def _wants_classes(loss: LossComputed) -> bool:
    return loss.path.rsplit(".", 1)[-1] in {"cross_entropy", "CrossEntropyLoss"}


def _is_followed(run: AbstractRun, loss: LossComputed) -> bool:
    return any(event.index > loss.index for event in run.events(BackwardRun))
