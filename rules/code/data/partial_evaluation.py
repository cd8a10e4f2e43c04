"""partial-evaluation: some of the held-out samples never take part in the score."""

from collections.abc import Iterator

from advisor.code.facts.held_out_data import HeldOutData
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN515", severity=Severity.WARNING, step=Step.DATA, sources=("004",))
def partial_evaluation(data: HeldOutData) -> Iterator[Draft]:
    if data.drops_last_batch() and data.loader is not None and data.loader.place is not None:
        yield Draft(
            data.loader.place, f"the last batch of `{data.name}` is dropped and never judges"
        )
