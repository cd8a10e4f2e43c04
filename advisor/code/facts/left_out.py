"""Modules that a loss is computed with, and that no optimizer of the program updates."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

import libcst as cst

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
    WeightsFilled,
)
from advisor.code.facts.drawn_weights import has_drawn_weights, has_parameter
from advisor.code.facts.learning_layers import learning
from advisor.code.facts.origins import Pass, module_of, origins_of, outputs_of
from advisor.code.facts.relations import reaches, sets_gradients, told_of_gradients
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.gradients import gradient_of
from advisor.code.part_names import words
from advisor.code.values import Instance, Optimizer, Value

_NEW = re.compile(r"^torch\.nn\.")
# Words of modules whose weights stay as they are.
_STAY = frozenset(
    ["random", "fixed", "frozen", "freeze", "feature", "features", "extractor", "projection"]
    + [
        "reservoir",
        "fourier",
        "hash",
        "teacher",
        "target",
        "probe",
        "probing",
        "pretrained",
        "prior",
    ]
    + ["backbone", "tokenizer", "loss", "perceptual", "critic", "judge", "noise", "corrupt"]
)
# Words of modules that are there for the numbers that they were drawn with.
_DRAWN = frozenset(
    ["random", "randomized", "randomised", "fixed", "frozen", "reservoir", "fourier"]
)


def is_frozen(run: AbstractRun, module: Value) -> bool:
    """Whether it is said anywhere whether parameters of a module take gradients."""
    return any(reaches(module, owner) for owner in told_of_gradients(run.events(AttributeAssigned)))


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
        by_hand = (isinstance(each, (GradientsRead, GradientsChanged)) for each in between)
        if any(by_hand) or any(map(sets_gradients, between)):
            continue
        losses = [each for each in between if isinstance(each, BackwardRun)]
        passes = [
            each
            for each in between
            if isinstance(each, (ForwardRun, Escaped))
            and not each.context.running
            and _is_recorded(each)
        ]
        own = [each for each in passes if _concerns(optimizer, module_of(each))]
        for event in passes:
            if not isinstance(event, ForwardRun) or event in own or not own:
                continue
            if _is_updated(event.module, built) or not _takes_part(run, event, own, losses):
                continue
            if _called(event) & _DRAWN or _is_built_for(run, event.module, step):
                continue
            if _is_new(run, event.module) and has_drawn_weights(run, event.module, event.index):
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


def _is_recorded(event: Pass) -> bool:
    recorded = event.context.gradients is True
    if not recorded or isinstance(event, Escaped):
        return recorded
    return any(gradient_of(each) is True for each in outputs_of(event.output))


def _concerns(optimizer: Optimizer, module: Value) -> bool:
    return any(reaches(module, owner) or reaches(owner, module) for owner in optimizer.owners)


def _takes_part(
    run: AbstractRun, event: ForwardRun, own: list[Pass], losses: list[BackwardRun]
) -> bool:
    """Whether the output of a module is back-propagated through, for certain: it is built upon the
    optimized one, or was switched to training by itself."""
    if event.output is None or event.module in {module_of(each) for each in own}:
        return False
    if any(each.training is not True for each in event.modes):
        return False
    in_training = bool(event.modes) and all(each.module is event.module for each in event.modes)
    in_loss = any(event in origins_of(run, each.loss).passes for each in losses)
    given = [origins_of(run, each).passes for each in event.arguments.values()]
    upon_own = any(each in passes for each in own for passes in given)
    below_own = any(
        event in origins_of(run, value).passes for each in own for value in each.arguments.values()
    )
    if in_loss and below_own and _is_meant_to_learn(run, event):
        return True
    return (in_loss and upon_own) or (in_training and (in_loss or below_own))


def _is_meant_to_learn(run: AbstractRun, event: ForwardRun) -> bool:
    """Whether what feeds an optimized module is a network of several layers, and nothing it is called
    says that its weights are to stay as they were drawn."""
    module = event.module
    if not isinstance(module, Instance) or len(list(islice(learning(module), 2))) < 2:
        return False
    functions = " ".join(each.name for each in event.context.functions)
    return not (_called(event) | words(functions)) & _STAY


def _called(event: ForwardRun) -> set[str]:
    """The words that a module goes by where it runs, and those of its class."""
    node, module = event.place.node, event.module
    called = code_of(node.func) if isinstance(node, cst.Call) else ""
    kind = module.cls.name if isinstance(module, Instance) else ""
    return words(f"{kind} {called}")


def _is_new(run: AbstractRun, module: Value) -> bool:
    """Whether the weights of a module are those that it was built with, and nothing says that it
    should keep them."""
    layers = list(learning(module))
    return (
        (bool(layers) or has_parameter(module))
        and all(_NEW.search(layer.path) for layer in layers)
        and not is_frozen(run, module)
        and not _is_part_of_frozen(run, module)
        and not _is_given_weights(run, module)
        and not any(
            each.module is not None and reaches(each.module, module)
            for each in run.events(StateUsed)
        )
        and not any(reaches(each, module) for e in run.events(Escaped) for each in e.values)
    )


def _is_part_of_frozen(run: AbstractRun, module: Value) -> bool:
    """Whether it is said of a whole model that a module belongs to whether its parameters take
    gradients."""
    return any(reaches(owner, module) for owner in told_of_gradients(run.events(AttributeAssigned)))


def _is_given_weights(run: AbstractRun, module: Value) -> bool:
    """Whether the program writes weights into a module by itself: a filter that is known."""
    return any(
        event.function == "copy_" and reaches(module, event.layer)
        for event in run.events(WeightsFilled)
    )


def _is_built_for(run: AbstractRun, module: Value, step: OptimizerStepped) -> bool:
    """Whether a module is built anew for each step."""
    around = {loop.node for loop in step.context.loops[-1:]}
    built = [each for each in run.events(LayerBuilt) if each.layer is module]
    own = [each for each in run.events(ModuleBuilt) if each.module is module]
    return any(loop.node in around for each in (*built, *own) for loop in each.context.loops)


def _is_updated(module: Value, built: list[OptimizerBuilt]) -> bool:
    owners = (
        owner
        for each in built
        if isinstance(each.optimizer, Optimizer)
        for owner in each.optimizer.owners
    )
    return any(reaches(owner, module) or reaches(module, owner) for owner in owners)
