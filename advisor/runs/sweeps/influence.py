"""How much of the outcome a hyper-parameter accounts for, and how likely chance does as well."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.runs.sweeps.settings import Setting

Floats = NDArray[np.float64]
_PERMUTATIONS = 999
_MOST_GROUPS = 8


@dataclass(frozen=True, slots=True)
class Influence:
    """What a setting has to do with the ranks of the runs.

    `share` is the adjusted share of the ranks' variance that the setting accounts for (0 to 1),
    `chance` the probability that shuffled outcomes would give as much (permutation test).
    """

    setting: Setting
    share: float
    chance: float


def influence_of(setting: Setting, costs: Floats) -> Influence | None:
    """The influence of one setting on the outcomes (lower is better; NaN counts as worst).

    A number enters as a parabola of its logarithm or of itself, so that an optimum in the middle
    shows; a word as its group. None if there are too few runs for as many coefficients.
    """
    known = np.array([value is not None for value in setting.values])
    values = [value for value in setting.values if value is not None]
    design = _design(setting, values)
    ranks = _ranks(costs[known])
    if len(ranks) < design.shape[1] + 3 or np.ptp(ranks) == 0:
        return None
    basis = np.linalg.qr(design)[0]
    share = _explained(basis, ranks)
    rng = np.random.default_rng(0)
    shuffled = (_explained(basis, rng.permutation(ranks)) for _ in range(_PERMUTATIONS))
    as_much = sum(each >= share for each in shuffled)
    freedom = (len(ranks) - 1) / (len(ranks) - design.shape[1])
    adjusted = max(0.0, 1 - (1 - share) * freedom)
    return Influence(setting, adjusted, (as_much + 1) / (_PERMUTATIONS + 1))


def _design(setting: Setting, values: Sequence[object]) -> Floats:
    if setting.is_numeric:
        x = np.array(values, dtype=np.float64)
        x = np.log10(x) if setting.is_geometric else x
        x = (x - x.mean()) / (x.std() or 1.0)
        powers = min(len(setting.distinct), 3)
        return np.vander(x, powers)
    groups = setting.distinct[:_MOST_GROUPS]
    return np.array([[1.0, *(value == group for group in groups[1:])] for value in values])


def _explained(basis: Floats, ranks: Floats) -> float:
    """The share of the ranks' variance within an orthonormal basis that holds the constant."""
    spread = ranks - ranks.mean()
    inside = basis.T @ spread
    return float((inside @ inside) / (spread @ spread))


def _ranks(costs: Floats) -> Floats:
    """Ranks from 0 for the best, ties sharing their mean."""
    filled = np.where(np.isfinite(costs), costs, np.inf)
    _, place, counts = np.unique(filled, return_inverse=True, return_counts=True)
    first = np.cumsum(counts) - counts
    return np.asarray((first + (counts - 1) / 2)[place], dtype=np.float64)
