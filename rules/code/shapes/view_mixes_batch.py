"""view-mixes-batch: the samples of a batch are taken for features, or cut into rows of another length."""

from collections.abc import Iterator

from advisor.code.facts.batches import BatchAxis
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN302", severity=Severity.ERROR, step=Step.SKELETON, sources=("004",))
def view_mixes_batch(batch: BatchAxis) -> Iterator[Draft]:
    if batch.is_taken_for_features():
        yield batch.finding(
            f"`{batch.layer}` is given all samples of the batch as the features of one; keep the first "
            "axis when flattening"
        )
    elif batch.is_folded:
        yield batch.finding(
            "the samples lie along the second axis, so that a row of this shape holds numbers of several "
            "of them; `transpose` them to the front first"
        )
    elif batch.is_cut():
        yield batch.finding(
            "the rows of this shape do not end where the samples do, so that one row holds numbers of "
            "two samples"
        )
    elif batch.is_unmatched or batch.is_cut_across_axes() or batch.is_cut_into_channels:
        yield batch.finding(
            "each sample is cut into several rows, which go on as if they were samples of their own; "
            "keep the first axis when flattening"
        )
