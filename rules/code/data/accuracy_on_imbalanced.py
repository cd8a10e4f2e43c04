"""accuracy-on-imbalanced: a model of classes of different size is judged by its accuracy alone."""

from collections.abc import Iterator

from advisor.code.facts.accuracy import AccuracyAlone, accuracies_beside_others
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN513",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("too-good",),
    sources=("001",),
    in_order=accuracies_beside_others,
)
def accuracy_on_imbalanced(judged: AccuracyAlone) -> Iterator[Draft]:
    yield judged.finding(
        f"accuracy alone judges classes of different size, as `{judged.text}` shows"
    )
