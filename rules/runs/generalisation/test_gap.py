"""test-gap: the test rows tell another story than the validation rows."""

from collections.abc import Iterator

from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule
from advisor.runs.decomposition import ErrorSource, Level
from advisor.runs.facts import Decomposed
from advisor.runs.wording import figure, number

_CAUSES_WORSE = (
    "validation set used for too many decisions",
    "test rows from another distribution",
)
_CAUSES_BETTER = ("validation and test rows from different distributions", "a test set too small")
_CAUSES_SHIFT = ("validation rows from another distribution than the training rows",)
_MEANINGS = {
    _CAUSES_WORSE: "validation no longer tells what to expect",
    _CAUSES_BETTER: "the two sets cannot come from the same distribution",
    _CAUSES_SHIFT: "the distribution has shifted",
}


@rule("NR203", severity=Severity.WARNING, step=Step.DATA, sources=("002",))
def test_gap(decomposed: Decomposed) -> Iterator[Draft]:
    table = decomposed.decomposition
    validation, test = table.level("validation"), table.level("test")
    inner = table.level("train-validation")
    if inner is not None and validation is not None and _is_shifted(decomposed):
        yield _draft(decomposed, inner, validation, _CAUSES_SHIFT)
    if validation is not None and test is not None and _differ(decomposed, validation, test):
        worse = test.value > validation.value
        yield _draft(decomposed, validation, test, _CAUSES_WORSE if worse else _CAUSES_BETTER)


def _draft(decomposed: Decomposed, nearer: Level, farther: Level, causes: tuple[str, ...]) -> Draft:
    table = decomposed.decomposition
    far, near = (table.as_logged(each.value) for each in (farther, nearer))
    unit, what = (f" {table.unit}", f" error in {table.unit}") if table.unit else ("", "")
    return Draft(
        decomposed.span(nearer.name, farther.name),
        f"`{farther.tag}` of {number(far)}{unit} is far {'above' if far > near else 'below'} "
        f"`{nearer.tag}` at {number(near)}{unit}: {_MEANINGS[causes]}",
        evidence=(
            figure(f"{nearer.name}{what}", nearer.value),
            figure(f"{farther.name}{what}", farther.value),
            figure(f"{farther.name} - {nearer.name}", farther.value - nearer.value),
        ),
        causes=causes,
    )


def _is_shifted(decomposed: Decomposed) -> bool:
    """Whether the step from train-validation to validation is the largest of all terms."""
    table = decomposed.decomposition
    shift = table.term(ErrorSource.DISTRIBUTION_SHIFT)
    largest = max((term.value for term in table.terms), default=0.0)
    return shift is not None and shift.matters and shift.value >= largest


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
