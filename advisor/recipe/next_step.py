"""What the planner answers: where the run stands in the recipe and the one next thing to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.findings import Evidence
from advisor.recipe.steps import Step


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to try, with the curve that should change and how, so that the next run can be
    checked against it. `sources` are the numbers of the lectures that teach it; `expects` maps what
    the next run's decomposition shows (`train`, `validation`, `gap`, ...) to `falls` or `rises`."""

    name: str
    title: str
    how: str
    prediction: str
    sources: tuple[str, ...] = ()
    expects: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step of the recipe a run is at, the evidence for it, one move, and what comes after.

    `name` and `title` identify the situation (`high-variance`, "the gap to validation is the
    largest error"), `why` is one sentence, `then` holds the further moves in the lectures' order.
    """

    step: Step
    name: str
    title: str
    why: str
    evidence: tuple[Evidence, ...]
    move: Move
    then: tuple[Move, ...] = ()

    @property
    def prediction(self) -> str:
        """What should change in the next run if the move is the right one."""
        return self.move.prediction

    @property
    def moves(self) -> tuple[Move, ...]:
        """The next move and all that come after it, in order."""
        return (self.move, *self.then)
