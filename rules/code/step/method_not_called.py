"""method-not-called: a statement names a method, and nothing happens."""

from collections.abc import Iterator

from advisor.code.facts.forgotten_calls import ForgottenCall
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN115",
    severity=Severity.ERROR,
    step=Step.SKELETON,
    symptoms=("never-learns", "divergence"),
    sources=("002",),
)
def method_not_called(call: ForgottenCall) -> Iterator[Draft]:
    text = call.event.text
    if call.is_tested:
        message = f"`{text}` is tested, but not called: a function is always true"
    else:
        message = f"`{text}` is named, but not called"
    yield call.finding(message).fixable(Change.CALL, method=call.event.place)
