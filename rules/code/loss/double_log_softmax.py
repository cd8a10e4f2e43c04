"""double-log-softmax: the loss applies log-softmax to log-probabilities."""

from collections.abc import Iterator

from advisor.code.facts.losses import LossCall
from advisor.code.values import Activation
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN206", severity=Severity.INFO, step=Step.SKELETON, sources=("002",))
def double_log_softmax(loss: LossCall) -> Iterator[Draft]:
    if loss.event.expects == "logits" and loss.is_given(Activation.LOG_SOFTMAX):
        message = f"log_softmax is applied before `{loss.name}`, which applies it too"
        yield loss.finding(message).fixable(Change.UNWRAP, activation=loss.activation)
