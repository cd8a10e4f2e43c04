"""The learning rates that optimizers are built with."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from advisor.code.events import (
    BaseConstructed,
    Escaped,
    LayerBuilt,
    LossComputed,
    ModelCompiled,
    OptimizerBuilt,
    OptimizerRestored,
    OptimizerStepped,
    RateAssigned,
    ScheduleBuilt,
    TrainerBuilt,
)
from advisor.code.facts.learning_layers import learning
from advisor.code.facts.loop_lengths import only_counts
from advisor.code.facts.one_batch import has_one_batch
from advisor.code.facts.relations import inside
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.nodes import passed_by_name
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Amount,
    Dictionary,
    Instance,
    Layer,
    Optimizer,
    Scalar,
    Schedule,
    Sequence,
    Unknown,
    Value,
    alternatives,
    known_constant,
    meaning_of,
)
from advisor.rulebook import Draft

# Schedules whose largest rate is the one that the optimizer was built with.
_PEAK_AT_THE_RATE = frozenset(
    ["StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "ReduceLROnPlateau"]
    + ["CosineAnnealingWarmRestarts", "PolynomialLR", "get_constant_schedule"]
    + [
        f"get_{name}_schedule_with_warmup"
        for name in ("constant", "linear", "cosine", "polynomial_decay", "inverse_sqrt")
    ]
)
# Those of them that multiply it by what they are told, and where that stands among their arguments.
_FACTORS = {"StepLR": 2, "MultiStepLR": 2, "ExponentialLR": 1}
# What trains a few new parameters beside those of the model, and with larger rates.
_FEW_PARAMETERS = re.compile(r"peft|prompt|adapter|lora|prefix", re.IGNORECASE)

_TRAINS_A_PART = re.compile(rf"{_FEW_PARAMETERS.pattern}|requires_grad|freeze", re.IGNORECASE)
_TRANSFORMER = re.compile(r"^torch\.nn\.(Transformer|MultiheadAttention)|^transformers\.")
# What a model of Keras learns in, and what sets its rates as it learns.
_LEARNS_IN_KERAS = re.compile(
    r"keras\.layers\.(Dense|\w*Conv|LSTM|GRU|SimpleRNN|Embedding|\w*Attention)"
)
_DENSE = "keras.layers.Dense"
_BENDS = re.compile(r"Activation|ReLU|ELU|Softmax|Softplus")
_SETS_RATES = re.compile(
    r"LearningRateScheduler|set_value\(|\.assign\(|warm_?up|find_lr|lr_find", re.IGNORECASE
)
_WRITES_RATES = re.compile(r"\[['\"]lr['\"]\]\s*=[^=]")
# With fewer layers that learn it may be a toy.
FEWEST_LAYERS = 3


@dataclass(frozen=True, slots=True)
class LearningRate(Fact):
    """The constant rate of an optimizer over the parameters of a model, which nothing raises and
    no option, loop or search sets. `optimizer` is its class; `kind` says of the model whether it is
    `pretrained`, holds a `transformer`, is `deep`, has at least two `layers`, is a `line`, or what is known of it is
    `little`;
    `classifies` tells that all losses are means over batches that compare scores of classes, `regresses` that all
    are squares, `averages` that they are means of these over batches; `sees_all` that each step goes by the same
    samples."""

    optimizer: str
    rate: float
    place: NodePlace
    kind: str = "little"
    classifies: bool = False
    regresses: bool = False
    averages: bool = False
    sees_all: bool = False

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every optimizer whose rate is a constant of the program; toys of unit tests are left out."""
        if holds_unit_tests(run):
            return
        built = list(run.events(OptimizerBuilt))
        rates: dict[object, set[float | None]] = {}
        for event in built:
            rates.setdefault(event.place.node, set()).add(_rate_of(run, event))
        for event in built:
            found, made = rates.pop(event.place.node, set()), event.optimizer
            # What is built with several rates at one place is being searched for.
            rate = found.pop() if len(found) == 1 else None
            yield from cls._of_groups(run, event)
            if rate is not None and isinstance(made, Optimizer) and not _is_of_groups(made):
                name, classifies = made.path.rsplit(".", 1)[-1], run.once(_classifies)
                kind = _kind_of(made)
                if kind == "pretrained" and _TRAINS_A_PART.search(run.source.text):
                    kind = "transformer"
                regresses = run.once(_regresses)
                averages = regresses and run.once(_averages)
                means = classifies, regresses, averages
                yield cls(name, rate, event.place, kind, *means, _sees_all(run, made))
        yield from cls._of_keras(run)
        trainers = list(run.events(TrainerBuilt))
        if trainers and not _FEW_PARAMETERS.search(run.source.text):
            for trainer in trainers:
                yield from cls._of_trainer(trainer)

    @classmethod
    def _of_groups(cls, run: AbstractRun, event: OptimizerBuilt) -> Iterator[Self]:
        """The rates that groups of parameters are given of their own."""
        made = event.optimizer
        groups = made.argument(0, "params") if isinstance(made, Optimizer) else None
        if not isinstance(made, Optimizer) or not isinstance(groups, Sequence):
            return
        if event.context.loops or not _is_plain(made) or _changes(run, made):
            return
        for group in groups.items or ():
            rate = group.items.get("lr") if isinstance(group, Dictionary) else None
            if isinstance(rate, Scalar) and not rate.configurable and rate.number.constant:
                name = made.path.rsplit(".", 1)[-1]
                yield cls(name, float(rate.number.constant), event.place, _kind_of(made))

    @classmethod
    def _of_keras(cls, run: AbstractRun) -> Iterator[Self]:
        """The rates of the optimizers that models of Keras are compiled with."""
        layers = {
            event.layer.place
            for event in run.events(LayerBuilt)
            if _LEARNS_IN_KERAS.search(event.layer.path)
        }
        found: dict[Optimizer, tuple[float, str]] = {}
        for event in run.events(ModelCompiled):
            made = event.optimizer
            if not isinstance(made, Optimizer) or made.arguments.unknown or event.context.loops:
                continue
            given = made.arguments
            told = given.get(0, "learning_rate") or given.keywords.get("lr")
            if isinstance(told, Scalar) and not told.configurable and told.number.constant:
                own = _learning_in_stack(event.model)
                count = len(layers) if own is None else own
                kind = "deep" if count >= FEWEST_LAYERS else "line" if own == 1 else "little"
                found[made] = float(told.number.constant), kind
        if not found or _SETS_RATES.search(run.source.text):
            return
        for optimizer, (rate, kind) in found.items():
            name = optimizer.path.rsplit(".", 1)[-1].replace("Nadam", "NAdam")
            if optimizer.place is not None and name != "Adadelta":
                yield cls(name, rate, optimizer.place, kind)

    @classmethod
    def _of_trainer(cls, event: TrainerBuilt) -> Iterator[Self]:
        """The rate that the trainer of transformers gives to its own optimizer."""
        given = event.arguments.keywords
        rate = given.get("learning_rate")
        if not isinstance(rate, Scalar) or rate.configurable or "optim" in given:
            return
        constant, written = rate.number.constant, passed_by_name(event.place.node, "learning_rate")
        if constant and written is not None:
            yield cls("Trainer", float(constant), NodePlace(event.place.source, written))

    def finding(self, message: str) -> Draft:
        """A finding where the optimizer is built."""
        return Draft(self.place, message)


def _learning_in_stack(model: Value) -> int | None:
    """How many layers of a stack of Keras learn; None where not all are known, or where a part has
    layers of its own."""
    children = model.fields.get("children") if isinstance(model, Layer) else None
    parts = children.items if isinstance(children, Sequence) else None
    if not parts or not all(
        isinstance(each, Layer) and each.path.startswith("keras.layers.") for each in parts
    ):
        return None
    found = [
        each for each in parts if isinstance(each, Layer) and _LEARNS_IN_KERAS.search(each.path)
    ]
    if all(each.path == _DENSE and each.argument(1, "activation") is None for each in found):
        bends = any(isinstance(each, Layer) and _BENDS.search(each.path) for each in parts)
        return len(found) if bends else min(len(found), 1)  # nothing but a line
    return len(found)


def _classifies(run: AbstractRun) -> bool:
    """Whether scores of classes are compared with labels, in means over batches alone."""
    losses = list(run.events(LossComputed))
    return bool(losses) and all(
        each.expects in {"logits", "binary_logits"} and _is_mean(each) for each in losses
    )


def _regresses(run: AbstractRun) -> bool:
    """Whether all losses are squares of differences, whose gradients grow with these."""
    losses = list(run.events(LossComputed))
    return bool(losses) and all(
        re.search(r"mse_?loss$", each.path, re.IGNORECASE) for each in losses
    )


def _averages(run: AbstractRun) -> bool:
    """Whether all losses are means over batches: sums may be as large as a picture has pixels."""
    return all(_is_mean(each) for each in run.events(LossComputed))


def _sees_all(run: AbstractRun, optimizer: Optimizer) -> bool:
    """Whether an optimizer is stepped in a loop that only counts, in each round of which a model is given
    the same samples."""
    loops = [
        event.context.loops[-1] if event.context.loops else None
        for event in run.events(OptimizerStepped)
        if event.optimizer is optimizer
    ]
    return (
        bool(loops)
        and all(each is not None and only_counts(each) for each in loops)
        and all(
            has_one_batch(run, each)
            for each in {loop.node: loop for loop in loops if loop is not None}.values()
        )
    )


def _is_mean(loss: LossComputed) -> bool:
    meaning = meaning_of(loss.result)
    return isinstance(meaning, Amount) and meaning.kind == "mean"


def _is_of_groups(optimizer: Optimizer) -> bool:
    """Whether groups of parameters have rates of their own: the common one may be for nothing."""
    groups = optimizer.argument(0, "params")
    items = groups.items if isinstance(groups, Sequence) else None
    if items is None and isinstance(groups, Sequence):
        items = tuple(alternatives(groups.element))
    return any(isinstance(each, Dictionary) and "lr" in each.items for each in items or ())


def _kind_of(optimizer: Optimizer) -> str:
    layers = [layer for owner in optimizer.owners for layer in learning(owner)]
    if any(_is_ready(owner) for owner in optimizer.owners):
        return "pretrained"
    parts = (part for owner in optimizer.owners for part in inside(owner))
    if any(_TRANSFORMER.search(layer.path) for layer in layers) or any(map(_is_ready, parts)):
        return "transformer"
    is_ready = any(not layer.path.startswith("torch.nn.") for layer in layers)
    if is_ready or len(layers) >= FEWEST_LAYERS:
        return "deep"
    if len(layers) > 1:
        return "layers"
    return "line" if all(map(_is_of_one_layer, optimizer.owners)) else "little"


def _is_of_one_layer(owner: Value) -> bool:
    """Whether a model is a layer, or is known to have at most one and perhaps parameters of its own: a line
    through numbers of any size, a prompt, a picture."""
    if isinstance(owner, Layer):
        return owner.path == "torch.nn.Linear"
    if not isinstance(owner, Instance) or owner.cls.has_unknown_base():
        return False
    parts = [part for part in inside(owner) if isinstance(part, (Layer, Instance, Unknown))]
    learn = [
        part for part in parts if any(True for _ in learning(part)) or isinstance(part, Unknown)
    ]
    return all(isinstance(part, Layer) and part.path == "torch.nn.Linear" for part in learn)


def _is_ready(value: Value) -> bool:
    """Whether a value is what `AutoModel.from_pretrained` and its like return."""
    return isinstance(value, Unknown) and value.name == "from_pretrained()"


def _rate_of(run: AbstractRun, event: OptimizerBuilt) -> float | None:
    made = event.optimizer
    if not isinstance(made, Optimizer) or event.context.loops or not _is_plain(made):
        return None
    rate = made.argument(1, "lr")
    if not isinstance(rate, Scalar) or rate.configurable or _changes(run, made):
        return None
    constant = rate.number.constant
    if constant == 0 and not _steps_as_built(run, made):
        return None
    return None if constant is None else float(constant)


def _steps_as_built(run: AbstractRun, optimizer: Optimizer) -> bool:
    """Whether it is stepped with the rate that it was built with. A rate of 0 may stand for the one that
    comes with the state of a saved optimizer; and what only clears gradients needs none."""
    stepped = any(event.optimizer is optimizer for event in run.events(OptimizerStepped))
    restored = any(event.optimizer is optimizer for event in run.events(OptimizerRestored))
    return stepped and not restored


def _is_plain(optimizer: Optimizer) -> bool:
    """Whether an optimizer of torch is over all parameters of models, with one rate."""
    from_torch = optimizer.path.startswith("torch.optim.") and not optimizer.arguments.unknown
    owners = optimizer.owners
    are_models = all(isinstance(owner, (Layer, Instance, Unknown)) for owner in owners)
    return from_torch and optimizer.complete and bool(owners) and are_models


def _changes(run: AbstractRun, optimizer: Optimizer) -> bool:
    """Whether the rate that the optimizer was built with may not be the one it is used with."""
    for assigned in run.events(RateAssigned):
        if assigned.optimizer is None or assigned.optimizer is optimizer:
            return True
    if any(_is_schedule(event.instance) for event in run.events(BaseConstructed)):
        return True
    if any(optimizer in event.values for event in run.events(Escaped)):
        return True
    stepped = any(event.optimizer is optimizer for event in run.events(OptimizerStepped))
    if not stepped and _WRITES_RATES.search(run.source.text):
        # A wrapper that the caller steps may write the rate before each step.
        return True
    for built in run.events(ScheduleBuilt):
        schedule = built.schedule
        if not isinstance(schedule, Schedule) or optimizer not in alternatives(schedule.optimizer):
            continue
        if schedule.path.rsplit(".", 1)[-1] not in _PEAK_AT_THE_RATE or _may_rise(schedule):
            return True
    return False


def _may_rise(schedule: Schedule) -> bool:
    """Whether a schedule multiplies the rate again and again by what is not known to be at most 1."""
    index = _FACTORS.get(schedule.path.rsplit(".", 1)[-1])
    given = None if index is None else schedule.argument(index, "gamma")
    factor = None if given is None else known_constant(given)
    if given is not None and (factor is None or factor > 1):
        return True
    return index is not None and schedule.arguments.unknown


def _is_schedule(value: Value) -> bool:
    """Whether an object is of a project class that is a schedule: it sets rates of its own."""
    return isinstance(value, Instance) and any(
        path.startswith("torch.optim.lr_scheduler.") for path in value.cls.library_bases()
    )
