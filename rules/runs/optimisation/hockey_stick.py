"""hockey-stick: the first iterations only learn the output's bias."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import LossDescent
from advisor.runs.wording import figure, figure_at, number, percent, share_of, step

_CAUSES = (
    "output bias not set to the targets' mean or the classes' prior (NN410)",
    "targets not scaled",
    "final layer initialised with too large weights (NN409)",
)


@rule("NR102", severity=Severity.WARNING, step=Step.SKELETON, sources=("001", "004"))
def hockey_stick(descent: LossDescent) -> Iterator[Draft]:
    knee = _knee(descent)
    if knee is None or not _starts_uninformed(descent, knee):
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
