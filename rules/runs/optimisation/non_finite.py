"""non-finite: the loss became NaN or infinite, and everything after it is lost."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import CurveSpan, Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Logbook
from advisor.runs.run import Curve
from advisor.runs.wording import figure_at, number, step, times


@rule("NR106", severity=Severity.ERROR, step=Step.SKELETON, sources=("002",))
def non_finite(book: Logbook) -> Iterator[Draft]:
    broken = [
        curve
        for curve in book.learned
        if curve.role.quantity == "loss" and _first_break(curve) is not None
    ]
    broken += _broken_returns(book)
    if not broken:
        return
    curve = min(broken, key=lambda each: (_step_of_break(each), not each.role.primary))
    index = _first_break(curve) or 0
    at = int(curve.steps[index])
    lost = int(np.sum(~np.isfinite(curve.values)))
    word = "NaN" if np.isnan(curve.values[index]) else "infinite"
    recovers = bool(np.isfinite(curve.values[-1]))
    end = f"and {lost} of {len(curve)} values are not finite" if recovers else "and stays so"
    evidence = [figure_at("first step", at), Evidence("lost values", f"{lost} of {len(curve)}")]
    before = list(_rising_before(book, curve, index))
    early = index < 3
    hint = "; the data or the loss is at fault, not the rate" if early else ""
    yield Draft(
        CurveSpan(book.run.name, (curve.tag,), at, int(curve.steps[-1])),
        f"`{curve.tag}` becomes {word} at {step(at)} {end}{hint}",
        evidence=(*evidence, *before),
        severity=Severity.WARNING if recovers and lost <= 3 else None,
        causes=_CAUSES_AT_ONCE if early else _CAUSES_LATER,
    )


_ENDED = 3  # values in a row that no run of empty means makes
_CAUSES_AT_ONCE = (
    "a log, square root or division of something that can be 0",
    "NaN in the inputs or targets",
    "learning rate too high",
)
_CAUSES_LATER = (
    "learning rate too high",
    "exponentials, logarithms or divisions that leave their range",
    "half precision without loss scaling",
)


def _broken_returns(book: Logbook) -> list[Curve]:
    """The returns, if all of them end as no number: now and then one is the mean of no episode."""
    returns = [curve for curve in book.learned if curve.role.quantity == "return"]
    ended = all(len(each) and not np.isfinite(each.values[-_ENDED:]).any() for each in returns)
    return returns if ended else []


def _first_break(curve: Curve) -> int | None:
    broken = np.flatnonzero(~np.isfinite(curve.values))
    return int(broken[0]) if len(broken) else None


def _step_of_break(curve: Curve) -> int:
    return int(curve.steps[_first_break(curve) or 0])


def _rising_before(book: Logbook, curve: Curve, index: int) -> Iterator[Evidence]:
    """What grew in the last values before the break: the curve itself, the gradient norm."""
    at = int(curve.steps[index])
    watched = [curve, *(c for c in book.run.curves if c.role.quantity == "gradient_norm")]
    for each in watched:
        before = each.values[(each.steps < at) & np.isfinite(each.values)]
        if len(before) < 3 or before[-1] <= 0:
            continue
        level = float(np.median(before[-book.thresholds.spike_window : -1]))
        if level > 0 and before[-1] >= book.thresholds.explosion * level:
            factor = times(float(before[-1]) / level)
            yield Evidence(
                f"`{each.tag}` before", f"{number(float(before[-1]))}, {factor} its level"
            )
