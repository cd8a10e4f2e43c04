"""too-short: there are not enough points to say anything about the shape of the curves."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Logbook
from advisor.runs.wording import figure


@rule("NR404", severity=Severity.WARNING, step=Step.SKELETON, sources=("004",))
def too_short(book: Logbook) -> Iterator[Draft]:
    if not book.learned or not book.is_too_short:
        return
    longest, fewest = book.longest, book.thresholds.minimum_points
    points = "point" if longest == 1 else "points"
    yield Draft(
        book.span(),
        f"the longest curve has {longest} {points}, fewer than the {fewest} that a shape takes: "
        "train longer or log more often",
        evidence=(figure("points on the longest curve", longest),),
        severity=Severity.INFO,
    )
