"""Optimizers and schedules from beside torch.optim: of other packages, from factories, wrapped."""

from typing import TYPE_CHECKING

import libcst as cst

from advisor.code.events import BackwardRun, GradientsTaken, OptimizerStepped, ScheduleBuilt
from advisor.code.library.models import Call, function, hook, method
from advisor.code.library.torch_training import built, owners_of, text_of_first_argument
from advisor.code.values import (
    Arguments,
    Instance,
    Layer,
    Library,
    Object,
    Optimizer,
    Parameters,
    Schedule,
    Sequence,
    Unknown,
    Value,
    alternatives,
    known_text,
)

if TYPE_CHECKING:
    from advisor.code.interpreter.machine import Machine


@method("parameters", "extend", "append", "insert")
def parameters_extended(call: Call) -> Value | None:
    """`parameters.extend(decoder.parameters())`: of more modules than were named at first."""
    assert isinstance(call.receiver, Parameters)
    call.receiver.complete = False
    return None


@hook("arithmetic")
def parameters_put_together(
    machine: "Machine", operator: str, left: Value, right: Value | None, node: cst.CSTNode
) -> Value | None:
    """`list(encoder.parameters()) + list(decoder.parameters())`, or a list written out beside one."""
    if operator != "+" or right is None:
        return None
    if not isinstance(left, Parameters) and not isinstance(right, Parameters):
        return None
    (before, is_whole), (behind, is_all) = owners_of(left), owners_of(right)
    complete = is_whole and is_all
    return Parameters((*before, *behind), complete, machine.place(node))


# --- built over parameters ----------------------------------------------------------------


@function(
    "transformers.Adafactor",
    "timm.optim.*",
    "deepspeed.ops.adam.*",
    "deepspeed.ops.lamb.*",
    "apex.contrib.optimizers.*",
    "bitsandbytes.optim.*",
    "pytorch_optimizer.*",
    "lion_pytorch.Lion",
    "adabelief_pytorch.AdaBelief",
    "madgrad.MADGRAD",
    "prodigyopt.Prodigy",
    "schedulefree.*",
    "fairscale.optim.OSS",
    "torch.distributed.optim.ZeroRedundancyOptimizer",
)
def optimizer(call: Call) -> Value | None:
    """An optimizer over the parameters of some modules; a wrapper is the optimizer inside."""
    name = call.path.rsplit(".", 1)[-1]
    first = call.argument(0, "params")
    if not name[:1].isupper():
        return None
    if isinstance(first, Optimizer):
        return first
    owners, complete = owners_of(first)
    return built(call, owners, complete)


@function("timm.optim.create_optimizer")
def created(call: Call) -> Value | None:
    """timm's `create_optimizer(args, model)`."""
    return _over(call.argument(1, "model"), call)


@function("timm.optim.create_optimizer_v2")
def created_of_names(call: Call) -> Value | None:
    """timm's `create_optimizer_v2(model_or_params, opt, lr)`."""
    return _over(call.argument(0, "model_or_params"), call)


def _over(value: Value | None, call: Call) -> Optimizer:
    is_module = isinstance(value, (Instance, Layer, Unknown))
    owners, complete = ((value,), True) if is_module and value is not None else owners_of(value)
    options = Arguments([], dict(call.arguments.keywords), call.arguments.unknown)
    return built(call, owners, complete, options)


@function(
    "horovod.torch.DistributedOptimizer",
    "torch.distributed.optim.PostLocalSGDOptimizer",
    "torch_xla.core.xla_model.wrap_optimizer",
)
def wrapped(call: Call) -> Value | None:
    """Wrappers that step the optimizer they are given: the optimizer."""
    return call.argument(0, "optimizer") or call.arguments.keywords.get("optim")


@function("torch.distributed.optim.DistributedOptimizer")
def remote_optimizer(call: Call) -> Value | None:
    """An optimizer over remote parameters, whose gradients are kept for each context."""
    return Object(call.path, call.arguments, call.place)


@method("torch.distributed.optim.DistributedOptimizer", "step")
def remote_step(call: Call) -> Value | None:
    """`optimizer.step(context_id)`: the next context starts without gradients."""
    return None


@function("torch.distributed.autograd.backward")
def remote_backward(call: Call) -> Value | None:
    """Gradients that are kept in a context: nothing accumulates in `.grad`."""
    call.machine.emit(GradientsTaken(call.place, call.context, call.argument(1, "roots")))
    return None


@function(
    "functorch.grad",
    "functorch.grad_and_value",
    "torch.func.grad_and_value",
    "torch.func.vjp",
    "torch.func.jacrev",
    "torch.func.jacfwd",
    "functorch.vjp",
)
def functional_gradient(call: Call) -> Value | None:
    """Gradients as values: nothing accumulates in `.grad`."""
    call.machine.emit(GradientsTaken(call.place, call.context, None))
    return None


# --- stepping -----------------------------------------------------------------------------


@function("torch_xla.core.xla_model.optimizer_step")
def step_on_tpu(call: Call) -> Value | None:
    """`xm.optimizer_step(optimizer)`: reduces the gradients over all cores and steps."""
    _step(call, call.argument(0, "optimizer"))
    return None


def _step(call: Call, target: Value | None, text: str | None = None) -> None:
    if target is not None:
        written = text or text_of_first_argument(call.node)
        call.machine.emit(OptimizerStepped(call.place, call.context, target, written))


@function("timm.utils.NativeScaler", "timm.utils.ApexScaler")
def loss_scaler(call: Call) -> Value | None:
    """timm's loss scaler."""
    return Object("timm.utils.NativeScaler", call.arguments, call.place)


@method("timm.utils.NativeScaler", "__call__")
def scaled_step(call: Call) -> Value | None:
    """`loss_scaler(loss, optimizer)`: goes backward and steps; it clears nothing."""
    target = call.argument(1, "optimizer")
    call.machine.emit(BackwardRun(call.place, call.context, call.argument(0, "loss")))
    _step(call, target, "optimizer")
    return None


# --- schedules ----------------------------------------------------------------------------

_BY_NAME = {
    "linear": "get_linear_schedule_with_warmup",
    "cosine": "get_cosine_schedule_with_warmup",
    "cosine_with_restarts": "get_cosine_with_hard_restarts_schedule_with_warmup",
    "polynomial": "get_polynomial_decay_schedule_with_warmup",
    "constant": "get_constant_schedule",
    "constant_with_warmup": "get_constant_schedule_with_warmup",
    "inverse_sqrt": "get_inverse_sqrt_schedule",
    "reduce_lr_on_plateau": "get_reduce_on_plateau_schedule",
}


@function("transformers.get_scheduler")
def schedule_by_name(call: Call) -> Value | None:
    """`get_scheduler(name, optimizer, warmup, steps)`: the schedule that the name means; one of no
    known kind when the name is only an option."""
    name, passed = call.argument(0, "name"), call.arguments
    keywords = {key: value for key, value in passed.keywords.items() if key != "name"}
    kind = _BY_NAME.get(_name_of(name) or "", "get_scheduler")
    rest = Arguments(passed.positional[1:], keywords, passed.unknown)
    return _built(call, f"transformers.{kind}", rest, rest.get(0, "optimizer"))


def _built(call: Call, path: str, passed: Arguments, target: Value | None) -> Schedule:
    made = Schedule(path, passed, target, call.context.loops, call.place)
    call.machine.emit(ScheduleBuilt(call.place, call.context, made))
    return made


def _name_of(value: Value | None) -> str | None:
    if isinstance(value, Library) and ".SchedulerType." in value.path:
        return value.path.rsplit(".", 1)[-1].lower()
    return None if getattr(value, "configurable", None) else known_text(value)


@function(
    "transformers.get_constant_schedule",
    "transformers.get_cosine_with_hard_restarts_schedule_with_warmup",
    "transformers.get_inverse_sqrt_schedule",
    "transformers.get_reduce_on_plateau_schedule",
    "torch.optim.swa_utils.SWALR",
    "timm.scheduler.*",
)
def schedule(call: Call) -> Value | None:
    """A schedule over an optimizer."""
    name = call.path.rsplit(".", 1)[-1]
    if not (name[:1].isupper() or name.startswith("get_")):
        return None
    return _built(call, call.path, call.arguments, call.argument(0, "optimizer"))


@function("timm.scheduler.create_scheduler", "timm.scheduler.create_scheduler_v2")
def created_schedule(call: Call) -> Value | None:
    """timm's factories: a schedule, and for how many epochs."""
    given = [option for value in call.arguments.values() for option in alternatives(value)]
    target = next((value for value in given if isinstance(value, Optimizer)), None)
    made = _built(call, call.path, call.arguments, target)
    return Sequence("tuple", (made, call.unknown()), place=call.place)


@method("schedule", "step_update", "step_frac")
def step_within_epoch(call: Call) -> Value | None:
    """timm's steps inside an epoch; `step` counts the epochs."""
    return None
