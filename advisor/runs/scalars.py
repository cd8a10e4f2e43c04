"""Scalars of one run before their meaning is known."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.runs.run import Split


@dataclass(frozen=True, slots=True)
class Scalars:
    """One scalar of a run in the order of training, and what its place on disk says about it.

    `tag` is unique in the run (with the sub-folder in front, if there is one); `label` is what the
    logger called it; `folder_split` is the split that the folder stands for. `summary` marks final
    values that were recorded beside hyper-parameters. Arrays are as in `Curve`.
    """

    tag: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    wall_times: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    label: str = ""
    folder_split: Split = Split.UNKNOWN
    summary: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def name(self) -> str:
        """What the logger called it."""
        return self.label or self.tag

    @property
    def always_zero(self) -> bool:
        """Whether it was logged several times and never left zero."""
        return len(self) > 1 and not np.any(self.values)
