"""random-hidden-state: a recurrent layer starts from random numbers, in evaluation, too."""

from collections.abc import Iterator

from advisor.code.facts.first_states import FirstState
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN417",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    symptoms=("noisy-validation",),
    sources=("002",),
)
def random_hidden_state(state: FirstState) -> Iterator[Draft]:
    yield state.finding(
        f"the hidden state that `{state.layer}` starts from is random in every forward pass"
    )
