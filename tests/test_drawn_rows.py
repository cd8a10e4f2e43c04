"""Rows that are taken at random of arrays whose dimensions are known."""

from advisor.code.values import shape_of
from tests.abstract_programs import program

DRAWN = """
import numpy as np
import gym

states = gym.make("CartPole-v1").observation_space.shape[0]
memory = np.zeros((2000, 2 * states + 2))
rows = np.random.choice(2000, 32)
batch = memory[rows, :]
action = batch[:, states:states + 1]
"""


def lengths(name: str, text: str = DRAWN) -> list[int | None]:
    """The lengths of an array's axes, where they are known."""
    shape = shape_of(program(text).scope.fields[name])
    assert shape is not None
    assert shape.dims is not None
    return [dim.integer for dim in shape.dims]


def test_as_many_rows_are_taken_as_were_drawn() -> None:
    assert lengths("batch") == [32, None]


def test_a_slice_up_to_the_next_place_holds_one() -> None:
    assert lengths("action") == [32, 1]
    assert lengths("action", DRAWN.replace("states + 1]", "count]")) == [32, None]
