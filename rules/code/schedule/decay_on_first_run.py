"""decay-on-first-run: a first training has a learning-rate schedule already."""

from collections.abc import Iterator

from advisor.code.facts.schedule_use import ScheduleUse
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
def decay_on_first_run(use: ScheduleUse) -> Iterator[Draft]:
    if use.built is not None and use.steps:
        yield Draft(
            use.built.place,
            f"`{use.name}` in a first training: a constant rate leaves one thing less to doubt",
        )
