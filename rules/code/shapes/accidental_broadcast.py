"""accidental-broadcast: a column and a row of the same samples become a matrix."""

from collections.abc import Iterator

from advisor.code.facts.batches import BatchAxis
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN303", severity=Severity.ERROR, step=Step.SKELETON, sources=("002",))
def accidental_broadcast(batch: BatchAxis) -> Iterator[Draft]:
    if batch.is_squared_by_choice():
        yield batch.finding(
            "a column `(n, 1)` of choices that `keepdim=True` has kept is compared with a row `(n,)`: each "
            "sample is paired with all others; leave `keepdim` out"
        )
    elif batch.is_squared_by_reduction():
        yield batch.finding(
            "a column `(n, 1)` that `keepdim=True` has kept meets a row `(n,)`: each sample is paired "
            "with all others; reduce both in the same way"
        )
    elif batch.is_squared():
        yield batch.finding(
            "a column `(n, 1)` that a layer has made meets a row `(n,)`: each sample is paired with "
            "all others; squeeze the column or unsqueeze the row"
        )
    elif batch.is_out_of_place():
        yield batch.finding(
            "what was computed of each row meets the columns: the axis that was reduced is gone; "
            "`keepdim=True` keeps it"
        )
