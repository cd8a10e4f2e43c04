"""kl-div-input: the divergence is given no log-probabilities, or averages over all numbers."""

from collections.abc import Iterator

from advisor.code.facts.losses import OVER_CLASSES, LossCall
from advisor.code.values import Activation, Constant, known_text
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_NO_LOGARITHMS = {
    Activation.SOFTMAX: "probabilities go",
    Activation.SIGMOID: "probabilities go",
    Activation.LOGITS: "raw scores go",
    Activation.RELU: "the output of relu goes",
}


@rule(
    "NN211",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "plateau", "high-bias"),
    sources=("002",),
)
def kl_div_input(loss: LossCall) -> Iterator[Draft]:
    if not loss.is_kl_divergence or loss.is_swapped:
        return
    given = None if loss.scale is None else loss.scale.activation
    if given in _NO_LOGARITHMS:
        what = _NO_LOGARITHMS[given]
        yield loss.finding_here(
            f"{what} into `{loss.name}` as its input, which is to be log-probabilities"
        )
        return
    target = None if loss.target_scale is None else loss.target_scale.activation
    wants = _target_is_logarithm(loss)
    if target is Activation.LOG_SOFTMAX and wants is False:
        yield loss.finding_here(
            f"log-probabilities go into `{loss.name}` as its target without `log_target=True`"
        )
    elif target in _NO_LOGARITHMS and wants is True:
        yield loss.finding_here(
            f"no log-probabilities go into `{loss.name}` as its target, despite `log_target=True`"
        )
    elif target is Activation.LOGITS and wants is False:
        yield loss.finding_here(
            f"raw scores go into `{loss.name}` as its target, which is to be probabilities"
        )
    elif _compares_distributions(given, target) and _averages_all_numbers(loss):
        message = (
            f'`{loss.name}` divides by all numbers, not by samples, without `reduction="batchmean"`'
        )
        yield loss.finding_here(message, Severity.WARNING)


def _target_is_logarithm(loss: LossCall) -> bool | None:
    """Whether the loss was told that the targets are logarithms; None when that is not known."""
    told = loss.option("log_target")
    if told is None:
        return False if loss.options_are_known else None
    known = isinstance(told, Constant) and told.configurable is None
    return bool(told.value) if isinstance(told, Constant) and known else None


def _compares_distributions(given: Activation | None, target: Activation | None) -> bool:
    """Whether either side is seen to be over several classes: with one number for each sample, the mean
    over all numbers is that over samples."""
    return given in OVER_CLASSES or target in OVER_CLASSES


def _averages_all_numbers(loss: LossCall) -> bool:
    if not loss.options_are_known or any(map(loss.option, ("size_average", "reduce"))):
        return False
    reduction = loss.option("reduction")
    return reduction is None or known_text(reduction) == "mean"
