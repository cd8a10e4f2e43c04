"""logits-into-probability-loss: the loss takes raw scores for probabilities."""

from collections.abc import Iterator

from advisor.code.facts.compiled_losses import losses_that_train_nothing
from advisor.code.facts.losses import LossCall
from advisor.code.values import Activation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_SCORES = {
    Activation.LOGITS: "raw scores go",
    Activation.RELU: "the output of relu goes",
    Activation.TANH: "the output of tanh goes",
}
_PROBABILITIES = {
    Activation.SOFTMAX: "the output of softmax goes",
    Activation.SIGMOID: "the output of sigmoid goes",
}
_LOGARITHMS = {
    Activation.LOG_SOFTMAX: "the output of log_softmax goes",
    Activation.LOG_SIGMOID: "the output of logsigmoid goes",
}


@rule(
    "NN203",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "plateau", "divergence", "non-finite", "high-bias"),
    sources=("002",),
    in_order=losses_that_train_nothing,
)
def logits_into_probability_loss(loss: LossCall) -> Iterator[Draft]:
    given = None if loss.scale is None else loss.scale.activation
    if given is None or loss.is_kl_divergence or loss.is_swapped:
        return
    if loss.is_of_keras and loss.is_categorical and loss.width == 1:
        return  # what is wrong there is the number of units
    if loss.expects_probabilities and given in _SCORES | _LOGARITHMS:
        what = (_SCORES | _LOGARITHMS)[given]
        yield loss.finding_here(f"{what} into `{loss.name}`, which expects probabilities")
    if loss.expects_log_probabilities and given in _SCORES | _PROBABILITIES:
        what = (_SCORES | _PROBABILITIES)[given]
        yield loss.finding_here(f"{what} into `{loss.name}`, which expects log-probabilities")
