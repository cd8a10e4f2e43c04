"""Training with torch: optimizers, schedules, back-propagation, gradient modes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import libcst as cst

from advisor.code import symbols
from advisor.code.events import (
    BackwardRun,
    Context,
    GradientsCleared,
    GradientsClipped,
    GradientsUnscaled,
    LossAccumulated,
    LossScaled,
    MethodNamed,
    ModulePlaced,
    OptimizerBuilt,
    OptimizerStepped,
    ParametersAdded,
    RateAssigned,
    ScheduleBuilt,
    ScheduleStepped,
)
from advisor.code.gradients import gradient_of
from advisor.code.interpreter import calls
from advisor.code.interpreter.loops import Iteration
from advisor.code.library.asked_schedules import ask_for_factors
from advisor.code.library.models import (
    Call,
    Index,
    attribute,
    family,
    function,
    hook,
    iteration,
    method,
)
from advisor.code.library.python.containers import on_append
from advisor.code.library.python.iterations import DROPS_OLDEST
from advisor.code.nodes import as_written
from advisor.code.values import (
    Arguments,
    Bound,
    Constant,
    Dictionary,
    Function,
    Instance,
    Joined,
    Layer,
    Library,
    Method,
    Object,
    Optimizer,
    Parameters,
    Partial,
    Scalar,
    Schedule,
    Sequence,
    Tensor,
    Unknown,
    Value,
    alternatives,
    is_always,
    number_of,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine

# --- optimizers ---------------------------------------------------------------------------

# Before the optimizers: a class of the project that is a schedule steps as one.
family("schedule", "torch.optim.lr_scheduler.")
family("optimizer", "torch.optim.Optimizer", "torch.optim.")


@function("torch.optim.*", "transformers.AdamW", "apex.optimizers.*", "torch_optimizer.*")
def optimizer(call: Call) -> Value | None:
    """Any class of torch.optim: over the parameters of some modules, with a learning rate."""
    name = call.path.rsplit(".", 1)[-1]
    if not (name[:1].isupper() or name == "?"):
        return None
    owners, complete = owners_of(call.argument(0, "params"))
    return built(call, owners, complete)


def built(
    call: Call, owners: tuple[Value, ...], complete: bool, arguments: Arguments | None = None
) -> Optimizer:
    """A new optimizer over the parameters of some modules."""
    given = call.arguments if arguments is None else arguments
    made = Optimizer(call.path, given, owners, complete, call.place)
    call.machine.emit(OptimizerBuilt(call.place, call.context, made))
    return made


def owners_of(value: Value | None) -> tuple[tuple[Value, ...], bool]:
    """The modules whose parameters a value holds, and whether those are all."""
    match value:
        case Parameters():
            return value.owners, value.complete
        case Object() if value.path == "torch.parameter":
            return tuple(value.arguments.positional), True
        case Sequence():
            parts = value.items if value.items is not None else alternatives(value.element)
            return _owners_of_all([part for part in parts if part is not None])
        case Dictionary():
            inner = value.items.get("params")
            return owners_of(inner)
        case Tensor():
            return (value,), True
    return (), False


def _owners_of_all(values: list[Value]) -> tuple[tuple[Value, ...], bool]:
    owners: list[Value] = []
    complete = bool(values)
    for value in values:
        found, whole = owners_of(value)
        owners.extend(found)
        complete = complete and whole
    return tuple(owners), complete


@method("optimizer", "zero_grad")
@method("unknown", "zero_grad")
def zero_grad(call: Call) -> Value | None:
    """`optimizer.zero_grad()`; on an unknown it may be a module's as well."""
    assert call.receiver is not None
    call.machine.emit(GradientsCleared(call.place, call.context, call.receiver))
    return None


@method("optimizer", "add_param_group")
@method("unknown", "add_param_group")
def add_param_group(call: Call) -> Value | None:
    """`optimizer.add_param_group({"params": …})`."""
    assert call.receiver is not None
    call.machine.emit(ParametersAdded(call.place, call.context, call.receiver))
    return None


@method("optimizer", "step")
def step(call: Call) -> Value | None:
    """`optimizer.step()`; a closure that is passed is run first."""
    assert call.receiver is not None
    _run_closure(call)
    event = OptimizerStepped(call.place, call.context, call.receiver, text_of_receiver(call.node))
    call.machine.emit(event)
    return None


def _run_closure(call: Call) -> None:
    closure = call.argument(0, "closure")
    if isinstance(closure, (Function, Bound, Partial)):
        calls.call(call.machine, closure, Arguments(), call.node)


def text_of_receiver(node: cst.CSTNode) -> str:
    """What a method is called on, as written."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return as_written(node.func.value)
    return "optimizer"


@method("unknown", "step")
def step_of_unknown(call: Call) -> Value | None:
    """`something.step()`: what it is shows in its names and in what else is done to it."""
    receiver = call.receiver
    assert isinstance(receiver, Unknown)
    _run_closure(call)
    text = text_of_receiver(call.node)
    first = call.argument(0, "closure")
    for option in alternatives(first):
        if isinstance(option, Optimizer) or _is_called(option, "optim"):
            # `scaler.step(optimizer)`
            _step_by_scaler(call, receiver, option)
            return None
    if first is not None and not isinstance(first, (Function, Bound, Partial, Constant)):
        return calls.escape(call.machine, receiver, call.arguments, call.node)
    if is_schedule_name(receiver):
        call.machine.emit(ScheduleStepped(call.place, call.context, receiver, call.arguments))
        return None
    call.machine.emit(OptimizerStepped(call.place, call.context, receiver, text))
    return None


def _is_called(value: Value, part: str) -> bool:
    return isinstance(value, Unknown) and any(part in name.lower() for name in value.names)


def is_schedule_name(value: Value) -> bool:
    """Whether an unknown goes by a name that schedules have."""
    return any(_is_called(value, part) for part in ("sched", "warmup", "lr_"))


def text_of_first_argument(node: cst.CSTNode) -> str:
    """The first argument of a call, as written."""
    if isinstance(node, cst.Call) and node.args:
        return as_written(node.args[0].value)
    return "optimizer"


@attribute("optimizer", "param_groups")
def param_groups(machine: "Machine", receiver: Optimizer, node: cst.CSTNode) -> Value | None:
    """The parameter groups, through which learning rates are written."""
    return Object("torch.param_groups", Arguments([receiver]), machine.place(node))


@iteration("torch.param_groups")
def iterate_param_groups(machine: "Machine", value: Object, node: cst.CSTNode) -> Iteration | None:
    """One group that stands for any."""
    receiver = value.arguments.positional[0]
    return Iteration(make=lambda: Object("torch.param_group", Arguments([receiver])))


@hook("assign_item")
def rate_assigned(
    machine: "Machine",
    receiver: Value,
    indices: "list[Index]",
    value: Value,
    node: cst.CSTNode,
) -> bool:
    """`group["lr"] = value`."""
    key = indices[0] if indices else None
    if isinstance(key, Constant) and key.value == "lr" and not isinstance(receiver, Dictionary):
        owner = None
        if isinstance(receiver, Object) and receiver.path == "torch.param_group":
            owner = receiver.arguments.positional[0]
        machine.emit(RateAssigned(machine.place(node), machine.context, owner, value))
    return False


@method("torch.param_group", "update")
def rate_updated(call: Call) -> Value | None:
    """`group.update(lr=value)`, or with a dictionary."""
    given = call.argument(0, "other")
    rate = call.arguments.keywords.get("lr")
    if rate is None and isinstance(given, Dictionary):
        rate = given.items.get("lr")
    if rate is not None and isinstance(call.receiver, Object):
        owner = call.receiver.arguments.positional[0]
        call.machine.emit(RateAssigned(call.place, call.context, owner, rate))
    return None


# --- schedules ----------------------------------------------------------------------------


@function(
    "torch.optim.lr_scheduler.*",
    "transformers.get_linear_schedule_with_warmup",
    "transformers.get_cosine_schedule_with_warmup",
    "transformers.get_constant_schedule_with_warmup",
    "transformers.get_polynomial_decay_schedule_with_warmup",
    "transformers.get_scheduler",
)
def schedule(call: Call) -> Value | None:
    """Any class of torch.optim.lr_scheduler, and the schedules of transformers."""
    index = 1 if call.path.endswith("get_scheduler") else 0
    target = call.argument(index, "optimizer")
    if call.path.endswith(".ChainedScheduler"):
        target = _optimizer_of_parts(call.argument(0, "schedulers"))
    made = Schedule(call.path, call.arguments, target, call.context.loops, call.place)
    formula = call.argument(1, "lr_lambda")
    if call.path.endswith((".LambdaLR", ".MultiplicativeLR")) and _is_function(formula):
        assert formula is not None
        counter = Scalar(symbols.fresh("epoch"))
        factor = calls.call(call.machine, formula, Arguments([counter]), call.node)
        number = number_of(factor) if isinstance(factor, Unknown) else None
        if number is not None and counter.number.symbols() <= number.symbols():
            factor = Scalar(number)  # of the length of a training that nobody knows
        made.fields.update(counter=counter, factor=factor, formula=formula)
    call.machine.emit(ScheduleBuilt(call.place, call.context, made))
    return made


def _is_function(value: Value | None) -> bool:
    """Whether something of the project can be called for a factor."""
    if isinstance(value, Instance):
        return isinstance(value.cls.find("__call__"), Function)
    return isinstance(value, (Function, Bound, Partial))


@hook("bound")
def schedule_called(machine: "Machine", name: str, value: Value, node: cst.CSTNode) -> None:
    """Remember what the program calls a schedule."""
    if isinstance(value, Schedule):
        value.names.add(name)


def _optimizer_of_parts(schedules: Value | None) -> Value | None:
    """The optimizer that schedules act on that are chained."""
    items = schedules.items if isinstance(schedules, Sequence) else None
    first = items[0] if items else None
    return first.optimizer if isinstance(first, Schedule) else None


@method("schedule", "step")
def schedule_step(call: Call) -> Value | None:
    """`scheduler.step()`."""
    assert call.receiver is not None
    if isinstance(call.receiver, Schedule) and isinstance(
        call.receiver.fields.get("factor"), Joined
    ):
        ask_for_factors(call, call.receiver)
    context = _around_all(call.context, call.receiver)
    call.machine.emit(ScheduleStepped(call.place, context, call.receiver, call.arguments))
    return None


def _around_all(context: Context, schedule: Value) -> Context:
    """Where a schedule is stepped that a loop takes out of a list: in the round around that loop, which
    steps each of them once."""
    while context.rounds and _holds(context.rounds[-1].loop.over, schedule):
        if any(guard.rounds == len(context.rounds) for guard in context.guards):
            break
        context = context._replace(rounds=context.rounds[:-1])
    return context


def _holds(value: Value | None, schedule: Value) -> bool:
    items = (*(value.items or ()), value.element) if isinstance(value, Sequence) else ()
    return any(schedule in alternatives(item) for item in items)


# --- back-propagation ---------------------------------------------------------------------


@method("tensor", "backward")
@method("unknown", "backward")
def backward(call: Call) -> Value | None:
    """`loss.backward()`; with a loss as argument the receiver is an engine."""
    first = call.argument(0, "gradient")
    through = isinstance(call.receiver, Unknown) and isinstance(first, (Tensor, Unknown))
    loss = first if through else call.receiver
    engine = call.receiver if through and not _only_passes_on(call.receiver) else None
    weighted = first is not None and not through
    event = BackwardRun(call.place, call.context, loss, engine, _retains(call), weighted)
    call.machine.emit(event)
    return None


@method("none", "backward")
def backward_of_nothing(call: Call) -> Value | None:
    """`loss.backward()` where a function that is still to be written gives no loss: the program fails
    here, and says itself what is missing."""
    call.machine.emit(BackwardRun(call.place, call.context, None))
    return None


def _retains(call: Call) -> bool:
    value = call.argument(1, "retain_graph")
    return is_always(value, True)


def _only_passes_on(engine: Value | None) -> bool:
    """Whether an unknown engine goes by the name of one that clears and steps nothing itself."""
    names = engine.names if isinstance(engine, Unknown) else ()
    return any(name.lower() in {"accelerator", "fabric"} for name in names)


@function("torch.autograd.backward")
def autograd_backward(call: Call) -> Value | None:
    """`torch.autograd.backward(losses)`."""
    loss = call.argument(0, "tensors")
    if isinstance(loss, Sequence) and loss.items is not None and len(loss.items) == 1:
        loss = loss.items[0]
    weighted = call.argument(1, "grad_tensors") is not None
    call.machine.emit(BackwardRun(call.place, call.context, loss, weighted=weighted))
    return None


@method("module", "manual_backward")
def manual_backward(call: Call) -> Value | None:
    """Lightning's manual optimization."""
    call.machine.emit(BackwardRun(call.place, call.context, call.argument(0, "loss")))
    return None


family("scaler", "torch.cuda.amp.GradScaler", "torch.amp.GradScaler", "torch.GradScaler")


@function("torch.cuda.amp.GradScaler", "torch.amp.GradScaler", "torch.GradScaler")
def scaler(call: Call) -> Value | None:
    """A gradient scaler."""
    return Object("torch.amp.GradScaler", call.arguments, call.place)


@method("scaler", "scale")
@method("unknown", "scale")
def scaled(call: Call) -> Value | None:
    """`scaler.scale(loss)`: the loss."""
    call.machine.emit(LossScaled(call.place, call.context))
    return call.argument(0, "outputs")


@method("scaler", "step")
def scaler_step(call: Call) -> Value | None:
    """`scaler.step(optimizer)`."""
    target = call.argument(0, "optimizer")
    if target is not None and call.receiver is not None:
        _step_by_scaler(call, call.receiver, target)
    return None


def _step_by_scaler(call: Call, scaler: Value, optimizer: Value) -> None:
    text = text_of_first_argument(call.node)
    event = OptimizerStepped(call.place, call.context, optimizer, text, scaler=scaler)
    call.machine.emit(event)


@method("unknown", "unscale_")
@method("scaler", "unscale_")
def unscaled(call: Call) -> Value | None:
    """`scaler.unscale_(optimizer)`."""
    optimizer = call.argument(0, "optimizer")
    call.machine.emit(GradientsUnscaled(call.place, call.context, optimizer))
    return None


@method("scaler", "update", "get_scale", "state_dict", "load_state_dict", "is_enabled")
def scaler_bookkeeping(call: Call) -> Value | None:
    """Methods of the scaler that do nothing that matters here."""
    return None


# --- clipping -----------------------------------------------------------------------------


@function(
    "torch.nn.utils.clip_grad_norm_",
    "torch.nn.utils.clip_grad_norm",
    "torch.nn.utils.clip_grad_value_",
    "torch.nn.utils.clip_grad.clip_grad_norm_",
    "torch.nn.utils.clip_grad.clip_grad_value_",
    "timm.utils.dispatch_clip_grad",
    "timm.utils.agc.adaptive_clip_grad",
)
def clipped(call: Call) -> Value | None:
    """Gradients are clipped by norm or by value."""
    text = call.path.rsplit(".", 1)[-1]
    target = call.argument(0, "parameters")
    call.machine.emit(GradientsClipped(call.place, call.context, target, text))
    return None


@method("unknown", "clip_grad_norm_", "clip_grad_value_")
@method("lightning.fabric.Fabric", "clip_gradients")
@method("accelerate.Accelerator", "clip_grad_norm_", "clip_grad_value_")
def clipped_by_engine(call: Call) -> Value | None:
    """`accelerator.clip_grad_norm_(parameters, norm)`: clips, and unscales before it."""
    text = call.path.rsplit(".", 1)[-1]
    target = call.argument(0, "parameters")
    call.machine.emit(GradientsUnscaled(call.place, call.context, None))
    call.machine.emit(GradientsClipped(call.place, call.context, target, text))
    return None


# --- methods that are named only ----------------------------------------------------------


@hook("named_only")
def method_named(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.Attribute
) -> None:
    """A statement such as `optimizer.step`, without brackets. What a module holds need not be a
    function: notebooks show `torch.__version__` that way."""
    if isinstance(receiver, Library):
        return
    text = as_written(node)
    machine.emit(MethodNamed(machine.place(node), machine.context, receiver, name, text))


@hook("assign_attribute")
def module_placed(
    machine: "Machine", receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> bool:
    """`model.head = nn.Linear(…)`."""
    fields = receiver.fields if isinstance(receiver, (Instance, Layer, Unknown)) else None
    if fields is not None and isinstance(value, (Instance, Layer)):
        before = fields.get(name)
        if before is not value:
            place, context = machine.place(node), machine.context
            machine.emit(ModulePlaced(place, context, receiver, value, before))
    return False


@hook("assign_item")
def module_placed_as_item(
    machine: "Machine", receiver: Value, indices: "list[Index]", value: Value, node: cst.CSTNode
) -> bool:
    """`model.classifier[-1] = nn.Linear(…)`."""
    holds = isinstance(receiver, (Layer, Unknown, Method))
    if holds and isinstance(value, (Instance, Layer)):
        machine.emit(ModulePlaced(machine.place(node), machine.context, receiver, value))
    return False


@hook("accumulated")
def loss_accumulated(
    machine: "Machine",
    operator: str,
    values: tuple[Value, Value, Value],
    target: cst.BaseExpression,
    node: cst.CSTNode,
) -> None:
    """`total += loss`, `total = total + loss`."""
    total, value, result = values
    if operator == "Add" and _may_be_learned(value):
        text = as_written(target)
        place, context = machine.place(node), machine.context
        machine.emit(LossAccumulated(place, context, total, value, result, text))


def _may_be_learned(value: Value) -> bool:
    learned = any(isinstance(each, (Tensor, Unknown)) for each in alternatives(value))
    return learned and gradient_of(value) is not False


@on_append
def loss_collected(call: Call, receiver: Sequence, value: Value) -> None:
    """`losses.append(loss)`."""
    if call.context.rounds:
        _tell_collected(call.machine, receiver, value, text_of_receiver(call.node), call.node)


@hook("augmented")
def losses_collected(
    machine: "Machine", operator: str, current: Value, value: Value, node: cst.CSTNode
) -> None:
    """`losses += [loss]`, `losses.extend([loss])`."""
    if operator != "Add" or not isinstance(current, Sequence) or not machine.context.rounds:
        return
    if isinstance(value, Sequence) and value.items:
        target = node.target if isinstance(node, cst.AugAssign) else None
        text = as_written(target) if target is not None else text_of_receiver(node)
        _tell_collected(machine, current, value, text, node)


@hook("assign_item")
def loss_collected_as_item(
    machine: "Machine", receiver: Value, indices: "list[Index]", value: Value, node: cst.CSTNode
) -> bool:
    """`losses[step] = loss`, under another key in each round."""
    if not isinstance(receiver, Dictionary) or not machine.context.rounds or len(indices) != 1:
        return False
    key = indices[0]
    counter = machine.context.loops[-1].symbol
    counts = isinstance(key, Scalar) and counter is not None and counter in key.number.symbols()
    if counts and isinstance(node, cst.Subscript):
        _tell_collected(machine, receiver, value, as_written(node.value), node)
    return False


def _tell_collected(
    machine: "Machine", total: Value, value: Value, text: str, node: cst.CSTNode
) -> None:
    """Say which tensors are kept: what is put into a container, or what that holds in turn. One that
    holds the last ones only does not grow."""
    if isinstance(total, Sequence) and DROPS_OLDEST in total.fields:
        return
    held: Iterable[Value] = (value,)
    if isinstance(value, Sequence) and value.items is not None:
        held = value.items
    elif isinstance(value, Dictionary):
        held = value.items.values()
    for each in held:
        if _may_be_learned(each):
            place, context = machine.place(node), machine.context
            machine.emit(LossAccumulated(place, context, total, each, total, text))


_QUESTIONS = frozenset(
    {
        "torch.cuda.is_available",
        "torch.backends.mps.is_available",
        "torch.mps.is_available",
        "torch.xpu.is_available",
        "torch.distributed.is_available",
        "torch.distributed.is_initialized",
        "torch.cuda.is_bf16_supported",
    }
)


@hook("tested")
def question_not_asked(machine: "Machine", value: Library, node: cst.CSTNode) -> None:
    """`if torch.cuda.is_available:`, without brackets."""
    if value.path in _QUESTIONS:
        name, text = value.path.rsplit(".", 1)[-1], as_written(node)
        machine.emit(MethodNamed(machine.place(node), machine.context, value, name, text))
