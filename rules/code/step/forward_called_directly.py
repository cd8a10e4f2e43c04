"""forward-called-directly: `model.forward(x)` leaves out the hooks that `model(x)` runs."""

from collections.abc import Iterator

from advisor.code.facts.direct_forwards import DirectForward
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN113", severity=Severity.INFO, step=Step.SKELETON, sources=("000",))
def forward_called_directly(call: DirectForward) -> Iterator[Draft]:
    yield call.finding(
        f"`{call.text}.forward` is called by name: hooks on the module do not run"
    ).fixable(Change.RENAME, {"module": call.text}, call=call.event.place)
