"""hyperparameters-not-logged: curves are logged, but not what they were made with."""

from collections.abc import Iterator

from advisor.code.facts.habits import TrainingHabits
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN805",
    severity=Severity.INFO,
    step=Step.SKELETON,
    symptoms=("untracked",),
    sources=("002",),
    whole_program=True,
)
def hyperparameters_not_logged(habits: TrainingHabits) -> Iterator[Draft]:
    if habits.writer is not None and not habits.may_note_hyperparameters:
        yield habits.finding_at_writer(
            "curves are logged, but nothing notes the hyper-parameters that they belong to"
        )
