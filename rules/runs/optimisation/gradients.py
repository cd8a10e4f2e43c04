"""gradients: they vanish, grow without end, or are cut at almost every step."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.curves import Trajectory
from advisor.runs.facts import GradientNorms
from advisor.runs.wording import figure, number, percent, share_of, times

_CAUSES_GONE = (
    "saturating activations in a deep stack",
    "dead ReLUs",
    "a detached or frozen part of the network (NN104, NN109)",
)
_CAUSES_GROWING = ("learning rate too high", "gradients never cleared (NN101)", "no normalisation")
_CAUSES_BURSTS = ("bad batches", "no clipping of the gradient norm", "learning rate too high")
_CAUSES_CLIPPED = ("a clipping threshold below the usual norm", "learning rate too high")

_MOST_NAMED = 3


@rule("NR303", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "004"))
def gradients(norms: GradientNorms) -> Iterator[Draft]:
    yield from _gone(norms)
    if norms.whole is not None:
        yield from _growing(norms, norms.whole) or _bursts(norms, norms.whole)
        yield from _clipped(norms, norms.whole)
    yield from _updates(norms)


def _gone(norms: GradientNorms) -> Iterator[Draft]:
    """Gradients that are zero, or so small in a part of the network that it cannot learn."""
    whole, settings = norms.whole, norms.thresholds
    if whole is not None and (share := _share_of_zeros(whole)) >= settings.gradient_zero_share:
        yield Draft(
            norms.span(whole),
            f"`{whole.tag}` is exactly 0 at {percent(share)} of the logged steps: nothing is "
            "trained by them",
            evidence=(share_of("share of zeros", share),),
            severity=None if norms.descent.never_left_its_start else Severity.INFO,
            causes=_CAUSES_GONE,
        )
        return
    if draft := _dead_parts(norms):
        yield draft
        return
    if not norms.descent.never_left_its_start or len(norms.layers) < 2:
        return
    smallest = min(norms.layers, key=lambda layer: layer.middle)
    largest = max(norms.layers, key=lambda layer: layer.middle)
    ratio = smallest.middle / largest.middle if largest.middle > 0 else 1.0
    if ratio < settings.gradient_vanishing:
        yield Draft(
            norms.span(smallest, largest),
            f"`{smallest.tag}` is {number(smallest.middle)} where `{largest.tag}` is "
            f"{number(largest.middle)}: the gradient vanishes on its way back",
            evidence=(
                figure("smallest median norm", smallest.middle),
                figure("largest median norm", largest.middle),
            ),
            causes=_CAUSES_GONE,
        )


def _dead_parts(norms: GradientNorms) -> Draft | None:
    """Single layers whose gradient is zero while others get one."""
    limit = norms.thresholds.gradient_zero_share
    dead = [layer for layer in norms.layers if _share_of_zeros(layer) >= limit]
    if not dead or len(dead) == len(norms.layers):
        return None
    named = ", ".join(f"`{layer.tag}`" for layer in dead[:_MOST_NAMED])
    more = f" and {len(dead) - _MOST_NAMED} more" if len(dead) > _MOST_NAMED else ""
    share = min(map(_share_of_zeros, dead))
    return Draft(
        norms.span(*dead),
        f"{named}{more} of {len(norms.layers)} logged gradients: exactly 0 at {percent(share)} of "
        "the steps, so these parts are not trained",
        evidence=(share_of("share of zeros", share),),
        causes=_CAUSES_GONE,
    )


def _growing(norms: GradientNorms, whole: Trajectory) -> list[Draft]:
    """Growth that goes on while the loss does not fall: of a falling loss it may be natural."""
    settings, levels = norms.thresholds, whole.blocks.medians
    quarter = max(1, len(levels) // 4)
    first, last = float(np.median(levels[:quarter])), float(np.median(levels[-quarter:]))
    grows = first > 0 and last >= settings.gradient_growth * first
    if not grows or not whole.trend.rises(settings.gradient_growth_z):
        return []
    if norms.descent.trajectory.part(0.5).trend.falls(settings.trend_z):
        return []
    return [
        Draft(
            norms.span(whole),
            f"`{whole.tag}` grows from {number(first)} to {number(last)}, {times(last / first)}, "
            f"while {norms.descent.subject} does not fall any more",
            evidence=(figure("first quarter", first), figure("last quarter", last)),
            causes=_CAUSES_GROWING,
        )
    ]


def _bursts(norms: GradientNorms, whole: Trajectory) -> list[Draft]:
    """Single norms far above the usual one."""
    usual, settings = whole.middle, norms.thresholds
    count = int(np.sum(whole.costs > settings.gradient_burst * usual)) if usual > 0 else 0
    if not count or count > settings.gradient_burst_share * len(whole):
        return []
    largest = float(whole.costs.max())
    return [
        Draft(
            norms.span(whole),
            f"`{whole.tag}` bursts to {number(largest)}, {times(largest / usual)} its median of "
            f"{number(usual)}, at {count} of {len(whole)} logged steps",
            evidence=(figure("largest", largest), figure("median", usual)),
            severity=Severity.INFO,
            causes=_CAUSES_BURSTS,
        )
    ]


def _clipped(norms: GradientNorms, whole: Trajectory) -> Iterator[Draft]:
    largest, settings = float(whole.costs.max()), norms.thresholds
    at_limit = whole.costs >= (1 - settings.gradient_limit_width) * largest
    share = float(np.mean(at_limit))
    if largest <= 0 or share < settings.gradient_clipped_share:
        return
    yield Draft(
        norms.span(whole),
        f"`{whole.tag}` sits at its largest value of {number(largest)} at {percent(share)} of the "
        "logged steps: clipping sets the length of the step, not the gradient",
        evidence=(figure("limit", largest), share_of("share at the limit", share)),
        severity=Severity.INFO,
        causes=_CAUSES_CLIPPED,
    )


def _updates(norms: GradientNorms) -> Iterator[Draft]:
    """Steps that are far too short or too long for the weights they are added to."""
    settings = norms.thresholds
    usual = {update.tag: _usual_ratio(update) for update in norms.updates}
    if not usual:
        return
    ratio = float(np.median([*usual.values()]))
    if settings.update_ratio_lowest <= ratio <= settings.update_ratio_highest:
        return
    tag = min(usual, key=lambda each: abs(usual[each] - ratio))
    of = f" and {len(usual) - 1} more" if len(usual) > 1 else ""
    short = ratio < settings.update_ratio_lowest
    stuck = short and norms.descent.never_left_its_start
    yield Draft(
        norms.span(*norms.updates),
        f"`{tag}`{of}: a step changes the weights by {number(ratio)} of their size, where about "
        f"0.001 is usual: the steps are too {'short' if short else 'long'}",
        evidence=(figure("median ratio", ratio),),
        severity=None if stuck else Severity.INFO,
        causes=("learning rate too low",) if short else ("learning rate too high",),
    )


def _usual_ratio(update: Trajectory) -> float:
    """The median ratio of the first half; logarithms, which are negative, are to base 10."""
    half = update.part(0.0, 0.5)
    return float(10**half.middle) if half.middle < 0 else half.middle


def _share_of_zeros(curve: Trajectory) -> float:
    return float(np.mean(curve.costs == 0.0))
