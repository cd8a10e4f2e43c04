"""test-set-used-for-selection: test rows decide what is kept, and judge it then."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.code.facts.selections import Choice, choices_by_validation_rows
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN506",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("too-good", "test-gap"),
    sources=("001", "002"),
    in_order=choices_by_validation_rows,
)
def test_set_used_for_selection(choice: Choice) -> Iterator[Draft]:
    draft = choice.finding(
        f"{choice.what} by `{choice.rows}`, and no other rows are left to judge it"
    )
    yield replace(draft, severity=Severity.INFO) if choice.tries else draft
