"""What a schedule counts, as a trial shows: whether it moves over the epochs of a training or only over
its batches, however long these are."""

from collections.abc import Sequence

from advisor.code.events import Loop
from advisor.code.facts.loop_lengths import length_of
from advisor.code.facts.schedule_factors import factor_of
from advisor.code.facts.tried_lengths import Lengths, at_lengths, tried_lengths
from advisor.code.simulation import Simulation, simulate
from advisor.code.symbols import ONE, product
from advisor.code.values import Schedule

# What keeps so much of its peak has not moved; what has lost so much of it has.
_STILL, _MOVED = 0.95, 0.5
# What has come down to this share of its peak is over, if it is so early.
_NEGLIGIBLE, _EARLY = 1e-3, 0.5


def counts_batches(schedule: Schedule, epochs: Sequence[Loop], batches: Sequence[Loop]) -> bool:
    """Whether a schedule that is stepped once in each epoch stays where it is, and would move over the
    batches of all of them."""
    trials = _trials(schedule, epochs, batches)
    return bool(trials) and all(
        few.peak > 0 and few.lowest >= _STILL * few.peak and every.lowest <= _MOVED * every.peak
        for few, every in trials
    )


def counts_epochs(schedule: Schedule, epochs: Sequence[Loop], batches: Sequence[Loop]) -> bool:
    """Whether a schedule that is stepped at each batch moves as one does that counts epochs, and is over
    when there have been as many batches."""
    trials = _trials(schedule, epochs, batches)
    return bool(trials) and all(
        few.peak > 0
        and few.lowest < _STILL * few.peak
        and few.lowest > _NEGLIGIBLE * few.peak
        and _is_over(every)
        for few, every in trials
    )


def _is_over(every: Simulation) -> bool:
    negligible = every.falls_for_good_below(_NEGLIGIBLE)
    return negligible is not None and negligible <= _EARLY * every.steps


def _trials(
    schedule: Schedule, epochs: Sequence[Loop], batches: Sequence[Loop]
) -> list[tuple[Simulation, Simulation]]:
    """What the rate does over as many steps as there are epochs, and over all batches, in trainings of
    several lengths; nothing where the schedule goes by other numbers than these lengths."""
    found: list[tuple[Simulation, Simulation]] = []
    for lengths in tried_lengths([*epochs, *batches], ONE, schedule):
        factor = factor_of(at_lengths(schedule, lengths))
        few, every = _rounds(epochs, lengths), _rounds([*epochs, *batches], lengths)
        if factor is None or few is None or every is None:
            return []
        both = simulate(factor, few), simulate(factor, every)
        if both[0] is None or both[1] is None:
            return []
        found.append((both[0], both[1]))
    return found


def _rounds(loops: Sequence[Loop], lengths: Lengths) -> int | None:
    numbers = [each for each in map(length_of, loops) if each is not None]
    rounds = product(numbers).evaluate(lengths) if len(numbers) == len(loops) else None
    return None if rounds is None else int(rounds)
