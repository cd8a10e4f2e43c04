"""resampling-before-split: classes are balanced first, and the balanced rows are divided then."""

from collections.abc import Iterator

from advisor.code.facts.data import Split, handed_over_at, operation_at
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN502", severity=Severity.ERROR, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def resampling_before_split(split: Split) -> Iterator[Draft]:
    if split.keeps_groups_together:
        return
    for rows in split.resamplings():
        if rows.place is not None:
            resampler = operation_at(rows.place)
            message = f"`{resampler}` resamples the rows before `{split.operation}` divides them"
            call = handed_over_at(rows, split)
            drawn = ((rows.place, "they are resampled here"),) if call is not None else ()
            divided = (split.place, "the rows are divided here")
            yield Draft(call or rows.place, message, (*drawn, divided))
