"""no-held-out-evaluation: models are scored by nothing but the rows that they were fitted on."""

from collections.abc import Iterator
from dataclasses import replace

from advisor.code.facts.only_scores import OnlyScore
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN512", severity=Severity.WARNING, step=Step.DATA, symptoms=("too-good",), sources=("001",))
def no_held_out_evaluation(score: OnlyScore) -> Iterator[Draft]:
    message = "the only score is that of the rows that the model was fitted on"
    if score.by_nothing:
        message = "the classifier is trained here, and nothing judges it"
    draft = score.finding(message)
    mild = score.may_describe or score.is_called_so or score.by_nothing
    yield replace(draft, severity=Severity.INFO) if mild else draft
