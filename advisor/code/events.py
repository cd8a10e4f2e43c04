"""What happens to training while a program runs in the abstract, in order.

Each event knows its place, the loops it is in, the conditions it stands under and the calls that
led to it. Facts are put together from events; rules see facts only.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from advisor.code.symbols import Number, Symbol
from advisor.code.values import (
    Amount,
    Arguments,
    Columns,
    Fit,
    Function,
    Instance,
    Layer,
    Lineage,
    Object,
    RowSet,
    Tensor,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from advisor.code.sources import NodePlace


@dataclass(frozen=True, eq=False, slots=True)
class Loop:
    """A loop that is being run: what it goes over and how often, as far as that is known.

    `symbol` stands for the loop variable when it counts. `names` are the constants and options
    that the number of rounds was computed from; `configurable` the option that sets it.
    """

    node: "cst.CSTNode"
    place: "NodePlace"
    over: Value | None = None
    trips: Number | None = None
    symbol: Symbol | None = None
    start: Number | None = None
    names: frozenset[str] = frozenset()
    configurable: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One of the two rounds that the interpreter runs of a loop."""

    loop: Loop
    index: int


@dataclass(frozen=True, eq=False, slots=True)
class Guard:
    """A condition that decides whether the code runs, and which way it went. `rounds` is the
    number of loops that it stands in."""

    node: "cst.CSTNode"
    taken: bool
    condition: Value | None = None
    rounds: int = 0


class Context(NamedTuple):
    """Where in the run something happens.

    `gradients` tells whether operations are recorded for back-propagation; None when nobody knows.
    `functions` are the functions of the project that have been entered, one for each of `calls`;
    `running` the modules whose forward pass is under way, outermost first. `autocast` is the type
    that operations are cast to, such as `float16`, or `?` for one that is not known.
    """

    rounds: tuple[Round, ...] = ()
    guards: tuple[Guard, ...] = ()
    calls: tuple["NodePlace", ...] = ()
    gradients: bool | None = True
    functions: tuple[Function, ...] = ()
    running: tuple[Value, ...] = ()
    autocast: str | None = None

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops around, outermost first."""
        return tuple(each.loop for each in self.rounds)


@dataclass(eq=False, slots=True)
class Event:
    """Something that matters to training. `index` is its position in the run."""

    place: "NodePlace"
    context: Context
    index: int = field(default=-1, init=False)


@dataclass(eq=False, slots=True)
class GradientsCleared(Event):
    """The gradients of an optimizer, a module or single parameters are cleared, or replaced by
    what is `given` in their place."""

    target: Value
    given: Value | None = None


@dataclass(eq=False, slots=True)
class GradientsRead(Event):
    """Gradients are looked at: `parameter.grad`."""

    target: Value


@dataclass(eq=False, slots=True)
class GradientsChanged(Event):
    """Gradients are changed in place by hand: something is added to them or copied into them."""

    target: Value


@dataclass(eq=False, slots=True)
class GradientsClipped(Event):
    """Gradients are made smaller where they are large. `text` is the function as written."""

    target: Value | None
    text: str


@dataclass(eq=False, slots=True)
class GradientsUnscaled(Event):
    """A gradient scaler takes its factor out of the gradients of an optimizer."""

    optimizer: Value | None


@dataclass(eq=False, slots=True)
class BackwardRun(Event):
    """A loss is back-propagated. `engine` is the object that does it, if not the loss itself.
    `retains` means that the graph is kept for another time; `weighted` that gradients with regard to
    its numbers are given, as for something that is not a loss."""

    loss: Value | None
    engine: Value | None = None
    retains: bool = False
    weighted: bool = False


@dataclass(eq=False, slots=True)
class GradientsTaken(Event):
    """Gradients are computed functionally (`torch.autograd.grad`): nothing accumulates."""

    loss: Value | None


@dataclass(eq=False, slots=True)
class LossScaled(Event):
    """A loss is scaled up, so that small gradients survive in half precision."""


@dataclass(eq=False, slots=True)
class AutocastEntered(Event):
    """Operations are cast to another type from here on; `dtype` as in `Context.autocast`, `optional`
    whether something else decides if they are cast at all."""

    dtype: str
    optional: bool = False


@dataclass(eq=False, slots=True)
class StateTaken(Event):
    """`state` refers to the very weights of a module: its `state_dict()`, or the module itself
    under a name that says it is the best one."""

    module: Value
    state: Value
    name: str | None = None


@dataclass(eq=False, slots=True)
class StateUsed(Event):
    """Weights that were put aside are loaded into a module, or saved to a file."""

    state: Value
    module: Value | None = None


@dataclass(eq=False, slots=True)
class ObjectLoaded(Event):
    """Something is read from a file that torch has written: weights, or a whole model."""

    value: Value


@dataclass(eq=False, slots=True)
class OptimizerStepped(Event):
    """An optimizer updates its parameters. `text` is the optimizer as written in the code."""

    optimizer: Value
    text: str
    managed: bool = False
    scaler: Value | None = None


@dataclass(eq=False, slots=True)
class OptimizerBuilt(Event):
    """An optimizer is built over parameters."""

    optimizer: Value


@dataclass(eq=False, slots=True)
class ParametersAdded(Event):
    """An optimizer is given further parameters: `add_param_group`."""

    optimizer: Value


@dataclass(eq=False, slots=True)
class ModulePlaced(Event):
    """A module becomes a part of another one, in place of what was there `before`."""

    owner: Value
    module: Value
    before: Value | None = None


@dataclass(eq=False, slots=True)
class MethodNamed(Event):
    """A statement names a method, but does not call it. `text` is the statement as written."""

    receiver: Value
    name: str
    text: str


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
class RateAssigned(Event):
    """A learning rate is written into an optimizer's parameter groups."""

    optimizer: Value | None
    rate: Value


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
class SoftmaxApplied(Event):
    """Softmax, or its logarithm, is taken over a dimension. The place is where the dimension is, or
    should be, written. `axis` is None when it is not known; `implicit` tells that it is left out."""

    operation: str
    tensor: Tensor
    result: Tensor
    axis: int | None
    implicit: bool = False


@dataclass(eq=False, slots=True)
class LogarithmTaken(Event):
    """The logarithm of a tensor is taken."""

    tensor: Tensor


@dataclass(eq=False, slots=True)
class AmountLogged(Event):
    """The score or loss of a batch is written to a log."""

    amount: Amount


@dataclass(eq=False, slots=True)
class WriterBuilt(Event):
    """A log of TensorBoard is opened; `named` tells that its folder may be named after the run."""

    named: bool


@dataclass(eq=False, slots=True)
class NotNumbersReplaced(Event):
    """NaN in a loss is replaced by a number: `result` is what comes out."""

    result: Value


@dataclass(eq=False, slots=True)
class SeedFixed(Event):
    """A generator of random numbers is told where to begin."""


@dataclass(eq=False, slots=True)
class AmountDivided(Event):
    """A count or a loss is divided by something. `refined` says whether what comes out is divided
    or weighted again."""

    amount: Amount
    denominator: Value
    refined: bool = False


@dataclass(eq=False, slots=True)
class SoftmaxByHand(Event):
    """Exponentials are divided by their sum, or the logarithm of a sum of them is taken: `name` is
    the function that does it safely."""

    name: str


@dataclass(eq=False, slots=True)
class BytesSubtracted(Event):
    """A whole number, or other bytes, are subtracted from bytes, and what comes out is used as a
    number; or, where it is None, their sign is turned."""

    subtracted: Value | None


@dataclass(eq=False, slots=True)
class RootTaken(Event):
    """The square root of a mean loss: `result` is what comes out."""

    result: Value


@dataclass(eq=False, slots=True)
class AmountCompared(Event):
    """A count or a loss is compared with something: what is best is decided by it."""

    amount: Amount


@dataclass(eq=False, slots=True)
class ModelCompiled(Event):
    """A model is told the loss and the optimizer of its training; what it was told before is
    forgotten."""

    model: Value


@dataclass(eq=False, slots=True)
class ModelTrained(Event):
    """A model is trained as it was compiled last."""

    model: Value


@dataclass(eq=False, slots=True)
class Reshaped(Event):
    """A tensor's numbers are laid out anew in row-major order. `operation` is `view` or
    `reshape`; `dims` the wished dimensions, None where the library computes one."""

    tensor: Value
    operation: str
    dims: tuple[Number | None, ...]


@dataclass(eq=False, slots=True)
class LayerRun(Event):
    """A layer is given a tensor. `state` is what a recurrent layer is given to begin with; `decided`
    is False when it may have been another layer, depending on the way the program took."""

    layer: Layer
    tensor: Tensor
    state: Value | None = None
    decided: bool = True


@dataclass(eq=False, slots=True)
class AxisRead(Event):
    """An axis of a sequence layer's output vanishes: one place of it is taken, or all are put into
    one number. `place_taken` is the index of that place, None for all; `axis` the index of the axis
    and `length` its length."""

    tensor: Tensor
    axis: int
    length: Number
    place_taken: int | None = None


@dataclass(eq=False, slots=True)
class Squeezed(Event):
    """All axes of length one of a tensor are dropped, whichever they are."""

    tensor: Tensor


@dataclass(eq=False, slots=True)
class Broadcast(Event):
    """A column that a layer has made meets a row of as many numbers: both become a matrix."""

    column: Tensor
    row: Tensor


@dataclass(eq=False, slots=True)
class Fitted(Event):
    """An estimator learns from rows; `labelled` says whether it is given labels to predict."""

    estimator: Value
    rows: RowSet
    kind: str
    labelled: bool = False


@dataclass(eq=False, slots=True)
class Scored(Event):
    """An estimator predicts something for rows, or is scored by them: `method` says how."""

    estimator: Value
    rows: RowSet
    method: str


@dataclass(eq=False, slots=True)
class LabelsLearned(Event):
    """A model learns to predict labels from features, as far as it is known which columns both hold.
    `text` is the model as written."""

    features: Columns
    labels: Columns
    text: str


@dataclass(eq=False, slots=True)
class FitApplied(Event):
    """Rows are transformed by something that has been fitted."""

    fit: Fit
    rows: RowSet


@dataclass(eq=False, slots=True)
class RowsSplit(Event):
    """Rows are divided into sets that must not know of one another. `data` are all the values that
    are divided alike and `lineages` what they had been through by then, `labels` those that only
    labels have, `targets` the names of columns that are labels; `operation` names the call.

    `is_random` says that neighbours come on different sides, `seed` is what makes a random split come out the same again, `size` how much it holds out.
    `by_hand` marks slices and masks, which are a split only if their results are called so;
    `grouped` a split that keeps rows of a group together. Whatever was fitted on both sides and is
    applied to one of them later is added to `applied`.
    """

    data: tuple[Value, ...]
    operation: str
    parts: tuple[RowSet, ...] = ()
    lineages: tuple[Lineage, ...] = ()
    labels: tuple[Lineage, ...] = ()
    targets: tuple[Value, ...] = ()
    by_hand: bool = False
    grouped: bool = False
    is_random: bool = False
    seed: Value | None = None
    size: Value | None = None
    applied: list[Fit] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class NeighboursUsed(Event):
    """Rows get something of the rows before or behind them, or are only sorted by time: their order
    means something. `text` is the operation as written."""

    rows: RowSet
    text: str
    only_sorted: bool = False


@dataclass(eq=False, slots=True)
class RowsShuffled(Event):
    """Samples, or labels, are brought into another order in place. `text` names them as written."""

    value: Value
    text: str


@dataclass(eq=False, slots=True)
class ListingRead(Event):
    """A file is taken by its number from a listing that nobody has sorted. `text` is the code."""

    listing: Value
    position: Value
    text: str


@dataclass(eq=False, slots=True)
class TransformBuilt(Event):
    """A transform of pictures comes into being, or a chain of them."""

    transform: Object


@dataclass(eq=False, slots=True)
class LoaderBuilt(Event):
    """A data loader, or an iterator over pictures in a folder, comes into being."""

    loader: Object


@dataclass(eq=False, slots=True)
class DataGiven(Event):
    """A framework's trainer is given data, `use` says for what: `training`, `validation` or
    `testing`. `callbacks` are what acts on the scores, as far as is known."""

    data: Value
    use: str
    callbacks: Value | None = None


@dataclass(eq=False, slots=True)
class Escaped(Event):
    """Values are handed to code that cannot be looked into. `modes` are the switches that may have
    been the last ones to set the mode of what is called, if it is a module."""

    callee: Value
    arguments: Arguments
    values: tuple[Value, ...]
    modes: "tuple[ModeSwitched, ...]" = ()


@dataclass(eq=False, slots=True)
class TrainerBuilt(Event):
    """A framework's trainer is given the schedule of a whole training, by its arguments."""

    trainer: Value
    arguments: Arguments


@dataclass(eq=False, slots=True)
class NameOverwritten(Event):
    """A loop binds a name anew that the loop around it, `outer`, reads at `read` afterwards."""

    name: str
    outer: Loop
    read: "NodePlace"


@dataclass(eq=False, slots=True)
class LayerBuilt(Event):
    """A layer or a ready model of a library comes into being."""

    layer: Layer


@dataclass(eq=False, slots=True)
class BaseConstructed(Event):
    """The constructor of the library class that an object derives from is run."""

    instance: Value


@dataclass(eq=False, slots=True)
class ModuleBuilt(Event):
    """A module of a project class has been built: its constructor has come to its end."""

    module: Instance


@dataclass(eq=False, slots=True)
class AttributeAssigned(Event):
    """An attribute of a module, an optimizer, a parameter or a tensor is assigned."""

    owner: Value
    name: str
    value: Value


@dataclass(eq=False, slots=True)
class ForwardRun(Event):
    """A module is called on its inputs. What happens in it has indices below `end`.

    `modes` are the switches that may have been the last ones to set the module's mode.
    """

    module: Value
    arguments: Arguments
    output: Value | None = None
    end: int = -1
    modes: "tuple[ModeSwitched, ...]" = ()


@dataclass(eq=False, slots=True)
class ModeSwitched(Event):
    """`train()` or `eval()`: a module and all in it are switched to training or to evaluation;
    `training` is None when nobody knows to which."""

    module: Value
    training: bool | None


@dataclass(eq=False, slots=True)
class GradientModeMade(Event):
    """A gradient mode such as `torch.no_grad()` is made; whether anything enters it shows later."""

    manager: Object


@dataclass(eq=False, slots=True)
class GradientsWanted(Event):
    """Gradients with regard to a tensor are asked for: `x.requires_grad_()`."""

    tensor: Value


@dataclass(eq=False, slots=True)
class DropoutApplied(Event):
    """Dropout is applied by a function. `training` is what switches it on, None when nothing was
    passed; `rate` the share of numbers that it drops."""

    name: str
    rate: Value | None
    training: Value | None


@dataclass(eq=False, slots=True)
class WeightsFilled(Event):
    """The weights of a layer are filled by a `function` of `torch.nn.init`; `adapted` tells that it
    is told of the activation behind the layer."""

    layer: Value
    function: str
    adapted: bool


@dataclass(eq=False, slots=True)
class RandomDrawn(Event):
    """A tensor is filled with random numbers."""

    tensor: Value
