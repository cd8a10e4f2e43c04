"""Room for the frames of deep calls."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.commands.frames import in_one_piece


def depth_of(left: int) -> int:
    return 0 if left == 0 else 1 + depth_of(left - 1)


def test_what_a_function_returns_and_raises_comes_through() -> None:
    def divided(one: int, *, by: int) -> float:
        return one / by

    assert in_one_piece(divided, 3, by=2) == 1.5
    with pytest.raises(ZeroDivisionError):
        in_one_piece(divided, 3, by=0)


def test_recursion_goes_as_deep_as_without() -> None:
    deep = sys.getrecursionlimit() // 2
    assert in_one_piece(depth_of, deep) == deep


def pieces_asked_for(run: Callable[[], object]) -> int:
    """How often memory is mapped or faulted in meanwhile, as the system counts it."""
    from resource import RUSAGE_SELF, getrusage

    before = getrusage(RUSAGE_SELF).ru_minflt
    run()
    return getrusage(RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or not Path("/proc/self/statm").exists(),
    reason="counts what CPython asks of Linux",
)
def test_calls_at_the_edge_of_a_piece_ask_for_no_memory() -> None:
    def edge(left: int) -> int:
        if left:
            return edge(left - 1)
        return sum(depth_of(2) for _ in range(200))

    def all_depths() -> None:
        for depth in range(300):
            edge(depth)

    in_one_piece(all_depths)
    assert in_one_piece(pieces_asked_for, all_depths) < 0.5 * pieces_asked_for(all_depths)
