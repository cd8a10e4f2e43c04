"""The six steps of the recipe for training neural networks, in the order they are taken."""

from enum import StrEnum


class Step(StrEnum):
    """A step of the recipe (lectures 001, 003, 004; lecture 000 folds the same steps otherwise)."""

    DATA = "data"
    SKELETON = "skeleton"
    OVERFIT = "overfit"
    REGULARIZE = "regularize"
    TUNE = "tune"
    SQUEEZE = "squeeze"

    @property
    def number(self) -> int:
        """1 for the first step (become one with the data) to 6 for the last (squeeze)."""
        return list(Step).index(self) + 1

    @property
    def heading(self) -> str:
        """The step's name in words."""
        return _HEADINGS[self]


_HEADINGS = {
    Step.DATA: "become one with the data",
    Step.SKELETON: "skeleton and dumb baselines",
    Step.OVERFIT: "overfit",
    Step.REGULARIZE: "regularize",
    Step.TUNE: "tune",
    Step.SQUEEZE: "squeeze out the juice",
}
