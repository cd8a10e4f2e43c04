"""untracked: nothing says what this run was started with."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Logbook


@rule("NR402", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "004"))
def untracked(book: Logbook) -> Iterator[Draft]:
    run = book.run
    if run.hyperparameters or run.texts or not book.learned or book.is_too_short:
        return
    yield Draft(
        book.span(),
        "no hyper-parameters, so nobody can repeat this run or tell what it has in common with others",
        severity=Severity.INFO,
    )
