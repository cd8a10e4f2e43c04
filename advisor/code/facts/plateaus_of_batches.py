"""Schedules that lower the rate when a metric no longer gets better, and are told the loss of each batch:
the loss of one batch is often larger than that of the best before it."""

from advisor.code.events import BackwardRun, Loop, ScheduleStepped
from advisor.code.facts.loop_lengths import only_counts
from advisor.code.facts.metrics import goes_over_several_batches, numbered_rounds
from advisor.code.facts.one_batch import has_one_batch
from advisor.code.facts.run import AbstractRun, code_of
from advisor.code.facts.schedule_factors import setting
from advisor.code.facts.schedule_use import (
    LOOPS_OF_A_TRAINING,
    ScheduleUse,
    inner_loops,
    is_guarded,
)
from advisor.code.part_names import words
from advisor.code.values import Schedule, Value, alternatives, known_integer

# What torch goes by where the program says nothing.
_PATIENCE, _FACTOR = 10, 0.1
# Who counts batches waits for more of them than this, and who lowers the rate in steps as small as the
# second number may mean to do it often.
_LONGEST_IN_EPOCHS, _GENTLE = 20, 0.9
_EPOCHS = frozenset(["epoch", "epochs", "ep", "fold", "run", "trial"])


def patience_with_batches(use: ScheduleUse) -> tuple[ScheduleStepped, int] | None:
    """The step that tells a schedule the loss of each batch, and how many of them it waits for: so few
    that epochs were meant."""
    if not use.watches_metric or len({step.place.node for step in use.steps}) != 1:
        return None
    step, loops = use.steps[0], inner_loops(use.steps[0], use.schedule)
    if len(loops) < LOOPS_OF_A_TRAINING or is_guarded(step.context, loops):
        return None
    own = [loop.node for loop in step.context.loops]
    together = all([loop.node for loop in each.context.loops] == own for each in use.updates)
    if not use.updates or not together or not _goes_over_batches(use.run, loops[-1]):
        return None
    told = step.arguments.get(0, "metrics")
    patience = _patience(use.schedule)
    if told is None or patience is None or not _is_of_one_batch(use, step, told):
        return None
    return step, patience


def _patience(schedule: Schedule) -> int | None:
    """How long a schedule waits, where that is known and short, and each step that it then takes is a
    large one."""
    given = schedule.argument(3, "patience")
    patience = _PATIENCE if given is None else known_integer(given)
    factor = setting(schedule, 2, "factor", _FACTOR)
    if schedule.arguments.unknown or patience is None or factor is None:
        return None
    if schedule.argument(6, "cooldown") is not None:
        return None
    return patience if patience <= _LONGEST_IN_EPOCHS and factor < _GENTLE else None


def _goes_over_batches(run: AbstractRun, loop: Loop) -> bool:
    """Whether a loop may go over the batches of an epoch: over more than one, and neither over epochs nor
    over a few things that are listed. One that only counts has to show that its rounds have other samples."""
    few = loop.trips.integer if loop.trips is not None else None
    if few is not None and few <= _LONGEST_IN_EPOCHS:
        return False
    target = getattr(loop.node, "target", None)
    if target is None or words(code_of(target)) & _EPOCHS:
        return False
    if only_counts(loop) and has_one_batch(run, loop):
        return False
    return goes_over_several_batches(loop)


def _is_of_one_batch(use: ScheduleUse, step: ScheduleStepped, told: Value) -> bool:
    """Whether a schedule is told the loss that goes backward in the very same round."""
    rating = use.rating_told(step)
    amount = rating.amount if rating is not None else None
    if amount is not None and amount.summed is not None:
        return False
    rounds = numbered_rounds(step.context)
    if amount is not None and amount.kind == "mean" and numbered_rounds(amount.made) == rounds:
        return use.is_of_training(amount)
    return any(
        numbered_rounds(event.context) == rounds
        and set(alternatives(told)) & set(alternatives(event.loss))
        for event in use.run.events(BackwardRun)
    )
