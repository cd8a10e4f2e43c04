"""default-lr-decay: the learning rate follows a schedule made for another training."""

from collections.abc import Iterator

from advisor.code.facts.schedule_use import FALLS_TO_AN_END
from advisor.code.facts.schedules import ScheduledTraining
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

# A rate this small against its peak trains nothing any more.
NEGLIGIBLE = 1e-3
# From this share of the training on a negligible rate is what schedules are meant to end in.
LATE = 0.5
# A rate of exactly zero may last for this share of the training.
LONGEST_AT_ZERO = 0.1
# A decay that leaves this much of the rate until the end has not taken place.
HARDLY_DECAYED = 0.9
# One that is told its end and leaves so much was told the end of a training three times as long.
FAR_FROM_ITS_END = 0.7
# A training that takes no more of the steps than this is not the one that they were counted for.
FAR_TOO_SHORT = 0.6
# Schedules that are told when they shall have reached their end.
FALL_TO_AN_END = FALLS_TO_AN_END | {"CosineDecay", "PolynomialDecay"}
# Keras's schedules that fall by a share in so many steps. One that was made for a training fifty times
# as long leaves the rate where it is.
FALL_BY_SHARES = frozenset({"ExponentialDecay", "InverseTimeDecay"})
LEFT_WHERE_IT_IS = 0.99
# Where something else may end a training, so many epochs are more of a limit than of a length.
LONG = 100
# A decay that went low and ends above this share of the peak has come back.
CAME_BACK = 0.5


@rule(
    "NN601",
    severity=Severity.WARNING,
    step=Step.TUNE,
    symptoms=("lr-decayed-too-early", "plateau", "lr-never-decayed"),
    sources=("001", "003", "004"),
)
def default_lr_decay(training: ScheduledTraining) -> Iterator[Draft]:
    misfit = _misfit(training)
    if misfit is not None and all(_misfit(each) is not None for each in training.elsewhere):
        yield training.finding(f"{training.text} does not fit {training.length}: {misfit}")


def _misfit(training: ScheduledTraining) -> str | None:
    simulation, steps = training.simulation, training.steps
    if simulation.peak <= 0:
        return None
    if training.warmup >= steps:
        return "the learning rate is still warming up when the training ends"
    if simulation.last >= simulation.peak and simulation.lowest >= HARDLY_DECAYED * simulation.peak:
        return "it never takes effect, the learning rate stays where it starts"
    if training.may_end_early and (training.unit != "epoch" or steps >= LONG):
        return _misfit_of_its_end(training)
    negligible = simulation.falls_for_good_below(NEGLIGIBLE)
    if negligible is not None and negligible <= LATE * steps:
        return (
            f"{training.behind(negligible)} the learning rate is at most 1/{1 / NEGLIGIBLE:.0f} of "
            f"its peak"
        )
    zero = simulation.falls_for_good_below(0.0)
    if zero is not None and steps - zero > LONGEST_AT_ZERO * steps:
        return f"{training.behind(zero)} the learning rate is zero"
    if _comes_back(training):
        share = simulation.last / simulation.peak
        return f"the learning rate has risen again and ends at {share:.0%} of its peak"
    if _goes_on_in_waves(training):
        return "the learning rate is zero where it was told to end, and rises again behind it"
    return _misfit_of_its_end(training)


def _misfit_of_its_end(training: ScheduledTraining) -> str | None:
    """What a schedule has not come to when the training ends, let alone when it ends earlier."""
    simulation, steps = training.simulation, training.steps
    if training.name in FALL_TO_AN_END and simulation.last > FAR_FROM_ITS_END * simulation.peak:
        return f"at the end it still is at {simulation.last / simulation.peak:.0%} of its peak"
    if training.formula is not None and training.horizon is not None:
        share = steps / training.horizon
        if training.name in FALL_TO_AN_END and share <= FAR_TOO_SHORT:
            return f"the training ends after {share:.0%} of the steps that it was told"
    if training.name in FALL_BY_SHARES and simulation.last > LEFT_WHERE_IT_IS * simulation.peak:
        return (
            f"at the end it still is at {simulation.last / simulation.peak:.1%} of where it starts"
        )
    return None


def _goes_on_in_waves(training: ScheduledTraining) -> bool:
    """Whether the cosine of transformers, which is told where it ends, comes back behind its end."""
    simulation, end = training.simulation, training.horizon
    if training.name != "get_cosine_schedule_with_warmup" or end is None:
        return False
    behind = [factor for step, factor in simulation.samples if step > end]
    return bool(behind) and max(behind) > CAME_BACK * simulation.peak


def _comes_back(training: ScheduledTraining) -> bool:
    simulation = training.simulation
    if training.name != "CosineAnnealingLR" or simulation.last <= CAME_BACK * simulation.peak:
        return False
    return simulation.lowest < 0.1 * simulation.peak
