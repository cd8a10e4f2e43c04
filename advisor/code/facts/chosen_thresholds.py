"""Thresholds that are chosen by a curve over test rows, and judged by the same rows."""

from collections.abc import Iterator

from advisor.code.events import MetricTaken, ThresholdApplied
from advisor.code.facts.handed_over import where_handed_over
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.scored_rows import are_called_otherwise, name_of_test
from advisor.code.facts.sides import Side, side_of
from advisor.code.facts.steered_trainings import Steering
from advisor.code.facts.tried_settings import is_test
from advisor.code.values import RowSet

# What asks for scores, whichever classes a threshold makes of them.
_OF_SCORES = ("_curve", "roc_auc_score", "average_precision_score", "log_loss", "_score_loss")


def chosen_thresholds(run: AbstractRun) -> Iterator[Steering]:
    """Where a curve over test rows is taken, of which a threshold is picked that these rows judge."""
    applied = list(run.events(ThresholdApplied))
    told: set[MetricTaken] = set()
    for each in applied:
        curve = each.curve
        if curve in told or not all(map(is_test, curve.rows)):
            continue
        if any(map(are_called_otherwise, curve.rows)) or not _is_of(each.rows, curve):
            continue
        if any(other.curve is curve and _judges_others(other) for other in applied):
            continue
        if any(_judges(metric, each) for metric in run.events(MetricTaken)):
            told.add(curve)
            place = where_handed_over(run, curve.place, curve.context, each.context)
            yield place, "the threshold is chosen", name_of_test(curve.rows)


def _is_of(rows: RowSet, curve: MetricTaken) -> bool:
    """Whether rows are those of a curve, or taken out of these."""
    return any(each in curve.rows for each in rows.ancestors())


def _judges_others(applied: ThresholdApplied) -> bool:
    """Whether a threshold is put to use on other rows that are held out as well."""
    return not _is_of(applied.rows, applied.curve) and side_of(applied.rows) is Side.HELD_OUT


def _judges(metric: MetricTaken, applied: ThresholdApplied) -> bool:
    """Whether classes are scored that a threshold has made, by their labels. Those that a model
    predicts without it are rows as it was given them."""
    if metric.index < applied.index or metric.name.endswith(_OF_SCORES) or not metric.rows:
        return False
    labels, *classes = metric.rows
    return _is_of(labels, applied.curve) and (not classes or applied.made in classes)
