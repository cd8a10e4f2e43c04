"""Axes that are put into another order by numbers that are too large."""

import pytest

from tests.abstract_programs import findings


@pytest.mark.parametrize("order", ["(1, 2)", "(2, 1)", "(-3, 0)", "(0,)"])
def test_an_order_of_other_axes_is_passed_over(order: str) -> None:
    program = f"""
import numpy as np
import torch
values = np.transpose(np.zeros((4, 3)), {order})
torch.zeros(4, 3).permute{order if order != "(0,)" else "(0)"}
"""
    assert not findings(program)
