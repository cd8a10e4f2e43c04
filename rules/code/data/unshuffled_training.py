"""unshuffled-training: the training samples come in the same order in every epoch."""

from collections.abc import Iterator

from advisor.code.facts.loaders import TrainingLoader
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN507",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("sawtooth", "noisy-validation"),
    sources=("002",),
)
def unshuffled_training(training: TrainingLoader) -> Iterator[Draft]:
    ordered = training.keeps_order() and training.order_is_free()
    again = training.gives_several_batches() and not training.is_gone_through_once()
    if ordered and again:
        yield Draft(training.place, "the training samples come in the same order in every epoch")
