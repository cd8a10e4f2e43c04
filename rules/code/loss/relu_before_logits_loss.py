"""relu-before-logits-loss: an activation cuts off the scores that the loss needs whole."""

from collections.abc import Iterator

from advisor.code.facts.losses import LossCall
from advisor.code.values import Activation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_CUTS = {
    Activation.RELU: "relu is applied before `{}`, which needs negative scores too",
    Activation.TANH: "tanh is applied before `{}`, which needs scores beyond -1 and 1",
}


@rule(
    "NN204",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("plateau", "never-learns", "high-bias", "too-slow"),
    sources=("002",),
)
def relu_before_logits_loss(loss: LossCall) -> Iterator[Draft]:
    given = None if loss.scale is None else loss.scale.activation
    if loss.expects_logits and given in _CUTS:
        yield loss.finding(_CUTS[given].format(loss.name))
