"""Diagnoses that are easily taken for one another: what each is, and what it is not."""

from math import e, log

import numpy as np
import pytest

from advisor.findings import Severity
from advisor.runs.run import Split
from tests.drawn_runs import (
    Floats,
    drawn,
    evaluations,
    falling,
    found,
    healthy_loss,
    judged,
    names,
    on_test_rows,
    rate,
    scatter,
    train,
    validation,
)

LN10 = log(10)
SEEDS = range(5)


def collapsed(low: float, end: float) -> Floats:
    """Learns down to `low`, falls back to its start in the middle, and learns again to `end`."""
    first = np.linspace(2.2, low, 8)
    return np.concatenate([first, [2.1, 2.3, 2.2], np.linspace(2.1, end, 5)])


class TestWhatIsLostInTraining:
    def test_a_collapse_that_is_not_all_regained_is_divergence(self) -> None:
        diagnosis = judged(train(collapsed(0.3, 1.0)), validation(collapsed(0.35, 1.0)))
        finding = found(diagnosis, "divergence")
        assert finding.severity is Severity.WARNING
        assert "step 8" in finding.message
        assert "overtrained" not in {each.name for each in diagnosis.findings}

    def test_a_collapse_that_is_regained_is_history(self) -> None:
        assert "divergence" not in names(judged(train(collapsed(0.3, 0.32))))

    def test_a_few_values_that_climb_one_after_the_other_diverge(self) -> None:
        climbing = [1.5, 0.4, 0.7, 1.6, 1.5, 2.3, 2.0, 1.9, 2.7, 2.4, 2.5, 2.4, 3.2, 2.1, 3.2, 3.5]
        diagnosis = judged(train(climbing), validation(np.multiply(climbing, 1.5)))
        assert diagnosis.findings[0].name == "divergence"
        assert "overtrained" not in names(diagnosis)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_evaluations_show_what_the_noise_of_batches_hides(self, seed: int) -> None:
        risen = np.linspace(0.4, 8, 16) + scatter(16, 0.3, seed)
        batches = np.linspace(0.2, 4, 42) * np.random.default_rng(seed).gamma(3, 1 / 3, size=42)
        diagnosis = judged(train(batches), evaluations(train(batches), risen))
        assert diagnosis.findings[0].name in {"divergence", "loss-rises-from-start"}
        assert "overtrained" not in {each.name for each in diagnosis.findings}

    def test_validation_that_rises_alone_is_over_trained(self) -> None:
        risen = np.concatenate([falling(10, end=0.6), np.linspace(0.6, 1.5, 20)])
        diagnosis = judged(train(falling(30, end=0.05)), validation(risen))
        assert "overtrained" in names(diagnosis)
        assert "divergence" not in names(diagnosis)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_evaluations_on_a_handful_of_rows_turn_up_by_chance(self, seed: int) -> None:
        losses = np.random.default_rng(seed).gamma(4.0, 0.17, size=40)
        losses[-1] = 2.05
        loss = train(healthy_loss())
        assert "overtrained" not in names(judged(loss, evaluations(loss, losses)))


class TestAnAccuracyThatIsLost:
    LOSS = (1.2, 1.8, 2.0, 2.1, 1.6, 1.4, 1.5, 1.5, 1.4, 1.3, 1.5, 1.5, 1.6, 1.6, 1.5, 1.7)

    def test_a_loss_that_swings_above_its_start_got_worse(self) -> None:
        accuracy = np.linspace(0.65, 0.38, 16) + scatter(16, 0.02)
        diagnosis = judged(train(self.LOSS), train(accuracy, "accuracy"))
        assert diagnosis.findings[0].name == "loss-rises-from-start"

    def test_with_an_accuracy_that_holds_nobody_can_say_so(self) -> None:
        diagnosis = judged(train(self.LOSS), train(0.6 + scatter(16, 0.02), "accuracy"))
        assert "loss-rises-from-start" not in names(diagnosis)


class TestASignThatIsFlipped:
    def test_a_loss_far_below_zero_without_any_gain_in_accuracy_is_negated(self) -> None:
        loss = train(-2.3 - np.geomspace(0.01, 4000, 60))
        diagnosis = judged(loss, evaluations(loss, np.full(12, 0.07), "accuracy"))
        assert diagnosis.findings[0].name == "loss-rises-from-start"
        assert "sign" in diagnosis.findings[0].message

    def test_an_accuracy_that_comes_up_to_chance_is_no_gain(self) -> None:
        loss = train(-2.3 - np.geomspace(0.01, 4000, 60))
        accuracy = evaluations(loss, np.repeat([0.003, 0.097], 6), "accuracy")
        assert judged(loss, accuracy).findings[0].name == "loss-rises-from-start"

    def test_a_negative_loss_with_a_rising_accuracy_is_another_loss(self) -> None:
        loss = train(-2.3 - np.geomspace(0.01, 4000, 60))
        diagnosis = judged(loss, evaluations(loss, np.linspace(0.1, 0.9, 12), "accuracy"))
        assert "loss-rises-from-start" not in names(diagnosis)


class TestAMissingWarmUp:
    SWOLLEN = np.concatenate([[3.2], np.linspace(6.5, 3.0, 59), np.linspace(3.0, 2.4, 140)])

    def test_a_loss_that_jumps_up_in_the_first_steps_at_full_rate(self) -> None:
        loss = train(self.SWOLLEN + scatter(200, 0.05))
        diagnosis = judged(loss, rate(np.full(200, 0.1)))
        assert "until step" in found(diagnosis, "no-warmup").message

    def test_a_rate_that_warms_up_is_not_to_blame(self) -> None:
        warming = np.minimum(np.arange(1, 201) / 50, 1)
        loss = train(self.SWOLLEN + scatter(200, 0.05))
        assert "no-warmup" not in names(judged(loss, rate(warming)))

    def test_a_first_batch_that_is_easier_than_most_but_not_all_shows_nothing(self) -> None:
        loss = 0.6 + scatter(1000, 0.1)
        loss[0] = 0.401
        assert loss[1:100].min() < loss[0]
        assert "no-warmup" not in names(judged(train(loss), rate(np.full(1000, 0.001))))

    @pytest.mark.parametrize("seed", SEEDS)
    def test_first_values_that_scatter_do_not_jump(self, seed: int) -> None:
        loss = train(falling(200, 3.2) * np.random.default_rng(seed).gamma(6, 1 / 6, size=200))
        assert "no-warmup" not in names(judged(loss, rate(np.full(200, 0.1))))


class TestWhyNothingIsLearned:
    def test_a_rate_that_was_gone_at_once_leads(self) -> None:
        loss = train(LN10 + scatter(500, 0.03))
        diagnosis = judged(loss, rate(5e-4 * 0.9 ** np.arange(500)), classes=10)
        assert diagnosis.findings[0].name == "lr-decayed-too-early"
        assert "never left its first level" in diagnosis.findings[0].message
        assert "never-learns" in {each.finding.name for each in diagnosis.explained}

    def test_a_rate_that_falls_to_the_end_is_not_why(self) -> None:
        loss = train(LN10 + scatter(500, 0.03))
        cosine = 1e-3 * (1 + np.cos(np.linspace(0, np.pi, 500)))
        assert names(judged(loss, rate(cosine), classes=10)) == {"never-learns"}

    def test_evaluations_may_show_that_the_loss_was_still_falling(self) -> None:
        stairs = np.repeat([2e-4, 2e-7], [8, 32])
        batches = np.concatenate([np.linspace(2.25, 2.1, 8), np.full(32, 2.08)])
        loss = train(batches + scatter(40, 0.08), every=20)
        clean = np.concatenate([np.linspace(2.25, 2.1, 5), np.full(19, 2.1)])
        schedule = drawn("learning_rate", Split.UNKNOWN, stairs, every=20)
        diagnosis = judged(loss, evaluations(loss, clean + scatter(24, 0.001)), schedule)
        assert "lr-decayed-too-early" in names(diagnosis)

    def test_an_accuracy_that_rose_early_is_learning(self) -> None:
        loss = train(falling(60, LN10, 2.14) + scatter(60, 0.01))
        accuracy = evaluations(loss, 0.44 - 0.3 * falling(24, 1, 0), "accuracy")
        assert "never-learns" not in names(judged(loss, accuracy, classes=10))

    def test_an_accuracy_that_wanders_at_chance_is_none(self) -> None:
        loss = train(falling(25, 2.38, 2.302, pace=10) + scatter(25, 0.0005))
        accuracy = evaluations(loss, np.linspace(0.094, 0.107, 25), "accuracy")
        assert "never-learns" in names(judged(loss, accuracy, classes=10))

    def test_a_loss_that_creeps_towards_guessing_is_only_slow(self) -> None:
        loss = train(np.linspace(2.352, 2.334, 12))
        accuracy = train(np.linspace(0.1, 0.1075, 12), "accuracy")
        assert names(judged(loss, accuracy, classes=10)) == {"too-slow"}

    def test_a_model_that_knows_its_task_is_not_slow(self) -> None:
        loss = train(np.linspace(0.574, 0.570, 30))
        accuracy = evaluations(loss, np.linspace(0.751, 0.753, 30), "accuracy")
        assert "too-slow" not in names(judged(loss, accuracy))
        assert "too-slow" not in names(judged(train(np.linspace(0.9, 0.88, 30)), classes=4))

    def test_noise_that_hides_how_far_a_loss_came_does_not_make_it_slow(self) -> None:
        loss = train(np.linspace(4, 3.2, 75) + scatter(75, 0.5, seed=2))
        assert "too-slow" not in names(judged(loss))


class TestAHighLossWithAFairAccuracy:
    def test_a_run_that_was_stopped_early_has_not_met_the_floor(self) -> None:
        loss = train(2.05 + falling(40, 0.2, 0.0) + scatter(40, 0.005))
        accuracy = evaluations(loss, 0.65 - 0.35 * falling(20, 1, 0), "accuracy")
        diagnosis = judged(loss, accuracy, classes=10)
        assert not any("softmax" in each.message for each in diagnosis.findings)

    def test_what_two_softmaxes_leave_of_a_sure_model_is_the_floor(self) -> None:
        floor = log(1 + 9 / e)
        loss = train(falling(80, LN10, floor + 0.12, pace=20) + scatter(80, 0.005))
        accuracy = evaluations(loss, 0.88 - 0.7 * falling(20, 1, 0), "accuracy")
        assert "softmax" in found(judged(loss, accuracy, classes=10), "plateau").message

    def test_the_first_loss_tells_the_number_of_classes(self) -> None:
        loss = train(falling(80, LN10, log(1 + 9 / e) + 0.12) + scatter(80, 0.005))
        accuracy = evaluations(loss, 0.88 - 0.7 * falling(20, 1, 0), "accuracy")
        finding = found(judged(loss, accuracy), "plateau")
        assert "softmax" in finding.message
        assert "classes" in {each.name for each in finding.evidence}

    def test_evaluations_may_show_the_floor_that_batches_hide(self) -> None:
        loss = train(falling(41, LN10, 1.48) + np.abs(scatter(41, 0.05)))
        held_out = evaluations(loss, falling(20, 2.08, 1.51))
        accuracy = evaluations(loss, 0.967 - 0.4 * falling(20, 1, 0), "accuracy")
        assert "softmax" in found(judged(loss, held_out, accuracy, classes=10), "plateau").message

    def test_a_sure_model_that_over_fits_has_not_met_it(self) -> None:
        loss, held_out = train(falling(60, LN10, 0.1)), validation(falling(60, LN10, 1.6))
        accuracy = evaluations(loss, 0.7 - 0.4 * falling(20, 1, 0), "accuracy")
        diagnosis = judged(loss, held_out, accuracy, classes=10)
        assert not any("softmax" in each.message for each in diagnosis.findings)


class TestAClassifierThatStartsAboveAnyGuess:
    LOSS = 60 * falling(300, 1.2, 0.2, pace=3)

    def test_its_loss_is_off_whatever_the_number_of_classes(self) -> None:
        loss = train(self.LOSS + scatter(300, 0.1))
        accuracy = evaluations(loss, np.linspace(0.1, 0.7, 12), "accuracy")
        assert found(judged(loss, accuracy), "init-loss-off").severity is Severity.INFO

    def test_without_an_accuracy_it_may_be_any_loss(self) -> None:
        assert "init-loss-off" not in names(judged(train(self.LOSS + scatter(300, 0.1))))


class TestEvaluationsThatScatter:
    def test_a_scatter_that_is_small_for_the_level_is_steady(self) -> None:
        losses = 0.51 - np.linspace(0, 0.05, 25) + scatter(25, 0.008)
        assert "noisy-validation" not in names(judged(validation(losses)))

    def test_one_that_is_large_for_the_gain_and_the_level_is_not(self) -> None:
        losses = 0.51 - np.linspace(0, 0.15, 25) + scatter(25, 0.03)
        assert "noisy-validation" in names(judged(validation(losses)))


class TestWhatIsTooGood:
    def test_unseen_rows_known_even_better_than_rows_learned_by_heart(self) -> None:
        loss, held_out = train(falling(60, LN10, 0.002)), validation(falling(60, LN10, 0.0012))
        accuracy = train(np.linspace(0.5, 0.99, 60), "accuracy")
        assert "too-good" in names(judged(loss, held_out, accuracy))

    def test_nobody_knows_how_low_the_error_of_a_regression_can_get(self) -> None:
        loss, held_out = train(falling(60, LN10, 0.002)), validation(falling(60, LN10, 0.0012))
        assert "too-good" not in names(judged(loss, held_out))

    def test_a_gap_between_them_is_honest(self) -> None:
        loss, held_out = train(falling(60, LN10, 0.002)), validation(falling(60, LN10, 0.08))
        assert "too-good" not in names(judged(loss, held_out))


class TestTheNoiseOfTheFirstLoss:
    def test_a_start_from_far_above_is_not_excused_by_noise_at_the_bottom(self) -> None:
        levels = 0.05 + 5.5 * np.exp(-np.arange(444) / 15)
        noisy = levels * np.exp(scatter(444, 0.5) * (np.arange(444) > 40))
        assert "init-loss-off" in names(judged(train(noisy), classes=10))

    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_single_noisy_batch_at_the_start_is(self, seed: int) -> None:
        batches = falling(444, LN10, 0.4) * np.random.default_rng(seed).gamma(4, 0.25, size=444)
        assert "init-loss-off" not in names(judged(train(batches), classes=10))


class TestAccuraciesThatAreLost:
    LOST = np.array([0.68, 0.3, 0.34, 0.33, 0.32, 0.36, 0.34, 0.37, 0.35, 0.34, 0.36, 0.34])

    def test_what_the_first_epoch_reached_and_no_other_does_has_diverged(self) -> None:
        loss = train([1.59, 1.8, 1.99, 2.2, 1.8, 1.6, 1.55, 1.5, 1.47, 1.46, 1.5, 1.47])
        finding = found(judged(loss, validation(self.LOST, "accuracy")), "divergence")
        assert "0.68 to 0.35 and" in finding.message

    def test_it_may_take_some_epochs_to_be_lost(self) -> None:
        loss = train([0.94, 1.3, 1.8, 1.9, 1.85, *(2.15 + scatter(15, 0.04))])
        accuracy = validation([0.7, 0.64, 0.42, 0.4, *(0.2 + scatter(16, 0.01))], "accuracy")
        diagnosis = judged(loss, accuracy, classes=10)
        assert names(diagnosis) & {"divergence", "loss-rises-from-start"}
        assert "never-learns" not in names(diagnosis)

    def test_a_first_evaluation_that_guessed_better_than_later_ones_has_not(self) -> None:
        loss = train(2.3 + scatter(12, 0.002))
        accuracy = validation(self.LOST / 5, "accuracy")
        assert "divergence" not in names(judged(loss, accuracy, classes=10))

    def test_a_training_accuracy_that_falls_back_shows_what_noise_hides_in_the_loss(self) -> None:
        rises = [1.54, 0.44, 0.92, 1.9, 1.7, 2.5, 2.2, 2.6, 3.2, 4.9, 4.9, 3.5, 3.0, 3.5, 2.6, 2.3]
        accuracy = [0.53, 0.9, 0.93, 0.88, 0.88, 0.89, 0.9, 0.88, 0.83, 0.74, 0.75, 0.7, 0.68, 0.55]
        curves = train(rises), train([*accuracy, 0.63, 0.63], "accuracy")
        assert "`train/accuracy` falls back" in found(judged(*curves), "divergence").message


class TestLossesBeyondAllBounds:
    def test_a_loss_that_no_step_explains_exploded_before_it_was_logged(self) -> None:
        loss = train(1e29 * (1 + scatter(40, 0.3)))
        assert "exploded before" in found(judged(loss), "divergence").message

    def test_the_squared_error_of_prices_is_none(self) -> None:
        assert "divergence" not in names(judged(train(4e10 * (1 + scatter(40, 0.05)))))


class TestGapsOfOutliers:
    def test_one_bad_evaluation_at_the_end_is_no_over_fitting(self) -> None:
        loss = train(0.0115 + 0.14 * np.exp(-np.arange(40) / 3) + scatter(40, 0.001))
        evaluated = 0.0118 + 0.03 * np.exp(-np.arange(40) / 3) + scatter(40, 0.002, 1)
        evaluated[-2] = 0.04
        assert "high-variance" not in names(judged(loss, validation(evaluated)))

    def test_evaluations_that_all_lie_high_are(self) -> None:
        loss = train(0.0115 + 0.14 * np.exp(-np.arange(40) / 3) + scatter(40, 0.001))
        evaluated = 0.03 + scatter(40, 0.002, 1)
        assert "high-variance" in names(judged(loss, validation(evaluated)))


class TestWhichQuantityIsSplit:
    def test_the_one_that_was_tested_is_preferred(self) -> None:
        loss, rows = train(healthy_loss(end=0.4)), healthy_loss(end=0.45)
        run = judged(
            loss,
            validation(rows),
            train(1 - 0.4 * rows, "accuracy"),
            validation(1 - 0.4 * rows, "accuracy"),
            on_test_rows(3.3),
        )
        assert "test-gap" in names(run)


class TestEvaluationsThatGetWorse:
    CALM = 0.7 + 0.9 * np.exp(-2.0 * np.arange(24))
    WORSE = 0.5 + np.abs(np.arange(24) - 3) * 0.25

    def test_while_training_gets_nowhere_the_weights_are_to_blame(self) -> None:
        diagnosis = judged(train(self.CALM + scatter(24, 0.03)), validation(self.WORSE))
        assert diagnosis.findings[0].name == "divergence"
        assert "overtrained" not in names(diagnosis)

    def test_while_training_gets_better_they_are_over_fitted(self) -> None:
        diagnosis = judged(train(1.6 * np.exp(-np.arange(24) / 8)), validation(self.WORSE))
        assert names(diagnosis) & {"overtrained", "high-variance"}
        assert "divergence" not in names(diagnosis)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_few_rows_that_are_drawn_anew_show_neither(self, seed: int) -> None:
        drawn_anew = np.random.default_rng(seed).gamma(4, 0.2, size=30)
        diagnosis = judged(train(0.7 + 0.5 * np.exp(-np.arange(30) / 2)), validation(drawn_anew))
        assert not names(diagnosis) & {"divergence", "overtrained"}
