"""The statistical core: noise, levels, trends, shapes, extrapolation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from advisor.runs.blocks import blocks_of
from advisor.runs.curves import Trajectory, trajectory_of
from advisor.runs.extrapolation import project
from advisor.runs.monotone import falling_fit, valley_of
from advisor.runs.noise import lag_one_correlation, point_noise, spread
from advisor.runs.run import Split
from advisor.runs.spikes import running_median, spikes_of
from advisor.runs.thresholds import Thresholds
from advisor.runs.trend import trend_of
from tests.drawn_runs import Floats, drawn, falling, healthy_loss, scatter, train

SETTINGS = Thresholds()
some_values = hnp.arrays(
    np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6, allow_nan=False)
)


def read(values: Floats) -> Trajectory:
    found = trajectory_of(train(values), SETTINGS)
    assert found is not None
    return found


class TestNoise:
    def test_a_trend_is_no_noise(self) -> None:
        assert point_noise(np.linspace(10, 0, 200)) == pytest.approx(0, abs=1e-12)

    def test_a_bend_is_no_noise_on_a_short_curve(self) -> None:
        assert point_noise(falling(12, pace=2)) < 0.05 * (2.303 - 0.5)

    @pytest.mark.parametrize("count", [30, 300, 3000])
    def test_white_noise_on_a_slope_is_measured(self, count: int) -> None:
        values = np.linspace(5, 1, count) + scatter(count, 0.1)
        assert point_noise(values) == pytest.approx(0.1, rel=0.35)

    def test_outliers_do_not_raise_it(self) -> None:
        values = scatter(1000, 0.1)
        values[::50] += 100
        assert point_noise(values) == pytest.approx(0.1, rel=0.15)

    def test_a_staircase_has_some(self) -> None:
        assert spread(np.repeat([0.0, 0.0, 0.0, 1.0, 2.0], 3)) > 0

    def test_alike_neighbours_correlate(self) -> None:
        walk = np.cumsum(scatter(500, 1.0))
        assert lag_one_correlation(walk) > 0.9
        assert abs(lag_one_correlation(scatter(500, 1.0))) < 0.15


class TestTrend:
    def test_flat_noise_rarely_trends_on_block_medians(self) -> None:
        z = [read(scatter(300, 1.0, seed)).trend.z for seed in range(200)]
        assert np.mean(np.abs(z) > 1.96) < 0.1

    def test_a_slope_under_noise_is_found_with_its_size(self) -> None:
        curve = read(np.linspace(2, 1, 1000) + scatter(1000, 0.2))
        assert curve.trend.falls(1.96)
        assert curve.trend.low < -1 / 999 < curve.trend.high

    def test_ties_count(self) -> None:
        assert trend_of(np.arange(8.0), np.ones(8)).z == 0

    def test_two_points_have_no_trend(self) -> None:
        trend = trend_of(np.arange(2.0), np.array([2.0, 1.0]))
        assert not trend.falls(0.0)


class TestMonotoneFits:
    @given(some_values)
    def test_a_falling_fit_falls_and_keeps_the_mean(self, values: Floats) -> None:
        fit = falling_fit(values)
        assert np.all(np.diff(fit) <= 1e-6 * (1 + np.abs(fit[:-1])))
        assert np.mean(fit) == pytest.approx(np.mean(values), rel=1e-6, abs=1e-6)

    @given(some_values)
    def test_a_falling_sequence_is_its_own_fit(self, values: Floats) -> None:
        ordered = np.sort(values)[::-1]
        assert np.allclose(falling_fit(ordered), ordered)

    def test_a_valley_is_real_when_the_climb_beats_the_noise(self) -> None:
        valley = valley_of(np.concatenate([np.linspace(2, 1, 10), np.linspace(1, 1.5, 10)]))
        assert valley.bottom in {9, 10}
        assert valley.rise == pytest.approx(0.5)
        assert valley.is_real(0.02, 20)

    def test_noise_round_a_plateau_is_no_valley(self) -> None:
        false = 0
        for seed in range(200):
            values = falling(30, pace=20) + scatter(30, 0.02, seed)
            false += valley_of(values).is_real(point_noise(values), 30)
        assert false <= 4


class TestBlocks:
    def test_every_point_is_in_one_block(self) -> None:
        blocks = blocks_of(np.arange(47), np.arange(47.0), 20)
        assert len(blocks) == 20
        assert blocks.first_steps[0] == 0
        assert blocks.last_steps[-1] == 46
        assert np.all(blocks.first_steps[1:] == blocks.last_steps[:-1] + 1)

    def test_few_points_are_their_own_blocks(self) -> None:
        assert len(blocks_of(np.arange(3), np.arange(3.0), 20)) == 3

    def test_errors_tell_how_far_a_median_is_off(self) -> None:
        offs = []
        for seed in range(100):
            blocks = blocks_of(np.arange(400), scatter(400, 1.0, seed), 20)
            offs.append(blocks.medians / blocks.errors)
        assert np.std(offs) == pytest.approx(1, rel=0.25)


class TestTrajectory:
    def test_higher_is_better_is_turned_over(self) -> None:
        curve = trajectory_of(drawn("accuracy", Split.TRAIN, [0.1, 0.5, 0.9]), SETTINGS)
        assert curve is not None
        assert list(curve.costs) == [-0.1, -0.5, -0.9]
        assert curve.shown(curve.best) == 0.9

    def test_what_is_not_finite_is_left_out(self) -> None:
        curve = read(np.array([1.0, np.nan, 0.5, np.inf]))
        assert list(curve.steps) == [0, 2]

    def test_nothing_finite_is_no_trajectory(self) -> None:
        assert trajectory_of(train([np.nan, np.inf]), SETTINGS) is None

    def test_flat_noise_has_not_learned(self) -> None:
        learned = [read(2.3 + scatter(500, 0.05, seed)).has_learned for seed in range(100)]
        assert sum(learned) == 0

    def test_a_fall_has(self) -> None:
        assert read(healthy_loss()).has_learned

    def test_one_wild_value_at_the_start_is_not_where_it_began(self) -> None:
        values = healthy_loss()
        values[1] = 400
        assert read(values).start < 3

    def test_a_high_first_value_is(self) -> None:
        values = healthy_loss(start=2.3)
        values[:4] = [60, 30, 12, 5]
        assert read(values).start == pytest.approx(30)

    def test_the_final_level_is_that_of_the_last_tenth(self) -> None:
        assert read(healthy_loss(end=0.5)).final.value == pytest.approx(0.5, abs=0.01)

    @given(some_values)
    def test_any_finite_curve_can_be_read(self, values: Floats) -> None:
        curve = read(values)
        assert np.isfinite(curve.final.value)
        assert curve.progress >= 0
        assert len(curve.part(0.7)) >= 1
        assert np.all(curve.blocks.errors >= 0)


class TestExtrapolation:
    def test_a_power_law_is_continued(self) -> None:
        times = np.arange(400) / 400
        values = 1 + (times + 0.05) ** -0.5
        projection = project(read(values).part(1 / 3).blocks, 0.75)
        assert projection is not None
        true_gain = (1.0 + 0.05) ** -0.5 - (1.5 + 0.05) ** -0.5
        assert projection.gain == pytest.approx(true_gain, rel=0.1)

    def test_so_is_an_exponential(self) -> None:
        values = 1 + 2 * np.exp(-3 * np.arange(400) / 400)
        projection = project(read(values).part(1 / 3).blocks, 0.75)
        assert projection is not None
        assert projection.gain == pytest.approx(2 * (np.exp(-3) - np.exp(-4.5)), rel=0.1)

    def test_the_interval_covers_the_gain_under_noise(self) -> None:
        covered = 0
        times = np.arange(400) / 400
        true_gain = 1.05**-0.5 - 1.55**-0.5
        for seed in range(40):
            values = 1 + (times + 0.05) ** -0.5 + scatter(400, 0.05, seed)
            projection = project(read(values).part(1 / 3).blocks, 0.75)
            assert projection is not None
            covered += projection.low <= true_gain <= projection.high
        assert covered >= 30

    def test_a_flat_curve_gains_nothing(self) -> None:
        projection = project(read(np.full(100, 2.0)).blocks, 0.5)
        assert projection is not None
        assert projection.gain == pytest.approx(0, abs=1e-9)

    def test_five_levels_are_too_few(self) -> None:
        assert project(read(np.linspace(2, 1, 5)).blocks, 0.5) is None


class TestSpikes:
    def test_one_value_far_out_is_a_spike_that_recovers(self) -> None:
        values = healthy_loss()
        values[400] = 9.0
        (spike,) = spikes_of(read(values))
        assert (spike.first, spike.last) == (400, 400)
        assert spike.recovered

    def test_a_step_up_does_not_recover(self) -> None:
        values = healthy_loss()
        values[400:] += 9.0
        assert not any(spike.recovered for spike in spikes_of(read(values)))

    def test_the_tail_of_heavy_noise_is_no_spike(self) -> None:
        rng = np.random.default_rng(0)
        values = 1 + 0.3 * np.abs(rng.standard_t(3, size=20_000))
        assert spikes_of(read(values)) == ()

    def test_the_running_median_looks_back(self) -> None:
        values = np.arange(100.0)
        assert running_median(values, 15)[50] == 42
