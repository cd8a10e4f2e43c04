"""augmentation-before-split: copies of samples are made first, and divided from them then."""

from collections.abc import Iterator

from advisor.code.facts.data import Split, handed_over_at, operation_at
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN501", severity=Severity.ERROR, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def augmentation_before_split(split: Split) -> Iterator[Draft]:
    if split.keeps_groups_together:
        return
    for rows in split.duplications():
        if rows.place is not None:
            operation = operation_at(rows.place)
            message = (
                f"`{split.operation}` divides samples that `{operation}` has added copies of before"
            )
            call = handed_over_at(rows, split)
            if call is not None:
                added = ((rows.place, "the copies are added here"),)
                yield Draft(call, message, (*added, (split.place, "they are divided here")))
            elif split.run.may_tell_of(rows.place.source):
                yield Draft(rows.place, message, ((split.place, "they are divided here"),))
            else:
                yield Draft(split.place, message, ((rows.place, "the copies are added here"),))
            return
