"""Steps that repeat and go back become steps that increase."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.runs.timeline import Points, Repairs, in_order, notes_on


def points(steps: list[int], values: list[float] | None = None) -> Points:
    numbers = np.arange(len(steps), dtype=np.float64)
    return Points(
        np.array(steps, dtype=np.int64),
        numbers if values is None else np.array(values, dtype=np.float64),
        numbers,
    )


def ordered(
    steps: list[int], values: list[float] | None = None
) -> tuple[dict[int, float], Repairs]:
    result, repairs = in_order(points(steps, values))
    return dict(zip(result.steps.tolist(), result.values.tolist(), strict=True)), repairs


def test_increasing_steps_are_left_alone() -> None:
    found, repairs = ordered([0, 5, 7])
    assert found == {0: 0.0, 5: 1.0, 7: 2.0}
    assert not repairs
    assert not list(notes_on(repairs))


def test_a_restart_from_a_checkpoint_replaces_what_it_repeats_and_all_after_it() -> None:
    found, repairs = ordered([1, 2, 3, 4, 5, 6, 3, 4])
    assert found == {1: 0.0, 2: 1.0, 3: 6.0, 4: 7.0}
    assert (repairs.replaced, repairs.back_from, repairs.back_to) == (4, 6, 3)
    assert [note.code for note in notes_on(repairs)] == ["NR403"]


def test_a_value_logged_twice_at_a_step_is_the_later_one() -> None:
    found, repairs = ordered([1, 2, 2, 3])
    assert found == {1: 0.0, 2: 2.0, 3: 3.0}
    assert repairs.repeated == 1


def test_batches_logged_under_the_number_of_their_epoch_are_averaged() -> None:
    found, repairs = ordered([0] * 4 + [1] * 4, [4, 2, 2, 0, 1, 1, 0, 0])
    assert found == {0: 2.0, 1: 0.5}
    assert repairs.averaged == 8


def test_the_same_value_logged_many_times_is_no_average() -> None:
    found, repairs = ordered([0, 0, 0, 1, 1, 1], [3, 3, 3, float("nan")] + [float("nan")] * 2)
    assert found[0] == 3.0
    assert np.isnan(found[1])
    assert (repairs.averaged, repairs.repeated) == (0, 4)


def test_points_out_of_turn_without_repeats_are_sorted() -> None:
    found, repairs = ordered([10, 12, 11, 13])
    assert list(found) == [10, 11, 12, 13]
    assert found[11] == 2.0
    assert repairs.reordered == 1


def test_one_last_point_far_back_is_a_summary_not_a_restart() -> None:
    found, repairs = ordered([*range(20), 0])
    assert list(found) == list(range(20))
    assert repairs.strays == 1


def test_steps_that_start_anew_with_each_epoch_are_numbered_through() -> None:
    falling = [10.0 / (n + 1) for n in range(15)]
    found, repairs = ordered([0, 1, 2, 3, 4] * 3, falling)
    assert list(found) == list(range(15))
    assert list(found.values()) == falling
    assert repairs.renumbered == 2


def test_trainings_one_after_the_other_under_the_same_steps_leave_the_last() -> None:
    fold = [10.0, 5.0, 3.0, 2.0, 1.0]
    found, repairs = ordered([0, 1, 2, 3, 4] * 3, fold + fold + [9.0, 4.0, 2.0, 1.0, 0.5])
    assert list(found.values()) == [9.0, 4.0, 2.0, 1.0, 0.5]
    assert repairs.replaced == 10


def test_no_points_stay_no_points() -> None:
    assert len(in_order(points([]))[0]) == 0


EXTREMES = st.sampled_from([-(2**63), 2**63 - 1])
NUMBERS = st.sampled_from([0.0, 1.0, -1e308, 1e308, float("inf"), float("-inf"), float("nan")])


@given(st.lists(st.tuples(st.integers(-5, 12) | EXTREMES, NUMBERS), max_size=40))
def test_steps_strictly_increase_whatever_was_logged(logged: list[tuple[int, float]]) -> None:
    steps = [step for step, _ in logged]
    result, repairs = in_order(points(steps, [value for _, value in logged]))
    assert np.all(result.steps[1:] > result.steps[:-1])
    assert len(result.steps) == len(result.values) == len(result.wall_times)
    assert bool(repairs) == (steps != sorted(set(steps)))
    assert all(note.text for note in notes_on(repairs))


@pytest.mark.parametrize("count", [1, 2])
def test_notes_count_in_words_that_agree(count: int) -> None:
    (note,) = notes_on(Repairs(repeated=count))
    assert ("values" in note.text) == (count == 2)
