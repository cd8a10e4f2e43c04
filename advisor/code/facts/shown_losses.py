"""What a training computes only to show it: a loss that is reported beside the one that goes back."""

from collections.abc import Iterator

from advisor.code.events import BackwardRun, RootTaken
from advisor.code.facts.run import AbstractRun
from advisor.code.gradients import may_be_computed_from, may_be_made_from
from advisor.code.sources import NodePlace
from advisor.code.values import Tensor, Unknown, Value, alternatives


def roots_that_are_shown(run: AbstractRun) -> Iterator[NodePlace]:
    """Where a root is taken in a round in which a loss goes back that is known not to be computed from
    it, and in none in which one may be."""
    shown: dict[NodePlace, bool] = {}
    steps = list(run.events(BackwardRun)) if any(run.events(RootTaken)) else []
    for root in run.events(RootTaken) if steps else ():
        losses = [
            each
            for step in steps
            if step.context.loops and step.context.loops == root.context.loops
            for each in alternatives(step.loss)
            if step.loss is not None
        ]
        if losses:
            apart = not any(_may_be_made_from(each, root.result) for each in losses)
            shown[root.place] = shown.get(root.place, True) and apart
    yield from (place for place, apart in shown.items() if apart)


def _may_be_made_from(loss: Value, root: Value) -> bool:
    """Whether a loss is made from a root by whatever way, or nobody knows what it is made from."""
    if not isinstance(loss, (Tensor, Unknown)) or may_be_computed_from(loss, root):
        return True
    return may_be_made_from(loss, root)
