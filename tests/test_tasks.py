"""Runs with several losses: one is judged, and it is said which."""

from collections.abc import Sequence

import pytest

from advisor.runs.run import Curve
from advisor.runs.tasks import note_on_tasks
from tests.test_roles import logged, roles


def note(*tags: str, overrides: dict[str, str] | None = None) -> str:
    found = roles(*tags, overrides=overrides)
    curves = []
    for tag, role in found.items():
        scalars = logged(tag)
        curves.append(Curve(tag, scalars.steps, scalars.values, scalars.wall_times, role))
    made = note_on_tasks(curves)
    return made.text if made else ""


TWO = ("train/depth_loss", "train/seg_loss", "val/depth_loss", "val/seg_loss")


def test_one_of_several_tasks_is_judged_and_named() -> None:
    text = note(*TWO)
    assert "`train/depth_loss` is judged, `train/seg_loss` are not" in text
    assert "--role" in text


@pytest.mark.parametrize(
    "tags",
    [
        (*TWO, "train/loss"),
        (*TWO, "train/total_loss"),
        ("train/loss", "val/loss"),
        ("train_loss_step", "train_loss_epoch", "val_loss"),
        ("train/rec_loss", "train/kl_loss"),
        ("train/contrastive_loss", "val/contrastive_loss"),
        ("train/depth_loss", "val/seg_loss"),
    ],
)
def test_where_one_loss_speaks_for_all_there_is_nothing_to_say(tags: Sequence[str]) -> None:
    assert note(*tags) == ""


def test_a_choice_that_was_made_is_not_questioned() -> None:
    assert note(*TWO, overrides={"train/seg_loss": "train loss"}) == ""
