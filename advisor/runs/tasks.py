"""Runs that learn several things at once: which loss speaks for them, and which do not."""

from collections.abc import Sequence

from advisor.runs.kinds import adversarial_part
from advisor.runs.roles import is_part_of_a_task, qualifiers_of
from advisor.runs.run import Curve, Note, Split
from advisor.runs.vocabulary import words_of


def note_on_tasks(curves: Sequence[Curve]) -> Note | None:
    """That only one of several losses is judged, where there are several and no total of them."""
    losses = [
        curve
        for curve in curves
        if curve.role.quantity == "loss" and curve.role.split is Split.TRAIN and len(curve) > 1
    ]
    judged = next((curve for curve in losses if curve.role.primary), None)
    if judged is None or judged.role.reason == "as set" or not _names_a_task(judged.tag):
        return None
    if not all(_task(curve.tag) for curve in losses):
        return None
    tasks = {_task(curve.tag) for curve in losses if _names_a_task(curve.tag)}
    others = [curve.tag for curve in losses if _task(curve.tag) in tasks - {_task(judged.tag)}]
    if not others:
        return None
    shown = ", ".join(f"`{tag}`" for tag in others[:3])
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return Note(
        f"several losses and no total of them: `{judged.tag}` is judged, {shown}{more} are not; log "
        "the total, or choose with `--role`"
    )


def _task(tag: str) -> frozenset[str]:
    return qualifiers_of(words_of(tag))


def _names_a_task(tag: str) -> bool:
    """Whether a loss is called after one thing that is learned: `depth` of `train/depth_loss`."""
    words = words_of(tag)
    return bool(_task(tag)) and not is_part_of_a_task(words) and not adversarial_part(tag)
