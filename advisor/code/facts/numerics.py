"""Operations whose result or gradient may not be finite."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from advisor.code.events import (
    BackwardRun,
    BytesSubtracted,
    Event,
    LogarithmTaken,
    NotNumbersReplaced,
    RootTaken,
    SoftmaxByHand,
)
from advisor.code.facts.run import AbstractRun, Fact, draft
from advisor.code.values import Activation, alternatives, scale_of
from advisor.rulebook import Draft


@dataclass(frozen=True, slots=True)
class NumericalRisk(Fact):
    """An operation that underflows, overflows or has no gradient where its argument is extreme.

    `kind` is `log` (of a ReLU), `root` (of a loss that is back-propagated), `hidden` (a loss without
    its NaN is back-propagated), `exponentials`, `bytes` (from which something whole is subtracted)
    or `sign` (of bytes);
    `safe` is the function that does by itself what is done with exponentials by hand.
    """

    event: Event
    kind: str
    safe: str = ""

    @classmethod
    def collect(cls, run: AbstractRun) -> Iterable[Self]:
        """Every such operation, once for each line."""
        roots = {event.result: event for event in run.events(RootTaken)}
        hidden = {event.result: event for event in run.events(NotNumbersReplaced)}
        kinds = (LogarithmTaken, SoftmaxByHand, BytesSubtracted, BackwardRun)
        for event in run.events_among(*kinds):
            match event:
                case LogarithmTaken():
                    scale = scale_of(event.tensor)
                    if scale is not None and scale.activation is Activation.RELU:
                        yield cls(event, "log")
                case SoftmaxByHand():
                    yield cls(event, "exponentials", event.name)
                case BytesSubtracted():
                    yield cls(event, "sign" if event.subtracted is None else "bytes")
                case BackwardRun():
                    for loss in alternatives(event.loss):
                        if loss in roots:
                            yield cls(roots[loss], "root")
                        if loss in hidden:
                            yield cls(hidden[loss], "hidden")

    def finding(self, message: str) -> Draft:
        """A finding at the operation."""
        return draft(self.event, message)
