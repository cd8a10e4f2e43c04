"""Trainings whose steps all see the same samples: a few that are to be memorised, or all there are."""

from advisor.code.events import ForwardRun, Loop, LossComputed
from advisor.code.facts.run import AbstractRun
from advisor.code.values import Value


def has_one_batch(run: AbstractRun, loop: Loop) -> bool:
    """Whether the first model that runs in a round of a loop is given the same in all of them, as far as
    one can see; where none is known, the targets of the losses tell."""
    return _is_the_same(_inputs(run, loop) or _targets(run, loop))


def keeps_targets(run: AbstractRun, loop: Loop) -> bool:
    """Whether the losses in several rounds of a loop are seen to be computed of the same targets."""
    targets = _targets(run, loop)
    return len(targets) > 1 and _is_the_same(targets)


def _is_the_same(by_round: dict[int, set[Value]]) -> bool:
    rounds = [by_round[index] for index in sorted(by_round)]
    return not any(each - rounds[0] for each in rounds[1:])


def _inputs(run: AbstractRun, loop: Loop) -> dict[int, set[Value]]:
    found: dict[int, set[Value]] = {}
    for event in run.events(ForwardRun):
        index = _round_of(event, loop)
        if index is not None and not event.context.running:
            found.setdefault(index, set(event.arguments.values()))
    return found


def _targets(run: AbstractRun, loop: Loop) -> dict[int, set[Value]]:
    found: dict[int, set[Value]] = {}
    for event in run.events(LossComputed):
        index = _round_of(event, loop)
        if index is not None and event.target is not None:
            found.setdefault(index, set()).add(event.target)
    return found


def _round_of(event: ForwardRun | LossComputed, loop: Loop) -> int | None:
    rounds = event.context.rounds
    return next((each.index for each in rounds if each.loop.node is loop.node), None)
