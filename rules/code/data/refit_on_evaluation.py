"""refit-on-evaluation: a transformer is fitted once more on the rows that judge the model."""

from collections.abc import Iterator

from advisor.code.facts.fits import FittedTransform
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN519",
    severity=Severity.WARNING,
    step=Step.DATA,
    symptoms=("test-gap",),
    sources=("001",),
)
def refit_on_evaluation(transform: FittedTransform) -> Iterator[Draft]:
    if not transform.learns_from_held_out_rows:
        return
    text, rows = transform.fit.text, transform.name
    earlier, on_both = transform.of_training_rows(), transform.is_applied_to_training_rows()
    if earlier is not None and on_both:
        return  # rows to train on, whatever else they are called after
    if earlier is not None and transform.may_be_left_out_beside(earlier):
        return
    if earlier is not None:
        message = (
            f"`{text}` is fitted on `{rows}` instead of applied as fitted on the training rows"
        )
        yield transform.finding(message, earlier)
    elif on_both:
        message = f"`{text}` is fitted on `{rows}` and then applied to the training rows"
        yield transform.finding(message)
