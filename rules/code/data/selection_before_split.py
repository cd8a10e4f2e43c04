"""selection-before-split: features are chosen by the labels of all rows, also of held-out ones."""

from collections.abc import Iterator

from advisor.code.facts.data import Split, learned_at
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN504", severity=Severity.WARNING, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def selection_before_split(split: Split) -> Iterator[Draft]:
    divides = (split.place, "the rows are divided here")
    for fit in split.fits_on_both_sides():
        if fit.kind == "selection" and fit.uses_labels and not split.tunes_behind(fit):
            message = f"`{fit.text}` selects features by the labels of rows that `{split.operation}` holds out"
            call = learned_at(fit, split)
            chooses = ((fit.place, "they are selected here"),) if call is not None else ()
            yield Draft(call or fit.place, message, (*chooses, divides))
    for fit in split.fits_applied_later():
        if fit.kind == "selection" and fit.uses_labels:
            message = f"`{fit.text}` has seen the labels on both sides of `{split.operation}`"
            yield Draft(fit.place, message, (divides,))
