"""Programs that train, as a whole: what they do besides."""

import re
from collections.abc import Iterable
from typing import Self

from advisor.code.events import (
    Escaped,
    Event,
    Fitted,
    LayerBuilt,
    ModelTrained,
    ModuleBuilt,
    OptimizerStepped,
    SeedFixed,
    TrainerBuilt,
)
from advisor.code.facts.modules import has_weights
from advisor.code.facts.normalisations import has_weights as comes_with_weights
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.sources import NodePlace
from advisor.code.values import Layer, Library, Object, Unknown, Value, is_constant
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft

# What a function goes by that may fix a seed where nobody can look.
_MAY_SEED = re.compile(
    r"seed|determin|reproduc|random_state|setup|set_up|init|config", re.IGNORECASE
)
# Estimators of scikit-learn that draw random numbers as they learn.
_RANDOM = re.compile(
    r"^sklearn\..*\.((RandomForest|ExtraTrees?|GradientBoosting|Bagging|AdaBoost|MLP|SGD)(Classifier|Regressor)"
    r"|Perceptron|KMeans|MiniBatchKMeans|GaussianMixture|IsolationForest|RandomizedSearchCV)$"
)


@dataclass(frozen=True, slots=True)
class TrainingProgram(Fact):
    """A script or notebook that trains a model when it is run. `drawn` is where the weights are drawn
    at random, or where it begins to train; `may_be_seeded` tells whether it fixes a seed, or may do so
    where nobody can look."""

    drawn: NodePlace
    place: NodePlace
    may_be_seeded: bool

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """The program, if it is one and trains."""
        if not run.is_script or any(True for _ in run.events(TrainerBuilt)):
            return
        first = next((event for event in run.trace if _trains(event)), None)
        if first is not None:
            begin = _model_trained(run, first) or _model_built(run, first) or _in_file(run, first)
            yield cls(begin, _in_file(run, first), any(_may_seed(event) for event in run.trace))

    def finding(self, message: str) -> Draft:
        """A finding where the program begins to train."""
        return Draft(self.place, message)

    def finding_at_weights(self, message: str) -> Draft:
        """A finding where the weights are drawn."""
        return Draft(self.drawn, message)


def _trains(event: Event) -> bool:
    if isinstance(event, OptimizerStepped):
        by_hand = not event.managed or _is_of_keras(event.optimizer)
        return bool(event.context.loops) and by_hand
    return isinstance(event, ModelTrained) or (isinstance(event, Fitted) and _draws(event))


def _draws(fitted: Fitted) -> bool:
    """Whether an estimator draws random numbers that nothing but a seed of all can fix."""
    estimator = fitted.estimator
    if not isinstance(estimator, Object) or estimator.arguments.unknown:
        return False
    if not _RANDOM.search(estimator.path):
        return False
    given = estimator.arguments.keywords.get("random_state")
    return given is None or is_constant(given, None)


def _is_of_keras(optimizer: Value | None) -> bool:
    """Whether a program steps an optimizer of Keras in loops of its own."""
    return isinstance(optimizer, Object) and optimizer.path.startswith("keras.optimizers.")


def _model_trained(run: AbstractRun, first: Event) -> NodePlace | None:
    """Where the file builds the model of Keras that it trains first, if as a whole."""
    model = first.model if isinstance(first, ModelTrained) else None
    if not isinstance(model, Layer) or not model.path.startswith("keras."):
        return None
    built = next((each for each in run.events(LayerBuilt) if each.layer is model), None)
    return None if built is None else _outside_of_modules(run, built)


def _model_built(run: AbstractRun, first: Event) -> NodePlace | None:
    """Where the file itself builds the first module with weights that are drawn, as a whole."""
    places: list[NodePlace] = []
    built: list[tuple[Event, Value]] = [
        *((event, event.layer) for event in run.events(LayerBuilt)),
        *((event, event.module) for event in run.events(ModuleBuilt)),
    ]
    drawn = [each for each in built if not _is_loaded(each[1])]
    built = drawn if any(has_weights(module) for _, module in drawn) else built
    for event, module in sorted(built, key=lambda each: each[0].index):
        if event.index < first.index and has_weights(module):
            place = _outside_of_modules(run, event)
            if place is not None:
                places.append(place)
    found: NodePlace | None = None
    for place in places:
        if found is None or _holds(place, found):
            found = place
    return found


def _is_loaded(module: Value) -> bool:
    """Whether a ready model comes with all of its weights."""
    if not isinstance(module, Layer) or not module.path.startswith("torchvision.models."):
        return False
    return comes_with_weights(module) and "num_classes" not in module.arguments.keywords


def _outside_of_modules(run: AbstractRun, event: Event) -> NodePlace | None:
    """The call in the file itself that builds a module, and not a part of another one."""
    context = event.context
    for index, function in enumerate(context.functions):
        if function.owner is not None and function.name == "__init__":
            places = context.calls[: index + 1]
            break
    else:
        places = (*context.calls, event.place)
    return next((each for each in reversed(places) if each.source is run.source), None)


def _holds(outer: NodePlace, inner: NodePlace) -> bool:
    one, other = outer.locate(), inner.locate()
    begins = (one.row, one.column) <= (other.row, other.column)
    ends = (one.end_row, one.end_column) >= (other.end_row, other.end_column)
    return one.cell == other.cell and begins and ends


def _in_file(run: AbstractRun, event: Event) -> NodePlace:
    """The loop of the file itself in which something happens, or the line that leads to it."""
    for loop in event.context.loops:
        if loop.place.source is run.source:
            return loop.place
    return event.context.calls[0] if event.context.calls else event.place


def _may_seed(event: Event) -> bool:
    if isinstance(event, SeedFixed):
        return True
    return isinstance(event, Escaped) and _MAY_SEED.search(_name(event.callee)) is not None


def _name(callee: Value) -> str:
    if isinstance(callee, Library):
        return callee.path
    return callee.name if isinstance(callee, Unknown) else ""
