"""init-loss-off: the first loss is not what guessing costs."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import FirstLoss
from advisor.runs.reference_levels import LARGEST_GUESS, MeanGuess
from advisor.runs.wording import figure, number, step, times

_CAUSES_ABOVE = (
    "final layer initialised with too large weights (NN409)",
    "loss summed instead of averaged",
    "inputs not normalised",
    "output bias far from the targets' mean (NN410)",
)
_CAUSES_OF_REGRESSION = (_CAUSES_ABOVE[-1], *_CAUSES_ABOVE[:-1])
_CAUSES_BELOW = (
    "the model came trained",
    "wrong number of classes, or wrong targets",
    "labels leak into the inputs",
)


@rule("NR101", severity=Severity.WARNING, step=Step.SKELETON, sources=("000", "001", "003", "004"))
def init_loss_off(first: FirstLoss) -> Iterator[Draft]:
    settings, guess = first.descent.thresholds, first.guess
    factor = first.value / guess.loss
    evidence = (
        figure("first loss", first.value),
        figure(guess.formula, guess.loss),
        guess.evidence,
    )
    reach = settings.init_noise * first.noise
    place = first.descent.span(first.step, first.step)
    subject = f"{first.descent.subject} starts at {number(first.value)} ({step(first.step)})"
    if first.is_above(settings.init_excess_warning, settings.init_noise):
        yield Draft(
            place,
            f"{subject}, {times(factor)} the {number(guess.loss)} that {guess.words}",
            evidence=evidence,
            severity=_severity(first, factor),
            causes=_CAUSES_OF_REGRESSION if isinstance(guess, MeanGuess) else _CAUSES_ABOVE,
        )
    elif (
        first.is_early and 0 <= factor < settings.init_deficit and guess.loss - first.value > reach
    ):
        yield Draft(
            place,
            f"{subject}, far below the {number(guess.loss)} that {guess.words}",
            evidence=evidence,
            severity=Severity.INFO,
            causes=_CAUSES_BELOW,
        )


def _severity(first: FirstLoss, factor: float) -> Severity:
    """Only a number of classes that the user gave makes it certain what the loss should be."""
    if first.guess is LARGEST_GUESS:
        return Severity.INFO  # other terms may be in the loss
    clear = factor > first.descent.thresholds.init_excess_error
    if first.guess.is_given:
        return Severity.ERROR if clear else Severity.WARNING
    return Severity.WARNING if clear else Severity.INFO
