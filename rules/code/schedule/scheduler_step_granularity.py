"""scheduler-step-granularity: a schedule that counts epochs advances with each batch, or vice versa."""

from collections.abc import Iterator

from advisor.code.facts.step_units import MistakenUnit
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN602",
    severity=Severity.ERROR,
    step=Step.TUNE,
    symptoms=("lr-decayed-too-early", "lr-never-decayed", "plateau", "oscillation"),
    sources=("004",),
)
def scheduler_step_granularity(mistake: MistakenUnit) -> Iterator[Draft]:
    name = mistake.use.name
    if mistake.managed and mistake.counts == "epoch":
        yield mistake.finding(
            f"`{name}` advances at each batch, but was built for {mistake.ends} steps, the number of "
            f"epochs"
        )
    elif mistake.managed:
        yield mistake.finding(
            f"`{name}` counts {mistake.ends} batches, but the trainer steps it once in each epoch: "
            f'`interval` is not set to `"step"`'
        )
    elif mistake.waits:
        yield mistake.finding(
            f"`{name}` is told the loss of each batch: it lowers the rate after {mistake.ends} batches "
            f"without a better one"
        )
    elif not mistake.certain:
        yield mistake.finding(
            f"`{name}` is stepped at each batch, though its numbers seem to count epochs: its decay "
            f"is over after {mistake.ends} batches"
        )
    elif mistake.stepped == "batch":
        yield mistake.finding(
            f"`{name}` is stepped at each batch, but was built for {mistake.ends} steps, the "
            f"number of epochs"
        )
    else:
        yield mistake.finding(
            f"`{name}` is stepped once in each epoch, but was built for {mistake.ends} steps, the "
            f"number of batches in all epochs"
        )
