"""untracked: nothing says what this run was started with."""

import re
from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Logbook

_SEED = re.compile(r"seed|random_?state|\brng", re.IGNORECASE)


@rule("NR402", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "004"))
def untracked(book: Logbook) -> Iterator[Draft]:
    run = book.run
    if run.texts or not book.learned or book.is_too_short:
        return
    if not run.hyperparameters:
        message = (
            "no hyper-parameters, so nobody can repeat this run or tell what it has in common with "
            "others"
        )
    elif not any(_SEED.search(name) for name in run.hyperparameters):
        message = "no seed among the hyper-parameters, so nobody can repeat this run exactly"
    else:
        return
    yield Draft(book.span(), message, severity=Severity.INFO)
