"""scheduler-before-optimizer: the schedule advances before the optimizer has used its first rate."""

from collections.abc import Iterator

from advisor.code.facts.schedule_use import ScheduleUse
from advisor.findings import Change, Severity
from advisor.recipe.steps import Step
from advisor.rulebook import Draft, rule


@rule("NN603", severity=Severity.WARNING, step=Step.TUNE, sources=("004",))
def scheduler_before_optimizer(use: ScheduleUse) -> Iterator[Draft]:
    order = use.in_repeated_order()
    if use.watches_metric or order is None:
        return
    step, update = order
    if update.index < step.index or step.arguments.positional or step.arguments.keywords:
        return
    if use.may_be_another(step) or use.optimizer_may_be_stepped_before(step):
        return
    if use.is_of_old_torch:
        return
    draft = use.finding_on_the_way(
        step,
        update,
        f"the schedule is stepped before `{update.text}` has been: each of its learning rates comes "
        f"one step early",
    )
    if draft.place is step.place:
        draft = draft.fixable(Change.MOVE, step=step.place, behind=update.place)
    yield draft
