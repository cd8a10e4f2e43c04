"""metric-miscounted: a score or loss over many batches is put together wrongly."""

from collections.abc import Iterator

from advisor.code.facts.metrics import Metric, counts_of_single_samples
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN808",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("too-good", "noisy-validation", "val-better-than-train"),
    sources=("004",),
    in_order=counts_of_single_samples,
)
def metric_miscounted(metric: Metric) -> Iterator[Draft]:
    kind, by = metric.amount.kind, metric.divided_by
    if metric.is_told_of_last_batch:
        return  # a smoothed evaluation
    if by == "others":
        yield metric.finding(
            "what comes of one set of samples is divided by the size of another one"
        )
        return
    if by == "places":
        if metric.adds_up and kind in {"matches", "sized", "sum"}:
            yield metric.finding(
                "the number of batches times the size of one is not the number of samples: the last "
                "batch may be smaller"
            )
        return
    if not metric.adds_up:
        if by is not None:
            yield metric.finding_in_loop(
                f"this is the number of the last batch alone, divided by the number of {by}: the "
                f"batches were never added up"
            )
        elif metric.of_evaluation and metric.is_share:
            yield metric.finding_in_loop(
                "this is the number of the last batch alone in the end: the batches were never added up"
            )
        elif metric.of_evaluation:
            yield metric.finding("this judges by the last batch alone, not by the whole evaluation")
    elif kind == "matches" and by == "batches":
        yield metric.finding(
            "a count of samples is divided by the number of batches, not of samples"
        )
    elif by == "batches" and (kind == "sized" or (kind == "sum" and metric.of_evaluation)):
        yield metric.finding(
            "a sum of losses over samples is divided by the number of batches, not of samples"
        )
    elif kind == "mean" and by == "samples":
        yield metric.finding(
            "a sum of means over batches is divided by the number of samples: the result is too "
            "small by the size of a batch"
        )
    elif by is not None and not metric.starts_anew:
        yield metric.finding(
            f"the sum goes on from round to round, but is divided by the number of {by} in one"
        )
    elif kind == "matches" and by is None and metric.goes_on_over_epochs:
        yield metric.finding_in_epoch(
            "the count goes on from epoch to epoch: it tells nothing of the last one"
        )
    elif by is None and metric.of_evaluation and metric.goes_on_over_epochs:
        yield metric.finding_in_epoch(
            "the sum goes on from epoch to epoch: it tells nothing of the last one"
        )
