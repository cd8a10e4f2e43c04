"""loss-keeps-graph: a running total of losses keeps the graph of every batch in memory."""

from collections.abc import Iterator

from advisor.code.facts.back_propagation import RunningTotal
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN106", severity=Severity.WARNING, step=Step.SKELETON, sources=("002",))
def loss_keeps_graph(total: RunningTotal) -> Iterator[Draft]:
    if total.holds_graphs and not total.is_back_propagated:
        kept = "is put into it" if total.is_list else "is added to it"
        message = f"`{total.total}` keeps the graph of every loss that {kept}"
        names = {"total": total.total}
        yield total.finding(message).fixable(Change.WRAP, names, addition=total.event.place)
