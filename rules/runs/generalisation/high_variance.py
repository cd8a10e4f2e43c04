"""high-variance: the model knows its training rows much better than others."""

from collections.abc import Iterator

from advisor.findings import Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.decomposition import ErrorSource
from advisor.runs.facts import GeneralisationGap
from advisor.runs.wording import figure, number, step, times

_CAUSES = ("too little training data", "too little regularisation or augmentation")


@rule("NR202", severity=Severity.WARNING, step=Step.REGULARIZE, sources=("002", "004"))
def high_variance(gap: GeneralisationGap) -> Iterator[Draft]:
    if not (_is_wide(gap) and _opened_while_training_fell(gap)) and not _matters_for_goal(gap):
        return
    train, validation = gap.train.final.value, gap.validation.final.value
    shown = gap.train.shown(train), gap.validation.shown(validation)
    factor = f", {times(validation / train)} the training level" if train > 0 else ""
    yield Draft(
        gap.span(_opening(gap)),
        f"`{gap.validation.tag}` ends at {number(shown[1])} while `{gap.train.tag}` is at "
        f"{number(shown[0])}{factor}: the model over-fits",
        evidence=tuple(_evidence(gap)),
        causes=_CAUSES,
    )


def _is_wide(gap: GeneralisationGap) -> bool:
    """Whether the gap at the end is beyond noise and large for its quantity."""
    settings, train = gap.thresholds, gap.train.final.value
    if gap.at_end < settings.gap_errors * gap.error:
        return False
    if gap.train.is_flipped or gap.train.curve.role.quantity == "error":
        return gap.at_end > settings.gap_rate * _unit(gap.train)
    if train <= 0:
        return gap.at_end > settings.swing_share * gap.train.progress
    usual = gap.validation.part(1 - settings.gap_flat_share).middle
    return min(gap.validation.final.value, usual) > settings.gap_factor * train


def _unit(rate: Trajectory) -> float:
    return 100.0 if float(abs(rate.costs).max()) > 1.5 else 1.0


def _opened_while_training_fell(gap: GeneralisationGap) -> bool:
    """Whether training learned something and validation stopped to follow."""
    if not gap.train.has_learned or len(gap.validation) < gap.thresholds.minimum_evaluations:
        return False
    if 0 < gap.thresholds.wide_gap_factor * gap.train.final.value < gap.validation.final.value:
        return True
    return not gap.validation.has_learned or not _still_gains(gap.validation)


def _still_gains(validation: Trajectory) -> bool:
    """Whether the last part brought anything: beyond noise, or as a trend of some size."""
    settings = validation.thresholds
    late = 1 - settings.gap_flat_share
    gained = validation.part(0, late).best - validation.part(late).best
    enough = settings.plateau_change * validation.progress
    if gained > enough + 2 * validation.typical_error:
        return True
    half = validation.part(0.5)
    length = settings.gap_flat_share * float(validation.steps[-1] - validation.steps[0])
    return half.trend.z < -1 and -half.trend.slope * length > enough


def _matters_for_goal(gap: GeneralisationGap) -> bool:
    """Whether over-fitting is the largest term against a goal."""
    table = gap.decomposition
    if table is None or table.level("goal") is None:
        return False
    term = table.term(ErrorSource.OVER_FITTING)
    largest = max((each.value for each in table.terms), default=0.0)
    return term is not None and term.matters and term.value >= largest


def _opening(gap: GeneralisationGap) -> int:
    """The last evaluation at which the gap was below half of what it ended at."""
    differences = gap.validation.costs - gap.train_levels
    small = [
        int(s) for s, d in zip(gap.validation.steps, differences, strict=True) if d < gap.at_end / 2
    ]
    return small[-1] if small else int(gap.validation.steps[0])


def _evidence(gap: GeneralisationGap) -> Iterator[Evidence]:
    best = gap.validation
    index = int(best.costs.argmin())
    yield figure("gap", gap.at_end)
    yield figure("error of the gap", gap.error)
    yield Evidence("half as wide at", step(_opening(gap)), float(_opening(gap)))
    text = f"{number(best.shown(float(best.costs[index])))} at {step(int(best.steps[index]))}"
    yield Evidence("best validation", text, float(best.shown(float(best.costs[index]))))
