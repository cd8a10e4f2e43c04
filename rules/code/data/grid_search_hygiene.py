"""grid-search-hygiene: a search is scored by the rows that it chose on, or tries out a large grid."""

from collections.abc import Iterator

from advisor.code.facts.searches import Search
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN517",
    severity=Severity.WARNING,
    step=Step.TUNE,
    symptoms=("too-good",),
    sources=("001", "004"),
)
def grid_search_hygiene(search: Search) -> Iterator[Draft]:
    if search.how == "grid":
        count = search.combinations
        message = f"the grid has {count} combinations, of which a few dozen at random would do"
        beside = ((search.fitted, "it is searched here"),)
        yield Draft(search.place, message, beside, severity=Severity.INFO)
    else:
        message = "the search is scored by the rows that it chose its setting on"
        severity = Severity.WARNING if search.is_the_only_score else Severity.INFO
        yield Draft(search.place, message, ((search.fitted, "fitted here"),), severity=severity)
