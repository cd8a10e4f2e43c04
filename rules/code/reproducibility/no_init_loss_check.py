"""no-init-loss-check: training begins without a look at the first loss or at a single batch."""

from collections.abc import Iterator

from advisor.code.facts.habits import TrainingHabits
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN806",
    severity=Severity.INFO,
    step=Step.SKELETON,
    symptoms=("init-loss-off", "never-learns"),
    sources=("004",),
    stage="baseline",
    whole_program=True,
)
def no_init_loss_check(habits: TrainingHabits) -> Iterator[Draft]:
    if habits.checks_first_loss or habits.may_overfit_first:
        return
    yield habits.finding(
        "training begins unchecked: look at the loss at initialisation, and overfit one batch first"
    )
