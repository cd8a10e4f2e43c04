"""retain-graph-in-loop: every batch's graph is kept for a second backward that never comes."""

from collections.abc import Iterator

from advisor.code.facts.back_propagation import BackPropagation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN114", severity=Severity.WARNING, step=Step.SKELETON, sources=("002",))
def retain_graph_in_loop(backward: BackPropagation) -> Iterator[Draft]:
    if not backward.event.retains or not backward.is_repeated:
        return
    if backward.is_alone and backward.graph_is_new:
        yield backward.finding("the graph of each batch is retained, but goes backward only once")
