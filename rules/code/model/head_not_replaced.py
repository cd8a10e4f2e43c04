"""head-not-replaced: a pre-trained classifier is trained on other classes with its old head."""

from collections.abc import Iterator

from advisor.code.facts.heads import TrainedClassifier
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN416",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("init-loss-off",),
    sources=("002",),
)
def head_not_replaced(trained: TrainedClassifier) -> Iterator[Draft]:
    if trained.is_pretrained() and trained.keeps_its_head():
        loss = (trained.loss.place, "the loss is computed over all of them here")
        message = f"`{trained.name}` is trained with the 1000 outputs of its old head"
        misplaced = trained.misplaced_head()
        if misplaced is None:
            yield Draft(trained.place, message, (loss,))
        else:
            name, place = misplaced
            message = f"{message} `{trained.head}`: assigning `{name}` changes nothing"
            yield Draft(place, message, (loss,))
