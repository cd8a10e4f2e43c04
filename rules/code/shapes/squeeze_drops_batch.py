"""squeeze-drops-batch: `squeeze` without a dimension drops the batch when it holds one sample."""

from collections.abc import Iterator

from advisor.code.facts.batches import BatchAxis
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN306", severity=Severity.INFO, step=Step.SKELETON, sources=("002",))
def squeeze_drops_batch(batch: BatchAxis) -> Iterator[Draft]:
    if batch.may_vanish():
        yield batch.finding(
            "`squeeze()` drops the batch axis too when the last batch holds one sample; name the axis: "
            "`squeeze(-1)`"
        )
