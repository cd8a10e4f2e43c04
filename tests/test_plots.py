"""Curves drawn with characters: what a reader can see in them."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.text import Text

from advisor.report.plots import Line, Pen, frame_of, plot, short_number, strip

NAN, INFINITE = float("nan"), float("inf")


def line(values: list[float], pen: Pen = Pen.THIN) -> Line:
    return Line("loss", np.arange(len(values), dtype=np.float64), np.array(values, np.float64), pen)


def rows(drawn: list[Text]) -> list[str]:
    """The characters right of the axis of values, from the top."""
    return [row.plain.split("┤" if "┤" in row.plain else "│")[1] for row in drawn[:-1]]


def columns_in(row: str) -> list[int]:
    return [column for column, character in enumerate(row) if character not in " ⠀"]


def test_a_falling_line_goes_from_the_top_left_to_the_bottom_right() -> None:
    drawn = rows(plot([line([2.0, 1.5, 1.0])], width=40, height=6))
    assert columns_in(drawn[0])[0] == 0
    assert columns_in(drawn[-1])[-1] == len(drawn[0]) - 1
    assert min(columns_in(drawn[-1])) > max(columns_in(drawn[0])) - 1


def test_a_plot_is_as_wide_as_it_may_be() -> None:
    for width in (30, 80, 100):
        assert {row.cell_len for row in plot([line([3.0, 1.0, 2.0])], width=width)} == {width}


def test_the_axis_names_the_largest_and_the_smallest_value() -> None:
    drawn = [row.plain for row in plot([line([2.5, 1.5])], width=40, height=8)]
    assert drawn[0].split()[0] == "2.5"
    assert drawn[-2].split()[0] == "1.5"


def test_values_over_more_than_a_decade_are_drawn_on_a_logarithmic_axis() -> None:
    frame = frame_of([line([100.0, 10.0, 1.0])])
    assert frame is not None
    assert frame.logarithmic
    assert frame.value_at(0.5) == pytest.approx(10.0)


def test_negative_values_are_never_drawn_on_a_logarithmic_axis() -> None:
    frame = frame_of([line([100.0, -0.001])])
    assert frame is not None
    assert not frame.logarithmic


def test_an_explosion_does_not_flatten_the_curve_before_it() -> None:
    curve = [2.0 - 0.01 * step for step in range(150)]
    drawn = rows(plot([line([*curve, 1e30])], width=60))
    assert len({row for row in range(len(drawn)) if columns_in(drawn[row])}) > 1
    frame = frame_of([line([*curve, 1e30])])
    assert frame is not None
    assert frame.top < 1e6


def test_points_that_are_not_finite_leave_a_gap_and_a_cross_below_it() -> None:
    drawn = plot([line([1.0, 2.0, NAN, INFINITE, 2.0, 1.0])], width=40)
    axis = drawn[-1].plain
    assert axis.count("×") == 2
    gap = axis.index("×") - axis.index("└") - 1
    assert all(gap not in columns_in(row) for row in rows(drawn))


def test_nothing_is_drawn_without_a_finite_value() -> None:
    assert plot([line([NAN, NAN])], width=40) == []
    assert plot([], width=40) == []


@pytest.mark.parametrize("values", [[1.0], [1.0, 1.0, 1.0], [0.0, 0.0], [-1.0]])
def test_a_single_point_and_a_constant_are_drawn(values: list[float]) -> None:
    assert any(columns_in(row) for row in rows(plot([line(values)], width=40)))


def test_thin_and_heavy_lines_are_told_apart_without_colour() -> None:
    thin, heavy = line([1.0, 1.0]), line([2.0, 2.0], Pen.HEAVY)
    drawn = rows(plot([thin, heavy], width=40))
    assert set(drawn[0]) <= set("▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")
    assert all(0x2800 < ord(character) < 0x2900 for character in drawn[-1])


def test_the_stretch_that_a_finding_means_is_drawn_heavy_on_the_axis() -> None:
    axis = plot([line([1.0] * 101)], width=104, marked=(50, 100))[-1].plain
    marked = [column for column, character in enumerate(axis) if character == "━"]
    assert marked == list(range(marked[0], len(axis)))
    assert len(marked) == pytest.approx(0.5 * axis.count("━") + 0.5 * axis.count("─"), abs=2)


def test_without_unicode_only_ascii_is_used() -> None:
    drawn = plot([line([1.0, NAN, 2.0])], width=40, marked=(0, 1), unicode=False)
    assert all(row.plain.isascii() for row in drawn)


def test_a_spike_of_one_point_among_a_million_is_seen_and_drawn_at_once() -> None:
    values = np.full(1_000_000, 1.0)
    values[654_321] = 5.0
    positions = np.arange(1_000_000, dtype=np.float64)
    begun = perf_counter()
    drawn = rows(plot([Line("loss", positions, values)], width=100))
    assert perf_counter() - begun < 2.0
    assert columns_in(drawn[0]) == [round(0.654 * len(drawn[0]))]


def test_a_strip_shows_the_value_that_holds_at_each_place() -> None:
    rate = Line("lr", np.array([0.0, 50.0, 99.0]), np.array([0.1, 0.01, 0.01]))
    frame = frame_of([line([1.0] * 100)])
    assert frame is not None
    assert strip(rate, frame, columns=10).plain == "█████▁▁▁▁▁"


def test_a_strip_is_empty_before_its_first_value() -> None:
    rate = Line("lr", np.array([50.0, 99.0]), np.array([0.1, 0.2]))
    frame = frame_of([line([1.0] * 100)])
    assert frame is not None
    assert strip(rate, frame, columns=10).plain == "     ▁▁▁▁█"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (2.302585, "2.3"), (0.031, "0.031"), (1.5e-5, "1.5e-05"), (2500.4, "2500")],
)
def test_numbers_on_an_axis_are_short(value: float, text: str) -> None:
    assert short_number(value) == text


@example([1e308, -1e308], 40, True)
@example([5e-324, 1e308], 40, True)
@example([8.98846567431158e307], 20, False)
@example([5e-324, 1.7976931348623157e308], 20, False)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=40),
    st.integers(20, 120),
    st.booleans(),
)
def test_whatever_was_logged_can_be_drawn(values: list[float], width: int, unicode: bool) -> None:
    drawn = plot([line(values), line(values[::-1], Pen.HEAVY)], width=width, unicode=unicode)
    assert bool(drawn) == bool(np.isfinite(values).any())
