"""noisy-validation: one evaluation scatters so much that models cannot be told apart."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import HeldOut
from advisor.runs.wording import figure, number, share_of

_CAUSES = ("validation set too small", "evaluation in training mode (NN401)", "partial evaluation")


@rule("NR207", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "004"))
def noisy_validation(held_out: HeldOut) -> Iterator[Draft]:
    curve, settings = held_out.validation, held_out.thresholds
    gained = _gained(held_out)
    if gained is None or len(curve) < settings.minimum_points:
        return
    noise = curve.part(0.5).noise
    if len(curve) < 2 * settings.minimum_points:
        noise = min(noise, curve.noise)
    share, level = noise / gained, curve.part(0.5).middle
    over_level = noise / level if level > 0 else 0.0
    if share < settings.noisy_validation and over_level < settings.noisy_level:
        return
    if level > 0 and over_level < settings.steady_level:
        return
    yield Draft(
        held_out.span(),
        f"`{curve.tag}` scatters by {number(noise)} from evaluation to evaluation around "
        f"{number(curve.shown(level))}, after gaining {number(gained)}: too noisy to tell models "
        "apart",
        evidence=(
            figure("noise of one evaluation", noise),
            figure("gained", gained),
            share_of("noise over gain", share),
        ),
        causes=_CAUSES,
    )


def _gained(held_out: HeldOut) -> float | None:
    """What validation gained; or training, where noise hides whether validation did."""
    for curve in (held_out.validation, held_out.train):
        if curve is not None and curve.has_learned:
            return curve.progress
    return None
