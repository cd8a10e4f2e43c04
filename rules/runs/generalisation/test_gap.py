"""test-gap: the test rows tell another story than the validation rows."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.decomposition import Level
from advisor.runs.facts import Decomposed
from advisor.runs.wording import figure, number

_CAUSES_WORSE = (
    "validation set used for too many decisions",
    "test rows from another distribution",
)
_CAUSES_BETTER = ("validation and test rows from different distributions", "a test set too small")


@rule("NR203", severity=Severity.WARNING, step=Step.DATA, sources=("002",))
def test_gap(decomposed: Decomposed) -> Iterator[Draft]:
    table = decomposed.decomposition
    validation, test = table.level("validation"), table.level("test")
    if validation is None or test is None or not _differ(decomposed, validation, test):
        return
    unit = f" {table.unit}" if table.unit else ""
    worse = test.value > validation.value
    what = f"`{test.tag}` of {number(test.value)}{unit}"
    against = f"`{validation.tag}` at {number(validation.value)}{unit}"
    meaning = (
        "validation no longer tells what to expect"
        if worse
        else "the two sets cannot come from the same distribution"
    )
    yield Draft(
        decomposed.span("validation", "test"),
        f"{what} is far {'above' if worse else 'below'} {against}: {meaning}",
        evidence=(
            figure("validation", validation.value),
            figure("test", test.value),
            figure("test - validation", test.value - validation.value),
        ),
        causes=_CAUSES_WORSE if worse else _CAUSES_BETTER,
    )


def _differ(decomposed: Decomposed, validation: Level, test: Level) -> bool:
    settings = decomposed.thresholds
    difference = abs(test.value - validation.value)
    noise = max(validation.uncertainty or 0.0, test.uncertainty or 0.0)
    if difference <= settings.gap_errors * noise:
        return False
    if decomposed.decomposition.unit == "%":
        return difference > 100 * settings.gap_rate
    lower, upper = sorted((validation.value, test.value))
    return upper > settings.gap_factor * lower if lower > 0 else False
