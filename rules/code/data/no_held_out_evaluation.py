"""no-held-out-evaluation: models are scored by nothing but the rows that they were fitted on."""

from collections.abc import Iterator

from advisor.code.facts.scores import Score
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN512", severity=Severity.INFO, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def no_held_out_evaluation(score: Score) -> Iterator[Draft]:
    alone = score.is_of_training_rows() and score.is_the_only_kind()
    if alone and score.learns_labels() and not score.is_of_search:
        yield score.finding("the only score is that of the rows that the model was fitted on")
