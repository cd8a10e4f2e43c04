"""loss-rises-from-start: training makes the model worse from the first step on."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import LossDescent
from advisor.runs.reference_levels import as_fractions
from advisor.runs.wording import figure, number, percent

_CAUSES = (
    "flipped sign of the loss or the gradient (NN111)",
    "learning rate too high",
    "softmax over the wrong dimension (NN205)",
    "numerical issues (exp, log, division)",
)


@rule("NR108", severity=Severity.ERROR, step=Step.SKELETON, sources=("002",))
def loss_rises_from_start(descent: LossDescent) -> Iterator[Draft]:
    if descent.rises_from_start:
        yield _rises(descent)
    elif draft := _is_negated(descent) or _goes_the_wrong_way(descent):
        yield draft


def _rises(descent: LossDescent) -> Draft:
    curve = descent.trajectory
    start, final = curve.start, curve.final.value
    low = curve.best < start - descent.thresholds.progress_share * curve.scale
    beside = f", and `{descent.accuracy.tag}` is lost" if low and descent.accuracy else ""
    return Draft(
        descent.span(),
        f"{descent.subject} rises from its first level {number(start)} to {number(final)}"
        f"{beside or ' and never falls below where it began'}",
        evidence=(figure("first level", start), figure("final level", final)),
        causes=_CAUSES,
    )


def _is_negated(descent: LossDescent) -> Draft | None:
    """A loss that begins at minus what guessing costs: a cross-entropy is never negative.

    Where the number of classes is unknown, one that falls ever further below zero while the
    accuracy does not rise, which no likelihood of classes and no useful other loss does.
    """
    guess, curve, settings = descent.guess, descent.trajectory, descent.thresholds
    start, final = float(curve.costs[0]), curve.final.value
    if guess is not None:
        reach, level = settings.near_reference_share * guess.loss, f"-{guess.formula}"
        if abs(start + guess.loss) > reach:
            return None
        seen, figures = f"starts at {number(start)}, which is {level}", figure(level, -guess.loss)
    else:
        falls_far = start <= 0 and final < -settings.negated_fall * abs(start)
        if not falls_far or not _gains_no_accuracy(descent):
            return None
        seen = f"falls from {number(start)} to {number(final)} without any gain in accuracy"
        figures = figure("final level", final)
    return Draft(
        descent.span(),
        f"{descent.subject} {seen}: the sign of the loss is flipped",
        evidence=(figure("first loss", start), figures),
        causes=_CAUSES[:1],
    )


def _gains_no_accuracy(descent: LossDescent) -> bool:
    """Whether an accuracy was watched and shows nothing that could be called learning."""
    accuracy = descent.accuracy
    if accuracy is None or len(accuracy) < 3:
        return False
    rates = as_fractions(accuracy)
    return rates.start - rates.final.value < descent.thresholds.at_chance_share


def _goes_the_wrong_way(descent: LossDescent) -> Draft | None:
    """The loss falls as asked, and the accuracy falls with it: the sign is flipped."""
    curve, accuracy = descent.trajectory, descent.accuracy
    if accuracy is None or not curve.has_learned or not descent.accuracy_is_lost:
        return None
    if not curve.trend.falls(descent.thresholds.trend_z):
        return None
    first, last = -accuracy.start, -accuracy.final.value
    return Draft(
        descent.span(),
        f"{descent.subject} falls, and `{accuracy.tag}` falls with it from {percent(first)} to "
        f"{percent(last)}: the sign of the loss is flipped",
        evidence=(figure("first accuracy", first), figure("final accuracy", last)),
        causes=_CAUSES[:1],
    )
