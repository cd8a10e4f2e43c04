"""smoothed-evaluation: single batches of an evaluation are logged, not the whole set."""

from collections.abc import Iterator

from advisor.code.events import AmountSmoothed
from advisor.code.facts.metrics import LoggedBatch
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN803",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("noisy-validation",),
    sources=("004",),
)
def smoothed_evaluation(logged: LoggedBatch) -> Iterator[Draft]:
    if logged.last is not None:
        yield logged.finding("the last batch alone is told of, not the whole evaluation")
        return
    if isinstance(logged.event, AmountSmoothed):
        yield logged.finding(
            "the last batches of the evaluation count most in this mean: take it over the whole set"
        )
        return
    yield logged.finding(
        "the evaluation is logged batch by batch: log one number over the whole set instead"
    )
