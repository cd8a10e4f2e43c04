"""step-before-backward: the step is taken before the gradients of its own batch are there."""

from collections.abc import Iterator

from advisor.code.events import BackwardRun
from advisor.code.facts.steps import OptimizerStep, in_same_rounds
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN104",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "plateau"),
    sources=("002",),
)
def step_before_backward(step: OptimizerStep) -> Iterator[Draft]:
    provider = step.last_provider
    cleared = None if provider is None else step.clears_afterwards(provider)
    at_hand = provider is not None and in_same_rounds(provider, step.event)
    if at_hand and (cleared is None or isinstance(provider, BackwardRun)):
        return
    backward = next((each for each in step.after if isinstance(each, BackwardRun)), None)
    if backward is not None and (step.is_delayed(backward) or step.is_before_all_rounds(backward)):
        return
    late = backward is not None and step.loss_computed_before(backward)
    if late or (cleared is not None and backward is not None):
        yield step.finding(
            f"`{step.optimizer}` steps before `backward` has computed the gradients of the batch",
            (backward, "`backward` runs here"),
        )
