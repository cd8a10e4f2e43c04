"""scheduler-never-stepped: a schedule is built, and the learning rate never changes."""

from collections.abc import Iterator

from advisor.code.facts.schedule_use import ScheduleUse
from advisor.findings import Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule(
    "NN604",
    severity=Severity.WARNING,
    step=Step.TUNE,
    symptoms=("lr-never-decayed", "plateau"),
    sources=("004",),
)
def scheduler_never_stepped(use: ScheduleUse) -> Iterator[Draft]:
    if use.built is None or use.steps:
        return
    if use.is_left_out:
        yield Draft(
            use.built.place,
            f"`{use.name}` is built, but not returned: the trainer never steps it, and the learning "
            f"rate never changes",
        )
        return
    if not use.updates:
        return
    if any(update.managed for update in use.updates) or use.is_of_uncalled_object:
        return
    if not all(update.context.loops or use.is_beside_another for update in use.updates):
        return
    if use.has_replacement or use.may_be_stepped_elsewhere or use.is_written_by_hand:
        return
    yield Draft(
        use.told_at(use.built),
        f"`{use.name}` is built, but nothing steps it: the learning rate never changes",
        ((use.updates[0].place, "the optimizer is stepped here"),),
    )
