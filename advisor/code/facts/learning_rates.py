"""The learning rates that optimizers are built with."""

import re
from collections.abc import Iterable, Iterator
from typing import Self

from advisor.code.events import (
    BackwardRun,
    BaseConstructed,
    Escaped,
    ForwardRun,
    LayerBuilt,
    Loop,
    LossComputed,
    ModelCompiled,
    ModelTrained,
    OptimizerBuilt,
    OptimizerRestored,
    OptimizerStepped,
    RateAssigned,
    ScheduleBuilt,
    TrainerBuilt,
)
from advisor.code.facts.learning_layers import learning
from advisor.code.facts.loop_lengths import data_of, only_counts
from advisor.code.facts.one_batch import has_one_batch, keeps_targets
from advisor.code.facts.relations import inside
from advisor.code.facts.run import AbstractRun, Fact
from advisor.code.facts.unit_tests import holds_unit_tests
from advisor.code.nodes import passed_by_name
from advisor.code.sources import NodePlace
from advisor.code.values import (
    Activation,
    Amount,
    Dictionary,
    Instance,
    Layer,
    Object,
    Optimizer,
    Scalar,
    Schedule,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    known_constant,
    meaning_of,
)
from advisor.lazy_dataclasses import dataclass
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
# So few samples are learned by heart, and fill no more than a batch.
FEW_SAMPLES = 32
_EMBEDS = re.compile(r"^torch\.nn\.Embedding")


@dataclass(frozen=True, slots=True)
class LearningRate(Fact):
    """The constant rate of an optimizer over the parameters of a model, which nothing raises and
    no option, loop or search sets. `optimizer` is its class; `kind` says of the model whether it is
    `pretrained`, holds a `transformer`, is `deep`, has at least two `layers`, is a `line`, or what is known of it is
    `little`;
    `classifies` tells that all losses are means over batches that compare scores of classes, `regresses` that all
    are squares, `averages` that they are means of these over batches; `squared` how many numbers that nothing keeps
    small each sample has in the mean of them, where that is known; `sees_all` that each step goes by the same
    samples, or that there are but a few. `is_of_group` tells that other parameters have rates of their own."""

    optimizer: str
    rate: float
    place: NodePlace
    kind: str = "little"
    classifies: bool = False
    regresses: bool = False
    averages: bool = False
    squared: int | None = None
    sees_all: bool = False
    is_of_group: bool = False

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
                squared = run.once(_squared) if averages else None
                losses = classifies, regresses, averages, squared
                yield cls(name, rate, event.place, kind, *losses, _sees_all(run, made))
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
                constant, kind = float(rate.number.constant), _kind_of(made)
                yield cls(name, constant, event.place, kind, is_of_group=True)

    @classmethod
    def _of_keras(cls, run: AbstractRun) -> Iterator[Self]:
        """The rates of the optimizers that models of Keras are compiled with."""
        layers = {
            event.layer.place
            for event in run.events(LayerBuilt)
            if _LEARNS_IN_KERAS.search(event.layer.path)
        }
        found: dict[Optimizer, tuple[float, str]] = {}
        memorises = {each.model for each in run.events(ModelTrained) if _is_shown_few(each)}
        for event in run.events(ModelCompiled):
            made = event.optimizer
            if not isinstance(made, Optimizer) or made.arguments.unknown or event.context.loops:
                continue
            if event.model in memorises:
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


def _squared(run: AbstractRun) -> int | None:
    """How many numbers each sample has in a mean of squares, of those that come from a linear layer as they
    are: what a sigmoid has bounded goes astray with no rate, and each of many has a small share in the mean."""
    found: set[int | None] = set()
    for loss in run.events(LossComputed):
        given = loss.prediction
        scale = given.scale if isinstance(given, Tensor) else None
        linear = scale is not None and scale.activation is Activation.LOGITS
        last = given.shape.known_axis(-1) if isinstance(given, Tensor) and linear else None
        found.add(None if last is None else last.integer)
    return None if not found or None in found else max(each or 0 for each in found)


def _is_shown_few(trained: ModelTrained) -> bool:
    """Whether a model of Keras is fitted to no more samples than a batch holds."""
    samples = trained.arguments.get(0, "x")
    rows = samples.shape.axis(0) if isinstance(samples, (Tensor, Unknown)) else None
    return rows is not None and rows.integer is not None and rows.integer <= FEW_SAMPLES


def _sees_all(run: AbstractRun, optimizer: Optimizer) -> bool:
    """Whether an optimizer is stepped in loops that only count, in each round of which a model is given
    the same samples, or in loops over a few of them."""
    loops = [
        event.context.loops[-1] if event.context.loops else None
        for event in run.events(OptimizerStepped)
        if event.optimizer is optimizer
    ]
    around = {loop.node: loop for loop in loops if loop is not None}
    return (
        bool(loops)
        and None not in loops
        and all(_is_of_same(run, each) for each in around.values())
    )


def _is_of_same(run: AbstractRun, loop: Loop) -> bool:
    """Whether the steps in a loop see the same samples again and again."""
    if not only_counts(loop):
        return _goes_over_few(loop)
    return has_one_batch(run, loop) or keeps_targets(run, loop) or _goes_over_same(run, loop)


def _goes_over_few(loop: Loop) -> bool:
    """Whether a loop goes over a few samples that the program lists."""
    listed = list(_gone_over(loop))
    lengths = [len(each.items) for each in listed if isinstance(each, Sequence) and each.items]
    return bool(lengths) and len(lengths) == len(listed) and max(lengths) <= FEW_SAMPLES


def _goes_over_same(run: AbstractRun, outer: Loop) -> bool:
    """Whether all that a model is given in the rounds of a loop comes from loops inside of it that go over
    the same each time."""
    by_round: dict[int, set[Value]] = {}
    for event in run.events(ForwardRun):
        index = next(
            (i for i, each in enumerate(event.context.loops) if each.node is outer.node), None
        )
        if index is None or event.context.running:
            continue
        inside = [each for each in event.context.loops[index + 1 :] if not only_counts(each)]
        if not inside:
            return False
        number = event.context.rounds[index].index
        by_round.setdefault(number, set()).update(_gone_over(inside[0]))
    return len(by_round) > 1 and len(set(map(frozenset, by_round.values()))) == 1


def _gone_over(loop: Loop) -> Iterator[Value]:
    """What a loop goes over, all of it at once."""
    data = data_of(loop)
    if isinstance(data, Object) and data.path == "builtins.zip":
        yield from data.arguments.positional
    elif data is not None:
        yield data


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
    # Each row of a table is moved by the few samples that name it.
    dense = [layer for layer in layers if not _EMBEDS.search(layer.path)]
    is_ready = any(not layer.path.startswith("torch.nn.") for layer in dense)
    if is_ready or len(dense) >= FEWEST_LAYERS:
        return "deep"
    if len(dense) > 1 or (dense and dense != layers):
        return "layers"
    return "line" if all(map(_is_of_one_layer, optimizer.owners)) else "little"


def _is_of_one_layer(owner: Value) -> bool:
    """Whether a model is a layer, or is of a class of the project that is seen to hold at most one, or tables, and
    perhaps parameters of its own: a line through numbers of any size, a prompt, a camera, a Gaussian process."""
    if isinstance(owner, Layer):
        return owner.path == "torch.nn.Linear"
    if not isinstance(owner, Instance):
        return False
    layers = [layer for layer in learning(owner) if not _EMBEDS.search(layer.path)]
    return all(layer.path == "torch.nn.Linear" for layer in layers)


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
    if run.once(_only_judges):
        return None
    return None if constant is None else float(constant)


def _only_judges(run: AbstractRun) -> bool:
    """Whether models run and nothing learns: what asks for an optimizer makes no use of it."""
    runs = any(True for _ in run.events(ForwardRun))
    learns = run.events_among(BackwardRun, OptimizerStepped, ModelTrained)
    return runs and not learns


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
