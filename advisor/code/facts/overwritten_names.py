"""Names that an inner loop takes from the loop around it."""

from collections.abc import Iterable
from typing import Self

from advisor.code.events import NameOverwritten, ObjectLost, TargetLost
from advisor.code.facts.metrics import Metric, overwritten_loss
from advisor.code.facts.run import AbstractRun, Fact, code_of, draft
from advisor.lazy_dataclasses import dataclass
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class OverwrittenName(Fact):
    """A name that an inner loop binds anew, and that the loop around it reads again afterwards; or
    labels that are bound anew to predictions, a model or data set that a loop takes the name of; or the loss of
    a training whose name (`lost_loss`) an evaluation takes."""

    event: NameOverwritten | TargetLost | ObjectLost | Metric
    lost_loss: str | None = None

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every such name of a run."""
        yield from (cls(event) for event in run.events(NameOverwritten))
        yield from (cls(event) for event in run.events(TargetLost))
        yield from (cls(event) for event in run.events(ObjectLost))
        for metric in run.facts(Metric):
            name = overwritten_loss(run, metric)
            if name is not None:
                yield cls(metric, name)

    @property
    def name(self) -> str:
        """The name."""
        return self.lost_loss or "" if isinstance(self.event, Metric) else self.event.name

    @property
    def is_of_outer_loop(self) -> bool:
        """Whether the outer loop binds the name itself."""
        if not isinstance(self.event, NameOverwritten):
            return False
        target = getattr(self.event.outer.node, "target", None)
        return target is not None and self.name in code_of(target).replace(",", " ").split()

    @property
    def is_lost_object(self) -> bool:
        """Whether it is a model or data set that is used again."""
        return isinstance(self.event, ObjectLost)

    @property
    def is_lost_target(self) -> bool:
        """Whether it is what predictions should be compared with."""
        return isinstance(self.event, TargetLost)

    def finding(self, message: str) -> Draft:
        """A finding where the name is overwritten, with the place beside it where it is read."""
        if isinstance(self.event, Metric):
            return self.event.finding_in_loop(message)
        return draft(self.event, message, (self.event.read, f"`{self.name}` is read here"))
