"""spikes: single values jump far out of the curve."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import LossDescent
from advisor.runs.spikes import Spike, spikes_of
from advisor.runs.wording import number, step, times

_CAUSES = (
    "bad batches: corrupted or extreme examples",
    "learning rate too high for the curvature met",
    "gradients not clipped",
)


@rule("NR110", severity=Severity.WARNING, step=Step.SKELETON, sources=("002",))
def spikes(descent: LossDescent) -> Iterator[Draft]:
    found = [each for each in spikes_of(descent.trajectory) if each.recovered]
    if not found:
        return
    steps = descent.trajectory.steps
    highest = max(found, key=lambda each: each.value / max(abs(each.level), 1e-300))
    factor = f", {times(highest.value / highest.level)} its level," if highest.level > 0 else ""
    where = step(int(steps[highest.first]))
    many = f"{len(found)} spikes that recover" if len(found) > 1 else "one spike that recovers"
    regular = _regular_distance(steps[[each.first for each in found]])
    rhythm = f", every {regular:,} steps" if regular else ""
    yield Draft(
        descent.span(int(steps[found[0].first]), int(steps[found[-1].last])),
        f"{descent.subject} has {many}{rhythm}; the highest reaches {number(highest.value)}"
        f"{factor} at {where}",
        evidence=tuple(_evidence(found, regular)),
        severity=Severity.INFO if len(found) <= descent.thresholds.few_spikes else None,
        causes=("data that comes in a fixed order", *_CAUSES) if regular else _CAUSES,
    )


def _evidence(found: list[Spike], regular: int | None) -> Iterator[Evidence]:
    yield Evidence("spikes", f"{len(found)}", float(len(found)))
    if regular:
        yield Evidence("distance in steps", f"{regular:,}", float(regular))


def _regular_distance(steps: np.ndarray) -> int | None:
    """The distance of spikes that come at equal distances, four of them at least."""
    if len(steps) < 4:
        return None
    distances = np.diff(steps)
    middle = float(np.median(distances))
    multiples = np.rint(distances / middle)
    is_regular = np.all(np.abs(distances - multiples * middle) <= 0.05 * middle + 1)
    return int(middle) if is_regular and middle > 2 else None
