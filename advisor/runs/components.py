"""The total loss of detectors that log only its components."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from advisor.runs.run import Split
from advisor.runs.scalars import Scalars
from advisor.runs.vocabulary import LOSS, SPLIT_WORDS, quantity_of, split_of, words_of

# what YOLO and its kin log, already weighted, so that the sum is what is minimised
_COMPONENTS = frozenset({"box", "obj", "cls", "dfl", "iou", "seg", "pose", "kobj", "rle", "l1"})


def total_losses(scalars: Sequence[Scalars]) -> list[Scalars]:
    """The sum of the component losses of each split, where no total was logged itself.

    Only for components known from detectors, logged at the same steps, and the same on each split.
    """
    by_split: dict[Split, dict[str, Scalars]] = defaultdict(dict)
    for each in scalars:
        if quantity_of(each.name) is LOSS:
            component = _component(each.name)
            if component not in _COMPONENTS:
                return []
            split = split_of(each.name)
            by_split[each.folder_split if split is Split.UNKNOWN else split][component] = each
    components = {frozenset(parts) for parts in by_split.values()}
    if len(components) != 1 or len(next(iter(components))) < 2:
        return []
    totals = [_sum(list(parts.values()), split) for split, parts in by_split.items()]
    return [total for total in totals if total is not None]


def _component(name: str) -> str:
    words = [word for word in words_of(name) if word not in SPLIT_WORDS and word != "loss"]
    return words[0] if len(words) == 1 else ""


def _sum(parts: list[Scalars], split: Split) -> Scalars | None:
    first = parts[0]
    if any(not np.array_equal(part.steps, first.steps) for part in parts):
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        values = np.sum([part.values for part in parts], axis=0)
    return Scalars(
        tag=" + ".join(part.tag for part in parts),
        steps=first.steps,
        values=values,
        wall_times=first.wall_times,
        label="total_loss",
        folder_split=split,
    )
