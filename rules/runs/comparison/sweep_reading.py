"""sweep-reading: which setting matters, and whether the best value lies at an edge."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.sweeps.facts import Sweep
from advisor.runs.sweeps.settings import Setting
from advisor.runs.wording import figure, number, percent, share_of

_TOO_HIGH = frozenset({"divergence", "non-finite", "loss-rises-from-start", "oscillation"})
_TOO_LOW = frozenset({"too-slow", "never-learns"})


@rule("NR502", severity=Severity.WARNING, step=Step.TUNE, sources=("001", "002", "003", "004"))
def sweep_reading(sweep: Sweep) -> Iterator[Draft]:
    for setting in sweep.tuned:
        if setting.is_numeric and len(setting.numbers) > 2:
            yield from _edge(sweep, setting)
            yield from _learning_rates(sweep, setting)
    yield from _what_matters(sweep)
    yield from _grid(sweep)


def _edge(sweep: Sweep, setting: Setting) -> Iterator[Draft]:
    """The best value is the first or last one, and the outcome gets better on the way there."""
    if not _is_decisive(sweep, setting):
        return
    numbers = setting.numbers
    means = np.array([_mean_at(sweep, setting, value) for value in numbers])
    if not np.isfinite(means).all():
        means = np.where(np.isfinite(means), means, np.inf)
    inward = means if means.argmin() == 0 else means[::-1]
    if means.argmin() not in {0, len(means) - 1} or not inward[0] < inward[1] < inward[2]:
        return
    if inward[1] - inward[0] <= _noise(sweep):
        return
    ordered = numbers if means.argmin() == 0 else numbers[::-1]
    beyond = _beyond(ordered[0], ordered[1], setting.is_geometric)
    yield Draft(
        sweep.span(),
        f"the best `{setting.name}` of {number(ordered[0])} is at the edge of what was tried "
        f"({number(numbers[0])} to {number(numbers[-1])}) and it gets better on the way there: try "
        f"{number(beyond)}",
        evidence=(
            figure(f"best {setting.name}", ordered[0]),
            figure("outcome there", sweep.shown(float(inward[0]))),
            figure("outcome one value inwards", sweep.shown(float(inward[1]))),
        ),
    )


def _is_decisive(sweep: Sweep, setting: Setting) -> bool:
    """Whether the outcome can be put down to this setting: it alone differs, or it matters."""
    if len(sweep.tuned) == 1:
        return True
    return any(each.setting is setting and sweep.matters(each) for each in sweep.influences)


def _mean_at(sweep: Sweep, setting: Setting, value: float) -> float:
    return float(np.mean(sweep.costs[[each == value for each in setting.values]]))


def _noise(sweep: Sweep) -> float:
    """What two runs may differ by without a reason."""
    if sweep.spread is not None:
        return sweep.thresholds.seed_errors * sweep.spread
    curves = [each.trajectory for each in sweep.outcomes if each.trajectory]
    errors = [curve.typical_error for curve in curves]
    return sweep.thresholds.seed_errors * float(np.median(errors))


def _beyond(edge: float, inner: float, geometric: bool) -> float:
    """The next value outwards, in steps like the last one."""
    if geometric and inner:
        return float(f"{edge * edge / inner:.2g}")
    return float(f"{edge + (edge - inner):.4g}")


def _learning_rates(sweep: Sweep, setting: Setting) -> Iterator[Draft]:
    """How the training went at each learning rate, lowest first."""
    if not setting.is_rate or len(sweep.tuned) != 1:
        return
    best = sweep.value(sweep.best, setting)
    if not isinstance(best, int | float):
        return
    high = [rate for rate in _judged(sweep, setting, _TOO_HIGH) if rate > best]
    low = [rate for rate in _judged(sweep, setting, _TOO_LOW) if rate < best]
    parts = [f"of {len(setting.numbers)} learning rates {number(best)} is best"]
    if high:
        parts.append(f"from {number(min(high))} on training is unstable")
    if low:
        parts.append(f"at {number(max(low))} and below it hardly learns")
    yield Draft(
        sweep.span(),
        "; ".join(parts),
        evidence=tuple(
            figure(f"{rate:g}", sweep.shown(_mean_at(sweep, setting, rate)))
            for rate in setting.numbers
        ),
        severity=Severity.INFO,
    )


def _judged(sweep: Sweep, setting: Setting, verdicts: frozenset[str]) -> list[float]:
    """The values at which every run got one of these verdicts."""
    by_value: dict[float, list[str]] = {}
    for outcome, value in zip(sweep.outcomes, setting.values, strict=True):
        if isinstance(value, int | float):
            by_value.setdefault(float(value), []).append(outcome.verdict)
    return [value for value, found in by_value.items() if set(found) <= verdicts]


def _what_matters(sweep: Sweep) -> Iterator[Draft]:
    mattering = [each for each in sweep.influences if sweep.matters(each)]
    if len(sweep.tuned) < 2 or not mattering:
        return
    shown = ", ".join(f"`{each.setting.name}` ({percent(each.share)})" for each in mattering)
    rest = [each.setting.name for each in sweep.influences if each not in mattering]
    others = f"; no influence can be seen of {', '.join(f'`{name}`' for name in rest)}"
    verb = "matters" if len(mattering) == 1 else "matter"
    yield Draft(
        sweep.span(),
        f"what {verb} is {shown}, as a share of the ranks of {len(sweep)} runs"
        f"{others if rest else ''}",
        evidence=tuple(share_of(each.setting.name, each.share) for each in sweep.influences),
        severity=Severity.INFO,
    )


def _grid(sweep: Sweep) -> Iterator[Draft]:
    """All combinations of a few values: as many random draws would try more values of each."""
    numeric = [each for each in sweep.tuned if each.is_numeric and len(each.numbers) > 1]
    if len(numeric) < 2:
        return
    combinations = set(zip(*(each.values for each in numeric), strict=True))
    possible = int(np.prod([len(each.numbers) for each in numeric]))
    if len(combinations) != possible or possible < sweep.thresholds.fewest_runs:
        return
    sizes = " x ".join(str(len(each.numbers)) for each in numeric)
    most = max(len(each.numbers) for each in numeric)
    yield Draft(
        sweep.span(),
        f"a grid of {sizes} tries at most {most} values of each setting where {possible} random "
        f"draws would try {possible}",
        evidence=(figure("combinations", possible),),
        severity=Severity.INFO,
    )
