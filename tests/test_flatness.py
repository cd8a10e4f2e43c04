"""From where on a curve is flat, and at which level."""

import numpy as np
import pytest

from advisor.runs.curves import trajectory_of
from advisor.runs.flatness import FlatEnd, flat_end_of
from advisor.runs.run import Curve
from advisor.runs.thresholds import Thresholds
from tests.drawn_runs import Floats, train

LENGTH = 0.1
"""After how much of the run an e-th of the descent is left."""


def decay(points: int, level: float = 0.15) -> Floats:
    """A loss that comes down from 1 to a level, where it has 2 % of the way left after 39 %."""
    return level + (1 - level) * np.exp(-np.arange(points) / points / LENGTH)


def noisy(points: int, noise: float, seed: int) -> Floats:
    return decay(points) * (1 + noise * np.random.default_rng(seed).standard_normal(points))


def flat_end(curve: Curve) -> FlatEnd:
    trajectory = trajectory_of(curve, Thresholds())
    assert trajectory is not None
    found = flat_end_of(trajectory)
    assert found is not None
    return found


class TestOnset:
    @pytest.mark.parametrize("points", [30, 120, 2_000])
    def test_a_clean_curve_is_flat_once_two_percent_of_the_way_are_left(self, points: int) -> None:
        assert flat_end(train(decay(points))).since / points == pytest.approx(0.39, abs=0.045)

    @pytest.mark.parametrize("points", [120, 600, 4_000])
    def test_a_slow_descent_is_not_lost_in_noise(self, points: int) -> None:
        ends = [flat_end(train(noisy(points, 0.08, seed))) for seed in range(10)]
        left = [np.exp(-end.since / points / LENGTH) for end in ends]
        assert np.median(left) < 0.03
        assert max(left) < 0.06

    def test_one_late_spike_does_not_put_it_off(self) -> None:
        values = decay(60)
        values[38] = 0.6
        assert flat_end(train(values)).since < 30


class TestLevel:
    def test_it_is_the_mean_of_all_that_is_flat_with_its_error(self) -> None:
        level = flat_end(train(noisy(600, 0.2, seed=1))).level
        assert level.value == pytest.approx(0.15, abs=3 * level.error + 0.005)
        assert 0.0005 < level.error < 0.004

    def test_a_clean_curve_has_hardly_any_error(self) -> None:
        assert flat_end(train(decay(600))).level.error < 0.001
