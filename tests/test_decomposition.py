"""Where the error comes from: the table of seed 002."""

import numpy as np
import pytest

from advisor.runs.decomposition import Decomposition, ErrorSource, decompose
from advisor.runs.not_judged import NotJudged
from advisor.runs.run import Curve, Split
from advisor.runs.thresholds import Thresholds
from advisor.runs.user_facts import UserFacts
from tests.drawn_runs import drawn, on_test_rows, run_of, scatter, train, validation


def table(*curves: Curve, **goals: float) -> Decomposition:
    result = decompose(run_of(*curves), UserFacts(goals), Thresholds())
    assert isinstance(result, Decomposition)
    return result


def settling_at(level: float, count: int = 40) -> np.ndarray:
    return level + (60 - level) * np.exp(-np.arange(count) / 3) + scatter(count, 0.05)


def lecture(unit: float = 1.0) -> list[Curve]:
    """Goal 1 %, training 20 %, validation 27 %, test 28 % error."""
    return [
        train(settling_at(20) * unit, "error"),
        validation(settling_at(27) * unit, "error"),
        on_test_rows(28 * unit, "error"),
    ]


def values(found: Decomposition) -> dict[ErrorSource, float]:
    return {term.source: term.value for term in found.terms}


@pytest.mark.parametrize(("unit", "goal"), [(1.0, 1.0), (0.01, 0.01)], ids=["percent", "fraction"])
def test_the_table_of_the_lecture(unit: float, goal: float) -> None:
    found = table(*lecture(unit), error=goal)
    assert found.unit == "%"
    assert values(found) == {
        ErrorSource.UNDER_FITTING: pytest.approx(19, abs=0.2),
        ErrorSource.OVER_FITTING: pytest.approx(7, abs=0.2),
        ErrorSource.VALIDATION_OVER_FITTING: pytest.approx(1, abs=0.2),
    }
    assert found.leading is not None
    assert found.leading.source is ErrorSource.UNDER_FITTING


@pytest.mark.parametrize(
    ("training", "held_out", "first"),
    [
        (20, 27, ErrorSource.UNDER_FITTING),
        (7, 19, ErrorSource.UNDER_FITTING),
        (3, 10, ErrorSource.UNDER_FITTING),
        (0.8, 12, ErrorSource.OVER_FITTING),
        (1.5, 5, ErrorSource.OVER_FITTING),
        (1.7, 4, ErrorSource.OVER_FITTING),
        (0.8, 2.5, ErrorSource.OVER_FITTING),
        (0.6, 0.9, None),
    ],
)
def test_the_columns_of_the_lecture_are_worked_on_in_its_order(
    training: float, held_out: float, first: ErrorSource | None
) -> None:
    falling = np.exp(-np.arange(40) / 3)
    found = table(
        train(training + 40 * falling, "error"),
        validation(held_out + 40 * falling, "error"),
        error=1.0,
    )
    assert (found.leading.source if found.leading else None) is first


def test_the_last_percent_looks_good() -> None:
    term = table(*lecture(), error=1.0).term(ErrorSource.VALIDATION_OVER_FITTING)
    assert term is not None
    assert not term.matters


@pytest.mark.parametrize("goal", [0.99, 99.0])
def test_accuracies_become_errors(goal: float) -> None:
    found = table(
        train(1 - settling_at(20) / 100, "accuracy"),
        validation(1 - settling_at(27) / 100, "accuracy"),
        accuracy=goal,
    )
    assert values(found)[ErrorSource.UNDER_FITTING] == pytest.approx(19, abs=0.2)
    assert values(found)[ErrorSource.OVER_FITTING] == pytest.approx(7, abs=0.2)


def test_a_goal_for_the_error_is_met_with_a_logged_accuracy() -> None:
    found = table(train(1 - settling_at(20) / 100, "accuracy"), error=0.01)
    assert values(found)[ErrorSource.UNDER_FITTING] == pytest.approx(19, abs=0.2)


def test_a_loss_keeps_its_unit() -> None:
    found = table(train(settling_at(2)), validation(settling_at(3)), loss=1.0)
    assert found.unit == ""
    assert values(found)[ErrorSource.OVER_FITTING] == pytest.approx(1, abs=0.1)


def test_a_train_validation_set_tells_shift_from_over_fitting() -> None:
    found = table(
        train(settling_at(5), "error"),
        drawn("error", Split.TRAIN_VALIDATION, settling_at(5.4)),
        validation(settling_at(15), "error"),
        error=5.0,
    )
    assert values(found)[ErrorSource.OVER_FITTING] == pytest.approx(0.4, abs=0.2)
    assert values(found)[ErrorSource.DISTRIBUTION_SHIFT] == pytest.approx(9.6, abs=0.2)
    assert found.leading is not None
    assert found.leading.source is ErrorSource.DISTRIBUTION_SHIFT


def test_what_people_reach_stands_in_for_a_goal() -> None:
    run = run_of(train(1 - settling_at(20) / 100, "accuracy"))
    found = decompose(run, UserFacts(human={"accuracy": 0.97}), Thresholds())
    assert isinstance(found, Decomposition)
    assert values(found)[ErrorSource.UNDER_FITTING] == pytest.approx(17, abs=0.2)


def test_a_difference_within_the_noise_does_not_matter() -> None:
    noisy = 20 + scatter(40, 4.0)
    found = table(train(noisy, "error"), validation(noisy + 0.5, "error"), error=19.5)
    assert found.leading is None


def test_a_sum_is_not_compared_with_a_mean() -> None:
    run = run_of(train(settling_at(2)), validation(settling_at(2) * 64))
    result = decompose(run, UserFacts({"loss": 1.0}), Thresholds())
    assert isinstance(result, NotJudged)
    assert "scales" in result.why


def test_curves_that_drift_apart_later_are_compared() -> None:
    train_loss = 4 * np.exp(-np.arange(40) / 5) + 0.01
    found = table(train(train_loss), validation(np.full(40, 4.0)), loss=0.1)
    assert values(found)[ErrorSource.OVER_FITTING] > 3.9


def test_a_goal_for_something_that_was_not_logged_is_told() -> None:
    result = decompose(run_of(train(settling_at(2))), UserFacts({"f1": 0.9}), Thresholds())
    assert isinstance(result, NotJudged)
    assert "`f1`" in result.why
