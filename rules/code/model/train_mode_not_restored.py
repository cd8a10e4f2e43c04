"""train-mode-not-restored: from the second epoch on the model is trained in evaluation mode."""

from collections.abc import Iterator

from advisor.code.facts.modes import RepeatedTraining
from advisor.findings import Change, Severity
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
        found = training.finding(switch, f"the next epoch trains {idle}")
        yield found.fixable(Change.INSERT, training.names, before=training.again.place)
    elif (switch := training.switch_of_evaluation()) is not None:
        found = training.finding(switch, f"the training behind this evaluation runs {idle}")
        yield found.fixable(Change.INSERT, training.names, before=training.again.place)
