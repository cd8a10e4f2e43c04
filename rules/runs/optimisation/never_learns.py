"""never-learns: the curve stays at the level that needs no input at all."""

from collections.abc import Iterator

import numpy as np

from advisor.findings import Evidence, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Descent
from advisor.runs.wording import figure, number, percent

_CAUSES = (
    "learning rate too low",
    "gradients not flowing through the whole model (NN103, NN109, NN110)",
    "wrong input to the loss, such as a softmax or ReLU instead of logits (NN201, NN204)",
    "corrupted data or labels (NN508)",
    "learning rate far too high",
)
_CAUSES_OF_RETURNS = (
    "rewards that are hardly ever met by chance",
    "exploration too narrow",
    "learning rate too low or far too high",
    "observations or rewards on a scale that the network cannot learn from",
)


@rule("NR103", severity=Severity.ERROR, step=Step.SKELETON, sources=("002", "004"))
def never_learns(descent: Descent) -> Iterator[Draft]:
    if descent.learned_something or descent.rises_from_start or descent.came_trained:
        return
    curve, guess = descent.trajectory, descent.guess
    level = curve.shown(curve.final.value)
    evidence = [figure("level", level), *_dead_parts(descent)]
    if guess is not None and descent.sits_at_guessing and not descent.creeps_towards_guessing:
        yield Draft(
            descent.span(),
            f"{descent.subject} ends at {number(level)}, which is {guess.formula}: it never "
            "does better than guessing",
            evidence=(*evidence, figure(guess.formula, guess.loss), _origin(descent)),
            causes=_CAUSES,
        )
    elif descent.is_resolved and not (descent.creeps or descent.others_learned):
        yield Draft(
            descent.span(),
            f"{descent.subject} never leaves its first level of {number(level)}",
            evidence=(*evidence, figure("best level", curve.shown(curve.best))),
            severity=Severity.WARNING,
            causes=_CAUSES_OF_RETURNS if descent.is_return else _CAUSES,
        )


def _origin(descent: Descent) -> Evidence:
    assert descent.guess is not None
    return Evidence("number of classes", descent.guess.origin, descent.guess.classes)


def _dead_parts(descent: Descent) -> Iterator[Evidence]:
    """Why nothing moves, where the curves beside this one show it."""
    schedule, gradient, accuracy = descent.schedule, descent.gradient, descent.accuracy
    if schedule is not None and schedule.peak == 0:
        yield figure("learning rate", 0)
    if gradient is not None and float(np.max(gradient.costs)) == 0:
        yield figure("gradient norm", 0)
    if accuracy is not None and len(accuracy) >= 3:
        shown = -accuracy.costs
        if accuracy.curve.role.split == "validation" and float(np.ptp(shown)) == 0:
            yield Evidence(
                "weights", f"every evaluation gives {percent(float(shown[0]))} exactly", 0.0
            )
