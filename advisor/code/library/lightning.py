"""Lightning: what `trainer.fit(model)` does with the hooks that a module defines.

With automatic optimization there is no step in the user's code, and nothing to forget. With manual
optimization the training step steps by itself; the trainer repeats it.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    BestScoreRead,
    DataGiven,
    Loop,
    LossReturned,
    MetricWatched,
    Round,
    ScheduleBuilt,
    ScheduleConfigured,
    ScheduleLeftOut,
    ScheduleStepped,
    StepLogged,
)
from advisor.code.interpreter import calls
from advisor.code.library.keras_data import CHOOSES
from advisor.code.library.models import Call, function, hook, method, observes, reads
from advisor.code.library.torch_data import LOADER, batch_of
from advisor.code.nodes import as_written
from advisor.code.sources import NodePlace
from advisor.code.symbols import Number
from advisor.code.values import (
    Arguments,
    Constant,
    Dictionary,
    Function,
    Instance,
    Object,
    Optimizer,
    Scalar,
    Schedule,
    Sequence,
    Unknown,
    Value,
    alternatives,
    is_constant,
    known_text,
    one_or_several,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

MODULE = "lightning.pytorch.LightningModule"
DATA_MODULE = "lightning.pytorch.LightningDataModule"
TRAINER = "lightning.pytorch.Trainer"

_OPTIMIZERS = "__optimizers__"
_SCHEDULES = "__schedules__"
# Hooks that run with each batch, in their order.
_AROUND_STEP = ("on_train_batch_start", "training_step", "on_train_batch_end")
# Hooks that run behind the validation in each epoch, where a module may step its own schedules.
_AFTER_VALIDATION = ("on_validation_epoch_end", "on_validation_end")


@function(*(f"lightning.pytorch.callbacks.{name}" for name in CHOOSES))
def callback(call: Call) -> Value | None:
    """A callback that watches a metric."""
    return Object(call.path, call.arguments, call.place)


@reads("best_model_score")
def best_score_read(machine: "Machine", receiver: Value, node: cst.CSTNode) -> None:
    """`checkpoint.best_model_score`: the score of the weights that were kept, by which they were chosen."""
    if isinstance(receiver, Object) and receiver.path.startswith("lightning.pytorch.callbacks."):
        machine.emit(BestScoreRead(machine.place(node), machine.context, receiver))


_JUDGING_STEPS = frozenset(["validation_step", "test_step"])
# What a number is called that says nothing of how good a model is.
_IS_NO_SCORE = re.compile(r"(?<![a-z])(?:num|count|size|lr|time|memory|epoch)s?(?![a-z])")


@observes("log", "log_dict")
def step_logged(
    machine: "Machine",
    operation: str,
    operands: tuple[Value, ...],
    result: Value,
    node: cst.CSTNode,
) -> None:
    """`self.log(name, value)` in a step of an evaluation."""
    if not operands or not isinstance(operands[0], Instance) or not isinstance(node, cst.Call):
        return
    if not any(function.name in _JUDGING_STEPS for function in machine.context.functions):
        return
    if node.args and _IS_NO_SCORE.search(as_written(node.args[0].value)):
        return
    given = {each.keyword.value: each.value for each in node.args if each.keyword is not None}
    means = given.get("on_epoch")
    alone = isinstance(means, cst.Name) and means.value == "False"
    machine.emit(StepLogged(machine.place(node), machine.context, operands[-1], not alone))


@function(TRAINER)
def trainer(call: Call) -> Value | None:
    """A trainer that remembers for how long it trains."""
    return Object(TRAINER, call.arguments, call.place)


@method(MODULE, "optimizers", "lr_schedulers")
def optimizers_of_module(call: Call) -> Value | None:
    """`self.optimizers()`: what `configure_optimizers` has made, the same each time."""
    module = call.receiver
    assert isinstance(module, Instance)
    name = call.path.rsplit(".", 1)[-1]
    key = _OPTIMIZERS if name == "optimizers" else _SCHEDULES
    found = module.fields.get(key)
    if not isinstance(found, Value):
        found = call.machine.unknown(name, call.node)
        call.machine.store(module.fields, key, found)
    return found


@method(TRAINER, "fit")
def fit(call: Call) -> Value | None:
    """`trainer.fit(module)`: the training step in a loop over batches in a loop over epochs."""
    module = call.argument(0, "model")
    if not isinstance(call.receiver, Object):
        return None
    if not isinstance(module, Instance):
        _give_loaders(call)
        return None
    loader = _give_data(call, module)
    step = module.cls.find("training_step")
    if not isinstance(step, Function):
        return None
    schedules = _configure(call, module)
    epochs = _loop_over_epochs(call)
    batches = Loop(step.node, NodePlace(step.scope.source, step.node))

    def epoch() -> None:
        _run_hook(call, module, "on_train_epoch_start")
        _repeat(call.machine, batches, batch)
        if _is_manual(module):
            for each in _AFTER_VALIDATION:
                _run_hook(call, module, each)
        _run_hook(call, module, "on_train_epoch_end")
        _advance(call, module, schedules, "epoch")

    def batch() -> None:
        given = [] if loader is None else [batch_of(call.machine, loader, call.node)]
        for each in _AROUND_STEP:
            made = _run_hook(call, module, each, given if each == "training_step" else [])
            if each == "training_step" and made is not None and not _is_manual(module):
                _tell_returned(call, made)
        _advance(call, module, schedules, "step")

    with call.machine.decided():  # one of several trainers: all of them train this module
        _repeat(call.machine, epochs, epoch)
    return None


def _tell_returned(call: Call, made: Value) -> None:
    """Tell of the loss that a training step gives back, by itself or under its name."""
    loss = made.items.get("loss") if isinstance(made, Dictionary) else made
    if loss is not None and not is_constant(loss, None):
        call.machine.emit(LossReturned(call.place, call.context, loss))


def tell_given(call: Call, data: Value, use: str) -> None:
    """Tell what a trainer is given, and what its callbacks choose by it."""
    chooses = _chosen(call.receiver) if use == "validation" else None
    call.machine.emit(DataGiven(call.place, call.context, data, use, chooses=chooses))


def _chosen(made: Value | None) -> str | None:
    """What the callbacks of a trainer choose by a metric on the data that it validates with."""
    given = made.argument(-1, "callbacks") if isinstance(made, Object) else None
    for each in one_or_several(given):
        name = each.path.rsplit(".", 1)[-1] if isinstance(each, Object) else None
        if not isinstance(each, Object) or name not in CHOOSES:
            continue
        monitor = known_text(each.argument(0 if name == "EarlyStopping" else 2, "monitor"))
        if monitor is not None and "train" not in monitor:
            return CHOOSES[name]
    return None


def _give_loaders(call: Call) -> tuple[Instance | None, Value | None]:
    """Tell of the loaders that a trainer is handed, whatever it trains: the data module among them, and
    what it is to train with."""
    source, trained_with = None, None
    for use, index, name in _GIVEN:
        given = call.argument(index, name)
        if isinstance(given, Instance):
            source = given
        elif given is not None:
            trained_with = given if use == "training" else trained_with
            tell_given(call, given, use)
    return source, trained_with


# Under this key a trainer has what it asked for data last, which it asks again for a test.
_SOURCE = ("source of data",)
_GIVEN = (("training", 1, "train_dataloaders"), ("validation", 2, "val_dataloaders"))
_HOOKS = (("training", "train_dataloader"), ("validation", "val_dataloader"))


@method(TRAINER, "test")
def test(call: Call) -> Value | None:
    """`trainer.test(module, loader)`: what judges the module in the end."""
    module = call.argument(0, "model")
    given = call.argument(1, "dataloaders")
    source = call.argument(4, "datamodule")
    if isinstance(given, Instance):
        given, source = None, given
    if isinstance(call.receiver, Object):
        source = source or call.receiver.fields.get(_SOURCE)
    for each in (source, module):
        if given is None and isinstance(each, Instance):
            given = _run_hook(call, each, "test_dataloader")
    if given is not None:
        tell_given(call, given, "testing")
    return None


@hook("made_alone")
def asked_for_data(machine: "Machine", value: Value, node: cst.CSTNode) -> None:
    """Whoever makes a data module, a trainer asks it for its data."""
    if isinstance(value, Instance) and DATA_MODULE in value.cls.library_bases():
        call = Call(machine, TRAINER, Arguments(), node)
        _run_hook(call, value, "prepare_data")
        _run_hook(call, value, "setup")
        for use, name in _HOOKS:
            made = _run_hook(call, value, name)
            if made is not None:
                place = made.place or machine.place(node)
                machine.emit(DataGiven(place, machine.context, made, use))


def _give_data(call: Call, module: Instance) -> Object | None:
    """The loaders that a trainer is handed, or that the module or its data module makes: the one that
    the module is trained with, if it is known."""
    source, trained_with = _give_loaders(call)
    source = source or module
    given = call.argument(3, "datamodule")
    source = given if isinstance(given, Instance) else source
    if isinstance(call.receiver, Object):
        call.machine.store(call.receiver.fields, _SOURCE, source)
    if source is not module or module.cls.find("train_dataloader") is not None:
        # A module that makes its own loaders makes their data sets in the same hooks.
        _run_hook(call, source, "prepare_data")
        _run_hook(call, source, "setup")
    for use, name in _HOOKS:
        made = _run_hook(call, source, name)
        if made is not None:
            trained_with = made if use == "training" else trained_with
            tell_given(call, made, use)
    known = isinstance(trained_with, Object) and trained_with.path == LOADER
    return trained_with if known and isinstance(trained_with, Object) else None


def _run_hook(
    call: Call, module: Instance, name: str, given: list[Value] | None = None
) -> Value | None:
    """Run a hook that the module defines, with arguments that are not known behind those that are."""
    found = module.cls.find(name)
    if not isinstance(found, Function):
        return None
    passed = Arguments(list(given or ()), unknown=True)
    return calls.call_function(call.machine, found, passed, call.node, module)


def _loop_over_epochs(call: Call) -> Loop:
    assert isinstance(call.receiver, Object)
    given = call.receiver.arguments.keywords.get("max_epochs")
    trips: Number | None = given.number if isinstance(given, Scalar) else None
    names = given.names if isinstance(given, Scalar) else frozenset()
    option = given.configurable if isinstance(given, Scalar) else None
    return Loop(call.node, call.place, None, trips, names=names, configurable=option)


def _repeat(machine: "Machine", loop: Loop, body: Callable[[], None]) -> None:
    """Run a round of a loop twice; once is enough inside the second round of another."""
    again = not any(each.index for each in machine.context.rounds)
    machine.begin()
    with machine.round(Round(loop, 0)):
        body()
    before = machine.keep()
    if again:
        machine.widen(before)
        with machine.round(Round(loop, 1)):
            body()
    machine.blur(before)


# --- configure_optimizers -----------------------------------------------------------------


def _configure(call: Call, module: Instance) -> list[tuple[Schedule, str]]:
    """Run `configure_optimizers`; what it makes becomes known to the module. Returns the schedules
    that the trainer steps, each with `epoch` or `step`."""
    configured = _run_hook(call, module, "configure_optimizers")
    if configured is None:
        return []
    optimizers = list(_optimizers_in(configured))
    if optimizers:
        made: Value = optimizers[0]
        if len(optimizers) > 1:
            made = Sequence("list", tuple(optimizers))
        call.machine.store(module.fields, _OPTIMIZERS, made)
    schedules = list(_schedules_in(configured))
    known = list(_all_in(configured))
    if _is_manual(module) and schedules and all(each is not None for each in known):
        handed: list[Value] = [each for each in known if isinstance(each, Schedule)]
        several = Sequence("list", tuple(handed)) if len(handed) > 1 else handed[0]
        call.machine.store(module.fields, _SCHEDULES, several)
    return schedules


@hook("returned by configure_optimizers")
def configured(machine: "Machine", receiver: Value, result: Value) -> None:
    """The schedules that the trainer of a module is to step, and how often."""
    if not isinstance(receiver, Instance) or MODULE not in receiver.cls.library_bases():
        return
    if _is_manual(receiver) or receiver.cls.find("lr_scheduler_step") is not None:
        return
    for schedule, interval in _schedules_in(result):
        place = schedule.place
        if place is not None:
            machine.emit(ScheduleConfigured(place, machine.context, schedule, interval))
    _tell_monitors(machine, receiver, result)
    _tell_left_out(machine, receiver, result)


def _tell_monitors(machine: "Machine", module: Instance, result: Value) -> None:
    """Tell which metric each schedule is to watch."""
    held_out = module.cls.find("validation_step") is not None
    for option in alternatives(result):
        found = option.items.get("lr_scheduler") if isinstance(option, Dictionary) else option
        beside = option.items if isinstance(option, Dictionary) else {}
        for each in _dictionaries_in(found):
            schedule = each if isinstance(each, Schedule) else each.items.get("scheduler")
            items = {**beside, **(each.items if isinstance(each, Dictionary) else {})}
            monitor = known_text(items.get("monitor"))
            if isinstance(schedule, Schedule) and schedule.place is not None and monitor:
                event = MetricWatched(schedule.place, machine.context, schedule, monitor, held_out)
                machine.emit(event)


def _dictionaries_in(value: Value | None) -> Iterator[Schedule | Dictionary]:
    match value:
        case Schedule() | Dictionary():
            yield value
        case Sequence():
            for item in value.items or ():
                yield from _dictionaries_in(item)


def _tell_left_out(machine: "Machine", module: Instance, result: Value) -> None:
    """Tell of schedules that are made, while all that is handed to the trainer is known."""
    function = module.cls.find("configure_optimizers")
    handed = list(_all_in(result))
    if not handed or any(each is None for each in handed):
        return
    # Another trainer may have asked before, and was handed what was made at the same places.
    places = {each.place.node for each in handed if isinstance(each, Schedule) and each.place}
    for event in list(machine.trace):
        if not isinstance(event, ScheduleBuilt) or event.place.node in places:
            continue
        if any(each is function for each in event.context.functions):
            machine.emit(ScheduleLeftOut(event.place, event.context, event.schedule))


def _all_in(value: Value | None) -> Iterator[Value | None]:
    """The optimizers and schedules in what `configure_optimizers` returns on any way; None for what
    is not known."""
    for option in alternatives(value):
        match option:
            case Schedule():
                yield option
                for part in option.arguments.values():
                    yield from _chained_in(part)
            case Optimizer():
                yield option
            case Sequence() if option.items is not None:
                for item in option.items:
                    yield from _all_in(item)
            case Dictionary() if option.other is None:
                for key in ("optimizer", "lr_scheduler", "scheduler"):
                    if key in option.items:
                        yield from _all_in(option.items[key])
            case _:
                yield None


def _chained_in(part: Value) -> Iterator[Value | None]:
    """The schedules that another one is made of; None for a list of which not every item is known, and
    which may hold more of them."""
    for option in alternatives(part):
        if isinstance(option, Sequence) and option.items is None:
            may_be_schedules = option.element is None or any(
                isinstance(each, (Schedule, Unknown)) for each in alternatives(option.element)
            )
            if may_be_schedules:
                yield None
        elif isinstance(option, (Schedule, Sequence)):
            yield from (each for each in _all_in(option) if each is not None)


def _optimizers_in(value: Value) -> Iterator[Optimizer]:
    """The optimizers in any of the forms that `configure_optimizers` may return."""
    match value:
        case Optimizer():
            yield value
        case Sequence():
            for item in value.items or ():
                yield from _optimizers_in(item)
        case Dictionary() if isinstance(value.items.get("optimizer"), Value):
            yield from _optimizers_in(value.items["optimizer"])


def _schedules_in(value: Value) -> Iterator[tuple[Schedule, str]]:
    """The schedules in it that are stepped at each epoch or step, without further conditions."""
    match value:
        case Schedule():
            yield value, "epoch"
        case Sequence():
            for item in value.items or ():
                yield from _schedules_in(item)
        case Dictionary():
            yield from _schedules_in_dictionary(value)


def _schedules_in_dictionary(value: Dictionary) -> Iterator[tuple[Schedule, str]]:
    items = value.items
    if "lr_scheduler" in items:
        yield from _schedules_in(items["lr_scheduler"])
    schedule = items.get("scheduler")
    if not isinstance(schedule, Schedule) or value.other is not None:
        return
    interval = known_text(items.get("interval", Constant("epoch")))
    if interval is not None and "frequency" not in items:
        yield schedule, interval


def _advance(
    call: Call, module: Instance, schedules: list[tuple[Schedule, str]], interval: str
) -> None:
    """The trainer steps the schedules of an interval, when it optimizes automatically and the
    module has no own way to step them."""
    if _is_manual(module) or module.cls.find("lr_scheduler_step") is not None:
        return
    # Lightning hands over the metric to be watched, and refuses to start without one.
    passed = Arguments(unknown=True)
    for schedule, own in schedules:
        if own == interval:
            call.machine.emit(ScheduleStepped(call.place, call.context, schedule, passed))


def _is_manual(module: Instance) -> bool:
    own = module.fields.get("automatic_optimization")
    given = own if own is not None else module.cls.find("automatic_optimization")
    return given is not None and not is_constant(given, True)
