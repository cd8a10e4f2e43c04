"""What happens to optimizers and learning rates, and to trainers that handle them."""

from dataclasses import field

from advisor.code.events.context import Event
from advisor.code.sources import NodePlace
from advisor.code.values import Arguments, Value
from advisor.lazy_dataclasses import dataclass


@dataclass(eq=False, slots=True)
class OptimizerBuilt(Event):
    """An optimizer is built over parameters."""

    optimizer: Value


@dataclass(eq=False, slots=True)
class ParametersAdded(Event):
    """An optimizer is given further parameters: `add_param_group`."""

    optimizer: Value


@dataclass(eq=False, slots=True)
class OptimizerStepped(Event):
    """An optimizer updates its parameters. `text` is the optimizer as written in the code."""

    optimizer: Value
    text: str
    managed: bool = False
    scaler: Value | None = None


@dataclass(eq=False, slots=True)
class ScheduleBuilt(Event):
    """A learning-rate schedule is made over an optimizer."""

    schedule: Value


@dataclass(eq=False, slots=True)
class ScheduleStepped(Event):
    """A learning-rate schedule advances by one step. `arguments` are what it is told: the epoch,
    or the metric that it watches."""

    schedule: Value
    arguments: Arguments = field(default_factory=Arguments)


@dataclass(eq=False, slots=True)
class ScheduleConfigured(Event):
    """A trainer is handed a schedule to step it in each `interval`: `epoch` or `step`."""

    schedule: Value
    interval: str


@dataclass(eq=False, slots=True)
class ScheduleLeftOut(Event):
    """A schedule is made where a trainer asks for those that it shall step, and is not among them."""

    schedule: Value


@dataclass(eq=False, slots=True)
class MetricWatched(Event):
    """A trainer is told the `monitor`, the name of the metric, that a `schedule` goes by. `held_out`
    tells whether there is data to judge by."""

    schedule: Value
    monitor: str
    held_out: bool


@dataclass(eq=False, slots=True)
class RateAssigned(Event):
    """A learning rate is written into an optimizer's parameter groups."""

    optimizer: Value | None
    rate: Value


@dataclass(eq=False, slots=True)
class OptimizerRestored(Event):
    """An optimizer is given the state of one that was saved, its learning rates too."""

    optimizer: Value


@dataclass(eq=False, slots=True)
class ScheduleRestored(Event):
    """A schedule is given the state of one that was saved, with the number of the steps it has taken."""

    schedule: Value


@dataclass(eq=False, slots=True)
class TrainerBuilt(Event):
    """A framework's trainer is given the schedule of a whole training, by its arguments; `samples` is
    how many it is given to learn from, where that is known."""

    trainer: Value
    arguments: Arguments
    samples: int | None = None


@dataclass(eq=False, slots=True)
class ModelCompiled(Event):
    """A model is told the loss and the optimizer of its training; what it was told before is
    forgotten. `parts` are the models that have been called by then, which it may be made of."""

    model: Value
    optimizer: Value | None = None
    parts: tuple[Value, ...] = ()


@dataclass(eq=False, slots=True)
class ModelTrained(Event):
    """A model is trained as it was compiled last: for how long, and with which callbacks, `arguments` say;
    `batches` is how many batches an epoch has, where that is known."""

    model: Value
    arguments: Arguments = field(default_factory=Arguments)
    batches: int | None = None


@dataclass(eq=False, slots=True)
class RatesPlanned(Event):
    """A trainer is told the rate of each epoch by a function: what it comes to in the `epochs` of the training
    that is `trained` somewhere, and far beyond them (`later`). `origin` is the option that sets the epochs."""

    trained: NodePlace
    epochs: int
    rates: tuple[tuple[int, float], ...]
    later: tuple[float, ...]
    origin: str | None = None
