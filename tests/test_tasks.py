"""Runs with several losses: one speaks for the run, none goes wrong unseen."""

from collections.abc import Sequence

import numpy as np
import pytest

from advisor.runs.roles import assign_roles
from advisor.runs.run import Curve
from advisor.runs.tasks import note_on_tasks
from tests.drawn_runs import Floats, judged
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


def test_one_of_several_tasks_speaks_for_the_run_and_is_named() -> None:
    text = note(*TWO)
    assert "`train/depth_loss` speaks for the run, `train/seg_loss` beside it" in text
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


class TestEachTaskIsLookedAt:
    T = np.arange(30)
    FALLS = 0.1 + 0.8 * np.exp(-T / 4)

    def judged(self, **losses: Floats) -> set[str]:
        """What is said of two tasks, of which the first learns as it should."""
        curves = {"train/depth_loss": self.FALLS, "val/depth_loss": self.FALLS + 0.02, **losses}
        scalars = [logged(tag.replace("__", "/"), each.tolist()) for tag, each in curves.items()]
        made = [
            Curve(each.tag, each.steps, each.values, each.wall_times, role)
            for each, role in zip(scalars, assign_roles(scalars), strict=True)
        ]
        return {each.name for each in judged(*made).findings}

    def test_over_fitting_of_one_is_seen_beside_another_that_is_fine(self) -> None:
        held_out = 0.4 + 0.9 * np.exp(-self.T / 3) + 0.03 * np.clip(self.T - 8, 0, None)
        said = self.judged(train__seg_loss=self.FALLS / 2, val__seg_loss=held_out)
        assert said & {"high-variance", "overtrained"}

    def test_divergence_of_one_is_seen_too(self) -> None:
        rises = np.concatenate([self.FALLS[:15], np.linspace(0.2, 9, 15)])
        assert "divergence" in self.judged(train__seg_loss=rises, val__seg_loss=rises)

    def test_tasks_that_learn_are_left_alone(self) -> None:
        said = self.judged(train__seg_loss=self.FALLS / 2, val__seg_loss=self.FALLS / 2 + 0.01)
        assert not said & {"high-variance", "overtrained", "divergence", "never-learns"}
