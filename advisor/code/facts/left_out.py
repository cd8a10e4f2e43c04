"""Modules that a loss is computed with, and that no optimizer of the program updates."""

import re
from collections.abc import Iterator
from itertools import pairwise

from advisor.code.events import (
    AttributeAssigned,
    BackwardRun,
    Escaped,
    ForwardRun,
    GradientsChanged,
    GradientsRead,
    GradientsTaken,
    LayerBuilt,
    ModuleBuilt,
    OptimizerBuilt,
    OptimizerStepped,
    ParametersAdded,
    StateUsed,
)
from advisor.code.facts.relations import DEEPEST_REACH, inside, owners_of, reaches
from advisor.code.facts.run import AbstractRun
from advisor.code.gradients import gradient_of, is_computed_from
from advisor.code.values import Instance, Layer, Optimizer, Tensor, Value

_LEARNS = re.compile(
    r"^torch\.nn\.(Linear|LazyLinear|Bilinear|Conv|Embedding|LSTM|GRU|RNN|BatchNorm|LayerNorm|"
    r"GroupNorm|InstanceNorm|PReLU|MultiheadAttention|Transformer)|^(torchvision\.models|timm)\."
)
_NEW = re.compile(r"^torch\.nn\.")


def learning(module: Value, depth: int = DEEPEST_REACH) -> Iterator[Layer]:
    """The layers with parameters in a module."""
    if isinstance(module, Layer) and _LEARNS.search(module.path):
        yield module
    elif depth and isinstance(module, (Layer, Instance)):
        for part in inside(module):
            yield from _nested(part, depth - 1)


def _nested(part: Value, depth: int) -> Iterator[Layer]:
    if isinstance(part, (Layer, Instance)):
        yield from learning(part, depth)
    else:
        for each in inside(part):
            if isinstance(each, (Layer, Instance)) and depth:
                yield from learning(each, depth - 1)


def is_frozen(run: AbstractRun, module: Value) -> bool:
    """Whether it is said anywhere whether parameters of a module take gradients."""
    return any(
        event.name == "requires_grad" and any(reaches(module, each) for each in owners)
        for event in run.events(AttributeAssigned)
        if (owners := owners_of(event.owner))
    )


def left_out(
    run: AbstractRun, optimizer: Optimizer, steps: tuple[OptimizerStepped, ...]
) -> Iterator[ForwardRun]:
    """New modules that take part in the loss by which an optimizer steps, along with its own, and
    that no optimizer updates: they are switched to training, or built upon what it updates."""
    built = list(run.events(OptimizerBuilt))
    first = next(run.events(OptimizerStepped), None)
    if first is None or first.optimizer is not optimizer or _may_be_updated_otherwise(run, built):
        return
    for before, step in pairwise(steps):
        between = run.trace[before.index + 1 : step.index]
        if any(isinstance(each, (GradientsRead, GradientsChanged)) for each in between):
            continue
        losses = [each for each in between if isinstance(each, BackwardRun)]
        passes = [
            each
            for each in between
            if isinstance(each, ForwardRun) and not each.context.running and _is_recorded(each)
        ]
        own = [each for each in passes if _concerns(optimizer, each.module)]
        for event in passes:
            is_other = event not in own and own and not _is_updated(event.module, built)
            if not is_other or not _takes_part(event, own, losses):
                continue
            if _is_new(run, event.module) and not _is_built_for(run, event.module, step):
                yield event


def _may_be_updated_otherwise(run: AbstractRun, built: list[OptimizerBuilt]) -> bool:
    known = all(isinstance(each.optimizer, Optimizer) and each.optimizer.complete for each in built)
    stepped = {each.optimizer for each in run.events(OptimizerStepped)}
    return (
        not known
        or not stepped <= {each.optimizer for each in built}
        or any(True for _ in run.events(ParametersAdded))
        or any(True for _ in run.events(GradientsTaken))
    )


def _is_recorded(event: ForwardRun) -> bool:
    return event.context.gradients is True and gradient_of(event.output) is True


def _concerns(optimizer: Optimizer, module: Value) -> bool:
    return any(reaches(module, owner) or reaches(owner, module) for owner in optimizer.owners)


def _takes_part(event: ForwardRun, own: list[ForwardRun], losses: list[BackwardRun]) -> bool:
    """Whether the output of a module is back-propagated through, for certain: it is built upon the
    optimized one, or was switched to training by itself."""
    if event.output is None or event.module in {each.module for each in own}:
        return False
    in_training = bool(event.modes) and all(
        each.module is event.module and each.training is True for each in event.modes
    )
    switched_off = any(each.training is not True for each in event.modes)
    output, given = event.output, list(event.arguments.values())
    in_loss = any(is_computed_from(each.loss, output) for each in losses if each.loss)
    upon_own = any(
        is_computed_from(value, each.output) for value in given for each in own if each.output
    )
    below_own = any(
        is_computed_from(value, output) for each in own for value in each.arguments.values()
    )
    if switched_off:
        return False
    return (in_loss and upon_own) or (in_training and (in_loss or below_own))


def _is_new(run: AbstractRun, module: Value) -> bool:
    """Whether the weights of a module are those that it was built with, and nothing says that it
    should keep them."""
    layers = list(learning(module))
    return (
        (bool(layers) or _has_parameter(module))
        and all(_NEW.search(layer.path) for layer in layers)
        and not is_frozen(run, module)
        and not any(each.module is module for each in run.events(StateUsed))
        and not any(reaches(each, module) for e in run.events(Escaped) for each in e.values)
    )


def _is_built_for(run: AbstractRun, module: Value, step: OptimizerStepped) -> bool:
    """Whether a module is built anew for each step."""
    around = {loop.node for loop in step.context.loops[-1:]}
    built = [each for each in run.events(LayerBuilt) if each.layer is module]
    own = [each for each in run.events(ModuleBuilt) if each.module is module]
    return any(loop.node in around for each in (*built, *own) for loop in each.context.loops)


def _has_parameter(module: Value) -> bool:
    """Whether a module of the project has a parameter of its own."""
    return isinstance(module, Instance) and any(
        isinstance(each, Tensor) and each.text == "parameter" and each.graph is True
        for each in module.fields.values()
    )


def _is_updated(module: Value, built: list[OptimizerBuilt]) -> bool:
    owners = (
        owner
        for each in built
        if isinstance(each.optimizer, Optimizer)
        for owner in each.optimizer.owners
    )
    return any(reaches(owner, module) or reaches(module, owner) for owner in owners)
