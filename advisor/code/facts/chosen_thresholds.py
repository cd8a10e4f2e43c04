"""Thresholds that are chosen by a curve over test rows, and judged by the same rows."""

from collections.abc import Iterator

import libcst as cst

from advisor.code.events import (
    BestTaken,
    ComparedWithBest,
    Event,
    MetricTaken,
    ThresholdApplied,
)
from advisor.code.facts.handed_over import where_handed_over
from advisor.code.facts.run import AbstractRun
from advisor.code.facts.scored_rows import name_of_test, rows_behind
from advisor.code.facts.sides import Side, are_called_otherwise, is_test, side_of
from advisor.code.facts.steered_trainings import Steering
from advisor.code.gradients import made_from
from advisor.code.values import RowSet, Value, rows_of

# What asks for scores, whichever classes a threshold makes of them.
_OF_SCORES = ("_curve", "roc_auc_score", "average_precision_score", "log_loss", "_score_loss")


def chosen_thresholds(run: AbstractRun) -> Iterator[Steering]:
    """Where a curve over test rows is taken, of which a threshold is picked that these rows judge."""
    applied = list(run.events(ThresholdApplied))
    told: set[MetricTaken] = set()
    for each in applied:
        curve = each.curve
        # What classes are taken for whose rows is known of the labels alone, for each threshold.
        known = curve.rows if each.tried is None else curve.rows[:1]
        rows = () if curve in told else rows_behind(run, known, curve.context)
        if not rows or not all(map(is_test, rows)) or any(map(are_called_otherwise, rows)):
            continue
        if not _is_of_curve(each) or not _is_the_best(run, each):
            continue
        if any(other.curve is curve and _judges_others(run, other) for other in applied):
            continue
        if any(_judges(metric, each) for metric in run.events(MetricTaken)):
            told.add(curve)
            place = where_handed_over(run, curve.place, curve.context, each.context)
            yield place, "the threshold is chosen", name_of_test(rows)


def _is_of_curve(applied: ThresholdApplied) -> bool:
    """Whether it is the scores of the curve that a threshold is put to use on."""
    if applied.scores in applied.curve.given:
        return True
    if applied.tried is not None and applied.scores is applied.tried.scores:
        return True
    return applied.rows is not None and _is_of(applied.rows, applied)


def _is_the_best(run: AbstractRun, applied: ThresholdApplied) -> bool:
    """Whether the best is looked for of the scores that thresholds have which are tried out; of a curve
    a threshold is taken in any case."""
    tried = applied.tried
    if tried is None:
        return True
    loop, own = tried.loop.node, applied.curve
    alone = all(_are_alike(each, own) for each in run.events(MetricTaken) if _is_in(each, loop))
    for each in run.events_among(ComparedWithBest, BestTaken):
        if not tried.index < each.index < applied.index:
            continue
        if not isinstance(each, (BestTaken, ComparedWithBest)):
            continue
        looks = _is_in(each, loop) is isinstance(each, ComparedWithBest)
        if looks and (each.rows[:1] == own.rows[:1] if each.rows else alone):
            return True
    return False


def _is_in(event: Event, loop: cst.CSTNode) -> bool:
    return any(each.node is loop for each in event.context.loops)


def _are_alike(one: MetricTaken, other: MetricTaken) -> bool:
    """Whether two scores go by the same labels."""
    return one.rows[:1] == other.rows[:1] and (bool(one.rows) or one.given[:1] == other.given[:1])


def _is_of(rows: RowSet, applied: ThresholdApplied) -> bool:
    """Whether rows are those that a threshold was picked by, or taken out of these."""
    tried = None if applied.tried is None else rows_of(applied.tried.scores)
    return any(each is tried or each in applied.curve.rows for each in rows.ancestors())


def _judges_others(run: AbstractRun, applied: ThresholdApplied) -> bool:
    """Whether a threshold is put to use on other rows that are held out as well, or may be: whose labels
    judge what comes of it says which rows these are."""
    if applied.rows is None:
        judged = any(_judges(metric, applied) for metric in run.events(MetricTaken))
        return not _is_of_curve(applied) and not judged
    return not _is_of(applied.rows, applied) and side_of(applied.rows) is Side.HELD_OUT


def _judges(metric: MetricTaken, applied: ThresholdApplied) -> bool:
    """Whether classes are scored that a threshold has made, by their labels. Those that a model
    predicts without it are rows as it was given them, or another value."""
    if metric.index < applied.index or metric.name.endswith(_OF_SCORES):
        return False
    if not metric.rows:
        labels, classes = (*metric.given, None, None)[:2]
        return labels is not None and labels in applied.curve.given and _is_made(classes, applied)
    first, *others = metric.rows
    return _is_of(first, applied) and (not others or applied.made in others)


def _is_made(classes: Value | None, applied: ThresholdApplied) -> bool:
    """Whether classes were made of what comes of the comparison with a threshold."""
    return classes is not None and any(each is applied.result for each in made_from(classes))
