"""missing-eval-mode: the model is evaluated with dropout and batch norm in training mode."""

from collections.abc import Iterator

from advisor.code.facts.evaluations import Evaluation
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN401",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("noisy-validation", "val-better-than-train", "high-variance"),
    sources=("002",),
)
def missing_eval_mode(evaluation: Evaluation) -> Iterator[Draft]:
    kinds = evaluation.mode_dependent_layers()
    if not kinds or not evaluation.is_in_training_mode() or evaluation.wants_dropout():
        return
    if evaluation.is_meant_to_be_switched():
        return  # another rule tells of the call that is missing
    active = " and ".join(kinds)
    switch = evaluation.switch_to_training()
    related = () if switch is None else ((switch, "training mode is switched on here"),)
    message = f"`{evaluation.text}` is evaluated in training mode, its {active} still active"
    found = evaluation.finding(message, *related)
    yield found.fixable(Change.INSERT, {"model": evaluation.text}, before=evaluation.place)
