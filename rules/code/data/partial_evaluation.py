"""partial-evaluation: held-out samples take no part in the score, or count for more than others."""

from collections.abc import Iterator

from advisor.code.facts.partial_evaluations import PartialEvaluation
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN515", severity=Severity.WARNING, step=Step.DATA, sources=("004",))
def partial_evaluation(evaluation: PartialEvaluation) -> Iterator[Draft]:
    match evaluation.how:
        case "dropped":
            name = evaluation.name
            yield Draft(evaluation.place, f"the last batch of `{name}` is dropped and never judges")
        case "left":
            yield Draft(
                evaluation.place, "the evaluation ends here, before all batches have judged"
            )
        case "limited":
            name = evaluation.name
            yield Draft(evaluation.place, f"only the first batches of `{name}` judge")
        case "left over":
            yield Draft(evaluation.place, "what is left over behind whole batches never judges")
        case "unequal":
            message = "the samples of a smaller last batch count for more than those of the others"
            yield Draft(evaluation.place, message, severity=Severity.INFO)
