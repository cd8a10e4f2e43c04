"""high-bias: even on its training rows the model is far from the goal."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.decomposition import ErrorSource
from advisor.runs.facts import Decomposed
from advisor.runs.wording import figure, number

_CAUSES = ("model too small", "too much regularisation", "trained too short", "features missing")


@rule("NR201", severity=Severity.WARNING, step=Step.OVERFIT, sources=("002",))
def high_bias(decomposed: Decomposed) -> Iterator[Draft]:
    table = decomposed.decomposition
    term, train = table.term(ErrorSource.UNDER_FITTING), table.level("train")
    goal = table.level("goal")
    if term is None or not term.matters or train is None or goal is None:
        return
    unit = f" {table.unit}" if table.unit else ""
    what = "training error" if table.unit else f"training {table.quantity}"
    yield Draft(
        decomposed.span("train"),
        f"the {what} of {number(train.value)}{unit} is {number(term.value)}{unit} above the goal "
        f"of {number(goal.value)}{unit}: the model under-fits",
        evidence=(
            figure("goal", goal.value),
            figure("train", train.value),
            figure("under-fitting", term.value),
        ),
        causes=_CAUSES,
    )
