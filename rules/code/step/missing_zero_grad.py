"""missing-zero-grad: the gradients of all earlier steps are still in `.grad`."""

from collections.abc import Iterator

from advisor.code.facts.training import TrainingLoop
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN101",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("divergence", "oscillation", "never-learns"),
    sources=("002",),
)
def missing_zero_grad(loop: TrainingLoop) -> Iterator[Draft]:
    for update in loop.updates:
        if not update.is_certain or not loop.back_propagates_before(update):
            continue
        if not loop.clears_before(update):
            message = f"`{update.optimizer}` steps on gradients that are never cleared"
            names, backward = {"optimizer": update.optimizer}, update.backward
            yield update.finding(message).fixable(
                Change.INSERT, names, before=backward.place if backward is not None else None
            )
