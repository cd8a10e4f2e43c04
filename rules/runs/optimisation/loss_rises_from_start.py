"""loss-rises-from-start: training makes the model worse from the first step on."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import LossDescent
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
    elif draft := _starts_negated(descent) or _goes_the_wrong_way(descent):
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


def _starts_negated(descent: LossDescent) -> Draft | None:
    """A loss that begins at minus what guessing costs: a cross-entropy is never negative."""
    guess, start = descent.guess, float(descent.trajectory.costs[0])
    if guess is None:
        return None
    if abs(start + guess.loss) > descent.thresholds.near_reference_share * guess.loss:
        return None
    return Draft(
        descent.span(),
        f"{descent.subject} starts at {number(start)}, which is -ln {guess.classes}: the sign of "
        "the loss is flipped",
        evidence=(figure("first loss", start), figure(f"-ln {guess.classes}", -guess.loss)),
        causes=_CAUSES[:1],
    )


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
