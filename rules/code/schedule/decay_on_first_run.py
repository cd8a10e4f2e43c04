"""decay-on-first-run: a first training has a learning-rate schedule or weight decay already."""

from collections.abc import Iterator

from advisor.code.facts.refinements import Refinement
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN607",
    severity=Severity.INFO,
    step=Step.SKELETON,
    symptoms=("lr-decayed-too-early",),
    sources=("002", "004"),
    whole_program=True,
    stage="baseline",
)
def decay_on_first_run(refinement: Refinement) -> Iterator[Draft]:
    if refinement.is_schedule:
        yield refinement.finding(
            f"`{refinement.name}` in a first training: a constant rate leaves one thing less to doubt"
        )
    else:
        yield refinement.finding(
            f"`{refinement.name}` in a first training: regularise when the model has learned its rows"
        )
