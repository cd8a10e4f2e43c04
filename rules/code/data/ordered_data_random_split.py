"""ordered-data-random-split: rows of a time series are divided as if their order meant nothing."""

from collections.abc import Iterator

from advisor.code.facts.data import Split
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN511", severity=Severity.WARNING, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def ordered_data_random_split(split: Split) -> Iterator[Draft]:
    used = split.rows_with_neighbours() if split.is_random else None
    if used is None or split.keeps_groups_together:
        return
    if split.is_learned_from and not (split.is_compared or split.keeps_one_side):
        what = "of which several belong together" if used.grouped else "whose order means something"
        message = f"`{split.operation}` divides rows at random {what}"
        related = ((used.place, "this says so"),)
        severity = Severity.INFO if used.only_sorted else None
        yield Draft(split.place, message, related, severity=severity)
