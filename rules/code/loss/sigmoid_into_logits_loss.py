"""sigmoid-into-logits-loss: the loss squashes what is already squashed."""

from collections.abc import Iterator

from advisor.code.facts.losses import SquashedLoss
from advisor.code.values import Activation
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN202",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("plateau", "never-learns", "high-bias", "too-slow"),
    sources=("002", "004"),
)
def sigmoid_into_logits_loss(loss: SquashedLoss) -> Iterator[Draft]:
    if loss.expects_logits and loss.is_given(Activation.SIGMOID):
        message = f"sigmoid is applied before `{loss.name}`, which expects logits"
        yield loss.finding(message).fixable(Change.UNWRAP, activation=loss.activation)
