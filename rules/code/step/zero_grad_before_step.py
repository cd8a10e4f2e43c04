"""zero-grad-before-step: the gradients are cleared again before the step that should use them."""

from collections.abc import Iterator

from advisor.code.events import BackwardRun
from advisor.code.facts.accumulation import Accumulation
from advisor.code.facts.steps import OptimizerStep, in_same_rounds
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN102",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns",),
    sources=("002",),
)
def zero_grad_before_step(step: OptimizerStep) -> Iterator[Draft]:
    provider = step.last_provider
    if not isinstance(provider, BackwardRun) or not in_same_rounds(provider, step.event):
        return
    cleared = step.clears_afterwards(provider)
    if cleared is not None and in_same_rounds(cleared, step.event) and step.was_there_at(cleared):
        yield step.finding_at(
            cleared, f"`{step.optimizer}` steps on gradients that are cleared after `backward`"
        ).fixable(Change.MOVE, clearing=cleared.place, before=provider.place)
    sums = Accumulation.of(step)
    if sums is not None and cleared is None and sums.cleared_each_time is not None:
        yield sums.finding(
            sums.cleared_each_time,
            f"gradients are cleared in each batch, but `{step.optimizer}` steps every few batches",
        )
