"""overlapping-writers: more than one training wrote into this run."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Logbook

_CAUSES = ("a restart into the same directory", "several processes that log", "runs without a name")


@rule("NR403", severity=Severity.WARNING, step=Step.SKELETON, sources=("002",))
def overlapping_writers(book: Logbook) -> Iterator[Draft]:
    for note in book.run.notes:
        if note.code == "NR403":
            text = note.text[:1].lower() + note.text[1:]
            yield Draft(book.span(), text.rstrip("."), severity=Severity.INFO, causes=_CAUSES)
