"""grid-search-hygiene: a search is scored by the rows that it chose its setting on."""

from collections.abc import Iterator

from advisor.code.facts.scores import Score
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN517", severity=Severity.INFO, step=Step.TUNE, symptoms=("too-good",), sources=("001", "004")
)
def grid_search_hygiene(score: Score) -> Iterator[Draft]:
    if score.is_of_search and score.is_of_training_rows():
        yield score.finding("the search is scored by the rows that it chose its setting on")
