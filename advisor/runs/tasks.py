"""Runs that learn several things at once: which loss speaks for them, and which stand beside it."""

from collections.abc import Sequence

import numpy as np

from advisor.runs.kinds import adversarial_part
from advisor.runs.roles import is_part_of_a_task, qualifiers_of
from advisor.runs.run import Curve, Note, Split
from advisor.runs.vocabulary import words_of


def other_tasks(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """The training losses of further tasks, where several are logged and no total of them."""
    losses = [
        curve
        for curve in curves
        if curve.role.quantity == "loss"
        and curve.role.split is Split.TRAIN
        and _says_something(curve)
    ]
    judged = next((curve for curve in losses if curve.role.primary), None)
    if judged is None or judged.role.reason == "as set" or not _names_a_task(judged.tag):
        return ()
    if not all(_task(curve.tag) for curve in losses):
        return ()
    seen = {_task(judged.tag)}
    others = []
    for curve in losses:
        if _names_a_task(curve.tag) and _task(curve.tag) not in seen:
            seen.add(_task(curve.tag))
            others.append(curve)
    return tuple(others)


def held_out_of(task: Curve, curves: Sequence[Curve]) -> Curve | None:
    """The validation loss of the same task."""
    return next(
        (
            curve
            for curve in curves
            if curve.role.quantity == "loss"
            and curve.role.split is Split.VALIDATION
            and _task(curve.tag) == _task(task.tag)
        ),
        None,
    )


def note_on_tasks(curves: Sequence[Curve]) -> Note | None:
    """Which loss speaks for a run that has several and no total of them."""
    others = other_tasks(curves)
    if not others:
        return None
    judged = next(
        curve.tag
        for curve in curves
        if curve.role.primary and (curve.role.quantity, curve.role.split) == ("loss", Split.TRAIN)
    )
    shown = ", ".join(f"`{curve.tag}`" for curve in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return Note(
        f"several losses and no total of them: `{judged}` speaks for the run, {shown}{more} beside "
        "it; log the total, or choose with `--role`"
    )


def _says_something(curve: Curve) -> bool:
    """Whether a loss is more than the zero that is logged where a task does not occur."""
    return len(curve) > 1 and bool(np.any(curve.values != curve.values[0]))


def _task(tag: str) -> frozenset[str]:
    return qualifiers_of(words_of(tag))


def _names_a_task(tag: str) -> bool:
    """Whether a loss is called after one thing that is learned: `depth` of `train/depth_loss`."""
    words = words_of(tag)
    return bool(_task(tag)) and not is_part_of_a_task(words) and not adversarial_part(tag)
