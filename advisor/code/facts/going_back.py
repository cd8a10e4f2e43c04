"""Going back: where gradients are computed, or may be where nobody can look."""

import re

from advisor.code.events import (
    BackwardRun,
    Escaped,
    Event,
    GradientsTaken,
    GradientsWanted,
    OptimizerStepped,
)
from advisor.code.facts.doubts import switches_mode
from advisor.code.facts.run import AbstractRun
from advisor.code.library.torch_states import PARAMETER
from advisor.code.values import Instance, Layer, Object, Optimizer, Parameters, Unknown, Value

# Names of functions that go back through a model when they are handed it, its output or its input.
_MAY_GO_BACK = re.compile(
    r"backward|attack|advers|pgd|fgsm|salien|grad_?cam|optim|scaler|(?<!pre)train|fit|step",
    re.IGNORECASE,
)


def going_back(run: AbstractRun) -> list[Event]:
    """The events where something goes back through a model, or may do so where nobody can look."""
    return [each for each in run.trace if goes_back(each) or _may_go_back(run, each)]


def goes_back(event: Event) -> bool:
    """Whether gradients are computed, wanted or used. Weights that are no longer frozen are there to be
    learned some time: that says nothing of what runs now."""
    if isinstance(event, GradientsWanted):
        return not _are_weights(event.tensor)
    return isinstance(event, (BackwardRun, OptimizerStepped, GradientsTaken))


def _are_weights(value: Value) -> bool:
    if isinstance(value, (Layer, Instance, Parameters)):
        return True
    return isinstance(value, Object) and value.path == PARAMETER


def _may_go_back(run: AbstractRun, event: Event) -> bool:
    if not isinstance(event, Escaped) or switches_mode(run, event):
        return False
    callee = getattr(event.callee, "name", "") or getattr(event.callee, "path", "")
    if _MAY_GO_BACK.search(callee.rsplit(".", 1)[-1]):
        return True
    return any(
        isinstance(value, Optimizer)
        or (isinstance(value, Unknown) and any("optim" in name for name in value.names))
        for value in event.values
    )
