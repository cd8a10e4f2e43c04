"""What happens to losses and scores: how they are computed, added up, compared and logged."""

from dataclasses import field

from advisor.code.events.context import Event
from advisor.code.values import Amount, Arguments, Part, Value
from advisor.lazy_dataclasses import dataclass


@dataclass(eq=False, slots=True)
class LossComputed(Event):
    """A loss is computed. `path` is the library's loss; `expects` the scale it wants.

    `name` is the loss as a user writes it, where the path does not say it all. `model` is the model
    that was compiled with the loss, where that is how it is used. `result` is the loss itself,
    `options` are the arguments that set it up: those of its class, or of the function itself.
    `ways` counts what may be called in its place, itself included.
    """

    path: str
    expects: str
    prediction: Value
    target: Value | None
    name: str | None = None
    model: Value | None = None
    result: Value | None = None
    options: Arguments = field(default_factory=Arguments)
    ways: int = 1


@dataclass(eq=False, slots=True)
class PredictionsCompared(Event):
    """Predictions are compared with what is right: `predicted == labels`, the two of them."""

    values: tuple[Value, ...]


@dataclass(eq=False, slots=True)
class LossClamped(Event):
    """Numbers, such as a loss, are kept below a bound."""

    loss: Value
    result: Value


@dataclass(eq=False, slots=True)
class LossAccumulated(Event):
    """A value is added to a running total, `total += loss`, or put into a list. `total` is what the
    sum was before, `result` what it is now; `text` names it as written."""

    total: Value
    value: Value
    result: Value
    text: str


@dataclass(eq=False, slots=True)
class NotNumbersReplaced(Event):
    """NaN in a value is replaced by a number: `result` is what comes out. `in_gradients` tells that
    it is done to gradients where they lie."""

    value: Value
    result: Value
    in_gradients: bool = False


@dataclass(eq=False, slots=True)
class FailureIgnored(Event):
    """Whatever fails is passed over, and nothing is said of it; `first` is the index of the first
    event that it may follow."""

    first: int


@dataclass(eq=False, slots=True)
class FailureRaised(Event):
    """An exception is raised by a `name` under some conditions."""

    name: str


@dataclass(eq=False, slots=True)
class BatchSkipped(Event):
    """A batch whose `loss` is not finite is left out, and nothing is said of it; `raised` is what leaves
    it, where that is an exception."""

    loss: Value
    raised: FailureRaised | None = None


@dataclass(eq=False, slots=True)
class RootTaken(Event):
    """A root, or an angle, is taken of something that may be where its slope is infinite: `result`
    is what comes out. `of` says of what: `loss`, `distance`, `relu` or `cosine`."""

    result: Value
    of: str = "loss"


@dataclass(eq=False, slots=True)
class DividedByNothing(Event):
    """Something that is learned is divided by what is 0 now and then; `by` says in words what it is,
    `result` is what comes out."""

    by: str
    result: Value


@dataclass(eq=False, slots=True)
class AmountDivided(Event):
    """A count or a loss is divided by something. `refined` says whether what comes out is divided
    or weighted again."""

    amount: Amount
    denominator: Value
    refined: bool = False


@dataclass(eq=False, slots=True)
class TotalJoined(Event):
    """A total over many batches meets what only the last of them came to."""

    last: Part


@dataclass(eq=False, slots=True)
class HitsCounted(Event):
    """It is counted how many samples are predicted right, or which share of them."""


@dataclass(eq=False, slots=True)
class AmountAveraged(Event):
    """The mean is taken of numbers that are a mean over a batch each."""

    amount: Amount


@dataclass(eq=False, slots=True)
class AmountCompared(Event):
    """A count or a loss is compared with something: what is best is decided by it."""

    amount: Amount


@dataclass(eq=False, slots=True)
class AmountKept(Event):
    """A count or a loss is put into a list (`kept`)."""

    amount: Amount
    kept: Value


@dataclass(eq=False, slots=True)
class CurvePlotted(Event):
    """Some of the `values` are drawn as curves."""

    values: tuple[Value, ...]


@dataclass(eq=False, slots=True)
class AmountLogged(Event):
    """The score or loss of a batch is written to a log, or only `printed`."""

    amount: Amount
    printed: bool = False


@dataclass(eq=False, slots=True)
class AmountSmoothed(Event):
    """The score or loss of a batch goes into a running mean in which the last ones count most."""

    amount: Amount


@dataclass(eq=False, slots=True)
class StepLogged(Event):
    """A step of an evaluation of Lightning logs a number, as the mean over the epoch (`is_mean`) or only
    that of its own batch."""

    value: Value
    is_mean: bool


@dataclass(eq=False, slots=True)
class OwnLossCompiled(Event):
    """A model is compiled with a loss that the project computes by itself: `loss` is what it returns."""

    loss: Value


@dataclass(eq=False, slots=True)
class RoundCounted(Event):
    """One is added to a number in a loop; `text` is the number as it is written, `result` what it comes
    to."""

    text: str
    result: Value


@dataclass(eq=False, slots=True)
class TotalRaised(Event):
    """Something other than one is added to a running total in a loop; `text` is the total as it is
    written, `added` what is added to it, `squared` says that these are squares: of errors, mostly."""

    text: str
    added: Value
    squared: bool


@dataclass(eq=False, slots=True)
class MetricChanged(Event):
    """An object of torchmetrics or Keras that puts a metric together is told of a batch, asked for what
    it has come to, or set back: `how` is `told`, `asked` or `reset`."""

    metric: Value
    how: str


@dataclass(eq=False, slots=True)
class NumbersTold(Event):
    """Something is printed or logged."""


@dataclass(eq=False, slots=True)
class WriterBuilt(Event):
    """A log of TensorBoard is opened; `named` tells that its folder may be named after the run."""

    named: bool
