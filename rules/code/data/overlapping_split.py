"""overlapping-split: the rows that judge a model are among those it was fitted on."""

from collections.abc import Iterator

from advisor.code.facts.shared_rows import SharedRows
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule

MESSAGES = {
    "all": "the model was fitted on all rows, those of `{}` among them",
    "another split": "`{}` comes from another split than the rows that the model was fitted on",
    "overlap": "`{}` and the rows that the model was fitted on overlap",
    "shuffled anew": "`{}` is taken after a shuffle that mixes both sides anew in each epoch",
    "earlier folds": "the model has learned from the rows of `{}` in earlier folds, and is not built anew",
    "same file": "`{}` holds the very samples that the model is trained on",
}


@rule("NN516", severity=Severity.ERROR, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def overlapping_split(rows: SharedRows) -> Iterator[Draft]:
    yield rows.finding(MESSAGES[rows.how].format(rows.name))
