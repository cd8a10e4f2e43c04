"""train-mode-not-restored: from the second epoch on the model is trained in evaluation mode."""

from collections.abc import Iterator

from advisor.code.facts.modes import RepeatedTraining
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN402",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("high-variance", "overtrained"),
    sources=("002",),
)
def train_mode_not_restored(training: RepeatedTraining) -> Iterator[Draft]:
    switch = training.switch_left_behind()
    kinds = training.mode_dependent_layers()
    if switch is None or not kinds:
        return
    idle = " and ".join(kinds)
    message = f"the next epoch trains in evaluation mode, {idle} switched off"
    yield training.finding(switch, message)
