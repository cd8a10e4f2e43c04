"""overlapping-split: the rows that judge a model are among those it was fitted on."""

from collections.abc import Iterator

from advisor.code.facts.scores import Score
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN516", severity=Severity.ERROR, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def overlapping_split(score: Score) -> Iterator[Draft]:
    if not score.learns_labels():
        return
    splits = score.other_split()
    if score.is_of_held_out_rows() and score.covers_held_out_rows():
        yield score.finding(f"the model was fitted on all rows, those of `{score.name}` among them")
    elif splits is not None:
        message = (
            f"`{score.name}` comes from another split than the rows that the model was fitted on"
        )
        divided = [(each.place, "the rows are divided here") for each in splits]
        yield score.finding(message, *divided)
    elif score.overlapping_parts():
        yield score.finding(f"`{score.name}` and the rows that the model was fitted on overlap")
