"""What is said about a run, and what is not: each diagnosis with its look-alikes."""

from dataclasses import replace
from math import e, log

import numpy as np
import pytest

from advisor.findings import CurveSpan, Severity
from advisor.runs.diagnosis import diagnose
from advisor.runs.run import Kind, Note, Split
from advisor.runs.user_facts import Targets, UserFacts
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
    run_of,
    scatter,
    train,
    validation,
)

LN10 = log(10)
SEEDS = range(5)


def warned(*args: object, **facts: object) -> set[str]:
    diagnosis = judged(*args, **facts)  # type: ignore[arg-type]
    return {each.name for each in diagnosis.findings if each.severity is not Severity.INFO}


class TestHealthyRuns:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_settled_run_with_a_small_gap_is_not_accused(self, seed: int) -> None:
        loss = train(healthy_loss(noise=0.1, seed=seed))
        held_out = evaluations(loss, falling(20, end=0.55) + scatter(20, 0.01, seed))
        assert warned(loss, held_out, classes=10) == set()

    @pytest.mark.parametrize("seed", SEEDS)
    def test_warm_restarts_are_not_accused(self, seed: int) -> None:
        cycle = np.tile(np.linspace(0.25, 0, 150), 4)
        loss = train(healthy_loss(noise=0.05, seed=seed) + cycle * (np.arange(600) > 150))
        assert warned(loss, classes=10) == set()

    def test_a_negative_log_likelihood_may_fall_below_zero(self) -> None:
        loss = train(healthy_loss(start=1.0, end=-1.5))
        held_out = evaluations(loss, falling(20, start=1.0, end=-1.45))
        assert warned(loss, held_out) == set()

    @pytest.mark.parametrize("seed", SEEDS)
    def test_ten_epochs_are_enough_and_not_accused(self, seed: int) -> None:
        loss = train(falling(10, pace=8) + scatter(10, 0.01, seed))
        held_out = validation(falling(10, pace=8, end=0.52) + scatter(10, 0.01, seed + 50))
        assert warned(loss, held_out, classes=10) == set()


class TestInitialLoss:
    def test_a_start_far_above_guessing_is_off(self) -> None:
        diagnosis = judged(train(healthy_loss(start=15.0)), classes=10)
        finding = found(diagnosis, "init-loss-off")
        assert finding.severity is Severity.ERROR
        assert {each.name: each.value for each in finding.evidence}["ln 10"] == pytest.approx(LN10)

    def test_a_start_at_guessing_is_right(self) -> None:
        assert "init-loss-off" not in names(judged(train(healthy_loss(start=LN10)), classes=10))

    def test_without_a_number_of_classes_it_is_not_judged(self) -> None:
        diagnosis = judged(train(healthy_loss(start=15.0, end=4.0)))
        assert "init-loss-off" not in names(diagnosis)
        assert any("classes" in each.why for each in diagnosis.not_judged)

    def test_a_recorded_number_is_used_if_the_loss_looks_like_it(self) -> None:
        run = run_of(train(healthy_loss(start=15.0, pace=40)), hyperparameters={"num_classes": 10})
        assert "init-loss-off" in names(diagnose(run))

    def test_a_recorded_number_of_something_else_is_not_used(self) -> None:
        run = run_of(train(healthy_loss(start=21, end=9, pace=3)), hyperparameters={"classes": 10})
        assert "init-loss-off" not in names(diagnose(run))

    def test_a_trained_model_starts_low_which_is_mere_information(self) -> None:
        finding = found(
            judged(train(healthy_loss(start=0.3, end=0.2)), classes=10), "init-loss-off"
        )
        assert finding.severity is Severity.INFO

    def test_a_low_value_after_some_updates_may_have_been_reached_by_them(self) -> None:
        loss = train(healthy_loss(start=0.3, end=0.2))
        later = replace(loss, steps=loss.steps + 5)
        assert "init-loss-off" in names(judged(loss, classes=10))
        assert "init-loss-off" not in names(judged(later, classes=10))

    @pytest.mark.parametrize(
        ("targets", "is_off"),
        [
            (Targets(60, 15), True),
            (Targets(60, 62), False),
            (Targets(0, 62, "absolute"), True),
            (Targets(0, 4793.0, "absolute"), False),
            (None, False),
        ],
    )
    def test_a_regression_should_start_at_the_variance_of_its_targets(
        self, targets: Targets | None, is_off: bool
    ) -> None:
        loss = train(healthy_loss(start=3825.0, end=20.0, noise=5.0))
        diagnosis = diagnose(run_of(loss), UserFacts(targets=targets))
        assert ("init-loss-off" in names(diagnosis)) is is_off
        if is_off:
            finding = found(diagnosis, "init-loss-off")
            assert "that always saying the mean of the targets costs" in finding.message
            assert finding.causes[0].startswith("output bias")


class TestHockeyStick:
    def test_unscaled_targets_make_one(self) -> None:
        finding = found(judged(train(healthy_loss(start=2500, end=20, pace=60))), "hockey-stick")
        assert isinstance(finding.place, CurveSpan)
        assert finding.place.last_step is not None
        assert finding.place.last_step < 90

    def test_a_steep_start_from_guessing_is_honest_learning(self) -> None:
        steep = healthy_loss(start=LN10, end=0.05, pace=80)
        assert "hockey-stick" not in names(judged(train(steep)))
        assert "hockey-stick" not in names(judged(train(steep), classes=10))

    def test_a_slow_fall_from_high_is_none(self) -> None:
        slow = np.linspace(2500, 20, 600) + scatter(600, 5)
        assert "hockey-stick" not in names(judged(train(slow)))

    def test_it_is_explained_by_a_wrong_initialisation(self) -> None:
        diagnosis = judged(train(healthy_loss(start=60, end=2.0, pace=80)), classes=10)
        assert diagnosis.findings[0].name == "init-loss-off"
        assert "hockey-stick" in {each.finding.name for each in diagnosis.explained}


class TestRareClasses:
    """One example in 100 is positive, so a constant guess is right 99 times and costs 0.056."""

    LOSS = falling(600, start=0.693, end=0.045, pace=60.0)

    def judged(self, accuracy: Floats, classes: int | None = 2) -> set[str]:
        loss = train(self.LOSS + scatter(600, 0.005))
        evaluations_of_it = (
            validation(self.LOSS[::15], every=15),
            validation(accuracy, "accuracy", every=15),
        )
        return names(judged(loss, *evaluations_of_it, classes=classes))

    def test_an_accuracy_that_never_changes_is_that_of_the_commonest_class(self) -> None:
        assert "hockey-stick" in self.judged(np.full(40, 0.99))

    def test_an_accuracy_that_rises_with_the_falling_loss_is_learned(self) -> None:
        assert "hockey-stick" not in self.judged(0.99 - falling(40, start=0.4, end=0.0))

    def test_an_accuracy_that_stays_after_it_has_risen_is_learned(self) -> None:
        accuracy = np.full(40, 0.99)
        accuracy[0] = 0.6
        assert "hockey-stick" not in self.judged(accuracy)

    def test_a_few_rows_that_are_guessed_otherwise_at_first_change_nothing(self) -> None:
        accuracy = np.full(40, 0.99)
        accuracy[0] = 0.986
        assert "hockey-stick" in self.judged(accuracy)

    def test_a_perfect_accuracy_says_nothing_about_frequencies(self) -> None:
        assert "hockey-stick" not in self.judged(np.ones(40))

    def test_the_number_of_classes_must_be_known(self) -> None:
        assert "hockey-stick" not in self.judged(np.full(40, 0.99), classes=None)


class TestNeverLearns:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_loss_at_ln_c_never_learns(self, seed: int) -> None:
        diagnosis = judged(train(LN10 + scatter(300, 0.03, seed)), classes=10)
        assert diagnosis.findings[0].name == "never-learns"
        assert diagnosis.findings[0].severity is Severity.ERROR

    def test_the_number_of_classes_is_seen_in_loss_and_accuracy(self) -> None:
        loss = train(log(4) + scatter(300, 0.01))
        accuracy = evaluations(loss, 0.25 + scatter(12, 0.005), "accuracy")
        finding = found(judged(loss, accuracy), "never-learns")
        origin = next(each for each in finding.evidence if each.name == "number of classes")
        assert "1/4" in origin.text

    def test_a_fall_to_ln_c_is_not_learning_either(self) -> None:
        loss = train(healthy_loss(start=9.0, end=LN10, pace=60))
        assert "never-learns" in names(judged(loss, classes=10))

    def test_a_rate_of_zero_is_named(self) -> None:
        diagnosis = judged(train(LN10 + scatter(300, 0.03)), rate(np.zeros(300)), classes=10)
        evidence = found(diagnosis, "never-learns").evidence
        assert any(each.name == "learning rate" and each.value == 0 for each in evidence)

    def test_fine_tuning_a_model_that_knows_is_not_accused(self) -> None:
        loss = train(0.65 + scatter(300, 0.05))
        accuracy = evaluations(loss, 0.8 + scatter(10, 0.005), "accuracy")
        assert warned(loss, accuracy) == set()

    def test_learning_that_only_another_curve_shows_is_learning(self) -> None:
        loss = train(0.6 + scatter(150, 0.3))
        score = drawn("accuracy", Split.TRAIN, np.linspace(0.2, 0.5, 10), every=15)
        assert "never-learns" not in names(judged(loss, score))

    def test_a_loss_that_creeps_is_too_slow(self) -> None:
        creeping = np.linspace(3.0, 2.97, 400) + scatter(400, 0.002)
        assert "too-slow" in warned(train(creeping))
        assert "never-learns" not in names(judged(train(creeping)))

    def test_a_short_stop_with_a_rising_accuracy_is_not_accused(self) -> None:
        loss = train(np.linspace(2.3, 2.08, 190) + scatter(190, 0.02))
        accuracy = evaluations(loss, [0.25, 0.35], "accuracy")
        assert "never-learns" not in names(judged(loss, accuracy, classes=10))


class TestPlateau:
    def test_a_flat_end_above_the_goal_is_a_warning(self) -> None:
        loss = train(healthy_loss(end=0.5))
        finding = found(judged(loss, goals={"loss": 0.1}), "plateau")
        assert finding.severity is Severity.WARNING

    def test_a_goal_that_is_met_is_no_plateau(self) -> None:
        assert "plateau" not in names(judged(train(healthy_loss(end=0.09)), goals={"loss": 0.1}))

    def test_a_return_that_stops_growing_is_not_blamed_on_labels(self) -> None:
        rising = 3 - 2.8 * np.exp(-np.arange(200) / 20) + scatter(200, 0.02)
        finding = found(judged(train(rising, "return"), kind=Kind.REINFORCEMENT), "plateau")
        assert "exploration" in " ".join(finding.causes)
        assert "labels" not in " ".join(finding.causes)

    def test_without_a_goal_it_is_information(self) -> None:
        assert found(judged(train(healthy_loss())), "plateau").severity is Severity.INFO

    def test_a_softmax_taken_twice_has_a_floor(self) -> None:
        floor = log(1 + 9 / e)
        loss = train(healthy_loss(start=LN10, end=floor + 0.15))
        accuracy = drawn("accuracy", Split.TRAIN, 0.1 + 0.8 * (1 - falling(30, 1, 0)), every=20)
        finding = found(judged(loss, accuracy, classes=10), "plateau")
        assert finding.severity is Severity.WARNING
        assert "NN201" in " ".join(finding.causes)

    def test_a_loss_that_is_on_its_way_down_has_no_floor_yet(self) -> None:
        loss = train(np.linspace(LN10, 1.51, 120) + scatter(120, 0.03))
        accuracy = drawn("accuracy", Split.TRAIN, np.linspace(0.1, 0.7, 12), every=10)
        assert "plateau" not in names(judged(loss, accuracy, classes=10))

    def test_a_loss_that_falls_by_factors_is_not_flat(self) -> None:
        assert "plateau" not in names(judged(train(2.3 * np.exp(-np.arange(600) / 80))))

    def test_two_classes_have_no_such_contradiction(self) -> None:
        loss = train(healthy_loss(start=log(2), end=0.36))
        accuracy = drawn("accuracy", Split.TRAIN, 0.5 + 0.35 * (1 - falling(30, 1, 0)), every=20)
        assert warned(loss, accuracy, classes=2) == set()


class TestGoingUp:
    def test_a_rise_after_a_fall_is_divergence(self) -> None:
        loss = np.concatenate([healthy_loss(400), np.linspace(0.5, 3, 200) + scatter(200, 0.05)])
        diagnosis = judged(train(loss), rate(np.full(600, 0.1)))
        assert diagnosis.findings[0].name == "divergence"
        evidence = {each.name: each.value for each in diagnosis.findings[0].evidence}
        assert evidence["learning rate then"] == 0.1
        assert evidence["final level"] == pytest.approx(2.62, abs=0.15)

    def test_it_explains_the_gap(self) -> None:
        loss = train(np.concatenate([healthy_loss(400), np.linspace(0.5, 3, 200)]))
        held_out = evaluations(loss, np.concatenate([falling(20), np.linspace(0.5, 8, 10)]))
        diagnosis = judged(loss, held_out)
        assert [each.name for each in diagnosis.findings[:1]] == ["divergence"]
        assert not {"high-variance", "overtrained"} & {each.name for each in diagnosis.findings}

    def test_a_rise_from_the_start_is_its_own_diagnosis(self) -> None:
        diagnosis = judged(train(np.linspace(2.3, 4, 300) + scatter(300, 0.03)), classes=10)
        assert diagnosis.findings[0].name == "loss-rises-from-start"

    def test_a_loss_that_starts_at_minus_ln_c_is_flipped(self) -> None:
        diagnosis = judged(train(np.linspace(-LN10, -9, 300) + scatter(300, 0.03)), classes=10)
        assert diagnosis.findings[0].name == "loss-rises-from-start"
        assert "flipped" in diagnosis.findings[0].message

    def test_an_accuracy_that_falls_with_the_loss_gives_the_sign_away(self) -> None:
        loss = train(np.linspace(-2, -9, 300) + scatter(300, 0.03))
        accuracy = evaluations(loss, np.linspace(0.12, 0.02, 12), "accuracy")
        assert "loss-rises-from-start" in names(judged(loss, accuracy))

    def test_nan_leads_and_explains_what_rose_before_it(self) -> None:
        loss = healthy_loss(200)
        loss[150:] = np.nan
        loss[149] = 50.0
        diagnosis = judged(train(loss), classes=10)
        assert diagnosis.findings[0].name == "non-finite"
        assert "divergence" in {each.finding.name for each in diagnosis.explained}
        assert isinstance(diagnosis.findings[0].place, CurveSpan)
        assert diagnosis.findings[0].place.first_step == 150

    def test_one_lost_value_is_a_warning(self) -> None:
        loss = healthy_loss(200)
        loss[100] = np.nan
        assert found(judged(train(loss)), "non-finite").severity is Severity.WARNING

    def test_nan_in_a_metric_is_not_in_the_loss(self) -> None:
        score = drawn("accuracy", Split.VALIDATION, [np.nan] * 10)
        assert "non-finite" not in names(judged(train(healthy_loss()), score))


class TestSpikesAndSwings:
    def test_a_few_spikes_that_recover_are_information(self) -> None:
        loss = healthy_loss()
        loss[[200, 400]] = 8.0
        assert found(judged(train(loss)), "spikes").severity is Severity.INFO

    def test_many_at_equal_distances_are_a_warning_that_says_so(self) -> None:
        loss = healthy_loss()
        loss[60::60] = 8.0
        finding = found(judged(train(loss)), "spikes")
        assert finding.severity is Severity.WARNING
        assert "every 60 steps" in finding.message

    def test_swings_to_the_end_are_an_oscillation(self) -> None:
        swings = 0.6 * np.sin(np.arange(600) / 12)
        assert "oscillation" in warned(train(healthy_loss() + swings))

    def test_batches_that_differ_are_none_when_evaluations_are_smooth(self) -> None:
        loss = train(healthy_loss(30, noise=0.3))
        held_out = validation(falling(30))
        assert "oscillation" not in warned(loss, held_out)

    def test_noise_that_hides_everything_is_told_as_information(self) -> None:
        finding = found(judged(train(np.abs(0.5 + scatter(200, 0.25)))), "oscillation")
        assert finding.severity is Severity.INFO

    def test_a_fixed_order_of_the_data_makes_a_sawtooth(self) -> None:
        tooth = np.tile(np.linspace(-0.3, 0.3, 30), 20)
        loss = train(healthy_loss() + tooth)
        held_out = validation(falling(20), every=30)
        diagnosis = judged(loss, held_out)
        assert "sawtooth" in warned(loss, held_out)
        assert "oscillation" not in {each.name for each in diagnosis.findings}

    def test_shuffled_data_does_not(self) -> None:
        loss = train(healthy_loss(noise=0.2))
        assert "sawtooth" not in names(judged(loss, validation(falling(20), every=30)))


class TestSwingsFromStepToStep:
    """Swings shorter than a block of values: seen where both sets of rows show them at once."""

    @staticmethod
    def run(together: bool) -> set[str]:
        swings = scatter(300, 0.35, 1)
        loss = train(falling(300, start=1.5, end=1.0) + swings)
        own = swings if together else scatter(300, 0.35, 2)
        held_out = validation((falling(300, start=1.5, end=1.0) + own)[::4], every=4)
        return names(judged(loss, held_out))

    def test_what_training_and_validation_share_is_the_model(self) -> None:
        assert "oscillation" in self.run(together=True)

    def test_what_they_do_not_share_is_their_batches(self) -> None:
        assert "oscillation" not in self.run(together=False)


class TestTracking:
    def test_a_run_without_settings_is_told_so_as_information(self) -> None:
        diagnosis = diagnose(run_of(train(healthy_loss())))
        assert found(diagnosis, "untracked").severity is Severity.INFO

    def test_a_run_with_settings_is_not(self) -> None:
        settings: dict[str, object] = {"lr": 0.1, "random_seed": 7}
        diagnosis = diagnose(run_of(train(healthy_loss()), hyperparameters=settings))
        assert "untracked" not in {each.name for each in diagnosis.findings}

    def test_settings_without_a_seed_repeat_a_run_only_nearly(self) -> None:
        diagnosis = diagnose(run_of(train(healthy_loss()), hyperparameters={"lr": 0.1}))
        finding = found(diagnosis, "untracked")
        assert finding.severity is Severity.INFO
        assert "no seed" in finding.message


class TestStillImproving:
    def test_a_fall_to_the_last_step_is_worth_going_on(self) -> None:
        diagnosis = judged(train(np.linspace(2.3, 1.0, 400) + scatter(400, 0.02)))
        finding = found(diagnosis, "still-improving")
        assert finding.severity is Severity.WARNING
        assert any(each.name == "projected gain" for each in finding.evidence)
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.move.name == "train-longer"

    def test_a_settled_run_is_not(self) -> None:
        assert "still-improving" not in names(judged(train(healthy_loss())))

    def test_validation_decides(self) -> None:
        loss = train(np.linspace(2.3, 1.0, 400) + scatter(400, 0.02))
        held_out = evaluations(loss, np.full(20, 2.2) + scatter(20, 0.01))
        assert "still-improving" not in names(judged(loss, held_out))

    def test_a_schedule_that_has_run_out_decides_too(self) -> None:
        loss = train(np.linspace(2.3, 1.0, 400) + scatter(400, 0.02))
        ended = rate(np.linspace(1e-3, 0, 400))
        assert "still-improving" not in names(judged(loss, ended))


class TestGeneralisation:
    def test_a_gap_that_opened_while_validation_stood_still(self) -> None:
        loss = train(healthy_loss(end=0.2))
        held_out = evaluations(loss, falling(20, end=0.9) + scatter(20, 0.01))
        diagnosis = judged(loss, held_out)
        assert diagnosis.findings[0].name == "high-variance"
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.step.value == "regularize"
        assert [move.name for move in diagnosis.next_step.moves][:3] == [
            "more-data",
            "normalisation",
            "augmentation",
        ]

    def test_validation_that_turns_up_was_trained_too_long(self) -> None:
        curve = np.concatenate([falling(10, pace=8), np.linspace(0.5, 0.9, 15)])
        finding = found(judged(validation(curve + scatter(25, 0.01))), "overtrained")
        evidence = {each.name: each.value for each in finding.evidence}
        assert 8 <= (evidence["best step"] or 0) <= 12

    def test_an_accuracy_that_holds_means_over_confidence(self) -> None:
        curve = np.concatenate([falling(10, pace=8), np.linspace(0.5, 0.9, 15)])
        accuracy = validation(0.1 + 0.8 * (1 - falling(25, 1, 0)), "accuracy")
        finding = found(judged(validation(curve), accuracy), "overtrained")
        assert "over-confident" in finding.message

    @pytest.mark.parametrize("seed", range(20))
    def test_noise_after_the_minimum_was_not(self, seed: int) -> None:
        flat = validation(falling(20) + scatter(20, 0.02, seed))
        assert "overtrained" not in names(judged(flat))

    def test_a_test_set_far_from_validation(self) -> None:
        curves = train(healthy_loss()), validation(falling(20, end=0.55)), on_test_rows(1.4)
        finding = found(judged(*curves), "test-gap")
        assert "no longer tells" in finding.message

    def test_an_accuracy_is_told_as_an_accuracy(self) -> None:
        curves = (
            train(1 - falling(end=0.0) / 3, "accuracy"),
            validation(1 - falling(20, end=0.09) / 3, "accuracy"),
        )
        message = found(judged(*curves, on_test_rows(0.81, "accuracy")), "test-gap").message
        assert message.startswith("`test/accuracy` of 81 % is far below `validation/accuracy` at")

    def test_a_test_set_far_better_cannot_be_alike(self) -> None:
        curves = train(healthy_loss()), validation(falling(20, end=0.55)), on_test_rows(0.2)
        assert "same distribution" in found(judged(*curves), "test-gap").message

    def test_a_test_set_close_to_validation_is_fine(self) -> None:
        curves = train(healthy_loss()), validation(falling(20, end=0.55)), on_test_rows(0.6)
        assert "test-gap" not in names(judged(*curves))

    def test_validation_better_than_training_is_information(self) -> None:
        loss = train(healthy_loss(end=0.8))
        held_out = evaluations(loss, falling(20, end=0.5))
        assert found(judged(loss, held_out), "val-better-than-train").severity is Severity.INFO

    def test_the_lag_of_an_epoch_mean_is_not_better_validation(self) -> None:
        at_end = falling(21, pace=3)
        means = drawn("loss", Split.TRAIN, (at_end[:-1] + at_end[1:]) / 2, per_epoch=True)
        assert "val-better-than-train" not in names(judged(means, validation(at_end[1:])))

    def test_validation_that_follows_to_the_bottom_is_too_good(self) -> None:
        loss = train(falling(600, end=0.002))
        held_out = evaluations(loss, falling(20, end=0.0022))
        assert found(judged(loss, held_out, classes=10), "too-good").severity is Severity.INFO

    def test_a_wrong_start_does_not_make_it_so(self) -> None:
        loss = train(healthy_loss(start=15, end=0.25, noise=0.01))
        held_out = evaluations(loss, falling(20, start=1.1, end=0.3))
        assert "too-good" not in names(judged(loss, held_out, classes=10))

    def test_shift_is_told_from_over_fitting_by_a_train_validation_set(self) -> None:
        curves = (
            train(healthy_loss(end=0.15)),
            drawn("loss", Split.TRAIN_VALIDATION, falling(20, end=0.2)),
            validation(falling(20, end=0.5)),
        )
        diagnosis = judged(*curves, goals={"loss": 0.25})
        assert diagnosis.findings[0].name == "test-gap"
        assert "shifted" in diagnosis.findings[0].message
        assert "high-variance" not in names(diagnosis)

    def test_skewed_losses_of_small_batches_are_averaged_first(self) -> None:
        rng = np.random.default_rng(0)
        loss = train(falling(900, end=0.0) + rng.exponential(0.2, size=900))
        held_out = evaluations(loss, falling(20, end=0.0) + 0.2)
        assert warned(loss, held_out) == set()

    def test_evaluations_that_scatter_cannot_tell_models_apart(self) -> None:
        loss = train(healthy_loss())
        held_out = evaluations(loss, falling(60, end=0.6) + scatter(60, 0.5))
        assert "noisy-validation" in names(judged(loss, held_out))

    def test_steps_that_count_other_things_are_aligned_by_time(self) -> None:
        loss = train(healthy_loss(2000, end=0.2))
        times = loss.wall_times[99::100]
        held_out = drawn("loss", Split.VALIDATION, falling(20, end=0.9), wall_times=times)
        assert "high-variance" in names(judged(loss, held_out))


class TestSchedule:
    @staticmethod
    def stalled() -> Floats:
        fall = np.linspace(2.3, 1.6, 60)
        return np.concatenate([fall, np.full(540, 1.6)]) + scatter(600, 0.02)

    def test_a_rate_that_vanished_while_the_loss_fell(self) -> None:
        gone = rate(np.concatenate([np.full(60, 1e-3), np.full(540, 1e-7)]))
        diagnosis = judged(train(self.stalled()), gone)
        assert diagnosis.findings[0].name == "lr-decayed-too-early"
        assert "plateau" in {each.finding.name for each in diagnosis.explained}
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.move.name == "constant-learning-rate"

    def test_a_constant_rate_that_cannot_settle(self) -> None:
        loss = train(healthy_loss(end=0.1, pace=30))
        held_out = evaluations(loss, falling(40, end=0.1, pace=30) + scatter(40, 0.03))
        diagnosis = judged(loss, held_out, rate(np.full(600, 1e-2)))
        assert found(diagnosis, "lr-never-decayed").severity is Severity.INFO
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.move.name == "decay-at-the-end"

    def test_a_rate_that_decays_has_settled(self) -> None:
        loss = train(healthy_loss(end=0.1, pace=30))
        held_out = evaluations(loss, falling(40, end=0.1, pace=30) + scatter(40, 0.03))
        decayed = rate(np.linspace(1e-2, 1e-4, 600))
        assert "lr-never-decayed" not in names(judged(loss, held_out, decayed))

    def test_a_decay_to_zero_at_the_end_is_a_schedule(self) -> None:
        decay = rate(np.linspace(1e-3, 0, 600))
        assert "lr-decayed-too-early" not in names(judged(train(healthy_loss()), decay))

    def test_a_loss_that_had_settled_lost_nothing(self) -> None:
        gone = rate(np.concatenate([np.full(280, 1e-3), np.full(320, 1e-7)]))
        settled = healthy_loss(pace=60)
        assert "lr-decayed-too-early" not in names(judged(train(settled), gone))


class TestLogging:
    def test_five_points_are_too_few(self) -> None:
        diagnosis = judged(train([0.9, 0.5, 0.4, 0.3, 0.25]), validation([0.9, 0.8, 0.8, 0.8, 0.8]))
        assert names(diagnosis) == {"too-short"}
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.name == "too-short"

    def test_what_is_missing_is_said_with_its_consequence(self) -> None:
        finding = found(judged(train(healthy_loss())), "missing-curve")
        assert "no validation curve, so over-fitting cannot be seen" in finding.message
        assert finding.severity is Severity.INFO

    def test_overlapping_writers_are_handed_on_from_the_reader(self) -> None:
        note = Note("Two files overlap from step 3 on.", "NR403")
        diagnosis = diagnose(run_of(train(healthy_loss()), notes=[note]))
        assert found(diagnosis, "overlapping-writers").message == "two files overlap from step 3 on"


class TestKinds:
    def test_something_that_is_no_run_gets_that_answer_only(self) -> None:
        diagnosis = judged(train(healthy_loss()), kind=Kind.NOT_A_RUN)
        assert diagnosis.findings == ()
        assert diagnosis.next_step is None
        assert len(diagnosis.not_judged) == 1

    def test_losses_of_adversarial_training_are_left_alone(self) -> None:
        rising = train(np.linspace(0.7, 3, 400) + scatter(400, 0.1))
        assert names(judged(rising, kind=Kind.ADVERSARIAL)) == set()

    def test_reinforcement_learning_is_judged_by_its_return(self) -> None:
        value_loss = train(np.linspace(1, 9, 400) + scatter(400, 0.1))
        returns = drawn("return", Split.UNKNOWN, 200 - falling(400, 180, 0) + scatter(400, 3))
        assert warned(value_loss, returns, kind=Kind.REINFORCEMENT) == set()

    def test_a_return_that_collapses_diverges(self) -> None:
        up, down = 200 - falling(300, 180, 0), np.linspace(200, 30, 100)
        returns = drawn("return", Split.UNKNOWN, np.concatenate([up, down]) + scatter(400, 3))
        diagnosis = judged(returns, kind=Kind.REINFORCEMENT)
        assert diagnosis.findings[0].name == "divergence"
        assert "falls back from 200" in diagnosis.findings[0].message

    def test_a_flat_return_never_learns(self) -> None:
        returns = drawn("return", Split.UNKNOWN, 32 + scatter(100, 1.0))
        diagnosis = judged(returns, kind=Kind.REINFORCEMENT)
        assert diagnosis.findings[0].name == "never-learns"
        assert diagnosis.next_step is not None
        assert diagnosis.next_step.name == "return-stuck"
