"""no-train-metrics: held-out rows are judged, but nothing tells the error in training."""

from collections.abc import Iterator

from advisor.code.facts.habits import TrainingHabits
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN804",
    severity=Severity.INFO,
    step=Step.SKELETON,
    symptoms=("missing-curve",),
    sources=("001",),
    whole_program=True,
)
def no_train_metrics(habits: TrainingHabits) -> Iterator[Draft]:
    if habits.judges_held_out_rows and not habits.may_report_training:
        yield habits.finding_at_report(
            "only held-out rows are judged: without the error in training, bias and variance look alike"
        )
