"""missing-seed: a program trains and never fixes a seed, so that no run can be repeated."""

from collections.abc import Iterator

from advisor.code.facts.programs import TrainingProgram
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN801",
    severity=Severity.INFO,
    step=Step.SKELETON,
    sources=("001", "004"),
    whole_program=True,
)
def missing_seed(program: TrainingProgram) -> Iterator[Draft]:
    if not program.may_be_seeded:
        yield program.finding_at_weights(
            "this program trains without a fixed seed: no run can be repeated"
        )
