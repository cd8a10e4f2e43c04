"""missing-curve: something was not logged without which the run cannot be judged."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.facts import Logbook
from advisor.runs.run import Kind, Run, Split


@rule("NR401", severity=Severity.WARNING, step=Step.SKELETON, sources=("002", "004"))
def missing_curve(book: Logbook) -> Iterator[Draft]:
    if book.run.kind is not Kind.SUPERVISED or not book.learned:
        return
    missing = list(_missing(book.run))
    if not missing:
        return
    consequences = "; ".join(f"no {what}, so {consequence}" for what, consequence in missing)
    yield Draft(book.span(), consequences, severity=Severity.INFO)


def _missing(run: Run) -> Iterator[tuple[str, str]]:
    splits = {
        curve.role.split
        for curve in run.curves
        if curve.role.direction.value in ("lower", "higher")
    }
    quantities = {curve.role.quantity for curve in run.curves}
    if not splits & {Split.VALIDATION, Split.TEST, Split.TRAIN_VALIDATION}:
        yield "validation curve", "over-fitting cannot be seen"
    if not splits & {Split.TRAIN, Split.UNKNOWN}:
        yield "training curve", "bias and variance cannot be told apart"
    if "learning_rate" not in quantities:
        yield "learning rate", "the schedule cannot be judged"
    if quantities <= {"loss", "learning_rate", "gradient_norm", "epoch", "time", "other"}:
        yield "metric that people can read", "nobody can compare it with their own performance"
