"""Weights of a module that is built during a pass: whether they are left as they were drawn."""

from advisor.code.events import (
    AttributeAssigned,
    OptimizerBuilt,
    ParametersAsked,
    WeightsFilled,
)
from advisor.code.facts.learning_layers import learning
from advisor.code.facts.modules import concerns, is_parameter, is_pretrained
from advisor.code.facts.relations import told_of_gradients
from advisor.code.facts.run import AbstractRun
from advisor.code.gradients import made_from
from advisor.code.values import Instance, Layer, Optimizer, Sequence, Tensor, Value

# What fills weights with numbers that are given, not with others that are drawn.
_GIVES = frozenset({"constant_", "copy_", "dirac_", "eye_", "ones_", "zeros_"})


def is_taken_up(run: AbstractRun, module: Value, first: int, end: int) -> bool:
    """Whether somebody asks for the parameters of a module between two points of the run, whatever
    for, or builds an optimizer that may update them."""
    for asked in run.events_within(first, end, ParametersAsked):
        if concerns(asked.module, module):
            return True
    for built in run.events_within(first, end, OptimizerBuilt):
        optimizer = built.optimizer
        if not isinstance(optimizer, Optimizer) or not optimizer.complete:
            return True
    return any(
        concerns(module, owner)
        for owner in told_of_gradients(run.events_within(0, end, AttributeAssigned))
    )


def has_drawn_weights(run: AbstractRun, module: Value, end: int) -> bool:
    """Whether a module has weights that could learn, and that nobody has filled with given numbers, or
    with what was learned elsewhere, up to some point of the run."""
    filled = {
        event.layer
        for event in run.events_within(0, end, WeightsFilled)
        if event.function in _GIVES
    }
    if has_parameter(module):
        return True
    return isinstance(module, (Layer, Instance)) and any(
        layer not in filled and not is_pretrained(layer) for layer in learning(module)
    )


def has_parameter(module: Value) -> bool:
    """Whether a module of the project has a parameter of its own to be learned."""
    return isinstance(module, Instance) and any(
        isinstance(each, Tensor)
        and is_parameter(each)
        and each.graph is True
        and not _is_written_kernel(each)
        for each in module.fields.values()
    )


def _is_written_kernel(parameter: Tensor) -> bool:
    """Whether a parameter is made of rows of numbers that stand in the program: a filter such as those
    for edges, not a number or a row of them that a training starts from."""
    rows = (each.items for each in made_from(parameter) if isinstance(each, Sequence))
    return any(isinstance(item, Sequence) for items in rows for item in items or ())
