"""missing-no-grad: an evaluation builds graphs that nothing goes back through."""

from collections.abc import Iterator

from advisor.code.facts.evaluations import Evaluation
from advisor.code.facts.passes import recording_nothing
from advisor.code.facts.shared_remedies import is_mended_with_another
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN403",
    severity=Severity.WARNING,
    step=Step.SKELETON,
    sources=("002",),
    in_order=recording_nothing,
)
def missing_no_grad(evaluation: Evaluation) -> Iterator[Draft]:
    if not evaluation.repeats or not evaluation.is_here or not evaluation.records_gradients():
        return
    if is_mended_with_another(evaluation):
        return
    idle = evaluation.idle_gradient_mode()
    if idle is not None:
        related = ((evaluation.place, f"`{evaluation.text}` still builds a graph here"),)
        yield Draft(idle, "a gradient mode that nothing enters has no effect", related)
    else:
        found = evaluation.finding(
            f"`{evaluation.text}` is evaluated with gradients, which nothing needs"
        )
        around = evaluation.loop if evaluation.parting is None else None
        loop = None if around is None else around.place
        yield found.fixable(Change.WRAP, loop=loop)
