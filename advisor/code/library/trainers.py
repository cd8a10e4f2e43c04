"""Engines and trainers that run a training loop, or parts of it, for the user."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import (
    BackwardRun,
    DataGiven,
    GradientsCleared,
    OptimizerStepped,
    TrainerBuilt,
)
from advisor.code.interpreter import calls
from advisor.code.library.keras_layers import argument_place
from advisor.code.library.models import Call, family, function, hook, method
from advisor.code.library.score_tables import score_table
from advisor.code.library.torch_training import text_of_receiver
from advisor.code.values import (
    Arguments,
    Bound,
    Constant,
    Function,
    Instance,
    Object,
    Parameters,
    Scalar,
    Schedule,
    Sequence,
    Value,
    is_always,
    is_constant,
    known_integer,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine
    from advisor.code.sources import NodePlace


def _same_in_order(call: Call, values: Iterable[Value]) -> Value | None:
    """What a framework returns that prepares things and hands them back: one alone, several as a
    tuple."""
    prepared = tuple(values)
    if call.arguments.unknown or not prepared:
        return None
    return prepared[0] if len(prepared) == 1 else Sequence("tuple", prepared, place=call.place)


# --- models that are wrapped --------------------------------------------------------------


@function(
    "torch.distributed.fsdp.FullyShardedDataParallel",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
    "apex.parallel.DistributedDataParallel",
    "apex.parallel.convert_syncbn_model",
    "peft.get_peft_model",
    "opacus.validators.ModuleValidator.fix",
)
def wrapped_model(call: Call) -> Value | None:
    """Wrappers that run the model they are given: the model."""
    return call.argument(0, "module") or call.arguments.keywords.get("model")


# --- Fabric and Accelerate ----------------------------------------------------------------

FABRIC = "lightning.fabric.Fabric"
ACCELERATOR = "accelerate.Accelerator"


@function(FABRIC, ACCELERATOR)
def engine(call: Call) -> Value | None:
    """An object through which a loop that the user writes is run anywhere."""
    return Object(call.path, call.arguments, call.place)


@method(FABRIC, "setup")
def set_up(call: Call) -> Value | None:
    """`fabric.setup(model, optimizer)`: the same, the optimizers behind the model."""
    keywords = call.arguments.keywords
    model = [keywords["module"]] if "module" in keywords else []
    schedule = [keywords["scheduler"]] if "scheduler" in keywords else []
    return _same_in_order(call, [*model, *call.arguments.positional, *schedule])


@method(FABRIC, "setup_optimizers", "setup_dataloaders")
def set_up_in_order(call: Call) -> Value | None:
    """What is set up comes back as it was, in the same order."""
    return _same_in_order(call, call.arguments.positional)


@method(ACCELERATOR, "prepare")
def prepared_in_order(call: Call) -> Value | None:
    """What is prepared comes back in the same order, as it was but for schedules."""
    return _same_in_order(call, [_prepared(value) for value in call.arguments.positional])


@method(FABRIC, "setup_module")
@method(
    ACCELERATOR,
    "prepare_model",
    "prepare_optimizer",
    "prepare_scheduler",
    "prepare_data_loader",
    "unwrap_model",
)
def prepared_alone(call: Call) -> Value | None:
    """One thing that is prepared."""
    first = next(iter(call.arguments.values()), None)
    return None if first is None else _prepared(first)


def _prepared(value: Value) -> Value:
    """A schedule is wrapped: its `step` advances it once for each process, and not at all while
    gradients accumulate, so how far it gets is not known."""
    if not isinstance(value, Schedule):
        return value
    wrapper = "accelerate.scheduler.AcceleratedScheduler"
    return Schedule(wrapper, Arguments([value]), value.optimizer, value.loops, value.place)


@method(FABRIC, "backward")
@method(ACCELERATOR, "backward")
def backward_through_engine(call: Call) -> Value | None:
    """`fabric.backward(loss)` and `accelerator.backward(loss)`: `loss.backward()`."""
    loss = call.argument(0, "tensor") or call.arguments.keywords.get("loss")
    call.machine.emit(BackwardRun(call.place, call.context, loss))
    return None


@method(FABRIC, "to_device")
@method(ACCELERATOR, "gather", "gather_for_metrics", "reduce", "pad_across_processes")
def values_of_all_processes(call: Call) -> Value | None:
    """Values from all processes: of the same kind as those of one."""
    return call.argument(0, "tensor") or call.arguments.keywords.get("input_data")


@method(FABRIC, "launch")
def launched(call: Call) -> Value | None:
    """`fabric.launch(main)` calls it with the engine."""
    function_given = call.argument(0, "function")
    if not isinstance(function_given, (Function, Bound)) or call.receiver is None:
        return None
    passed = Arguments([call.receiver, *call.arguments.positional[1:]], unknown=True)
    return calls.call(call.machine, function_given, passed, call.node)


# --- DeepSpeed ----------------------------------------------------------------------------

DEEPSPEED = "deepspeed.DeepSpeedEngine"


@function("deepspeed.initialize")
def deepspeed_engine(call: Call) -> Value | None:
    """`deepspeed.initialize(model=…, optimizer=…)`: engine, optimizer, loader, schedule."""
    model = call.argument(1, "model")
    fields = {} if model is None else {"module": model}
    made = Object(DEEPSPEED, call.arguments, call.place, dict(fields))
    optimizer = call.argument(2, "optimizer")
    rest = (call.machine.unknown("loader", call.node), call.machine.unknown("schedule", call.node))
    return Sequence("tuple", (made, optimizer or call.unknown(), *rest), place=call.place)


@method(DEEPSPEED, "__call__", "forward")
def run_engine(call: Call) -> Value | None:
    """The engine runs its model."""
    assert isinstance(call.receiver, (Object, Instance))
    model = call.receiver.fields.get("module")
    if not isinstance(model, Value):
        return None
    return calls.call(call.machine, model, call.arguments, call.node)


@method(DEEPSPEED, "backward")
def backward_of_engine(call: Call) -> Value | None:
    """`engine.backward(loss)`."""
    event = BackwardRun(call.place, call.context, call.argument(0, "loss"), call.receiver)
    call.machine.emit(event)
    return None


@method(DEEPSPEED, "step")
def step_of_engine(call: Call) -> Value | None:
    """`engine.step()` steps and clears the gradients itself."""
    engine_stepped = call.receiver
    assert isinstance(engine_stepped, (Object, Instance))
    written = text_of_receiver(call.node)
    event = OptimizerStepped(call.place, call.context, engine_stepped, written, managed=True)
    call.machine.emit(event)
    for target in (engine_stepped, engine_stepped.fields.get("module")):
        if isinstance(target, Value):
            call.machine.emit(GradientsCleared(call.place, call.context, target))
    return None


@method(DEEPSPEED, "zero_grad")
def engine_zero_grad(call: Call) -> Value | None:
    """`engine.zero_grad()`."""
    assert call.receiver is not None
    call.machine.emit(GradientsCleared(call.place, call.context, call.receiver))
    return None


@method(DEEPSPEED, "parameters")
def parameters_of_engine(call: Call) -> Value | None:
    """The parameters of the engine's model."""
    assert isinstance(call.receiver, (Object, Instance))
    model = call.receiver.fields.get("module")
    return Parameters((model,), place=call.place) if isinstance(model, Value) else None


@method(DEEPSPEED, "train", "eval", "to")
def engine_itself(call: Call) -> Value | None:
    """Methods that return the engine."""
    return call.receiver


# --- apex ---------------------------------------------------------------------------------


@function("apex.amp.initialize")
def mixed_precision(call: Call) -> Value | None:
    """`amp.initialize(model, optimizer)`: both as they were, or the models alone."""
    models, optimizers = call.argument(0, "models"), call.argument(1, "optimizers")
    if models is None or call.arguments.unknown:
        return None
    none = optimizers is None or is_constant(optimizers, None)
    if none or optimizers is None:
        return models
    return Sequence("tuple", (models, optimizers), place=call.place)


@function("apex.amp.scale_loss")
def scaled_loss(call: Call) -> Value | None:
    """`with amp.scale_loss(loss, optimizer) as scaled`: the loss."""
    return call.argument(0, "loss")


# --- the trainer of transformers ----------------------------------------------------------

family("transformers trainer", "transformers.Trainer", "transformers.Seq2SeqTrainer", "trl.")

_TRAINERS = (
    "transformers.Trainer",
    "transformers.Seq2SeqTrainer",
    "sentence_transformers.SentenceTransformerTrainer",
    *(f"trl.{name}Trainer" for name in ("SFT", "DPO", "ORPO", "KTO", "Reward")),
)
_SETTINGS = (
    "transformers.TrainingArguments",
    "transformers.Seq2SeqTrainingArguments",
    "sentence_transformers.SentenceTransformerTrainingArguments",
    *(f"trl.{name}Config" for name in ("SFT", "DPO", "ORPO", "KTO", "Reward")),
)
_OWN_SCHEDULE = ("create_scheduler", "create_optimizer_and_scheduler")


@function(*_SETTINGS)
def training_arguments(call: Call) -> Value | None:
    """The settings of a training, which can be read and changed by name."""
    fields = dict(call.arguments.keywords)
    return Object(call.path, call.arguments, call.place, {**fields})


@function(*_TRAINERS)
def trainer(call: Call) -> Value | None:
    """A trainer runs the training that its settings describe."""
    made = Object(call.path, call.arguments, call.place)
    _build(call.machine, made, call.arguments, call.node)
    return made


@hook("construct")
def construct_trainer(
    machine: "Machine", instance: Instance, passed: Arguments, node: cst.CSTNode
) -> None:
    """A trainer of a project class; not when that makes a schedule of its own."""
    if not any(path in _TRAINERS for path in instance.cls.library_bases()):
        return
    if not any(instance.cls.find(name) for name in _OWN_SCHEDULE):
        _build(machine, instance, passed, node)


def _build(machine: "Machine", made: Value, passed: Arguments, node: cst.CSTNode) -> None:
    settings = passed.get(1, "args")
    _give_data(machine, made, settings, passed, node)
    _run_own_parts(machine, made, passed, node)
    if not isinstance(settings, Object) or settings.path not in _SETTINGS:
        return
    if settings.arguments.unknown or _brings_schedule(passed):
        return
    keywords = {key: value for key, value in settings.fields.items() if isinstance(value, Value)}
    kind = keywords.get("lr_scheduler_type")
    if kind is not None and known_text(kind) is None:
        return
    place = settings.place or machine.place(node)
    given = Arguments([], keywords)
    samples = _count(passed.get(3, "train_dataset"))
    machine.emit(TrainerBuilt(place, machine.context, made, given, samples))


def _count(data: Value | None) -> int | None:
    """How many samples there are, where that is written down."""
    length = data.fields.get("length") if isinstance(data, Object) else None
    return known_integer(length) if isinstance(length, Scalar) else None


def _run_own_parts(machine: "Machine", made: Value, passed: Arguments, node: cst.CSTNode) -> None:
    """Run what a trainer calls of the program: its loss, and the scores by which it judges."""
    own = made.cls.find("compute_loss") if isinstance(made, Instance) else None
    if isinstance(own, Function):
        given = [passed.keywords.get("model") or machine.unknown("model", node)]
        given.append(machine.unknown("inputs", node))
        calls.call_function(machine, own, Arguments(given), node, made)
    metrics = passed.keywords.get("compute_metrics")
    if isinstance(metrics, (Function, Bound)):
        predicted = machine.unknown("predictions", node)
        calls.call(machine, metrics, Arguments([predicted]), node)


_JUDGED_BY = ("judged by",)


def _where_built(machine: "Machine", made: Value, node: cst.CSTNode) -> "NodePlace":
    """Where a trainer is built, of which a class of the project may only hand on what it is given:
    `super().__init__(*args, **kwargs)`."""
    place, context = machine.place(node), machine.context
    classes = made.cls.lineage() if isinstance(made, Instance) else ()
    for call, entered in zip(reversed(context.calls), reversed(context.functions), strict=True):
        if entered.name != "__init__" or not any(entered.owner is each for each in classes):
            break
        place = call
    return place


def _give_data(
    machine: "Machine", made: Value, settings: Value | None, passed: Arguments, node: cst.CSTNode
) -> None:
    """What a trainer is given to learn from, and to judge by; the best weights are kept by that."""
    place, context = _where_built(machine, made, node), machine.context
    training, judged = passed.keywords.get("train_dataset"), passed.keywords.get("eval_dataset")
    if training is not None:
        machine.emit(DataGiven(place, context, training, "training"))
    if judged is None or isinstance(judged, Constant):
        return
    keeps = settings.fields.get("load_best_model_at_end") if isinstance(settings, Object) else None
    chooses = "the weights that are kept are chosen" if is_constant(keeps, True) else None
    drops = _drops_last_batch(settings, judged)
    machine.emit(DataGiven(place, context, judged, "validation", chooses=chooses, drops=drops))
    if isinstance(made, (Object, Instance)):
        machine.store(made.fields, _JUDGED_BY, judged)


# How many samples are judged at once, if nothing is said.
_BATCH = 8


def _drops_last_batch(settings: Value | None, judged: Value) -> "NodePlace | None":
    """Where the settings leave out the last batch, which they do of the held-out data as well."""
    if not isinstance(settings, Object) or settings.path not in _SETTINGS:
        return None
    if not is_always(settings.fields.get("dataloader_drop_last"), True):
        return None
    given, count = settings.fields.get("per_device_eval_batch_size"), _count(judged)
    size = _BATCH if given is None else known_integer(given)
    if not size or (count is not None and count % size == 0) or size == 1:
        return None
    return argument_place(settings.place, -1, "dataloader_drop_last")


@method("transformers trainer", "evaluate", "predict")
def judged_by_trainer(call: Call) -> Value | None:
    """`trainer.evaluate()`: by what it was given to judge by, unless it is given something else."""
    given = next(iter(call.arguments.values()), None)
    if given is None and isinstance(call.receiver, (Object, Instance)):
        given = call.receiver.fields.get(_JUDGED_BY)
    if isinstance(given, Value):
        call.machine.emit(DataGiven(call.place, call.context, given, "testing"))
    return score_table(call, given) if call.path.endswith("evaluate") else None


def _brings_schedule(passed: Arguments) -> bool:
    """Whether a trainer is handed a schedule: `optimizers=(optimizer, schedule)`."""
    given = passed.keywords.get("optimizers")
    if given is None:
        return False
    items = given.items if isinstance(given, Sequence) else None
    last = items[-1] if items else None
    return not is_constant(last, None)


# --- ignite -------------------------------------------------------------------------------


@function("ignite.engine.create_supervised_trainer")
def supervised_trainer(call: Call) -> Value | None:
    """Ignite's loop over batches: it clears, goes backward and steps itself."""
    model, loss = call.argument(0, "model"), call.argument(2, "loss_fn")
    machine, node = call.machine, call.node
    if model is not None and loss is not None:
        inputs, targets = machine.unknown("x", node), machine.unknown("y", node)
        output = calls.call(machine, model, Arguments([inputs]), node)
        calls.call(machine, loss, Arguments([output, targets]), node)
    return Object("ignite.engine.Engine", Arguments(), call.place)
