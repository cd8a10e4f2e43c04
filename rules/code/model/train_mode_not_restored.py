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
    kinds = training.mode_dependent_layers()
    if not kinds:
        return
    idle = f"in evaluation mode, {' and '.join(kinds)} switched off"
    switch = training.switch_left_behind()
    if switch is not None:
        yield training.finding(switch, f"the next epoch trains {idle}")
    elif (switch := training.switch_of_evaluation()) is not None:
        yield training.finding(switch, f"the training behind this evaluation runs {idle}")
