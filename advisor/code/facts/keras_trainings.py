"""How long Keras trains a model, and the schedules that its rate follows meanwhile."""

from collections.abc import Iterator

from advisor.code.events import ModelCompiled, ModelTrained
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.schedule_factors import boundaries_of
from advisor.code.library.keras_epochs import callbacks_of
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import (
    Object,
    Optimizer,
    Scalar,
    Schedule,
    Value,
    known_integer,
    number_of,
)
from advisor.lazy_dataclasses import dataclass

EPOCHS_OF_FIT = 3
"""Where the epochs stand among the arguments of `fit`."""
# An epoch of fewer batches than this is taken for none.
_FEWEST_BATCHES = 10
_TO_AN_END = frozenset(["CosineDecay", "PolynomialDecay"])


@dataclass(frozen=True, slots=True)
class KerasTraining:
    """A model that is trained once by `fit`. `epochs` is what `fit` is told, `schedule` what its
    optimizer's rate follows, step by step."""

    trained: ModelTrained
    epochs: Value
    schedule: Schedule | None

    @property
    def place(self) -> NodePlace:
        """Where it is trained."""
        return self.trained.place

    @property
    def origin(self) -> str | None:
        """The option by which a user can change the number of epochs."""
        return self.epochs.configurable if isinstance(self.epochs, Scalar) else None

    @property
    def steps(self) -> int | None:
        """The number of batches in all epochs."""
        epochs, batches = known_integer(self.epochs), self.trained.batches
        return None if epochs is None or batches is None else epochs * batches

    @property
    def names(self) -> frozenset[str]:
        """What the length of the training goes by."""
        return self.epochs.names if isinstance(self.epochs, Scalar) else frozenset()

    @property
    def callbacks(self) -> tuple[Object, ...]:
        """The callbacks, as far as they are known."""
        return callbacks_of(self.trained.arguments)

    @property
    def counts_epochs(self) -> str | None:
        """The number of epochs that a schedule was built for, though it advances at each batch."""
        if self.schedule is None or self.schedule.arguments.unknown:
            return None
        batches, name = self.trained.batches, self.schedule.path.rsplit(".", 1)[-1]
        if batches is not None and batches < _FEWEST_BATCHES:
            return None
        epochs = number_of(self.epochs)
        if epochs is None or epochs.is_one:
            return None
        if name in _TO_AN_END:
            horizon = number_of(self.schedule.argument(1, "decay_steps"))
            return None if horizon != epochs else epochs.text()
        return self._last_boundary(epochs) if name == "PiecewiseConstantDecay" else None

    def _last_boundary(self, epochs: Number) -> str | None:
        if self.schedule is None or "steps_per_epoch" in self.trained.arguments.keywords:
            return None  # who counts steps there counts them here
        boundaries, known = boundaries_of(self.schedule), epochs.integer
        fits = bool(boundaries) and known is not None and max(boundaries) <= known
        return f"{max(boundaries):g}" if fits else None


def trainings_of(run: AbstractRun) -> list[KerasTraining]:
    """The trainings of models that are trained only once."""
    return run.once(_trainings)


def _trainings(run: AbstractRun) -> list[KerasTraining]:
    return list(_found(run))


def _found(run: AbstractRun) -> Iterator[KerasTraining]:
    trained = list(run.events(ModelTrained))
    for event in trained:
        once = sum(each.model is event.model for each in trained) == 1
        epochs, passed = event.arguments.get(EPOCHS_OF_FIT, "epochs"), event.arguments
        if not once or epochs is None or passed.unknown or "initial_epoch" in passed.keywords:
            continue
        yield KerasTraining(event, epochs, _schedule_of(run, event))


def _schedule_of(run: AbstractRun, trained: ModelTrained) -> Schedule | None:
    """The schedule that a model's optimizer was built with, as it was compiled last."""
    compiled = [
        event
        for event in run.events(ModelCompiled)
        if event.model is trained.model and event.index < trained.index
    ]
    optimizer = compiled[-1].optimizer if compiled else None
    if not isinstance(optimizer, Optimizer):
        return None
    given = optimizer.argument(0, "learning_rate") or optimizer.argument(-1, "lr")
    return given if isinstance(given, Schedule) else None
