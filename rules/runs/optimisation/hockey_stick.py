"""hockey-stick: the first iterations only learn the output's bias."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from advisor.findings import Severity
from advisor.lazy_dataclasses import dataclass
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import LossDescent
from advisor.runs.reference_levels import as_fractions
from advisor.runs.wording import figure, figure_at, number, percent, share_of, step

_SAME = 1e-9
_CAUSES = (
    "output bias not set to the targets' mean or the classes' prior (NN410)",
    "targets not scaled",
    "final layer initialised with too large weights (NN409)",
)


@rule("NR102", severity=Severity.WARNING, step=Step.SKELETON, sources=("001", "004"))
def hockey_stick(descent: LossDescent) -> Iterator[Draft]:
    knee = _knee(descent)
    if knee is None or not _starts_uninformed(descent, knee):
        yield from _learns_the_prior(descent)
        return
    yield Draft(
        descent.span(int(descent.trajectory.steps[0]), knee.step),
        f"{descent.subject} drops from {number(knee.start)} to {number(knee.level)} by "
        f"{step(knee.step)}, the first {percent(knee.share)} of the run, and is slow afterwards: "
        "it learned the output's bias",
        evidence=(
            figure("first loss", knee.start),
            figure("level after the knee", knee.level),
            figure_at("knee", knee.step),
            share_of("share of the fall before the knee", knee.fall),
        ),
        causes=_CAUSES,
    )


@dataclass(frozen=True, slots=True)
class _Knee:
    """Where the steep part ends: step and share of the run, levels before and after it."""

    step: int
    share: float
    start: float
    level: float
    fall: float


def _knee(descent: LossDescent) -> _Knee | None:
    """The point that most of the fall lies before, if it is early enough."""
    curve, settings = descent.trajectory, descent.thresholds
    start = float(curve.costs[0])
    whole = start - curve.best
    if whole <= 0 or not curve.has_learned:
        return None
    window = max(1, len(curve) // 200)
    smooth = curve.costs[: len(curve) // window * window].reshape(-1, window)
    levels = np.median(smooth, axis=1)
    below = levels <= start - settings.hockey_stick_fall * whole
    index = min((int(np.argmax(below)) + 1) * window, len(curve)) - 1
    length = int(curve.steps[-1] - curve.steps[0]) or 1
    share = float(curve.steps[index] - curve.steps[0]) / length
    level = float(np.median(curve.slice(index, len(curve)).part(0.0, 0.2).costs))
    if share > settings.hockey_stick_share or start < settings.hockey_stick_drop * max(level, 0):
        return None
    return _Knee(int(curve.steps[index]), share, start, level, (start - level) / whole)


def _starts_uninformed(descent: LossDescent, knee: _Knee) -> bool:
    """Whether the start is worse than guessing; steep learning from a right start is healthy."""
    settings = descent.thresholds
    reach = settings.init_noise * descent.trajectory.noise_at_start
    if descent.guess is not None:
        limit = settings.hockey_stick_excess * descent.guess.loss
        return knee.start > max(limit, descent.guess.loss + reach)
    return knee.start > settings.largest_uninformed_loss


def _learns_the_prior(descent: LossDescent) -> Iterator[Draft]:
    """The loss falls to what the class frequencies alone give, while no prediction changes.

    An accuracy that stays exactly the same from the first evaluations on, with the loss still far
    above that level, is that of the commonest class for everybody.
    """
    accuracy, settings = descent.accuracy, descent.thresholds
    loss = descent.held_out or descent.trajectory
    if accuracy is None or descent.guess is None:
        return
    rates = -as_fractions(accuracy).costs
    begin, count = _constant_start(rates, settings.prior_evaluations)
    rate = float(rates[begin])
    level = descent.guess.least_confident_loss(rate) if 0 < rate < 1 else 0.0
    if count < settings.prior_evaluations or level <= 0:
        return
    steps = accuracy.steps[begin : begin + count]
    losses = np.interp(steps, loss.steps, loss.costs)
    reached = np.flatnonzero(losses <= settings.prior_reached * level)
    if not len(reached) or losses[0] < settings.prior_start * level:
        return
    first, at = float(descent.trajectory.costs[0]), int(steps[reached[0]])
    yield Draft(
        descent.span(int(descent.trajectory.steps[0]), at),
        f"{descent.subject} drops from {number(first)} to {number(level)}, what the class "
        f"frequencies alone give, by {step(at)} while `{accuracy.tag}` stays at exactly "
        f"{number(100 * rate)} %: it learned the output's bias",
        evidence=(
            figure("first loss", first),
            figure("loss of the class frequencies", level),
            figure_at("reached at", at),
        ),
        causes=_CAUSES[:1],
    )


def _constant_start(rates: NDArray[np.float64], enough: int) -> tuple[int, int]:
    """Where the accuracy begins to stay exactly the same, and for how many evaluations it does.

    The first evaluation may differ: a few rows can still be taken for another class then.
    """
    for begin in range(min(2, len(rates))):
        changes = np.flatnonzero(np.abs(rates[begin:] - rates[begin]) > _SAME)
        count = int(changes[0]) if len(changes) else len(rates) - begin
        if abs(rates[0] - rates[begin]) <= (1 - rates[begin]) / 2 and count >= enough:
            return begin, count
    return 0, 0
