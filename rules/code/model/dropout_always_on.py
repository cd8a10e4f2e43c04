"""dropout-always-on: functional dropout that no evaluation mode switches off."""

from collections.abc import Iterator

from advisor.code.facts.layers import DropoutCall
from advisor.code.values import Unknown, alternatives, known_number
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

_ATTENTION = "scaled_dot_product_attention"
# Words in names and conditions that say that somebody has thought of it.
_OF_SAMPLING = frozenset(
    ["sample", "mc", "monte", "carlo", "bayesian", "bayes", "uncertainty", "stochastic"]
)
_ON_PURPOSE = _OF_SAMPLING | {
    *("train", "training", "trainable", "eval", "evaluating", "test", "testing", "inference"),
    *("augment", "augmentation", "noise", "mask", "prenet"),
}
# What stands before a decoder of speech drops while it speaks as well: Tacotron says so.
_BEFORE_DECODER = frozenset(["pre", "net"])


@rule(
    "NN404",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("noisy-validation", "high-variance"),
    sources=("002",),
)
def dropout_always_on(dropout: DropoutCall) -> Iterator[Draft]:
    event = dropout.event
    if event.training is not None or dropout.names & _ON_PURPOSE:
        return
    if dropout.names >= _BEFORE_DECODER:
        return
    if dropout.names_of_callers & _OF_SAMPLING or dropout.is_of_sample:
        return
    if _is_mode(dropout):
        yield Draft(event.place, f"`{event.name}` takes `training` by name: here it is the rate")
    elif event.name == _ATTENTION and _certainly_drops(dropout):
        yield Draft(event.place, "`dropout_p` drops in evaluation mode, too")
    elif event.name != _ATTENTION and _may_drop(dropout):
        message = f"`{event.name}` without `training=self.training` drops in evaluation mode, too"
        names = {"argument": "training=self.training"}
        yield Draft(event.place, message).fixable(Change.ADD_ARGUMENT, names, call=event.place)


def _is_mode(dropout: DropoutCall) -> bool:
    rate = dropout.event.rate
    return isinstance(rate, Unknown) and (rate.name == "training" or "training" in rate.names)


def _certainly_drops(dropout: DropoutCall) -> bool:
    options = [known_number(each) for each in alternatives(dropout.event.rate)]
    known = [each.constant for each in options if each is not None and each.constant is not None]
    return bool(options) and len(known) == len(options) and all(each > 0 for each in known)


def _may_drop(dropout: DropoutCall) -> bool:
    """Whether the rate is none that somebody may have set to zero for evaluation."""
    rate = dropout.event.rate
    if rate is None:
        return dropout.is_of_module or len(dropout.event.context.functions) > 0
    options = alternatives(rate)
    numbers = [known_number(each) for each in options]
    if any(each is not None and each.constant == 0 for each in numbers):
        return False
    if isinstance(rate, Unknown):
        return dropout.is_of_module
    return len(options) == 1
