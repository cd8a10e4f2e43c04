"""shuffled-separately: samples and labels no longer belong together."""

from collections.abc import Iterator

from advisor.code.facts.pairs import BrokenPair
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN508",
    severity=Severity.ERROR,
    step=Step.DATA,
    symptoms=("never-learns", "high-bias"),
    sources=("002",),
)
def shuffled_separately(pair: BrokenPair) -> Iterator[Draft]:
    if pair.listed:
        message = f"`{pair.first}` and `{pair.second}` are paired by listings that nobody sorted"
        related = ((pair.other, "the other one is taken here"),)
        yield Draft(pair.place, message, related, severity=Severity.WARNING)
    elif pair.predicted:
        order = "another random order" if pair.drawn else "that of the files"
        message = f"`{pair.second}` goes through the samples in random order, `{pair.first}` is in {order}"
        yield Draft(pair.place, message, ((pair.other, "they are predicted here"),))
    elif not pair.first:
        message = f"`{pair.second}` is shuffled on its own, and paired with what is not"
        yield Draft(pair.place, message, ((pair.other, "they are taken together here"),))
    else:
        message = (
            f"`{pair.second}` is shuffled on its own, so it no longer belongs to `{pair.first}`"
        )
        yield Draft(pair.place, message, ((pair.other, "the other one is shuffled here"),))
